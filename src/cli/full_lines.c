/*
 * Reads the lines behind evidence again: the report keeps 400 bytes, and of frequent healthy lines none, but explain shows the line. One
 * counts only when it still begins with the excerpt, or, where none was kept, when it holds the time of the evidence: a rotated or
 * rewritten file holds something else at that offset. What is read goes through the redactor like everything else.
 */
#include "cli/full_lines.h"

#include "ingest/reader.h"
#include "redact/redact.h"

enum { CUT_FROM = LIMIT_EXCERPT - 16, SAME_BYTES = 64 };

static bool read_line(const struct run *r, const struct line_ref *at, struct redactor *redactor, struct buf *out)
{
	const struct input in = {.path = source_file(at->source), .named = true};
	const struct source_options options = {.allow_root = opts_has(r->opts, OPT_ALLOW_ROOT)};
	const struct reader_options from = {.final = true, .named = true, .start = at->offset};
	struct line line;
	int fd;
	if (source_open(&in, &options, &fd, NULL))
		return false;
	struct reader *reader = reader_new(fd, &from);
	const bool good = reader_next(reader, &line) == 1;
	if (good)
		(void)redact(redactor, str_trim_end(line.text), out);
	reader_free(reader);
	return good;
}

/* Nothing is longer in the file than in the excerpt. */
static bool is_whole(const struct evidence *e)
{
	return e->role == ROLE_ABSENCE || (e->text.n && e->text.n < CUT_FROM) || !e->at.source || !e->at.line;
}

static bool is_same(const struct evidence *e, str line)
{
	char time[32];
	if (e->text.n)
		return str_starts(line, str_head(e->text, SAME_BYTES));
	if (e->time == INSTANT_NONE)
		return false;
	instant_format(e->time, time);
	return str_find(line, str_z(time)) >= 0;
}

void full_lines_read(struct run *r, struct incident *i)
{
	struct redactor *redactor = redactor_new(&r->rules, opts_has(r->opts, OPT_NO_REDACT));
	struct evidence *list = arena_alloc(&r->arena, (i->evidence_count + 1) * sizeof *list);
	struct buf line = {0};
	for (size_t k = 0; k < i->evidence_count; k++) {
		struct evidence *e = &list[k];
		*e = i->evidence[k];
		if (is_whole(e))
			continue;
		buf_reset(&line);
		if (read_line(r, &e->at, redactor, &line) && is_same(e, buf_str(&line)))
			e->text = arena_str(&r->arena, buf_str(&line));
	}
	i->evidence = list;
	buf_done(&line);
	redactor_free(redactor);
}
