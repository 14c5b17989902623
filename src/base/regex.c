/* PCRE2 in byte mode (base/regex.h). The only file that knows PCRE2.
 *
 * A pattern of the plain language (base/plain.h) is matched without PCRE2. The answers are the same; tests compare them.
 *
 * Patterns come from people, subjects from logs: both are hostile. A pattern cannot switch UTF mode on, read single code units,
 * or call out; a match cannot run longer than the limits allow, whatever the pattern. Subjects are cut at 64 KiB. PCRE2's limits
 * are those of one beginning of a match: what a search that is not anchored costs, proofs have to count.
 *
 * The just-in-time compiler is asked only after a regex was used a few times: most patterns of a run see few subjects, and
 * translating one costs as much as matching some hundred lines. Where it is not to be had (no support, memory that must not be
 * executable, H11), or its stack is too small for a subject, the interpreter gives the same answer. */
#include "base/regex.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/plain.h"
#include <stdlib.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { REGEX_JIT_AFTER = 24, REGEX_PATTERN_MAX = 64 * 1024 };

_Static_assert((int)PLAIN_GROUPS == (int)REGEX_GROUPS, "the same groups");

struct regex {
	const struct plain *plain; /* NULL: PCRE2 only */
	struct plain *own_plain; /* the same, when it is freed with it */
	char *pattern;           /* of PCRE2, to be compiled again for counting */
	size_t pattern_n;
	unsigned flags;
	pcre2_code *code;        /* NULL: a plain one */
	pcre2_match_data *data;
	pcre2_match_context *context;
	unsigned groups;
	uint32_t uses;
	bool jit;
	pcre2_code *counting;    /* the pattern again, with a callout before each item; NULL: never counted */
	str names[REGEX_GROUPS]; /* views into the code's name table */
};

static bool jit_off; /* for tests; set before any compile */

void regex_set_jit(bool on) { jit_off = !on; }

static uint32_t options_of(unsigned flags)
{
	uint32_t o = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
	o |= flags & REGEX_ANCHORED ? PCRE2_ANCHORED : 0;
	o |= flags & REGEX_DOTALL ? PCRE2_DOTALL : 0;
	o |= flags & REGEX_CASELESS ? PCRE2_CASELESS : 0;
	o |= flags & REGEX_MULTILINE ? PCRE2_MULTILINE : 0;
	return o;
}

static int refuse_callout(pcre2_callout_enumerate_block *block, void *ret_at)
{
	*(size_t *)ret_at = block->pattern_position;
	return 1;
}

/* PCRE2 before 10.43 takes the byte that a lookahead asks for at the beginning for one of the match's own, looks for the last byte that
 * every match has behind it, and so misses `b` of `(?=b)a*b`. Only when these two are the same byte can that be. */
static bool concludes_wrongly(const pcre2_code *code, str pattern)
{
	uint32_t first_kind = 0, last_kind = 0, first = 0, last = 0;
	pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &first_kind);
	pcre2_pattern_info(code, PCRE2_INFO_LASTCODETYPE, &last_kind);
	pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &first);
	pcre2_pattern_info(code, PCRE2_INFO_LASTCODEUNIT, &last);
	return first_kind == 1 && last_kind == 1 && (first | 0x20) == (last | 0x20) && str_find(pattern, S("(?=")) >= 0;
}

/* *ret_code NULL when it fails. */
static int compile(str pattern, uint32_t options, pcre2_code **ret_code, struct err *reterr)
{
	int code;
	size_t at = 0;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	const PCRE2_SPTR text = (PCRE2_SPTR)(pattern.n > 0 ? pattern.p : "");
	if (context == NULL)
		diag_out_of_memory();
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_max_pattern_length(context, REGEX_PATTERN_MAX);
	*ret_code = pcre2_compile(text, pattern.n, options, &code, &at, context);
	if (*ret_code != NULL && concludes_wrongly(*ret_code, pattern)) {
		pcre2_code_free(*ret_code);
		*ret_code = pcre2_compile(text, pattern.n, options | PCRE2_NO_START_OPTIMIZE, &code, &at, context);
	}
	pcre2_compile_context_free(context);
	if (*ret_code != NULL)
		return 0;
	PCRE2_UCHAR message[200];
	if (pcre2_get_error_message(code, message, sizeof message) < 0)
		message[0] = '\0';
	return err_at(reterr, ERR_SYNTAX, NULL, 0, (unsigned)at + 1, "the regular expression does not compile: %s", (const char *)message);
}

static int check(struct regex *r, struct err *reterr)
{
	size_t at = 0;
	uint32_t count = 0;
	pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &count);
	if (count >= REGEX_GROUPS) {
		int rc = err_at(reterr, ERR_LIMIT, NULL, 0, 1, "the regular expression has %u groups, at most %d are possible", count, REGEX_GROUPS - 1);
		err_hint(reterr, "write (?:…) for groups whose text is not needed");
		return rc;
	}
	if (pcre2_callout_enumerate(r->code, refuse_callout, &at) != 0)
		return err_at(reterr, ERR_SYNTAX, NULL, 0, (unsigned)at + 1, "callouts, as in (?C1), are not allowed in a pattern");
	r->groups = count;
	return 0;
}

static void load_names(struct regex *r)
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR table = NULL;
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &table);
	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *entry = table + (size_t)i * size;
		unsigned group = (unsigned)entry[0] << 8 | entry[1];
		if (group < REGEX_GROUPS)
			r->names[group] = str_z((const char *)entry + 2);
	}
}

static int compile_all(struct regex *r, str pattern, struct err *reterr)
{
	int rc = compile(pattern, options_of(r->flags), &r->code, reterr);
	if (rc == 0)
		rc = check(r, reterr);
	if (rc != 0)
		return rc;
	r->data = pcre2_match_data_create(REGEX_GROUPS, NULL);
	r->context = pcre2_match_context_create(NULL);
	if (r->data == NULL || r->context == NULL)
		diag_out_of_memory();
	pcre2_set_match_limit(r->context, REGEX_LIMIT_MATCH);
	pcre2_set_depth_limit(r->context, REGEX_LIMIT_DEPTH);
	pcre2_set_heap_limit(r->context, REGEX_LIMIT_HEAP_KIB);
	return 0;
}

static void take_plain(struct regex *r, const struct plain *plain)
{
	r->plain = plain;
	r->groups = plain_groups(plain);
	for (unsigned i = 1; i <= r->groups; i++)
		r->names[i] = plain_name(plain, i);
}

static bool make_plain(struct regex *r, str pattern)
{
	struct plain_options o = {.anchored = r->flags & REGEX_ANCHORED, .dotall = r->flags & REGEX_DOTALL};
	if (r->flags & (REGEX_CASELESS | REGEX_MULTILINE | REGEX_ALWAYS_PCRE2) || pattern.n > REGEX_PATTERN_MAX)
		return false;
	r->own_plain = plain_new(pattern, &o);
	if (r->own_plain == NULL)
		return false;
	take_plain(r, r->own_plain);
	return true;
}

int regex_new(str pattern, unsigned flags, struct regex **ret, struct err *reterr)
{
	struct regex *r = mem_new(sizeof *r);
	r->flags = flags;
	if (!make_plain(r, pattern)) {
		int rc = compile_all(r, pattern, reterr);
		if (rc != 0) {
			regex_free(r);
			return rc;
		}
		load_names(r);
		r->pattern = str_dupz(pattern);
		r->pattern_n = pattern.n;
	}
	*ret = r;
	return 0;
}

int regex_of(const struct plain *plain, str pattern, unsigned flags, struct regex **ret)
{
	if (plain == NULL || flags & REGEX_ALWAYS_PCRE2)
		return regex_new(pattern, flags, ret, NULL);
	*ret = mem_new(sizeof **ret);
	(*ret)->flags = flags;
	take_plain(*ret, plain);
	return 0;
}

void regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	pcre2_match_context_free(r->context);
	pcre2_match_data_free(r->data);
	pcre2_code_free(r->code);
	pcre2_code_free(r->counting);
	plain_free(r->own_plain);
	free(r->pattern);
	free(r);
}

static int run(struct regex *r, str s, size_t start)
{
	if (++r->uses == REGEX_JIT_AFTER && !jit_off)
		r->jit = pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE) == 0;
	PCRE2_SPTR subject = (PCRE2_SPTR)(s.n > 0 ? s.p : "");
	int rc = pcre2_match(r->code, subject, s.n, start, r->jit ? 0 : PCRE2_NO_JIT, r->data, r->context);
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(r->code, subject, s.n, start, PCRE2_NO_JIT, r->data, r->context);
	return rc;
}

static void fill(const struct regex *r, str s, const size_t *v, unsigned set_n, struct regex_match *ret)
{
	ret->n = r->groups + 1;
	for (unsigned i = 0; i < ret->n; i++) {
		bool set = i < set_n && v[2 * i] != PCRE2_UNSET && v[2 * i] <= v[2 * i + 1];
		ret->group[i] = set ? str_head(str_from(s, v[2 * i]), v[2 * i + 1] - v[2 * i]) : STR_NONE;
		if (set && ret->group[i].p == NULL)
			ret->group[i].p = "";
	}
}

static int search_pcre2(struct regex *r, str s, size_t start, struct regex_match *ret)
{
	int rc = run(r, s, start);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc == PCRE2_ERROR_NOMEMORY)
		diag_out_of_memory();
	if (rc <= 0)
		return ERR_LIMIT;
	fill(r, s, pcre2_get_ovector_pointer(r->data), (unsigned)rc, ret);
	return 1;
}

int regex_search(struct regex *r, str subject, size_t start, struct regex_match *ret)
{
	str s = str_head(subject, REGEX_SUBJECT_MAX);
	if (start > s.n)
		return 0;
	if (r->plain == NULL)
		return search_pcre2(r, s, start, ret);
	ret->n = r->groups + 1;
	int rc = plain_match(r->plain, s, start, ret->group, NULL);
	return rc < 0 ? ERR_LIMIT : rc;
}

/* How far the search has come. */
struct counter {
	uint64_t steps;
	size_t at;
};

static int count_item(pcre2_callout_block *block, void *counter)
{
	struct counter *c = counter;
	c->steps += 1 + (block->current_position > c->at ? (block->current_position - c->at) / PLAIN_RUN_PER_STEP : 0);
	c->at = block->current_position;
	return c->steps > REGEX_COUNT_MAX ? PCRE2_ERROR_CALLOUT : 0;
}

static int count_pcre2(struct regex *r, str s, size_t start, struct regex_match *ret, uint64_t *ret_steps)
{
	struct counter c = {.at = start};
	if (r->counting == NULL && compile((str){r->pattern, r->pattern_n}, options_of(r->flags) | PCRE2_AUTO_CALLOUT, &r->counting, NULL) < 0)
		return ERR_LIMIT;
	pcre2_set_callout(r->context, count_item, &c);
	int rc = pcre2_match(r->counting, (PCRE2_SPTR)(s.n > 0 ? s.p : ""), s.n, start, PCRE2_NO_JIT, r->data, r->context);
	pcre2_set_callout(r->context, NULL, NULL);
	*ret_steps += c.steps;
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc <= 0)
		return ERR_LIMIT;
	fill(r, s, pcre2_get_ovector_pointer(r->data), (unsigned)rc, ret);
	return 1;
}

int regex_count(struct regex *r, str subject, size_t start, struct regex_match *ret, uint64_t *ret_steps)
{
	str s = str_head(subject, REGEX_SUBJECT_MAX);
	if (start > s.n)
		return 0;
	if (r->plain == NULL)
		return count_pcre2(r, s, start, ret, ret_steps);
	ret->n = r->groups + 1;
	int rc = plain_match(r->plain, s, start, ret->group, ret_steps);
	return rc < 0 ? ERR_LIMIT : rc;
}

int regex_match(struct regex *r, str subject, struct regex_match *ret) { return regex_search(r, subject, 0, ret); }

bool regex_is_plain(const struct regex *r) { return r->plain != NULL; }

unsigned regex_group_count(const struct regex *r) { return r->groups; }

str regex_group_name(const struct regex *r, unsigned i) { return i < REGEX_GROUPS && r->names[i].p != NULL ? r->names[i] : S(""); }

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
const char *regex_version(void) { return "PCRE2 " TEXT(PCRE2_MAJOR) "." TEXT(PCRE2_MINOR); }
