/*
 * watch: tells of incidents as they begin, change and end. One loop around poll(2): the kernel says which files may have
 * changed (ingest/follow), the living ones are read and judged in memory (live), what is new is told (changes), and the timeline
 * on disk follows a moment later.
 *
 * Invariants: the first line after a pause is judged at once, a burst of lines in few runs; nothing but a change, a deadline or a
 * running --exec wakes it; it waits for no lock, no reader and no command. The lock of the timeline is held only while it is
 * written. What it cannot read is told once.
 */
#include <poll.h>

#include "base/diag.h"
#include "base/hash.h"
#include "base/out.h"
#include "cli/changes.h"
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/notify.h"
#include "cli/problems.h"
#include "cli/run.h"
#include "cli/watched.h"
#include "ingest/follow.h"
#include "live.h"

#define LIVING (4 * HOUR)            /* a file that did not change for so long belongs to no living session */
#define PAUSE (2 * MILLISECOND)      /* between two runs, or twice what the last one took: a burst is few of them, and an alert hardly waits */
#define LISTING_PAUSE SECOND         /* between two listings of all directories */
#define STORE_DELAY SECOND           /* from a change to the timeline on disk */
#define STORE_PAUSE (5 * SECOND)
#define STORE_TROUBLE MINUTE
#define LONGEST_WAIT (30 * SECOND)   /* the clock may jump */

struct watch {
	struct run *run;
	struct pipeline_options options;
	struct follow *follow;
	struct follow_changes happened;
	struct watched files;
	struct source_list active;       /* borrowed inputs, see watched_active */
	size_t dead;                     /* inputs that were not active when the memory was made */
	instant may_forget;
	struct live *live;
	struct pipeline_result results[2]; /* of whole looks, by turns: `changes` looks back one */
	unsigned turn;
	struct pipeline_result glance;   /* of the sessions that changed */
	struct source_list fresh;        /* their inputs, borrowed */
	bool glanced;                    /* since the last whole look */
	struct changes changes;
	struct notify notify;
	bool json, changed, must_list, reader_gone;
	instant may_run, may_list;       /* not before */
	instant ran_at, newest;          /* newest: of the clock, to see it go back */
	instant grown_at;
	instant tick, store_at, poll_at; /* INSTANT_NONE: no need */
	size_t history;                  /* incidents that were over at the start */
	struct map told_problems;
};

static instant clock_of(const struct watch *w)
{
	return w->run->env->wall_clock();
}

static bool stopped(const struct watch *w)
{
	return w->run->env->stop && *w->run->env->stop;
}

/* --- what it says --- */

static int print(str text, struct err *reterr) { return out_text(NULL, 0600, text, reterr); }

static int tell(struct watch *w, const struct facts *f, instant now, struct err *reterr)
{
	struct buf text = {0}, object = {0};
	int e = 0;
	for (size_t i = 0; i < w->changes.events.n && !e; i++) {
		const struct live_event *event = &w->changes.events.v[i];
		buf_reset(&text);
		buf_reset(&object);
		report_live_json(event, now, &object);
		notify_put(&w->notify, buf_str(&object));
		if (!w->json && !event->echo)
			report_live_text(f, event, now, &w->run->report, &text);
		if (!w->reader_gone)
			e = print(w->json ? buf_str(&object) : buf_str(&text), reterr);
	}
	buf_done(&text);
	buf_done(&object);
	return e;
}

static bool is_code(const struct input_problem *p, const char *code) { return str_eq(str_z(p->problem.code), str_z(code)); }

static size_t awaited_paths(const struct source_list *list)
{
	size_t n = 0;
	for (size_t i = 0; i < list->problems.n; i++)
		n += is_code(&list->problems.v[i], "missing");
	return n;
}

/* The one line about what is there already. */
static int greet(struct watch *w, struct err *reterr)
{
	struct buf b = {0};
	const size_t files = w->files.list.inputs.n, awaited = awaited_paths(&w->files.list);
	if (w->json) {
		buf_printf(&b, "{\"type\":\"start\",\"files\":%zu,\"living\":%zu,\"history\":%zu}\n", files, w->active.inputs.n, w->history);
	} else {
		buf_printf(&b, "Watching %zu file%s, %zu of them written to in the last 4 hours.", files, files == 1 ? "" : "s", w->active.inputs.n);
		if (w->history)
			buf_printf(&b, " %zu incident%s over already: mcplog analyze shows %s.", w->history, w->history == 1 ? " is" : "s are", w->history == 1 ? "it" : "them");
		if (awaited)
			buf_printf(&b, " %zu path%s awaited: not there yet.", awaited, awaited == 1 ? " is" : "s are");
		buf_byte(&b, '\n');
	}
	const int e = print(buf_str(&b), reterr);
	buf_done(&b);
	return e;
}

/* Once per path and kind; a path that is not there yet is simply awaited. */
static void tell_problems(struct watch *w, const struct source_list *list)
{
	for (size_t i = 0; i < list->problems.n; i++) {
		const struct input_problem *p = &list->problems.v[i];
		const uint64_t key = hash64_seed(p->path, hash64(str_z(p->problem.code)));
		uint32_t unused;
		const bool awaited = is_code(p, "missing") || is_code(p, "no-log-files");
		if (awaited || map_get(&w->told_problems, key, &unused))
			continue;
		map_put(&w->told_problems, key, 1);
		const struct pipeline_result one = {.problems = p, .problem_count = 1};
		problems_tell(&w->run->rules, &one);
	}
}

/* --- one run --- */

static void plan_tick(struct watch *w, const struct facts *f, instant now)
{
	const int64_t quiet = now - w->grown_at;
	const int64_t wait = quiet / 2 < 2 * SECOND ? 2 * SECOND : quiet / 2 > LONGEST_WAIT ? LONGEST_WAIT : quiet / 2;
	w->tick = f->calls_open > 0 && quiet < LIVING ? now + wait : INSTANT_NONE;
}

/* Files of sessions that are over leave the memory, now and then and all at once: those that live are read again. */
static int forget_the_dead(struct watch *w, instant now, struct err *reterr)
{
	const size_t dead = watched_active(&w->files, now - LIVING, &w->active);
	w->changes.gone_why = "withdrawn: later lines explain it otherwise";
	if (dead <= w->dead || (now < w->may_forget && w->may_forget < now + DAY))
		return 0;
	w->dead = dead;
	w->may_forget = now + HOUR;
	w->changes.gone_why = "its log has been silent for 4 hours";
	return live_forget(w->live, reterr);
}

/* All that lives. */
static int look(struct watch *w, instant now, struct err *reterr)
{
	struct pipeline_result *r = &w->results[w->turn ^= 1];
	int e = forget_the_dead(w, now, reterr);
	if (e)
		return e;
	pipeline_result_done(r);
	e = live_judge(w->live, &w->active, false, now, r, reterr);
	if (e)
		return e;
	changes_look(&w->changes, &r->facts, &w->run->report, now);
	w->glanced = false;
	e = tell(w, &r->facts, now, reterr);
	tell_problems(w, &w->active);
	plan_tick(w, &r->facts, now);
	return e;
}

/* The sessions of the files that changed: what a new line means is told before the others are looked at. */
static int glance(struct watch *w, instant now, struct err *reterr)
{
	pipeline_result_done(&w->glance);
	int e = live_judge(w->live, &w->fresh, true, now, &w->glance, reterr);
	if (e)
		return e;
	changes_glance(&w->changes, &w->glance.facts, &w->run->report, now);
	w->glanced = true;
	e = tell(w, &w->glance.facts, now, reterr);
	tell_problems(w, &w->fresh);
	return e;
}

static int run_once(struct watch *w, struct err *reterr)
{
	const instant now = clock_of(w);
	(void)watched_active(&w->files, w->ran_at, &w->fresh);
	const bool few = w->changes.started && w->changed && !w->glanced && w->fresh.inputs.n > 0 && w->fresh.inputs.n < w->active.inputs.n;
	w->changed = false;
	w->ran_at = now;
	const int e = few ? glance(w, now, reterr) : look(w, now, reterr);
	const instant done = clock_of(w);
	const int64_t twice = done > now ? 2 * (done - now) : 0;
	w->may_run = done + (twice > PAUSE ? twice : PAUSE);
	return e;
}

static void store(struct watch *w)
{
	struct err e = {0};
	const instant begun = clock_of(w);
	const int failed = live_store(w->live, &w->active, &e);
	const instant now = clock_of(w);
	w->store_at = INSTANT_NONE;
	if (failed == ERR_LOCKED) {
		w->store_at = now + STORE_DELAY;
	} else if (failed && !stopped(w)) {
		diag_err(&e);
		w->store_at = now + STORE_TROUBLE;
	} else if (w->changed) {
		w->store_at = now + STORE_PAUSE + 20 * (now > begun ? now - begun : 0);
	}
}

/* --- what happened --- */

static void grown(struct watch *w, instant now)
{
	w->changed = true;
	w->grown_at = now;
	if (w->store_at == INSTANT_NONE && !str_eq(str_z(w->options.db), S(":memory:")))
		w->store_at = now + STORE_DELAY;
}

static int list_again(struct watch *w, instant now, struct err *reterr)
{
	bool changed = false;
	const int e = watched_list(&w->files, &w->options, now, &changed, reterr);
	tell_problems(w, &w->files.list);
	w->must_list = false;
	w->may_list = clock_of(w) + LISTING_PAUSE;
	if (changed)
		grown(w, now);
	return e;
}

static int look_at_events(struct watch *w, struct err *reterr)
{
	const instant now = clock_of(w);
	follow_changes_reset(&w->happened);
	follow_take(w->follow, &w->happened);
	for (size_t i = 0; i < w->happened.paths.n; i++)
		if (watched_look(&w->files, w->happened.paths.v[i], now))
			grown(w, now);
	w->must_list |= w->happened.list;
	const unsigned period = follow_poll_s(w->follow);
	if (period && now >= w->poll_at) {
		w->must_list = true;
		w->poll_at = now + period * SECOND;
	}
	/* The first new name after a pause is looked at at once; a storm of them once a second. */
	if (w->must_list && now >= w->may_list)
		return list_again(w, now, reterr);
	return 0;
}

/* --- the loop --- */

static bool is_due(instant at, instant now)
{
	return at != INSTANT_NONE && now >= at;
}

static void sooner(instant *at, instant other)
{
	if (other != INSTANT_NONE && other < *at)
		*at = other;
}

static int milliseconds_to_wait(const struct watch *w, instant now, bool command_runs)
{
	const instant never = INT64_MAX;
	instant at = never;
	if (command_runs)
		at = now + 50 * MILLISECOND;
	if (w->changed)
		sooner(&at, w->may_run);
	if (w->must_list)
		sooner(&at, w->may_list);
	if (follow_poll_s(w->follow))
		sooner(&at, w->poll_at);
	sooner(&at, w->changes.next);
	sooner(&at, w->tick);
	sooner(&at, w->store_at);
	if (at == never)
		return -1;
	const int64_t wait = at - now > LONGEST_WAIT ? LONGEST_WAIT : at - now;
	return wait <= 0 ? 0 : (int)((wait + MILLISECOND - 1) / MILLISECOND);
}

/* False: the reader of stdout is gone, and nobody else is told anything. */
static bool wait_for_something(struct watch *w)
{
	const instant now = clock_of(w);
	const bool command_runs = notify_look(&w->notify, now);
	struct pollfd fds[] = {{.fd = follow_fd(w->follow), .events = POLLIN}, {.fd = w->reader_gone ? -1 : w->run->env->out}};
	(void)poll(fds, 2, milliseconds_to_wait(w, now, command_runs));
	if (fds[1].revents & (POLLERR | POLLNVAL))
		w->reader_gone = true;
	return !w->reader_gone || w->notify.command;
}

/* Deadlines of a clock that was set back would keep us waiting: everything is due now. */
static void mind_the_clock(struct watch *w, instant now)
{
	if (now + SECOND < w->newest) {
		w->changed = w->must_list = true;
		w->may_run = w->may_list = w->poll_at = w->grown_at = now;
		w->ran_at = INSTANT_NONE;
		if (w->store_at != INSTANT_NONE)
			w->store_at = now;
	}
	w->newest = now;
}

static int loop(struct watch *w, struct err *reterr)
{
	int e = 0;
	while (!e && !stopped(w) && wait_for_something(w)) {
		mind_the_clock(w, clock_of(w));
		e = look_at_events(w, reterr);
		const instant now = clock_of(w);
		if (!e && ((w->changed && now >= w->may_run) || is_due(w->changes.next, now) || is_due(w->tick, now)))
			e = run_once(w, reterr);
		if (!e && !w->changed && is_due(w->store_at, now))
			store(w);
	}
	return e;
}

/* --- the start --- */

/* The history: everything is read once, so that the timeline is complete; what it holds is counted and not told. */
static int read_history(struct watch *w, struct err *reterr)
{
	struct err e = {0};
	w->options.as_of = w->run->env->now;
	const int failed = run_pipeline_with(w->run, &w->options, &e);
	if (failed == ERR_LOCKED) {
		diag_warn("%s; the timeline follows later", e.text);
		w->store_at = clock_of(w) + STORE_DELAY;
		return 0;
	}
	if (failed) {
		*reterr = e;
		return failed;
	}
	if (!w->run->result.facts.unmeasured)
		w->history = w->run->result.facts.incident_count;
	pipeline_result_done(&w->run->result);
	w->run->result = (struct pipeline_result){0};
	return 0;
}

static int start(struct watch *w, struct err *reterr)
{
	bool unused;
	const struct opts *o = w->run->opts;
	/* The kernel's watches stand before anything is read: nothing falls between. */
	w->follow = follow_new(w->options.paths, w->options.path_count, w->options.source.follow_symlinks, opts_number(o, OPT_POLL, 0));
	if (*follow_why_polling(w->follow))
		diag_warn("%s; looking every %u s instead", follow_why_polling(w->follow), follow_poll_s(w->follow));
	int e = read_history(w, reterr);
	if (!e)
		e = watched_list(&w->files, &w->options, clock_of(w), &unused, reterr);
	if (!e)
		e = live_new(&w->run->rules, &w->options, &w->live, reterr);
	if (e)
		return e;
	w->grown_at = clock_of(w);
	w->dead = watched_active(&w->files, w->grown_at - LIVING, &w->active);
	w->may_forget = w->grown_at + HOUR;
	w->poll_at = w->grown_at + follow_poll_s(w->follow) * SECOND;
	return greet(w, reterr);
}

static void free_borrowed(struct source_list *l)
{
	vec_free(&l->inputs);
	vec_free(&l->problems);
	arena_done(&l->arena);
}

static void watch_done(struct watch *w)
{
	notify_done(&w->notify);
	changes_done(&w->changes);
	pipeline_result_done(&w->results[0]);
	pipeline_result_done(&w->results[1]);
	pipeline_result_done(&w->glance);
	live_free(w->live);
	free_borrowed(&w->active);
	free_borrowed(&w->fresh);
	watched_done(&w->files);
	follow_changes_done(&w->happened);
	follow_free(w->follow);
	map_done(&w->told_problems);
}

static int watch(struct run *r, struct err *reterr)
{
	const struct opts *o = r->opts;
	struct watch w = {.run = r, .tick = INSTANT_NONE, .store_at = INSTANT_NONE, .json = str_eq(str_z(o->value[OPT_FORMAT]), S("ndjson"))};
	str *paths;
	size_t count;
	int e = inputs_choose(r, 0, &paths, &count, reterr);
	if (!e)
		e = run_options(r, paths, count, &w.options, reterr);
	if (!e && (r->piped || count == 0)) {
		e = err_set(reterr, ERR_USAGE, r->piped ? "watch follows files, not standard input" : "nothing to watch");
		err_hint(reterr, r->piped ? "mcplog analyze - reads a stream to its end" : "name the logs or their directory: mcplog watch PATH");
	}
	if (e)
		return e;
	const struct changes_options options = {.settle = opts_number(o, OPT_SETTLE, 2) * SECOND, .silence = opts_number(o, OPT_AFTER, 180) * SECOND, .history = HOUR};
	changes_init(&w.changes, &options);
	notify_init(&w.notify, o->value[OPT_EXEC], opts_number(o, OPT_EXEC_LIMIT, 10) * SECOND);
	e = start(&w, reterr);
	if (!e)
		e = run_once(&w, reterr);
	if (!e)
		e = loop(&w, reterr);
	watch_done(&w);
	return e;
}

int cmd_watch(const struct env *env, const struct opts *opts) { return run_command(env, opts, watch); }
