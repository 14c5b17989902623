/* What of a call no view asks for, in a few bytes: two more times, three places, microseconds. */
#ifndef MCPLOG_STORE_PACK_H
#define MCPLOG_STORE_PACK_H
#include "model/call.h"

enum { PACK_MOST = 128 };
/* The line a call's places are measured from, and the instant its times are measured from. */
const struct place *pack_first_place(const struct call *c);
instant pack_base(const struct call *c); /* INSTANT_NONE when the call has no time */

size_t pack_call(const struct call *c, unsigned char ret[PACK_MOST]);
/* Fills dispatched_at, sent_at, start, sent, end, and adds to the other times and durations what whole milliseconds left out. base_ms: of
 * pack_base, in milliseconds. Damaged bytes give fewer values, never wrong reads. */
void unpack_call(str packed, const struct place *first, int64_t base_ms, struct call *c);
#endif
