/* patterns/signatures/: entries to struct signature. What a match means is said by data alone; here it is only checked and
 * indexed: which literal every match begins with or contains (base/pattern.h), so that match/ tries few of them.
 *
 * Order is meaning: the first matching signature wins. File order is kept, and an entry with the id of an earlier one takes its
 * place. A faulty entry is left out after its problem was noted; then the earlier one stays. */
#include "base/pattern.h"
#include "knowledge/entry.h"

static const struct entry_key keys[] = {
	{"id", ENTRY_TEXT, true},
	{"event", ENTRY_TEXT, false},
	{"in", ENTRY_LIST, true},
	{"source", ENTRY_LIST, false},
	{"level", ENTRY_TEXT, false},
	{"keep", ENTRY_TEXT, false},
	{"class", ENTRY_TEXT, false},
	{"core", ENTRY_BOOL, false},
	{"set", ENTRY_MAP, false},
	{"frame", ENTRY_TEXT, false},
	{"literal", ENTRY_TEXT, false},
	{"match", ENTRY_TEXT, true},
	{"meaning", ENTRY_TEXT, false},
	{"public", ENTRY_ANY, false},
	{"constructed", ENTRY_BOOL, false},
	{"samples", ENTRY_LIST, false},
};
enum { ID, EVENT, IN, SOURCE, LEVEL, KEEP, CLASS, CORE, SET, FRAME, LITERAL, MATCH, MEANING, PUBLIC, CONSTRUCTED, SAMPLES, KEY_COUNT };
enum { SIGNATURES_MAX = 65000 }; /* events number them in 16 bits */
_Static_assert(sizeof keys / sizeof *keys == KEY_COUNT, "keys and their names differ");

static const char *const keep_names[] = {[KEEP_EVENT] = "event", [KEEP_MARK] = "mark", [KEEP_CALL] = "call", [KEEP_COUNT] = "count"};
static const char *const level_names[] = {[LEVEL_DEBUG] = "debug", [LEVEL_INFO] = "info", [LEVEL_WARN] = "warn", [LEVEL_ERROR] = "error"};

/* A list of names (or 0) to a bit set. */
static bool load_bits(struct rules *rules, const struct tree_doc *d, uint32_t list, const char *what, const char *const *names, size_t count,
	uint32_t *ret_bits)
{
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i)) {
		unsigned index;
		if (!entry_name(rules, d, i, what, names, count, &index))
			return false;
		*ret_bits |= UINT32_C(1) << index;
	}
	if (list != 0 && *ret_bits == 0) {
		knowledge_problem(rules, d, list, ERR_SCHEMA, "the list is empty: name at least one %s", what);
		return false;
	}
	return true;
}

static void load_set(struct rules *rules, const struct tree_doc *d, uint32_t map, struct signature *s)
{
	s->set = arena_alloc(&rules->arena, tree_count(d, map) * sizeof *s->set);
	for (uint32_t i = tree_first(d, map); i != 0; i = tree_next(d, i))
		s->set[s->set_count++] = (struct field){.name = (uint16_t)intern_put(&rules->fields, tree_key(d, i)), .value = tree_text(d, i)};
}

/* Error texts have no event kind of their own: they give a class to the event that carries them. */
static bool load_meaning(struct rules *rules, const struct tree_doc *d, uint32_t entry, const uint32_t *nodes, struct signature *s)
{
	bool only_errors = s->bodies == UINT32_C(1) << CLASS_ERROR;
	if (nodes[EVENT] == 0 && !only_errors) {
		knowledge_problem(rules, d, entry, ERR_SCHEMA, "this signature has no `event`; only those with `in: [error]` go without");
		return false;
	}
	if (nodes[CLASS] == 0 && only_errors) {
		knowledge_problem(rules, d, entry, ERR_SCHEMA, "a signature of error texts needs `class`: what sort of error is it?");
		return false;
	}
	s->kind = KIND_ERROR_TEXT;
	return (nodes[EVENT] == 0 || entry_interned(rules, d, nodes[EVENT], "kind", &rules->kinds, &s->kind)) &&
		(nodes[CLASS] == 0 || entry_interned(rules, d, nodes[CLASS], "class", &rules->classes, &s->class));
}

static bool load_words(struct rules *rules, const struct tree_doc *d, const uint32_t *nodes, struct signature *s)
{
	unsigned index = 0;
	if (!load_bits(rules, d, nodes[IN], "body class", entry_class_names, CLASS_COUNT, &s->bodies) ||
		!load_bits(rules, d, nodes[SOURCE], "source kind", entry_source_names, SOURCE_KIND_COUNT, &s->sources))
		return false;
	if (nodes[KEEP] != 0 && !entry_name(rules, d, nodes[KEEP], "value of `keep`", keep_names, sizeof keep_names / sizeof *keep_names, &index))
		return false;
	s->keep = (enum keep)index;
	index = LEVEL_NONE;
	if (nodes[LEVEL] != 0 && !entry_name(rules, d, nodes[LEVEL], "level", level_names, sizeof level_names / sizeof *level_names, &index))
		return false;
	s->level = (enum level)index;
	load_set(rules, d, nodes[SET], s);
	return true;
}

static void name_group(struct rules *rules, struct signature *s, unsigned group, str name)
{
	s->group_field[group] = (uint16_t)intern_put(&rules->fields, name);
}

/* What is known of a pattern. The names of its groups are settled here, before anything matches: matchers of several threads only
 * read the rules. */
static void load_facts(struct rules *rules, const struct regex *regex, struct signature *s)
{
	for (unsigned i = 1; i <= regex_group_count(regex) && i < REGEX_GROUPS; i++)
		name_group(rules, s, i, regex_group_name(regex, i));
	struct pattern_facts facts;
	struct byte_set *prefix = arena_alloc(&rules->sets, PATTERN_PREFIX * sizeof *prefix), split[2][PATTERN_PREFIX];
	pattern_read(s->match, &rules->arena, &facts);
	pattern_prefix(s->match, prefix);
	s->prefix = prefix;
	s->split = pattern_prefix_split(s->match, split) ? memcpy(arena_alloc(&rules->sets, sizeof split), split, sizeof split) : NULL;
	s->head = facts.head;
	s->literal = facts.literal;
	s->anchored = facts.anchored;
}

/* An empty text would stand in every frame, an empty line in none. */
static bool load_frame(struct rules *rules, const struct tree_doc *d, uint32_t node, struct signature *s)
{
	str lines = s->frame = tree_text(d, node);
	while (lines.n > 0) {
		str line = str_word(&lines, '\n'), texts = str_from(line, str_starts(line, S("^")));
		bool empty = texts.n == 0 || texts.p[texts.n - 1] == '|';
		while (texts.n > 0)
			empty |= str_word(&texts, '|').n == 0;
		if (empty) {
			knowledge_problem(rules, d, node, ERR_SCHEMA, "`frame` has a line or a text that is empty");
			return false;
		}
	}
	return true;
}

static bool load_match(struct rules *rules, const struct tree_doc *d, const uint32_t *nodes, uint32_t pieces, struct signature *s)
{
	const struct entry_pattern pattern = entry_pattern(rules, d, nodes[MATCH], pieces);
	struct regex *regex = NULL;
	s->match = pattern.text;
	if (!entry_regex(rules, d, &pattern, 0, &regex))
		return false;
	load_facts(rules, regex, s);
	regex_free(regex);
	s->anchored = s->anchored || str_starts(s->match, S("^"));
	if (nodes[LITERAL] != 0)
		s->literal = tree_text(d, nodes[LITERAL]);
	s->core = entry_true(d, nodes[CORE]);
	return load_frame(rules, d, nodes[FRAME], s);
}

/* Index of an entry with this id, or signatures.n. */
static size_t find(const struct rules *rules, str id)
{
	for (size_t i = 0; i < rules->signatures.n; i++)
		if (str_eq(rules->signatures.v[i].id, id))
			return i;
	return rules->signatures.n;
}

static void load_signature(struct rules *rules, const struct tree_doc *d, uint32_t entry, uint32_t pieces)
{
	uint32_t nodes[KEY_COUNT];
	struct signature s = {.node = entry, .doc = d, .where = entry_where(d, entry)};
	if (!entry_read(rules, d, entry, "signature", keys, KEY_COUNT, nodes) || !entry_id(rules, d, nodes[ID], &s.id) ||
		!load_words(rules, d, nodes, &s) || !load_meaning(rules, d, entry, nodes, &s) || !load_match(rules, d, nodes, pieces, &s))
		return;
	size_t at = find(rules, s.id);
	if (at == rules->signatures.n && at >= SIGNATURES_MAX) {
		knowledge_problem(rules, d, entry, ERR_LIMIT, "more than %d signatures", (int)SIGNATURES_MAX);
		return;
	}
	if (at == rules->signatures.n) {
		*vec_push(&rules->signatures) = s;
		return;
	}
	struct signature *old = &rules->signatures.v[at];
	if (old->doc == d) {
		knowledge_problem(rules, d, nodes[ID], ERR_SCHEMA, "the id `%.*s` was used before, at %s:%u", STR_ARG(s.id), old->where.file, old->where.line);
		return;
	}
	*old = s;
}

/* The file's own: names of patterns' parts, and their texts. */
static uint32_t load_pieces(struct rules *rules, const struct tree_doc *d, uint32_t pieces)
{
	if (pieces == 0 || d->nodes[pieces].type == TREE_MAP)
		return pieces;
	knowledge_problem(rules, d, pieces, ERR_SCHEMA, "`pieces` must be a map: names, and the text that `(?&name)` stands for in a `match`");
	return 0;
}

void knowledge_signatures(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	static const char *const also[] = {"pieces", NULL};
	const uint32_t list = entry_list(rules, d, root, "signatures", also), pieces = load_pieces(rules, d, tree_get(d, root, also[0]));
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i))
		load_signature(rules, d, i, pieces);
}
