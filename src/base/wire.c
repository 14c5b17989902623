/* Varints and bytes (base/wire.h). Refuses to guess: whoever reads checks `bad` once, at the end. */
#include "base/wire.h"

static uint64_t zigzag(int64_t v)
{
	return v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
}

void wire_u64(struct buf *b, uint64_t v)
{
	do {
		const unsigned char low = v & 0x7f;
		v >>= 7;
		buf_byte(b, (char)(v ? low | 0x80 : low));
	} while (v);
}

void wire_i64(struct buf *b, int64_t v)
{
	wire_u64(b, zigzag(v));
}

void wire_fixed(struct buf *b, int64_t v)
{
	const uint64_t low_first = htole64((uint64_t)v);
	buf_add(b, (str){(const char *)&low_first, sizeof low_first});
}

void wire_str(struct buf *b, str s)
{
	wire_u64(b, s.p ? s.n + 1 : 0);
	if (s.p)
		buf_add(b, s);
}

uint64_t wire_take_long(struct wire *w)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (w->rest.n == 0)
			break;
		const unsigned char c = (unsigned char)*w->rest.p;
		w->rest = str_from(w->rest, 1);
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
	w->bad = true;
	w->rest.n = 0;
	return 0;
}

str wire_take_str(struct wire *w)
{
	uint64_t n = wire_take_u64(w);
	if (n == 0)
		return STR_NONE;
	if (--n > w->rest.n) {
		w->bad = true;
		w->rest.n = 0;
		return STR_NONE;
	}
	const str s = {w->rest.p, (size_t)n};
	w->rest = str_from(w->rest, (size_t)n);
	return s;
}

uint64_t wire_take_max(struct wire *w, uint64_t most)
{
	const uint64_t v = wire_take_u64(w);
	if (v <= most)
		return v;
	w->bad = true;
	return 0;
}
