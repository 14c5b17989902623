/* See live.h. A third way through the two passes, beside pipeline.c: the same stages, but the timeline, the matcher, the
 * redactor and the parsers' memory live on between runs, and nothing waits for the disk. What it judges is the same as what analyze says of the same
 * files at the same moment; tests/unit/test_live.c holds it to that. */
#include "live.h"

#include "parse/parser.h"
#include "pass1.h"
#include "pass2.h"

#include <stdlib.h>

struct live {
	struct rules *rules;
	struct pipeline_options options;
	struct timeline *timeline;
	struct matcher *matcher;
	struct parse_memory *memory;
	struct redactor *redactor;
	VEC(int64_t) read;     /* the sources of the last inputs */
};

static int open_timeline(struct live *l, const char *path, struct timeline **ret, struct err *reterr)
{
	const struct timeline_options options = {.path = path, .rules_hash = pipeline_reading_key(l->rules, &l->options)};
	return timeline_open(&options, ret, reterr);
}

int live_new(struct rules *rules, const struct pipeline_options *options, struct live **ret, struct err *reterr)
{
	struct live *l = mem_new(sizeof *l);
	*ret = l;
	l->rules = rules;
	l->options = *options;
	l->options.progress = NULL;
	return open_timeline(l, ":memory:", &l->timeline, reterr);
}

void live_free(struct live *l)
{
	if (!l)
		return;
	timeline_close(l->timeline);
	matcher_free(l->matcher);
	parse_memory_free(l->memory);
	redactor_free(l->redactor);
	vec_free(&l->read);
	free(l);
}

int live_forget(struct live *l, struct err *reterr)
{
	timeline_close(l->timeline);
	l->timeline = NULL;
	return open_timeline(l, ":memory:", &l->timeline, reterr);
}

/* Pass 1 in a transaction; the matcher and the redactor that it may have made are kept. */
static int read_new(struct live *l, struct timeline *t, struct source_list *inputs, struct arena *a, struct err *reterr)
{
	struct pass1 p = {.rules = l->rules, .options = &l->options, .timeline = t, .arena = a, .matcher = l->matcher, .redactor = l->redactor,
		.memory = l->memory};
	int r = timeline_begin(t, reterr);
	if (!r)
		r = pass1_run(&p, inputs, reterr);
	if (!r)
		r = timeline_commit(t, reterr);
	else
		timeline_rollback(t);
	l->matcher = p.matcher;
	l->memory = p.memory;
	l->redactor = p.redactor;
	p.matcher = NULL;
	p.memory = NULL;
	p.redactor = NULL;
	l->read.n = 0;
	for (size_t i = 0; i < p.ids.n; i++)
		*vec_push(&l->read) = p.ids.v[i];
	pass1_done(&p);
	return r;
}

/* Only clients write the zone of their clock in every line. */
static instant newest_line(const struct facts *f)
{
	instant newest = INSTANT_NONE;
	for (size_t i = 0; i < f->source_count; i++) {
		const struct source *s = &f->sources[i];
		const bool client = s->kind == SOURCE_CLAUDE_DEBUG || s->kind == SOURCE_MCP_CACHE || s->kind == SOURCE_TRANSCRIPT;
		if (client && s->has_times && s->last > newest)
			newest = s->last;
	}
	return newest;
}

static int judge(struct live *l, bool only_these, instant now, struct pipeline_result *ret, struct err *reterr)
{
	const str everything = S("");
	int64_t *ids = NULL;
	size_t count = 0;
	*ret = (struct pipeline_result){0};
	l->options.as_of = now;
	l->options.only = only_these ? l->read.v : NULL;
	l->options.only_count = l->read.n;
	const int r = timeline_scope(l->timeline, &everything, 1, &ret->arena, &ids, &count, reterr);
	return r ? r : pass2_run(l->rules, &l->options, l->timeline, ids, count, ret, reterr);
}

int live_judge(struct live *l, struct source_list *inputs, bool only_these, instant now, struct pipeline_result *ret, struct err *reterr)
{
	struct arena a = {0};
	*ret = (struct pipeline_result){0};
	l->options.now_s = now / SECOND;
	int r = read_new(l, l->timeline, inputs, &a, reterr);
	arena_done(&a);
	if (!r)
		r = judge(l, only_these, now, ret, reterr);
	if (r || newest_line(&ret->facts) <= now)
		return r;
	const instant newest = newest_line(&ret->facts);
	pipeline_result_done(ret);
	return judge(l, only_these, newest, ret, reterr);
}

int live_store(struct live *l, struct source_list *inputs, struct err *reterr)
{
	struct timeline *t = NULL;
	struct arena a = {0};
	int r = open_timeline(l, l->options.db, &t, reterr);
	if (!r)
		r = read_new(l, t, inputs, &a, reterr);
	if (t)
		timeline_close(t);
	arena_done(&a);
	return r;
}
