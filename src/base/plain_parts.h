/* Shared by plain*.c only: the tree and the program that a plain pattern becomes. */
#ifndef MCPLOG_BASE_PLAIN_PARTS_H
#define MCPLOG_BASE_PLAIN_PARTS_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/plain.h"
#include "base/span.h"
#include "base/vec.h"

enum plain_code {
	PLAIN_BYTES,  /* the a bytes at text[b] */
	PLAIN_SET,    /* one byte of set a */
	PLAIN_FIXED,  /* a bytes, each a certain one or a digit, as masks[b] says; go on at min. Stands in the place of the first of the
	               * operations that it is made of */
	PLAIN_RUN,    /* min to max bytes of set a, as many as possible; gives back where byte `next` stands (-1: anywhere, -2: never) */
	PLAIN_LAZY,   /* min to max bytes of set a, as few as possible, then a byte of set c; NO_SET: any or none. Set b: those of a that are
	               * not in c */
	PLAIN_SAVE,   /* the place is bound a */
	PLAIN_FIELD,  /* bound b, a PLAIN_RUN and bound b + 1 in one step: the run and the save behind stand in the next two places */
	PLAIN_SPLIT,  /* go on behind here, else at b; sets a and c: first bytes of both ways, NO_SET: any */
	PLAIN_JUMP,   /* go on at b */
	PLAIN_START, PLAIN_END, PLAIN_WORD, PLAIN_NO_WORD,
	PLAIN_LOOK, PLAIN_LOOK_NOT, /* what follows, up to a PLAIN_MATCH, stands here or not; go on at b */
	PLAIN_MATCH,
};
enum { NO_SET = UINT16_MAX, ANY_NEXT = -1, KEEP_ALL = -2, PLAIN_WORD_ROOM = 8 };

struct plain_op {
	uint8_t code;
	int16_t next;
	uint16_t a, c;
	uint32_t b, min, max; /* max UINT32_MAX: no end */
};

/* Bytes of which each is known or a digit, eight in a word: a time is three of them. */
enum { PLAIN_FIXED_WORDS = 4, PLAIN_FIXED_MIN = 8 };
struct plain_mask {
	uint64_t equal[PLAIN_FIXED_WORDS], value[PLAIN_FIXED_WORDS], six[PLAIN_FIXED_WORDS]; /* six: 6 for digits */
};

/* Bytes of the program's text. */
struct plain_text {
	uint32_t at, n;
};

struct plain {
	const struct plain_op *ops;
	const struct plain_mask *masks;
	const struct span_set *sets;
	const struct plain_text *texts; /* plain_texts */
	const struct plain_text *names; /* of the groups, from the first; n 0: it has none */
	const char *text;     /* of PLAIN_BYTES, texts and names, and PLAIN_WORD_ROOM bytes more */
	size_t op_n, set_n, mask_n, texts_n, text_n;
	unsigned groups;
	bool anchored;        /* every match begins where the search does, or at byte 0 when `at_start` */
	bool at_start;
	uint16_t first;       /* set of bytes that can begin a match; NO_SET: any, or an empty one */
};
/* Does \b hold at `at` in from … to? */
static inline bool plain_word_edge(const char *from, const char *to, const char *at)
{
	return (at > from && str_is_word(at[-1])) != (at < to && str_is_word(*at));
}

/* --- while it is translated --- */

enum node_type { NODE_BYTE, NODE_SET, NODE_GROUP, NODE_LOOK, NODE_ASSERT };

struct node {
	enum node_type type;
	enum plain_code assert_code; /* also of NODE_LOOK */
	char byte;
	uint16_t set;
	unsigned capture;            /* group number, 0: none */
	uint32_t min, max;
	bool lazy;
	struct branch *branches;
	struct node *next;
};
struct branch {
	struct node *first;
	struct branch *next;
};

struct compiler {
	struct plain *p;
	str text;
	size_t at;
	struct arena nodes;
	VEC(struct plain_op) ops;
	VEC(struct span_set) sets;
	VEC(struct plain_mask) masks;
	VEC(struct plain_text) texts, names;
	struct buf bytes;
	bool refused, looking; /* looking: inside a lookahead */
	bool dotall;
};

/* plain_read.c: the pattern's tree; c->refused when it is not plain. */
struct branch *plain_read(struct compiler *c);
/* plain_texts.c: c->texts, their bytes behind c->bytes. */
void plain_find_texts(struct compiler *c, const struct branch *whole);
void *plain_refuse(struct compiler *c); /* NULL */
uint16_t plain_add_set(struct compiler *c, const struct span_set *s);

static inline void span_add_range(struct span_set *s, unsigned from, unsigned to)
{
	for (unsigned b = from; b <= to; b++)
		span_add(s, (unsigned char)b);
}

static inline void span_unite(struct span_set *s, const struct span_set *other)
{
	for (unsigned i = 0; i < sizeof s->row; i++)
		s->row[i] |= other->row[i];
}
#endif
