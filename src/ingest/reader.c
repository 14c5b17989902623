/* Second stage of pass 1: source → reader → parser. Bytes of one descriptor to lines.
 *
 * One buffer is reused: [ ≤ 4096 bytes already handed out | the open line | what read(2) brings ]. A line that lies whole in
 * it is handed out where it lies; only an open line is moved, once per read. Memory is bounded: of a longer line LIMIT_LINE
 * bytes are kept and the rest is skipped.
 * Invariants: base + at is the stream offset of the next byte; the same bytes give the same lines for any chunking; a line
 * is complete only with its LF (or at the end with `final`), so what is not handed out stays pending; a read error is never
 * the end of the file. It refuses to guess at log formats, and to read UTF-16, archives and binary data. */
#include "ingest/reader.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"
#include "ingest/inflate.h"
#include "ingest/sniff.h"
#include "model/problem_wire.h"
#include "model/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/fs.h>
#endif

enum { CODES = 4, HISTORY = 4096, HEAD = 1024, SPARE = 16 * 1024, CHUNK_MIN = 4096, SKIPPED = 64 * 1024, PENDING_S = 600 };

struct reader {
	char *buf;
	size_t at, end, cap;
	uint64_t base, lines;
	struct reader_options options;
	size_t chunk;
	int fd, failed;           /* failed: the negative code of the error that ended it */
	bool regular, at_eof;     /* at_eof: the descriptor has no more */
	bool ended, refused;      /* ended: no line will come */
	bool keeps_holes;         /* the file system tells nothing of holes */
	struct inflate *inflate;  /* NULL: not compressed */
	enum inflate_kind kind;
	uint64_t stop_offset;     /* behind the last line handed out, once ended */
	uint64_t head_hash, inode_gen;
	uint32_t head_len;
	size_t tail_n;            /* the bytes before the line that was open when the input ended */
	char tail[HISTORY];
	VEC(struct problem) problems;
	struct arena texts;       /* codes of restored problems */
};

static void note(struct reader *r, enum severity_class class, const char *code, uint64_t line, uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
static void note(struct reader *r, enum severity_class class, const char *code, uint64_t line, uint64_t offset, const char *format, ...)
{
	for (size_t i = 0; i < r->problems.n; i++) {
		if (strcmp(r->problems.v[i].code, code) == 0) {
			r->problems.v[i].times++;
			return;
		}
	}
	struct problem *p = vec_push(&r->problems);
	*p = (struct problem){.code = code, .class = class, .line = line, .offset = offset, .times = 1};
	va_list args;
	va_start(args, format);
	(void)vsnprintf(p->text, sizeof p->text, format, args);
	va_end(args);
}

/* Ends the input before its first line. */
static void refuse(struct reader *r, enum severity_class class, const char *code, const char *format, const char *what)
{
	note(r, class, code, 0, 0, format, what);
	r->ended = r->refused = true;
	r->at = r->end;
	if (class == PROBLEM_ERROR)
		r->failed = ERR_SCHEMA;
}

static void grow(struct reader *r, size_t cap)
{
	char *more = mem_pages(cap);
	memcpy(more, r->buf, r->end);
	free(r->buf);
	r->buf = more;
	r->cap = cap;
}

/* Room for one read behind the open line; keeps HISTORY bytes before it for the marker, or some more, so that `base` stays a multiple of
 * the page: the kernel copies to the place in a page that the bytes have in the file, and takes four times as long where it is to
 * be a few bytes further. */
static void make_room(struct reader *r)
{
	if (r->cap - r->end >= r->chunk)
		return;
	size_t keep = r->at < HISTORY ? r->at : HISTORY, from = r->at - keep, over = (r->base + from) % MEM_PAGE;
	from -= over < from ? over : 0;
	memmove(r->buf, r->buf + from, r->end - from);
	r->base += from;
	r->at -= from;
	r->end -= from;
	if (r->cap - r->end >= r->chunk)
		return;
	/* At once as much as the longest line takes: what is not touched costs nothing, and a buffer that is left behind does. */
	const size_t most = LIMIT_LINE + 2 * HISTORY + MEM_PAGE + r->chunk;
	grow(r, most > r->end + r->chunk ? most : r->end + r->chunk);
}

/* An inflate fault, or the end of a compressed file that is still being written (D7). */
static void inflate_failed(struct reader *r)
{
	const struct inflate_fault *f = inflate_fault(r->inflate);
	bool truncated = strncmp(f->code, "truncated", 9) == 0;
	if (truncated && !r->options.final && r->options.now_s != 0 && r->options.now_s - r->options.mtime_s < PENDING_S) {
		note(r, PROBLEM_NOTE, "pending", 0, r->base + r->end, "compressed file is still being written, its end comes with the next run");
		r->at_eof = true;
		return;
	}
	r->failed = strcmp(f->code, "decompression-limit") == 0 ? ERR_LIMIT : ERR_IO;
	note(r, PROBLEM_ERROR, f->code, 0, r->base + r->end, "%s", f->text);
}

/* One more read of at most `most` bytes, at most the chunk. > 0: bytes came; 0: the end; < 0: failed. */
static ptrdiff_t fill_some(struct reader *r, size_t most)
{
	if (r->failed != 0)
		return -1;
	if (r->at_eof)
		return 0;
	make_room(r);
	ptrdiff_t got = r->inflate ? inflate_read(r->inflate, r->buf + r->end, most) : raw_read(r->fd, r->buf + r->end, most);
	if (got > 0) {
		r->end += (size_t)got;
		return got;
	}
	if (got < 0 && r->inflate) {
		inflate_failed(r);
	} else if (got < 0) {
		r->failed = ERR_IO;
		note(r, PROBLEM_ERROR, "read-error", 0, r->base + r->end, "read error at byte %" PRIu64 ": %s; what follows was not read",
			r->base + r->end, strerror((int)-got));
	} else {
		r->at_eof = true;
		if (r->inflate && inflate_garbage(r->inflate) > 0)
			note(r, PROBLEM_NOTE, "trailing-garbage", 0, r->base + r->end, "%" PRIu64 " bytes behind the compressed data are no compressed data",
				inflate_garbage(r->inflate));
	}
	return r->failed != 0 ? -1 : 0;
}

static ptrdiff_t fill(struct reader *r) { return fill_some(r, r->chunk); }

/* The window is all NUL bytes and used up: when they are a hole of the file, its end is found without reading it. */
static void skip_hole(struct reader *r)
{
	if (!r->regular || r->inflate || r->keeps_holes || r->at_eof || r->failed != 0 || r->end < HISTORY)
		return;
	off_t now = lseek(r->fd, 0, SEEK_CUR);
	off_t data = now < 0 ? -1 : lseek(r->fd, now, SEEK_DATA);
	if (now >= 0 && data < 0 && errno == ENXIO)
		data = lseek(r->fd, 0, SEEK_END); /* no data up to the end */
	r->keeps_holes = now < 0 || data <= now || data - now < HISTORY;
	if (r->keeps_holes) {
		(void)lseek(r->fd, now, SEEK_SET);
		return;
	}
	memset(r->buf, 0, HISTORY);
	r->base += r->end + (uint64_t)(data - now) - HISTORY;
	r->at = r->end = HISTORY;
}

/* Drops the NUL bytes at the start of a line (A14). */
static void skip_nuls(struct reader *r)
{
	uint64_t from = r->base + r->at;
	for (;;) {
		static const char zero[64];
		while (r->end - r->at >= sizeof zero && memcmp(r->buf + r->at, zero, sizeof zero) == 0)
			r->at += sizeof zero;
		while (r->at < r->end && r->buf[r->at] == '\0')
			r->at++;
		if (r->at < r->end)
			break;
		if (r->base + r->at - from >= LIMIT_PROBE)
			skip_hole(r);
		if (fill(r) <= 0)
			break;
	}
	uint64_t n = r->base + r->at - from;
	if (n > 0)
		note(r, PROBLEM_NOTE, "nul-bytes", r->lines + 1, from, "%" PRIu64 " NUL bytes at offset %" PRIu64 " skipped", n, from);
}

static void note_long(struct reader *r, uint64_t offset, uint64_t length)
{
	note(r, PROBLEM_NOTE, "line-too-long", r->lines, offset, "line of %" PRIu64 " bytes at offset %" PRIu64 ": only its first %u are looked at",
		length, offset, LIMIT_LINE);
}

/* Hands out the line of n bytes at `at`, which has its LF in the buffer (newline) or ends with it. */
static int take(struct reader *r, struct line *ret, uint64_t offset, size_t n, bool newline)
{
	const char *p = r->buf + r->at;
	r->at += n + newline;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	*ret = (struct line){.text = {p, n}, .number = ++r->lines, .offset = offset, .length = n, .newline = newline};
	if (n > LIMIT_LINE) {
		ret->text.n = LIMIT_LINE;
		note_long(r, offset, n);
	}
	return 1;
}

/* The last bytes before `at`, for the marker: an open line may push them out of the buffer. */
static void save_tail(struct reader *r)
{
	r->tail_n = r->at < HISTORY ? r->at : HISTORY;
	memcpy(r->tail, r->buf + r->at - r->tail_n, r->tail_n);
}

static int finish(struct reader *r, uint64_t stop_offset)
{
	r->ended = true;
	r->stop_offset = stop_offset;
	r->at = r->end; /* so that reader_next comes here again */
	return r->failed;
}

/* A line of more than LIMIT_LINE bytes: [ history | the bytes kept | newest, HISTORY or more | chunk ], the rest is dropped. What is only looked
 * through is read in pieces that stay in the processor's cache. */
static int skip_long(struct reader *r, struct line *ret, uint64_t offset)
{
	const size_t most = r->chunk < SKIPPED ? r->chunk : SKIPPED;
	uint64_t length = r->end - r->at;
	size_t kept = r->at + LIMIT_LINE;
	if (r->cap < kept + HISTORY + MEM_PAGE + r->chunk)
		grow(r, kept + HISTORY + MEM_PAGE + r->chunk);
	for (;;) {
		char last = r->buf[r->end - 1];
		size_t newest = HISTORY + (r->base + r->end - kept - HISTORY) % MEM_PAGE; /* so many, for what make_room says */
		newest = r->end - kept < newest ? r->end - kept : newest;
		memmove(r->buf + kept, r->buf + r->end - newest, newest);
		r->base += r->end - kept - newest;
		r->end = kept + newest;
		size_t before = r->end, text = r->at;
		bool more = fill_some(r, most) > 0;
		if (!more && (r->failed != 0 || !r->options.final))
			return finish(r, offset);
		const char *lf = more ? memchr(r->buf + before, '\n', r->end - before) : NULL;
		size_t stop = lf ? (size_t)(lf - r->buf) : r->end;
		if (stop > before)
			last = r->buf[stop - 1];
		length += stop - before;
		if (more && !lf)
			continue;
		r->at = stop + (lf != NULL);
		*ret = (struct line){.text = {r->buf + text, LIMIT_LINE}, .number = ++r->lines, .offset = offset, .length = length - (last == '\r'),
			.newline = lf != NULL};
		note_long(r, offset, ret->length);
		return 1;
	}
}

/* The input has ended behind an open line, or behind nothing. */
static int take_last(struct reader *r, struct line *ret, uint64_t offset)
{
	size_t n = r->end - r->at;
	if (r->failed != 0 || (n > 0 && !r->options.final))
		return finish(r, offset);
	if (n == 0) {
		if (r->options.final)
			save_tail(r);
		return finish(r, r->options.final ? r->base + r->end : offset);
	}
	return take(r, ret, offset, n, false);
}

/* The next line does not lie whole in the buffer, or begins with NUL bytes, or is too long. */
static __attribute__((noinline)) int next_slow(struct reader *r, struct line *ret)
{
	if (r->ended)
		return r->failed;
	save_tail(r);
	uint64_t offset = r->base + r->at;
	skip_nuls(r);
	size_t seen = 0;
	for (;;) {
		const char *from = r->buf + r->at, *lf = memchr(from + seen, '\n', r->end - r->at - seen);
		if (lf)
			return take(r, ret, offset, (size_t)(lf - from), true);
		seen = r->end - r->at;
		if (seen > LIMIT_LINE + 1)
			return skip_long(r, ret, offset);
		if (fill(r) <= 0)
			return take_last(r, ret, offset);
	}
}

/* Runs once a line of every log: what is rare is left to next_slow, which would find the same line. */
int reader_next(struct reader *r, struct line *ret_line)
{
	const char *from = r->buf + r->at, *lf = memchr(from, '\n', r->end - r->at);
	if (!lf || *from == '\0')
		return next_slow(r, ret_line);
	size_t n = (size_t)(lf - from);
	if (n > LIMIT_LINE)
		return next_slow(r, ret_line);
	ret_line->offset = r->base + r->at;
	r->at += n + 1;
	if (n > 0 && lf[-1] == '\r')
		n--;
	ret_line->text = (str){from, n};
	ret_line->length = n;
	ret_line->number = ++r->lines;
	ret_line->newline = true;
	return 1;
}

str reader_buffered(const struct reader *r) { return r->ended ? STR_NONE : (str){r->buf + r->at, r->end - r->at}; }

uint64_t reader_offset(const struct reader *r) { return r->base + r->at; }

void reader_skip(struct reader *r, size_t bytes, uint64_t lines)
{
	r->at += bytes;
	r->lines += lines;
}

/* Compressed data goes through inflate from its first byte; archives and known binary files are refused. */
static void open_container(struct reader *r)
{
	const char *name = NULL;
	enum sniff kind = sniff_container((str){r->buf, r->end}, &name);
	enum severity_class class = r->options.named || r->options.archive_name ? PROBLEM_ERROR : PROBLEM_NOTE;
	if (kind == SNIFF_ARCHIVE) {
		refuse(r, class, "archive", "%s file: not supported; unpack it, or recompress it with gzip or zstd", name);
	} else if (kind == SNIFF_BINARY && !r->options.force_text) {
		refuse(r, r->options.named ? PROBLEM_ERROR : PROBLEM_NOTE, "binary", "binary file (%s), not a log; --force-text reads it all the same", name);
	} else if (kind == SNIFF_GZIP || kind == SNIFF_ZSTD) {
		r->kind = kind == SNIFF_GZIP ? INFLATE_GZIP : INFLATE_ZSTD;
		r->inflate = inflate_new(r->kind, r->fd, r->chunk, (str){r->buf, r->end});
		r->end = 0;
		r->at_eof = false;
		r->chunk = r->options.chunk ? r->options.chunk : LIMIT_READ_BUFFER;
	}
}

static void check_content(struct reader *r)
{
	const char *name = NULL;
	str probe = str_head((str){r->buf, r->end}, LIMIT_PROBE);
	if (r->inflate && sniff_container(probe, &name) == SNIFF_ARCHIVE) {
		refuse(r, r->options.named || r->options.archive_name ? PROBLEM_ERROR : PROBLEM_NOTE, "archive",
			"compressed %s file: not supported; unpack it first", name);
		return;
	}
	enum sniff kind = sniff_content(probe);
	if (kind == SNIFF_UTF16)
		refuse(r, PROBLEM_ERROR, "utf-16", "%s", "looks like UTF-16, convert with iconv -f UTF-16");
	else if (kind == SNIFF_UTF32)
		refuse(r, PROBLEM_ERROR, "utf-32", "%s", "looks like UTF-32, convert with iconv -f UTF-32");
	else if (kind == SNIFF_BINARY && !r->options.force_text)
		refuse(r, r->options.named ? PROBLEM_ERROR : PROBLEM_NOTE, "binary", "%s", "binary file, not a log; --force-text reads it all the same");
}

void reader_go(struct reader *r, uint64_t start, uint64_t lines)
{
	r->lines = lines;
	if (!r->inflate && r->regular && start > r->base + r->end) {
		uint64_t from = start - HISTORY;
		if (start >= HISTORY && lseek(r->fd, (off_t)from, SEEK_SET) == (off_t)from) {
			r->base = from;
			r->at = r->end = 0;
			r->at_eof = false;
		}
	}
	while (r->base + r->end < start) {
		r->at = r->end;
		if (fill(r) <= 0)
			break;
	}
	r->at = start > r->base + r->end ? r->end : (size_t)(start - r->base);
}

static void inspect_descriptor(struct reader *r)
{
	struct stat st;
	if (fstat(r->fd, &st) != 0) {
		r->failed = ERR_IO;
		note(r, PROBLEM_ERROR, "read-error", 0, 0, "cannot tell what kind of file it is: %s; it was not read", strerror(errno));
		return;
	}
	r->regular = S_ISREG(st.st_mode);
	/* A small file needs no large buffer: 45,000 of them are read one after another. */
	if (!r->options.chunk && r->regular && st.st_size < (off_t)LIMIT_READ_BUFFER)
		r->chunk = st.st_size < CHUNK_MIN ? CHUNK_MIN : (size_t)st.st_size + 1;
#ifdef FS_IOC_GETVERSION
	unsigned generation[2] = {0, 0}; /* declared as a long, written as an int */
	if (r->regular && ioctl(r->fd, FS_IOC_GETVERSION, generation) == 0)
		r->inode_gen = generation[0];
#endif
}

/* Pages that were used before cost no fault, and threads that ask for none do not wait for each other. */
static void take_room(struct reader *r, size_t cap)
{
	struct buf *room = r->options.room;
	r->cap = cap;
	if (room && room->cap >= cap) {
		r->buf = room->p;
		r->cap = room->cap;
		*room = (struct buf){0};
	} else {
		r->buf = mem_pages(cap);
	}
}

static void leave_room(struct reader *r)
{
	struct buf *room = r->options.room;
	if (room && room->cap < r->cap && r->cap <= LIMIT_READ_BUFFER + HISTORY + SPARE) {
		free(room->p);
		*room = (struct buf){.p = r->buf, .cap = r->cap};
	} else {
		free(r->buf);
	}
}

int reader_new(int fd, const struct reader_options *options, struct reader **ret, struct err *reterr)
{
	(void)reterr;
	struct reader *r = mem_new(sizeof *r);
	r->fd = fd;
	r->options = *options;
	r->chunk = options->chunk ? options->chunk : LIMIT_READ_BUFFER;
	r->problems.v = mem_grow(NULL, CODES, sizeof *r->problems.v); /* so that it is never NULL for those who copy */
	r->problems.cap = CODES;
	inspect_descriptor(r);
	take_room(r, r->chunk + HISTORY + SPARE);
	while (r->end < SNIFF_BYTES && fill(r) > 0)
		;
	open_container(r);
	while (!r->refused && r->end < LIMIT_PROBE && fill(r) > 0)
		;
	r->head_len = r->end < HEAD ? (uint32_t)r->end : HEAD;
	r->head_hash = hash64((str){r->buf, r->head_len});
	if (!r->refused)
		check_content(r);
	if (!r->refused && options->start > 0)
		reader_go(r, options->start, 0);
	else if (!r->refused && str_starts((str){r->buf, r->end}, S("\xef\xbb\xbf")))
		r->at = 3;
	*ret = r;
	return 0;
}

str reader_peek(struct reader *r)
{
	str rest = {r->buf + r->at, r->end - r->at};
	return r->refused ? STR_NONE : str_head(rest, LIMIT_PROBE);
}

str reader_head(const struct reader *r) { return str_head((str){r->buf, r->end}, HEAD); }

bool reader_compressed(const struct reader *r) { return r->inflate != NULL; }

/* --- the bytes before an offset --- */

/* Keeps the newest `len` bytes of a compressed file up to `offset` in `last`; false when it is shorter. */
static bool inflate_last(struct inflate *z, uint64_t offset, size_t len, char *last)
{
	char *chunk = mem_grow(NULL, LIMIT_READ_BUFFER, 1);
	uint64_t at = 0;
	size_t have = 0;
	ptrdiff_t got = 1;
	while (at < offset && got > 0) {
		const uint64_t left = offset - at;
		got = inflate_read(z, chunk, left < LIMIT_READ_BUFFER ? (size_t)left : LIMIT_READ_BUFFER);
		if (got <= 0)
			break;
		at += (uint64_t)got;
		const size_t n = (size_t)got < len ? (size_t)got : len, keep = have + n > len ? len - n : have;
		memmove(last, last + have - keep, keep);
		memcpy(last + keep, chunk + (size_t)got - n, n);
		have = keep + n;
	}
	free(chunk);
	return at == offset && have == len;
}

bool reader_marker(struct reader *r, uint64_t offset, uint32_t len, uint64_t *ret_hash)
{
	char last[HISTORY];
	bool good = len <= HISTORY && len <= offset && r->regular && !r->refused;
	if (good && r->inflate) {
		const off_t here = lseek(r->fd, 0, SEEK_CUR);
		good = here >= 0 && lseek(r->fd, 0, SEEK_SET) == 0;
		if (good) {
			struct inflate *z = inflate_new(r->kind, r->fd, LIMIT_READ_BUFFER, S(""));
			good = inflate_last(z, offset, len, last);
			inflate_free(z);
			good = lseek(r->fd, here, SEEK_SET) == here && good;
		}
	} else if (good) {
		good = raw_pread(r->fd, last, len, offset - len) == len;
	}
	if (good)
		*ret_hash = hash64((str){last, len});
	return good;
}

/* --- between two runs --- */

void reader_save(const struct reader *r, struct buf *b)
{
	wire_u64(b, r->lines);
	wire_u64(b, r->problems.n);
	for (size_t i = 0; i < r->problems.n; i++)
		wire_problem(b, &r->problems.v[i]);
}

void reader_restore(struct reader *r, struct wire *w)
{
	r->lines = wire_take_u64(w);
	r->problems.n = 0;
	for (uint64_t n = wire_take_max(w, LIMIT_PROBLEMS); n > 0 && !w->bad; n--)
		wire_take_problem(w, &r->texts, vec_push(&r->problems));
}

void reader_whole(struct reader *r) { r->options.final = true; }

void reader_facts(const struct reader *r, struct source *s)
{
	str before = {r->tail, r->tail_n};
	if (!r->ended) {
		before.n = r->at < HISTORY ? r->at : HISTORY;
		before.p = r->buf + r->at - before.n;
	}
	s->bytes = r->base + r->end;
	s->offset = r->ended ? r->stop_offset : r->base + r->at;
	s->pending_bytes = r->refused ? 0 : s->bytes - s->offset;
	s->lines = r->lines;
	s->complete = r->failed == 0 && (r->refused || (r->ended && r->at_eof));
	s->problems = r->problems.v;
	s->problem_count = r->problems.n;
	s->identity.inode_gen = r->inode_gen;
	s->identity.head_hash = r->head_hash;
	s->identity.head_len = r->head_len;
	s->identity.marker_hash = hash64(before);
	s->identity.marker_len = (uint32_t)before.n;
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	if (r->fd > STDERR_FILENO)
		(void)close(r->fd);
	inflate_free(r->inflate);
	vec_free(&r->problems);
	arena_done(&r->texts);
	leave_room(r);
	free(r);
}
