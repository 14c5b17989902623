/* Host tool of the build: `mcplog_mkpatterns OUT.c DIR` translates all YAML files below DIR into a C file with the tree
 * `knowledge_builtin`, an image of its entries and the hash of the files. So the program parses no YAML when it starts, and checks no
 * entry: that is done here.
 *
 * Deterministic: files are sorted by path, no time and no absolute path stands in the output; equal input gives equal bytes. */
#include "base/diag.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/mem.h"
#include "base/out.h"
#include "knowledge/files.h"
#include "knowledge/image.h"
#include "knowledge/knowledge.h"
#include <stdlib.h>

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

/* The document with all its texts in w: those of its nodes, and the names of its files. */
static struct tree_doc pack(const struct tree_doc *d, struct words *w)
{
	struct tree *nodes = mem_new(d->node_count * sizeof *nodes);
	const char **files = mem_new((d->file_count + 1) * sizeof *files);
	uint32_t *names = mem_new((d->file_count + 1) * sizeof *names);
	memcpy(nodes, d->nodes, d->node_count * sizeof *nodes);
	for (uint32_t i = 0; i < d->node_count; i++) {
		nodes[i].key = add_word(w, tree_key(d, i));
		nodes[i].text = add_word(w, tree_text(d, i));
		nodes[i].text_size = (uint32_t)tree_text(d, i).n;
	}
	for (size_t i = 0; i < d->file_count; i++)
		names[i] = add_word(w, str_z(d->files[i]));
	for (size_t i = 0; i < d->file_count; i++)
		files[i] = w->text.p + names[i];
	free(names);
	struct tree_doc packed = *d;
	packed.nodes = nodes;
	packed.files = files;
	packed.words = w->text.p;
	return packed;
}

static void put_numbers(struct buf *out, const char *type, const char *name, const void *from, size_t count, size_t size)
{
	enum { A_LINE = 16 };
	buf_printf(out, "static const %s %s[] = {", type, name);
	for (size_t i = 0; i < count; i++) {
		uint64_t n = 0;
		memcpy(&n, (const char *)from + i * size, size); /* the compiler's machine and this one have the same order of bytes */
		buf_printf(out, "%s0x%llx,", i % A_LINE ? "" : "\n", (unsigned long long)n);
	}
	buf_addz(out, "\n};\n");
}

static void put_doc(struct buf *out, const struct tree_doc *d, const struct image_made *made, uint64_t hash)
{
	buf_addz(out, "#define AT(type, at) ((type *)(const void *)((const char *)constant + (at)))\nstatic const char *const files[] = {\n");
	for (size_t i = 0; i < d->file_count; i++)
		buf_printf(out, "AT(const char, %zu), /* %s */\n", made->texts + (size_t)(d->files[i] - d->words), d->files[i]);
	buf_printf(out, "NULL};\nconst struct tree_doc knowledge_builtin = {.nodes = AT(const struct tree, %zu), .node_count = %zu, .roots = AT(const uint32_t, %zu), ",
		made->nodes, d->node_count, made->roots);
	buf_printf(out, ".files = files, .file_count = %zu, .words = AT(const char, %zu)};\n", d->file_count, made->texts);
	buf_printf(out, "const uint64_t knowledge_builtin_hash = UINT64_C(0x%016llx);\n", (unsigned long long)hash);
}

static void put_all(struct buf *out, const struct tree_doc *d, const struct image_made *made, uint64_t hash)
{
	buf_addz(out, "/* Generated from patterns/ by mcplog_mkpatterns. Do not edit. */\n#include \"knowledge/image.h\"\n#include \"knowledge/knowledge.h\"\n");
	put_numbers(out, "uintptr_t", "words", made->words.v, made->words.n, sizeof *made->words.v);
	put_numbers(out, "uint16_t", "steps", made->steps.v, made->steps.n, sizeof *made->steps.v);
	put_numbers(out, "_Alignas(IMAGE_ALIGN) uint64_t", "constant", made->constant.p, made->constant.n / sizeof(uint64_t), sizeof(uint64_t));
	buf_printf(out, "const struct image knowledge_image = {words, steps, %zu, %zu, constant, sizeof constant};\n", made->words.n, made->entries.n);
	put_doc(out, d, made, hash);
}

static int translate(struct buf *out, const struct tree_doc *d, uint64_t hash, struct err *reterr)
{
	struct words w = {0};
	struct rules rules = {0};
	struct image_made made = {0};
	struct tree_doc packed = pack(d, &w);
	int rc = 0;
	image_prepare(&rules);
	*vec_push(&rules.docs) = &packed;
	knowledge_read(&rules, 0);
	if (rules.problem_count > 0) {
		*reterr = rules.first_problem;
		rc = reterr->code;
	} else if (!image_write(&rules, &packed, w.text.n, &made)) {
		rc = err_set(reterr, ERR_LIMIT, "patterns/ has more entries than there is room for: make the sizes of image_write.c larger");
	} else {
		put_all(out, &packed, &made, hash);
	}
	packed.texts = NULL; /* they are those of d */
	knowledge_free(&rules);
	image_made_done(&made);
	free((void *)packed.nodes);
	free((void *)packed.files);
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
		rc = translate(&out, d, hash, &err);
		if (rc == 0)
			rc = out_text(argv[1], 0644, buf_str(&out), &err);
		buf_done(&out);
	}
	tree_doc_free(d);
	if (rc < 0)
		diag_err(&err);
	return rc < 0 ? 1 : 0;
}
