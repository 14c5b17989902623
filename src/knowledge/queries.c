/* patterns/queries/: questions to the timeline with names, for `mcplog query NAME`. Only their form is checked here; that the SQL is
 * a SELECT over the views is found by prove/, which has a database. An entry of a later document replaces one with the same id. */
#include "knowledge/entry.h"

static const struct entry_key keys[] = {
	{"id", ENTRY_TEXT, true},
	{"title", ENTRY_TEXT, true},
	{"what", ENTRY_TEXT, false},
	{"parameters", ENTRY_MAP, false},
	{"sql", ENTRY_TEXT, true},
	{"samples", ENTRY_LIST, false},
};
enum { ID, TITLE, WHAT, PARAMETERS, SQL, SAMPLES, KEY_COUNT };
_Static_assert(sizeof keys / sizeof *keys == KEY_COUNT, "keys and their names differ");

static bool check_parameters(struct rules *rules, const struct tree_doc *d, uint32_t parameters)
{
	for (uint32_t i = tree_first(d, parameters); i != 0; i = tree_next(d, i)) {
		const str type = tree_get_text(d, i, "type");
		if (type.n == 0 || str_eq(type, S("number")) || str_eq(type, S("text")))
			continue;
		knowledge_problem(rules, d, i, ERR_SCHEMA, "a parameter is a `number` or a `text`, not `%.*s`", STR_ARG(type));
		return false;
	}
	return true;
}

static void load_query(struct rules *rules, const struct tree_doc *d, uint32_t entry)
{
	uint32_t nodes[KEY_COUNT];
	const struct where at = entry_where(d, entry);
	struct query q = {.node = entry, .doc = d, .file = at.file, .line = at.line, .column = at.column};
	if (!entry_read(rules, d, entry, "query", keys, KEY_COUNT, nodes) || !entry_id(rules, d, nodes[ID], &q.id) ||
		!check_parameters(rules, d, nodes[PARAMETERS]))
		return;
	q.title = tree_text(d, nodes[TITLE]);
	q.what = tree_text(d, nodes[WHAT]);
	q.sql = tree_text(d, nodes[SQL]);
	q.parameters = nodes[PARAMETERS];
	for (size_t i = 0; i < rules->queries.n; i++) {
		struct query *old = &rules->queries.v[i];
		if (!str_eq(old->id, q.id))
			continue;
		if (old->doc == d)
			knowledge_problem(rules, d, nodes[ID], ERR_SCHEMA, "the id `%.*s` was used before, at %s:%u", STR_ARG(q.id), old->file, old->line);
		else
			*old = q;
		return;
	}
	*vec_push(&rules->queries) = q;
}

void knowledge_queries(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	uint32_t list = entry_list(rules, d, root, "queries", NULL);
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i))
		load_query(rules, d, i);
}
