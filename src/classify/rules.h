/* Interpreter of the condition language (model/cause.h): does a condition hold? A table word → a small function. Pure: it looks at the
 * view, binds steps in the trial, and changes nothing else; nothing of it can fail. For the files of classify/ only. */
#ifndef MCPLOG_CLASSIFY_RULES_H
#define MCPLOG_CLASSIFY_RULES_H
#include "classify/internal.h"

/* Does `c` hold for the trial's subject? Where it does not, t->failed is the condition that says best why, so that a rival can be ruled
 * out with its line. Steps that it bound stay bound. */
bool rules_check(struct trial *t, const struct cond *c);

/* One call, one event; the subject is looked at as far as the condition compares with it. `s` is the call's server. */
bool rules_call_fits(struct trial *t, const struct cond *c, const struct call *k, const struct view_server *s);
bool rules_call_fits_alone(struct trial *t, const struct cond *c, const struct call *k, const struct view_server *s); /* … not at all */
bool rules_event_fits(const struct trial *t, const struct cond *c, const struct seen *e);

/* Does an event of `s` (NULL: of the session) fit one of `n` conditions, wherever it stands? */
bool rules_any_event(const struct session_view *v, const struct rules *rules, const struct view_server *s, struct cond *const *conds, size_t n);

/* --- between rules.c, rules_call.c and rules_event.c --- */

bool rules_check_call(struct trial *t, const struct cond *c);
bool rules_check_event(struct trial *t, const struct cond *c);
bool rules_check_subject(struct trial *t, const struct cond *c);
/* The call of the server before or after the subject, NULL none; a healthy one may stand in t->scratch, until the next is asked for. */
struct call *rules_neighbour(struct trial *t, bool next);
/* A point in time, µs; `otherwise` where the log does not tell it. */
instant rules_anchor(struct trial *t, const struct anchor *a, instant otherwise);
bool rules_in_range(const struct range *r, int64_t v); /* a range that is not set holds all */
bool rules_class_fits(const struct class_set *yes, const struct class_set *no, uint16_t class); /* sets may be NULL: all; none */
#endif
