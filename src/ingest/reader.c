/* Second stage of pass 1: source → reader → parser. Bytes of one descriptor to lines.
 *
 * A line that lies whole in the window is handed out where it lies; only an open line is moved, once per read. Memory is bounded: of a
 * longer line LIMIT_LINE bytes are kept and the rest is skipped.
 * Invariants: the same bytes give the same lines for any chunking; a line is complete only with its LF (or at the end with `final`),
 * so what is not handed out stays pending. It refuses to guess at log formats, and to read UTF-16, archives and binary data. */
#include "ingest/reader.h"

#include "base/hash.h"
#include "base/mem.h"
#include "ingest/sniff.h"
#include "ingest/window.h"
#include "model/limits.h"
#include "model/problem_wire.h"

#include <inttypes.h>
#include <stdlib.h>

enum { HEAD = 1024, SKIPPED = 64 * 1024, PENDING_S = 600 };

struct reader {
	struct window in;
	uint64_t lines;
	struct reader_options options;
	bool ended, refused;      /* ended: no line will come */
	uint64_t stop_offset;     /* behind the last line handed out, once ended */
	uint64_t head_hash;
	uint32_t head_len;
	size_t tail_n;            /* the bytes before the line that was open when the input ended */
	char tail[HISTORY];
	struct losses losses;
};

/* Ends the input before its first line. */
static void refuse(struct reader *r, enum severity_class class, const char *code, const char *format, const char *what)
{
	losses_note(&r->losses, class, code, 0, 0, format, what);
	r->ended = r->refused = true;
	r->in.at = r->in.end;
	if (class == PROBLEM_ERROR)
		r->in.failed = ERR_SCHEMA;
}

/* Drops the NUL bytes at the start of a line. */
static void skip_nuls(struct reader *r)
{
	static const char zero[64];
	struct window *w = &r->in;
	const uint64_t from = window_offset(w);
	for (;;) {
		while (w->end - w->at >= sizeof zero && memcmp(w->buf + w->at, zero, sizeof zero) == 0)
			w->at += sizeof zero;
		while (w->at < w->end && w->buf[w->at] == '\0')
			w->at++;
		if (w->at < w->end)
			break;
		if (window_offset(w) - from >= LIMIT_PROBE)
			window_skip_hole(w);
		if (window_fill(w) <= 0)
			break;
	}
	const uint64_t n = window_offset(w) - from;
	if (n > 0)
		losses_note(&r->losses, PROBLEM_NOTE, "nul-bytes", r->lines + 1, from, "%" PRIu64 " NUL bytes at offset %" PRIu64 " skipped", n, from);
}

static void note_long(struct reader *r, uint64_t offset, uint64_t length)
{
	losses_note(&r->losses, PROBLEM_NOTE, "line-too-long", r->lines, offset,
		"line of %" PRIu64 " bytes at offset %" PRIu64 ": only its first %u are looked at", length, offset, LIMIT_LINE);
}

/* Hands out the line of n bytes at `at`, which has its LF in the buffer (newline) or ends with it. */
static int take(struct reader *r, struct line *ret, uint64_t offset, size_t n, bool newline)
{
	const char *p = r->in.buf + r->in.at;
	r->in.at += n + newline;
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
	const str before = window_before(&r->in);
	r->tail_n = before.n;
	memcpy(r->tail, before.p, before.n);
}

static int finish(struct reader *r, uint64_t stop_offset)
{
	r->ended = true;
	r->stop_offset = stop_offset;
	r->in.at = r->in.end; /* so that reader_next comes here again */
	return r->in.failed;
}

/* Of a line that is longer than what is kept: a piece that stays in the processor's cache. */
static size_t piece(const struct window *w) { return w->chunk < SKIPPED ? w->chunk : SKIPPED; }

/* A line of more than LIMIT_LINE bytes, of which the first are kept. */
static int skip_long(struct reader *r, struct line *ret, uint64_t offset)
{
	struct window *w = &r->in;
	const size_t most = piece(w);
	uint64_t length = w->end - w->at;
	for (;;) {
		char last = w->buf[w->end - 1];
		window_drop_middle(w, LIMIT_LINE);
		const size_t before = w->end, text = w->at;
		const bool more = window_fill_some(w, most) > 0;
		if (!more && (w->failed != 0 || !r->options.final))
			return finish(r, offset);
		const char *lf = more ? memchr(w->buf + before, '\n', w->end - before) : NULL;
		const size_t stop = lf ? (size_t)(lf - w->buf) : w->end;
		if (stop > before)
			last = w->buf[stop - 1];
		length += stop - before;
		if (more && !lf)
			continue;
		w->at = stop + (lf != NULL);
		*ret = (struct line){.text = {w->buf + text, LIMIT_LINE}, .number = ++r->lines, .offset = offset, .length = length - (last == '\r'),
			.newline = lf != NULL};
		note_long(r, offset, ret->length);
		return 1;
	}
}

/* The input has ended behind an open line, or behind nothing. */
static int take_last(struct reader *r, struct line *ret, uint64_t offset)
{
	size_t n = r->in.end - r->in.at;
	if (r->in.failed != 0 || (n > 0 && !r->options.final))
		return finish(r, offset);
	if (n == 0) {
		if (r->options.final)
			save_tail(r);
		return finish(r, r->options.final ? r->in.base + r->in.end : offset);
	}
	return take(r, ret, offset, n, false);
}

/* The next line does not lie whole in the buffer, or begins with NUL bytes, or is too long. */
static __attribute__((noinline)) int next_slow(struct reader *r, struct line *ret)
{
	if (r->ended)
		return r->in.failed;
	save_tail(r);
	const uint64_t offset = window_offset(&r->in);
	skip_nuls(r);
	size_t seen = 0;
	for (;;) {
		const char *from = r->in.buf + r->in.at, *lf = memchr(from + seen, '\n', r->in.end - r->in.at - seen);
		if (lf)
			return take(r, ret, offset, (size_t)(lf - from), true);
		seen = r->in.end - r->in.at;
		if (seen > LIMIT_LINE + 1)
			return skip_long(r, ret, offset);
		if (window_fill_some(&r->in, seen < LIMIT_LINE ? r->in.chunk : piece(&r->in)) <= 0)
			return take_last(r, ret, offset);
	}
}

/* Runs once a line of every log: what is rare is left to next_slow, which would find the same line. */
int reader_next(struct reader *r, struct line *ret_line)
{
	const char *from = r->in.buf + r->in.at, *lf = memchr(from, '\n', r->in.end - r->in.at);
	if (!lf || *from == '\0')
		return next_slow(r, ret_line);
	size_t n = (size_t)(lf - from);
	if (n > LIMIT_LINE)
		return next_slow(r, ret_line);
	ret_line->offset = r->in.base + r->in.at;
	r->in.at += n + 1;
	if (n > 0 && lf[-1] == '\r')
		n--;
	ret_line->text = (str){from, n};
	ret_line->length = n;
	ret_line->number = ++r->lines;
	ret_line->newline = true;
	return 1;
}

str reader_buffered(const struct reader *r) { return r->ended ? STR_NONE : window_rest(&r->in); }

uint64_t reader_offset(const struct reader *r) { return window_offset(&r->in); }

void reader_skip(struct reader *r, size_t bytes, uint64_t lines)
{
	r->in.at += bytes;
	r->lines += lines;
}

/* Compressed data goes through inflate from its first byte; archives and known binary files are refused. */
static void open_container(struct reader *r)
{
	const char *name = NULL;
	enum sniff kind = sniff_container((str){r->in.buf, r->in.end}, &name);
	enum severity_class class = r->options.named || r->options.archive_name ? PROBLEM_ERROR : PROBLEM_NOTE;
	if (kind == SNIFF_ARCHIVE) {
		refuse(r, class, "archive", "%s file: not supported; unpack it, or recompress it with gzip or zstd", name);
	} else if (kind == SNIFF_BINARY && !r->options.force_text) {
		refuse(r, r->options.named ? PROBLEM_ERROR : PROBLEM_NOTE, "binary", "binary file (%s), not a log; --force-text reads it all the same", name);
	} else if (kind == SNIFF_GZIP || kind == SNIFF_ZSTD) {
		window_inflate(&r->in, kind == SNIFF_GZIP ? INFLATE_GZIP : INFLATE_ZSTD, r->options.chunk);
	}
}

static void check_content(struct reader *r)
{
	const char *name = NULL;
	str probe = str_head((str){r->in.buf, r->in.end}, LIMIT_PROBE);
	if (r->in.inflate && sniff_container(probe, &name) == SNIFF_ARCHIVE) {
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
	window_go(&r->in, start);
}

struct reader *reader_new(int fd, const struct reader_options *options)
{
	struct reader *r = mem_new(sizeof *r);
	r->options = *options;
	losses_init(&r->losses);
	window_open(&r->in, fd, options->chunk, options->room, &r->losses);
	r->in.growing = !options->final && options->now_s != 0 && options->now_s - options->mtime_s < PENDING_S;
	while (r->in.end < SNIFF_BYTES && window_fill(&r->in) > 0)
		;
	open_container(r);
	while (!r->refused && r->in.end < LIMIT_PROBE && window_fill(&r->in) > 0)
		;
	r->head_len = r->in.end < HEAD ? (uint32_t)r->in.end : HEAD;
	r->head_hash = hash64((str){r->in.buf, r->head_len});
	if (!r->refused)
		check_content(r);
	if (!r->refused && options->start > 0)
		reader_go(r, options->start, 0);
	else if (!r->refused && str_starts((str){r->in.buf, r->in.end}, S("\xef\xbb\xbf")))
		r->in.at = 3;
	return r;
}

str reader_peek(struct reader *r)
{
	return r->refused ? STR_NONE : str_head(window_rest(&r->in), LIMIT_PROBE);
}

str reader_head(const struct reader *r) { return str_head((str){r->in.buf, r->in.end}, HEAD); }

bool reader_compressed(const struct reader *r) { return r->in.inflate != NULL; }

bool reader_marker(struct reader *r, uint64_t offset, uint32_t len, uint64_t *ret_hash)
{
	char last[HISTORY];
	if (r->refused || len > HISTORY || !window_read_before(&r->in, offset, len, last))
		return false;
	*ret_hash = hash64((str){last, len});
	return true;
}

/* --- between two runs --- */

void reader_save(const struct reader *r, struct buf *b)
{
	wire_u64(b, r->lines);
	wire_u64(b, r->losses.list.n);
	for (size_t i = 0; i < r->losses.list.n; i++)
		wire_problem(b, &r->losses.list.v[i]);
}

void reader_restore(struct reader *r, struct wire *w)
{
	r->lines = wire_take_u64(w);
	r->losses.list.n = 0;
	for (uint64_t n = wire_take_max(w, LIMIT_PROBLEMS); n > 0 && !w->bad; n--)
		wire_take_problem(w, &r->losses.texts, vec_push(&r->losses.list));
}

void reader_whole(struct reader *r)
{
	r->options.final = true;
	r->in.growing = false;
}

void reader_facts(const struct reader *r, struct source *s)
{
	const str before = r->ended ? (str){r->tail, r->tail_n} : window_before(&r->in);
	s->bytes = r->in.base + r->in.end;
	s->offset = r->ended ? r->stop_offset : window_offset(&r->in);
	s->pending_bytes = r->refused ? 0 : s->bytes - s->offset;
	s->lines = r->lines;
	s->complete = r->in.failed == 0 && (r->refused || (r->ended && r->in.at_eof));
	s->problems = r->losses.list.v;
	s->problem_count = r->losses.list.n;
	s->identity.inode_gen = r->in.inode_gen;
	s->identity.head_hash = r->head_hash;
	s->identity.head_len = r->head_len;
	s->identity.marker_hash = hash64(before);
	s->identity.marker_len = (uint32_t)before.n;
}

void reader_leave(struct reader *r)
{
	window_leave(&r->in, r->options.room);
	r->options.room = NULL;
}

void reader_free(struct reader *r)
{
	if (!r)
		return;
	window_close(&r->in, r->options.room);
	losses_done(&r->losses);
	free(r);
}
