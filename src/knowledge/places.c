/* patterns/places.yaml: where logs lie and what each kind tells, and the log of the self-test. An entry with a known id replaces
 * that one. Paths are only texts here: what {home} stands for is the caller's world. */
#include "knowledge/entry.h"

static const struct entry_key keys[] = {
	{"id", ENTRY_TEXT, true},
	{"title", ENTRY_TEXT, true},
	{"kind", ENTRY_TEXT, true},
	{"paths", ENTRY_LIST, true},
	{"names", ENTRY_LIST, true},
	{"tells", ENTRY_TEXT, true},
	{"missing", ENTRY_TEXT, false},
	{"switch", ENTRY_TEXT, true},
	{"example", ENTRY_TEXT, false},
	{"main", ENTRY_BOOL, false},
};
enum { ID, TITLE, KIND, PATHS, NAMES, TELLS, MISSING, SWITCH, EXAMPLE, MAIN, KEY_COUNT };
_Static_assert(sizeof keys / sizeof *keys == KEY_COUNT, "keys and their names differ");

static bool load_texts(struct rules *rules, const struct tree_doc *d, uint32_t list, str *ret, unsigned most, unsigned *ret_count)
{
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i)) {
		if (*ret_count == most) {
			knowledge_problem(rules, d, i, ERR_LIMIT, "this list takes at most %u texts", most);
			return false;
		}
		ret[(*ret_count)++] = tree_text(d, i);
	}
	return true;
}

static struct log_place *place_of(struct rules *rules, str id)
{
	for (size_t i = 0; i < rules->places.n; i++)
		if (str_eq(rules->places.v[i].id, id))
			return &rules->places.v[i];
	return vec_push(&rules->places);
}

static void load_place(struct rules *rules, const struct tree_doc *d, uint32_t entry)
{
	uint32_t nodes[KEY_COUNT];
	struct log_place p = {0};
	unsigned kind;
	if (!entry_read(rules, d, entry, "place", keys, KEY_COUNT, nodes) || !entry_id(rules, d, nodes[ID], &p.id) ||
		!entry_name(rules, d, nodes[KIND], "source kind", entry_source_names, SOURCE_KIND_COUNT, &kind) ||
		!load_texts(rules, d, nodes[PATHS], p.paths, PLACE_PATHS, &p.path_count) ||
		!load_texts(rules, d, nodes[NAMES], p.names, PLACE_NAMES, &p.name_count))
		return;
	p.kind = (enum source_kind)kind;
	p.title = tree_text(d, nodes[TITLE]);
	p.tells = tree_text(d, nodes[TELLS]);
	p.missing = tree_text(d, nodes[MISSING]);
	p.enable = tree_text(d, nodes[SWITCH]);
	p.example = tree_text(d, nodes[EXAMPLE]);
	p.main = entry_true(d, nodes[MAIN]);
	*place_of(rules, p.id) = p;
}

void knowledge_places(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	static const char *const also[] = {"self_test", NULL};
	uint32_t list = entry_list(rules, d, root, "places", also);
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i))
		load_place(rules, d, i);
	const str test = tree_get_text(d, root, "self_test");
	if (test.n)
		rules->self_test = test;
}
