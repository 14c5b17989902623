/* The plain part of the pattern language, matched without PCRE2: what nearly all patterns of patterns/ are made of.
 *
 * Plain are bytes, sets, groups, alternatives, greedy and lazy quantifiers, ^ $ \b and lookahead. The meaning is that of PCRE2 in
 * byte mode with LF as newline; a pattern with anything else is not plain, and PCRE2 takes it (base/regex.h, which runs the programs; the
 * build writes those of built-in patterns). */
#ifndef MCPLOG_BASE_PLAIN_H
#define MCPLOG_BASE_PLAIN_H
#include "base/str.h"

struct plain;
enum { PLAIN_GROUPS = 24, PLAIN_RUN_PER_STEP = 8, PLAIN_TEXTS = 24 };
struct plain_options {
	bool anchored, dotall;
};
/* NULL: not plain, or not a valid pattern. Freed by plain_free. */
struct plain *plain_new(str pattern, const struct plain_options *options);
void plain_free(struct plain *p);
/* The memory of a program: first what `p` points to, which alone has pointers, all into the others. For images of it. */
enum { PLAIN_PIECES = 7 };
struct plain_piece {
	const void *p;
	size_t n;
};
void plain_pieces(const struct plain *p, struct plain_piece ret[PLAIN_PIECES]);
bool plain_same(const struct plain *a, const struct plain *b); /* for tests: the same program? */
unsigned plain_groups(const struct plain *p);           /* capturing groups */
str plain_name(const struct plain *p, unsigned group);  /* p NULL: it has none */
/* Texts of which each match holds one at least, behind its beginning when that is known; how many, 0: nothing is known. */
size_t plain_texts(const struct plain *p, str ret_texts[PLAIN_TEXTS]);
/* First match at or behind byte `start`: 1, and the text of each group, whole match first; p NULL when it took no part. 0: there
 * is none. -1: gave up after a number of steps in proportion to the subject.
 * *ret_steps (NULL: not wanted) += the steps: an operation is one, a run one more for every PLAIN_RUN_PER_STEP of its bytes. */
int plain_match(const struct plain *p, str subject, size_t start, str ret_groups[PLAIN_GROUPS], uint64_t *ret_steps);
/* What the first *ret_bytes of a text tell of an anchored pattern: it does not match, it may, or it does. Its cost is bounded. */
enum plain_answer { PLAIN_NO, PLAIN_MAY, PLAIN_SURE };
enum plain_answer plain_begins(const struct plain *p, str head, size_t *ret_bytes);
/* Does it say the same of two texts that differ only in which digits they have? */
bool plain_digits_alike(const struct plain *p);
#endif
