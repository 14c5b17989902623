/* Proves ready-made questions: each must be a SELECT that an empty timeline accepts, with no parameters but those that options give
 * and those that it describes. What it answers for a sample is compared by the tests (tests/patterns/test_queries.py): samples are
 * not part of the program. */
#include "prove/sample.h"
#include "store/timeline.h"

enum { NAMES = 64 };

static bool is_option(str name)
{
	static const char *const options[] = {"since", "until", "server", "tool", "session"};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (str_eq(name, str_z(options[i])))
			return true;
	return false;
}

static void check_parameters(struct proof *p, const struct query *q, uint32_t sql, const str *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_option(names[i]) && tree_get(q->doc, q->parameters, names[i].p) == 0)
			prove_note(p, PROVE_ERROR, sql, "describe it under `parameters`", "the SQL asks for :%.*s", STR_ARG(names[i]));
	for (uint32_t i = tree_first(q->doc, q->parameters); i != 0; i = tree_next(q->doc, i)) {
		bool asked = false;
		for (size_t k = 0; k < count; k++)
			asked = asked || str_eq(names[k], tree_key(q->doc, i));
		if (!asked)
			prove_note(p, PROVE_ERROR, i, NULL, "the SQL does not ask for :%.*s", STR_ARG(tree_key(q->doc, i)));
	}
}

static void prove_one(struct proof *p, struct timeline *t, const struct query *q)
{
	struct arena a = {0};
	struct err e = {0};
	str names[NAMES];
	size_t count;
	const uint32_t sql = tree_get(q->doc, q->node, "sql");
	p->doc = q->doc;
	p->node = q->node;
	p->id = q->id;
	if (timeline_check_query(t, q->sql, &a, names, NAMES, &count, &e))
		prove_note(p, PROVE_ERROR, sql, e.hint[0] ? e.hint : NULL, "%s", e.text);
	else
		check_parameters(p, q, sql, names, count);
	arena_done(&a);
}

void prove_queries(struct proof *p)
{
	struct timeline *t = NULL;
	struct err e = {0};
	if (p->rules->queries.n == 0 || timeline_open(&(struct timeline_options){.path = ":memory:"}, &t, &e))
		return;
	for (size_t i = 0; i < p->rules->queries.n; i++)
		if (prove_wanted(p, p->rules->queries.v[i].id, p->rules->queries.v[i].doc))
			prove_one(p, t, &p->rules->queries.v[i]);
	timeline_close(t);
}
