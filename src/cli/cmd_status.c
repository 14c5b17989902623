/*
 * status: every source that the timeline knows, with how far it was read, what is pending and what was wrong with it.
 * Nothing that was skipped is left out. Reads the timeline only; never a log.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/pager.h"
#include "cli/places.h"
#include "cli/run.h"
#include "knowledge/knowledge.h"
#include "redact/redact.h"
#include "report/page.h"
#include "store/timeline.h"

static void show_problem(struct buf *out, const struct problem *p)
{
	static const char *const words[] = {[PROBLEM_NOTE] = "note", [PROBLEM_WARN] = "warning", [PROBLEM_ERROR] = "error"};
	buf_printf(out, "    %s %s: ", words[p->class], p->code);
	utf8_terminal(out, str_z(p->text), false);
	if (p->line)
		buf_printf(out, " (line %llu, offset %llu)", (unsigned long long)p->line, (unsigned long long)p->offset);
	if (p->times > 1)
		buf_printf(out, ", %u times", p->times);
	buf_byte(out, '\n');
}

static void show_source(struct buf *out, const struct source *s)
{
	utf8_terminal(out, s->path, false);
	buf_printf(out, "\n    %s, read to %llu of %llu bytes, %llu line%s, %llu record%s", source_kind_name(s->kind),
		(unsigned long long)s->offset, (unsigned long long)s->bytes, (unsigned long long)s->lines, page_plural(s->lines),
		(unsigned long long)s->records, page_plural(s->records));
	if (s->unrecognized)
		buf_printf(out, ", %llu not recognised", (unsigned long long)s->unrecognized);
	if (source_pending(s))
		buf_printf(out, ", %llu bytes pending", (unsigned long long)s->pending_bytes);
	if (!s->complete)
		buf_addz(out, ", not complete");
	buf_byte(out, '\n');
	for (size_t i = 0; i < s->problem_count; i++)
		show_problem(out, &s->problems[i]);
}

static int show_all(struct timeline *t, struct arena *a, struct buf *out, struct err *reterr)
{
	int64_t *ids;
	size_t count;
	const str everything = S("");
	int e = timeline_scope(t, &everything, 1, a, &ids, &count, reterr);
	if (e)
		return e;
	for (size_t i = 0; i < count; i++) {
		struct source s = {0};
		e = timeline_load_source(t, ids[i], a, &s, reterr);
		if (e)
			return e;
		show_source(out, &s);
	}
	buf_printf(out, "%zu source%s\n", count, count == 1 ? "" : "s");
	return 0;
}

/* The timeline holds names of files as the file system has them: a secret in one is hidden here. */
static int put(const struct env *env, const struct opts *opts, struct rules *rules, str text)
{
	struct redactor *redactor = redactor_new(rules, false);
	struct buf clean = {0};
	(void)redact(redactor, text, &clean);
	const int e = pager_print(env, opts, buf_str(&clean)) ? ERR_IO : 0;
	buf_done(&clean);
	redactor_free(redactor);
	return e;
}

static int status(const struct env *env, const struct opts *opts, const char *path, struct rules *rules, struct arena *a, struct err *reterr)
{
	struct stat st;
	struct buf out = {0};
	int e = 0;
	if (stat(path, &st) != 0 && errno == ENOENT) {
		buf_addz(&out, "no timeline yet: ");
		utf8_terminal(&out, str_z(path), false);
		buf_addz(&out, " does not exist; mcplog analyze makes it\n");
	} else {
		struct timeline *t;
		e = timeline_open(&(struct timeline_options){.path = path, .read_only = true,
			.rules_hash = pipeline_reading_key(rules, &(struct pipeline_options){.paths = NULL})}, &t, reterr);
		if (!e) {
			e = show_all(t, a, &out, reterr);
			timeline_close(t);
		}
	}
	if (!e)
		e = put(env, opts, rules, buf_str(&out));
	buf_done(&out);
	return e;
}

int cmd_status(const struct env *env, const struct opts *opts)
{
	struct err e = {0};
	struct arena a = {0};
	const char *path = opts->value[OPT_DB];
	int failed = 0;
	diag_quiet(opts_has(opts, OPT_QUIET));
	if (opts->arg_count)
		failed = err_set(&e, ERR_USAGE, "status takes no arguments: '%s' is one too many", opts->args[0]);
	else if (!path)
		failed = places_database(env, &a, false, &path, &e);
	struct rules rules = {0}; /* their hash: a source that was read with other knowledge says so */
	if (!failed)
		failed = run_load_rules(env, opts, &a, &rules, &e);
	if (!failed)
		failed = status(env, opts, path, &rules, &a, &e);
	knowledge_free(&rules);
	arena_done(&a);
	if (!failed)
		return EXIT_CODE_COMPLETE;
	e.code = failed;
	return e.text[0] ? command_failed(env, &e) : EXIT_CODE_OUTPUT;
}
