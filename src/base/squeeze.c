/* Bytes in fewer bytes (base/). The first one tells what follows: the bytes, or a frame of zstd's.
 *
 * Chosen so that writing costs no more than the pages of a database that it saves: a fast level, and short bytes stay as they are,
 * which would cost the most to prepare for and save the least.
 *
 * Refuses frames that do not tell how long their bytes are. */
#include "base/squeeze.h"
#include <zstd.h>

enum { LEVEL = -1, LEAST = 12 * 1024 };
enum { AS_IS, FRAME };

void squeezer_done(struct squeezer *s)
{
	(void)ZSTD_freeCCtx(s->in);
	(void)ZSTD_freeDCtx(s->out);
	buf_done(&s->room);
	*s = (struct squeezer){0};
}

static size_t compress(struct squeezer *s, str bytes)
{
	if (!s->in)
		s->in = ZSTD_createCCtx();
	if (!s->in)
		return 0;
	buf_reserve(&s->room, ZSTD_compressBound(bytes.n));
	const size_t n = ZSTD_compressCCtx(s->in, s->room.p + s->room.n, s->room.cap - s->room.n, bytes.p, bytes.n, LEVEL);
	return ZSTD_isError(n) || n >= bytes.n ? 0 : n;
}

str squeeze(struct squeezer *s, str bytes)
{
	buf_reset(&s->room);
	buf_byte(&s->room, FRAME);
	const size_t n = bytes.n < LEAST ? 0 : compress(s, bytes);
	s->room.n += n;
	if (!n) {
		*s->room.p = AS_IS;
		buf_add(&s->room, bytes);
	}
	return buf_str(&s->room);
}

str unsqueeze(struct squeezer *s, str squeezed, size_t most, struct arena *a)
{
	const str rest = str_from(squeezed, 1);
	if (!squeezed.n || *squeezed.p != FRAME)
		return squeezed.n && *squeezed.p == AS_IS && rest.n <= most ? arena_str(a, rest) : STR_NONE;
	const unsigned long long n = ZSTD_getFrameContentSize(rest.p, rest.n);
	if (n == ZSTD_CONTENTSIZE_UNKNOWN || n == ZSTD_CONTENTSIZE_ERROR || n > most)
		return STR_NONE;
	if (!s->out)
		s->out = ZSTD_createDCtx();
	char *to = arena_alloc(a, (size_t)n + 1);
	if (!s->out || ZSTD_decompressDCtx(s->out, to, (size_t)n, rest.p, rest.n) != n)
		return STR_NONE;
	to[n] = '\0';
	return (str){to, (size_t)n};
}
