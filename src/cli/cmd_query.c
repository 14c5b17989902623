/*
 * query: ready-made questions and SELECTs of the user, to the timeline, or to logs that are read for this question only. What
 * may be asked is store/query.c's business; here arguments become SQL with parameters, and rows an answer.
 *
 * A word without blanks is the name of a question, never SQL, so that a mistyped name gets its nearest one.
 */
#include <stdlib.h>

#include "base/diag.h"
#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/run.h"
#include "redact/redact.h"
#include "report/answer.h"
#include "store/timeline.h"

enum { PARAMETERS = 64, COLUMNS = 64, USUAL_ROWS = 100000, USUAL_SECONDS = 30, FILTERS = 5 };

struct asking {
	struct run *run;
	str sql;
	const struct query *ready;   /* NULL: the user's own SQL */
	struct query_parameter parameters[PARAMETERS];
	size_t parameter_count;
	size_t filter_count;         /* the first ones come from options */
	str *paths;
	size_t path_count;
	char since[32], until[32];
};

/* --- what is asked --- */

static const struct query *find_query(const struct rules *rules, str name)
{
	for (size_t i = 0; i < rules->queries.n; i++)
		if (str_eq(rules->queries.v[i].id, name))
			return &rules->queries.v[i];
	return NULL;
}

static bool is_sql(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (memchr(" \t\n(;'\"*", s.p[i], 8))
			return true;
	return s.n == 0;
}

static int unknown_query(const struct rules *rules, str name, struct err *reterr)
{
	struct nearest near = nearest_start(name);
	str holds = STR_NONE;
	for (size_t i = 0; i < rules->queries.n; i++) {
		nearest_offer(&near, rules->queries.v[i].id);
		if (!holds.n && str_find(rules->queries.v[i].id, name) >= 0)
			holds = rules->queries.v[i].id;
	}
	const str guess = nearest_result(&near).n ? nearest_result(&near) : holds;
	const int code = err_set(reterr, ERR_USAGE, "query: there is no question '%.*s'", STR_ARG(str_head(name, 100)));
	if (guess.n)
		err_hint(reterr, "did you mean %.*s?", STR_ARG(guess));
	else
		err_hint(reterr, "mcplog query --list shows them; SQL of your own goes into quotes: mcplog query 'SELECT ...'");
	return code;
}

static int add_parameter(struct asking *a, str name, str value, int type, struct err *reterr)
{
	if (a->parameter_count == PARAMETERS)
		return err_set(reterr, ERR_USAGE, "query: more than %d parameters", PARAMETERS);
	a->parameters[a->parameter_count++] = (struct query_parameter){.name = name, .value = value, .type = type};
	return 0;
}

static bool is_name(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];
		if (!(c == '_' || str_is_letter(c) || (str_is_digit(c) && i)))
			return false;
	}
	return s.n > 0;
}

/* NAME=VALUE, or the path of a log. */
static int read_arguments(struct asking *a, struct err *reterr)
{
	const struct opts *o = a->run->opts;
	int e = 0;
	a->paths = arena_alloc(&a->run->arena, (o->arg_count + 1) * sizeof *a->paths);
	for (size_t i = 1; i < o->arg_count && !e; i++) {
		str rest = str_z(o->args[i]);
		const bool pair = str_chr(rest, '=') > 0;
		const str name = str_word(&rest, '=');
		if (pair && is_name(name))
			e = add_parameter(a, name, rest.p ? rest : S(""), QUERY_NUMBER, reterr);
		else
			a->paths[a->path_count++] = str_z(o->args[i]);
	}
	return e;
}

static int read_question(struct asking *a, struct err *reterr)
{
	const struct opts *o = a->run->opts;
	if (o->arg_count == 0) {
		(void)err_set(reterr, ERR_USAGE, "query: the question is missing");
		err_hint(reterr, "mcplog query --list shows ready-made ones; or mcplog query 'SELECT ...'");
		return ERR_USAGE;
	}
	const str first = str_z(o->args[0]);
	a->ready = find_query(&a->run->rules, first);
	if (!a->ready && !is_sql(first))
		return unknown_query(&a->run->rules, first, reterr);
	a->sql = a->ready ? a->ready->sql : first;
	return read_arguments(a, reterr);
}

/* --- the timeline --- */

static int open_timeline(struct asking *a, struct timeline **ret, struct err *reterr)
{
	struct run *r = a->run;
	if (a->path_count == 0)
		return run_open_timeline(r, ret, reterr);
	const char *db = r->opts->value[OPT_DB];
	if (db && strcmp(db, ":memory:") != 0) {
		(void)err_set(reterr, ERR_USAGE, "query: paths and --db do not go together: a question is about these logs, or about a timeline");
		err_hint(reterr, "leave one of them out");
		return ERR_USAGE;
	}
	r->in_memory = true;
	const int e = run_pipeline(r, a->paths, a->path_count, reterr);
	*ret = r->result.timeline;
	return e;
}

static int add_time(struct asking *a, const char *name, const struct when *w, instant as_of, char text[32], struct err *reterr)
{
	const instant at = when_resolve(w, as_of);
	if (w->type == WHEN_NONE)
		return 0;
	struct buf digits = {0};
	buf_printf(&digits, "%lld", (long long)(at == INSTANT_NONE ? 0 : at / MILLISECOND));
	memcpy(text, digits.p, digits.n);
	const int e = add_parameter(a, str_z(name), (str){text, digits.n}, QUERY_NUMBER, reterr);
	buf_done(&digits);
	return e;
}

static int add_filters(struct asking *a, struct timeline *t, struct err *reterr)
{
	static const struct {
		enum opt_id id;
		const char *name;
	} texts[] = {{OPT_SERVER, "server"}, {OPT_TOOL, "tool"}, {OPT_SESSION, "session"}};
	const size_t before = a->parameter_count;
	instant as_of = INSTANT_NONE;
	int e = 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts && !e; i++)
		if (opts_has(a->run->opts, texts[i].id))
			e = add_parameter(a, str_z(texts[i].name), str_z(a->run->opts->value[texts[i].id]), QUERY_TEXT, reterr);
	if (!e && (a->run->since.type || a->run->until.type))
		e = run_last_time(t, &as_of, reterr);
	if (!e)
		e = add_time(a, "since", &a->run->since, as_of, a->since, reterr);
	if (!e)
		e = add_time(a, "until", &a->run->until, as_of, a->until, reterr);
	a->filter_count = a->parameter_count - before;
	return e;
}

/* SQL compares a text with a number without complaint, and the answer would be one to another question. */
static int check_value(const struct asking *a, const struct query_parameter *p, struct err *reterr)
{
	double number;
	char name[64];
	if (!a->ready || p->name.n >= sizeof name)
		return 0;
	memcpy(name, p->name.p, p->name.n);
	name[p->name.n] = '\0';
	const struct tree_doc *d = a->ready->doc;
	const uint32_t told = tree_get(d, a->ready->parameters, name);
	if (!told || !str_eq(tree_get_text(d, told, "type"), S("number")) || str_double(p->value, &number))
		return 0;
	(void)err_set(reterr, ERR_USAGE, "query: %s=%.*s: a number is expected", name, STR_ARG(str_head(p->value, 100)));
	err_hint(reterr, "%s: %.*s", name, STR_ARG(tree_get_text(d, told, "what")));
	return ERR_USAGE;
}

/* A value for a parameter that the question does not have would be ignored, and the answer taken for a narrower one. */
static int check_parameters(struct asking *a, struct timeline *t, struct err *reterr)
{
	str names[PARAMETERS];
	size_t count = 0;
	int e = timeline_check_query(t, a->sql, &a->run->arena, names, PARAMETERS, &count, reterr);
	for (size_t i = 0; i < a->parameter_count && !e; i++) {
		struct nearest near = nearest_start(a->parameters[i].name);
		bool known = false;
		for (size_t k = 0; k < count; k++) {
			known = known || str_eq(names[k], a->parameters[i].name);
			nearest_offer(&near, names[k]);
		}
		if (known) {
			e = check_value(a, &a->parameters[i], reterr);
			continue;
		}
		const bool option = i >= a->parameter_count - a->filter_count;
		(void)err_set(reterr, ERR_USAGE, "query: this question has no %s%.*s", option ? "--" : ":", STR_ARG(a->parameters[i].name));
		if (nearest_result(&near).n)
			err_hint(reterr, "did you mean %.*s?", STR_ARG(nearest_result(&near)));
		else if (option)
			err_hint(reterr, "in SQL of your own, ask for :%.*s where it counts", STR_ARG(a->parameters[i].name));
		return ERR_USAGE;
	}
	return e;
}

/* --- the answer --- */

static size_t page_width(const struct run *r)
{
	const bool terminal = r->env->out_tty && !opts_has(r->opts, OPT_OUTPUT);
	return terminal ? (r->env->columns ? r->env->columns : 80) : 0;
}

static int start_answer(const struct run *r, struct answer *ret, struct buf *out, struct err *reterr)
{
	const char *format = r->opts->value[OPT_FORMAT];
	const struct answer_options options = {.width = page_width(r), .ascii = opts_has(r->opts, OPT_ASCII)};
	if (answer_init(ret, format ? str_z(format) : S("text"), &options, out))
		return 0;
	return err_set(reterr, ERR_USAGE, "--format: query does not write '%s'", format ? format : "");
}

/* The timeline holds names of files as the file system has them: a secret in one is hidden here. */
static int put_answer(struct run *r, str text, struct err *reterr)
{
	struct redactor *redactor = redactor_new(&r->rules, opts_has(r->opts, OPT_NO_REDACT));
	struct buf clean = {0};
	(void)redact(redactor, text, &clean);
	const int e = run_output(r, buf_str(&clean), reterr);
	buf_done(&clean);
	redactor_free(redactor);
	return e;
}

static int ask(struct asking *a, struct timeline *t, struct err *reterr)
{
	struct run *r = a->run;
	const struct query_limits limits = {
		.max_rows = opts_number(r->opts, OPT_LIMIT, USUAL_ROWS),
		.time = (int64_t)opts_number(r->opts, OPT_TIMEOUT, USUAL_SECONDS) * SECOND,
		.clock = r->env->clock,
		.stop = r->env->stop,
	};
	struct buf out = {0};
	struct answer answer;
	bool cut = false;
	int e = start_answer(r, &answer, &out, reterr);
	if (!e)
		e = timeline_ask(t, a->sql, a->parameters, a->parameter_count, &limits, answer_row, &answer, &cut, reterr);
	if (!e) {
		answer_end(&answer);
		e = put_answer(r, buf_str(&out), reterr);
	}
	if (!e && (answer.full || (cut && !opts_has(r->opts, OPT_LIMIT)))) {
		diag_warn("only the first %llu rows are shown; --limit 0 shows all", (unsigned long long)answer.rows);
		r->exit = exit_code_worst(r->exit, EXIT_CODE_INPUT);
	}
	answer_done(&answer);
	buf_done(&out);
	return e;
}

/* --- lists --- */

static void give(struct answer *a, const char *const *names, const str *values, size_t n)
{
	struct query_value v[4] = {{STR_NONE, STR_NONE, false}};
	for (size_t i = 0; i < n; i++)
		v[i] = (struct query_value){.name = str_z(names[i]), .value = values ? values[i] : STR_NONE};
	answer_row(a, v, n, values == NULL);
}

static str parameters_of(const struct query *q, struct arena *a)
{
	struct buf text = {0};
	for (uint32_t i = tree_first(q->doc, q->parameters); i; i = tree_next(q->doc, i))
		buf_printf(&text, "%s%.*s=", text.n ? " " : "", STR_ARG(tree_key(q->doc, i)));
	const str kept = arena_str(a, buf_str(&text));
	buf_done(&text);
	return kept;
}

static int list_queries(struct run *r, struct answer *a)
{
	static const char *const names[] = {"name", "question", "parameters"};
	give(a, names, NULL, 3);
	for (size_t i = 0; i < r->rules.queries.n; i++) {
		const struct query *q = &r->rules.queries.v[i];
		give(a, names, (str[]){q->id, q->title, parameters_of(q, &r->arena)}, 3);
	}
	return 0;
}

static int list_views(struct run *r, struct answer *a, struct err *reterr)
{
	static const char *const names[] = {"view", "column"};
	struct timeline *t = NULL;
	int e = timeline_open(&(struct timeline_options){.path = ":memory:"}, &t, reterr);
	if (!e)
		give(a, names, NULL, 2);
	for (size_t i = 0; timeline_view(i) && !e; i++) {
		str columns[COLUMNS];
		size_t n = 0;
		e = timeline_view_columns(t, timeline_view(i), &r->arena, columns, COLUMNS, &n, reterr);
		for (size_t k = 0; k < n; k++)
			give(a, names, (str[]){str_z(timeline_view(i)), columns[k]}, 2);
	}
	timeline_close(t);
	return e;
}

static int list(struct run *r, struct err *reterr)
{
	struct buf out = {0};
	struct answer answer;
	int e = start_answer(r, &answer, &out, reterr);
	if (!e)
		e = opts_has(r->opts, OPT_SCHEMA) ? list_views(r, &answer, reterr) : list_queries(r, &answer);
	if (!e) {
		answer_end(&answer);
		e = run_output(r, buf_str(&out), reterr);
	}
	answer_done(&answer);
	buf_done(&out);
	return e;
}

/* --- the command --- */

static int query(struct run *r, struct err *reterr)
{
	if (opts_has(r->opts, OPT_LIST) || opts_has(r->opts, OPT_SCHEMA))
		return list(r, reterr);
	struct asking a = {.run = r};
	struct timeline *t = NULL;
	int e = read_question(&a, reterr);
	if (!e)
		e = open_timeline(&a, &t, reterr);
	if (!e)
		e = add_filters(&a, t, reterr);
	if (!e)
		e = check_parameters(&a, t, reterr);
	if (!e)
		e = ask(&a, t, reterr);
	if (t != r->result.timeline)
		timeline_close(t);
	return e;
}

int cmd_query(const struct env *env, const struct opts *opts) { return run_command(env, opts, query); }
