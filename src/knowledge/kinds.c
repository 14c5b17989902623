/* patterns/kinds.yaml: what events are called, what error classes there are, and names for groups of classes.
 *
 * Loaded before all other knowledge. The kinds of model/kinds.h and the fields of model/rules.h are interned first, in the order of
 * their enums, so that code can use the enum value as id; all others follow in file order. Files of the user add to the lists;
 * naming a known kind again is harmless. */
#include "knowledge/conditions.h"
#include "model/picture.h"

enum { KIND_MAX = 4096 };

enum { ID, WHAT, MARK, SIDE, KEY_COUNT };

static const char *const mark_names[] = {
#define X(id, name) name,
	MARK_LIST(X)
#undef X
};
static const char *const side_names[] = {
#define X(id, name) name,
	SIDE_LIST(X)
#undef X
};

static struct kind_mark *mark_of(struct rules *rules, uint16_t kind)
{
	for (size_t i = 0; i < rules->marks.n; i++)
		if (rules->marks.v[i].kind == kind)
			return &rules->marks.v[i];
	return vec_push(&rules->marks);
}

/* How a kind is drawn, and its words: mark and side stand together or not at all. */
static void load_mark(struct rules *rules, const struct tree_doc *d, uint16_t kind, const uint32_t *nodes)
{
	unsigned mark, side;
	if (nodes[MARK] == 0 && nodes[SIDE] == 0)
		return;
	if (nodes[MARK] == 0 || nodes[SIDE] == 0) {
		knowledge_problem(rules, d, nodes[MARK] + nodes[SIDE], ERR_SCHEMA, "`mark` and `side` go together");
		return;
	}
	if (!entry_name(rules, d, nodes[MARK], "mark", mark_names, MARK_COUNT, &mark) ||
		!entry_name(rules, d, nodes[SIDE], "side", side_names, SIDE_COUNT, &side))
		return;
	struct kind_mark *m = mark_of(rules, kind); /* member by member: bytes between them stay 0, for the image */
	m->kind = kind;
	m->mark = (uint8_t)mark;
	m->side = (uint8_t)side;
	m->what = nodes[WHAT] ? tree_text(d, nodes[WHAT]) : STR_NONE;
}

/* Naming a kind again with other words replaces them. */
static void load_words(struct rules *rules, uint16_t kind, str what)
{
	size_t i = 0;
	while (i < rules->words.n && rules->words.v[i].kind != kind)
		i++;
	struct kind_words *w = i < rules->words.n ? &rules->words.v[i] : vec_push(&rules->words);
	w->kind = kind; /* member by member, as above */
	w->what = what;
}

/* The first `key_count` of the keys: a class has no picture. */
static void load_names(struct rules *rules, const struct tree_doc *d, uint32_t list, const char *what, struct intern *t, uint32_t max, size_t key_count)
{
	static const struct entry_key keys[KEY_COUNT] = {
		{"id", ENTRY_TEXT, true}, {"what", ENTRY_TEXT, false}, {"mark", ENTRY_TEXT, false}, {"side", ENTRY_TEXT, false}};
	uint32_t nodes[KEY_COUNT] = {0};
	if (list != 0 && d->nodes[list].type != TREE_LIST)
		knowledge_problem(rules, d, list, ERR_SCHEMA, "a list of %s entries is wanted here: each begins with `- id: …`", what);
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i)) {
		str id;
		if (!entry_read(rules, d, i, what, keys, key_count, nodes) || !entry_id(rules, d, nodes[ID], &id))
			continue;
		if (intern_find(t, id) == 0 && t->n >= max)
			knowledge_problem(rules, d, nodes[ID], ERR_LIMIT, "more than %u names of this sort", (unsigned)max - 1);
		else if (key_count == KEY_COUNT) {
			const uint16_t kind = (uint16_t)intern_put(t, id);
			load_mark(rules, d, kind, nodes);
			if (nodes[WHAT])
				load_words(rules, kind, tree_text(d, nodes[WHAT]));
		} else
			(void)intern_put(t, id);
	}
}

static struct class_group *find_group(struct rules *rules, str id)
{
	for (size_t i = 0; i < rules->groups.n; i++)
		if (str_eq(rules->groups.v[i].id, id))
			return &rules->groups.v[i];
	return NULL;
}

static void load_group(struct rules *rules, const struct tree_doc *d, uint32_t map)
{
	static const struct entry_key keys[] = {{"id", ENTRY_TEXT, true}, {"of", ENTRY_LIST, true}, {"what", ENTRY_TEXT, false}};
	uint32_t nodes[3];
	struct class_group g = {0};
	if (!entry_read(rules, d, map, "group", keys, 3, nodes) || !entry_id(rules, d, nodes[0], &g.id))
		return;
	for (uint32_t i = tree_first(d, nodes[1]); i != 0; i = tree_next(d, i)) {
		uint16_t class;
		const struct class_group *other = find_group(rules, tree_text(d, i));
		if (other != NULL) {
			for (size_t w = 0; w < sizeof g.members / sizeof *g.members; w++)
				g.members[w] |= other->members[w];
			continue;
		}
		if (!entry_interned(rules, d, i, "class", &rules->classes, &class))
			return;
		g.members[class / 64] |= UINT64_C(1) << (class % 64);
	}
	struct class_group *old = find_group(rules, g.id);
	*(old != NULL ? old : vec_push(&rules->groups)) = g;
}

/* Lines that show what a log is: words of a line, without points in time and names. Read behind the names that they use. */
static struct cond *load_line(struct rules *rules, const struct tree_doc *d, uint32_t map)
{
	struct cause nobody = {0};
	struct cond_scope s = {.rules = rules, .d = d, .cause = &nobody};
	struct cond *c = arena_alloc(&rules->arena, sizeof *c);
	condition_read(&s, map, c);
	if (s.broken)
		return NULL;
	if (c->type == COND_EVENT && c->bind < 0 && c->from.base == ANCHOR_NONE && c->to.base == ANCHOR_NONE)
		return c;
	knowledge_problem(rules, d, map, ERR_SCHEMA, "the words of a line are wanted here, such as `{ event: http.access, where: { path: /mcp } }`");
	return NULL;
}

void knowledge_kinds(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	static const char *const lists[] = {"classes", "groups", "traffic", "life", NULL};
	struct cond *line;
	uint32_t kinds = entry_list(rules, d, root, "kinds", lists);
	load_names(rules, d, kinds, "kind", &rules->kinds, KIND_MAX, KEY_COUNT);
	load_names(rules, d, tree_get(d, root, "classes"), "class", &rules->classes, GROUP_CLASSES, MARK);
	uint32_t groups = tree_get(d, root, "groups");
	if (groups != 0 && d->nodes[groups].type != TREE_LIST)
		knowledge_problem(rules, d, groups, ERR_SCHEMA, "`groups` must be a list: each entry begins with `- id: …`");
	for (uint32_t i = tree_first(d, groups); i != 0; i = tree_next(d, i))
		load_group(rules, d, i);
	for (uint32_t i = tree_first(d, tree_get(d, root, "traffic")); i != 0; i = tree_next(d, i))
		if ((line = load_line(rules, d, i)) != NULL)
			*vec_push(&rules->traffic) = line;
	for (uint32_t i = tree_first(d, tree_get(d, root, "life")); i != 0; i = tree_next(d, i))
		if ((line = load_line(rules, d, i)) != NULL)
			*vec_push(&rules->life) = line;
}
