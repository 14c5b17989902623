/* Session transcripts (`~/.claude/projects/…/<session>.jsonl`), their sub-agents, and `--output-format stream-json`: tool_use and
 * tool_result blocks become records with a result; other text of a message becomes a record without one, for task notifications
 * and interruption marks.
 *
 * Only type, timestamp, message.content, version, sessionId and cwd are relied on. Which text of a result is a refusal or a mere
 * receipt is said in patterns/formats (roles result-*); shapes alone cannot tell. Lines may be corrupt after an unclean end. */
#include "base/json.h"
#include "parse/parts.h"
#include "parse/transcript_line.h"

static void hand_out(struct flow *f, struct record *r)
{
	parser_emit(f->p, r, false);
}

/* A result's content: a string, or blocks of text. */
static str content_text(const struct json *content, struct buf *room)
{
	if (json_is_string(content))
		return json_text(content);
	buf_reset(room);
	for (size_t i = 0; i < json_size(content) && json_is_array(content); i++) {
		str text = json_text(json_get(json_at(content, i), "text"));
		if (text.n == 0)
			continue;
		if (room->n > 0)
			buf_byte(room, '\n');
		buf_add(room, text);
	}
	return buf_str(room);
}

static void use_block(struct flow *f, struct record r, str name, str id)
{
	r.tool = name;
	r.tool_use_id = id;
	r.result = RESULT_USE;
	r.body = STR_NONE;
	hand_out(f, &r);
}

/* How a tool ended; p NULL: absent. */
struct ending {
	str id, text;
	bool empty, denied, is_error; /* empty: without any content */
};

static void result_block(struct flow *f, struct record r, const struct ending *e)
{
	r.tool_use_id = e->id;
	r.body = e->text;
	if (e->empty)
		r.result = RESULT_EMPTY;
	else if (e->denied || shapes_role(f->p->shapes, SHAPE_REJECTED, r.body, NULL) != NULL)
		r.result = RESULT_REJECTED;
	else if (e->is_error)
		r.result = RESULT_ERROR;
	else if (shapes_role(f->p->shapes, SHAPE_RECEIPT, r.body, NULL) != NULL)
		r.result = RESULT_RECEIPT;
	else
		r.result = RESULT_OK;
	if (r.result == RESULT_ERROR || r.result == RESULT_REJECTED)
		r.level = LEVEL_ERROR;
	hand_out(f, &r);
}

static void text_record(struct flow *f, struct record r, str text)
{
	r.body = str_trim(text);
	if (r.body.n > 0)
		hand_out(f, &r);
}

static bool is_use(str type) { return str_eq(type, S("tool_use")) || str_eq(type, S("mcp_tool_use")); }
static bool is_result(str type) { return str_eq(type, S("tool_result")) || str_eq(type, S("mcp_tool_result")); }

static void blocks(struct flow *f, const struct record *r, const struct json *content, const struct json *doc)
{
	struct buf room = {0};
	if (json_is_string(content)) {
		text_record(f, *r, json_text(content));
		return;
	}
	for (size_t i = 0; i < json_size(content) && json_is_array(content); i++) {
		const struct json *block = json_at(content, i), *inner = json_get(block, "content");
		str type = json_text(json_get(block, "type"));
		if (is_use(type))
			use_block(f, *r, json_text(json_get(block, "name")), json_text(json_get(block, "id")));
		else if (is_result(type))
			result_block(f, *r, &(struct ending){json_text(json_get(block, "tool_use_id")), content_text(inner, &room), inner == NULL,
				json_get(doc, "toolDenialKind") != NULL, json_true(json_get(block, "is_error"))});
		else if (str_eq(type, S("text")))
			text_record(f, *r, json_text(json_get(block, "text")));
	}
	buf_done(&room);
}

/* stream-json names the state of each server at the start. */
static void server_states(struct flow *f, const struct record *base, const struct json *servers)
{
	struct buf text = {0};
	for (size_t i = 0; i < json_size(servers) && json_is_array(servers); i++) {
		struct record r = *base;
		r.server = json_text(json_get(json_at(servers, i), "name"));
		str status = json_text(json_get(json_at(servers, i), "status"));
		buf_reset(&text);
		buf_printf(&text, "mcp_server %.*s: %.*s", STR_ARG(r.server), STR_ARG(status));
		r.class = CLASS_LIST;
		r.body = buf_str(&text);
		if (r.server.n > 0 && status.n > 0)
			hand_out(f, &r);
	}
	buf_done(&text);
}

static struct record base_record(const struct text_line *t, const struct json *doc)
{
	struct record r = {.kind = SOURCE_TRANSCRIPT, .class = CLASS_TRANSCRIPT, .line = t->line, .offset = t->offset, .lines = t->lines,
		.at = json_instant(json_get(doc, "timestamp")), .cut = t->cut, .raw = t->raw};
	r.session = json_text(json_get(doc, "sessionId"));
	if (r.session.n == 0)
		r.session = json_text(json_get(doc, "session_id"));
	r.cwd = json_text(json_get(doc, "cwd"));
	r.version = json_text(json_get(doc, "version"));
	if (r.version.n == 0)
		r.version = json_text(json_get(doc, "claude_code_version"));
	if (r.session.n == 0)
		r.session = STR_NONE;
	return r;
}

static void begin(struct flow *f, const struct text_line *t, const struct record *r)
{
	struct parser *p = f->p;
	parser_count(p, SOURCE_TRANSCRIPT);
	if (r->at != INSTANT_NONE) { /* records of one turn are not written in the order of their times: no look at the clock here */
		p->tally.previous = INSTANT_NONE;
		parser_time(p, r->at, t->line, t->offset);
	}
	parser_keep(p, &p->session, r->session);
	parser_keep(p, &p->cwd, r->cwd);
	parser_keep(p, &p->version, r->version);
}

bool transcript_object(struct flow *f, const struct text_line *t, const struct json *doc)
{
	const struct json *message = json_get(doc, "message"), *type = json_get(doc, "type");
	if (!json_is_string(type))
		return false;
	bool known = json_is_object(message) || json_get(doc, "sessionId") != NULL || json_get(doc, "session_id") != NULL ||
		json_get(doc, "uuid") != NULL || json_get(doc, "messageId") != NULL || json_get(doc, "leafUuid") != NULL;
	if (!known)
		return false;
	struct record r = base_record(t, doc);
	begin(f, t, &r);
	blocks(f, &r, json_get(message, "content"), doc);
	server_states(f, &r, json_get(doc, "mcp_servers"));
	if (!json_is_object(message)) /* notes of the client itself: queued notifications, system texts */
		text_record(f, r, json_text(json_get(doc, "content")));
	return true;
}

/* --- the same of a line that the scanner read --- */

/* A literal's text: a view into the line, or what was written at the end of *room. */
static str literal_text(str literal, struct buf *room)
{
	if (literal.p == NULL)
		return S("");
	str inside = {literal.p + 1, literal.n - 2};
	if (memchr(inside.p, '\\', inside.n) == NULL)
		return inside;
	const size_t before = room->n;
	(void)json_unquote(literal, room);
	return str_from(buf_str(room), before);
}

static str literal_content(str content, struct buf *room)
{
	if (content.n == 0 || content.p[0] != '[')
		return literal_text(content, room);
	const size_t before = room->n;
	str literal;
	for (size_t at = 0; transcript_line_text(content, &at, &literal);) {
		if (literal.n > 2 && room->n > before)
			buf_byte(room, '\n');
		(void)json_unquote(literal, room);
	}
	return str_from(buf_str(room), before);
}

static void scanned_block(struct flow *f, const struct record *r, const struct transcript_block *b, bool denied)
{
	struct buf room = {0};
	str type = {b->type.p + 1, b->type.n - 2};
	buf_reserve(&room, b->content.n + b->text.n + b->name.n + b->id.n + b->tool_use_id.n); /* views into it stay */
	if (is_use(type))
		use_block(f, *r, literal_text(b->name, &room), literal_text(b->id, &room));
	else if (is_result(type))
		result_block(f, *r, &(struct ending){literal_text(b->tool_use_id, &room), literal_content(b->content, &room), b->content.p == NULL, denied,
			b->is_error});
	else if (str_eq(type, S("text")))
		text_record(f, *r, literal_text(b->text, &room));
	buf_done(&room);
}

bool transcript_plain(struct flow *f, const struct text_line *t, str s)
{
	struct transcript_line l;
	if (!transcript_line_read(s, &l))
		return false;
	struct buf room = {0};
	bool zoned;
	buf_reserve(&room, l.timestamp.n + l.session.n + l.cwd.n + l.version.n + l.text.n);
	struct record r = {.kind = SOURCE_TRANSCRIPT, .class = CLASS_TRANSCRIPT, .line = t->line, .offset = t->offset, .lines = t->lines,
		.at = INSTANT_NONE, .cut = t->cut, .raw = t->raw};
	str timestamp = literal_text(l.timestamp, &room);
	if (timestamp.n == 0 || !instant_iso(timestamp, &r.at, &zoned))
		r.at = INSTANT_NONE;
	r.session = literal_text(l.session, &room);
	r.cwd = literal_text(l.cwd, &room);
	r.version = literal_text(l.version, &room);
	if (r.session.n == 0)
		r.session = STR_NONE;
	flow_close(f);
	trace_foreign(&f->trace);
	begin(f, t, &r);
	if (l.text.p != NULL)
		text_record(f, r, literal_text(l.text, &room));
	for (unsigned i = 0; i < l.block_count; i++)
		scanned_block(f, &r, &l.block[i], l.denied);
	buf_done(&room);
	return true;
}

/* The line was cut or is corrupt: what can be read of one block. */
bool transcript_cut(struct flow *f, const struct text_line *t)
{
	struct parser *p = f->p;
	str head = str_head(t->text, 64 * 1024);
	bool use = str_find(head, S("\"type\":\"tool_use\"")) >= 0, result = str_find(head, S("\"type\":\"tool_result\"")) >= 0;
	struct buf id = {0}, time = {0}, name = {0}, session = {0}, content = {0};
	if (!use && !result)
		return false;
	struct record r = {.kind = SOURCE_TRANSCRIPT, .class = CLASS_TRANSCRIPT, .line = t->line, .offset = t->offset, .lines = t->lines,
		.at = INSTANT_NONE, .cut = true, .raw = t->raw};
	bool zoned, found = result ? json_find(t->text, "tool_use_id", &id) : false;
	if (use && !found) {
		ptrdiff_t at = str_find(t->text, S("\"type\":\"tool_use\""));
		found = json_find(str_from(t->text, (size_t)at), "id", &id) && json_find(str_from(t->text, (size_t)at), "name", &name);
		r.result = RESULT_USE;
		r.tool = buf_str(&name);
	} else if (found) {
		if (json_find(head, "content", &content))
			r.body = buf_str(&content);
		r.result = str_find(t->text, S("\"is_error\":true")) >= 0 ? RESULT_ERROR : RESULT_OK;
	}
	if (json_find(t->text, "timestamp", &time) && !instant_iso(buf_str(&time), &r.at, &zoned))
		r.at = INSTANT_NONE;
	if (json_find(t->text, "sessionId", &session))
		r.session = buf_str(&session);
	r.tool_use_id = buf_str(&id);
	if (found) {
		parser_count(p, SOURCE_TRANSCRIPT);
		parser_problem(p, "corrupt-json", PROBLEM_NOTE, t->line, t->offset, "a JSON record is cut or corrupt; read as far as it goes");
		hand_out(f, &r);
	}
	buf_done(&id);
	buf_done(&time);
	buf_done(&name);
	buf_done(&session);
	buf_done(&content);
	return found;
}
