/* Templates of lines (base/drain.h). Below all; knows nothing of logs.
 *
 * The tree of the paper has a fixed depth: number of words, then first word, then a list of templates. Here the first two are one
 * key of a hash map, and the list is a chain through the templates. The time per line is that of its own chain.
 *
 * Invariants: the same lines in the same order give the same templates; a template never loses a word, only its certainty.
 *
 * Refuses to grow beyond DRAIN_TEMPLATES. */
#include "base/drain.h"
#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"

struct node {
	str *words;
	size_t n;
	uint64_t group, count;
	uint32_t next; /* of the chain: index + 1, 0 = last */
};
struct drain {
	struct arena arena;
	struct map first; /* key → index + 1 of the chain's first */
	VEC(struct node) nodes;
	struct buf masked;
};

struct drain *drain_new(void) { return mem_new(sizeof(struct drain)); }

void drain_free(struct drain *d)
{
	if (!d)
		return;
	map_done(&d->first);
	vec_free(&d->nodes);
	buf_done(&d->masked);
	arena_done(&d->arena);
	free(d);
}

/* --- masks --- */

static bool is_word(char c) { return str_is_word(c) || c == '-' || (unsigned char)c >= 0x80; }

static size_t run_until(str s, const char *stop)
{
	size_t n = 0;
	while (n < s.n && (unsigned char)s.p[n] > ' ' && !strchr(stop, s.p[n]))
		n++;
	return n;
}

/* "https://…" at the beginning of s, or 0. */
static size_t url_size(str s)
{
	size_t n = 0;
	while (n < s.n && str_is_letter(s.p[n]))
		n++;
	if (n < 2 || !str_starts(str_from(s, n), S("://")))
		return 0;
	return run_until(s, "\"'`<>)]},;");
}

/* "/a/b", "~/a", "C:\a": two parts at least. */
static size_t path_size(str s)
{
	const bool home = str_starts(s, S("~/")), drive = s.n > 3 && str_is_letter(s.p[0]) && s.p[1] == ':' && (s.p[2] == '\\' || s.p[2] == '/');
	if (!home && !drive && !str_starts(s, S("/")))
		return 0;
	const size_t from = drive ? 2 : 0, end = from + run_until(str_from(s, from), "\"'`<>()[]{},;:");
	const str path = str_head(s, end);
	return home || drive || (path.n > 3 && str_chr(str_from(path, 1), '/') > 0) ? end : 0;
}

/* A quoted text, quotes included; 0 when it does not end nearby. An apostrophe inside a word opens nothing. */
static size_t quoted_size(str s, bool after_word)
{
	enum { LONGEST = 400 };
	if (s.n < 2 || (s.p[0] != '"' && s.p[0] != '\'' && s.p[0] != '`') || after_word)
		return 0;
	for (size_t i = 1; i < s.n && i < LONGEST; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == s.p[0] && !(s.p[0] == '\'' && i + 1 < s.n && str_is_letter(s.p[i + 1])))
			return i + 1;
	}
	return 0;
}

/* A time of ISO 8601, with or without its date. */
static size_t time_size(str s)
{
	static const char *const shapes[] = {"dddd-dd-dd", "dd:dd:dd"};
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		const str shape = str_z(shapes[i]);
		size_t n = 0;
		while (n < shape.n && n < s.n && (shape.p[n] == 'd' ? str_is_digit(s.p[n]) : s.p[n] == shape.p[n]))
			n++;
		if (n < shape.n)
			continue;
		while (n < s.n && (str_is_digit(s.p[n]) || memchr("T:.,+Z-", s.p[n], 7)))
			n++;
		while (s.p[n - 1] == ',' || s.p[n - 1] == '.' || s.p[n - 1] == ':')
			n--;
		return n;
	}
	return 0;
}

/* "42", "-1", "1.5", "1,000", "31ms", "10KB" */
static size_t number_size(str s)
{
	enum { UNIT = 3 };
	size_t n = s.n && s.p[0] == '-', digits = n;
	while (n < s.n && (str_is_digit(s.p[n]) || ((s.p[n] == '.' || s.p[n] == ',') && n + 1 < s.n && str_is_digit(s.p[n + 1]) && n > digits)))
		n++;
	if (n == digits)
		return 0;
	size_t unit = 0;
	while (n + unit < s.n && str_is_letter(s.p[n + unit]))
		unit++;
	n += unit <= UNIT ? unit : 0;
	return n < s.n && is_word(s.p[n]) ? 0 : n;
}

/* Long words with digits in them: hexadecimal ids, UUIDs, toolu_01…; words such as http2 and utf8 stay. */
static bool is_id(str word)
{
	size_t digits = 0, hex = 0;
	for (size_t i = 0; i < word.n; i++) {
		digits += str_is_digit(word.p[i]);
		hex += str_hex_digit(word.p[i]) >= 0 || word.p[i] == '-';
	}
	return word.n >= 8 && digits > 0 && (hex == word.n || digits >= 3);
}

static size_t word_size(str s)
{
	size_t n = 0;
	while (n < s.n && is_word(s.p[n]))
		n++;
	return n;
}

static const char *mask_of(str s, bool after_word, size_t *ret_size)
{
	if (after_word)
		return NULL;
	if ((*ret_size = quoted_size(s, after_word)))
		return "<str>";
	if ((*ret_size = url_size(s)))
		return "<url>";
	if ((*ret_size = path_size(s)))
		return "<path>";
	if ((*ret_size = time_size(s)))
		return "<time>";
	if ((*ret_size = number_size(s)))
		return "<num>";
	if ((*ret_size = word_size(s)) && is_id(str_head(s, *ret_size)))
		return "<id>";
	return NULL;
}

void drain_mask(str line, struct buf *out)
{
	bool after_word = false;
	while (line.n) {
		size_t n = 0;
		const char *mask = mask_of(line, after_word, &n);
		if (mask) {
			buf_addz(out, mask);
			after_word = true;
		} else {
			n = word_size(line);
			n = n ? n : 1;
			buf_add(out, str_head(line, n));
			after_word = is_word(line.p[0]);
		}
		line = str_from(line, n);
	}
}

bool drain_varies(str word) { return str_find(word, S("<")) >= 0 && str_find(word, S(">")) > 0; }

/* --- templates --- */

static size_t split(str line, str words[DRAIN_WORDS])
{
	size_t n = 0;
	while (n < DRAIN_WORDS) {
		line = str_trim(line);
		if (!line.n)
			break;
		size_t end = 0;
		while (end < line.n && (unsigned char)line.p[end] > ' ')
			end++;
		words[n] = n == DRAIN_WORDS - 1 ? DRAIN_ANY : str_head(line, end ? end : 1);
		n++;
		line = str_from(line, end ? end : 1);
	}
	return n;
}

/* How many words are equal; a <*> of the template counts half, so that it does not swallow everything. */
static size_t likeness(const struct node *t, const str *words)
{
	size_t twice = 0;
	for (size_t i = 0; i < t->n; i++)
		twice += str_eq(t->words[i], DRAIN_ANY) ? 1 : str_eq(t->words[i], words[i]) ? 2 : 0;
	return twice * 50 / (t->n ? t->n : 1);
}

static void generalise(struct node *t, const str *words)
{
	for (size_t i = 0; i < t->n; i++)
		if (!str_eq(t->words[i], words[i]))
			t->words[i] = DRAIN_ANY;
}

static size_t add_node(struct drain *d, uint64_t key, uint64_t group, const str *words, size_t n, uint32_t first)
{
	if (d->nodes.n >= DRAIN_TEMPLATES)
		return DRAIN_NONE;
	struct node *t = vec_push(&d->nodes);
	*t = (struct node){.words = arena_alloc(&d->arena, (n + 1) * sizeof *t->words), .n = n, .group = group, .count = 1, .next = first};
	for (size_t i = 0; i < n; i++)
		t->words[i] = arena_str(&d->arena, words[i]);
	map_put(&d->first, key, (uint32_t)d->nodes.n);
	return d->nodes.n - 1;
}

size_t drain_add(struct drain *d, uint64_t group, str line)
{
	str words[DRAIN_WORDS];
	buf_reset(&d->masked);
	drain_mask(line, &d->masked);
	const size_t n = split(buf_str(&d->masked), words);
	const uint64_t seed = group * 31 + n;
	const uint64_t key = hash64_seed(n && !drain_varies(words[0]) ? words[0] : DRAIN_ANY, seed);
	uint32_t first = 0;
	(void)map_get(&d->first, key, &first);
	struct node *best = NULL;
	size_t best_likeness = 0;
	for (uint32_t i = first; i; i = d->nodes.v[i - 1].next) {
		struct node *t = &d->nodes.v[i - 1];
		const size_t like = t->n == n && t->group == group ? likeness(t, words) : 0;
		if (like >= best_likeness && (like >= DRAIN_SIMILAR || n == 0)) {
			best = t;
			best_likeness = like;
		}
	}
	if (!best)
		return add_node(d, key, group, words, n, first);
	generalise(best, words);
	best->count++;
	return (size_t)(best - d->nodes.v);
}

size_t drain_count(const struct drain *d) { return d->nodes.n; }

struct drain_template drain_get(const struct drain *d, size_t i)
{
	const struct node *t = &d->nodes.v[i];
	return (struct drain_template){.words = t->words, .word_count = t->n, .count = t->count};
}
