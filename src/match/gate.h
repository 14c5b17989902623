/* Which records can matter, by their first bytes: asked before anything of a line is copied, and by the matcher for its candidates. */
#ifndef MCPLOG_MATCH_GATE_H
#define MCPLOG_MATCH_GATE_H
#include "base/needles.h"
#include "match/index.h"
#include "model/record.h"

/* What is asked of a signature, side by side. */
struct beginning {
	uint64_t word; /* first eight bytes of the literal head, when it has as many */
	bool long_head, counted; /* it has; such records are only counted */
	bool searched; /* may match anywhere, and holds a text that is searched for in many lines at once */
	bool strict;   /* not known by its text alone */
};

/* What a tool answered is known by the client's own form of it: its words are those of a broken connection. */
static inline bool gate_is_strict(const struct signature *s) { return s->kind == KIND_CALL_APP_ERROR; }

struct gate {
	const struct rules *rules;
	struct match_index *classes;  /* [CLASS_COUNT], each built when its class first occurs */
	struct beginning *beginnings; /* by signature */
	struct needles *needles;      /* texts of those that are searched for; NULL: there are none */
};
void gate_init(struct gate *g, const struct rules *rules); /* the rules are only read, and live longer */
void gate_done(struct gate *g);
struct match_index *gate_index(const struct gate *g, enum body_class class);

/* Who is asked for: for excerpts also what is only counted; not those whose text does not stand here. */
enum asked { ASK_WANTED, ASK_KNOWN, ASK_REST };
/* What the first bytes of a text say. */
struct gate_answer gate_ask(const struct gate *g, enum body_class class, str head, enum asked asked);
/* The same of a record as it stands in the file: its blanks and escape sequences will be gone. */
struct gate_answer gate_ask_record(const struct gate *g, enum body_class class, str head, enum asked asked);
/* May a body that begins so be of this signature? *ret_seen: the bytes that say no. */
bool gate_may_begin(const struct gate *g, size_t signature, str head, size_t *ret_seen);
/* The same, of whole bodies, for most of those that do not: signatures that share a bucket of the index begin differently. */
static inline bool gate_begins_otherwise(const struct gate *g, size_t signature, str body)
{
	const struct beginning *b = &g->beginnings[signature];
	return b->long_head && (body.n < sizeof b->word || memcmp(&b->word, body.p, sizeof b->word) != 0);
}
#endif
