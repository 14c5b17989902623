/* PCRE2 in byte mode, compiled when first used, with limits. The only file that knows PCRE2. */
#ifndef MCPLOG_BASE_REGEX_H
#define MCPLOG_BASE_REGEX_H
#include "base/err.h"
#include "base/str.h"

enum { REGEX_GROUPS = 24 };
/* The same values as LIMIT_MATCH and LIMIT_REGEX_* of model/limits.h, which base/ may not include (a test compares them). */
enum { REGEX_SUBJECT_MAX = 64 * 1024, REGEX_LIMIT_MATCH = 100000, REGEX_LIMIT_DEPTH = 1000, REGEX_LIMIT_HEAP_KIB = 16 * 1024, REGEX_COUNT_MAX = 4000000 };
enum regex_flags { REGEX_ANCHORED = 1, REGEX_DOTALL = 2, REGEX_CASELESS = 4, REGEX_MULTILINE = 8, REGEX_ALWAYS_PCRE2 = 16 };

struct plain;
struct regex; /* compiled pattern */
struct regex_match {
	str group[REGEX_GROUPS]; /* group[0] is the whole match; p NULL when a group took no part */
	unsigned n;              /* groups set, at least 1 */
};

/* Compiles. *reterr column = byte offset in the pattern + 1. Refuses \C, callouts, (*UTF), more than 23 groups. */
int regex_new(str pattern, unsigned flags, struct regex **ret, struct err *reterr) MUST_USE;
/* The same for a pattern that is known to compile, and whose plain program (base/plain.h) is finished; NULL: it has none. Pattern
 * and program must live as long as the regex, and are only read: any number of regexes may share them. */
int regex_of(const struct plain *plain, str pattern, unsigned flags, struct regex **ret) MUST_USE;
void regex_free(struct regex *r);
/* 1 matched, 0 not, ERR_LIMIT when the step limit was reached. Subjects are cut at 64 KiB. Not thread-safe per regex. */
int regex_match(struct regex *r, str subject, struct regex_match *ret);
/* From byte `start` on, for repeated searches. */
int regex_search(struct regex *r, str subject, size_t start, struct regex_match *ret);
/* The same search without machine code, counted, for proofs: *ret_steps += the items of the pattern that were tried, and one for every
 * eight bytes that were passed by a run. ERR_LIMIT also beyond REGEX_COUNT_MAX steps. */
int regex_count(struct regex *r, str subject, size_t start, struct regex_match *ret, uint64_t *ret_steps);
bool regex_is_plain(const struct regex *r); /* matched without PCRE2? */
unsigned regex_group_count(const struct regex *r);
/* Name of group i (1-based), "" when it has none. Valid as long as r. */
str regex_group_name(const struct regex *r, unsigned i);
void regex_set_jit(bool on); /* for tests: before any compile */
const char *regex_version(void);
#endif
