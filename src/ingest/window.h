/* The part of an input's bytes that is in memory: one buffer, reused, and what fills it (the descriptor, or inflate from it).
 * [ bytes already handed out, HISTORY or a page more | at: what is open | end | room for what read(2) brings ] */
#ifndef MCPLOG_INGEST_WINDOW_H
#define MCPLOG_INGEST_WINDOW_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "ingest/inflate.h"
#include "model/source.h"

/* So many bytes before the open ones stay: the marker of the file's identity is made of them. */
enum { HISTORY = 4096 };

/* What went wrong in one input, each code once and with its first place. */
struct losses {
	VEC(struct problem) list; /* never NULL, for those who copy */
	struct arena texts;       /* codes of those that were restored */
};
void losses_init(struct losses *l);
void losses_note(struct losses *l, enum severity_class class, const char *code, uint64_t line, uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
void losses_done(struct losses *l);

struct window {
	char *buf;
	size_t at, end, cap;
	uint64_t base;            /* offset of buf[0] in the decompressed stream */
	size_t chunk;             /* bytes per read(2) */
	int fd, failed;           /* failed: the negative code of the error that ended it */
	bool regular, at_eof;     /* at_eof: the descriptor has no more */
	bool keeps_holes;         /* the file system tells nothing of holes */
	bool growing;             /* somebody may still be writing it: the end of a compressed file may come later */
	struct inflate *inflate;  /* NULL: not compressed */
	enum inflate_kind kind;
	uint64_t inode_gen;
	struct losses *losses;
};

/* Takes the descriptor. `chunk` 0: LIMIT_READ_BUFFER, or less for a small file. `room` as in reader_options. */
void window_open(struct window *w, int fd, size_t chunk, struct buf *room, struct losses *losses);
/* What was read is the beginning of a compressed stream: the window is of what is in it. */
void window_inflate(struct window *w, enum inflate_kind kind, size_t chunk);
/* One more read of at most `most` bytes, at most the chunk. > 0: bytes came; 0: the end; < 0: failed, and told. */
ptrdiff_t window_fill_some(struct window *w, size_t most);
ptrdiff_t window_fill(struct window *w);
/* The window is all NUL bytes and used up: when they are a hole of the file, its end is found without reading it. */
void window_skip_hole(struct window *w);
/* `start` becomes the first open byte, or the end does. */
void window_go(struct window *w, uint64_t start);
/* The first `keep` open bytes and the newest stay (HISTORY, or a page more), what is between them goes; there is room for a read. */
void window_drop_middle(struct window *w, size_t keep);
/* The `len` bytes before `offset` of the decompressed stream, read once more; false when the file is shorter, or cannot be read there. */
bool window_read_before(const struct window *w, uint64_t offset, size_t len, char *last);
/* Nothing more is read: the buffer is left in `room` when others may use it. What stood in it is gone. */
void window_leave(struct window *w, struct buf *room);
/* The same, unless that was done, and closes. */
void window_close(struct window *w, struct buf *room);

/* What is open, and its offset in the decompressed stream. */
static inline str window_rest(const struct window *w) { return (str){w->buf + w->at, w->end - w->at}; }
static inline uint64_t window_offset(const struct window *w) { return w->base + w->at; }
/* Up to HISTORY bytes before the open ones. */
static inline str window_before(const struct window *w)
{
	const size_t n = w->at < HISTORY ? w->at : HISTORY;
	return (str){w->buf + w->at - n, n};
}
#endif
