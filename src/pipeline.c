/* The two passes behind one call (pipeline.h): find inputs, pass 1, pass 2 on what the timeline then holds, all in one transaction.
 * Standard input keeps nothing: the timeline is in memory then. */
#include "pipeline.h"
#include "pass1.h"
#include "pass2.h"
#include "base/hash.h"
#include "knowledge/knowledge.h"
#include "base/map.h"

static bool has_error(const struct problem *p) { return p->class == PROBLEM_ERROR; }

static void copy_problems(const struct source_list *list, struct pipeline_result *ret)
{
	struct input_problem *v = arena_alloc(&ret->arena, (list->problems.n + 1) * sizeof *v);
	for (size_t i = 0; i < list->problems.n; i++) {
		v[i] = list->problems.v[i];
		v[i].path = arena_str(&ret->arena, v[i].path);
		ret->incomplete |= has_error(&v[i].problem);
	}
	ret->problems = v;
	ret->problem_count = list->problems.n;
	for (size_t i = 0; i < ret->facts.source_count; i++)
		for (size_t k = 0; k < ret->facts.sources[i].problem_count; k++)
			ret->incomplete |= has_error(&ret->facts.sources[i].problems[k]);
}

/* What is in the scope: the sources just read, and earlier generations below the same paths. */
static int scope_of(struct timeline *t, const struct pipeline_options *o, const struct pass1 *p, struct pipeline_result *ret, int64_t **ret_ids,
	size_t *ret_count, struct err *reterr)
{
	int64_t *known;
	size_t n;
	const str all = S("");
	int r = timeline_scope(t, o->everything ? &all : o->paths, o->everything ? 1 : o->path_count, &ret->arena, &known, &n, reterr);
	if (r)
		return r;
	int64_t *ids = arena_alloc(&ret->arena, (n + p->ids.n + 1) * sizeof *ids);
	size_t count = 0;
	struct map read = {0};
	uint32_t seen;
	for (size_t i = 0; i < p->ids.n; i++) {
		map_put(&read, (uint64_t)p->ids.v[i], 1);
		ids[count++] = p->ids.v[i];
	}
	for (size_t i = 0; i < n; i++)
		if (!map_get(&read, (uint64_t)known[i], &seen))
			ids[count++] = known[i];
	map_done(&read);
	*ret_ids = ids;
	*ret_count = count;
	return 0;
}

/* --- the output of a run, kept for runs that find everything as it was --- */

static uint64_t mix_input(const struct input *in, uint64_t h)
{
	const struct file_identity *i = &in->identity;
	const uint64_t facts[] = {i->dev, i->ino, i->size, (uint64_t)i->btime_ns, (uint64_t)i->mtime_ns, (uint64_t)i->ctime_ns,
		(uint64_t)in->named << 1 | in->archive_name, in->root_n};
	return hash64_seed(in->path, hash64_seed((str){(const char *)facts, sizeof facts}, h));
}

/* Everything that the walk found, as one number; 0 when an input cannot be known again. */
static uint64_t inputs_key(const struct source_list *list)
{
	uint64_t h = 1;
	for (size_t i = 0; i < list->inputs.n; i++) {
		if (list->inputs.v[i].is_stdin)
			return 0;
		h = mix_input(&list->inputs.v[i], h);
	}
	for (size_t i = 0; i < list->problems.n; i++) {
		const struct input_problem *p = &list->problems.v[i];
		h = hash64_seed(p->path, hash64_seed(str_z(p->problem.code), h + p->problem.times));
		h = hash64_seed(str_z(p->problem.text), h);
	}
	return h | 1;
}

static void output_keys(const struct rules *rules, const struct pipeline_options *o, const struct source_list *list, struct pipeline_result *ret)
{
	ret->output_key = o->output_key ? o->output_key ^ pipeline_reading_key(rules, o) : 0;
	for (size_t i = 0; i < o->path_count; i++)
		ret->output_key = hash64_seed(o->paths[i], ret->output_key);
	ret->inputs = o->output_key && !str_eq(str_z(o->db), S(":memory:")) ? inputs_key(list) : 0;
}

static int look_up_output(struct timeline *t, const struct pipeline_options *o, struct pipeline_result *ret, struct err *reterr)
{
	const int r = ret->inputs ? timeline_output(t, ret->output_key, ret->inputs, &ret->arena, &ret->remembered, reterr) : 0;
	if (ret->remembered.p && o->take_output && !o->take_output(o->write_output_context, ret))
		ret->remembered = STR_NONE;
	return r;
}

/* Will the next run, when it finds the same files, open none of them and have the same to tell? problems: that the walk found; those
 * of reading are told once. */
static bool is_settled(const struct timeline *t, const struct pipeline_options *o, const struct source_list *list, size_t problems,
	const struct pipeline_result *ret)
{
	bool settled = ret->inputs && list->problems.n == problems && !timeline_has_unmet(t);
	for (size_t i = 0; i < list->inputs.n && settled; i++)
		settled = timeline_source_settled(t, &list->inputs.v[i].identity, o->final);
	return settled;
}

static int keep_output(struct timeline *t, const struct pipeline_options *o, struct pipeline_result *ret, struct err *reterr)
{
	struct output output = {0};
	o->write_output(o->write_output_context, t, ret, &output);
	int r = output.text.n ? timeline_put_output(t, ret->inputs, &output, reterr) : 0;
	output_done(&output);
	return r;
}

static int run_passes(struct rules *rules, const struct pipeline_options *o, struct source_list *list, struct timeline *t, struct pipeline_result *ret,
	struct err *reterr)
{
	struct pass1 p = {.rules = rules, .options = o, .timeline = t, .arena = &ret->arena};
	int64_t *ids = NULL;
	size_t count = 0;
	int r = timeline_begin(t, reterr);
	if (!r)
		r = pass1_run(&p, list, reterr);
	if (!r)
		r = timeline_settle(t, reterr);
	if (!r)
		r = scope_of(t, o, &p, ret, &ids, &count, reterr);
	if (!r)
		r = pass2_run(rules, o, t, ids, count, ret, reterr);
	if (p.redactor)
		ret->redactions = redactor_count(p.redactor);
	pass1_done(&p);
	return r;
}

static void scope_key(const struct pipeline_options *o, char ret_hex[33])
{
	struct buf b = {0};
	if (o->everything)
		buf_byte(&b, '\n');
	for (size_t i = 0; i < o->path_count; i++) {
		buf_add(&b, o->paths[i]);
		buf_byte(&b, '\n');
	}
	hash128_hex(hash128(buf_str(&b)), ret_hex);
	buf_done(&b);
}

uint64_t pipeline_reading_key(const struct rules *rules, const struct pipeline_options *o)
{
	uint64_t options = (uint64_t)o->no_redact << 1 | (uint64_t)o->source.force_text;
	return hash64_seed(o->zone_name, rules->hash ^ options * 0x9e3779b97f4a7c15u);
}

/* A run without news leaves no trace: it has nothing to commit, and waits for no disk. */
static int conclude(struct timeline *t, const struct pipeline_options *o, bool changed, struct pipeline_result *ret, struct err *reterr)
{
	int r = 0;
	if (o->now_s && (changed || o->conclude))
		r = timeline_add_run(t, o->command ? str_z(o->command) : S("analyze"), o->now_s * SECOND, o->now_s * SECOND, ret->incomplete ? 3 : 0, reterr);
	return !r && o->conclude ? o->conclude(o->conclude_context, t, ret, reterr) : r;
}

static int end(struct timeline *t, int r, struct err *reterr)
{
	if (!r)
		return timeline_commit(t, reterr);
	timeline_rollback(t);
	return r;
}

static int keep_verdicts(struct timeline *t, const struct pipeline_options *o, bool settled, struct pipeline_result *ret, struct err *reterr)
{
	char key[33];
	scope_key(o, key);
	int r = timeline_save_facts(t, &ret->facts, str_z(key), reterr);
	const bool changed = timeline_changed(t);
	if (!r && changed)
		r = timeline_forget_outputs(t, reterr);
	if (!r)
		r = conclude(t, o, changed, ret, reterr);
	if (!r && settled && o->write_output)
		r = keep_output(t, o, ret, reterr);
	return end(t, r, reterr);
}

/* Nothing is new since a run whose output holds still. */
static int run_again(struct timeline *t, const struct pipeline_options *o, struct pipeline_result *ret, struct err *reterr)
{
	if (!o->conclude)
		return 0;
	int r = timeline_begin_aside(t, reterr);
	if (!r)
		r = conclude(t, o, false, ret, reterr);
	return end(t, r, reterr);
}

int pipeline_run(struct rules *rules, const struct pipeline_options *o, struct pipeline_result *ret, struct err *reterr)
{
	struct source_list list = {0};
	struct timeline *t = NULL;
	*ret = (struct pipeline_result){0};
	int r = source_list_make(&list, o->paths, o->path_count, &o->source, reterr);
	const size_t problems = list.problems.n;
	if (!r) {
		struct timeline_options options = {.path = o->db, .lock_wait_s = o->lock_wait_s, .rules_hash = pipeline_reading_key(rules, o)};
		r = timeline_open(&options, &t, reterr);
	}
	if (!r) {
		output_keys(rules, o, &list, ret);
		r = look_up_output(t, o, ret, reterr);
	}
	if (!ret->remembered.p)
		knowledge_complete(rules);
	if (!r)
		r = ret->remembered.p ? run_again(t, o, ret, reterr) : run_passes(rules, o, &list, t, ret, reterr);
	if (!r && !ret->remembered.p) {
		copy_problems(&list, ret);
		r = keep_verdicts(t, o, is_settled(t, o, &list, problems, ret), ret, reterr);
	}
	if (t) {
		ret->warning = arena_str(&ret->arena, str_z(timeline_warning(t)));
		if (r || !o->keep_timeline)
			timeline_close(t);
		else
			ret->timeline = t;
	}
	source_list_done(&list);
	return r;
}

void pipeline_result_done(struct pipeline_result *r)
{
	timeline_close(r->timeline);
	r->timeline = NULL;
	arena_done(&r->arena);
}
