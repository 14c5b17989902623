/* Interned names and event forms of the database: text to id when writing, id to text when reading. */
#ifndef MCPLOG_STORE_NAMES_H
#define MCPLOG_STORE_NAMES_H
#include "base/intern.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/rules.h"
#include "store/sql.h"

/* Writing: what was put already is known without asking the database. */
struct names {
	struct intern texts;
	VEC(int64_t) ids;        /* by intern id; 0 not looked up yet */
	struct map forms;        /* form id → 1: written in this transaction or found */
	const struct rules *rules;
};
void names_done(struct names *n);
void names_forget(struct names *n); /* after a rollback */
/* Id of a name, which is added when it is new; *ret_id 0 for an empty one. */
int names_put(struct names *n, struct sql *q, str text, int64_t *ret_id, struct err *reterr) MUST_USE;
/* Reading: each text once in `arena`. */
struct form {
	int64_t id;
	uint16_t kind, signature, class;
	enum level level;
	unsigned flags;
};
enum form_flags { FORM_LOCAL = 1, FORM_EXCERPT = 2, FORM_MS = 4, FORM_DUR = 8 }; /* the last two: field ms or dur says the duration */
struct known {
	struct arena *arena;
	struct map index; /* low and high half of the id mixed → index in `texts` */
	VEC(struct known_name { int64_t id; str text; }) texts;
};
void known_done(struct known *k);
str known_name(struct known *k, struct sql *q, int64_t id); /* p NULL for 0 and for ids that are not there */
str known_text(struct known *k, str text); /* the same text, in the arena */
/* What events are, as numbers of the rules: signatures by the hash of their id, made once for the rules of a timeline, and the forms. */
struct known_forms {
	const struct rules *rules;
	struct map signatures;  /* empty until forms are read */
	bool current;           /* are these all forms of the database? */
	VEC(struct form) forms;
	struct map index;       /* id → index in `forms` */
};
void known_forms_done(struct known_forms *k);
/* Id of what an event says by its kind, signature, class, level and flags (FORM_LOCAL and FORM_EXCERPT are taken from it). What is new
 * becomes known too. `none`: the database had no forms before. */
int names_put_form(struct names *n, struct known_forms *known, bool none, struct sql *q, const struct rules *rules, const struct event *e, unsigned flags,
	int64_t *ret_id, struct err *reterr) MUST_USE;
/* Reads all forms unless they are current; kinds, signatures and classes that the rules do not have become 0. */
int known_forms_load(struct known_forms *k, struct sql *q, const struct rules *rules, struct err *reterr) MUST_USE;
const struct form *known_form(const struct known_forms *k, int64_t id); /* NULL when there is none */
#endif
