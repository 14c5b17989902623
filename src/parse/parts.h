/* What the files of parse/ share: the parser's state and the steps a line takes. Not for other stages. */
#ifndef MCPLOG_PARSE_PARTS_H
#define MCPLOG_PARSE_PARTS_H
#include "base/arena.h"
#include "base/buf.h"
#include "model/limits.h"
#include "parse/parser.h"
#include "parse/shape.h"
#include "parse/tally.h"
#include "parse/traceback.h"

enum { FLOWS = 8, PARSE_PROBLEMS = 8, WRAP_MAX = 160, HEAD_GATE = 64 };

/* A line on its way: wrappers peeled, their time and origin remembered. */
struct text_line {
	str text, raw;         /* raw: as it stands in the file */
	uint64_t line, offset;
	uint32_t lines;        /* physical lines, when parts were joined */
	instant at;            /* of the wrapper; INSTANT_NONE */
	bool zoned, cut;
	str server;            /* p NULL unless the wrapper or the record around names it */
};

/* A JSON value over several lines, collected by depth. */
struct collect {
	bool active, in_string, escaped, overflow;
	int depth;
	uint32_t lines;
	uint64_t line, offset;
	struct buf text;
};

/* What the split of a hot record gave: places in its body, so that nobody asks again. */
struct known_split {
	bool known, named;         /* the rest is set; the server is */
	const struct shape *shape; /* NULL: no split fits */
	uint32_t body, server, server_n;
	uint16_t from;             /* the record's, and so is sure */
	bool sure;
};

/* One stream of lines: the file, or one container and pipe of it. */
struct flow {
	struct parser *p;
	uint64_t key;
	bool open, dropped;        /* dropped: recognised, but the gate wants none of it */
	bool embedded;             /* lines inside another record: not counted */
	struct shape *shape;       /* of the open record; NULL: a bare line */
	struct record r;
	struct buf raw, body, decoded;
	size_t columns;            /* length of the last physical line */
	unsigned blanks;           /* empty lines not yet written */
	struct trace trace;
	str trace_server;
	instant trace_at;          /* of the line that announced the traceback */
	struct buf partial;        /* pieces of a line that the wrapper split */
	struct text_line partial_head;
	struct collect json;
	enum source_kind last_kind;/* of a server's, proxy's or bridge's record */
	bool fold_any, trace_told; /* the log's records run until the next head; the line before the traceback tells of an error: it was caught */
	struct buf fragment;       /* a `"debug": "…"` line waits for its time */
	struct known_split split;  /* of the open record, while it is one line */
};

/* What one parser after another goes by. */
struct parse_memory {
	struct shapes shapes;
	struct asked_head asked[ASKED_HEADS]; /* detect.c */
	struct answers *answers;   /* block.c; NULL: none yet */
	struct gate_memory *cache; /* of texts of the cache log; NULL: none yet */
};

struct parser {
	struct parser_options o;
	const struct rules *rules;
	gate_fn *gate;
	const void *gate_context;
	record_fn *sink;
	void *sink_context;
	struct arena arena;        /* strings of the facts */
	uint64_t clear_from, clear_to; /* searched.c: no needle stands between these offsets of the source */
	struct shapes *shapes;     /* of the memory */
	struct parse_memory *memory;
	bool own_memory;
	struct clock clock;
	struct flow flows[FLOWS], inner;
	unsigned flow_count;
	struct shape *hot;         /* the masked format that most lines of the file have; NULL: none */
	enum source_kind wrapper_kind;
	char hot_last[MASK_BYTES]; /* time text of the last hot record; nothing else has told a time since */
	bool hot_timed, hot_settled; /* hot_last is set; and the tally has it already */
	char hot_minute[16];       /* "YYYY-MM-DDTHH:MM" and its first instant, when known: a memory too */
	bool hot_minute_known;
	instant hot_minute_start;
	struct hot_ending {
		uint64_t word;         /* end of a head that ends with its level's bracket; 0: none */
		enum level level;
	} hot_endings[2];          /* most heads have one of two levels */
	struct hot_level {
		char word[8];
		uint8_t n;
		enum level level;
	} hot_levels[8];           /* and another */
	struct answers *answers;   /* of the memory, for this parser's `hot`; NULL: none yet */
	bool excerpt, loglike, json;
	bool hearsay_table;        /* the lines of the table are hearsay, as its head said */
	bool document;             /* an excerpt that is no log quoted by anybody: counted, never handed out */
	unsigned paste;            /* bits of enum paste that all lines carry */
	size_t paste_gap;          /* blanks behind a line number */
	bool normalise;            /* typographic quotes and blanks stand in the heads */
	size_t wrap;               /* width at which somebody wrapped the lines by hand; 0 = not */
	struct tally tally;
	struct buf clean, clean2, clean3;
	str version, session, cwd, server, file_session;
	struct problem problem[PARSE_PROBLEMS];
	unsigned problem_count;
	struct problem *merged;    /* handed out by parser_facts */
};

/* parser.c */
void parser_emit(struct parser *p, struct record *r, bool asked); /* asked: the gate wants it, or must not be asked */
void parser_count(struct parser *p, enum source_kind kind);
void parser_time(struct parser *p, instant at, uint64_t line, uint64_t offset);
void parser_unknown(struct parser *p, uint64_t line, uint64_t offset);
void parser_problem(struct parser *p, const char *code, enum severity_class class, uint64_t line, uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
void parser_version(struct parser *p, str body); /* looks for the client's version in a body, until it is known */
void parser_keep(struct parser *p, str *fact, str value); /* first one wins */

/* hot.c */
bool hot_line(struct parser *p, const struct line *l); /* true when the line is done with */
void hot_settle(struct parser *p);                     /* the last hot record's time becomes the tally's */


/* json_block.c: parser_block for a file of JSON. */
size_t json_block(struct parser *p, str text, uint64_t line, uint64_t offset, uint64_t *ret_lines);

/* peel.c */
enum paste { PASTE_QUOTE = 1, PASTE_BULLET = 2, PASTE_LINE = 4, PASTE_NUMBER = 8, PASTE_FILE = 16, PASTE_INDENT = 32, PASTE_KINDS = 6,
	PASTE_NUMBERED = PASTE_LINE | PASTE_NUMBER | PASTE_FILE };
str peel_ansi(str text, struct buf *room);
str peel_typography(str text, struct buf *room); /* NBSP, smart quotes, zero-width characters */
str peel_prefix(str text, unsigned kinds);       /* one prefix of one of these kinds, or the same text */
size_t peel_gap(str text, unsigned kind);        /* blanks behind a prefix of this kind */
/* Each kind at most once, in any order; behind numbers at most `gap` blanks, the rest is the line's own indentation. */
str peel_pasted(str text, unsigned kinds, size_t gap);
/* Peels one wrapper; *key tells containers and pipes apart, *ret_partial: the line goes on in the next one. */
struct shape *peel_wrapper(struct parser *p, struct text_line *t, bool confirmed_only, uint64_t *key, bool *ret_partial);

/* detect.c */
void detect(struct parser *p, str probe);
bool detect_is_boxed(str text); /* a box drawn with lines (U+2500 to U+257F), as of a banner: it tells nothing of the log's form */
struct shape *find_head(struct flow *f, str text, struct head *ret_head);
/* A masked head anywhere in the text, at a word's beginning. */
struct shape *find_inside(struct parser *p, str text, size_t *ret_at, struct head *ret_head);

/* fold.c */
void flow_init(struct flow *f, struct parser *p, uint64_t key);
void flow_done(struct flow *f);
void flow_line(struct flow *f, const struct text_line *t);
/* wanted: the gate was asked already. */
void flow_open(struct flow *f, const struct text_line *t, struct shape *s, const struct head *h, bool wanted);
/* flow_open and flow_close in one, without a copy, of a record that is this one line for certain: nothing of it was peeled, flow_finish
 * was called, somebody wants it. */
void flow_single(struct flow *f, const struct line *l, struct shape *s, instant at, enum level level, str body, const struct known_split *split);
void flow_close(struct flow *f);
void flow_finish(struct flow *f); /* end of input: closes everything */
void emit_embedded(struct parser *p, const struct record *r);
/* A server's lines inside the record r, one record per leaf of their tracebacks. */
void emit_lines(struct parser *p, const struct record *r, str rest);

void flow_continue(struct flow *f, const struct text_line *t);
/* Was this line cut off the one before by a person or a window, and not by the program? */
bool flow_wrapped(const struct flow *f, str text);

/* excerpt.c */
void excerpt_line(struct flow *f, const struct text_line *t);
void excerpt_text(struct flow *f, const struct text_line *t); /* the line is text, whatever it looks like */
void excerpt_pieces(struct parser *p, const struct record *base); /* hands out a text's pieces, each a record */

/* format_json.c */
bool json_starts(str text);
bool json_is_bracketed(str text); /* `[12:00:00] INFO`, `[` alone: an array has an object or a blank behind it */
/* A record of the cache log, of which time, level, body, session, cwd and `from` are set. plain: its body is no fact, and embeds no line. */
void json_cache_record(struct flow *f, const struct text_line *t, struct record *r, bool plain);
bool json_line(struct flow *f, const struct text_line *t); /* false: no JSON that this program knows */
bool json_more(struct flow *f, const struct text_line *t); /* the open collection takes it */
void json_end(struct flow *f);                             /* hands out what was collected */
bool json_wrapper(struct parser *p, struct text_line *t, uint64_t *key, bool *ret_partial);
struct json;
instant json_instant(const struct json *v);
bool json_find(str text, const char *key, struct buf *out);    /* lenient: the first string value of a key */

/* format_transcript.c */
bool transcript_object(struct flow *f, const struct text_line *t, const struct json *doc);
bool transcript_plain(struct flow *f, const struct text_line *t, str s); /* without the JSON parser; false: it must be asked */
bool transcript_cut(struct flow *f, const struct text_line *t);
#endif
