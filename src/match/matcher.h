/* Records to events: literal heads choose the few signatures that can match, PCRE2 decides, error texts get their class. */
#ifndef MCPLOG_MATCH_MATCHER_H
#define MCPLOG_MATCH_MATCHER_H
#include "model/event.h"
#include "model/record.h"
#include "model/rules.h"

struct matcher; /* index over rules.signatures, and their regexes; one per thread. The rules are only read */
struct matcher *matcher_new(const struct rules *rules);
void matcher_free(struct matcher *m);
/* parser's gate_fn; context is the matcher. None also for records that would only be recognised and forgotten (keep: count). */
struct gate_answer matcher_gate(const void *matcher, enum body_class class, str head);
/* Texts of the signatures that may match anywhere and hold one; NULL: there are none. Where no such text stands, and no escape sequence,
 * matcher_gate_rest says what matcher_gate says of the others. Lives as long as the matcher. */
const struct needles *matcher_needles(const struct matcher *m);
struct gate_answer matcher_gate_rest(const void *matcher, enum body_class class, str head);
/* The same, but not for those: for excerpts, where the beginning of a record decides what it is. */
struct gate_answer matcher_knows(const void *matcher, enum body_class class, str head);
/* True and *ret_event filled (views into the record) when a signature explains the record. Several signatures: the first in
 * rules order wins. ret_event->id, source, call and text are left 0. */
bool matcher_match(struct matcher *m, const struct record *r, struct event *ret_event);
/* Class of an error text (class "error" signatures), 0 when none fits. *ret_signature may be NULL. */
uint16_t matcher_error_class(struct matcher *m, str err, uint16_t *ret_signature);
/* All signatures that match, for proofs: fills up to cap indices, returns how many matched. */
size_t matcher_all(struct matcher *m, const struct record *r, uint16_t *ret_indices, size_t cap);
/* Is the regex of this signature (index) run on a body of one of its classes? For what it costs. */
bool matcher_tries(const struct matcher *m, size_t signature, str body);
/* Id of the first pattern that hit the step limit since this was asked last; p NULL: none did. */
str matcher_gave_up(struct matcher *m);
#endif
