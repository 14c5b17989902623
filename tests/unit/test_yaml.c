/* YAML to trees: nodes, places, and what is refused with which words (bad-inputs I6). */
#include "base/buf.h"
#include "knowledge/knowledge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct tree_doc *parse(const char *yaml)
{
	struct err e = {0};
	struct tree_builder *b = tree_builder_new();
	int rc = tree_builder_add(b, "x.yaml", str_z(yaml), &e);
	if (rc != 0)
		print_error("%s:%u:%u %s\n", e.file, e.line, e.column, e.text);
	assert_int_equal(rc, 0);
	return tree_builder_finish(b);
}

static void assert_refused(str yaml, unsigned line, unsigned column, const char *word)
{
	struct err e = {0};
	struct tree_builder *b = tree_builder_new();
	assert_true(tree_builder_add(b, "x.yaml", yaml, &e) < 0);
	if (strstr(e.text, word) == NULL || e.line != line || e.column != column)
		print_error("got %u:%u %s\n", e.line, e.column, e.text);
	assert_non_null(strstr(e.text, word));
	assert_string_equal(e.file, "x.yaml");
	assert_int_equal(e.line, line);
	assert_int_equal(e.column, column);
	struct tree_doc *d = tree_builder_finish(b);
	assert_int_equal(d->file_count, 0);
	assert_int_equal(d->node_count, 1);
	tree_doc_free(d);
}

static void assert_text(str s, const char *want)
{
	assert_int_equal(s.n, strlen(want));
	assert_memory_equal(s.p, want, s.n);
}

static void reads_maps_lists_and_scalars(void **state)
{
	(void)state;
	struct tree_doc *d = parse("schema: a/1\nlist:\n- id: one\n  in: [mcp, debug]\n- id: \"two\"\nlast: 'no'\n");
	uint32_t root = d->roots[0], list = tree_get(d, root, "list");
	assert_text(tree_get_text(d, root, "schema"), "a/1");
	assert_int_equal(tree_count(d, list), 2);
	uint32_t one = tree_first(d, list), in = tree_get(d, one, "in");
	assert_text(tree_text(d, tree_first(d, in)), "mcp");
	assert_text(tree_text(d, tree_next(d, tree_first(d, in))), "debug");
	assert_text(tree_get_text(d, tree_next(d, one), "id"), "two");
	assert_false(d->nodes[tree_get(d, one, "id")].quoted);
	assert_true(d->nodes[tree_get(d, tree_next(d, one), "id")].quoted);
	assert_true(d->nodes[tree_get(d, root, "last")].quoted);
	assert_int_equal(tree_get(d, root, "missing"), 0);
	tree_doc_free(d);
}

static void says_where_things_stand(void **state)
{
	(void)state;
	struct tree_doc *d = parse("# comment\nkey: value\nblock:\n  match: |-\n\n    ^a b\n    c\nä: x\n");
	const struct tree *key = &d->nodes[tree_get(d, d->roots[0], "key")];
	assert_int_equal(key->line, 2);
	assert_int_equal(key->column, 6);
	assert_int_equal(key->key_line, 2);
	assert_int_equal(key->key_column, 1);
	const struct tree *match = &d->nodes[tree_get(d, tree_get(d, d->roots[0], "block"), "match")];
	assert_int_equal(match->key_line, 4);
	assert_int_equal(match->line, 6);
	assert_int_equal(match->column, 5);
	assert_text(tree_text(d, tree_get(d, tree_get(d, d->roots[0], "block"), "match")), "\n^a b\nc");
	assert_int_equal(d->nodes[tree_get(d, d->roots[0], "ä")].column, 4);
	tree_doc_free(d);
}

static void keeps_log_lines_verbatim(void **state)
{
	(void)state;
	struct tree_doc *d = parse("a: |-\n  Tool 'x' \\d \"y\": {#}\nb: |\n  one\n\n  two\nc: \"\\e[1m\\t\"\nd: |-\n  x\n  \tat tab\n");
	uint32_t root = d->roots[0];
	assert_true(str_starts(tree_get_text(d, root, "a"), S("Tool 'x' \\d \"y\": {#}")));
	assert_text(tree_get_text(d, root, "b"), "one\n\ntwo");
	assert_text(tree_get_text(d, root, "c"), "\033[1m\t");
	assert_text(tree_get_text(d, root, "d"), "x\n\tat tab");
	tree_doc_free(d);
}

static void refuses_what_cannot_be_seen(void **state)
{
	(void)state;
	assert_refused(S("\xef\xbb\xbf" "a: b\n"), 1, 1, "byte order mark");
	assert_refused(S("a: b\r\nc: d\r\n"), 1, 5, "carriage return");
	assert_refused(S("a: b\nc: \0d\n"), 2, 4, "NUL");
	assert_refused(S("a: |-\n  x\x1b[1m\n"), 2, 4, "control character");
	assert_refused(S("a: \xff\xfe\n"), 1, 4, "UTF-8");
	assert_refused(S("a:\n\tb: c\n"), 2, 1, "tab");
}

static void refuses_what_hides_meaning(void **state)
{
	(void)state;
	assert_refused(S("a: &x b\nc: *x\n"), 1, 4, "anchors");
	assert_refused(S("a: b\nc: *x\n"), 2, 4, "aliases");
	assert_refused(S("a: !!python/object b\n"), 1, 4, "tags");
	assert_refused(S("a: &x [b]\n"), 1, 4, "anchors");
	assert_refused(S("a: 1\nb: 2\na: 3\n"), 3, 1, "second time");
	assert_refused(S("a: 1\n---\nb: 2\n"), 2, 1, "second document");
	assert_refused(S("[a]: 1\n"), 1, 1, "key");
}

static void refuses_broken_yaml(void **state)
{
	(void)state;
	assert_refused(S(""), 1, 1, "empty");
	assert_refused(S("# nothing\n"), 1, 1, "empty");
	struct err e = {0};
	struct tree_builder *b = tree_builder_new();
	assert_true(tree_builder_add(b, "x.yaml", S("a: [b, c\nd: e\n"), &e) < 0);
	assert_non_null(strstr(e.text, "YAML"));
	assert_int_equal(e.line, 2);
	assert_string_equal(e.snippet, "d: e");
	tree_doc_free(tree_builder_finish(b));
}

static void refuses_deep_nesting(void **state)
{
	(void)state;
	struct buf deep = {0};
	struct err e = {0};
	buf_repeat(&deep, '[', 1000);
	struct tree_builder *b = tree_builder_new();
	assert_true(tree_builder_add(b, "x.yaml", buf_str(&deep), &e) < 0);
	assert_non_null(strstr(e.text, "deep"));
	tree_doc_free(tree_builder_finish(b));
	buf_done(&deep);
}

static void a_bad_file_leaves_the_others_alone(void **state)
{
	(void)state;
	struct tree_builder *b = tree_builder_new();
	assert_int_equal(tree_builder_add(b, "a.yaml", S("x: 1\n"), NULL), 0);
	assert_true(tree_builder_add(b, "b.yaml", S("x: [1\n"), NULL) < 0);
	assert_int_equal(tree_builder_add(b, "c.yaml", S("x: 3\n"), NULL), 0);
	struct tree_doc *d = tree_builder_finish(b);
	assert_int_equal(d->file_count, 2);
	assert_string_equal(d->files[1], "c.yaml");
	assert_text(tree_get_text(d, d->roots[0], "x"), "1");
	assert_text(tree_get_text(d, d->roots[1], "x"), "3");
	assert_int_equal(d->nodes[d->roots[1]].file, 1);
	tree_doc_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_maps_lists_and_scalars),
		cmocka_unit_test(says_where_things_stand),
		cmocka_unit_test(keeps_log_lines_verbatim),
		cmocka_unit_test(refuses_what_cannot_be_seen),
		cmocka_unit_test(refuses_what_hides_meaning),
		cmocka_unit_test(refuses_broken_yaml),
		cmocka_unit_test(refuses_deep_nesting),
		cmocka_unit_test(a_bad_file_leaves_the_others_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
