/* A format of patterns/formats, prepared for parsers: byte masks for the cheap test, numbers of its groups, its splits. */
#ifndef MCPLOG_PARSE_SHAPE_H
#define MCPLOG_PARSE_SHAPE_H
#include "base/arena.h"
#include "base/instant.h"
#include "base/word.h"
#include "model/record.h"
#include "model/rules.h"

enum { MASK_BYTES = 32, SHAPE_MASKS = 8, SHAPE_SPLITS = 4 };

/* Words of `role` in the format files. Everything but ROLE_HEAD is looked at in one place only. */
#define ROLE_LIST(X)                                                                                              \
	X(HEAD, "")                      /* begins a record */                                                        \
	X(INNER, "inner")                /* looks at the body of another format; a head of its own only in excerpts */ \
	X(EMBED, "embed")                /* body of class mcp that holds the server's own lines */                    \
	X(FACT, "fact")                  /* carries the group version, wherever the body stands */                    \
	X(TRACE_START, "trace-start")    /* first line of a traceback */                                              \
	X(TRACE_BOX, "trace-box")        /* the same, drawn as a box */                                               \
	X(TRACE_CHAIN, "trace-chain")    /* joins two tracebacks */                                                   \
	X(TRACE_GROUP, "trace-group")    /* a group of exceptions: noise, its leaves tell */                          \
	X(REJECTED, "result-rejected")   /* text of a tool result that refuses */                                     \
	X(RECEIPT, "result-receipt")     /* text of a tool result that is a receipt */                                \
	X(PROSE, "prose")                /* a head only in excerpts */                                                \
	X(HEARSAY, "hearsay")            /* a line of an excerpt that names errors and says of none that it happened */
enum role_of_shape {
#define X(id, name) SHAPE_##id,
	ROLE_LIST(X)
#undef X
	SHAPE_ROLE_COUNT
};

struct mask {
	uint64_t equal[4], value[4], six[4];   /* word = 8 bytes; six: 6 where a digit must be */
	uint8_t letter[MASK_BYTES];            /* 1 where a letter must be */
	uint8_t n;
	bool letters, kind_first;              /* kind_first: the first byte is 'd' or 'a' */
	uint8_t first;                         /* its first byte as written, so 'd' and 'a' are kinds */
};

/* Groups that the parser knows by name. */
#define PART_LIST(X)                                                                                                       \
	X(TIME, "time") X(LEVEL, "level") X(BODY, "body") X(SERVER, "server") X(SESSION, "session") X(VERSION, "version")       \
	X(CWD, "cwd") X(CONTAINER, "container") X(STREAM, "stream") X(PARTIAL, "partial") X(SERVER_ESCAPED, "escaped")
enum part {
#define X(id, name) PART_##id,
	PART_LIST(X)
#undef X
	PART_COUNT
};

struct shape {
	struct format *format;
	struct mask masks[SHAPE_MASKS];
	struct shape *split[SHAPE_SPLITS];
	unsigned mask_count, split_count;
	enum role_of_shape role;
	uint8_t group[PART_COUNT]; /* 0 = none */
	struct regex *regex;       /* NULL until it is asked for */
	bool broken;               /* it does not compile */
	bool settled;              /* format->plain tells by a head what it is, whichever digits stand there */
	str literal;               /* stands in whatever fits; asked for shapes without masks; may be empty */
	bool confirmed;            /* a fair share of the probe's lines */
	uint32_t seen;             /* in the probe */
};

struct head { /* what a shape found in a line */
	const struct shape *shape;
	str part[PART_COUNT];      /* p NULL when absent; BODY always set */
	instant at;
	bool zoned, timed;         /* zoned: the text names its zone; timed: the shape has a time */
	enum level level;
};

enum { SHAPE_ROLE_MAX = 8 };
enum first_byte { FIRST_HEAD = 1, FIRST_FACT = 2 }; /* a strong or confirmed head; a fact */
struct shapes {
	struct shape *v;
	size_t n;
	struct shape *by_role[SHAPE_ROLE_COUNT][SHAPE_ROLE_MAX]; /* all but heads */
	unsigned role_count[SHAPE_ROLE_COUNT];
	uint8_t first[256];        /* bits of enum first_byte: what may begin with this byte */
	uint64_t *begins;          /* for each first byte `words` words, a bit for each shape that may begin with it */
	size_t words;
};

/* A head that was asked about, with a 0 for every digit: whatever stands behind its first n bytes, it is of this shape. */
enum { ASKED_BYTES = 48, ASKED_HEADS = 64 };
struct asked_head {
	char text[ASKED_BYTES];
	size_t n;                  /* 0: none yet */
	struct shape *shape;
};

struct clock {
	const struct zone *zone;
	instant base;              /* for years */
	instant context;           /* last dated instant of the file, for times of day */
	instant same;              /* last time of a log that prints a time only when it changes */
	instant ahead;             /* of local times, seen where a line names its time twice; INSTANT_NONE */
};

void shapes_init(struct shapes *s, const struct rules *rules);
void shapes_done(struct shapes *s);
void shapes_forget(struct shapes *s); /* what was seen in a file */
/* In order, the shapes that the first byte of a text does not rule out: for (struct shapes_at at = shapes_of(s, text); (s = shapes_next(&at)) != NULL;) */
struct shapes_at {
	struct shape *v;           /* of this word */
	const uint64_t *word, *end;
	uint64_t rest;             /* of its bits */
};
static inline struct shapes_at shapes_of(const struct shapes *s, str text)
{
	const uint64_t *word = &s->begins[(text.n > 0 ? (unsigned char)text.p[0] : 0u) * s->words];
	return (struct shapes_at){s->v, word, word + s->words, s->words > 0 ? *word : 0};
}
/* NULL behind the last one. */
static inline struct shape *shapes_next(struct shapes_at *at)
{
	while (at->rest == 0) {
		if (at->end - at->word <= 1)
			return NULL;
		at->v += 64;
		at->rest = *++at->word;
	}
	struct shape *found = &at->v[__builtin_ctzll(at->rest)];
	at->rest &= at->rest - 1;
	return found;
}
/* Which bytes may interrupt a record; call when `confirmed` changed. */
void shapes_first_bytes(struct shapes *s);
/* p has MASK_BYTES bytes. */
static inline bool mask_word(const struct mask *m, const char *p, unsigned i)
{
	return word_fits(word_load(p + (size_t)8 * i), m->equal[i], m->value[i], m->six[i]);
}
static inline bool mask_words(const struct mask *m, const char *p)
{
	for (unsigned i = 0; (size_t)8 * i < m->n; i++)
		if (!mask_word(m, p, i))
			return false;
	return true;
}
bool mask_fits_all(const struct mask *m, str text);
/* Nearly every question is answered by length and first byte. */
static inline bool mask_fits(const struct mask *m, str text)
{
	return text.n >= m->n && (m->kind_first || (uint8_t)text.p[0] == m->first) && mask_fits_all(m, text);
}
/* Cheap test: false when no mask of the shape fits. True for a shape without masks. */
static inline bool shape_may(const struct shape *s, str text)
{
	for (unsigned i = 0; i < s->mask_count; i++)
		if (mask_fits(&s->masks[i], text))
			return true;
	return s->mask_count == 0;
}
/* The whole test. ret_head may be NULL. Times are read only when clock is given. */
bool shape_fits(struct shape *s, str text, struct clock *clock, struct head *ret_head);
/* First shape of a role whose pattern fits; NULL when none does. */
struct shape *shapes_role(struct shapes *s, enum role_of_shape role, str text, struct head *ret_head);
enum level level_find(str word);
#endif
