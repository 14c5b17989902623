/* Bytes to lines: decompression by magic bytes (gzip members, zstd frames), one reused buffer, 64-bit offsets, caps, NUL
 * holes, CRLF, BOM; refuses UTF-16/32 and binary files. Knows nothing of log formats. */
#ifndef MCPLOG_INGEST_READER_H
#define MCPLOG_INGEST_READER_H
#include "base/err.h"
#include "base/wire.h"
#include "model/line.h"
#include "model/source.h"

struct reader;
struct reader_options {
	bool final;       /* a last line without newline counts */
	bool force_text;  /* read binary files all the same */
	bool named;       /* named files that are binary are errors, found ones notes */
	bool archive_name;/* the name ends in .xz .bz2 .zip .tar */
	size_t chunk;     /* bytes per read(2), 0 = LIMIT_READ_BUFFER; tests use 1 */
	uint64_t start;   /* begin at this byte of the decompressed stream; 0 */
	struct buf *room; /* one reader's buffer for the next one: taken from here, and left here. NULL: each its own */
	int64_t mtime_s, now_s; /* a .gz that changed within 10 minutes is `pending`; now_s 0 = never pending */
};

/* Takes the descriptor, which reader_free closes. What cannot be read is told by reader_next and reader_facts. */
struct reader *reader_new(int fd, const struct reader_options *options);
/* The first LIMIT_PROBE bytes or less, decompressed, before any line was taken: for detection. */
str reader_peek(struct reader *r);
/* The first min(size, 1024) bytes: the head of file identity. */
str reader_head(const struct reader *r);
/* Goes to byte `start` of the decompressed stream, whose next line is number lines + 1. Before any line was taken. */
void reader_go(struct reader *r, uint64_t start, uint64_t lines);
bool reader_compressed(const struct reader *r);
/* Hash of the `len` bytes before `offset` of the decompressed stream: the marker of file identity. False when the file is
 * shorter, or cannot be read there. Does not move the reader. */
bool reader_marker(struct reader *r, uint64_t offset, uint32_t len, uint64_t *ret_hash);
/* Between two runs: lines counted so far and problems noted, behind the line taken last. */
void reader_save(const struct reader *r, struct buf *b);
void reader_restore(struct reader *r, struct wire *w);
/* The input turned out to be a text that nobody appends to: its last line counts, as with `final`. */
void reader_whole(struct reader *r);
/* 1: *ret_line valid until the next call; 0: end; < 0: read error, the lines before were good (problem is recorded). */
int reader_next(struct reader *r, struct line *ret_line);
/* What is in the buffer behind the last line, without a read; valid until the next call. Empty when it must not be looked at. */
str reader_buffered(const struct reader *r);
uint64_t reader_offset(const struct reader *r); /* of its first byte */
/* The first `bytes` of it, `lines` whole lines, are done with. */
void reader_skip(struct reader *r, size_t bytes, uint64_t lines);
/* Fills bytes, offset (behind the last line handed out), pending_bytes, lines, complete, problems and the hashes of
 * identity (and its inode_gen). Problems point into the reader: copy what you keep before reader_free. Codes: line-too-long
 * nul-bytes trailing-garbage pending (notes); binary archive (errors when named or archive_name, else notes); read-error
 * utf-16 utf-32 truncated-gzip truncated-zstd corrupt-gzip corrupt-zstd decompression-limit (errors). Their text does not
 * name the file. */
void reader_facts(const struct reader *r, struct source *s);
/* Nothing more is read or asked: the buffer is left to the next reader, before reader_free. Of reader_facts, the problems stay. */
void reader_leave(struct reader *r);
void reader_free(struct reader *r);
#endif
