/* Part of the second stage of pass 1, under the reader: bytes of one descriptor to a buffer (see window.h).
 *
 * Invariants: base + at is the stream offset of the next byte; memory is bounded by what the reader leaves open; a read error is never
 * the end of the file, what came before it stays. It knows of no lines, and refuses nothing for what it contains. */
#include "ingest/window.h"

#include "base/err.h"
#include "base/mem.h"
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

enum { CODES = 4, SPARE = 16 * 1024, CHUNK_MIN = 4096 };
enum { ROOM = LIMIT_LINE + 2 * HISTORY + MEM_PAGE + LIMIT_READ_BUFFER }; /* for the longest line that is kept, and a read */

/* --- losses --- */

void losses_init(struct losses *l)
{
	l->list.v = mem_grow(NULL, CODES, sizeof *l->list.v);
	l->list.cap = CODES;
}

void losses_note(struct losses *l, enum severity_class class, const char *code, uint64_t line, uint64_t offset, const char *format, ...)
{
	for (size_t i = 0; i < l->list.n; i++) {
		if (strcmp(l->list.v[i].code, code) == 0) {
			l->list.v[i].times++;
			return;
		}
	}
	struct problem *p = vec_push(&l->list);
	*p = (struct problem){.code = code, .class = class, .line = line, .offset = offset, .times = 1};
	va_list args;
	va_start(args, format);
	(void)vsnprintf(p->text, sizeof p->text, format, args);
	va_end(args);
}

void losses_done(struct losses *l)
{
	vec_free(&l->list);
	arena_done(&l->texts);
}

/* --- the buffer --- */

/* A buffer that goes from reader to reader has room for the longest line at once: what is not touched costs nothing, what was used before
 * costs no fault, and threads that ask for no pages do not wait for each other. */
static void take_room(struct window *w, size_t cap, struct buf *room)
{
	w->cap = room && cap < ROOM ? ROOM : cap;
	if (room && room->cap >= w->cap) {
		w->buf = room->p;
		w->cap = room->cap;
		*room = (struct buf){0};
	} else {
		w->buf = mem_pages(w->cap);
	}
}

void window_leave(struct window *w, struct buf *room)
{
	if (room && room->cap < w->cap && w->cap <= ROOM) {
		free(room->p);
		*room = (struct buf){.p = w->buf, .cap = w->cap};
	} else {
		free(w->buf);
	}
	w->buf = NULL;
	w->cap = 0;
}

static void grow(struct window *w, size_t cap)
{
	char *more = mem_pages(cap);
	memcpy(more, w->buf, w->end);
	free(w->buf);
	w->buf = more;
	w->cap = cap;
}

/* Room for one read behind the open bytes; keeps HISTORY bytes before them, or some more, so that `base` stays a multiple of the
 * page: the kernel copies to the place in a page that the bytes have in the file, and takes four times as long where it is to be a
 * few bytes further. */
static void make_room(struct window *w)
{
	if (w->cap - w->end >= w->chunk)
		return;
	size_t from = w->at - window_before(w).n, over = (w->base + from) % MEM_PAGE;
	from -= over < from ? over : 0;
	memmove(w->buf, w->buf + from, w->end - from);
	w->base += from;
	w->at -= from;
	w->end -= from;
	if (w->cap - w->end >= w->chunk)
		return;
	grow(w, ROOM > w->end + w->chunk ? ROOM : w->end + w->chunk); /* at once: what is not touched costs nothing */
}

void window_drop_middle(struct window *w, size_t keep)
{
	const size_t kept = w->at + keep;
	if (w->cap < kept + HISTORY + MEM_PAGE + w->chunk)
		grow(w, kept + HISTORY + MEM_PAGE + w->chunk);
	size_t newest = HISTORY + (w->base + w->end - kept - HISTORY) % MEM_PAGE; /* so many, for what make_room says */
	newest = w->end - kept < newest ? w->end - kept : newest;
	memmove(w->buf + kept, w->buf + w->end - newest, newest);
	w->base += w->end - kept - newest;
	w->end = kept + newest;
}

/* --- what fills it --- */

static void inspect(struct window *w)
{
	struct stat st;
	if (fstat(w->fd, &st) != 0) {
		w->failed = ERR_IO;
		losses_note(w->losses, PROBLEM_ERROR, "read-error", 0, 0, "cannot tell what kind of file it is: %s; it was not read", strerror(errno));
		return;
	}
	w->regular = S_ISREG(st.st_mode);
	/* A small file needs no large buffer: 45,000 of them are read one after another. */
	if (w->chunk == 0 && w->regular && st.st_size < (off_t)LIMIT_READ_BUFFER)
		w->chunk = st.st_size < CHUNK_MIN ? CHUNK_MIN : (size_t)st.st_size + 1;
#ifdef FS_IOC_GETVERSION
	unsigned generation[2] = {0, 0}; /* declared as a long, written as an int */
	if (w->regular && ioctl(w->fd, FS_IOC_GETVERSION, generation) == 0)
		w->inode_gen = generation[0];
#endif
}

void window_open(struct window *w, int fd, size_t chunk, struct buf *room, struct losses *losses)
{
	*w = (struct window){.fd = fd, .chunk = chunk, .losses = losses};
	inspect(w);
	if (w->chunk == 0)
		w->chunk = LIMIT_READ_BUFFER;
	take_room(w, w->chunk + HISTORY + SPARE, room);
}

void window_inflate(struct window *w, enum inflate_kind kind, size_t chunk)
{
	w->kind = kind;
	w->inflate = inflate_new(kind, w->fd, w->chunk, (str){w->buf, w->end});
	w->end = 0;
	w->at_eof = false;
	w->chunk = chunk ? chunk : LIMIT_READ_BUFFER;
}

/* An inflate fault, or the end of a compressed file that is still being written. */
static void inflate_failed(struct window *w)
{
	const struct inflate_fault *f = inflate_fault(w->inflate);
	const uint64_t offset = w->base + w->end;
	if (w->growing && strncmp(f->code, "truncated", 9) == 0) {
		losses_note(w->losses, PROBLEM_NOTE, "pending", 0, offset, "compressed file is still being written, its end comes with the next run");
		w->at_eof = true;
		return;
	}
	w->failed = strcmp(f->code, "decompression-limit") == 0 ? ERR_LIMIT : ERR_IO;
	losses_note(w->losses, PROBLEM_ERROR, f->code, 0, offset, "%s", f->text);
}

static void read_failed(struct window *w, int why)
{
	const uint64_t offset = w->base + w->end;
	w->failed = ERR_IO;
	losses_note(w->losses, PROBLEM_ERROR, "read-error", 0, offset, "read error at byte %" PRIu64 ": %s; what follows was not read", offset,
		strerror(why));
}

static void reached_end(struct window *w)
{
	const uint64_t garbage = w->inflate ? inflate_garbage(w->inflate) : 0;
	w->at_eof = true;
	if (garbage > 0)
		losses_note(w->losses, PROBLEM_NOTE, "trailing-garbage", 0, w->base + w->end,
			"%" PRIu64 " bytes behind the compressed data are no compressed data", garbage);
}

ptrdiff_t window_fill_some(struct window *w, size_t most)
{
	if (w->failed != 0)
		return -1;
	if (w->at_eof)
		return 0;
	make_room(w);
	const ptrdiff_t got = w->inflate ? inflate_read(w->inflate, w->buf + w->end, most) : raw_read(w->fd, w->buf + w->end, most);
	if (got > 0) {
		w->end += (size_t)got;
		return got;
	}
	if (got == 0)
		reached_end(w);
	else if (w->inflate)
		inflate_failed(w);
	else
		read_failed(w, (int)-got);
	return w->failed != 0 ? -1 : 0;
}

ptrdiff_t window_fill(struct window *w) { return window_fill_some(w, w->chunk); }

void window_skip_hole(struct window *w)
{
	if (!w->regular || w->inflate || w->keeps_holes || w->at_eof || w->failed != 0 || w->end < HISTORY)
		return;
	const off_t now = lseek(w->fd, 0, SEEK_CUR);
	off_t data = now < 0 ? -1 : lseek(w->fd, now, SEEK_DATA);
	if (now >= 0 && data < 0 && errno == ENXIO)
		data = lseek(w->fd, 0, SEEK_END); /* no data up to the end */
	w->keeps_holes = now < 0 || data <= now || data - now < HISTORY;
	if (w->keeps_holes) {
		(void)lseek(w->fd, now, SEEK_SET);
		return;
	}
	memset(w->buf, 0, HISTORY);
	w->base += w->end + (uint64_t)(data - now) - HISTORY;
	w->at = w->end = HISTORY;
}

void window_go(struct window *w, uint64_t start)
{
	if (!w->inflate && w->regular && start > w->base + w->end) {
		const uint64_t from = start - HISTORY;
		if (start >= HISTORY && lseek(w->fd, (off_t)from, SEEK_SET) == (off_t)from) {
			w->base = from;
			w->at = w->end = 0;
			w->at_eof = false;
		}
	}
	while (w->base + w->end < start) {
		w->at = w->end;
		if (window_fill(w) <= 0)
			break;
	}
	w->at = start > w->base + w->end ? w->end : (size_t)(start - w->base);
}

/* Keeps the newest `len` bytes of a compressed file up to `offset` in `last`; false when it is shorter. */
static bool inflate_last(struct inflate *z, uint64_t offset, size_t len, char *last)
{
	char *chunk = mem_grow(NULL, LIMIT_READ_BUFFER, 1);
	uint64_t at = 0;
	size_t have = 0;
	while (at < offset) {
		const uint64_t left = offset - at;
		const ptrdiff_t got = inflate_read(z, chunk, left < LIMIT_READ_BUFFER ? (size_t)left : LIMIT_READ_BUFFER);
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

/* The same from the file's beginning, after which the descriptor stands where it stood. */
static bool inflate_before(const struct window *w, uint64_t offset, size_t len, char *last)
{
	const off_t here = lseek(w->fd, 0, SEEK_CUR);
	if (here < 0 || lseek(w->fd, 0, SEEK_SET) != 0)
		return false;
	struct inflate *z = inflate_new(w->kind, w->fd, LIMIT_READ_BUFFER, S(""));
	const bool good = inflate_last(z, offset, len, last);
	inflate_free(z);
	return lseek(w->fd, here, SEEK_SET) == here && good;
}

bool window_read_before(const struct window *w, uint64_t offset, size_t len, char *last)
{
	if (!w->regular || len > offset)
		return false;
	return w->inflate ? inflate_before(w, offset, len, last) : raw_pread(w->fd, last, len, offset - len) == len;
}

void window_close(struct window *w, struct buf *room)
{
	if (w->fd > STDERR_FILENO)
		(void)close(w->fd);
	inflate_free(w->inflate);
	if (w->buf)
		window_leave(w, room);
}
