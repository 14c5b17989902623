/*
 * prune: retention. Removes old rows from the timeline, keeps the positions of their files. Never touches a log. Says what it
 * removed; --dry-run says what it would.
 */
#include <errno.h>
#include <unistd.h>

#include "base/diag.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/places.h"
#include "report/page.h"
#include "store/prune.h"

/* "500M", "2G", "100000": bytes. */
static bool size_parse(str s, uint64_t *ret)
{
	static const struct {
		char unit;
		unsigned shift;
	} units[] = {{'K', 10}, {'M', 20}, {'G', 30}};
	unsigned shift = 0;
	for (size_t i = 0; s.n && i < sizeof units / sizeof *units; i++)
		if (s.p[s.n - 1] == units[i].unit) {
			shift = units[i].shift;
			s = str_head(s, s.n - 1);
			break;
		}
	uint64_t n;
	if (!str_u64(s, &n) || n > UINT64_MAX >> shift || n == 0)
		return false;
	*ret = n << shift;
	return true;
}

static int read_options(const struct env *env, const struct opts *opts, struct prune_options *ret, struct err *reterr)
{
	const char *age = opts->value[OPT_OLDER_THAN], *size = opts->value[OPT_MAX_SIZE];
	int64_t back = 0;
	*ret = (struct prune_options){.before = INSTANT_NONE, .dry = opts_has(opts, OPT_DRY_RUN)};
	if (opts->arg_count)
		return err_set(reterr, ERR_USAGE, "prune takes no arguments: '%s' is one too many", opts->args[0]);
	if (!age && !size) {
		const int code = err_set(reterr, ERR_USAGE, "prune: what to remove is missing");
		err_hint(reterr, "mcplog prune --older-than 90d, or --max-size 500M");
		return code;
	}
	if (age && (!duration_parse(str_z(age), &back) || back <= 0)) {
		const int code = err_set(reterr, ERR_USAGE, "--older-than: '%s' is no duration", age);
		err_hint(reterr, "write 90d, 12h or 1d 12h");
		return code;
	}
	if (size && !size_parse(str_z(size), &ret->most_bytes)) {
		const int code = err_set(reterr, ERR_USAGE, "--max-size: '%s' is no size", size);
		err_hint(reterr, "write 500M, 2G or a number of bytes");
		return code;
	}
	if (age)
		ret->before = env->now - back;
	return 0;
}

static int tell(const struct env *env, const struct prune_options *o, const struct prune_result *r)
{
	struct buf out = {0};
	buf_printf(&out, "%s %llu call%s, %llu event%s and %llu incident%s of %llu source%s; ", o->dry ? "would remove" : "removed",
		(unsigned long long)r->calls, page_plural(r->calls), (unsigned long long)r->events, page_plural(r->events),
		(unsigned long long)r->incidents, page_plural(r->incidents), (unsigned long long)r->sources, page_plural(r->sources));
	if (o->dry)
		buf_printf(&out, "the timeline has %llu KiB\n", (unsigned long long)(r->bytes_before >> 10));
	else
		buf_printf(&out, "%llu KiB became %llu KiB\n", (unsigned long long)(r->bytes_before >> 10), (unsigned long long)(r->bytes_after >> 10));
	if (!o->dry && o->most_bytes && r->bytes_after > o->most_bytes)
		buf_addz(&out, "it gets no smaller: what is left keeps lines from being counted twice\n");
	const int code = command_print(env, buf_str(&out));
	buf_done(&out);
	return code;
}

int cmd_prune(const struct env *env, const struct opts *opts)
{
	struct arena a = {0};
	struct err e = {0};
	struct prune_options o;
	struct prune_result result = {0};
	struct timeline *t = NULL;
	const char *path = opts->value[OPT_DB];
	diag_quiet(opts_has(opts, OPT_QUIET));
	int failed = read_options(env, opts, &o, &e);
	if (!failed && !path)
		failed = places_database(env, &a, false, &path, &e);
	if (!failed && access(path, F_OK) != 0 && errno == ENOENT) {
		failed = err_set(&e, ERR_DB, "%s: there is no database yet", path);
		err_hint(&e, "nothing was made; mcplog analyze makes it, or name another file with --db");
	}
	if (!failed)
		failed = timeline_open(&(struct timeline_options){.path = path, .lock_wait_s = opts_number(opts, OPT_LOCK_WAIT, 5)}, &t, &e);
	if (!failed)
		failed = timeline_prune(t, &o, &result, &e);
	timeline_close(t);
	arena_done(&a);
	if (failed) {
		e.code = failed;
		return command_failed(env, &e);
	}
	return opts_has(opts, OPT_QUIET) ? EXIT_CODE_COMPLETE : tell(env, &o, &result);
}
