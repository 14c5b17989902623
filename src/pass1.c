/* The streaming half of the pipeline (see pass1.h). The loop can be read in a minute; the stages do not know each other.
 * Text is redacted on its way into the store, where healthy calls have dropped most of it; nothing that redaction would hide
 * is stored. */
#include "pass1.h"
#include "base/utf8.h"
#include "ingest/reader.h"
#include "parse/parser.h"
#include "track/tracker.h"
#include <stdlib.h>
#include <unistd.h>

enum { PROGRESS_BYTES = 8 << 20 };

struct file_pass { /* one file on its way through the stages */
	struct pass1 *p;
	struct tracker *tracker;
	struct source source;
	uint64_t key;
	struct buf text, err, fields;
};

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
	struct event row = *e;
	struct field fields[LIMIT_EVENT_FIELDS];
	const struct signature *s = e->signature ? &f->p->rules->signatures.v[e->signature - 1] : NULL;
	clean_fields(f, e, fields);
	row.fields = fields;
	row.text = s && s->keep == KEEP_MARK ? STR_NONE : clean(f, &f->text, e->text, LIMIT_EXCERPT);
	if (e->err.p)
		row.err = clean(f, &f->err, e->err, LIMIT_EXCERPT);
	timeline_add_event(f->p->timeline, f->source.id, &row, f->p->rules);
}

static void store_call(void *context, const struct call *c)
{
	struct file_pass *f = context;
	struct call row = *c;
	if (c->err.p)
		row.err = clean(f, &f->err, c->err, LIMIT_EXCERPT);
	timeline_add_call(f->p->timeline, f->source.id, &row);
}

static void on_record(void *context, const struct record *r)
{
	struct file_pass *f = context;
	struct event e;
	if (!matcher_match(f->p->matcher, r, &e))
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

static void report_progress(struct pass1 *p, const struct source *s, uint64_t at)
{
	if (p->options->progress)
		p->options->progress(p->options->progress_context, p->bytes_done + at, p->bytes_total, s->path);
}

/* The parser takes what it can of the bytes that are in the buffer already. */
static void push_buffered(struct reader *reader, struct parser *parser, const struct line *line)
{
	uint64_t lines;
	str rest = reader_buffered(reader);
	if (rest.n > 0) {
		size_t taken = parser_block(parser, rest, line->number + 1, reader_offset(reader), &lines);
		reader_skip(reader, taken, lines);
	}
}

static int read_lines(struct file_pass *f, struct reader *reader, struct parser *parser, struct err *reterr)
{
	struct line line;
	int r;
	uint64_t n = 0, reported = 0;
	while ((r = reader_next(reader, &line)) > 0) {
		parser_push(parser, &line);
		push_buffered(reader, parser, &line);
		if (line.offset - reported >= PROGRESS_BYTES) {
			reported = line.offset;
			report_progress(f->p, &f->source, line.offset);
		}
		if ((++n & 0x3f) == 0 && f->p->options->stop && *f->p->options->stop)
			return err_set(reterr, ERR_STOPPED, "interrupted: nothing of this run was kept");
	}
	parser_finish(parser);
	tracker_finish(f->tracker);
	return 0; /* a read error is a problem of the source, never of the run */
}

static int run_stages(struct file_pass *f, struct reader *reader, const struct input *in, struct err *reterr)
{
	struct pass1 *p = f->p;
	struct tracker_sink sink = {f, store_event, store_call};
	struct parser_options options = {.zone = p->options->zone, .base = in->is_stdin ? INSTANT_NONE : in->identity.mtime_ns / 1000, .path = in->path,
		.probe = reader_peek(reader), .force_text = p->options->source.force_text, .excerpt_gate = matcher_knows};
	f->tracker = tracker_new(p->rules, &sink, f->key);
	struct parser *parser = parser_new(p->rules, &options, matcher_gate, p->matcher, on_record, f);
	if (parser_excerpt(parser))
		reader_whole(reader);
	int r = read_lines(f, reader, parser, reterr);
	if (!r) {
		struct problem problems[2 * LIMIT_PROBLEMS];
		f->source.problems = problems;
		reader_facts(reader, &f->source);
		size_t of_reader = f->source.problem_count < LIMIT_PROBLEMS ? f->source.problem_count : LIMIT_PROBLEMS;
		memmove(problems, f->source.problems, of_reader * sizeof *problems);
		f->source.problems = problems;
		f->source.problem_count = of_reader;
		parser_facts(parser, &f->source);
		r = timeline_source_end(p->timeline, f->source.id, &f->source, reterr);
	}
	parser_free(parser);
	tracker_free(f->tracker);
	return r;
}

static void need_matcher(struct pass1 *p)
{
	if (p->matcher)
		return;
	p->matcher = matcher_new(p->rules);
	p->redactor = redactor_new(p->rules, p->options->no_redact);
}

static void add_problem(struct source_list *list, const struct input *in, const struct err *e)
{
	struct input_problem *q = vec_push(&list->problems);
	q->path = in->path;
	source_open_problem(in, e, &q->problem);
}

static int read_file(struct pass1 *p, struct source_list *list, const struct input *in, struct file_pass *f, struct err *reterr)
{
	struct reader *reader;
	struct err e = {0};
	int fd;
	if (source_open(in, &p->options->source, &fd, &e)) {
		add_problem(list, in, &e);
		return 0;
	}
	struct reader_options options = {.final = p->options->final || in->is_stdin, .force_text = p->options->source.force_text, .named = in->named,
		.archive_name = in->archive_name, .chunk = p->options->chunk, .mtime_s = in->identity.mtime_ns / 1000000000, .now_s = p->options->now_s};
	if (reader_new(fd, &options, &reader, &e)) {
		add_problem(list, in, &e);
		return 0;
	}
	need_matcher(p);
	int r = run_stages(f, reader, in, reterr);
	reader_free(reader);
	p->bytes_done += in->identity.size;
	if (!r)
		*vec_push(&p->ids) = f->source.id;
	return r;
}

static int pass_file(struct pass1 *p, struct source_list *list, const struct input *in, struct err *reterr)
{
	struct file_pass f = {.p = p, .source = {.path = in->path, .identity = in->identity, .first = INSTANT_NONE, .last = INSTANT_NONE}};
	bool unchanged = false;
	int r = timeline_source_begin(p->timeline, &f.source, &f.source.id, &f.key, &unchanged, reterr);
	if (r)
		return r;
	if (unchanged) {
		*vec_push(&p->ids) = f.source.id;
		return 0;
	}
	r = read_file(p, list, in, &f, reterr);
	buf_done(&f.text);
	buf_done(&f.err);
	buf_done(&f.fields);
	return r;
}

int pass1_run(struct pass1 *p, struct source_list *list, struct err *reterr)
{
	for (size_t i = 0; i < list->inputs.n; i++)
		p->bytes_total += list->inputs.v[i].identity.size;
	for (size_t i = 0; i < list->inputs.n; i++) {
		int r = pass_file(p, list, &list->inputs.v[i], reterr);
		if (r)
			return r;
	}
	return 0;
}

void pass1_done(struct pass1 *p)
{
	matcher_free(p->matcher);
	redactor_free(p->redactor);
	vec_free(&p->ids);
}
