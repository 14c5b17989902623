/* Compressed bytes to bytes: gzip members and zstd frames, streamed, with limits on output, ratio and window. */
#ifndef MCPLOG_INGEST_INFLATE_H
#define MCPLOG_INGEST_INFLATE_H
#include "base/str.h"

enum inflate_kind { INFLATE_GZIP, INFLATE_ZSTD };
struct inflate_fault {
	const char *code; /* NULL: none */
	char text[160];
};
struct inflate; /* one compressed stream */

/* Reads from fd (which stays the caller's) behind `first`, the bytes already read from it. */
struct inflate *inflate_new(enum inflate_kind kind, int fd, size_t chunk, str first);
/* 1..n bytes; 0: the end; < 0: inflate_fault says why, everything before it was good. */
ptrdiff_t inflate_read(struct inflate *z, char *to, size_t n);
const struct inflate_fault *inflate_fault(const struct inflate *z);
/* Bytes behind the last frame that are no compressed data; known at the end. */
uint64_t inflate_garbage(const struct inflate *z);
void inflate_free(struct inflate *z);

/* read(2) that waits for non-blocking descriptors and goes on after signals. -errno on errors. */
ptrdiff_t raw_read(int fd, void *to, size_t n);
/* pread(2) of all n bytes at `at`; fewer at the end of the file and on errors. */
size_t raw_pread(int fd, void *to, size_t n, uint64_t at);
#endif
