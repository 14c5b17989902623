/*
 * patterns: the knowledge base. list shows what is loaded, new prints the skeleton of a signature; test and lint hand the
 * loaded rules to prove/.
 */
#include "base/diag.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/pager.h"
#include "cli/unexplained.h"
#include "knowledge/knowledge.h"
#include "prove/prove.h"
#include "report/page.h"
#include <stdlib.h>

struct listing {
	struct buf text;
	bool origin;
};

static void list_row(void *context, const struct prove_row *row)
{
	enum { TYPE = 11, ID = 34 };
	struct listing *l = context;
	buf_printf(&l->text, "%-*s%.*s", TYPE, row->type, STR_ARG(row->id));
	buf_repeat(&l->text, ' ', row->id.n + 1 < ID ? ID - row->id.n : 1);
	if (l->origin) {
		buf_addz(&l->text, row->builtin ? "built in, " : "");
		utf8_terminal(&l->text, str_z(row->where.file ? row->where.file : "built in"), false);
		buf_printf(&l->text, ":%u  ", row->where.line);
	}
	utf8_terminal(&l->text, row->meaning.n ? row->meaning : row->kind, false);
	while (l->text.n && l->text.p[l->text.n - 1] == ' ')
		l->text.n--;
	buf_byte(&l->text, '\n');
}

static int list(const struct env *env, const struct opts *opts, struct rules *rules)
{
	struct listing l = {.origin = opts_has(opts, OPT_ORIGIN)};
	prove_list(rules, list_row, &l);
	const int code = pager_print(env, opts, buf_str(&l.text));
	buf_done(&l.text);
	return code;
}

/* Steps per hundred records of the signature's classes. */
static double price_of(const struct prove_price *p)
{
	return p->records > 0 ? 100.0 * (double)p->steps / (double)p->records : 0;
}

static int dearer(const void *a, const void *b)
{
	const struct prove_price *x = a, *y = b;
	if (price_of(x) != price_of(y))
		return price_of(x) < price_of(y) ? 1 : -1;
	return x->signature < y->signature ? -1 : x->signature > y->signature;
}

static void price_row(struct buf *out, const struct prove_price *p)
{
	enum { FIXED_SHOWN = 40 };
	const struct signature *s = p->signature;
	const str fixed = s->head.n > 0 ? s->head : s->literal;
	buf_printf(out, "%8.0f%8zu of %4zu%8.1f  %-6s ", price_of(p), p->tried, p->records, p->tried > 0 ? (double)p->steps / (double)p->tried : 0,
		p->plain ? "plain" : "PCRE2");
	buf_add(out, s->id);
	buf_addz(out, fixed.n == 0 ? ": no fixed text" : s->head.n > 0 ? ": begins with `" : s->anchored ? ": holds `" : ": anywhere holds `");
	utf8_terminal(out, utf8_limit(fixed, FIXED_SHOWN), false);
	buf_addz(out, fixed.n == 0 ? "\n" : fixed.n > FIXED_SHOWN ? "…`\n" : "`\n");
}

/* All that were asked for, of the built-in ones only the dearest. */
static void price_list(struct buf *out, struct prove_report *report, bool one)
{
	enum { BUILTIN_SHOWN = 12 };
	size_t builtin = 0;
	if (report->prices.n == 0)
		return;
	qsort(report->prices.v, report->prices.n, sizeof *report->prices.v, dearer);
	buf_addz(out, "   steps       tried    each  by     signature, and what it is found by\n");
	for (size_t i = 0; i < report->prices.n; i++) {
		const struct prove_price *p = &report->prices.v[i];
		const bool own = p->signature->doc->texts != NULL;
		builtin += !own;
		if (one || own || builtin <= BUILTIN_SHOWN)
			price_row(out, p);
	}
	if (!one && builtin > BUILTIN_SHOWN)
		buf_printf(out, "         and %zu built-in ones that cost less; name one to see it\n", builtin - BUILTIN_SHOWN);
	buf_addz(out, "steps: in 100 records of its classes (the samples of all signatures stand for them), those that it matches included.\n");
}

static void summary(struct buf *out, const struct prove_report *r)
{
	page_count(r->signatures, "signature", ", ", out);
	page_count(r->formats, "format", " and ", out);
	page_count(r->redactions, "redaction", " proven by ", out);
	page_count(r->samples, "sample", ", ", out);
	page_count(r->causes, "cause", " checked: ", out);
	page_count(r->errors, "error", ", ", out);
	page_count(r->warnings, "warning", "\n", out);
}

static int prove(const struct env *env, const struct opts *opts, struct rules *rules, bool lint)
{
	struct prove_report report = {0};
	struct buf text = {0};
	const struct prove_options options = {.lint = lint, .only_id = str_z(opts->arg_count > 1 ? opts->args[1] : "")};
	prove_run(rules, &options, &report);
	for (size_t i = 0; i < report.findings.n; i++)
		diag_err(&report.findings.v[i].err);
	price_list(&text, &report, options.only_id.n > 0);
	summary(&text, &report);
	const int printed = command_print(env, buf_str(&text));
	const int code = exit_code_worst(printed, report.errors ? EXIT_CODE_USAGE : EXIT_CODE_COMPLETE);
	buf_done(&text);
	prove_report_done(&report);
	return code;
}

static int test(const struct env *env, const struct opts *opts, struct rules *rules)
{
	return prove(env, opts, rules, false);
}

static int lint(const struct env *env, const struct opts *opts, struct rules *rules)
{
	return prove(env, opts, rules, true);
}

/* Of line N of `mcplog unknown` over the same paths. */
static int from_template(const struct env *env, const struct opts *opts, const char *id, struct buf *out)
{
	struct run r;
	struct unknown_result u = {0};
	struct err e = {0};
	const uint32_t wanted = opts_number(opts, OPT_FROM, 1);
	int failed = run_init(env, opts, &r, &e);
	if (!failed && strchr(id, '/')) {
		failed = err_set(&e, ERR_USAGE, "patterns new: '%s' is no id", id);
		err_hint(&e, "the id comes first: mcplog patterns new my.id --from %u PATH", wanted);
	}
	if (!failed)
		failed = unexplained_read(&r, 2, &u, &e);
	if (!failed && wanted > u.template_count) {
		failed = err_set(&e, ERR_USAGE, "patterns new: there is no template %u, only %zu", wanted, u.template_count);
		err_hint(&e, "mcplog unknown shows their numbers; name the same paths here");
	}
	if (!failed)
		unexplained_skeleton(&u.templates[wanted - 1], id, out);
	const int code = failed ? command_failed(env, &e) : r.exit;
	unknown_done(&u);
	run_done(&r);
	return code;
}

static int skeleton(const struct env *env, const struct opts *opts, struct rules *rules)
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
	const char *id = opts->arg_count > 1 && opts->args[1] ? opts->args[1] : "my.signature";
	struct buf out = {0};
	for (size_t i = 0; i < rules->signatures.n; i++)
		if (str_eq(rules->signatures.v[i].id, str_z(id)))
			diag_warn("there is a signature %s already; a file that uses this id replaces it", id);
	int code = EXIT_CODE_COMPLETE;
	if (opts_has(opts, OPT_FROM))
		code = from_template(env, opts, id, &out);
	else
		buf_printf(&out, text, id ? id : "");
	if (out.n)
		code = exit_code_worst(code, command_print(env, buf_str(&out)));
	buf_done(&out);
	return code;
}

static const struct action {
	const char *name;
	int (*run)(const struct env *env, const struct opts *opts, struct rules *rules);
	size_t args; /* at most, behind the action */
} actions[] = {
	{"list", list, 0},
	{"test", test, 1},
	{"lint", lint, 1},
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
		if (opts->arg_count <= actions[i].args + 1 || (actions[i].run == skeleton && opts_has(opts, OPT_FROM)))
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
		if (rules.problem_count && action->run != test && action->run != lint) {
			diag_err(&rules.first_problem);
			code = exit_code_worst(code, EXIT_CODE_USAGE);
		}
	}
	knowledge_free(&rules);
	arena_done(&arena);
	return code;
}
