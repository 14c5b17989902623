/* Host tool of the build: `mcplog_mkpatterns OUT.c DIR` translates all YAML files below DIR into a C file that defines the tree
 * `knowledge_builtin` as constant arrays, and the hash of the files. So the program parses no YAML when it starts.
 *
 * Deterministic: files are sorted by path, no time and no absolute path stands in the output; equal input gives equal bytes.
 * It checks only that the files are YAML; their meaning is checked by `mcplog patterns test`. */
#include "base/diag.h"
#include "base/hash.h"
#include "knowledge/files.h"
#include "knowledge/knowledge.h"
#include <stdio.h>
#include <stdlib.h>

/* A C string literal. Octal escapes of three digits end by themselves; '?' could begin a trigraph. */
static void put_literal(struct buf *out, str s)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\') {
			buf_byte(out, '\\');
			buf_byte(out, (char)c);
		} else if (c >= ' ' && c < 0x7f && c != '?') {
			buf_byte(out, (char)c);
		} else {
			buf_printf(out, "\\%03o", c);
		}
	}
	buf_byte(out, '"');
}

static void put_str(struct buf *out, str s)
{
	if (s.p == NULL) {
		buf_addz(out, "{0, 0}");
		return;
	}
	buf_byte(out, '{');
	put_literal(out, s);
	buf_printf(out, ", %zu}", s.n);
}

static void put_nodes(struct buf *out, const struct tree_doc *d)
{
	buf_addz(out, "static const struct tree nodes[] = {\n");
	for (size_t i = 0; i < d->node_count; i++) {
		const struct tree *n = &d->nodes[i];
		buf_addz(out, "{");
		put_str(out, n->key);
		buf_byte(out, ',');
		put_str(out, n->text);
		buf_printf(out, ",%u,%u,%u,%u,%u,%u,%u,%u,%d},\n", (unsigned)n->child, (unsigned)n->next, (unsigned)n->line, (unsigned)n->key_line,
			(unsigned)n->column, (unsigned)n->key_column, (unsigned)n->file, (unsigned)n->type, (int)n->quoted);
	}
	buf_addz(out, "};\n");
}

static void put_card(struct buf *out, uint32_t node, str pattern, struct arena *a)
{
	struct pattern_card card = {.node = node};
	pattern_read(pattern, a, &card.facts);
	pattern_prefix(pattern, card.prefix);
	buf_printf(out, "{%u, {%d, ", (unsigned)node, (int)card.facts.anchored);
	put_str(out, card.facts.head);
	buf_addz(out, ", ");
	put_str(out, card.facts.literal);
	buf_addz(out, "}, {");
	for (unsigned place = 0; place < PATTERN_PREFIX; place++) {
		buf_addz(out, "{{");
		for (unsigned w = 0; w < 4; w++)
			buf_printf(out, "0x%llxu,", (unsigned long long)card.prefix[place].bits[w]);
		buf_addz(out, "}},");
	}
	buf_addz(out, "}},\n");
}

/* Reading a pattern takes longer than loading it: signatures get their cards now. */
static size_t put_cards(struct buf *out, const struct tree_doc *d)
{
	struct arena a = {0};
	size_t count = 0;
	buf_addz(out, "static const struct pattern_card cards[] = {\n");
	for (size_t f = 0; f < d->file_count; f++) {
		if (!str_starts(tree_get_text(d, d->roots[f], "schema"), S("mcplog.signatures/")))
			continue;
		uint32_t list = tree_get(d, d->roots[f], "signatures");
		for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i)) {
			uint32_t match = tree_get(d, i, "match");
			if (match == 0)
				continue;
			put_card(out, match, tree_text(d, match), &a);
			count++;
		}
	}
	buf_addz(out, "{0}};\n");
	arena_done(&a);
	return count;
}

static void put_doc(struct buf *out, const struct tree_doc *d, uint64_t hash)
{
	buf_addz(out, "/* Generated from patterns/ by mcplog_mkpatterns. Do not edit. */\n"
		"#include \"knowledge/knowledge.h\"\n"
		"#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n");
	put_nodes(out, d);
	size_t cards = put_cards(out, d);
	buf_addz(out, "static const uint32_t roots[] = {");
	for (size_t i = 0; i < d->file_count; i++)
		buf_printf(out, "%u,", (unsigned)d->roots[i]);
	buf_addz(out, "0};\nstatic const char *const files[] = {\n");
	for (size_t i = 0; i < d->file_count; i++) {
		put_literal(out, str_z(d->files[i]));
		buf_addz(out, ",\n");
	}
	buf_printf(out, "0};\nconst struct tree_doc knowledge_builtin = {nodes, %zu, roots, files, %zu, cards, %zu, 0};\n", d->node_count, d->file_count, cards);
	buf_printf(out, "const uint64_t knowledge_builtin_hash = UINT64_C(0x%016llx);\n", (unsigned long long)hash);
}

static int read_all(const char *dir, struct tree_builder *b, uint64_t *ret_hash, struct err *reterr)
{
	struct file_list list = {0};
	struct buf text = {0}, path = {0};
	int rc = file_list_make(&list, dir, reterr);
	for (size_t i = 0; rc == 0 && i < list.names.n; i++) {
		str name = list.names.v[i];
		buf_reset(&text);
		buf_reset(&path);
		buf_printf(&path, "%s/%s", dir, name.p);
		buf_byte(&path, '\0');
		rc = file_read(path.p, &text, reterr);
		str shown = arena_printf(&list.arena, "patterns/%s", name.p);
		if (rc == 0)
			rc = tree_builder_add(b, shown.p, buf_str(&text), reterr);
		*ret_hash = hash64_seed(buf_str(&text), hash64_seed(name, *ret_hash));
	}
	file_list_done(&list);
	buf_done(&text);
	buf_done(&path);
	return rc;
}

static int write_file(const char *path, str text, struct err *reterr)
{
	FILE *f = fopen(path, "wb");
	bool ok = f != NULL && fwrite(text.p, 1, text.n, f) == text.n;
	if (f != NULL && fclose(f) != 0)
		ok = false;
	return ok ? 0 : err_set(reterr, ERR_IO, "cannot write %s", path);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	if (argc != 3) {
		diag_error("usage: mcplog_mkpatterns OUT.c DIR");
		return 2;
	}
	struct tree_builder *b = tree_builder_new();
	uint64_t hash = 0;
	int rc = read_all(argv[2], b, &hash, &err);
	struct tree_doc *d = tree_builder_finish(b);
	if (rc == 0) {
		struct buf out = {0};
		put_doc(&out, d, hash);
		rc = write_file(argv[1], buf_str(&out), &err);
		buf_done(&out);
	}
	tree_doc_free(d);
	if (rc < 0)
		diag_err(&err);
	return rc < 0 ? 1 : 0;
}
