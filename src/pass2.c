/* The judging half of the pipeline (see pass2.h): one group of sources after the other, so that memory holds one session's
 * rows at a time; what remains of a group is its incidents, notes and counts, copied into the result. */
#include "pass2.h"
#include "assemble.h"
#include "assemble_picture.h"
#include "classify/classify.h"
#include "digest.h"
#include "join/join.h"
#include "redact/redact.h"
#include "store/timeline.h"
#include <stdlib.h>

struct rows { /* join's way to the store */
	struct timeline *timeline;
	const struct rules *rules;
	struct arena *arena;
};

static int load_events(void *context, const struct source *s, struct arena *a, bool passing, void (*fn)(void *, const struct event *), void *fn_context, struct err *reterr)
{
	struct rows *r = context;
	int failed = 0;
	for (size_t i = 0; i < s->part_count && !failed; i++)
		failed = timeline_load_events(r->timeline, &s->parts[i], s->index, r->rules, a, passing, fn, fn_context, reterr);
	return failed;
}

static int load_calls(void *context, const struct source *s, struct arena *a, bool passing, void (*fn)(void *, const struct call *), void *fn_context, struct err *reterr)
{
	struct rows *r = context;
	int failed = 0;
	for (size_t i = 0; i < s->part_count && !failed; i++)
		failed = timeline_load_calls(r->timeline, &s->parts[i], s->index, a, passing, fn, fn_context, reterr);
	return failed;
}

static str text_of(void *context, int64_t event_id)
{
	struct rows *r = context;
	return event_id ? timeline_event_text(r->timeline, event_id, r->arena) : STR_NONE;
}

static int source_order(const void *a, const void *b)
{
	const struct source *x = a, *y = b;
	if (x->kind != y->kind && (x->kind == SOURCE_CLAUDE_DEBUG || y->kind == SOURCE_CLAUDE_DEBUG))
		return x->kind == SOURCE_CLAUDE_DEBUG ? -1 : 1;
	int c = str_cmp(x->path, y->path);
	return c ? c : x->id < y->id ? -1 : x->id > y->id;
}

/* Paths are shown everywhere: a secret in one is hidden, and the name to open kept beside it. */
static void clean_paths(struct rules *rules, const struct pipeline_options *o, struct source *v, size_t n, struct arena *a)
{
	struct redactor *redactor = redactor_new(rules, o->no_redact);
	struct buf clean = {0};
	for (size_t i = 0; i < n; i++) {
		const str shown = redact_name(redactor, v[i].path, &clean);
		if (shown.p == v[i].path.p)
			continue;
		v[i].file = v[i].path;
		v[i].path = arena_str(a, shown);
	}
	buf_done(&clean);
	redactor_free(redactor);
}

static int load_sources(struct rules *rules, const struct pipeline_options *o, struct timeline *t, const int64_t *ids, size_t n, struct pipeline_result *result,
	struct err *reterr)
{
	struct source *v = arena_alloc(&result->arena, (n + 1) * sizeof *v);
	int r = timeline_load_sources(t, ids, n, &result->arena, v, reterr);
	if (r)
		return r;
	if (n)
		qsort(v, n, sizeof *v, source_order);
	clean_paths(rules, o, v, n, &result->arena);
	for (size_t i = 0; i < n; i++)
		v[i].index = (uint32_t)i;
	result->facts.sources = v;
	result->facts.source_count = n;
	return timeline_share(t, v, n, &result->arena, reterr);
}

static instant last_time(const struct facts *f)
{
	instant last = INSTANT_NONE;
	for (size_t i = 0; i < f->source_count; i++)
		if (f->sources[i].has_times && f->sources[i].last > last)
			last = f->sources[i].last;
	return last;
}

/* The wall clock as the session's own host shows it: its clock is ahead by as much as a last line is younger than the last change
 * of its file. A lead of a day or more is a damaged line, no clock. */
static instant clock_of(const struct join_group *g, instant wall)
{
	int64_t ahead = 0;
	for (size_t i = 0; i < g->source_count; i++) {
		const struct source *s = g->sources[i];
		const int64_t lead = s->has_times && s->identity.mtime_ns > 0 ? s->last - s->identity.mtime_ns / 1000 : 0;
		if (lead > ahead && lead < DAY)
			ahead = lead;
	}
	return ahead > SECOND ? wall + ahead : wall;
}

static int judge_group(const struct join_group *g, uint32_t index, const struct rules *rules, struct rows *rows, struct assembly *part, struct err *reterr)
{
	struct arena view_arena = {0};
	struct session_view view = {0};
	struct verdicts verdicts = {0};
	struct clock_offset *clocks = arena_alloc(&view_arena, (g->source_count + 1) * sizeof *clocks);
	size_t clock_count = 0;
	struct join_rows join_rows = {.context = rows, .events = load_events, .calls = load_calls, .whole = part->picture != NULL};
	int r = join_view(g, index, rules, &join_rows, &view_arena, &view, clocks, &clock_count, reterr);
	if (!r) {
		struct classify_options o = {part->as_of, text_of, rows};
		classify_view(&view, rules, &o, part->arena, &verdicts);
		assemble_view(part, &view, &verdicts, clocks, clock_count);
	}
	join_view_done(&view);
	vec_free(&verdicts.incidents);
	vec_free(&verdicts.notes);
	arena_done(&view_arena);
	return r;
}

/* What the timeline remembers of the group, else a judgement that it then remembers. Pictures need the view itself. */
static int add_group(const struct join_group *g, uint32_t index, const struct rules *rules, struct rows *rows, struct assembly *as, bool wall_clock,
	struct err *reterr)
{
	struct facts totals = {0};
	struct assembly part = {.arena = as->arena,
		.facts = &totals, .as_of = wall_clock ? clock_of(g, as->as_of) : as->as_of, .picture = as->picture};
	const struct digest_key key = digest_key_of(g, rules->hash);
	str bytes = STR_NONE;
	struct buf fresh = {0};
	int r = as->picture ? 0 : timeline_digest(rows->timeline, key.members, key.state, rows->arena, &bytes, reterr);
	if (!r && bytes.p && digest_load(&part, g, &key, bytes)) {
		assemble_merge(as, &part);
		return 0;
	}
	assemble_done(&part);
	totals = (struct facts){0};
	if (!r)
		r = judge_group(g, index, rules, rows, &part, reterr);
	if (!r && !as->picture) {
		digest_save(&part, g, &key, &fresh);
		r = timeline_put_digest(rows->timeline, key.members, key.state, buf_str(&fresh), reterr);
	}
	assemble_merge(as, &part);
	buf_done(&fresh);
	return r;
}

static bool is_wanted(const struct pipeline_options *o, const struct join_group *g)
{
	for (size_t i = 0; o->only && i < g->source_count; i++)
		for (size_t k = 0; k < o->only_count; k++)
			if (g->sources[i]->id == o->only[k])
				return true;
	return !o->only;
}

/* Keys of a source as the timeline remembers them; of one with very many its rows are looked at. */
enum { KEYS_KEPT = 4096 };

static bool kept_keys(void *context, const struct source *s, struct arena *a, const struct join_key **ret, size_t *ret_count)
{
	struct rows *r = context;
	const struct digest_key key = digest_source_key(s, r->rules->hash);
	str bytes;
	return timeline_digest(r->timeline, key.members, key.state, a, &bytes, NULL) == 0 && bytes.p && digest_keys_load(ret, ret_count, a, bytes);
}

static int keep_keys(void *context, const struct source *s, const struct join_key *v, size_t n, struct err *reterr)
{
	struct rows *r = context;
	const struct digest_key key = digest_source_key(s, r->rules->hash);
	struct buf fresh = {0};
	if (n > KEYS_KEPT)
		return 0;
	digest_keys_save(v, n, &fresh);
	const int failed = timeline_put_digest(r->timeline, key.members, key.state, buf_str(&fresh), reterr);
	buf_done(&fresh);
	return failed;
}

/* Which sources belong together: remembered, else found out by looking at their rows. */
static int find_groups(const struct rules *rules, struct rows *rows, struct pipeline_result *result, struct join_groups *ret, struct err *reterr)
{
	const struct facts *f = &result->facts;
	const struct join_rows join_rows = {.context = rows, .events = load_events, .calls = load_calls, .keys = kept_keys, .keep_keys = keep_keys};
	const struct digest_key key = digest_scope_key(f->sources, f->source_count, rules->hash);
	str bytes = STR_NONE;
	int r = timeline_digest(rows->timeline, key.members, key.state, rows->arena, &bytes, reterr);
	if (r || (bytes.p && digest_groups_load(ret, f->sources, f->source_count, &result->arena, bytes)))
		return r;
	r = join_group_sources(f->sources, f->source_count, &join_rows, &result->arena, ret, reterr);
	if (!r && ret->n > 1) { /* one group is found as fast */
		struct buf fresh = {0};
		digest_groups_save(ret, &fresh);
		r = timeline_put_digest(rows->timeline, key.members, key.state, buf_str(&fresh), reterr);
		buf_done(&fresh);
	}
	return r;
}

int pass2_run(struct rules *rules, const struct pipeline_options *options, struct timeline *timeline, const int64_t *ids, size_t id_count,
	struct pipeline_result *result, struct err *reterr)
{
	struct rows rows = {timeline, rules, &result->arena};
	struct join_groups groups;
	int r = load_sources(rules, options, timeline, ids, id_count, result, reterr);
	if (!r && !options->keep_calls)
		r = timeline_expect_digests(timeline, id_count, &result->arena, reterr);
	if (!r)
		r = find_groups(rules, &rows, result, &groups, reterr);
	if (r)
		return r;
	struct assembly as = {.arena = &result->arena, .facts = &result->facts, .rules = rules};
	as.as_of = options->as_of != INSTANT_NONE ? options->as_of : last_time(&result->facts);
	struct picture_build picture = {.arena = &result->arena, .rules = rules, .as_of = as.as_of, .text_of = text_of, .context = &rows};
	as.picture = options->keep_calls ? &picture : NULL;
	for (size_t i = 0; i < groups.n && !r; i++)
		r = !is_wanted(options, &groups.v[i]) ? 0 : add_group(&groups.v[i], (uint32_t)i, rules, &rows, &as, options->wall_clock, reterr);
	if (!r)
		assemble_finish(&as);
	assemble_done(&as);
	picture_done(&picture);
	return r;
}
