/* Samples of a pattern, and findings about them. Shared by the files of prove/. */
#ifndef MCPLOG_PROVE_SAMPLE_H
#define MCPLOG_PROVE_SAMPLE_H
#include "match/matcher.h"
#include "prove/prove.h"

struct sample {
	uint32_t line, is; /* nodes */
	str text;          /* of `line` */
	bool no;           /* `is: no`: a near miss */
};
struct prove_pool { /* sample bodies of each class */
	VEC(str) bodies[CLASS_COUNT];
};
struct proof { /* the run so far */
	const struct prove_pool *pool; /* lint of signatures only */
	struct rules *rules;
	const struct prove_options *options;
	struct prove_report *report;
	const struct tree_doc *doc; /* of the pattern being proven */
	uint32_t node;
	str id;
};

/* Fills *ret from one entry of `samples`; false after a finding. */
bool sample_read(struct proof *p, uint32_t entry, struct sample *ret);
/* Finding at a node. hint may be NULL. */
void prove_note(struct proof *p, enum prove_level level, uint32_t node, const char *hint, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Finding with a caret at byte `offset` of the text of a node. */
void prove_note_in(struct proof *p, uint32_t node, size_t offset, const char *hint, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* How far a pattern gets in a text that it does not match: the end of the longest match of any of its beginnings.
 * *ret_rest is the part of the pattern that could not go on. */
size_t prove_furthest(str pattern, unsigned flags, str text, str *ret_rest);
/* Runs a regex on texts made of the samples and of repetitions. False when it gives up at the step limit: *ret_bytes says at how
 * many bytes. */
bool prove_speed(struct regex *r, str sample, size_t limit, size_t *ret_bytes);
/* Steps of one search in a text, `all`: of repeated ones to its end. False when a limit was reached. */
bool prove_steps(struct regex *r, bool all, str text, uint64_t *ret_steps);
enum { PROVE_STEPS_PER_BYTE = 11 }; /* and growth of 2.3: what a search may take at worst */
#define PROVE_GROWTH 2.3
/* At worst, over lines of REGEX_SUBJECT_MAX bytes that are made of samples to hurt. */
struct prove_cost {
	uint64_t steps;
	double growth; /* against lines half as long; 0 when there are few steps anyway */
	size_t limit;  /* bytes of the shortest line on which a limit was reached; 0: none */
};
/* Adds what a sample shows to *ret. */
void prove_cost(struct regex *r, bool all, str sample, struct prove_cost *ret);
/* A warning when a limit is reached on some line made of a sample, or steps grow faster than the line. Built-in patterns are looked at
 * when they are named: tests hold all of them to more than that. */
void prove_hostile(struct proof *p, struct regex *r, bool all, str sample);
/* What the signature `index`, whose regex is r, costs: added to the report. */
void prove_price(struct proof *p, const struct matcher *m, size_t index, struct regex *r);
void prove_price_start(struct prove_pool *pool, const struct rules *rules);
void prove_price_done(struct prove_pool *pool);
/* prove/ of each kind of pattern. */
void prove_signatures(struct proof *p);
void prove_formats(struct proof *p);
void prove_redactions(struct proof *p);
void prove_causes(struct proof *p); /* and the advice about them */
void prove_queries(struct proof *p);
/* Is it a file of the tree that is built in? Causes and advice keep their place only. */
bool prove_builtin_file(const struct rules *rules, const char *file);
bool prove_wanted(const struct proof *p, str id, const struct tree_doc *d);
#endif
