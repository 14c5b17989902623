/* The streaming half of the pipeline (see pass1.h). The loop can be read in a minute; the stages do not know each other.
 *
 * What is done to a file up to its records stands in pass1_read.c, what becomes of them stands here.
 *
 * A file that grew is read on from where the last run rested (pass1_rest.c), not from its beginning. Files whose inode is known
 * are looked at first: then it is settled which generations lost their file, and a file that nobody knows can be told to be one
 * of those, moved, or a copy of one that is still there.
 *
 * Text is redacted on its way into the store, where healthy calls have dropped most of it; nothing that redaction would hide is
 * stored. */
#include "pass1.h"
#include "pass1_ahead.h"
#include "pass1_rest.h"
#include "base/utf8.h"
#include "model/limits.h"
#include <stdio.h>

enum { PROGRESS_BYTES = 8 << 20 };

/* --- sinks, from the end of the pipe to its beginning --- */

static str clean(struct file_pass *f, struct buf *into, str text, size_t limit)
{
	buf_reset(into);
	redact(f->p->redactor, text, into);
	return utf8_limit(buf_str(into), limit);
}

/* Fields keep their place in one buffer; it is filled before views are taken, because it may move. */
static void clean_fields(struct file_pass *f, const struct event *e, struct field *ret_fields)
{
	size_t at[LIMIT_EVENT_FIELDS + 1];
	buf_reset(&f->fields);
	for (unsigned i = 0; i < e->field_count; i++) {
		at[i] = f->fields.n;
		redact(f->p->redactor, utf8_limit(e->fields[i].value, LIMIT_EXCERPT), &f->fields);
	}
	at[e->field_count] = f->fields.n;
	for (unsigned i = 0; i < e->field_count; i++)
		ret_fields[i] = (struct field){e->fields[i].name, {f->fields.p + at[i], at[i + 1] - at[i]}};
}

static void store_event(void *context, const struct event *e)
{
	struct file_pass *f = context;
	if (e->offset < f->start.shared)
		return;
	struct event row = *e;
	struct field fields[LIMIT_EVENT_FIELDS];
	const struct signature *s = e->signature ? &f->p->rules->signatures.v[e->signature - 1] : NULL;
	clean_fields(f, e, fields);
	row.fields = fields;
	row.server = redact_name(f->p->redactor, e->server, &f->server);
	row.tool = redact_name(f->p->redactor, e->tool, &f->tool);
	row.text = s && s->keep == KEEP_MARK ? STR_NONE : clean(f, &f->text, e->text, LIMIT_EXCERPT);
	if (e->err.p)
		row.err = clean(f, &f->err, e->err, LIMIT_EXCERPT);
	timeline_add_event(f->p->timeline, f->source.id, &row, f->p->rules);
}

static void store_call(void *context, const struct call *c)
{
	struct file_pass *f = context;
	if ((uint64_t)c->id - f->start.key < f->start.shared)
		return;
	struct call row = *c;
	row.server = redact_name(f->p->redactor, c->server, &f->server);
	row.tool = redact_name(f->p->redactor, c->tool, &f->tool);
	if (c->err.p)
		row.err = clean(f, &f->err, c->err, LIMIT_EXCERPT);
	timeline_add_call(f->p->timeline, f->source.id, &row);
}

/* What a pattern gave up on may have been any event: the source does not count as read completely. */
static void note_gave_up(struct file_pass *f, const struct record *r)
{
	const str pattern = matcher_gave_up(f->p->matcher);
	struct problem *p = &f->gave_up;
	if (!pattern.p || p->times++ > 0)
		return;
	*p = (struct problem){.code = "pattern-gave-up", .class = PROBLEM_ERROR, .line = r->line, .offset = r->offset, .times = 1};
	(void)snprintf(p->text, sizeof p->text, "pattern %.*s gave up on this line: it took too many steps", STR_ARG(str_head(pattern, 100)));
}

static void on_record(void *context, const struct record *r)
{
	struct file_pass *f = context;
	struct event e;
	const bool known = matcher_match(f->p->matcher, r, &e);
	note_gave_up(f, r);
	if (!known)
		return;
	const struct signature *s = e.signature ? &f->p->rules->signatures.v[e.signature - 1] : NULL;
	if (s && s->keep == KEEP_COUNT)
		return;
	e.source = 0;
	e.err = utf8_limit(e.err, LIMIT_RAW_EXCERPT);
	e.text = s && s->keep == KEEP_MARK ? STR_NONE : utf8_limit(r->raw, LIMIT_RAW_EXCERPT);
	tracker_push(f->tracker, &e);
}

/* --- one file --- */

static bool is_stopped(const struct pass1 *p) { return p->options->stop && *p->options->stop; }

static int stopped(struct err *reterr) { return err_set(reterr, ERR_STOPPED, "interrupted: nothing of this run was kept"); }

static bool go_on(void *context, uint64_t offset)
{
	struct file_pass *f = context;
	struct pass1 *p = f->p;
	if (p->options->progress && offset - f->reported >= PROGRESS_BYTES) {
		f->reported = offset;
		p->options->progress(p->options->progress_context, p->bytes_done + offset, p->bytes_total, f->source.path);
	}
	return !is_stopped(p);
}

static struct tracker *make_tracker(struct file_pass *f)
{
	struct tracker_sink sink = {f, store_event, store_call};
	return tracker_new(f->p->rules, &sink, f->start.key);
}

/* New stages for the file, at its beginning. */
static void make_stages(struct file_pass *f)
{
	tracker_free(f->tracker);
	f->tracker = make_tracker(f);
	reading_parser(&f->read, f->p->memory, f->p->matcher);
}

static str clean_fact(struct file_pass *f, str fact)
{
	const str kept = redact_name(f->p->redactor, fact, &f->text);
	return kept.p == fact.p ? fact : arena_str(&f->arena, kept);
}

static void add_gave_up(struct file_pass *f)
{
	if (f->gave_up.times > 0 && f->source.problem_count < LIMIT_PROBLEMS)
		source_append_problem(&f->source, &f->gave_up, &f->arena);
}

static int end_source(struct file_pass *f, struct err *reterr)
{
	add_gave_up(f);
	tracker_finish(f->tracker);
	f->source.cwd = clean_fact(f, f->source.cwd);
	f->source.server = clean_fact(f, f->source.server);
	f->source.client_version = clean_fact(f, f->source.client_version);
	pass1_count_shared(f, &f->source);
	return timeline_source_end(f->p->timeline, f->source.id, &f->source, reterr);
}

static int run_stages(struct file_pass *f, struct err *reterr)
{
	if (f->start.state.p)
		reading_probe(&f->read);
	make_stages(f);
	if (f->start.state.p && !pass1_go_on(f)) {
		timeline_source_anew(f->p->timeline, f->source.id);
		make_stages(f);
	}
	f->read.shared_at = f->start.shared;
	reading_watch_from(&f->read, f->start.resume);
	if (!reading_lines(&f->read))
		return stopped(reterr);
	reading_facts(&f->read, &f->source);
	return end_source(f, reterr);
}

static void need_matcher(struct pass1 *p)
{
	if (p->matcher)
		return;
	p->matcher = matcher_new(p->rules);
	p->memory = parse_memory_new(p->rules);
	p->redactor = redactor_new(p->rules, p->options->no_redact);
}

static void add_problem(struct source_list *list, const struct input *in, const struct err *e)
{
	struct input_problem *q = vec_push(&list->problems);
	q->path = in->path;
	source_open_problem(in, e, &q->problem);
}

/* --- which generation a file is: its bytes, for the store --- */

/* A file that is read ahead has its reader in the other thread; when the store must look at its bytes, they are read here too. */
static bool has_reader(struct file_pass *f)
{
	struct err e = {0};
	if (!f->read.reader && reading_open(&f->read, &e))
		return false;
	return f->read.identity.dev == f->source.identity.dev && f->read.identity.ino == f->source.identity.ino;
}

static bool marker_of(void *context, uint64_t offset, uint32_t len, uint64_t *ret_hash)
{
	struct file_pass *f = context;
	return has_reader(f) && reader_marker(f->read.reader, offset, len, ret_hash);
}

static uint64_t common_with(void *context, str other, uint64_t from, uint64_t to, uint64_t *ret_line)
{
	struct file_pass *f = context;
	*ret_line = from;
	return has_reader(f) ? source_common(f->read.fd, other, from, to, ret_line) : from;
}

static int begin_source(struct file_pass *f, struct err *reterr)
{
	struct pass1 *p = f->p;
	const struct ahead_file *a = f->ahead;
	const struct file_content content = {.head = a ? (str){a->head, a->head_n} : reader_head(f->read.reader),
		.compressed = a ? a->compressed : reader_compressed(f->read.reader), .final = p->options->final, .context = f, .marker = marker_of,
		.common = common_with};
	int r = timeline_source_begin(p->timeline, &f->source, f->read.in->is_stdin ? NULL : &content, &f->arena, &f->start, reterr);
	f->source.id = f->start.id;
	f->source.shared.bytes = f->start.shared;
	if (!r && !f->start.unchanged)
		need_matcher(p);
	return r;
}

/* --- a file read by this thread --- */

static int read_begun(struct file_pass *f, struct err *reterr)
{
	if (f->start.final)
		reader_whole(f->read.reader);
	return run_stages(f, reterr);
}

static int read_file(struct file_pass *f, struct source_list *list, struct err *reterr)
{
	struct err e = {0};
	if (reading_open(&f->read, &e)) {
		add_problem(list, f->read.in, &e);
		return 0;
	}
	f->source.identity = f->read.identity;
	int r = begin_source(f, reterr);
	return r || f->start.unchanged ? r : read_begun(f, reterr);
}

/* --- a file read by the other thread --- */

static int take_records(struct file_pass *f, struct err *reterr)
{
	f->tracker = make_tracker(f);
	if (!ahead_read(f->p->ahead, &f->read.sink))
		return stopped(reterr);
	const int64_t id = f->source.id;
	f->source = f->ahead->source;
	f->source.id = id;
	return end_source(f, reterr);
}

/* The other thread guessed wrong: the file does not begin a source of its own. */
static int read_again(struct file_pass *f, struct source_list *list, struct err *reterr)
{
	struct err e = {0};
	ahead_skip(f->p->ahead);
	if (f->start.unchanged)
		return 0;
	if (f->read.reader || !reading_open(&f->read, &e))
		return read_begun(f, reterr);
	add_problem(list, f->read.in, &e);
	f->source.id = 0;
	return 0;
}

static int take_file(struct file_pass *f, struct source_list *list, struct err *reterr)
{
	const struct ahead_file *a = f->ahead;
	if (a->fault.code) {
		add_problem(list, f->read.in, &a->fault);
		return 0;
	}
	f->source.identity = a->read.identity;
	int r = begin_source(f, reterr);
	if (r)
		return r;
	const struct source_start *s = &f->start;
	return s->unchanged || s->final || s->shared || s->state.p ? read_again(f, list, reterr) : take_records(f, reterr);
}

/* --- files in turn --- */

static int pass_file(struct pass1 *p, struct source_list *list, const struct input *in, bool ahead, int64_t *ret_id, struct err *reterr)
{
	struct file_pass f = {.p = p, .source = {.path = in->path, .identity = in->identity, .first = INSTANT_NONE, .last = INSTANT_NONE},
		.read = {.rules = p->rules, .options = p->options, .in = in, .room = &p->room}};
	f.read.sink = (struct reading_sink){&f, on_record, pass1_rest, go_on};
	f.ahead = ahead ? ahead_next(p->ahead) : NULL;
	struct err e = {0};
	if (timeline_source_same(p->timeline, &f.source, p->options->final, ret_id, &e)) {
		if (ahead)
			ahead_skip(p->ahead);
		return 0;
	}
	int r = f.ahead ? take_file(&f, list, reterr) : read_file(&f, list, reterr);
	p->bytes_done += in->identity.size;
	if (!r)
		*ret_id = f.source.id;
	tracker_free(f.tracker);
	reading_done(&f.read);
	buf_done(&f.text);
	buf_done(&f.err);
	buf_done(&f.fields);
	buf_done(&f.server);
	buf_done(&f.tool);
	arena_done(&f.arena);
	return r;
}

static void add_loss(void *context, str path, const struct problem *loss)
{
	struct source_list *list = context;
	*vec_push(&list->problems) = (struct input_problem){arena_str(&list->arena, path), *loss};
}

static int find_gone(struct pass1 *p, struct source_list *list, struct err *reterr)
{
	const struct pipeline_options *o = p->options;
	const str all = S("/");
	return timeline_sources_gone(p->timeline, o->everything ? &all : o->paths, o->everything ? 1 : o->path_count, &list->arena, add_loss, list, reterr);
}

/* Files that nobody knows, in their order, are read ahead when they have enough bytes for a second thread to pay. */
static void read_ahead(struct pass1 *p, struct source_list *list, const bool *known)
{
	const struct input **inputs = arena_alloc(&list->arena, (list->inputs.n + 1) * sizeof *inputs);
	uint64_t bytes = 0;
	size_t n = 0;
	for (size_t i = 0; i < list->inputs.n; i++)
		if (!known[i] && !list->inputs.v[i].is_stdin) {
			inputs[n++] = &list->inputs.v[i];
			bytes += list->inputs.v[i].identity.size;
		}
	if (p->options->threads > 1 && n > 0 && bytes >= p->options->threads_from)
		p->ahead = ahead_new(p->rules, p->options, inputs, n);
	if (p->ahead) {
		need_matcher(p);
		ahead_help(p->ahead, p->memory, p->matcher);
	}
}

int pass1_run(struct pass1 *p, struct source_list *list, struct err *reterr)
{
	const size_t n = list->inputs.n;
	bool *known = arena_alloc(&list->arena, n + 1);
	int64_t *ids = arena_alloc(&list->arena, (n + 1) * sizeof *ids);
	int r = 0;
	for (size_t i = 0; i < n; i++) {
		p->bytes_total += list->inputs.v[i].identity.size;
		known[i] = timeline_source_known(p->timeline, &(struct source){.identity = list->inputs.v[i].identity});
	}
	read_ahead(p, list, known);
	for (int unknown = 0; unknown < 2; unknown++)
		for (size_t i = 0; i < n && !r; i++)
			if (known[i] == !unknown) {
				const struct input *in = &list->inputs.v[i];
				r = is_stopped(p) ? stopped(reterr) : pass_file(p, list, in, unknown && p->ahead && !in->is_stdin, &ids[i], reterr);
			}
	ahead_free(p->ahead);
	p->ahead = NULL;
	for (size_t i = 0; i < n; i++)
		if (ids[i])
			*vec_push(&p->ids) = ids[i];
	return r ? r : find_gone(p, list, reterr);
}

void pass1_done(struct pass1 *p)
{
	matcher_free(p->matcher);
	parse_memory_free(p->memory);
	redactor_free(p->redactor);
	buf_done(&p->room);
	vec_free(&p->ids);
}
