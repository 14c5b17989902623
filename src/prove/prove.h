/* Proofs of the knowledge: every sample of every pattern through the real matcher, and what a pattern costs. For
 * `mcplog patterns test|lint|list` and the tests. */
#ifndef MCPLOG_PROVE_PROVE_H
#define MCPLOG_PROVE_PROVE_H
#include "model/rules.h"

enum prove_level { PROVE_ERROR, PROVE_WARNING };
struct prove_finding {
	enum prove_level level;
	str id;         /* of the signature, format, redaction or cause; empty for a problem of a file */
	struct err err; /* file:line:column, snippet with the caret's column, hint: ready for diag_err */
};
struct prove_options {
	bool lint;      /* also what a pattern costs (warnings); test alone gives errors only */
	bool only_user; /* only patterns that do not come from the program itself */
	str only_id;    /* only this one; empty = all */
};
/* What a signature costs in the records of its classes. */
struct prove_price {
	const struct signature *signature;
	bool plain;            /* matched without PCRE2 */
	size_t records, tried; /* samples of all signatures of its classes; those on which its regex is run */
	uint64_t steps;        /* of these tries together */
};
struct prove_report {
	VEC(struct prove_finding) findings; /* errors and warnings in rules order */
	size_t signatures, formats, redactions, samples; /* proven */
	size_t causes;                                   /* causes and notes, checked */
	size_t errors, warnings;
	VEC(struct prove_price) prices;                  /* of signatures, in rules order; lint only */
};

/* rules as loaded by knowledge_load; regexes are compiled as a side effect. Zero-initialise the report. */
void prove_run(struct rules *rules, const struct prove_options *options, struct prove_report *ret);
void prove_report_done(struct prove_report *r);

/* One line of `patterns list`. */
struct prove_row {
	const char *type; /* signature, format, redaction, query, cause, note */
	str id, kind;     /* kind: event kind, kind of log, kind of secret; may be empty */
	str meaning;      /* one line; may be empty */
	struct where where;
	bool builtin;     /* false: from a directory of the user (where.file says which) */
};
typedef void prove_row_fn(void *context, const struct prove_row *row);
void prove_list(const struct rules *rules, prove_row_fn *row, void *context);
#endif
