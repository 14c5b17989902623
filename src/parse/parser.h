/* Lines to records: peel (wrappers, prefixes, ANSI, box drawing) → detect (per record, sticky) → fold (continuations, wrapped
 * lines, tracebacks, JSON over lines) → parse (line-shaped formats from patterns/formats, JSON dialects, transcripts).
 * Text that is no log but carries log lines is read in excerpt mode. One parser per source. */
#ifndef MCPLOG_PARSE_PARSER_H
#define MCPLOG_PARSE_PARSER_H
#include "base/instant.h"
#include "base/needles.h"
#include "base/wire.h"
#include "model/line.h"
#include "model/record.h"
#include "model/rules.h"

struct parser;
/* What a parser prepares of its rules and learns of its gate, for those that come after it: one at a time, each with the same rules
 * and the same gate. Answers only, so results do not depend on it. */
struct parse_memory;
struct parse_memory *parse_memory_new(const struct rules *rules);
void parse_memory_free(struct parse_memory *m);
/* Cheap test before anything is copied: may a record of this class whose body begins like `head` (first bytes, up to 64)
 * matter to any signature? Given by match/ (matcher_gate); the parser drops records in which none does, and counts them as
 * recognised. */
typedef struct gate_answer gate_fn(const void *context, enum body_class class, str head);
struct parser_options {
	const struct zone *zone;   /* for times without zone; NULL = UTC */
	instant base;              /* for years and dates that a line does not give (file's mtime); INSTANT_NONE */
	str path;                  /* only for names that carry facts: <sessionId>.txt, mcp-logs-<server>/, mcp-server-NAME.log */
	str probe;                 /* first bytes of the file (reader_peek) */
	struct parse_memory *memory; /* outlives the parser; NULL: the parser makes one for itself */
	bool force_text;
	/* Signatures that may match anywhere are searched for by their texts, none of which holds a line end: rest_gate is the gate without
	 * them. NULL: there are none. */
	const struct needles *needles;
	gate_fn *rest_gate;
	gate_fn *excerpt_gate;     /* in place of the gate when the source is read as an excerpt; NULL = the gate */
};
typedef void record_fn(void *context, const struct record *r);

struct parser *parser_new(const struct rules *rules, const struct parser_options *options, gate_fn *gate, const void *gate_context,
	record_fn *sink, void *sink_context);
void parser_push(struct parser *p, const struct line *l);
/* Takes whole lines off the front of `text`, the bytes behind the last line pushed, as parser_push would; `line` and `offset` are
 * those of its first. Returns the bytes taken, 0 when the next line must be pushed. *ret_lines: how many lines that were. */
size_t parser_block(struct parser *p, str text, uint64_t line, uint64_t offset, uint64_t *ret_lines);
void parser_finish(struct parser *p);  /* end of input: hands out what is open */
/* Is the source read as text that quotes a log? */
bool parser_excerpt(const struct parser *p);
/* Fills kind, excerpt, filtered, records, unrecognized, client_version, session_id, cwd, server, first, last, has_times,
 * and adds problems (times going back, unrecognised share, cut records). Views live as long as the parser. */
void parser_facts(const struct parser *p, struct source *s);
/* --- between two runs (checkpoints); parser_state.c --- */
/* May the state be saved behind the line pushed last? False for excerpts and while a traceback or a value over lines is open. */
bool parser_can_rest(const struct parser *p);
/* Appends the state, without any text of the log. */
void parser_save(struct parser *p, struct buf *b);
/* Into a new parser of the same rules and the same beginning of the file. When a record was open then, *line and *offset (those
 * behind the last line, as given) become those of its head: its lines are to be pushed again, and parser_recount, with the same
 * state, puts the counters back afterwards. w->bad: the state is damaged, use a new parser. */
void parser_restore(struct parser *p, struct wire *w, uint64_t *line, uint64_t *offset);
void parser_recount(struct parser *p, struct wire *w);
void parser_free(struct parser *p);
#endif
