/* Resting in a file (see pass1_rest.h). Near the end of a file the state of reader, parser and tracker is put down once, behind
 * a line where the parser can rest; what is read after that is read again by the next run, which needs no other trace of it.
 * The last record, open calls and half a traceback are thus judged now, and judged anew when more has come.
 *
 * Files that are hardly longer than what detection looks at are always read from the beginning. What is put down holds no text
 * that redaction would hide. */
#include "pass1_rest.h"
#include "redact/redact.h"

enum { STATE_FORMAT = 2, REST_WINDOW = 32 * 1024, STATE_MOST = 256 * 1024 };

static str clean_text(void *context, str text)
{
	struct file_pass *f = context;
	buf_reset(&f->text);
	redact(f->p->redactor, text, &f->text);
	return buf_str(&f->text);
}

static void rest(struct file_pass *f)
{
	struct buf reader = {0}, parser = {0}, tracker = {0}, all = {0};

	reader_save(f->reader, &reader);
	parser_save(f->parser, &parser);
	if (tracker_save(f->tracker, &tracker, clean_text, f) && tracker.n < STATE_MOST) {
		wire_u64(&all, STATE_FORMAT);
		wire_str(&all, buf_str(&reader));
		wire_str(&all, buf_str(&parser));
		wire_str(&all, (str){tracker.p ? tracker.p : "", tracker.n});
		timeline_source_rest(f->p->timeline, f->source.id, reader_offset(f->reader), buf_str(&all));
	}
	buf_done(&reader);
	buf_done(&parser);
	buf_done(&tracker);
	buf_done(&all);
}

void pass1_watch_from(struct file_pass *f)
{
	const uint64_t size = f->source.identity.size, from = f->start.resume;
	const bool worth = f->probe.n >= LIMIT_PROBE - 3 && !f->start.shared && size > from && size - from > 2 * REST_WINDOW && size > LIMIT_PROBE + REST_WINDOW;
	f->rest_at = worth && !reader_compressed(f->reader) && !parser_excerpt(f->parser) ? size - REST_WINDOW : UINT64_MAX;
	f->watch_at = f->start.shared ? f->start.shared : f->rest_at;
}

void pass1_watch(struct file_pass *f)
{
	if (f->start.shared) {
		parser_facts(f->parser, &f->shared);
		struct source lines = {0};
		reader_facts(f->reader, &lines);
		f->shared.lines = lines.lines;
		f->shared_known = true;
		f->watch_at = UINT64_MAX;
	} else if (parser_can_rest(f->parser)) {
		rest(f);
		f->watch_at = UINT64_MAX;
	}
}

void pass1_count_shared(struct file_pass *f, struct source *s)
{
	const struct source *from = f->shared_known ? &f->shared : s;
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
	while (reader_offset(f->reader) < until && reader_next(f->reader, &line) > 0)
		parser_push(f->parser, &line);
}

bool pass1_go_on(struct file_pass *f)
{
	struct wire w = {f->start.state, false};
	if (wire_take_u64(&w) != STATE_FORMAT)
		return false;
	const str of_reader = wire_take_str(&w), of_parser = wire_take_str(&w), of_tracker = wire_take_str(&w);
	struct wire reader = {of_reader, w.bad}, parser = {of_parser, w.bad}, tracker = {of_tracker, w.bad};
	uint64_t line = wire_take_u64(&reader) + 1, offset = f->start.resume;
	parser_restore(f->parser, &parser, &line, &offset);
	if (w.bad || parser.bad || reader.bad || !tracker_restore(f->tracker, &tracker) || offset > f->start.resume || line == 0)
		return false;
	reader_go(f->reader, offset, line - 1);
	replay(f, f->start.resume);
	parser = (struct wire){of_parser, false};
	parser_recount(f->parser, &parser);
	reader = (struct wire){of_reader, false};
	reader_restore(f->reader, &reader);
	return true;
}
