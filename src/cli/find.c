/*
 * An incident by its id, for explain, timeline and report. It is judged again from the sources in the scope (the paths given,
 * else everything that the timeline knows), because verdicts belong to a scope; the id stays the same. The beginning of an id
 * is enough when only one incident has it.
 */
#include "cli/find.h"

#include <sys/stat.h>

#include "cli/places.h"
#include "store/timeline.h"

enum { ID_LEAST = 4 };

bool find_is_id(str s)
{
	const str prefix = S("v1:");
	if (str_starts(s, prefix))
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (!str_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return s.n >= ID_LEAST;
}

static bool has_id(const struct incident *i, str wanted)
{
	const str prefix = S("v1:");
	if (str_starts(wanted, prefix))
		wanted = str_from(wanted, prefix.n);
	return wanted.n > 0 && str_starts(i->id, prefix) && str_starts(str_from(i->id, prefix.n), wanted);
}

static void hint_path(const struct run *r, struct err *reterr)
{
	err_hint(reterr, "name the logs as well: mcplog %s ID PATH", opts_command(r->opts->command)->name);
}

int find_incident(const struct run *r, const char *id, const struct incident **ret, struct err *reterr)
{
	const struct facts *f = &r->result.facts;
	size_t found = 0, same = 0;
	for (size_t i = 0; i < f->incident_count; i++)
		if (has_id(&f->incidents[i], str_z(id))) {
			if (found++ == 0)
				*ret = &f->incidents[i];
			same += str_eq((*ret)->id, f->incidents[i].id);
		}
	if (found > 0 && same == found)
		return 0;
	if (found > 1) {
		const int code = err_set(reterr, ERR_USAGE, "%s is the beginning of %zu incident ids", id, found);
		err_hint(reterr, "give more of the id");
		return code;
	}
	const int code = err_set(reterr, ERR_USAGE, "no incident %s in %s", id, r->opts->arg_count > 1 ? "these logs" : "the timeline");
	if (r->opts->arg_count > 1 && facts_pruned(f))
		err_hint(reterr, "prune removed what some of them told; --db :memory: reads them anew");
	else if (r->opts->arg_count > 1)
		err_hint(reterr, "mcplog analyze with the same paths lists the ids");
	else
		hint_path(r, reterr);
	return code;
}

struct path_list {
	struct arena *arena;
	VEC(str) paths;
};

static void add_path(void *context, const struct query_value *values, size_t count, bool head)
{
	struct path_list *l = context;
	if (!head && count == 1 && values[0].value.p)
		*vec_push(&l->paths) = arena_str(l->arena, values[0].value);
}

static int known_paths(struct run *r, struct path_list *l, struct err *reterr)
{
	const char *db = r->opts->value[OPT_DB];
	struct stat st;
	struct timeline *t;
	int e = db ? 0 : places_database(r->env, &r->arena, false, &db, reterr);
	if (e)
		return e;
	if (stat(db, &st) != 0) {
		const int code = err_set(reterr, ERR_USAGE, "there is no timeline at %s to look for the incident in", db);
		hint_path(r, reterr);
		return code;
	}
	e = timeline_open(&(struct timeline_options){.path = db, .read_only = true, .rules_hash = r->rules.hash}, &t, reterr);
	if (e)
		return e;
	e = timeline_query(t, S("SELECT DISTINCT coalesce(real_path, path) FROM sources ORDER BY 1"), 0, add_path, l, reterr);
	timeline_close(t);
	return e;
}

int find_scope(struct run *r, struct err *reterr)
{
	const struct opts *o = r->opts;
	struct path_list l = {.arena = &r->arena};
	int e = 0;
	for (size_t i = 1; i < o->arg_count; i++)
		*vec_push(&l.paths) = str_z(o->args[i]);
	if (o->arg_count == 1)
		e = known_paths(r, &l, reterr);
	if (!e)
		e = run_pipeline(r, l.paths.v, l.paths.n, reterr);
	vec_free(&l.paths);
	return e;
}
