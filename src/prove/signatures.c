/* Proves signatures: samples go through the real matcher, as records of each class the signature is tried in, so that a sample
 * that another signature takes away is found as well as one that does not match.
 *
 * Laws checked here: at least one matching and one near-miss sample; every named group is exercised by a sample; an anchor or a
 * literal of 4 bytes; no step limit reached on texts made to hurt. Lint adds what a signature costs in every record of its class. */
#include "base/nearest.h"
#include "base/pattern.h"
#include "match/matcher.h"
#include "prove/sample.h"
#include <stdio.h>

enum { SPEED_ERROR = 2048 };

struct signature_proof {
	struct proof *p;
	struct matcher *m;
	struct signature *s;
	struct regex *regex;
	uint16_t index;
	bool used[REGEX_GROUPS]; /* groups that a sample exercised */
	size_t matching, misses;
};

static struct record sample_record(const struct signature *s, enum body_class class, str text)
{
	struct record r = {.class = class, .kind = SOURCE_CLAUDE_DEBUG, .level = s->level, .at = INSTANT_NONE, .line = 1, .lines = 1,
		.raw = text, .body = text, .frames = s->frame};
	for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++)
		if (s->sources >> k & 1) {
			r.kind = (enum source_kind)k;
			break;
		}
	return r;
}

/* Value of a name in the event; *ret_known is false when neither field nor `class` is called so. */
static str event_value(const struct rules *rules, const struct event *e, str name, bool *ret_known)
{
	uint32_t id = intern_find(&rules->fields, name);
	*ret_known = true;
	if (id == FIELD_SERVER)
		return e->server;
	if (id == FIELD_TOOL)
		return e->tool;
	if (id == FIELD_ID)
		return e->tool_use_id;
	if (id == FIELD_ERR)
		return e->err;
	for (unsigned i = 0; i < e->field_count; i++)
		if (id != 0 && e->fields[i].name == id)
			return e->fields[i].value;
	if (str_eq(name, S("class")))
		return intern_get(&rules->classes, e->class);
	*ret_known = id != 0;
	return STR_NONE;
}

static void unknown_field(struct signature_proof *x, uint32_t node)
{
	str name = tree_key(x->p->doc, node), best;
	struct nearest n = nearest_start(name);
	char hint[120] = "";
	for (unsigned g = 1; g <= regex_group_count(x->regex); g++)
		nearest_offer(&n, regex_group_name(x->regex, g));
	best = nearest_result(&n);
	if (best.p != NULL)
		(void)snprintf(hint, sizeof hint, "did you mean `%.*s`?", STR_ARG(best));
	prove_note(x->p, PROVE_ERROR, node, hint[0] != '\0' ? hint : NULL, "the sample wants a field `%.*s`, but no group or constant of the pattern is called so",
		STR_ARG(name));
}

static void compare_fields(struct signature_proof *x, const struct sample *sample, const struct event *e)
{
	const struct tree_doc *d = x->p->doc;
	for (uint32_t i = tree_first(d, sample->is); i != 0; i = tree_next(d, i)) {
		bool known;
		str want = tree_text(d, i), got = event_value(x->p->rules, e, tree_key(d, i), &known);
		if (!known)
			unknown_field(x, i);
		else if (got.p == NULL)
			prove_note(x->p, PROVE_ERROR, i, NULL, "the sample wants `%.*s` to be `%.*s`, but the match leaves it empty", STR_ARG(tree_key(d, i)),
				STR_ARG(str_head(want, 100)));
		else if (!str_eq(want, got))
			prove_note(x->p, PROVE_ERROR, i, NULL, "the sample wants `%.*s` to be `%.*s`, but it is `%.*s`", STR_ARG(tree_key(d, i)),
				STR_ARG(str_head(want, 100)), STR_ARG(str_head(got, 100)));
	}
}

static void explain_miss(struct signature_proof *x, const struct sample *sample, str body)
{
	str rest;
	char hint[200];
	size_t end = prove_furthest(x->s->match, 0, body, &rest);
	(void)snprintf(hint, sizeof hint, "here the pattern goes on with: %.*s", STR_ARG(str_head(rest, 120)));
	prove_note_in(x->p, sample->line, end, rest.n > 0 ? hint : NULL, "the sample does not match; the pattern gets as far as the caret");
}

static void test_match(struct signature_proof *x, const struct sample *sample, enum body_class class)
{
	struct record r = sample_record(x->s, class, sample->text);
	struct event e;
	bool found = matcher_match(x->m, &r, &e);
	if (found && e.signature == x->index + 1) {
		compare_fields(x, sample, &e);
		return;
	}
	uint16_t all[16];
	size_t n = matcher_all(x->m, &r, all, sizeof all / sizeof *all);
	bool matches = false;
	for (size_t i = 0; i < n && i < sizeof all / sizeof *all; i++)
		matches = matches || all[i] == x->index;
	if (!matches) {
		explain_miss(x, sample, r.body);
	} else if (found && e.signature > 0) {
		const struct signature *thief = &x->p->rules->signatures.v[e.signature - 1];
		prove_note_in(x->p, sample->line, 0, "put the more specific signature first, or make the other one narrower",
			"the sample is taken by the signature %.*s (%s:%u), which comes first in class %s", STR_ARG(thief->id), thief->where.file, thief->where.line,
			body_class_name(class));
	} else {
		prove_note_in(x->p, sample->line, 0, "give `literal` only when it stands in every match", "the regex matches the sample, but its literal `%.*s` is not in it",
			STR_ARG(str_head(x->s->literal, 60)));
	}
}

static void mark_groups(struct signature_proof *x, str text)
{
	struct regex_match m;
	if (regex_match(x->regex, text, &m) != 1)
		return;
	for (unsigned g = 1; g < m.n; g++)
		x->used[g] = x->used[g] || m.group[g].p != NULL;
}

static void test_sample(struct signature_proof *x, const struct sample *sample)
{
	struct regex_match m;
	x->p->report->samples++;
	if (sample->no) {
		x->misses++;
		if (regex_match(x->regex, sample->text, &m) == 1)
			prove_note_in(x->p, sample->line, (size_t)(m.group[0].p - sample->text.p) + m.group[0].n,
				"narrow the pattern, or drop the near miss if it should match", "the near miss matches, up to the caret");
		return;
	}
	if (x->p->doc->nodes[sample->is].type != TREE_MAP) {
		prove_note(x->p, PROVE_ERROR, sample->is, NULL, "`is` is a map of fields, `{}` for none, or `no`");
		return;
	}
	x->matching++;
	mark_groups(x, sample->text);
	for (unsigned c = 0; c < CLASS_COUNT; c++)
		if (x->s->bodies >> c & 1)
			test_match(x, sample, (enum body_class)c);
}

static void check_speed(struct signature_proof *x, str sample)
{
	size_t bytes;
	uint32_t node = tree_get(x->p->doc, x->s->node, "match");
	if (!prove_speed(x->regex, sample, SPEED_ERROR, &bytes))
		prove_note(x->p, PROVE_ERROR, node, "make the parts exclude each other, such as [^ ]+ instead of .*",
			"the pattern reaches the step limit on a text of %zu bytes", bytes);
	else
		prove_hostile(x->p, x->regex, false, sample);
}

static void test_samples(struct signature_proof *x)
{
	uint32_t list = tree_get(x->p->doc, x->s->node, "samples");
	str first = STR_NONE;
	for (uint32_t i = tree_first(x->p->doc, list); i != 0; i = tree_next(x->p->doc, i)) {
		struct sample sample;
		if (!sample_read(x->p, i, &sample))
			continue;
		test_sample(x, &sample);
		if (first.p == NULL && !sample.no)
			first = sample.text;
	}
	if (x->matching == 0)
		prove_note(x->p, PROVE_ERROR, x->s->node, "add `samples` with the line as it stands in a log, and `is: { … }`", "no sample that matches");
	if (x->misses == 0)
		prove_note(x->p, PROVE_ERROR, x->s->node, "add a line that looks alike but means something else, with `is: no`", "no near miss");
	if (first.p != NULL)
		check_speed(x, first);
}

static void check_groups(struct signature_proof *x)
{
	uint32_t node = tree_get(x->p->doc, x->s->node, "match");
	for (unsigned g = 1; g <= regex_group_count(x->regex) && g < REGEX_GROUPS; g++) {
		str name = regex_group_name(x->regex, g);
		if (name.n > 0 && !x->used[g] && x->matching > 0)
			prove_note(x->p, PROVE_ERROR, node, "add a sample in which the group takes part", "no sample exercises the group `%.*s`", STR_ARG(name));
	}
}

/* Places at the beginning of a match where most bytes can stand. */
static unsigned open_places(str pattern)
{
	struct byte_set sets[PATTERN_PREFIX];
	unsigned open = 0;
	pattern_prefix(pattern, sets);
	for (unsigned place = 0; place < PATTERN_PREFIX; place++) {
		unsigned known = 0;
		for (unsigned w = 0; w < 4; w++)
			known += (unsigned)__builtin_popcountll(sets[place].bits[w]);
		open += known > 128;
	}
	return open;
}

/* What the signature costs in records that it does not match. Classes whose records are rare have no gate. */
static void check_cost(struct signature_proof *x)
{
	uint32_t gated = ~(UINT32_C(1) << CLASS_ERROR | UINT32_C(1) << CLASS_TRACEBACK | UINT32_C(1) << CLASS_TRANSCRIPT);
	uint32_t node = tree_get(x->p->doc, x->s->node, "match");
	if (!x->s->anchored && x->s->literal.n < 4)
		prove_note(x->p, PROVE_ERROR, node, "begin the pattern with ^, or let it contain a fixed text of 4 bytes or more",
			"the pattern has neither an anchor nor a literal of 4 bytes: it would be tried on everything");
	if (!x->p->options->lint)
		return;
	prove_price(x->p, x->m, x->index, x->regex);
	const struct prove_price *price = &x->p->report->prices.v[x->p->report->prices.n - 1];
	if ((x->s->bodies & gated) != 0 && open_places(x->s->match) == PATTERN_PREFIX)
		prove_note(x->p, PROVE_WARNING, node, "begin the pattern with ^ and a fixed text",
			"nothing is known about the first %d bytes: every record of its classes has to be read and searched%s; of %zu sample records it is tried on %zu",
			(int)PATTERN_PREFIX, x->s->literal.n > 0 ? "" : ", and no fixed text stands in every match", price->records, price->tried);
}

/* A core is searched for in running text: it must be possible to take its anchors away, and what is left must say something. */
static void check_core(struct signature_proof *x)
{
	static const char *const neutral[] = {"", "It fails every time, the server hangs and I see an error in the log (see below): 42 tools, 1 of 3, at 20:23:00.",
		"http://127.0.0.1:8811/mcp {\"a\":[1,\"b\"]} mcp__server__tool 'x' -> ok"};
	struct buf out = {0};
	struct regex *r = NULL;
	uint32_t node = tree_get(x->p->doc, x->s->node, "core");
	bool good = !x->s->core || (pattern_unanchored(x->s->match, &out) && regex_new(buf_str(&out), 0, &r, NULL) == 0);
	if (!good)
		prove_note(x->p, PROVE_ERROR, node, "give it one branch behind ^, or drop `core`", "a core is searched for in running text, but this pattern cannot be");
	for (size_t i = 0; x->s->core && good && i < sizeof neutral / sizeof *neutral; i++) {
		struct regex_match m;
		if (regex_match(r, str_z(neutral[i]), &m) == 1)
			prove_note(x->p, PROVE_ERROR, node, "drop `core`, or narrow the pattern", "the core is found in ordinary text: %s", neutral[i]);
	}
	regex_free(r);
	buf_done(&out);
}

static void prove_one(struct proof *p, struct matcher *m, size_t index)
{
	struct signature *s = &p->rules->signatures.v[index];
	struct signature_proof x = {.p = p, .m = m, .s = s, .index = (uint16_t)index};
	struct err e = {0};
	p->doc = s->doc;
	p->node = s->node;
	p->id = s->id;
	if (regex_new(s->match, 0, &x.regex, &e) < 0) {
		prove_note_in(p, tree_get(p->doc, s->node, "match"), e.column > 0 ? e.column - 1 : 0, NULL, "the pattern does not compile: %s", e.text);
		return;
	}
	p->report->signatures++;
	if (tree_get(p->doc, s->node, "meaning") == 0)
		prove_note(p, PROVE_ERROR, s->node, "add `meaning:` with one line for people", "no meaning");
	test_samples(&x);
	check_groups(&x);
	check_cost(&x);
	check_core(&x);
	for (size_t i = 0; i < index; i++)
		if (str_eq(p->rules->signatures.v[i].id, s->id))
			prove_note(p, PROVE_ERROR, s->node, NULL, "the id was used before, at %s:%u", p->rules->signatures.v[i].where.file,
				p->rules->signatures.v[i].where.line);
	regex_free(x.regex);
}

void prove_signatures(struct proof *p)
{
	struct matcher *m = matcher_new(p->rules);
	struct prove_pool pool = {0};
	if (p->options->lint)
		prove_price_start(&pool, p->rules);
	p->pool = &pool;
	for (size_t i = 0; i < p->rules->signatures.n; i++)
		if (prove_wanted(p, p->rules->signatures.v[i].id, p->rules->signatures.v[i].doc))
			prove_one(p, m, i);
	p->pool = NULL;
	prove_price_done(&pool);
	matcher_free(m);
}
