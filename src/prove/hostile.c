/* What a regex costs, in steps (regex_count of base/regex.h) instead of time: in a given text, and in lines made to hurt it.
 *
 * A hostile line is the beginning of a sample, a piece that is repeated, and an end that does not fit. Where the sample is cut, the
 * quantifiers of the pattern are: the pieces around the cut are what they take. All such lines are tried short; those that cost most,
 * as long as a subject can be and half as long. */
#include "base/buf.h"
#include "prove/sample.h"

enum { SHORT = 256, CUTS = 8, WORST = 2, FEW = 16384 };

/* How a line is made: head, unit again and again, tail. */
struct recipe {
	str head, unit, tail;
	uint64_t steps;
};

struct kitchen {
	struct regex *r;
	bool all;
	struct buf line;
	struct recipe worst[WORST];
	struct prove_cost *cost;
};

static void make_line(struct kitchen *k, const struct recipe *recipe, size_t length)
{
	size_t tail = recipe->tail.n < length / 2 ? recipe->tail.n : length / 2;
	buf_reset(&k->line);
	buf_add(&k->line, str_head(recipe->head, length / 2));
	while (k->line.n + tail < length)
		buf_add(&k->line, str_head(recipe->unit, length - tail - k->line.n));
	buf_add(&k->line, str_head(recipe->tail, tail));
}

bool prove_steps(struct regex *r, bool all, str text, uint64_t *ret_steps)
{
	struct regex_match m;
	size_t start = 0;
	int found;
	*ret_steps = 0;
	while ((found = regex_count(r, text, start, &m, ret_steps)) == 1 && all && *ret_steps < REGEX_COUNT_MAX) {
		const size_t end = (size_t)(m.group[0].p - text.p) + m.group[0].n;
		start = end > start ? end : start + 1;
	}
	return found >= 0;
}

static uint64_t steps_of(struct kitchen *k, const struct recipe *recipe, size_t length)
{
	uint64_t steps;
	make_line(k, recipe, length);
	if (!prove_steps(k->r, k->all, buf_str(&k->line), &steps) && (k->cost->limit == 0 || length < k->cost->limit))
		k->cost->limit = length;
	return steps;
}

/* Those that cost most stay, in falling order. */
static void try_recipe(struct kitchen *k, struct recipe recipe)
{
	recipe.steps = steps_of(k, &recipe, SHORT);
	size_t at = WORST;
	while (at > 0 && k->worst[at - 1].steps < recipe.steps)
		at--;
	if (at == WORST)
		return;
	memmove(&k->worst[at + 1], &k->worst[at], (WORST - 1 - at) * sizeof *k->worst);
	k->worst[at] = recipe;
}

static void try_units(struct kitchen *k, str sample, size_t from, size_t cut, size_t to)
{
	static const char *const plain[] = {"a", " ", "0", "\"", "'", "a ", "x=1 ", "a/", "a.", "a:", "[", "(", "\n", "-a"};
	const str tails[] = {S("\x01"), str_head(str_from(sample, cut), sample.n - cut - 1)};
	const str own[] = {{sample.p + from, cut - from}, {sample.p + cut, to - cut}, {sample.p + from, to - from}, {sample.p + cut, 1}, sample};
	for (unsigned t = 0; t < sizeof tails / sizeof *tails; t++) {
		struct recipe recipe = {.head = str_head(sample, cut), .tail = tails[t]};
		for (size_t i = 0; i < sizeof plain / sizeof *plain + sizeof own / sizeof *own; i++) {
			recipe.unit = i < sizeof own / sizeof *own ? own[i] : str_z(plain[i - sizeof own / sizeof *own]);
			if (recipe.unit.n > 0)
				try_recipe(k, recipe);
		}
	}
}

static unsigned type_of(char c)
{
	return str_is_digit(c) ? 1 : (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? 2 : (unsigned char)c;
}

/* Places where another kind of byte begins; of too many, some all over the sample. */
static size_t find_cuts(str sample, size_t *ret_cuts)
{
	size_t n = 0, count = 0, kept = 0;
	for (size_t i = 1; i < sample.n; i++)
		n += type_of(sample.p[i]) != type_of(sample.p[i - 1]);
	for (size_t i = 1; i < sample.n; i++)
		if (type_of(sample.p[i]) != type_of(sample.p[i - 1]) && count++ * CUTS / (n > CUTS ? n : CUTS) >= kept)
			ret_cuts[kept++] = i;
	return kept;
}

/* The shortest line, by doubling, on which the search is given up. */
static size_t first_limit(struct kitchen *k, const struct recipe *recipe, size_t limit)
{
	uint64_t steps;
	for (size_t length = SHORT; length < limit; length *= 2) {
		make_line(k, recipe, length);
		if (!prove_steps(k->r, k->all, buf_str(&k->line), &steps))
			return length;
	}
	return limit;
}

void prove_cost(struct regex *r, bool all, str sample, struct prove_cost *ret)
{
	struct kitchen k = {.r = r, .all = all, .cost = ret};
	size_t cuts[CUTS + 1];
	sample = str_head(sample, SHORT / 2);
	if (sample.n == 0)
		return;
	size_t n = find_cuts(sample, cuts);
	try_units(&k, sample, 0, 0, n > 0 ? cuts[0] : sample.n);
	for (size_t i = 0; i < n; i++)
		try_units(&k, sample, i > 0 ? cuts[i - 1] : 0, cuts[i], i + 1 < n ? cuts[i + 1] : sample.n);
	for (unsigned i = 0; i < WORST && k.worst[i].steps > 0; i++) {
		const uint64_t half = steps_of(&k, &k.worst[i], REGEX_SUBJECT_MAX / 2), steps = steps_of(&k, &k.worst[i], REGEX_SUBJECT_MAX);
		const double growth = steps > FEW ? (double)steps / (double)half : 0;
		ret->steps = steps > ret->steps ? steps : ret->steps;
		ret->growth = growth > ret->growth ? growth : ret->growth;
		if (ret->limit > 0)
			ret->limit = first_limit(&k, &k.worst[i], ret->limit);
	}
	buf_done(&k.line);
}

void prove_hostile(struct proof *p, struct regex *r, bool all, str sample)
{
	static const char hint[] = "make the parts exclude each other, such as [^ ]+ instead of .*, and bound what repeats, such as {0,60}";
	const uint32_t node = tree_get(p->doc, p->node, "match");
	struct prove_cost cost = {0};
	if (!p->options->lint || (p->doc->texts == NULL && p->options->only_id.n == 0))
		return;
	prove_cost(r, all, sample, &cost);
	if (cost.limit > 0)
		prove_note(p, PROVE_WARNING, node, hint, "steps grow faster than the line: on one of %zu bytes, made of the sample to hurt, the search is given up", cost.limit);
	else if (cost.growth > PROVE_GROWTH || cost.steps > PROVE_STEPS_PER_BYTE * REGEX_SUBJECT_MAX)
		prove_note(p, PROVE_WARNING, node, hint, "a line of 64 KiB, made of the sample to hurt, takes %llu steps, %.1f times those of half of it",
			(unsigned long long)cost.steps, cost.growth);
}
