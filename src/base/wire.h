/* Numbers and bytes in a compact form, for states that are kept between runs: varints (7 bits a byte, low first; signed ones
 * in zigzag) and length-prefixed bytes. The reader never reads beyond its input: damaged input gives zeros and sets `bad`. */
#ifndef MCPLOG_BASE_WIRE_H
#define MCPLOG_BASE_WIRE_H
#include <endian.h>

#include "base/buf.h"

void wire_u64(struct buf *b, uint64_t v);
void wire_i64(struct buf *b, int64_t v);
void wire_fixed(struct buf *b, int64_t v); /* eight bytes: for numbers that are large as a rule, such as times */
void wire_str(struct buf *b, str s); /* also tells STR_NONE from an empty text */

struct wire {
	str rest;  /* what is still to be read; borrowed */
	bool bad;  /* input was cut or damaged: what was read since is worth nothing */
};
uint64_t wire_take_long(struct wire *w); /* as wire_take_u64 */
static inline uint64_t wire_take_u64(struct wire *w)
{
	if (w->rest.n == 0 || (*w->rest.p & 0x80)) /* most numbers are small */
		return wire_take_long(w);
	const unsigned char c = (unsigned char)*w->rest.p;
	w->rest = str_from(w->rest, 1);
	return c;
}
static inline int64_t wire_take_i64(struct wire *w)
{
	const uint64_t z = wire_take_u64(w), half = z >> 1;
	return z & 1 ? -1 - (int64_t)half : (int64_t)half;
}
static inline int64_t wire_take_fixed(struct wire *w)
{
	uint64_t v = 0;
	w->bad |= w->rest.n < sizeof v;
	if (!w->bad)
		memcpy(&v, w->rest.p, sizeof v);
	w->rest = str_from(w->rest, sizeof v);
	return (int64_t)le64toh(v);
}
str wire_take_str(struct wire *w); /* view into the input */
/* A number of at most `most`; a larger one is damage. */
uint64_t wire_take_max(struct wire *w, uint64_t most);
#endif
