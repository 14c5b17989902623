/* Which signatures of a body class have a text of theirs in a body: one walk over its bytes rules out all others. */
#ifndef MCPLOG_MATCH_TEXTS_H
#define MCPLOG_MATCH_TEXTS_H
#include "match/index.h"

struct texts; /* of the signatures of one index; those without known texts are never ruled out */
struct texts *texts_new(const struct rules *rules, const struct match_index *x);
void texts_free(struct texts *t);
/* Looks at the body; texts_exclude answers for it from then on. */
void texts_look(struct texts *t, str body);
/* Is it certain that this signature (its place in x->order) does not match the body looked at last? */
bool texts_exclude(const struct texts *t, size_t place);
#endif
