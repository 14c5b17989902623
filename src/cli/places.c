/*
 * Default places, from HOME and the XDG variables. A variable that is set to something unusable is an error and never a
 * silent other place: a timeline that lands in an unexpected directory loses its history.
 */
#include "cli/places.h"

#include <errno.h>
#include <sys/stat.h>

#include "ingest/source.h"

static int need_absolute(const char *variable, const char *value, const char *instead, struct err *reterr)
{
	if (value[0] == '/')
		return 0;
	const int code = err_set(reterr, ERR_USAGE, "$%s is '%s', which is no absolute path", variable, value);
	err_hint(reterr, "set %s to an absolute path, or %s", variable, instead);
	return code;
}

static int need_home(const struct env *env, const char *instead, struct err *reterr)
{
	if (!env->home || !*env->home) {
		const int code = err_set(reterr, ERR_USAGE, "$HOME is not set");
		err_hint(reterr, "set HOME, or %s", instead);
		return code;
	}
	if (str_eq(str_z(env->home), S("/"))) {
		const int code = err_set(reterr, ERR_USAGE, "$HOME is '/', which is no home directory");
		err_hint(reterr, "set HOME, or %s", instead);
		return code;
	}
	return need_absolute("HOME", env->home, instead, reterr);
}

/* mkdir -p of the directory part of path; what exists is left as it is. */
static int make_parents(const char *path, struct arena *a, struct err *reterr)
{
	const str whole = arena_str(a, str_z(path));
	char *const copy = (char *)(uintptr_t)whole.p;
	for (size_t i = 1; i < whole.n; i++) {
		if (copy[i] != '/')
			continue;
		copy[i] = 0;
		if (mkdir(copy, 0700) != 0 && errno != EEXIST) {
			const int code = err_set(reterr, ERR_DB, "cannot make the directory %s: %s", copy, strerror(errno));
			err_hint(reterr, "make it writable, or name another timeline with --db FILE (--db :memory: keeps nothing)");
			return code;
		}
		copy[i] = '/';
	}
	return 0;
}

int places_database(const struct env *env, struct arena *a, bool make, const char **ret_path, struct err *reterr)
{
	static const char instead[] = "name the timeline with --db FILE (--db :memory: keeps nothing)";
	int e;
	if (env->state_home && *env->state_home) {
		e = need_absolute("XDG_STATE_HOME", env->state_home, instead, reterr);
		if (!e)
			*ret_path = arena_printf(a, "%s/mcplog/timeline.db", env->state_home).p;
	} else {
		e = need_home(env, instead, reterr);
		if (!e)
			*ret_path = arena_printf(a, "%s/.local/state/mcplog/timeline.db", env->home).p;
	}
	return e || !make ? e : make_parents(*ret_path, a, reterr);
}

/* `name` in the user's configuration directory; p NULL when there is none. */
static str in_config_home(const struct env *env, struct arena *a, const char *name)
{
	if (env->config_home && env->config_home[0] == '/')
		return arena_printf(a, "%s/mcplog/%s", env->config_home, name);
	if (env->home && env->home[0] == '/' && env->home[1])
		return arena_printf(a, "%s/.config/mcplog/%s", env->home, name);
	return STR_NONE;
}

size_t places_patterns(const struct env *env, struct arena *a, str ret_dirs[2])
{
	size_t n = 0;
	ret_dirs[n++] = S("/etc/mcplog/patterns.d");
	const str own = in_config_home(env, a, "patterns.d");
	if (own.p)
		ret_dirs[n++] = own;
	return n;
}

const char *places_config(const struct env *env, struct arena *a)
{
	return in_config_home(env, a, "config").p;
}

int places_own_logs(const struct env *env, const char *command, struct arena *a, str *ret_paths, size_t cap, size_t *ret_count, struct err *reterr)
{
	const bool elsewhere = env->claude_config && *env->claude_config;
	if (!elsewhere) {
		/* Without a home the timeline has no place either: both are asked for at once. */
		const str instead = arena_printf(a, "name the logs and the timeline: mcplog %s PATH --db FILE (--db :memory: keeps nothing)", command);
		const int e = need_home(env, instead.p, reterr);
		if (e)
			return e;
	}
	source_default_paths(a, str_z(env->home ? env->home : ""), str_z(env->claude_config), str_z(env->claude_debug),
		str_z(env->cache_home), ret_paths, cap, ret_count);
	return 0;
}
