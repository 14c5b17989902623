/* Bytes in fewer bytes, for what is kept between runs and looked at whole. */
#ifndef MCPLOG_BASE_SQUEEZE_H
#define MCPLOG_BASE_SQUEEZE_H
#include "base/arena.h"
#include "base/buf.h"

struct squeezer { /* zero-initialise; squeezer_done frees */
	void *in, *out; /* zstd's memory, kept from one to the next */
	struct buf room;
};
void squeezer_done(struct squeezer *s);
/* What stands for the bytes: they themselves where fewer cannot be had, or few are saved. Valid until the next call. */
str squeeze(struct squeezer *s, str bytes);
/* The bytes back, in a, with a NUL behind; p NULL when they are damaged, or more than `most`. */
str unsqueeze(struct squeezer *s, str squeezed, size_t most, struct arena *a);
#endif
