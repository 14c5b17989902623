/* patterns/redactions/: what may not leave the machine, for redact/. A regex is tried only where one of the literals stands, so
 * that redaction costs little on ordinary lines. A rule of the user can add secrets of his own or replace a rule by its id. */
#include "knowledge/entry.h"

static const struct entry_key keys[] = {
	{"id", ENTRY_TEXT, true},
	{"kind", ENTRY_TEXT, true},
	{"literals", ENTRY_LIST, true},
	{"match", ENTRY_TEXT, true},
	{"entropy", ENTRY_TEXT, false},
	{"mixed", ENTRY_TEXT, false},
	{"level", ENTRY_TEXT, false},
	{"meaning", ENTRY_TEXT, false},
	{"public", ENTRY_ANY, false},
	{"constructed", ENTRY_BOOL, false},
	{"samples", ENTRY_LIST, false},
};
enum { ID, KIND, LITERALS, MATCH, ENTROPY, MIXED, LEVEL, MEANING, PUBLIC, CONSTRUCTED, SAMPLES, KEY_COUNT };
_Static_assert(sizeof keys / sizeof *keys == KEY_COUNT, "keys and their names differ");

static bool load_literals(struct rules *rules, const struct tree_doc *d, uint32_t list, struct redaction *r)
{
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i)) {
		str literal = tree_text(d, i);
		if (r->literal_count == sizeof r->literals / sizeof *r->literals) {
			knowledge_problem(rules, d, i, ERR_LIMIT, "`literals` takes at most %zu texts", sizeof r->literals / sizeof *r->literals);
			return false;
		}
		if (literal.n < 2) {
			knowledge_problem(rules, d, i, ERR_SCHEMA, "a literal has 2 bytes or more: shorter ones stand in nearly every line");
			return false;
		}
		r->literals[r->literal_count++] = literal;
	}
	if (r->literal_count == 0 && !r->privacy)
		knowledge_problem(rules, d, list, ERR_SCHEMA, "name at least one literal that stands in every match");
	return r->literal_count > 0 || r->privacy; /* people and places have no mark of their own: such rules are always tried */
}

/* "3.5": bits per character. */
static bool load_entropy(struct rules *rules, const struct tree_doc *d, uint32_t node, struct redaction *r)
{
	double bits = 0;
	if (node == 0)
		return true;
	if (!str_double(tree_text(d, node), &bits) || bits > 8) {
		knowledge_problem(rules, d, node, ERR_SCHEMA, "`entropy` is a number of bits per character, such as 3.5");
		return false;
	}
	r->entropy = (unsigned)(bits * 100 + 0.5);
	return true;
}

static bool load_mixed(struct rules *rules, const struct tree_doc *d, uint32_t node, struct redaction *r)
{
	uint64_t n = 0;
	if (node == 0)
		return true;
	if (!str_u64(tree_text(d, node), &n) || n > 100) {
		knowledge_problem(rules, d, node, ERR_SCHEMA, "`mixed` is a number of changes, such as 6");
		return false;
	}
	r->mixed = (unsigned)n;
	return true;
}

static bool load_level(struct rules *rules, const struct tree_doc *d, uint32_t node, struct redaction *r)
{
	static const char *const names[] = {"secrets", "privacy"};
	unsigned level = 0;
	if (node != 0 && !entry_name(rules, d, node, "level", names, sizeof names / sizeof *names, &level))
		return false;
	r->privacy = level == 1;
	return true;
}

static void load_redaction(struct rules *rules, const struct tree_doc *d, uint32_t entry)
{
	uint32_t nodes[KEY_COUNT];
	struct redaction r = {.node = entry, .doc = d, .where = entry_where(d, entry)};
	if (!entry_read(rules, d, entry, "redaction", keys, KEY_COUNT, nodes) || !entry_id(rules, d, nodes[ID], &r.id) ||
		!entry_id(rules, d, nodes[KIND], &r.kind) || !load_level(rules, d, nodes[LEVEL], &r) || !load_literals(rules, d, nodes[LITERALS], &r) ||
		!load_entropy(rules, d, nodes[ENTROPY], &r) || !load_mixed(rules, d, nodes[MIXED], &r))
		return;
	const struct entry_pattern pattern = entry_pattern(rules, d, nodes[MATCH], 0);
	r.match = pattern.text;
	if (!entry_regex(rules, d, &pattern, 0, &r.regex))
		return;
	for (size_t i = 0; i < rules->redactions.n; i++) {
		struct redaction *old = &rules->redactions.v[i];
		if (!str_eq(old->id, r.id))
			continue;
		if (old->doc == d) {
			knowledge_problem(rules, d, nodes[ID], ERR_SCHEMA, "the id `%.*s` was used before, at %s:%u", STR_ARG(r.id), old->where.file, old->where.line);
			regex_free(r.regex);
			return;
		}
		regex_free(old->regex);
		*old = r;
		return;
	}
	*vec_push(&rules->redactions) = r;
}

void knowledge_redactions(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	static const char *const also[] = {"placeholders", NULL};
	uint32_t list = entry_list(rules, d, root, "redactions", also);
	for (uint32_t i = tree_first(d, tree_get(d, root, also[0])); i != 0; i = tree_next(d, i))
		if (tree_text(d, i).n > 0)
			*vec_push(&rules->placeholders) = tree_text(d, i);
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i))
		load_redaction(rules, d, i);
}
