/*
 * doctor: which logs this user has and what they allow to find out, what should be switched on, in what state the timeline is,
 * and whether the installed program finds a hanging call when it sees one. Looks at everything and changes nothing.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/version_range.h"
#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/exit_code.h"
#include "cli/places.h"

/* --- logs --- */

static str world(const struct env *env, str name, struct arena *a)
{
	const char *const home = env->home ? env->home : "";
	const struct {
		const char *name, *value, *below;
	} words[] = {
		{"home", home, ""},
		{"claude", env->claude_config, "/.claude"},
		{"debug", env->claude_debug, NULL},
		{"cache", env->cache_home, "/.cache"},
		{"config", env->config_home, "/.config"},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!str_eq(name, str_z(words[i].name)))
			continue;
		if (words[i].value && *words[i].value)
			return str_z(words[i].value);
		return words[i].below && *home ? arena_printf(a, "%s%s", home, words[i].below) : STR_NONE;
	}
	return STR_NONE;
}

/* "{claude}/debug" in this user's world; p NULL when a part of it is not set. */
static str expand(const struct env *env, str path, struct arena *a)
{
	const ptrdiff_t end = str_chr(path, '}');
	if (!str_starts(path, S("{")) || end < 0)
		return arena_str(a, path);
	const str base = world(env, (str){path.p + 1, (size_t)end - 1}, a);
	return base.n ? arena_printf(a, "%.*s%.*s", STR_ARG(base), STR_ARG(str_from(path, (size_t)end + 1))) : STR_NONE;
}

static bool counts(const struct log_place *place, str path)
{
	for (unsigned i = 0; i < place->name_count; i++)
		if (str_ends(path, place->names[i]))
			return true;
	return place->name_count == 0;
}

static void look_into(struct doctor *d, struct found_place *f, str path, struct err *e)
{
	struct source_list list = {0};
	const struct source_options options = {.allow_root = opts_has(d->run->opts, OPT_ALLOW_ROOT)};
	if (source_list_make(&list, &path, 1, &options, e))
		return;
	for (size_t i = 0; i < list.inputs.n; i++) {
		const struct input *in = &list.inputs.v[i];
		if (!counts(f->place, in->path))
			continue;
		f->files++;
		f->bytes += in->identity.size;
		const instant at = in->identity.mtime_ns / 1000;
		if (f->newest == INSTANT_NONE || at > f->newest) {
			f->newest = at;
			f->newest_path = arena_str(&d->run->arena, in->path);
		}
	}
	for (size_t i = 0; i < list.problems.n; i++) {
		const struct problem *p = &list.problems.v[i].problem;
		if (p->class != PROBLEM_ERROR)
			continue;
		if (f->unreadable++ == 0)
			f->problem = arena_str(&d->run->arena, str_z(p->text));
	}
	source_list_done(&list);
}

/* One of the paths at which a place's logs may lie; empty: not on this machine. */
static void find_at(struct doctor *d, struct found_place *f, str path)
{
	struct err e = {0};
	if (!path.n)
		return;
	if (!f->wanted.n)
		f->wanted = path;
	if (access(path.p, F_OK) != 0) {
		if (errno == EACCES && f->unreadable++ == 0)
			f->problem = arena_printf(&d->run->arena, "cannot look into %.*s: %s", STR_ARG(path), strerror(EACCES));
		return;
	}
	if (!f->path.n)
		f->path = path;
	look_into(d, f, path, &e);
}

static void find_logs(struct doctor *d)
{
	const struct rules *rules = &d->run->rules;
	struct arena *a = &d->run->arena;
	d->found = arena_alloc(a, (rules->places.n + 1) * sizeof *d->found);
	for (size_t i = 0; i < rules->places.n; i++) {
		struct found_place *f = &d->found[d->found_count++];
		*f = (struct found_place){.place = &rules->places.v[i], .newest = INSTANT_NONE};
		for (unsigned k = 0; k < f->place->path_count; k++)
			find_at(d, f, expand(d->run->env, f->place->paths[k], a));
		if (f->unreadable)
			d->run->exit = exit_code_worst(d->run->exit, EXIT_CODE_INPUT);
	}
}

/* --- what the timeline knows of them --- */

static void on_row(void *context, const struct query_value *v, size_t n, bool head)
{
	struct doctor *d = context;
	for (size_t i = 0; !head && n == 3 && i < d->found_count; i++) {
		struct found_place *f = &d->found[i];
		uint64_t count = 0;
		if (!str_eq(v[0].value, str_z(source_kind_name(f->place->kind))))
			continue;
		(void)str_u64(v[2].value, &count);
		f->known += count;
		if (!v[1].value.n)
			continue;
		const str version = arena_str(&d->run->arena, v[1].value);
		if (!f->first_version.n || version_cmp(version, f->first_version) < 0)
			f->first_version = version;
		if (!f->last_version.n || version_cmp(version, f->last_version) > 0)
			f->last_version = version;
	}
}

static void ask_timeline(struct doctor *d)
{
	struct timeline *t = NULL;
	struct err e = {0};
	const struct store_health *h = &d->store;
	if (!h->exists || !h->readable || h->version < h->newest_version || h->bytes == 0)
		return;
	if (timeline_open(&(struct timeline_options){.path = h->path.p, .read_only = true}, &t, &e))
		return;
	(void)!timeline_query(t, S("SELECT kind, client_version, count(*) FROM sources GROUP BY 1, 2"), 0, on_row, d, &e);
	timeline_close(t);
}

static void look_at_timeline(struct doctor *d)
{
	struct err e = {0};
	const char *path = d->run->opts->value[OPT_DB];
	if (!path && places_database(d->run->env, &d->run->arena, false, &path, &e)) {
		d->store.fault = arena_str(&d->run->arena, str_z(e.text));
		d->store.hint = arena_str(&d->run->arena, str_z(e.hint));
		d->store.last_run = INSTANT_NONE;
	} else {
		store_health(path, &d->run->arena, &d->store);
	}
	const bool broken = d->store.fault.n || (d->store.integrity.n && !str_eq(d->store.integrity, S("ok")) && !str_starts(d->store.integrity, S("not checked")));
	if (broken)
		d->run->exit = exit_code_worst(d->run->exit, EXIT_CODE_OUTPUT);
	ask_timeline(d);
}

/* --- the self-test --- */

/* A file without a name holds the log; the whole program reads it. */
static void self_test(struct doctor *d)
{
	struct rules *rules = &d->run->rules;
	struct pipeline_result result = {0};
	struct err e = {0};
	const int fd = memfd_create("self-test.txt", MFD_CLOEXEC);
	if (fd < 0 || write(fd, rules->self_test.p, rules->self_test.n) != (ssize_t)rules->self_test.n) {
		d->self_fault = S("no room in memory for the log");
	} else {
		const str path = arena_printf(&d->run->arena, "/proc/self/fd/%d", fd);
		const struct pipeline_options options = {.paths = &path, .path_count = 1, .db = ":memory:", .as_of = INSTANT_NONE, .final = true};
		if (pipeline_run(rules, &options, &result, &e))
			d->self_fault = arena_str(&d->run->arena, str_z(e.text));
		else if (result.facts.calls != 1 || result.facts.incident_count != 1 || result.facts.incidents[0].ending != ENDING_STILL_OPEN)
			d->self_fault = S("the hanging call of a known log was not found");
		else
			d->self_cause = arena_str(&d->run->arena, result.facts.incidents[0].cause);
	}
	if (d->self_fault.n)
		d->run->exit = exit_code_worst(d->run->exit, EXIT_CODE_OUTPUT);
	pipeline_result_done(&result);
	if (fd >= 0)
		(void)close(fd);
}

/* --- the command --- */

static int doctor(struct run *r, struct err *reterr)
{
	struct doctor d = {.run = r};
	struct buf out = {0};
	const char *format = r->opts->value[OPT_FORMAT];
	if (r->opts->arg_count)
		return err_set(reterr, ERR_USAGE, "doctor takes no arguments: '%s' is one too many", r->opts->args[0]);
	find_logs(&d);
	look_at_timeline(&d);
	self_test(&d);
	if (format && strcmp(format, "json") == 0)
		doctor_json(&d, &out);
	else
		doctor_text(&d, &out);
	const int e = run_output(r, buf_str(&out), reterr);
	buf_done(&out);
	return e;
}

int cmd_doctor(const struct env *env, const struct opts *opts) { return run_command(env, opts, doctor); }
