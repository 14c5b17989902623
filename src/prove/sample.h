/* Samples of a pattern, and findings about them. Shared by the files of prove/. */
#ifndef MCPLOG_PROVE_SAMPLE_H
#define MCPLOG_PROVE_SAMPLE_H
#include "prove/prove.h"

struct sample {
	uint32_t line, is; /* nodes */
	str text;          /* of `line` */
	bool no;           /* `is: no`: a near miss */
};
struct proof { /* the run so far */
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
