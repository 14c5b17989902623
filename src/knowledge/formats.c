/* patterns/formats/: line-shaped log formats and wrappers, for parse/. A wrapper only peels (container, time, stream); any other
 * format says what kind of log its lines are and in which class their bodies are looked up. Order is meaning, as with signatures. */
#include "knowledge/entry.h"

static const struct entry_key keys[] = {
	{"id", ENTRY_TEXT, true},
	{"kind", ENTRY_TEXT, false},
	{"class", ENTRY_TEXT, false},
	{"head", ENTRY_TEXT, false},
	{"match", ENTRY_TEXT, true},
	{"time", ENTRY_TEXT, false},
	{"local", ENTRY_BOOL, false},
	{"fold", ENTRY_TEXT, false},
	{"wrapper", ENTRY_BOOL, false},
	{"strong", ENTRY_BOOL, false},
	{"after", ENTRY_TEXT, false},
	{"role", ENTRY_TEXT, false},
	{"split", ENTRY_LIST, false},
	{"meaning", ENTRY_TEXT, false},
	{"public", ENTRY_ANY, false},
	{"constructed", ENTRY_BOOL, false},
	{"samples", ENTRY_LIST, false},
};
enum { ID, KIND, CLASS, HEAD, MATCH, TIME, LOCAL, FOLD, WRAPPER, STRONG, AFTER, ROLE, SPLIT, MEANING, PUBLIC, CONSTRUCTED, SAMPLES, KEY_COUNT };
_Static_assert(sizeof keys / sizeof *keys == KEY_COUNT, "keys and their names differ");

static const char *const fold_names[] = {[FOLD_NONE] = "none", [FOLD_ANY] = "any", [FOLD_INDENT] = "indent", [FOLD_TRACE] = "trace"};

static bool load_words(struct rules *rules, const struct tree_doc *d, uint32_t entry, const uint32_t *nodes, struct format *f)
{
	unsigned kind = SOURCE_UNKNOWN, class = CLASS_SERVER, fold = FOLD_NONE;
	if (!f->wrapper && (nodes[KIND] == 0 || nodes[CLASS] == 0)) {
		knowledge_problem(rules, d, entry, ERR_SCHEMA, "this format needs `kind` and `class`; only a `wrapper: true` goes without");
		return false;
	}
	if ((nodes[KIND] != 0 && !entry_name(rules, d, nodes[KIND], "source kind", entry_source_names, SOURCE_KIND_COUNT, &kind)) ||
		(nodes[CLASS] != 0 && !entry_name(rules, d, nodes[CLASS], "body class", entry_class_names, CLASS_COUNT, &class)) ||
		(nodes[FOLD] != 0 && !entry_name(rules, d, nodes[FOLD], "value of `fold`", fold_names, sizeof fold_names / sizeof *fold_names, &fold)))
		return false;
	f->kind = (enum source_kind)kind;
	f->class = (enum body_class)class;
	f->fold = fold;
	return true;
}

static bool load_split(struct rules *rules, const struct tree_doc *d, uint32_t list, struct format *f)
{
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i)) {
		if (f->split_count == sizeof f->split / sizeof *f->split) {
			knowledge_problem(rules, d, i, ERR_LIMIT, "`split` takes at most %zu formats", sizeof f->split / sizeof *f->split);
			return false;
		}
		if (!entry_id(rules, d, i, &f->split[f->split_count++]))
			return false;
	}
	return true;
}

static void load_format(struct rules *rules, const struct tree_doc *d, uint32_t entry)
{
	uint32_t nodes[KEY_COUNT];
	struct format f = {.node = entry, .doc = d, .where = entry_where(d, entry)};
	if (!entry_read(rules, d, entry, "format", keys, KEY_COUNT, nodes) || !entry_id(rules, d, nodes[ID], &f.id))
		return;
	f.wrapper = entry_true(d, nodes[WRAPPER]);
	f.local = entry_true(d, nodes[LOCAL]);
	f.strong = entry_true(d, nodes[STRONG]);
	f.head = tree_text(d, nodes[HEAD]);
	f.time = tree_text(d, nodes[TIME]);
	const struct entry_pattern pattern = entry_pattern(rules, d, nodes[MATCH], 0);
	f.match = pattern.text;
	f.after = tree_text(d, nodes[AFTER]);
	f.role = tree_text(d, nodes[ROLE]);
	if (!load_words(rules, d, entry, nodes, &f) || !load_split(rules, d, nodes[SPLIT], &f) || !entry_regex(rules, d, &pattern, REGEX_ANCHORED, &f.regex))
		return;
	struct pattern_facts facts;
	pattern_read(f.match, &rules->arena, &facts);
	f.literal = facts.literal;
	for (size_t i = 0; i < rules->formats.n; i++) {
		struct format *old = &rules->formats.v[i];
		if (!str_eq(old->id, f.id))
			continue;
		if (old->doc == d) {
			knowledge_problem(rules, d, nodes[ID], ERR_SCHEMA, "the id `%.*s` was used before, at %s:%u", STR_ARG(f.id), old->where.file, old->where.line);
			regex_free(f.regex);
			return;
		}
		regex_free(old->regex);
		*old = f;
		return;
	}
	*vec_push(&rules->formats) = f;
}

void knowledge_formats(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	uint32_t list = entry_list(rules, d, root, "formats", NULL);
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i))
		load_format(rules, d, i);
}
