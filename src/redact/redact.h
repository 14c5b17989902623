/* What may leave the machine or be stored. Replaces secrets by [REDACTED:kind]; linear time; ids, times and paths stay. */
#ifndef MCPLOG_REDACT_REDACT_H
#define MCPLOG_REDACT_REDACT_H
#include "base/buf.h"
#include "model/rules.h"

struct redactor; /* compiled rules and counts */
struct redactor *redactor_new(struct rules *rules, bool off); /* off: --no-redact, copies the text */
/* People and places (level: privacy) instead of secrets: for a finished output, on request. */
struct redactor *redactor_new_privacy(struct rules *rules);
/* From now on equal secrets get the same number: [REDACTED:bearer#1]. For one output; what is stored carries none, because the
 * number would depend on what was read before. */
void redactor_number(struct redactor *r);
void redactor_free(struct redactor *r);
/* Appends the redacted text to *out; true when something was hidden. */
bool redact(struct redactor *r, str text, struct buf *out);
/* For names that come again and again: `name` itself when it is clean, else the redacted text in *into. Remembers which are. */
str redact_name(struct redactor *r, str name, struct buf *into);
uint64_t redactor_count(const struct redactor *r);
#endif
