/*
 * patterns: the knowledge base. list shows what is loaded, new prints the skeleton of a signature; test and lint hand the
 * loaded rules to prove/.
 */
#include "base/diag.h"
#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/run.h"
#include "knowledge/knowledge.h"
#include "model/cause.h"

struct listing {
	struct buf text;
	bool origin;
};

static void row(struct listing *l, const char *what, str id, str detail, const struct where *where)
{
	enum { WHAT = 11, ID = 34 };
	buf_printf(&l->text, "%-*s%.*s", WHAT, what, STR_ARG(id));
	buf_repeat(&l->text, ' ', id.n + 1 < ID ? ID - id.n : 1);
	if (l->origin)
		buf_printf(&l->text, "%s:%u  ", where->file ? where->file : "built in", where->line);
	buf_add(&l->text, detail);
	while (l->text.n && l->text.p[l->text.n - 1] == ' ')
		l->text.n--;
	buf_byte(&l->text, '\n');
}

static int list(const struct env *env, const struct opts *opts, const struct rules *rules)
{
	struct listing l = {.origin = opts_has(opts, OPT_ORIGIN)};
	for (size_t i = 0; i < rules->formats.n; i++)
		row(&l, "format", rules->formats.v[i].id, str_z(source_kind_name(rules->formats.v[i].kind)), &rules->formats.v[i].where);
	for (size_t i = 0; i < rules->signatures.n; i++) {
		const struct signature *s = &rules->signatures.v[i];
		row(&l, "signature", s->id, s->class ? intern_get(&rules->classes, s->class) : intern_get(&rules->kinds, s->kind), &s->where);
	}
	for (size_t i = 0; i < rules->causes.n; i++) {
		const struct cause *c = rules->causes.v[i];
		row(&l, c->note ? "note" : "cause", c->id, c->title, &c->where);
	}
	for (size_t i = 0; i < rules->advice.n; i++)
		row(&l, "advice", rules->advice.v[i].cause, rules->advice.v[i].when, &rules->advice.v[i].where);
	for (size_t i = 0; i < rules->redactions.n; i++)
		row(&l, "redaction", rules->redactions.v[i].id, rules->redactions.v[i].kind, &rules->redactions.v[i].where);
	const int code = command_print(env, buf_str(&l.text));
	buf_done(&l.text);
	return code;
}

static int skeleton(const struct env *env, const struct opts *opts, const struct rules *rules)
{
	static const char text[] =
		"schema: mcplog.signatures/1\n"
		"signatures:\n"
		"- id: %s\n"
		"  event: KIND              # a kind of patterns/kinds.yaml\n"
		"  in: [server]             # mcp debug server access proxy traceback desktop list wire transcript error\n"
		"  keep: event              # event | mark | call | count\n"
		"  match: |-\n"
		"    ^the beginning of the line, with (?<name>\\w+) for what varies\n"
		"  meaning: what the line tells, in one sentence\n"
		"  public: https://         # where the line can be seen; or `constructed: true`\n"
		"  samples:\n"
		"  - line: |-\n"
		"      the beginning of the line, with something for what varies\n"
		"    is: { name: something }\n"
		"  - line: |-\n"
		"      a line that looks alike and must not match\n"
		"    is: no\n";
	const char *id = opts->arg_count > 1 ? opts->args[1] : "my.signature";
	for (size_t i = 0; i < rules->signatures.n; i++)
		if (str_eq(rules->signatures.v[i].id, str_z(id)))
			diag_warn("there is a signature %s already; a file that uses this id replaces it", id);
	struct buf out = {0};
	buf_printf(&out, text, id);
	const int code = command_print(env, buf_str(&out));
	buf_done(&out);
	return code;
}

static const struct action {
	const char *name;
	int (*run)(const struct env *env, const struct opts *opts, const struct rules *rules);
	size_t args; /* at most, behind the action */
} actions[] = {
	{"list", list, 0},
	{"new", skeleton, 1},
};
enum { ACTION_COUNT = sizeof actions / sizeof *actions };

static const struct action *find_action(const struct opts *opts, struct err *reterr)
{
	if (opts->arg_count == 0) {
		err_set(reterr, ERR_USAGE, "patterns: what to do is missing");
		err_hint(reterr, "mcplog patterns list, test, lint or new");
		return NULL;
	}
	struct nearest near = nearest_start(str_z(opts->args[0]));
	for (int i = 0; i < ACTION_COUNT; i++) {
		if (strcmp(opts->args[0], actions[i].name) != 0) {
			nearest_offer(&near, str_z(actions[i].name));
			continue;
		}
		if (opts->arg_count <= actions[i].args + 1)
			return &actions[i];
		err_set(reterr, ERR_USAGE, "patterns %s: '%s' is one argument too many", actions[i].name, opts->args[actions[i].args + 1]);
		return NULL;
	}
	err_set(reterr, ERR_USAGE, "patterns: there is no '%s'", opts->args[0]);
	if (nearest_result(&near).n)
		err_hint(reterr, "did you mean mcplog patterns %.*s?", STR_ARG(nearest_result(&near)));
	else
		err_hint(reterr, "mcplog patterns list, test, lint or new");
	return NULL;
}

int cmd_patterns(const struct env *env, const struct opts *opts)
{
	struct err e = {0};
	diag_quiet(opts_has(opts, OPT_QUIET));
	const struct action *action = find_action(opts, &e);
	if (!action)
		return command_failed(env, &e);
	struct arena arena = {0};
	struct rules rules = {0};
	int code;
	const int failed = run_load_rules(env, opts, &arena, &rules, &e);
	if (failed) {
		e.code = failed;
		code = command_failed(env, &e);
	} else {
		code = action->run(env, opts, &rules);
		if (rules.problem_count) {
			diag_err(&rules.first_problem);
			code = exit_code_worst(code, EXIT_CODE_USAGE);
		}
	}
	knowledge_free(&rules);
	arena_done(&arena);
	return code;
}
