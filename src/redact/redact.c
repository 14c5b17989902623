/*
 * Hides secrets in text that is stored or shown. Two steps: one pass over the bytes finds the literals of all rules, then the
 * regexes of the rules whose literals stand there are tried, each compiled when first needed. What they find is merged, so
 * that overlapping secrets leave no rest between them.
 *
 * The pass rolls the low five bits of three bytes (upper and lower case share them) through a table of bits: "does any
 * literal begin so?" A line without a literal costs this pass only.
 *
 * Long texts are looked at in windows that overlap; a secret that reaches the end of a window is hidden on to its end. When a
 * regex gives up, everything from its literal on is hidden: too much is better than a secret.
 *
 * What a secret looks like is data (patterns/redactions). Here are only the two tests that a regex cannot make: placeholders,
 * and whether a value is random enough.
 */
#include "redact/redact.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"

enum {
	RULES_MAX = 256,
	CHAINS = 256,           /* of literals, by their first two bytes */
	NO_LITERAL = UINT16_MAX, /* the end of a chain */
	BITS = 5, LOW = (1 << BITS) - 1, STARTS = 1 << 3 * BITS, /* what is looked at of a byte; beginnings of three bytes that can be told apart */
	WINDOW = 60 * 1024, OVERLAP = 8 * 1024, /* bytes that a regex gets to see at once, and that it sees again */
	NAMES_MAX = 65536,      /* names that are remembered */
	MIXED_LENGTH = 20, MIXED_SHORT = 12, /* bytes of a value that is random with few changes of kind, or only with many */
};

struct literal {
	str text;
	uint16_t rule, next; /* next literal of the same chain */
};
struct span {
	size_t start, end;
	const struct redaction *rule;
};
struct redactor {
	struct rules *rules;
	bool off, numbered;
	uint64_t count;
	struct arena arena; /* secrets seen, when they are numbered */
	VEC(str) seen;      /* by number - 1 */
	struct map numbers; /* hash to number */
	struct map names;   /* hash to: must it be redacted? */
	uint64_t always[RULES_MAX / 64]; /* rules without a literal */
	VEC(struct literal) literals;
	VEC(struct span) spans;
	uint16_t chain[CHAINS];
	uint64_t starts[STARTS / 64]; /* by start_of */
};

static unsigned char lower(char c)
{
	const unsigned char u = (unsigned char)c;
	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

/* The low bits of three bytes, the last byte lowest. */
static unsigned roll(unsigned start, char c)
{
	return (start << BITS | ((unsigned char)c & LOW)) & (STARTS - 1);
}

static unsigned chain_of(unsigned start)
{
	return (start >> BITS ^ start >> 2 * BITS) & (CHAINS - 1); /* of two bytes only: a literal of two has one chain */
}

static void add_literal(struct redactor *r, str text, size_t rule)
{
	if (text.n < 2)
		return;
	const unsigned two = roll(roll(0, text.p[0]), text.p[1]);
	const unsigned from = text.n > 2 ? (unsigned char)text.p[2] & LOW : 0, to = text.n > 2 ? from : LOW;
	for (unsigned third = from; third <= to; third++) {
		const unsigned start = two << BITS | third;
		r->starts[start / 64] |= UINT64_C(1) << start % 64;
	}
	uint16_t *head = &r->chain[chain_of(two << BITS)];
	*vec_push(&r->literals) = (struct literal){.text = text, .rule = (uint16_t)rule, .next = *head};
	*head = (uint16_t)(r->literals.n - 1);
}

static struct redactor *new_of_level(struct rules *rules, bool privacy)
{
	struct redactor *r = mem_new(sizeof *r);
	r->rules = rules;
	for (int i = 0; i < CHAINS; i++)
		r->chain[i] = NO_LITERAL;
	for (size_t i = 0; i < rules->redactions.n && i < RULES_MAX; i++) {
		const struct redaction *rule = &rules->redactions.v[i];
		if (rule->privacy != privacy)
			continue;
		for (unsigned k = 0; k < rule->literal_count; k++)
			add_literal(r, rule->literals[k], i);
		if (rule->literal_count == 0)
			r->always[i / 64] |= UINT64_C(1) << i % 64;
	}
	return r;
}

struct redactor *redactor_new(struct rules *rules, bool off)
{
	struct redactor *r = new_of_level(rules, false);
	r->off = off;
	return r;
}

struct redactor *redactor_new_privacy(struct rules *rules)
{
	return new_of_level(rules, true);
}

void redactor_number(struct redactor *r)
{
	r->numbered = true;
}

void redactor_free(struct redactor *r)
{
	if (!r)
		return;
	vec_free(&r->literals);
	vec_free(&r->spans);
	vec_free(&r->seen);
	map_done(&r->numbers);
	map_done(&r->names);
	arena_done(&r->arena);
	free(r);
}

uint64_t redactor_count(const struct redactor *r)
{
	return r->count;
}

static bool stands_at(str text, size_t at, str literal)
{
	if (literal.n > text.n - at)
		return false;
	for (size_t i = 0; i < literal.n; i++)
		if (lower(text.p[at + i]) != lower(literal.p[i]))
			return false;
	return true;
}

struct found {
	uint64_t wanted[RULES_MAX / 64]; /* rules of which a literal stands in the text */
	size_t first[RULES_MAX];         /* where the first one does */
	bool any;
};

static void check_start(const struct redactor *r, str text, size_t at, unsigned start, struct found *ret)
{
	for (uint16_t k = r->chain[chain_of(start)]; k != NO_LITERAL; k = r->literals.v[k].next) {
		const struct literal *l = &r->literals.v[k];
		const uint64_t bit = UINT64_C(1) << l->rule % 64;
		if (ret->wanted[l->rule / 64] & bit || !stands_at(text, at, l->text))
			continue;
		ret->wanted[l->rule / 64] |= bit;
		ret->first[l->rule] = at;
		ret->any = true;
	}
}

static void find_literals(const struct redactor *r, str text, struct found *ret)
{
	if (text.n < 2)
		return;
	unsigned start = roll(roll(0, text.p[0]), text.p[1]);
	for (size_t i = 2; i < text.n; i++) {
		start = roll(start, text.p[i]);
		if (r->starts[start / 64] >> start % 64 & 1)
			check_start(r, text, i - 2, start, ret);
	}
	check_start(r, text, text.n - 2, roll(start, 0), ret);
}

/* ${TOKEN}, <token>, {{token}}, %TOKEN%, xxxx, ****, …, what was hidden before. */
static bool is_placeholder(str s)
{
	static const struct {
		str start, end;
	} frames[] = {
		{{"${", 2}, {"}", 1}}, {{"<", 1}, {">", 1}}, {{"{{", 2}, {"}}", 2}}, {{"%", 1}, {"%", 1}}, {{"[REDACTED", 9}, {"", 0}},
	};
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		if (str_starts(s, frames[i].start) && str_ends(s, frames[i].end))
			return true;
	size_t same = 0;
	while (same < s.n && lower(s.p[same]) == lower(s.p[0]))
		same++;
	return same == s.n;
}

/* your-api-key, changeme: words of the knowledge base, alone or with more words behind them. */
static bool stands_for_one(const struct rules *rules, str s)
{
	for (size_t i = 0; i < rules->placeholders.n; i++) {
		const str word = rules->placeholders.v[i];
		if (stands_at(s, 0, word) && (s.n == word.n || (!str_is_letter(s.p[word.n]) && !str_is_digit(s.p[word.n]))))
			return true;
	}
	return false;
}

static double entropy(str s)
{
	unsigned counts[256] = {0};
	double bits = 0;
	for (size_t i = 0; i < s.n; i++)
		counts[(unsigned char)s.p[i]]++;
	for (int i = 0; i < 256; i++)
		if (counts[i]) {
			const double share = (double)counts[i] / (double)s.n;
			bits -= share * log2(share);
		}
	return bits;
}

/* Words and numbers are no secrets: letters with digits, or a long mix of upper and lower case. */
static bool is_mixed(str s)
{
	bool digit = false, letter = false;
	unsigned changes = 0;
	char last = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];
		const char type = str_is_digit(c) ? 'd' : c >= 'a' && c <= 'z' ? 'l' : c >= 'A' && c <= 'Z' ? 'u' : last;
		digit = digit || type == 'd';
		letter = letter || type == 'l' || type == 'u';
		changes += type != last;
		last = type;
	}
	return (digit && letter) || (s.n >= MIXED_LENGTH && changes >= 5) || (s.n >= MIXED_SHORT && changes >= 7);
}

/* Changes between lower case, upper case and digits inside words: keys have many, names of pages and files have few. */
static unsigned changes_in_words(str s)
{
	unsigned changes = 0;
	char last = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i], type = str_is_digit(c) ? 'd' : !str_is_letter(c) ? 0 : c >= 'a' ? 'l' : 'u';
		/* a capital at the beginning of a word is no sign */
		changes += last && type && type != last && !(last == 'u' && type == 'l' && (i < 2 || !(str_is_letter(s.p[i - 2]) || str_is_digit(s.p[i - 2]))));
		last = type;
	}
	return changes;
}

static bool is_secret(const struct rules *rules, const struct redaction *rule, str s)
{
	if (s.n == 0 || is_placeholder(s) || stands_for_one(rules, s))
		return false;
	if (rule->mixed && changes_in_words(s) < rule->mixed)
		return false;
	if (!rule->entropy)
		return true;
	/* A short value cannot reach the floor however random it is. */
	const double possible = 0.75 * log2((double)s.n), floor_bits = rule->entropy / 100.0;
	return is_mixed(s) && entropy(s) >= (possible < floor_bits ? possible : floor_bits);
}

static bool compile(struct redaction *rule)
{
	if (!rule->regex && !rule->broken && regex_new(rule->match, 0, &rule->regex, NULL))
		rule->broken = true; /* a broken rule of the user was reported when it was loaded */
	return !rule->broken;
}

static unsigned secret_group(const struct regex *regex)
{
	for (unsigned i = 1; i <= regex_group_count(regex); i++)
		if (str_eq(regex_group_name(regex, i), S("secret")))
			return i;
	return 0;
}

static void add_span(struct redactor *r, const struct redaction *rule, size_t start, size_t end)
{
	*vec_push(&r->spans) = (struct span){.start = start, .end = end, .rule = rule};
}

/* All matches of one rule in the window; `base` is where the window begins in the text. */
static void apply(struct redactor *r, struct redaction *rule, str window, size_t base, size_t literal)
{
	struct regex_match m;
	size_t start = 0;
	if (!compile(rule))
		return;
	const unsigned group = secret_group(rule->regex);
	int found;
	while ((found = regex_search(rule->regex, window, start, &m)) == 1) {
		const str secret = group < m.n && m.group[group].p ? m.group[group] : group ? STR_NONE : m.group[0];
		const size_t end = (size_t)(m.group[0].p - window.p) + m.group[0].n;
		if (is_secret(r->rules, rule, secret)) {
			const size_t at = (size_t)(secret.p - window.p);
			add_span(r, rule, base + at, base + at + secret.n);
		}
		start = end > start ? end : start + 1;
	}
	if (found < 0)
		add_span(r, rule, base + literal, base + window.n);
}

static bool is_secret_byte(char c)
{
	return str_is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || (c && strchr("+/=_-.~%\\", c));
}

/* A secret that reaches the end of a window goes on behind it. */
static void run_on(struct redactor *r, size_t from, str text, size_t window_end)
{
	for (size_t i = from; i < r->spans.n; i++) {
		struct span *s = &r->spans.v[i];
		while (s->end >= window_end && s->end < text.n && (is_secret_byte(text.p[s->end]) || text.p[s->end] == '\n'))
			s->end++;
	}
}

static void look_at_window(struct redactor *r, str text, size_t base, size_t end)
{
	struct found found;
	memcpy(found.wanted, r->always, sizeof found.wanted);
	found.any = false;
	for (size_t word = 0; word < RULES_MAX / 64; word++)
		found.any |= r->always[word] != 0;
	if (found.any)
		memset(found.first, 0, sizeof found.first);
	const str window = {text.p + base, end - base};
	find_literals(r, window, &found);
	if (!found.any)
		return;
	const size_t before = r->spans.n;
	for (size_t word = 0; word < RULES_MAX / 64; word++)
		for (uint64_t bits = found.wanted[word]; bits; bits &= bits - 1) {
			const size_t rule = word * 64 + (size_t)__builtin_ctzll(bits);
			apply(r, &r->rules->redactions.v[rule], window, base, found.first[rule]);
		}
	if (end < text.n)
		run_on(r, before, text, end);
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule; /* both in rules order */
}

/* The same number for the same secret; two secrets of one hash share theirs only when they are equal. */
static unsigned number_of(struct redactor *r, str secret)
{
	uint32_t number = 0;
	uint64_t key = hash64(secret);
	while (map_get(&r->numbers, key, &number)) {
		if (str_eq(r->seen.v[number - 1], secret))
			return number;
		key++;
	}
	*vec_push(&r->seen) = arena_str(&r->arena, secret);
	number = (uint32_t)r->seen.n;
	map_put(&r->numbers, key, number);
	return number;
}

static void write_out(struct redactor *r, str text, struct buf *out)
{
	size_t done = 0;
	for (size_t i = 0; i < r->spans.n;) {
		const struct span *s = &r->spans.v[i];
		size_t end = s->end;
		for (i++; i < r->spans.n && r->spans.v[i].start < end; i++)
			end = r->spans.v[i].end > end ? r->spans.v[i].end : end;
		buf_add(out, (str){text.p + done, s->start - done});
		buf_printf(out, "[REDACTED:%.*s", STR_ARG(s->rule->kind));
		if (r->numbered)
			buf_printf(out, "#%u", number_of(r, (str){text.p + s->start, end - s->start}));
		buf_byte(out, ']');
		r->count++;
		done = end;
	}
	buf_add(out, str_from(text, done));
}

bool redact(struct redactor *r, str text, struct buf *out)
{
	r->spans.n = 0;
	if (!r->off)
		for (size_t base = 0; base < text.n; base += WINDOW - OVERLAP) {
			const size_t end = text.n - base > WINDOW ? base + WINDOW : text.n;
			look_at_window(r, text, base, end);
			if (end == text.n)
				break;
		}
	if (r->spans.n == 0) {
		buf_add(out, text);
		return false;
	}
	qsort(r->spans.v, r->spans.n, sizeof *r->spans.v, compare_spans);
	write_out(r, text, out);
	return true;
}

str redact_name(struct redactor *r, str name, struct buf *into)
{
	uint32_t dirty = 0;
	if (r->off || name.n < 2)
		return name;
	const uint64_t key = hash64(name);
	if (map_get(&r->names, key, &dirty) && !dirty)
		return name;
	buf_reset(into);
	dirty = redact(r, name, into);
	if (r->names.n >= NAMES_MAX)
		map_done(&r->names);
	map_put(&r->names, key, dirty);
	return dirty ? buf_str(into) : name;
}
