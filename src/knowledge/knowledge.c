/* Loads all knowledge: the tree built into the program first, then each directory of the user, in order. Entries of later
 * documents replace earlier ones with the same id in place.
 *
 * Order is meaning: the first signature or format that fits wins. New ones of the user come before the built-in ones, which end in
 * general patterns that would take their lines.
 *
 * Per document the kinds come first, over all documents before anything else, because every other entry may name one. Within a
 * document files are taken in the order of their paths.
 *
 * A fault in a user's file never stops a run: the file or entry is left out and noted in rules->problems, and the caller decides
 * on the exit code. Only a missing directory that was asked for is an error. As root, a directory that others could change is
 * refused (bad-inputs I4); for other users it is warned about.
 *
 * The built-in part must cost little, as every start pays for it: no YAML, no regex is compiled, its hash is a constant. */
#include "base/diag.h"
#include "base/hash.h"
#include "base/mem.h"
#include "knowledge/entry.h"
#include "knowledge/files.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct kind_of_file {
	const char *schema;
	void (*load)(struct rules *rules, const struct tree_doc *d, uint32_t root);
} kinds_of_file[] = {
	{"mcplog.kinds/1", knowledge_kinds}, /* first: see load_docs */
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

static void load_docs(struct rules *rules, bool kinds)
{
	size_t signatures = 0, formats = 0;
	for (size_t i = 0; i < rules->docs.n; i++) {
		const struct tree_doc *d = rules->docs.v[i];
		for (size_t f = 0; f < d->file_count; f++) {
			size_t kind = kind_of_file(rules, d, d->roots[f], kinds);
			if (kind < FILE_KINDS && (kind == 0) == kinds)
				kinds_of_file[kind].load(rules, d, d->roots[f]);
		}
		if (i == 0) {
			signatures = rules->signatures.n;
			formats = rules->formats.n;
		}
	}
	users_first(rules->signatures.v, sizeof *rules->signatures.v, rules->signatures.n, signatures);
	users_first(rules->formats.v, sizeof *rules->formats.v, rules->formats.n, formats);
}

static void note_file_problem(struct rules *rules, const struct err *e)
{
	if (rules->problem_count++ == 0)
		rules->first_problem = *e;
	if (rules->problems.n < LIMIT_PROBLEMS)
		*vec_push(&rules->problems) = *e;
}

static void read_dir(struct rules *rules, const char *dir, const struct file_list *list)
{
	struct buf text = {0}, path = {0};
	struct tree_builder *b = tree_builder_new();
	for (size_t i = 0; i < list->names.n; i++) {
		struct err e = {0};
		str name = list->names.v[i];
		buf_reset(&text);
		buf_reset(&path);
		buf_printf(&path, "%s/%s", dir, name.p);
		buf_byte(&path, '\0');
		int rc = file_read(path.p, &text, &e);
		if (rc == 0)
			rc = tree_builder_add(b, path.p, buf_str(&text), &e);
		if (rc < 0)
			note_file_problem(rules, &e);
		if (file_shapes_reading(buf_str(&text)))
			rules->hash = hash64_seed(buf_str(&text), hash64_seed(name, rules->hash));
	}
	*vec_push(&rules->docs) = tree_builder_finish(b);
	buf_done(&text);
	buf_done(&path);
}

static int add_dir(struct rules *rules, const char *dir, bool required, struct err *reterr)
{
	struct file_list list = {0};
	struct stat st;
	const char *why;
	if (!required && stat(dir, &st) != 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return 0;
	if (file_dir_exposed(dir, &why)) {
		if (geteuid() == 0)
			return err_set(reterr, ERR_USAGE, "refusing the pattern directory %s as root: %s", dir, why);
		diag_warn("pattern directory %s: %s", dir, why);
	}
	int rc = file_list_make(&list, dir, reterr);
	if (rc == 0)
		read_dir(rules, dir, &list);
	file_list_done(&list);
	return rc;
}

int knowledge_open(struct rules *rules, const str *dirs, const bool *required, size_t dir_count, struct err *reterr)
{
	int rc = 0;
	rules->hash = knowledge_builtin_hash;
	*vec_push(&rules->docs) = &knowledge_builtin;
	intern_constants(rules);
	for (size_t i = 0; rc == 0 && i < dir_count; i++) {
		char *dir = str_dupz(dirs[i]);
		rc = add_dir(rules, dir, required != NULL && required[i], reterr);
		free(dir);
	}
	return rc;
}

void knowledge_complete(struct rules *rules)
{
	if (rules->complete)
		return;
	rules->complete = true;
	load_docs(rules, true);
	load_docs(rules, false);
}

int knowledge_load(struct rules *rules, const str *dirs, const bool *required, size_t dir_count, struct err *reterr)
{
	const int rc = knowledge_open(rules, dirs, required, dir_count, reterr);
	if (rc == 0)
		knowledge_complete(rules);
	return rc;
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
	vec_free(&rules->signatures);
	vec_free(&rules->formats);
	vec_free(&rules->redactions);
	vec_free(&rules->placeholders);
	vec_free(&rules->advice);
	vec_free(&rules->causes);
	vec_free(&rules->docs);
	vec_free(&rules->groups);
	vec_free(&rules->marks);
	vec_free(&rules->limits);
	vec_free(&rules->queries);
	vec_free(&rules->places);
	vec_free(&rules->telemetry);
	vec_free(&rules->problems);
	intern_done(&rules->kinds);
	intern_done(&rules->classes);
	intern_done(&rules->fields);
	arena_done(&rules->arena);
	*rules = (struct rules){0};
}
