/*
 * timeline: an incident or a session as a picture. What the first argument is, is seen from the world: a path that exists is a
 * log; else it is the beginning of an incident's id or of a session's, looked for in the logs named behind it or in the timeline.
 */
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/find.h"
#include "cli/inputs.h"

static bool is_path(const char *word)
{
	struct stat st;
	return (word[0] == '-' && !word[1]) || strchr(word, '/') || stat(word, &st) == 0;
}

/* The session that `word` begins: only one may. */
static int find_session(struct run *r, str word, struct err *reterr)
{
	const struct picture *p = &r->result.facts.picture;
	str found = STR_NONE;
	for (size_t i = 0; i < p->session_count; i++) {
		if (!p->sessions[i].id.n || !str_starts(p->sessions[i].id, word) || str_eq(p->sessions[i].id, found))
			continue;
		if (found.n) {
			const int code = err_set(reterr, ERR_USAGE, "several sessions begin with %.*s", STR_ARG(word));
			err_hint(reterr, "give more of the id");
			return code;
		}
		found = p->sessions[i].id;
	}
	if (!found.n) {
		const int code = err_set(reterr, ERR_USAGE, "%.*s is no log, no incident and no session in %s", STR_ARG(word),
			r->opts->arg_count > 1 ? "these logs" : "the timeline");
		err_hint(reterr, "mcplog analyze lists the ids of incidents; name the logs as well: mcplog timeline ID PATH");
		return code;
	}
	r->report.session = found;
	return 0;
}

static int look_up(struct run *r, const char *word, struct err *reterr)
{
	int e = find_scope(r, reterr);
	if (e)
		return e;
	if (find_is_id(str_z(word)) && find_incident(r, word, &r->report.incident, reterr) == 0)
		return 0;
	return str_starts(str_z(word), S("v1:")) ? ERR_USAGE : find_session(r, str_z(word), reterr);
}

static int read_logs(struct run *r, struct err *reterr)
{
	str *paths;
	size_t count;
	const int e = inputs_choose(r, 0, &paths, &count, reterr);
	return e ? e : run_pipeline(r, paths, count, reterr);
}

static int timeline(struct run *r, struct err *reterr)
{
	const struct opts *o = r->opts;
	const char *format = o->value[OPT_FORMAT];
	const struct report_ops *picture = picture_find(format ? str_z(format) : S("text"));
	if (!picture)
		return err_set(reterr, ERR_USAGE, "--format: timeline does not draw '%s'", format);
	r->keep_calls = true;
	int e = o->arg_count && !is_path(o->args[0]) ? look_up(r, o->args[0], reterr) : read_logs(r, reterr);
	if (e)
		return e;
	struct buf text = {0};
	picture->write(&r->result.facts, &r->rules, &r->report, &text);
	e = run_output(r, buf_str(&text), reterr);
	buf_done(&text);
	return e;
}

int cmd_timeline(const struct env *env, const struct opts *opts) { return run_command(env, opts, timeline); }
