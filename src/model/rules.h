/* The knowledge, loaded: immutable after rules are built, lives until exit. Made by knowledge/, read by every stage. */
#ifndef MCPLOG_MODEL_RULES_H
#define MCPLOG_MODEL_RULES_H
#include "base/arena.h"
#include "base/intern.h"
#include "base/pattern.h"
#include "base/regex.h"
#include "base/vec.h"
#include "model/event.h"
#include "model/log_place.h"
#include "model/query.h"
#include "model/telemetry.h"
#include "model/tree.h"

enum keep {
	KEEP_EVENT, /* a row with its text */
	KEEP_MARK,  /* a row without text (frequent and healthy: connect.start, …) */
	KEEP_CALL,  /* folds into the call row; a row of its own only when the call is not healthy */
	KEEP_COUNT, /* counted as recognised, no row */
};

struct where { /* where a piece of knowledge came from */
	const char *file;
	unsigned line, column;
};

/* patterns/signatures/: what a line means. */
struct signature {
	str id;
	uint16_t kind;         /* rules.kinds id */
	uint16_t class;        /* error class given by the signature itself; 0 none */
	uint32_t bodies;       /* bit set of enum body_class it is tried in */
	uint32_t sources;      /* bit set of enum source_kind; 0 = any */
	enum keep keep;
	enum level level;      /* only records of this level; LEVEL_NONE = any */
	str match;             /* PCRE2 text; named groups are fields */
	str frame;             /* tracebacks: of each line one of its literals (a|b) must stand in the frames, behind '^' in the first of an error that nobody caught; empty = none */
	str head;              /* literal that every match begins with (from ^…), computed; may be empty */
	str literal;           /* literal that every match contains, computed or given; may be empty */
	bool anchored;
	const struct byte_set *prefix; /* PATTERN_PREFIX sets: which bytes a match can begin with */
	const struct byte_set *split;  /* of a pattern that begins with an optional part: as many without and as many with it; else NULL */
	const struct plain *plain; /* finished program of a built-in pattern (base/plain.h), or NULL */
	bool core;             /* stable enough to be searched for in excerpts */
	struct field *set;     /* constant fields */
	unsigned set_count;
	uint16_t group_field[REGEX_GROUPS]; /* group number → field id, 0: the group has no name */
	uint32_t node;         /* in `doc`, for proofs */
	const struct tree_doc *doc;
	struct where where;
};

/* patterns/formats/: line-shaped log formats and wrappers. */
struct format {
	str id;
	enum source_kind kind;
	enum body_class class;
	bool wrapper;          /* peel it and look at the body again */
	str head;              /* byte mask: d digit, a letter, \d and \a these letters themselves, anything else itself; several
	                        * with '|' between; empty = none. The cheap test */
	str match;             /* PCRE2; groups time level server body session stream container… */
	str time;              /* instant_template for the group `time`; empty = ISO 8601; "inherit" = of the line before */
	bool local;            /* times are local unless they name a zone */
	enum { FOLD_NONE, FOLD_ANY, FOLD_INDENT, FOLD_TRACE } fold; /* which following lines belong to the record */
	bool strong;           /* may begin a record in the middle of another format's file */
	str after;             /* hot path: the body begins behind this literal, within a few bytes of the head; empty = ask the regex */
	str role;              /* a word of parse/shape.c: inner, embed, trace-start, …; empty = an ordinary head */
	str split[4];          /* ids of formats that look at the body again (first that fits); key `split`, a list */
	unsigned split_count;
	const struct plain *plain; /* as in signatures */
	str literal;           /* stands in every match; may be empty */
	struct regex *regex;   /* for the proofs */
	uint32_t node;
	const struct tree_doc *doc;
	struct where where;
};

/* patterns/redactions/. */
struct redaction {
	str id, kind;          /* kind is shown: [REDACTED:kind] */
	str literals[12];      /* any of them must stand in the text before the regex is tried; case-insensitive */
	unsigned literal_count;
	str match;             /* the group `secret` is replaced, or the whole match */
	unsigned entropy;      /* hundredths of a bit per character that a secret needs; 0 = any text is one */
	unsigned mixed;        /* changes between digits, upper and lower case inside words that it needs */
	bool privacy;          /* level: people and places, hidden only when asked for */
	struct regex *regex;
	bool broken;
	struct where where;
	uint32_t node;
	const struct tree_doc *doc;
};

struct advice {
	str cause;             /* or note id */
	str text;              /* {server}, {tool} … are filled in */
	str client, sdk;       /* version ranges such as ">=2.1.187 <2.1.300"; empty = any */
	str transport;         /* sse, http, stdio, remote; empty = any */
	str when;              /* "now" or "later" */
	str call;              /* "open": while a call waits; "over": afterwards; empty = either */
	str see;               /* public link */
	struct where where;
};

struct cause;              /* model/cause.h */
struct cond;

/* patterns/kinds.yaml, `groups`: a name for several error classes, usable wherever a class is. */
enum { GROUP_CLASSES = 256 };
struct class_group {
	str id;
	uint64_t members[GROUP_CLASSES / 64]; /* bit set of rules.classes ids */
};

/* How events of a kind are drawn (model/picture.h): enum mark_kind, enum side. */
struct kind_mark {
	uint16_t kind;
	uint8_t mark, side;
	str what;              /* one line for people */
};
struct kind_words {
	uint16_t kind;
	str what;              /* what an event of the kind says, for people */
};

/* An age at which something on the way is known to end idle connections. */
struct known_limit {
	str id;
	uint32_t seconds;
	str what;              /* whose limit it is */
};

struct rules {
	struct arena arena;
	struct arena sets;            /* bytes that patterns begin with: what holds no pointers */
	void *built_in;               /* where the built-in entries stand; the arrays too, until something is added to them */
	struct intern kinds, classes, fields;
	VEC(struct signature) signatures;
	VEC(struct format) formats;
	VEC(struct redaction) redactions;
	VEC(str) placeholders;        /* words, lower case, with which a value begins that stands for a secret */
	VEC(struct advice) advice;
	VEC(struct cause *) causes;   /* causes and notes */
	VEC(struct class_group) groups;
	VEC(struct telemetry_attribute) telemetry;
	VEC(struct known_limit) limits;
	VEC(struct kind_mark) marks;  /* of the kinds that pictures show */
	VEC(struct kind_words) words; /* of all kinds */
	VEC(struct cond *) traffic;   /* lines by which a log shows that it is one of MCP: one of them holds */
	VEC(struct cond *) life;      /* lines by which a server shows that it is there, of MCP or not */
	VEC(struct query) queries;
	VEC(struct log_place) places;
	str self_test;                /* log of doctor's self-test */
	VEC(const struct tree_doc *) docs; /* built in first, then the user's */
	bool complete;                /* entries were made of the documents */
	uint64_t hash;                /* of all that was loaded: the knowledge hash of checkpoints */
	struct err first_problem;     /* of the user's files; code ERR_NONE when there is none */
	size_t problem_count;
	VEC(struct err) problems;     /* all of them, at most LIMIT_PROBLEMS */
};

/* model/names.c: constant field ids that code reads; interned first, in this order, by knowledge/. */
#define FIELD_LIST(X)                                                                                             \
	X(SERVER, "server") X(TOOL, "tool") X(ID, "id") X(ERR, "err") X(DUR, "dur") X(MS, "ms") X(SECONDS, "s")       \
	X(TRANSPORT, "transport") X(UPTIME, "uptime") X(PERM, "perm") X(OUTCOME, "outcome") X(CODE, "code")           \
	X(HTTP, "http") X(METHOD, "method") X(PATH, "path") X(SESSION, "session") X(PORT, "port") X(PID, "pid")       \
	X(VERSION, "version") X(WHY, "why") X(HOW, "how") X(N, "n") X(M, "m") X(URL, "url") X(LIMIT, "limit")         \
	X(NAME, "name") X(TASK, "task") X(REQUEST, "request") X(TEXT, "text") X(LEAF, "leaf") X(TYPE, "type")
enum field_id {
	FIELD_NONE,
#define X(id, name) FIELD_##id,
	FIELD_LIST(X)
#undef X
	FIELD_COUNT
};
const char *field_name(enum field_id f);
/* Value of a field of an event; p NULL when absent. Reads server, tool, id and err from their members too. */
str event_field(const struct event *e, enum field_id f);
/* Does this server event stand for one call that reached the server? */
bool event_is_arrival(const struct event *e);
#endif
