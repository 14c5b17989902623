/* What reading a file gives, as bytes that one thread writes and another hands on. For pass1_ahead only. */
#ifndef MCPLOG_PASS1_PACK_H
#define MCPLOG_PASS1_PACK_H
#include "base/buf.h"
#include "pass1_read.h"

/* Behind what is in `b`: what a reading_sink is told. Of a record's text, LIMIT_RAW_EXCERPT bytes. */
void pack_record(struct buf *b, const struct record *r);
void pack_rest(struct buf *b, uint64_t offset, str reader, str parser);
void pack_at(struct buf *b, uint64_t offset);
/* Tells it all, in order; views live as long as `b`, in which the records' texts are set in place. False when the sink gave up. */
bool pack_open(const struct buf *b, const struct reading_sink *sink);
#endif
