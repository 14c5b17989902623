/* Decompression, below the reader: descriptor → inflate → reader's buffer.
 *
 * Invariants: output is handed out before the fault that ends it, so a damaged file keeps every byte that was good; the
 * output does not depend on how the input was cut into reads; memory is one input buffer and one window (≤ 128 MiB).
 * A file is a row of gzip members, or of zstd frames (skippable ones count as frames); what follows them is garbage.
 * It refuses dictionaries, windows above the limit, and bombs; it never writes to disk. */
#include "ingest/inflate.h"

#include "base/mem.h"
#include "model/limits.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { ZSTD_HEADER = 18, BLOCK_HEADER = 3, MAGIC = 4 }; /* longest zstd frame header; …; bytes that tell a frame from garbage */

struct inflate {
	enum inflate_kind kind;
	int fd;
	unsigned char *in;
	size_t in_cap, in_at, in_end;
	bool in_eof, in_frame, ended;
	uint64_t in_total, out_total, frame_in, garbage;
	z_stream gzip;
	ZSTD_DStream *zstd;
	size_t hint;  /* bytes of input that zstd would like */
	bool waiting; /* it may have more output than fitted */
	struct inflate_fault fault;
};

ptrdiff_t raw_read(int fd, void *to, size_t n)
{
	for (;;) {
		ssize_t got = read(fd, to, n);
		if (got >= 0)
			return got;
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd wait = {.fd = fd, .events = POLLIN};
			if (poll(&wait, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
}

static void *gzip_alloc(void *unused, unsigned count, unsigned size)
{
	(void)unused;
	return mem_grow(NULL, count, size);
}

static void gzip_release(void *unused, void *p)
{
	(void)unused;
	free(p);
}

struct inflate *inflate_new(enum inflate_kind kind, int fd, size_t chunk, str first)
{
	struct inflate *z = mem_new(sizeof *z);
	z->kind = kind;
	z->fd = fd;
	z->in_cap = chunk > first.n ? chunk : first.n;
	if (z->in_cap < MAGIC)
		z->in_cap = MAGIC;
	z->in = mem_grow(NULL, z->in_cap, 1);
	memcpy(z->in, first.p, first.n);
	z->in_end = first.n;
	z->in_frame = true;
	if (kind == INFLATE_GZIP) {
		z->gzip.zalloc = gzip_alloc;
		z->gzip.zfree = gzip_release;
		(void)inflateInit2(&z->gzip, 15 + 16);
	} else {
		z->zstd = ZSTD_createDStream();
		if (z->zstd)
			(void)ZSTD_DCtx_setParameter(z->zstd, ZSTD_d_windowLogMax, LIMIT_ZSTD_WINDOW_LOG);
	}
	return z;
}

void inflate_free(struct inflate *z)
{
	if (!z)
		return;
	if (z->kind == INFLATE_GZIP)
		(void)inflateEnd(&z->gzip);
	(void)ZSTD_freeDStream(z->zstd);
	free(z->in);
	free(z);
}

const struct inflate_fault *inflate_fault(const struct inflate *z)
{
	return &z->fault;
}

uint64_t inflate_garbage(const struct inflate *z)
{
	return z->garbage;
}

static void fail(struct inflate *z, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fail(struct inflate *z, const char *code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	z->fault.code = code;
	(void)vsnprintf(z->fault.text, sizeof z->fault.text, format, args);
	va_end(args);
}

/* Reads until `want` bytes lie in the buffer, or the end. */
static void refill(struct inflate *z, size_t want)
{
	if (z->in_end - z->in_at >= want || z->in_eof)
		return;
	memmove(z->in, z->in + z->in_at, z->in_end - z->in_at);
	z->in_end -= z->in_at;
	z->in_at = 0;
	while (z->in_end < want && !z->in_eof && !z->fault.code) {
		ptrdiff_t got = raw_read(z->fd, z->in + z->in_end, z->in_cap - z->in_end);
		if (got > 0)
			z->in_end += (size_t)got;
		else if (got == 0)
			z->in_eof = true;
		else
			fail(z, "read-error", "read error at byte %llu of the compressed file: %s", (unsigned long long)z->in_total,
				strerror((int)-got));
	}
}

static bool is_frame(const struct inflate *z)
{
	const unsigned char *p = z->in + z->in_at;
	size_t n = z->in_end - z->in_at;
	if (z->kind == INFLATE_GZIP)
		return n >= 2 && p[0] == 0x1f && p[1] == 0x8b;
	if (n < MAGIC)
		return false;
	bool skippable = (p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18;
	return skippable || (p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd);
}

/* Behind a frame: the next one, or the end with or without garbage. */
static void next_frame(struct inflate *z)
{
	refill(z, MAGIC);
	if (is_frame(z)) {
		z->in_frame = true;
		z->frame_in = 0;
		if (z->kind == INFLATE_GZIP)
			(void)inflateReset(&z->gzip);
		else
			(void)ZSTD_DCtx_reset(z->zstd, ZSTD_reset_session_only);
		return;
	}
	z->ended = true;
	while (z->in_end > z->in_at) {
		z->garbage += z->in_end - z->in_at;
		z->in_at = z->in_end;
		refill(z, 1);
	}
}

/* Takes what decompression consumed off the input. */
static void consume(struct inflate *z, size_t n)
{
	z->in_at += n;
	z->in_total += n;
	z->frame_in += n;
}

static size_t step_gzip(struct inflate *z, char *to, size_t n)
{
	size_t have = z->in_end - z->in_at;
	z->gzip.next_in = z->in + z->in_at;
	z->gzip.avail_in = have > UINT_MAX ? UINT_MAX : (unsigned)have;
	z->gzip.next_out = (unsigned char *)to;
	z->gzip.avail_out = n > UINT_MAX ? UINT_MAX : (unsigned)n;
	unsigned in = z->gzip.avail_in, out = z->gzip.avail_out;
	int r = inflate(&z->gzip, Z_NO_FLUSH);
	consume(z, in - z->gzip.avail_in);
	if (r == Z_STREAM_END)
		z->in_frame = false;
	else if (r != Z_OK && r != Z_BUF_ERROR)
		fail(z, "corrupt-gzip", "gzip data is damaged near byte %llu of the compressed file: %s", (unsigned long long)z->in_total,
			z->gzip.msg ? z->gzip.msg : "no valid gzip header");
	return out - z->gzip.avail_out;
}

static void fail_zstd(struct inflate *z, size_t code)
{
	unsigned long long at = z->in_total;
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		fail(z, "decompression-limit", "decompression limit: the zstd frame at byte %llu needs a window of more than 128 MiB", at);
		break;
	case ZSTD_error_memory_allocation:
		fail(z, "decompression-limit", "decompression limit: not enough memory for the window of the zstd frame at byte %llu", at);
		break;
	case ZSTD_error_dictionary_wrong:
	case ZSTD_error_dictionary_corrupted:
		fail(z, "corrupt-zstd", "the zstd frame at byte %llu needs a dictionary; decompress it with zstd -D first", at);
		break;
	default:
		fail(z, "corrupt-zstd", "zstd data is damaged near byte %llu of the compressed file: %s", at, ZSTD_getErrorName(code));
	}
}

static size_t step_zstd(struct inflate *z, char *to, size_t n)
{
	if (!z->zstd) {
		fail(z, "decompression-limit", "decompression limit: not enough memory for zstd");
		return 0;
	}
	size_t have = z->in_end - z->in_at;
	/* A call that fails hands out nothing. So each gets one block and not yet the header or checksum behind it, no input while
	 * output may be waiting, and the first bytes one by one: a frame that lies whole in the input is decoded in one go. */
	size_t block = z->frame_in < ZSTD_HEADER ? 1 : z->hint > BLOCK_HEADER ? z->hint - BLOCK_HEADER : 1;
	if (z->waiting || have > block)
		have = z->waiting ? 0 : block;
	ZSTD_inBuffer in = {z->in + z->in_at, have, 0};
	ZSTD_outBuffer out = {to, n, 0};
	size_t r = ZSTD_decompressStream(z->zstd, &out, &in);
	consume(z, in.pos);
	z->waiting = out.pos == n;
	if (ZSTD_isError(r))
		fail_zstd(z, r);
	else if (r == 0)
		z->in_frame = false;
	else
		z->hint = r;
	return out.pos;
}

static void check_limits(struct inflate *z)
{
	if (z->out_total > LIMIT_INFLATE_BYTES)
		fail(z, "decompression-limit", "decompression limit: more than %llu GiB come out", LIMIT_INFLATE_BYTES >> 30);
	else if (z->out_total > LIMIT_INFLATE_FREE && z->out_total / LIMIT_INFLATE_RATIO > z->in_total)
		fail(z, "decompression-limit", "decompression limit: %llu bytes became more than %u times as many",
			(unsigned long long)z->in_total, LIMIT_INFLATE_RATIO);
}

ptrdiff_t inflate_read(struct inflate *z, char *to, size_t n)
{
	while (!z->fault.code) {
		if (!z->in_frame && !z->ended)
			next_frame(z);
		if (z->ended)
			return z->fault.code ? -1 : 0;
		refill(z, 1);
		if (z->fault.code)
			break;
		size_t had = z->in_at;
		size_t got = z->kind == INFLATE_GZIP ? step_gzip(z, to, n) : step_zstd(z, to, n);
		z->out_total += got;
		if (!z->fault.code)
			check_limits(z);
		if (got > 0)
			return (ptrdiff_t)got;
		if (!z->fault.code && z->in_frame && z->in_at == had && z->in_at == z->in_end && z->in_eof)
			fail(z, z->kind == INFLATE_GZIP ? "truncated-gzip" : "truncated-zstd",
				"compressed data ends in the middle, after %llu bytes", (unsigned long long)z->in_total);
	}
	return -1;
}

size_t raw_pread(int fd, void *to, size_t n, uint64_t at)
{
	size_t have = 0;
	while (have < n) {
		const ssize_t got = pread(fd, (char *)to + have, n - have, (off_t)(at + have));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return have;
}
