/* The lines of a slice as they are pasted. */
#ifndef MCPLOG_SLICE_TEXT_H
#define MCPLOG_SLICE_TEXT_H
#include "base/buf.h"
#include "redact/redact.h"

struct slice_text {
	struct redactor *redactor, *privacy; /* privacy may be NULL */
	bool shorten;                        /* long lines, and long strings of JSON lines */
	struct buf open;                     /* lines not written yet */
	unsigned key_lines;                  /* > 0: a key began; so many lines may still belong to it */
};
/* Appends a line to *out, at once or when the key that it belongs to has ended. */
void slice_text_push(struct slice_text *t, str line, struct buf *out);
/* Writes what is open and frees it. */
void slice_text_end(struct slice_text *t, struct buf *out);
/* Whole lines, at once. */
void slice_text_lines(const struct slice_text *t, str lines, struct buf *out);
#endif
