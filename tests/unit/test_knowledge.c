/* Loading knowledge: order, overriding, problems with places and suggestions (bad-inputs I1–I6), and the proofs of prove/. */
#include "base/plain.h"
#include "knowledge/image.h"
#include "knowledge/knowledge.h"
#include "model/cause.h"
#include "prove/prove.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct dir {
	char path[64];
	struct rules rules;
	struct err err;
};

static void setup_dir(struct dir *d)
{
	*d = (struct dir){.path = "knowledge-XXXXXX"};
	assert_non_null(mkdtemp(d->path));
}

static void put(const struct dir *d, const char *name, const char *text)
{
	char path[200];
	(void)snprintf(path, sizeof path, "%s/%s", d->path, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static int load(struct dir *d)
{
	str dir = str_z(d->path);
	bool required = true;
	return knowledge_load(&d->rules, &dir, &required, 1, &d->err);
}

static void done(struct dir *d)
{
	char command[100];
	knowledge_free(&d->rules);
	(void)snprintf(command, sizeof command, "rm -r %s", d->path);
	assert_int_equal(system(command), 0);
}

static const struct signature *signature(const struct rules *rules, const char *id)
{
	for (size_t i = 0; i < rules->signatures.n; i++)
		if (str_eq(rules->signatures.v[i].id, str_z(id)))
			return &rules->signatures.v[i];
	return NULL;
}

#define SIGNATURE(id, rest) "- id: " id "\n  event: call.sent\n  in: [mcp]\n" rest
#define HEAD "schema: mcplog.signatures/1\nsignatures:\n"

static void builtin_knowledge_has_no_problem(void **state)
{
	(void)state;
	struct rules rules = {0};
	assert_int_equal(knowledge_load(&rules, NULL, NULL, 0, NULL), 0);
	for (size_t i = 0; i < rules.problems.n; i++)
		print_error("%s:%u:%u %s\n", rules.problems.v[i].file, rules.problems.v[i].line, rules.problems.v[i].column, rules.problems.v[i].text);
	assert_int_equal(rules.problem_count, 0);
	assert_true(rules.signatures.n > 200);
	assert_true(rules.hash != 0);
	assert_int_equal(intern_find(&rules.kinds, S("call.dispatch")), KIND_CALL_DISPATCH);
	assert_int_equal(intern_find(&rules.kinds, S("error.text")), KIND_ERROR_TEXT);
	assert_int_equal(intern_find(&rules.fields, S("server")), FIELD_SERVER);
	assert_int_equal(intern_find(&rules.fields, S("type")), FIELD_TYPE);
	knowledge_free(&rules);
}

static bool same_program(const struct plain *finished, str pattern, bool anchored)
{
	const struct plain_options options = {.anchored = anchored};
	struct plain *now = plain_new(pattern, &options);
	bool same = (now == NULL) == (finished == NULL) && (now == NULL || plain_same(now, finished));
	plain_free(now);
	return same;
}

static bool same_beginnings(const struct signature *s)
{
	struct byte_set prefix[PATTERN_PREFIX], split[2][PATTERN_PREFIX];
	pattern_prefix(s->match, prefix);
	bool two = pattern_prefix_split(s->match, split);
	return memcmp(prefix, s->prefix, sizeof prefix) == 0 && two == (s->split != NULL) && (!two || memcmp(split, s->split, sizeof split) == 0);
}

/* What the build found out about built-in patterns is what would be found out now. */
static void finished_programs_are_those_of_their_patterns(void **state)
{
	(void)state;
	struct rules rules = {0};
	size_t finished = 0;
	assert_int_equal(knowledge_load(&rules, NULL, NULL, 0, NULL), 0);
	for (size_t i = 0; i < rules.signatures.n; i++) {
		const struct signature *s = &rules.signatures.v[i];
		struct regex *r;
		assert_int_equal(regex_new(s->match, 0, &r, NULL), 0);
		for (unsigned g = 1; g <= regex_group_count(r); g++)
			assert_true(str_eq(regex_group_name(r, g), intern_get(&rules.fields, s->group_field[g])));
		regex_free(r);
		if (!same_program(s->plain, s->match, false) || !same_beginnings(s))
			fail_msg("%.*s", STR_ARG(s->id));
		finished += s->plain != NULL;
	}
	for (size_t i = 0; i < rules.formats.n; i++) {
		if (!same_program(rules.formats.v[i].plain, rules.formats.v[i].match, true))
			fail_msg("%.*s", STR_ARG(rules.formats.v[i].id));
		finished += rules.formats.v[i].plain != NULL;
	}
	assert_true(finished > 250);
	knowledge_free(&rules);
}

/* The image in the program is the one of the entries that the reader makes of the built-in tree now. */
static void the_image_holds_what_the_reader_reads(void **state)
{
	(void)state;
	struct rules rules = {0};
	struct image_made made = {0};
	const struct image *im = &knowledge_image;
	const char *words = knowledge_builtin.words;
	image_prepare(&rules);
	*vec_push(&rules.docs) = &knowledge_builtin;
	knowledge_read(&rules, 0);
	assert_int_equal(rules.problem_count, 0);
	assert_true(image_write(&rules, &knowledge_builtin, im->constant_size - (size_t)(words - (const char *)im->constant), &made));
	assert_int_equal(made.words.n, im->word_count);
	assert_int_equal(made.entries.n, im->size);
	assert_int_equal(made.constant.n, im->constant_size);
	assert_memory_equal(made.words.v, im->words, im->word_count * sizeof *im->words);
	assert_memory_equal(made.steps.v, im->steps, im->word_count * sizeof *im->steps);
	assert_memory_equal(made.constant.p, im->constant, im->constant_size);
	image_made_done(&made);
	knowledge_free(&rules);
}

static uint64_t classes_of(const struct cond *c)
{
	const uint64_t *yes = c->classes ? c->classes->bits : (const uint64_t[2]){0}, *no = c->not_classes ? c->not_classes->bits : (const uint64_t[2]){0};
	uint64_t sum = yes[0] * 3 + yes[1] * 5 + no[0] * 7;
	for (unsigned i = 0; i < c->child_count; i++)
		sum = sum * 31 + classes_of(&c->children[i]);
	return sum;
}

/* Built-in causes mean the user's group when he gives one of theirs other members: as if all had been read together. */
static void a_group_of_the_user_changes_builtin_causes(void **state)
{
	(void)state;
	struct rules plain = {0}, together = {0};
	struct dir d;
	char text[200];
	size_t changed = 0;
	setup_dir(&d);
	assert_int_equal(knowledge_load(&plain, NULL, NULL, 0, NULL), 0);
	(void)snprintf(text, sizeof text, "schema: mcplog.kinds/1\nkinds: []\ngroups:\n- { id: %.*s, of: [%.*s] }\n", STR_ARG(plain.groups.v[0].id),
		STR_ARG(intern_get(&plain.classes, 1)));
	put(&d, "kinds.yaml", text);
	assert_int_equal(load(&d), 0);
	assert_int_equal(d.rules.problem_count, 0);
	*vec_push(&together.docs) = &knowledge_builtin;
	*vec_push(&together.docs) = d.rules.docs.v[1];
	knowledge_read(&together, 0);
	assert_int_equal(together.causes.n, plain.causes.n);
	assert_int_equal(d.rules.causes.n, plain.causes.n);
	for (size_t i = 0; i < plain.causes.n; i++) {
		assert_true(str_eq(d.rules.causes.v[i]->id, together.causes.v[i]->id));
		assert_true(classes_of(&d.rules.causes.v[i]->when) == classes_of(&together.causes.v[i]->when));
		changed += classes_of(&d.rules.causes.v[i]->when) != classes_of(&plain.causes.v[i]->when);
	}
	assert_true(changed > 0);
	together.docs.n = 1; /* the other one is freed with d */
	knowledge_free(&together);
	knowledge_free(&plain);
	done(&d);
}

static void users_entries_add_and_replace(void **state)
{
	(void)state;
	struct rules plain = {0};
	struct dir d;
	setup_dir(&d);
	assert_int_equal(knowledge_load(&plain, NULL, NULL, 0, NULL), 0);
	char text[600];
	str first = plain.signatures.v[3].id;
	(void)snprintf(text, sizeof text, HEAD "- id: %.*s\n  event: my.kind\n  in: [mcp]\n  match: |-\n    ^mine (?<n>\\d+)\n" SIGNATURE("my.new", "  match: ^new one\n"),
		STR_ARG(first));
	put(&d, "b.yaml", text);
	put(&d, "kinds.yaml", "schema: mcplog.kinds/1\nkinds:\n- { id: my.kind, what: mine }\nclasses:\n- { id: my-class, what: mine }\ngroups:\n- { id: my-group, of: [my-class] }\n");
	put(&d, "note.txt", "not read");
	assert_int_equal(load(&d), 0);
	assert_int_equal(d.rules.problem_count, plain.problem_count);
	assert_int_equal(d.rules.signatures.n, plain.signatures.n + 1);
	assert_true(str_eq(d.rules.signatures.v[0].id, S("my.new")));
	const struct signature *mine = &d.rules.signatures.v[4];
	assert_true(str_eq(mine->match, S("^mine (?<n>\\d+)")));
	assert_true(str_eq(mine->head, S("mine ")));
	assert_true(str_eq(intern_get(&d.rules.kinds, mine->kind), S("my.kind")));
	assert_true(mine->kind >= KIND_COUNT);
	assert_true(d.rules.hash != plain.hash);
	const struct class_group *g = &d.rules.groups.v[d.rules.groups.n - 1];
	uint32_t class = intern_find(&d.rules.classes, S("my-class"));
	assert_true(g->members[class / 64] >> (class % 64) & 1);
	knowledge_free(&plain);
	done(&d);
}

static void the_hash_is_of_the_content(void **state)
{
	(void)state;
	struct dir a, b;
	setup_dir(&a);
	setup_dir(&b);
	put(&a, "x.yaml", HEAD SIGNATURE("my.new", "  match: ^new one\n"));
	put(&b, "x.yaml", HEAD SIGNATURE("my.new", "  match: ^new one\n"));
	assert_int_equal(load(&a), 0);
	assert_int_equal(load(&b), 0);
	assert_true(a.rules.hash == b.rules.hash);
	knowledge_free(&b.rules);
	put(&b, "x.yaml", HEAD SIGNATURE("my.new", "  match: ^new two\n"));
	assert_int_equal(load(&b), 0);
	assert_true(a.rules.hash != b.rules.hash);
	done(&a);
	done(&b);
}

static void expect_problem(const char *yaml, unsigned line, unsigned column, const char *word, const char *hint)
{
	struct dir d;
	setup_dir(&d);
	put(&d, "x.yaml", yaml);
	assert_int_equal(load(&d), 0);
	const struct err *e = &d.rules.first_problem;
	size_t n = 0;
	for (size_t i = 0; i < d.rules.problems.n; i++)
		if (str_ends(str_z(d.rules.problems.v[i].file), S("/x.yaml")) && n++ == 0)
			e = &d.rules.problems.v[i];
	if (n != 1 || strstr(e->text, word) == NULL || strstr(e->hint, hint) == NULL || e->line != line || e->column != column)
		fail_msg("%zu problems; %s:%u:%u %s (%s) for %s", n, e->file, e->line, e->column, e->text, e->hint, yaml);
	assert_non_null(strstr(e->file, "/x.yaml"));
	assert_null(signature(&d.rules, "my.bad"));
	done(&d);
}

static void problems_say_where_and_what(void **state)
{
	(void)state;
	expect_problem("a: b\n", 1, 1, "no `schema`", "");
	expect_problem("schema: mcplog.signature/1\n", 1, 9, "unknown schema", "mcplog.signatures/1");
	expect_problem("schema: mcplog.signatures/1\nsignature: []\n", 2, 1, "unknown key", "signatures");
	expect_problem("schema: mcplog.signatures/1\nsignatures: x\n", 2, 13, "must be a list", "");
	expect_problem(HEAD "- just text\n", 3, 3, "is a map", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  mach: ^abcd\n"), 6, 3, "unknown key `mach`", "match");
	expect_problem(HEAD SIGNATURE("my.bad", ""), 3, 3, "no `match`", "");
	expect_problem(HEAD SIGNATURE("my bad", "  match: ^abcd\n"), 3, 7, "is no id", "");
	expect_problem(HEAD "- id: my.bad\n  event: call.sendt\n  in: [mcp]\n  match: ^abcd\n", 4, 10, "unknown kind", "call.sent");
	expect_problem(HEAD "- id: my.bad\n  event: call.sent\n  in: [mcpp]\n  match: ^abcd\n", 5, 8, "unknown body class", "mcp");
	expect_problem(HEAD "- id: my.bad\n  event: call.sent\n  in: []\n  match: ^abcd\n", 5, 7, "empty", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  keep: events\n  match: ^abcd\n"), 6, 9, "value of `keep`", "event");
	expect_problem(HEAD SIGNATURE("my.bad", "  core: maybe\n  match: ^abcd\n"), 6, 9, "true or false", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  class: refusd\n  match: ^abcd\n"), 6, 10, "unknown class", "refused");
	expect_problem(HEAD SIGNATURE("my.bad", "  frame: in mine||in yours\n  match: ^abcd\n"), 6, 10, "empty", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  frame: in mine|\n  match: ^abcd\n"), 6, 10, "empty", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  frame: \"^\"\n  match: ^abcd\n"), 6, 10, "empty", "");
	expect_problem(HEAD SIGNATURE("my.good", "  match: ^abcd\n") SIGNATURE("my.good", "  match: ^abcd\n"), 7, 7, "was used before", "");
	expect_problem("schema: mcplog.formats/1\nformats:\n- id: x\n  match: ^abcd\n", 3, 3, "needs `kind` and `class`", "");
	expect_problem("schema: mcplog.advice/1\nadvice:\n- { cause: x, when: nov, text: y }\n", 3, 21, "value of `when`", "now");
	expect_problem("schema: mcplog.advice/1\nadvice:\n- { cause: x, when: now, text: y, client: new }\n", 3, 43, "version range", "");
	expect_problem("schema: mcplog.causes/1\ncauses:\n- { id: x, title: y, scope: event, when: [ { call: { beats: 1 } } ] }\n", 3, 29, "wants the kinds of line", "");
	expect_problem("schema: mcplog.causes/1\ncauses:\n- { id: x, title: y, scope: run, when: [ { call: { beats: 1 } } ] }\n", 3, 40, "asks no conditions", "");
	expect_problem("schema: mcplog.redactions/1\nredactions:\n- { id: x, kind: y, literals: [a], match: abcd }\n", 3, 32, "2 bytes", "");
}

static void broken_regexes_are_refused(void **state)
{
	(void)state;
	expect_problem(HEAD SIGNATURE("my.bad", "  match: |-\n    ^abc(def\n"), 7, 13, "does not compile", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  match: |-\n    ^ab\\C\n"), 7, 10, "does not compile", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  match: |-\n    (*UTF)^abcd\n"), 7, 11, "does not compile", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  match: |-\n    ^ab(?C1)c\n"), 7, 13, "does not compile", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  match: |-\n    ^(?<a>x)(?<a>y)\n"), 7, 18, "does not compile", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  match: |-\n    ^a*\n"), 7, 5, "empty text", "");
	expect_problem(HEAD SIGNATURE("my.bad", "  match: |-\n    ^(a+)+$\n"), 7, 5, "too many steps", "");
}

#define PIECES "schema: mcplog.signatures/1\npieces:\n  word: '[a-z]+ '\n  typed: '(?:Error: )*'\n  open: '(x'\nsignatures:\n"

static void pieces_stand_where_they_are_named(void **state)
{
	(void)state;
	struct dir d;
	setup_dir(&d);
	put(&d, "x.yaml", PIECES SIGNATURE("my.one", "  match: ^(?&typed)abc (?&word)(?&word)end\n") SIGNATURE("my.two", "  match: ^(?<own>a)b(?&own)\n")
		SIGNATURE("my.three", "  match: ^abcd\n"));
	assert_int_equal(load(&d), 0);
	assert_int_equal(d.rules.problem_count, 0);
	assert_true(str_eq(signature(&d.rules, "my.one")->match, S("^(?:Error: )*abc [a-z]+ [a-z]+ end")));
	assert_true(str_eq(signature(&d.rules, "my.two")->match, S("^(?<own>a)b(?&own)")));
	assert_true(str_eq(signature(&d.rules, "my.three")->match, S("^abcd")));
	done(&d);
}

/* Places are those of the text as it was written. */
static void problems_of_patterns_with_pieces(void **state)
{
	(void)state;
	expect_problem(PIECES SIGNATURE("my.bad", "  match: |-\n    ^(?&word)abc(def\n"), 11, 21, "does not compile", "");
	expect_problem(PIECES SIGNATURE("my.bad", "  match: |-\n    ^ab\\C(?&word)\n"), 11, 10, "does not compile", "");
	expect_problem(PIECES SIGNATURE("my.bad", "  match: |-\n    ^abc(?&word)(?&other)\n"), 11, 20, "does not compile", "");
	expect_problem(PIECES SIGNATURE("my.bad", "  match: |-\n    ^abc(?&open\n"), 11, 16, "does not compile", "");
	expect_problem(PIECES SIGNATURE("my.bad", "  match: |-\n    ^abc(?&open)d\n"), 11, 18, "does not compile", "");
	expect_problem("schema: mcplog.signatures/1\npieces: x\nsignatures:\n- id: my.good\n  event: call.sent\n  in: [mcp]\n  match: ^abcd\n", 2, 9, "must be a map", "");
}

static void yaml_errors_are_problems_too(void **state)
{
	(void)state;
	expect_problem("schema: mcplog.signatures/1\r\n", 1, 28, "carriage return", "");
	expect_problem("", 1, 1, "empty", "schema");
}

static void missing_directories(void **state)
{
	(void)state;
	struct rules rules = {0};
	struct err e = {0};
	str dirs[] = {S("no-such-directory")};
	bool required[] = {false};
	assert_int_equal(knowledge_load(&rules, dirs, required, 1, &e), 0);
	knowledge_free(&rules);
	required[0] = true;
	assert_int_equal(knowledge_load(&rules, dirs, required, 1, &e), ERR_IO);
	assert_non_null(strstr(e.text, "no-such-directory"));
	knowledge_free(&rules);
}

static bool found(const struct prove_report *r, const char *word)
{
	for (size_t i = 0; i < r->findings.n; i++)
		if (strstr(r->findings.v[i].err.text, word) != NULL)
			return true;
	return false;
}

static const struct prove_finding *finding(const struct prove_report *r, const char *word)
{
	for (size_t i = 0; i < r->findings.n; i++)
		if (strstr(r->findings.v[i].err.text, word) != NULL)
			return &r->findings.v[i];
	return NULL;
}

static void prove(struct dir *d, const char *yaml, struct prove_report *ret)
{
	const struct prove_options options = {.only_user = true, .lint = true};
	setup_dir(d);
	put(d, "x.yaml", yaml);
	assert_int_equal(load(d), 0);
	prove_run(&d->rules, &options, ret);
}

static void good_signatures_prove(void **state)
{
	(void)state;
	struct dir d;
	struct prove_report r = {0};
	prove(&d, HEAD SIGNATURE("my.good", "  match: |-\n    ^Zebra (?<n>\\d+) sleeps\n  meaning: x\n  samples:\n"
		"  - line: |-\n      Zebra 5 sleeps\n    is: { n: \"5\" }\n  - line: |-\n      Zebra wakes\n    is: no\n"), &r);
	for (size_t i = 0; i < r.findings.n; i++)
		if (r.findings.v[i].level == PROVE_ERROR && r.findings.v[i].id.n > 0 && str_starts(r.findings.v[i].id, S("my.")))
			fail_msg("%s", r.findings.v[i].err.text);
	assert_int_equal(r.signatures, 1);
	assert_int_equal(r.samples, 2);
	prove_report_done(&r);
	done(&d);
}

static void bad_samples_are_shown_with_a_caret(void **state)
{
	(void)state;
	struct dir d;
	struct prove_report r = {0};
	prove(&d, HEAD SIGNATURE("my.one", "  match: |-\n    ^Zebra (?<n>\\d+)(?<more> lies)? sleeps\n  meaning: x\n  samples:\n"
		"  - line: |-\n      Zebra 5 sleps\n    is: { n: \"5\" }\n  - line: |-\n      Zebra 6 sleeps\n    is: { zz: \"6\" }\n"
		"  - line: |-\n      Zebra 7 sleeps\n    is: { n: \"8\" }\n  - line: |-\n      Zebra 8 sleeps\n    is: no\n")
		SIGNATURE("my.two", "  match: Zeb(?<x>[a-z]+)\n  samples:\n  - line: Zebra 9 sleeps\n    is: { x: ra }\n"), &r);
	const struct prove_finding *f = finding(&r, "does not match");
	assert_non_null(f);
	assert_int_equal(f->err.line, 11);
	assert_int_equal(f->err.column, 7 + strlen("Zebra 5 sle"));
	assert_string_equal(f->err.snippet, "      Zebra 5 sleps");
	assert_non_null(strstr(f->err.hint, "eps"));
	assert_true(found(&r, "wants a field `zz`"));
	assert_true(found(&r, "to be `8`, but it is `7`"));
	assert_true(found(&r, "near miss matches"));
	assert_true(found(&r, "exercises the group `more`"));
	assert_true(found(&r, "taken by the signature my.one"));
	assert_true(found(&r, "my.two: no near miss"));
	assert_true(found(&r, "neither an anchor nor a literal of 4"));
	assert_true(found(&r, "my.two: no meaning"));
	assert_true(found(&r, "every record of its classes has to be read"));
	prove_report_done(&r);
	done(&d);
}

static void formats_are_proven(void **state)
{
	(void)state;
	struct dir d;
	struct prove_report r = {0};
	prove(&d, "schema: mcplog.formats/1\nformats:\n- id: my-format\n  kind: server\n  class: server\n  head: 'dddd/'\n  time: '%Y/%m/%d %H:%M:%S'\n  match: |-\n"
		"    ^(?<time>\\d{4}/\\S+ \\S+) (?<body>.*)\n  samples:\n  - line: 2026/11/20 10:00:00 hello\n    is: { time: 2026/11/20 10:00:00, body: hello }\n"
		"  - line: 2026/13/20 10:00:00 hello\n    is: { body: hullo }\n  - line: 2026/11/20 10:00:00 miss\n    is: no\n", &r);
	assert_int_equal(r.formats, 1);
	assert_true(found(&r, "cannot be read by the template"));
	assert_true(found(&r, "to be `hullo`, but it is `hello`"));
	assert_true(found(&r, "near miss matches"));
	prove_report_done(&r);
	done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builtin_knowledge_has_no_problem),
		cmocka_unit_test(finished_programs_are_those_of_their_patterns),
		cmocka_unit_test(the_image_holds_what_the_reader_reads),
		cmocka_unit_test(a_group_of_the_user_changes_builtin_causes),
		cmocka_unit_test(users_entries_add_and_replace),
		cmocka_unit_test(the_hash_is_of_the_content),
		cmocka_unit_test(problems_say_where_and_what),
		cmocka_unit_test(broken_regexes_are_refused),
		cmocka_unit_test(pieces_stand_where_they_are_named),
		cmocka_unit_test(problems_of_patterns_with_pieces),
		cmocka_unit_test(yaml_errors_are_problems_too),
		cmocka_unit_test(missing_directories),
		cmocka_unit_test(good_signatures_prove),
		cmocka_unit_test(bad_samples_are_shown_with_a_caret),
		cmocka_unit_test(formats_are_proven),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
