/* Host tool of the build: `mcplog_mkpatterns OUT.c DIR` translates all YAML files below DIR into a C file that defines the tree
 * `knowledge_builtin` as constant arrays, and the hash of the files. So the program parses no YAML when it starts.
 *
 * Deterministic: files are sorted by path, no time and no absolute path stands in the output; equal input gives equal bytes.
 * It checks only that the files are YAML; their meaning is checked by `mcplog patterns test`. */
#include "base/diag.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/regex.h"
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

/* All keys and texts, each once. Id n of the pool stands at offset at[n]. */
struct words {
	struct intern pool;
	uint32_t *at;
	struct buf text;
};

static uint32_t add_word(struct words *w, str s)
{
	uint32_t before = w->pool.n, id = intern_put(&w->pool, s);
	if (id == 0)
		return 0;
	if (w->text.n == 0)
		buf_byte(&w->text, '\0');
	if (w->pool.n != before) {
		w->at = mem_grow(w->at, id + 1, sizeof *w->at);
		w->at[id] = (uint32_t)w->text.n;
		buf_add(&w->text, s);
		buf_byte(&w->text, '\0');
	}
	return w->at[id];
}

static void put_nodes(struct buf *out, const struct tree_doc *d, struct words *w)
{
	buf_addz(out, "static const struct tree nodes[] = {\n");
	for (uint32_t i = 0; i < d->node_count; i++) {
		const struct tree *n = &d->nodes[i];
		str key = tree_key(d, i), text = tree_text(d, i);
		buf_printf(out, "{%u,%u,%zu,%u,%u,%u,%u,%zu,%u,%u,%u,%u,%d},\n", (unsigned)add_word(w, key), (unsigned)add_word(w, text), text.n,
			(unsigned)n->child, (unsigned)n->next, (unsigned)n->line, (unsigned)n->key_line, key.n, (unsigned)n->column, (unsigned)n->key_column,
			(unsigned)n->file, (unsigned)n->type, (int)n->quoted);
	}
	buf_addz(out, "};\n");
}

/* The names of a regex's groups, a NUL behind each but the last, which add_word adds. */
static uint32_t add_names(const struct regex *r, struct words *w)
{
	struct buf names = {0};
	for (unsigned i = 1; i <= regex_group_count(r); i++) {
		if (i > 1)
			buf_byte(&names, '\0');
		buf_add(&names, regex_group_name(r, i));
	}
	uint32_t at = add_word(w, buf_str(&names));
	buf_done(&names);
	return at;
}

static void put_sets(struct buf *out, const struct byte_set *sets)
{
	for (unsigned place = 0; place < PATTERN_PREFIX; place++) {
		buf_addz(out, "{{");
		for (unsigned i = 0; i < 4; i++)
			buf_printf(out, "0x%llxu,", (unsigned long long)sets[place].bits[i]);
		buf_addz(out, "}},");
	}
}

/* The tables that a card points to, named by the pattern's node, and the two pointers. */
static void put_pointers(struct buf *tables, struct buf *out, uint32_t node, str pattern, unsigned flags)
{
	const struct plain_options options = {.anchored = flags & REGEX_ANCHORED};
	struct byte_set split[2][PATTERN_PREFIX];
	struct plain *plain = plain_new(pattern, &options);
	if (plain != NULL)
		plain_write(plain, node, tables);
	if (pattern_prefix_split(pattern, split)) {
		buf_printf(tables, "static const struct byte_set split%u[2 * PATTERN_PREFIX] = {", (unsigned)node);
		put_sets(tables, split[0]);
		put_sets(tables, split[1]);
		buf_addz(tables, "};\n");
		buf_printf(out, "split%u,", (unsigned)node);
	} else {
		buf_addz(out, "NULL,");
	}
	if (plain != NULL)
		buf_printf(out, "&plain%u", (unsigned)node);
	else
		buf_addz(out, "NULL");
	plain_free(plain);
}

static int put_card(struct buf *tables, struct buf *out, uint32_t node, str pattern, unsigned flags, struct arena *a, struct words *w, struct err *reterr)
{
	struct pattern_facts facts;
	struct byte_set prefix[PATTERN_PREFIX];
	struct regex *regex;
	int rc = regex_new(pattern, flags, &regex, reterr);
	if (rc < 0)
		return rc;
	pattern_read(pattern, a, &facts);
	pattern_prefix(pattern, prefix);
	buf_printf(out, "{%u,%u,%u,%u,%zu,%zu,%u,%d,", (unsigned)node, (unsigned)add_word(w, facts.head), (unsigned)add_word(w, facts.literal),
		(unsigned)add_names(regex, w), facts.head.n, facts.literal.n, regex_group_count(regex), (int)facts.anchored);
	buf_byte(out, '{');
	put_sets(out, prefix);
	buf_addz(out, "},");
	put_pointers(tables, out, node, pattern, flags);
	buf_addz(out, "},\n");
	regex_free(regex);
	return 0;
}

/* Reading a pattern takes longer than loading it: those of signatures and formats get their cards now. */
static int put_cards(struct buf *out, const struct tree_doc *d, struct words *w, size_t *ret_count, struct err *reterr)
{
	struct arena a = {0};
	struct buf cards = {0};
	int rc = 0;
	*ret_count = 0;
	for (size_t f = 0; f < d->file_count && rc == 0; f++) {
		uint32_t formats = tree_get(d, d->roots[f], "formats"), list = formats != 0 ? formats : tree_get(d, d->roots[f], "signatures");
		for (uint32_t i = tree_first(d, list); i != 0 && rc == 0; i = tree_next(d, i)) {
			uint32_t match = tree_get(d, i, "match");
			if (match == 0)
				continue;
			struct err why = {0};
			rc = put_card(out, &cards, match, tree_text(d, match), formats != 0 ? REGEX_ANCHORED : 0, &a, w, &why);
			if (rc < 0)
				(void)err_at(reterr, rc, d->files[f], d->nodes[match].line, why.column, "%s", why.text);
			++*ret_count;
		}
	}
	buf_addz(out, "static const struct tree_card cards[] = {\n");
	buf_add(out, buf_str(&cards));
	buf_addz(out, "{0}};\n");
	buf_done(&cards);
	arena_done(&a);
	return rc;
}

/* One literal a line: compilers join them. */
static void put_words(struct buf *out, const struct words *w)
{
	enum { PIECE = 100 };
	buf_addz(out, "static const char words[] =\n");
	for (str rest = buf_str(&w->text); rest.n > 0; rest = str_from(rest, PIECE)) {
		put_literal(out, str_head(rest, PIECE));
		buf_byte(out, '\n');
	}
	buf_addz(out, ";\n");
}

static int put_doc(struct buf *out, const struct tree_doc *d, uint64_t hash, struct err *reterr)
{
	struct words w = {0};
	size_t cards;
	buf_addz(out, "/* Generated from patterns/ by mcplog_mkpatterns. Do not edit. */\n"
		"#include \"base/plain_parts.h\"\n"
		"#include \"knowledge/knowledge.h\"\n"
		"#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n");
	put_nodes(out, d, &w);
	int rc = put_cards(out, d, &w, &cards, reterr);
	put_words(out, &w);
	buf_addz(out, "static const uint32_t roots[] = {");
	for (size_t i = 0; i < d->file_count; i++)
		buf_printf(out, "%u,", (unsigned)d->roots[i]);
	buf_addz(out, "0};\nstatic const char *const files[] = {\n");
	for (size_t i = 0; i < d->file_count; i++) {
		put_literal(out, str_z(d->files[i]));
		buf_addz(out, ",\n");
	}
	buf_printf(out, "0};\nconst struct tree_doc knowledge_builtin = {.nodes = nodes, .node_count = %zu, .roots = roots, .files = files, .file_count = %zu, "
		".words = words, .cards = cards, .card_count = %zu};\n", d->node_count, d->file_count, cards);
	buf_printf(out, "const uint64_t knowledge_builtin_hash = UINT64_C(0x%016llx);\n", (unsigned long long)hash);
	intern_done(&w.pool);
	free(w.at);
	buf_done(&w.text);
	return rc;
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
		if (file_shapes_reading(buf_str(&text)))
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
		rc = put_doc(&out, d, hash, &err);
		if (rc == 0)
			rc = write_file(argv[1], buf_str(&out), &err);
		buf_done(&out);
	}
	tree_doc_free(d);
	if (rc < 0)
		diag_err(&err);
	return rc < 0 ? 1 : 0;
}
