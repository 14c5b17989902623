/* Resting in a file (see pass1_rest.h). Near the end of a file the state of reader, parser and tracker is put down once, behind
 * a line where the parser can rest; what is read after that is read again by the next run, which needs no other trace of it.
 * The last record, open calls and half a traceback are thus judged now, and judged anew when more has come.
 *
 * Files that are hardly longer than what detection looks at are always read from the beginning. What is put down holds no text
 * that redaction would hide. */
#include "pass1_rest.h"
#include "model/problem_wire.h"
#include "redact/redact.h"

enum { STATE_FORMAT = 6, STATE_MOST = 256 * 1024 };

static str clean_text(void *context, str text)
{
	struct file_pass *f = context;
	buf_reset(&f->text);
	redact(f->p->redactor, text, &f->text);
	return buf_str(&f->text);
}

void pass1_rest(void *context, uint64_t offset, str reader, str parser)
{
	struct file_pass *f = context;
	struct buf tracker = {0}, all = {0};
	if (tracker_save(f->tracker, &tracker, clean_text, f) && tracker.n < STATE_MOST) {
		wire_u64(&all, STATE_FORMAT);
		wire_str(&all, reader);
		wire_str(&all, parser);
		wire_str(&all, (str){tracker.p ? tracker.p : "", tracker.n});
		wire_problem(&all, &f->gave_up);
		timeline_source_rest(f->p->timeline, f->source.id, offset, buf_str(&all));
	}
	buf_done(&tracker);
	buf_done(&all);
}

void pass1_count_shared(struct file_pass *f, struct source *s)
{
	const struct source *from = f->read.shared_known ? &f->read.shared : s;
	if (!f->start.shared)
		return;
	s->shared.lines = from->lines;
	s->shared.records = from->records;
	s->shared.unrecognized = from->unrecognized;
}

/* The open record's lines once more. */
static void replay(struct file_pass *f, uint64_t until)
{
	struct line line;
	while (reader_offset(f->read.reader) < until && reader_next(f->read.reader, &line) > 0)
		parser_push(f->read.parser, &line);
}

bool pass1_go_on(struct file_pass *f)
{
	struct wire w = {f->start.state, false};
	if (wire_take_u64(&w) != STATE_FORMAT)
		return false;
	const str of_reader = wire_take_str(&w), of_parser = wire_take_str(&w), of_tracker = wire_take_str(&w);
	struct problem gave_up;
	wire_take_problem(&w, &f->arena, &gave_up);
	struct wire reader = {of_reader, w.bad}, parser = {of_parser, w.bad}, tracker = {of_tracker, w.bad};
	uint64_t line = wire_take_u64(&reader) + 1, offset = f->start.resume;
	parser_restore(f->read.parser, &parser, &line, &offset);
	if (w.bad || parser.bad || reader.bad || !tracker_restore(f->tracker, &tracker) || offset > f->start.resume || line == 0)
		return false;
	reader_go(f->read.reader, offset, line - 1);
	replay(f, f->start.resume);
	parser = (struct wire){of_parser, false};
	parser_recount(f->read.parser, &parser);
	reader = (struct wire){of_reader, false};
	reader_restore(f->read.reader, &reader);
	f->gave_up = gave_up;
	return true;
}
