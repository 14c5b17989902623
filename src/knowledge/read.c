/* Documents to entries: the kinds of files, and the order in which they are read.
 *
 * Order is meaning: the first signature or format that fits wins. New ones of the user come before the built-in ones, which end in
 * general patterns that would take their lines.
 *
 * The kinds come first, over all documents before anything else, because every other entry may name one. Within a document files
 * are taken in the order of their paths. Built-in entries are read here by the build, and put into the program as an image
 * (knowledge/image.c): a run reads files of the user only. */
#include "base/mem.h"
#include "knowledge/entry.h"
#include "knowledge/image.h"
#include <stdlib.h>

static const struct kind_of_file {
	const char *schema;
	void (*load)(struct rules *rules, const struct tree_doc *d, uint32_t root);
} kinds_of_file[] = {
	{"mcplog.kinds/1", knowledge_kinds}, /* first: see knowledge_read */
	{"mcplog.formats/1", knowledge_formats},
	{"mcplog.signatures/1", knowledge_signatures},
	{"mcplog.redactions/1", knowledge_redactions},
	{"mcplog.causes/1", knowledge_causes},
	{"mcplog.advice/1", knowledge_advice},
	{"mcplog.limits/1", knowledge_limits},
	{"mcplog.queries/1", knowledge_queries},
	{"mcplog.places/1", knowledge_places},
	{"mcplog.telemetry/1", knowledge_telemetry},
};
enum { FILE_KINDS = sizeof kinds_of_file / sizeof *kinds_of_file };
static const unsigned KINDS = 1u << 0, CAUSES = 1u << 4; /* places in the table */

/* Ids of these must equal their enum values. */
static void intern_constants(struct rules *rules)
{
	static const char *const kinds[] = {
#define X(id, name) [KIND_##id] = name,
		KIND_LIST(X)
#undef X
	};
	static const char *const fields[] = {
#define X(id, name) [FIELD_##id] = name,
		FIELD_LIST(X)
#undef X
	};
	for (size_t i = 1; i < KIND_COUNT; i++)
		(void)intern_put(&rules->kinds, str_z(kinds[i]));
	for (size_t i = 1; i < FIELD_COUNT; i++)
		(void)intern_put(&rules->fields, str_z(fields[i]));
}

/* Index in kinds_of_file, or FILE_KINDS after a problem was noted. */
static size_t kind_of_file(struct rules *rules, const struct tree_doc *d, uint32_t root, bool report)
{
	const char *names[FILE_KINDS];
	uint32_t node = tree_get(d, root, "schema");
	str schema = tree_text(d, node);
	for (size_t i = 0; i < FILE_KINDS; i++) {
		names[i] = kinds_of_file[i].schema;
		if (str_eq(schema, str_z(names[i])))
			return i;
	}
	unsigned ignored;
	if (report && node == 0)
		knowledge_problem(rules, d, root, ERR_SCHEMA, "no `schema` line: a pattern file begins with one such as `schema: mcplog.signatures/1`");
	else if (report)
		(void)entry_name(rules, d, node, "schema", names, FILE_KINDS, &ignored);
	return FILE_KINDS;
}

/* Moves the entries from `builtin` on before the others. */
static void users_first(void *entries, size_t size, size_t n, size_t builtin)
{
	char *p = entries;
	if (builtin == 0 || n == builtin)
		return;
	char *old = mem_dup(p, builtin * size);
	memmove(p, p + builtin * size, (n - builtin) * size);
	memcpy(p + (n - builtin) * size, old, builtin * size);
	free(old);
}

static void read_files(struct rules *rules, size_t from, size_t to, unsigned kinds)
{
	for (size_t i = from; i < to; i++) {
		const struct tree_doc *d = rules->docs.v[i];
		for (size_t f = 0; f < d->file_count; f++) {
			size_t kind = kind_of_file(rules, d, d->roots[f], kinds == KINDS);
			if (kind < FILE_KINDS && (kinds >> kind & 1))
				kinds_of_file[kind].load(rules, d, d->roots[f]);
		}
	}
}

/* Causes name groups of classes: when a file gives a group of the documents before it other members, their causes are read anew. */
static void read_kinds(struct rules *rules, size_t first_doc)
{
	const size_t n = rules->groups.n;
	struct class_group *before = mem_dup(rules->groups.v, n * sizeof *before);
	read_files(rules, first_doc, rules->docs.n, KINDS);
	if (n > 0 && memcmp(before, rules->groups.v, n * sizeof *before) != 0)
		read_files(rules, 0, first_doc, CAUSES);
	free(before);
}

void knowledge_read(struct rules *rules, size_t first_doc)
{
	const size_t signatures = rules->signatures.n, formats = rules->formats.n;
	if (first_doc == 0)
		intern_constants(rules);
	read_kinds(rules, first_doc);
	read_files(rules, first_doc, rules->docs.n, ~KINDS);
	users_first(rules->signatures.v, sizeof *rules->signatures.v, rules->signatures.n, signatures);
	users_first(rules->formats.v, sizeof *rules->formats.v, rules->formats.n, formats);
}

void knowledge_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->formats.n; i++)
		regex_free(rules->formats.v[i].regex);
	for (size_t i = 0; i < rules->redactions.n; i++)
		regex_free(rules->redactions.v[i].regex);
	for (size_t i = 0; i < rules->docs.n; i++)
		if (!entry_is_builtin(rules->docs.v[i]))
			tree_doc_free((struct tree_doc *)rules->docs.v[i]);
	image_free(rules);
	vec_free(&rules->docs);
	vec_free(&rules->problems);
	arena_done(&rules->sets);
	arena_done(&rules->arena);
	*rules = (struct rules){0};
}
