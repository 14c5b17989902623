/* patterns/telemetry.yaml: the attribute names of OTLP spans and log records, each with the fact that fills it. The semantic
 * conventions for MCP are young and their names change; programs that expect others get them from a file of the user. An entry
 * with a known place, key and `is` replaces that one. */
#include "knowledge/entry.h"

enum { ON, KEY, FACT, IS, VALUE, KEY_COUNT };

static const struct entry_key keys[] = {
	{"on", ENTRY_TEXT, true},
	{"key", ENTRY_TEXT, true},
	{"fact", ENTRY_TEXT, false},
	{"is", ENTRY_TEXT, false},
	{"value", ENTRY_TEXT, false},
};
_Static_assert(sizeof keys / sizeof *keys == KEY_COUNT, "keys and their names differ");

static const char *const on_names[] = {
	[TELEMETRY_ON_RESOURCE] = "resource", [TELEMETRY_ON_SPAN] = "span", [TELEMETRY_ON_STAGE] = "stage",
	[TELEMETRY_ON_EVENT] = "event",       [TELEMETRY_ON_LOG] = "log",   [TELEMETRY_ON_NAME] = "name",
};
_Static_assert(sizeof on_names / sizeof *on_names == TELEMETRY_ON_COUNT, "places and their names differ");

static const char *const fact_names[] = {
#define X(id, name) name,
	TELEMETRY_FACT_LIST(X)
#undef X
};

static struct telemetry_attribute *place_of(struct rules *rules, const struct telemetry_attribute *t)
{
	for (size_t i = 0; i < rules->telemetry.n; i++) {
		struct telemetry_attribute *old = &rules->telemetry.v[i];
		if (old->on == t->on && (t->on == TELEMETRY_ON_NAME || (str_eq(old->key, t->key) && str_eq(old->is, t->is))))
			return old;
	}
	return vec_push(&rules->telemetry);
}

static void load_attribute(struct rules *rules, const struct tree_doc *d, uint32_t entry)
{
	uint32_t nodes[KEY_COUNT];
	unsigned on, fact = TELEMETRY_CONSTANT;
	if (!entry_read(rules, d, entry, "attribute", keys, KEY_COUNT, nodes) ||
		!entry_name(rules, d, nodes[ON], "place", on_names, TELEMETRY_ON_COUNT, &on))
		return;
	if (nodes[FACT] && !entry_name(rules, d, nodes[FACT], "fact", fact_names, TELEMETRY_FACT_COUNT, &fact))
		return;
	if (on != TELEMETRY_ON_NAME && !nodes[FACT] && !nodes[VALUE]) {
		knowledge_problem(rules, d, entry, ERR_SCHEMA, "an attribute needs a `fact` or a `value`");
		return;
	}
	if (nodes[FACT] && (nodes[IS] == 0) != (nodes[VALUE] == 0)) {
		knowledge_problem(rules, d, entry, ERR_SCHEMA, "`is` and `value` go together beside a `fact`");
		return;
	}
	const struct telemetry_attribute t = {(enum telemetry_on)on, (enum telemetry_fact)fact, tree_text(d, nodes[KEY]), tree_text(d, nodes[IS]), tree_text(d, nodes[VALUE])};
	*place_of(rules, &t) = t;
}

void knowledge_telemetry(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	uint32_t list = entry_list(rules, d, root, "telemetry", NULL);
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i))
		load_attribute(rules, d, i);
}
