/* Folding: lines to records. One flow per container and pipe holds the record that is still open; it is handed out when the next
 * head, or the end, shows where it stopped.
 *
 * A client's record runs until the next head, whatever stands between: its continuation lines are never looked at as records. A
 * line that somebody wrapped by hand (deep indentation, or a text as wide as a window) is joined with one blank, a continuation
 * that the program wrote keeps its line break. A server's record takes indented lines; a traceback behind it becomes records of
 * its own, one per leaf. A head that the gate refuses is counted, and nothing of it is copied. */
#include "base/html.h"
#include "base/json.h"
#include "parse/parts.h"

enum { DEEP = 8 };

static void leaf_out(void *context, const struct trace_leaf *leaf)
{
	struct flow *f = context;
	struct record r = {.kind = SOURCE_SERVER, .class = CLASS_TRACEBACK, .line = leaf->place.line, .offset = leaf->place.offset, .lines = 1,
		.at = leaf->place.at, .level = LEVEL_ERROR, .cut = leaf->cut, .raw = leaf->place.text, .body = leaf->text, .frames = leaf->frames,
		.told = f->trace_told, .server = f->trace_server};
	parser_emit(f->p, &r, false);
}

void flow_init(struct flow *f, struct parser *p, uint64_t key)
{
	*f = (struct flow){.p = p, .key = key, .last_kind = SOURCE_UNKNOWN};
	trace_init(&f->trace, p->shapes, leaf_out, f);
}

void flow_done(struct flow *f)
{
	buf_done(&f->raw);
	buf_done(&f->body);
	buf_done(&f->decoded);
	buf_done(&f->partial);
	buf_done(&f->fragment);
	buf_done(&f->json.text);
	trace_done(&f->trace);
}

/* --- splitting a body --- */

static void apply_split(struct record *r, const struct shape *split, str server, str body)
{
	r->class = split->format->class;
	if (r->kind == SOURCE_SERVER || r->kind == SOURCE_UNKNOWN)
		r->kind = split->format->kind;
	if (server.p != NULL)
		r->server = server;
	r->body = body;
}

/* Class of a body of this shape, its split applied: *body and *server are replaced. */
static void split_body(struct parser *p, const struct shape *s, struct record *r)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < s->split_count; i++) {
		struct head h;
		if (!shape_fits(s->split[i], r->body, NULL, &h))
			continue;
		apply_split(r, s->split[i], h.part[PART_SERVER], h.part[PART_BODY]);
		return;
	}
	str head = str_head(r->body, HEAD_GATE);
	if (p->excerpt && r->class == CLASS_DEBUG && s->split_count > 0 && !p->gate(p->gate_context, CLASS_DEBUG, head).from &&
		p->gate(p->gate_context, CLASS_MCP, head).from)
		r->class = CLASS_MCP; /* somebody left the server's name out */
}

/* First bytes of a JSON string literal, for the gate: escapes of one letter are enough there. */
static str peek_literal(str literal, char *room, size_t size)
{
	size_t n = 0;
	for (size_t i = 1; i < literal.n && n < size && literal.p[i] != '"'; i++) {
		char c = literal.p[i];
		if (c == '\\' && i + 1 < literal.n) {
			c = literal.p[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
		}
		room[n++] = c;
	}
	return (str){room, n};
}

/* May any signature want a record that begins so? */
static bool is_wanted(struct flow *f, const struct shape *s, const struct record *r)
{
	struct parser *p = f->p;
	struct record probe = *r;
	char room[256];
	if (p->excerpt)
		return true;
	if (probe.body.n > 0 && probe.body.p[0] == '"')
		probe.body = peek_literal(probe.body, room, sizeof room);
	split_body(p, s, &probe);
	if (p->version.n == 0)
		parser_version(p, str_eq(str_head(probe.body, 1), S("\"")) ? STR_NONE : probe.body);
	if (probe.body.n < DEEP)
		return true; /* the rest may stand on the next line */
	if (probe.class == CLASS_MCP && shapes_role(p->shapes, SHAPE_EMBED, probe.body, NULL) != NULL)
		return true;
	bool yes = p->gate(p->gate_context, probe.class, str_head(probe.body, HEAD_GATE)).from;
	if (!yes && probe.class == CLASS_MCP)
		p->tally.mcp++;
	return yes;
}

/* The record's own copy, before the line is gone. Of a line that the reader cut nothing behind what patterns see is looked at, unless
 * somebody quotes it. */
static void keep_text(struct flow *f, const struct text_line *t)
{
	const size_t most = t->cut && !f->p->excerpt ? 2 * (size_t)LIMIT_MATCH : SIZE_MAX;
	buf_reset(&f->raw);
	buf_reset(&f->body);
	buf_add(&f->raw, str_head(t->raw, most));
	buf_add(&f->body, str_head(f->r.body, most));
}

/* An editor writes its local time before a client's line, which has its own in UTC: the quarters of an hour between them are
 * what the editor's other lines are ahead. */
static void learn_zone(struct parser *p, instant local, instant utc)
{
	const int64_t quarter = 15 * MINUTE, ahead = local - utc, rounded = (ahead + (ahead < 0 ? -quarter : quarter) / 2) / quarter * quarter;
	const int64_t error = ahead - rounded;
	if (error > -MINUTE && error < MINUTE && rounded > -DAY && rounded < DAY)
		p->clock.ahead = rounded;
}

static void in_utc(const struct parser *p, struct record *r)
{
	if (!r->local_time || p->clock.ahead == INSTANT_NONE)
		return;
	r->at -= p->clock.ahead;
	r->local_time = false;
}

static void start_record(struct flow *f, const struct text_line *t, const struct head *h, enum source_kind kind, enum body_class class, str body)
{
	struct record *r = &f->r;
	*r = (struct record){.kind = kind, .class = class, .line = t->line, .offset = t->offset, .lines = t->lines, .at = t->at, .cut = t->cut,
		.body = body, .server = t->server};
	f->split.known = false;
	if (h != NULL) {
		r->level = h->level;
		if (h->at != INSTANT_NONE && (h->zoned || t->at == INSTANT_NONE)) {
			r->at = h->at;
			r->local_time = !h->zoned;
			if (h->zoned && t->at != INSTANT_NONE && !t->zoned)
				learn_zone(f->p, t->at, h->at);
		} else {
			r->local_time = t->at != INSTANT_NONE && !t->zoned;
		}
		in_utc(f->p, r);
	}
}

/* A record of this format begins: what is counted, and what the lines behind it will be taken for. */
static void begin_format(struct flow *f, const struct format *format, const struct record *r)
{
	struct parser *p = f->p;
	f->fold_any = format->fold == FOLD_ANY || (f->fold_any && format->strong);
	if (format->fold != FOLD_ANY)
		f->last_kind = format->kind;
	if (f->embedded)
		return;
	parser_count(p, format->kind);
	if (format->kind != SOURCE_IDE) /* its clock is local, that of the lines inside is not */
		parser_time(p, r->at, r->line, r->offset);
	if (r->body.n > 3)
		tally_bodies(&p->tally, body_bit(r->body.p));
}

void flow_open(struct flow *f, const struct text_line *t, struct shape *s, const struct head *h, bool wanted)
{
	struct parser *p = f->p;
	const struct format *format = s->format;
	start_record(f, t, h, format->kind, format->class, h->part[PART_BODY]);
	f->open = true;
	f->shape = s;
	f->blanks = 0;
	f->columns = str_trim_end(t->raw).n;
	begin_format(f, format, &f->r);
	parser_keep(p, &p->version, h->part[PART_VERSION]);
	parser_keep(p, &p->cwd, h->part[PART_CWD]);
	f->dropped = !wanted && !is_wanted(f, s, &f->r);
	if (f->dropped)
		return;
	keep_text(f, t);
	/* Parts of the head are kept as places in the body's buffer's neighbour: the raw text outlives the line. */
	str server = h->part[PART_SERVER];
	if (server.p != NULL && server.n <= f->raw.n) {
		ptrdiff_t at = str_find(buf_str(&f->raw), server);
		f->r.server = at >= 0 ? str_head(str_from(buf_str(&f->raw), (size_t)at), server.n) : STR_NONE;
	}
}

static void open_bare(struct flow *f, const struct text_line *t)
{
	struct parser *p = f->p;
	enum source_kind kind = f->last_kind != SOURCE_UNKNOWN ? f->last_kind : f->embedded ? SOURCE_SERVER : SOURCE_UNKNOWN;
	start_record(f, t, NULL, kind, CLASS_SERVER, str_trim_end(t->text));
	f->open = true;
	f->shape = NULL;
	f->blanks = 0;
	f->columns = t->raw.n;
	if (!f->embedded && !detect_is_boxed(t->text)) {
		parser_count(p, kind);
		parser_unknown(p, t->line, t->offset);
		parser_time(p, f->r.at, t->line, t->offset);
	}
	/* The client's record tells what embedded lines say. */
	f->dropped = f->embedded || !p->gate(p->gate_context, CLASS_SERVER, str_head(f->r.body, HEAD_GATE)).from;
	if (!f->dropped)
		keep_text(f, t);
}

/* --- continuation --- */

static bool is_code(str s) /* what a program indents: brackets, quoted keys, stack frames, carets */
{
	if (s.n == 0 || memchr("\"[]{}|+^~", s.p[0], 9) != NULL)
		return true;
	return str_starts(s, S("at ")) || str_starts(s, S("File \""));
}

bool flow_wrapped(const struct flow *f, str text)
{
	size_t indent = 0, word = 0;
	while (indent < text.n && (text.p[indent] == ' ' || text.p[indent] == '\t'))
		indent++;
	str rest = str_from(text, indent);
	char last = f->body.n > 0 ? f->body.p[f->body.n - 1] : '\0';
	bool structured = last == '[' || last == '{' || last == ',';
	if (indent >= DEEP && !structured && (!is_code(rest) || (f->r.lines <= 2 && rest.p[0] == '{')))
		return true;
	if (f->p->wrap == 0 || (is_code(rest) && indent > 0))
		return false;
	while (word < rest.n && rest.p[word] != ' ')
		word++;
	return f->columns + 1 + word > f->p->wrap && f->columns + 30 > f->p->wrap;
}

void flow_continue(struct flow *f, const struct text_line *t)
{
	struct record *r = &f->r;
	r->lines += t->lines;
	if (f->dropped)
		return;
	if (r->lines > LIMIT_RECORD_LINES || f->raw.n + t->raw.n + 1 > LIMIT_RECORD || r->cut) {
		if (!r->cut)
			parser_problem(f->p, "record-cut", PROBLEM_NOTE, r->line, r->offset, "a record of more than %u lines or %u bytes was cut",
				LIMIT_RECORD_LINES, LIMIT_RECORD);
		r->cut = true;
		return;
	}
	size_t server_at = r->server.p != NULL ? (size_t)(r->server.p - f->raw.p) : 0;
	bool own = r->server.p >= f->raw.p && r->server.p < f->raw.p + f->raw.n;
	buf_byte(&f->raw, '\n');
	buf_add(&f->raw, t->raw);
	if (own)
		r->server.p = f->raw.p + server_at;
	str text = str_trim_end(t->text);
	if (text.n == 0) {
		f->blanks++;
		return;
	}
	f->body.n = str_trim_end(buf_str(&f->body)).n;
	if (flow_wrapped(f, text)) {
		buf_byte(&f->body, ' ');
		text = str_trim(text);
	} else {
		buf_repeat(&f->body, '\n', f->blanks + 1);
	}
	buf_add(&f->body, text);
	f->blanks = 0;
	f->columns = text.n;
}

/* --- the server's lines inside a client's record --- */

/* One line that is neither JSON nor the beginning of a traceback: its record says all that it says. */
static bool tells_nothing(const struct flow *f, str text)
{
	return (json_is_bracketed(text) || !json_starts(text)) && memchr(text.p, '\n', text.n) == NULL && !trace_may_begin(&f->trace, text);
}

void emit_lines(struct parser *p, const struct record *r, str rest)
{
	struct flow *f = &p->inner;
	f->trace_server = r->server;
	f->last_kind = SOURCE_SERVER;
	while (rest.n > 0) {
		struct text_line t = {.line = r->line, .offset = r->offset, .lines = 1, .at = r->at, .zoned = !r->local_time, .server = r->server};
		t.text = t.raw = str_word(&rest, '\n');
		if (str_ends(t.text, S("\r")))
			t.text.n--;
		flow_line(f, &t);
	}
	flow_finish(f);
	f->trace_server = STR_NONE;
}

void emit_embedded(struct parser *p, const struct record *r)
{
	struct head h;
	struct shape *s = shapes_role(p->shapes, SHAPE_EMBED, r->body, &h);
	str rest = h.part[PART_BODY];
	if (s != NULL && rest.n > 0 && !tells_nothing(&p->inner, rest))
		emit_lines(p, r, rest);
}

static void split_record(struct flow *f, struct record *r)
{
	struct parser *p = f->p;
	const struct known_split *k = &f->split;
	if (k->known && r->lines == 1 && !p->excerpt) {
		r->from = k->from;
		r->sure = k->sure;
		if (k->shape != NULL)
			apply_split(r, k->shape, k->named ? (str){r->body.p + k->server, k->server_n} : STR_NONE, str_from(r->body, k->body));
		return;
	}
	if (r->body.n > 1 && r->body.p[0] == '"' && r->body.p[r->body.n - 1] == '"') {
		buf_reset(&f->decoded);
		if (json_unquote(r->body, &f->decoded))
			r->body = buf_str(&f->decoded);
	}
	r->body = peel_ansi(r->body, &p->clean3);
	split_body(p, f->shape, r);
}

void flow_close(struct flow *f)
{
	struct parser *p = f->p;
	if (!f->open)
		return;
	f->open = false;
	if (f->dropped)
		return;
	struct record r = f->r;
	r.raw = buf_str(&f->raw);
	r.body = str_trim_end(buf_str(&f->body));
	split_record(f, &r);
	if (f->embedded) /* the client's record tells what these lines say; only tracebacks need taking apart */
		return;
	parser_version(p, r.body);
	if (p->excerpt && f->shape == NULL && r.kind == SOURCE_EXCERPT) {
		excerpt_pieces(p, &r);
		return;
	}
	parser_emit(p, &r, r.body.n == 0 || r.body.p[0] != '"');
	if (r.class == CLASS_MCP)
		emit_embedded(p, &r);
}

void flow_single(struct flow *f, const struct line *l, struct shape *s, instant at, enum level level, str body, const struct known_split *split)
{
	struct parser *p = f->p;
	struct record r = {.kind = s->format->kind, .class = s->format->class, .line = l->number, .offset = l->offset, .lines = 1, .at = at,
		.level = level, .raw = l->text, .body = body, .from = split->from, .sure = split->sure};
	begin_format(f, s->format, &r);
	r.body = str_trim_end(body);
	f->open = false;
	f->shape = s;
	if (split->shape != NULL)
		apply_split(&r, split->shape, split->named ? (str){body.p + split->server, split->server_n} : STR_NONE, str_from(r.body, split->body));
	parser_version(p, r.body);
	parser_emit(p, &r, true);
	if (r.class == CLASS_MCP)
		emit_embedded(p, &r);
}

void flow_finish(struct flow *f)
{
	json_end(f);
	flow_close(f);
	trace_end(&f->trace);
}

static bool is_indented(str s) { return s.n == 0 || s.p[0] == ' ' || s.p[0] == '\t'; }

/* Does the open record say that the program caught what the trace behind it shows: a line of a log about an error, or words with a
 * colon? Nothing of the kind stands before a trace with which a program ends. */
static bool tells_of_error(const struct flow *f)
{
	if (f->embedded)
		return true;
	if (!f->open)
		return false;
	return f->shape != NULL ? f->r.level >= LEVEL_WARN : str_ends(str_trim(buf_str(&f->body)), S(":"));
}

/* Tracebacks stand behind server heads or bare in a server's stderr; inside a client's record they are its text. */
static bool trace_line(struct flow *f, const struct text_line *t, bool guarded)
{
	struct trace_line line = {.text = t->text, .line = t->line, .offset = t->offset, .at = t->at};
	bool announced = f->open && f->shape != NULL && f->shape->format->fold == FOLD_TRACE;
	if (line.at == INSTANT_NONE)
		line.at = announced ? f->r.at : f->trace.active ? f->trace_at : INSTANT_NONE;
	if (f->trace.active && !guarded && trace_feed(&f->trace, &line))
		return true;
	if (guarded)
		return false;
	str front = str_trim(t->text);
	if (front.n == 0 || !trace_begin(&f->trace, &line))
		return false;
	f->trace_at = line.at;
	f->trace_told = tells_of_error(f);
	if (!f->embedded) {
		f->trace_server = t->server;
		if (!announced)
			parser_count(f->p, SOURCE_SERVER);
	}
	flow_close(f);
	return true;
}

/* A message that opened a bracket and has not closed it: an array of errors over several lines. */
static bool unbalanced(str body)
{
	int depth = 0;
	bool quoted = false;
	char last = body.n > 0 ? body.p[body.n - 1] : '\0';
	if (last == '\0' || memchr("[{,]}", last, 5) == NULL || body.n > LIMIT_MATCH)
		return false;
	for (size_t i = 0; i < body.n; i++) {
		char c = body.p[i];
		if (c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '\n')
			quoted = false;
		else if (!quoted)
			depth += (c == '[' || c == '{') - (c == ']' || c == '}');
	}
	return depth > 0;
}

/* A page that the message began, and a line that goes on with it: what a proxy refused is told by the page's title. */
static bool goes_on_with_page(str body, str line)
{
	return str_starts(str_trim(line), S("<")) && body.n <= LIMIT_MATCH && html_find(body) >= 0 && !html_ends(body);
}

void flow_line(struct flow *f, const struct text_line *t)
{
	struct parser *p = f->p;
	struct head h;
	if (f->json.active && json_more(f, t))
		return;
	bool guarded = f->open && f->shape != NULL && f->shape->format->fold == FOLD_ANY && !p->excerpt;
	if (p->excerpt && f->open && f->shape != NULL && (unbalanced(buf_str(&f->body)) || goes_on_with_page(buf_str(&f->body), t->text)) &&
		find_head(f, t->text, &h) == NULL) {
		flow_continue(f, t);
		return;
	}
	if (json_starts(t->text) && (!guarded || p->json) && json_line(f, t))
		return;
	struct shape *s = find_head(f, t->text, &h);
	if (s != NULL) {
		if (s->format->fold == FOLD_ANY)
			trace_end(&f->trace);
		else
			trace_foreign(&f->trace);
		flow_close(f);
		flow_open(f, t, s, &h, false);
		return;
	}
	if (guarded) {
		flow_continue(f, t);
		return;
	}
	if (trace_line(f, t, guarded))
		return;
	if (p->excerpt && !f->embedded) {
		excerpt_line(f, t);
		return;
	}
	bool takes = f->open && (f->shape == NULL || f->shape->format->fold != FOLD_NONE);
	if (str_trim(t->text).n == 0 || (takes && is_indented(t->text))) {
		if (f->open)
			flow_continue(f, t);
		return;
	}
	if (f->fold_any && !f->embedded) /* behind a foreign record in a client's log */
		return;
	flow_close(f);
	open_bare(f, t);
}
