/* Tracebacks: fed the lines behind a log head (or bare lines of a server's stderr), it hands out leaf exceptions. The leaves are
 * the diagnosis; the group lines around them ("unhandled errors in a TaskGroup") are noise.
 *
 * Which lines begin a traceback, join two or name a group is said in patterns/formats (roles trace-*); the grammar in between is
 * only indentation: frames are indented, the first line that is not is the exception. In a group the column of '|' is the depth,
 * "+-+---" opens a child, "+--- 2 ---" its sibling, "+-----" closes. A tree that ends before its leaf is handed out as cut:
 * nothing is guessed. It does not decide what a leaf means. */
#include "parse/traceback.h"

enum {
	FRAMES_MAX = 256 * 1024,
	LEAF_MAX = 16 * 1024,
	FOREIGN_MAX = 32,
};

void trace_init(struct trace *t, struct shapes *shapes, trace_leaf_fn *sink, void *context)
{
	*t = (struct trace){.shapes = shapes, .sink = sink, .context = context};
}

void trace_done(struct trace *t)
{
	buf_done(&t->frames);
	buf_done(&t->leaf);
	buf_done(&t->leaf_raw);
	buf_done(&t->group);
}

static size_t indent_of(str s)
{
	size_t i = 0;
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'))
		i++;
	return i;
}

/* Bytes of a box-drawing character at the front, as UTF-8 or as UTF-8 that was read as Windows-1252 and encoded again. */
static size_t box_char(str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	if (s.n >= 3 && p[0] == 0xe2 && (p[1] == 0x94 || p[1] == 0x95 || (p[1] == 0x9d && p[2] == 0xb1)))
		return 3;
	if (s.n >= 7 && p[0] == 0xc3 && p[1] == 0xa2 && p[2] == 0xe2 && p[3] == 0x80) /* â• or â” … */
		return p[5] == 0xc2 || p[5] == 0xc3 ? 7 : s.n >= 8 ? 8 : 0;
	if (s.n >= 6 && p[0] == 0xc3 && p[1] == 0xa2 && p[2] == 0xc2 && p[3] == 0x9d)
		return 6;
	if (s.n >= 6 && p[0] == 0xc3 && p[1] == 0xa2 && p[2] == '"' && p[3] == 0xe2) /* the same with straightened quotes */
		return 6;
	return 0;
}

/* "Type: message", "package.Type: message" or a bare "Type". */
static bool is_exception(str s)
{
	size_t i = 0, word = 0;
	for (; i < s.n; i++) {
		char c = s.p[i];
		bool letter = str_is_letter(c) || c == '_';
		if (c == '.')
			word = i + 1;
		else if (!letter && !(str_is_digit(c) && i > word))
			break;
	}
	if (i == 0 || i == word || (i < s.n && s.p[i] != ':'))
		return false;
	bool spoken = i + 1 >= s.n || s.p[i + 1] == ' ';
	bool name = (s.p[word] >= 'A' && s.p[word] <= 'Z') || word > 0;
	return name && spoken;
}

static void add_frame(struct trace *t, str content)
{
	if (t->frames.n + content.n + 1 > FRAMES_MAX) {
		t->cut = true;
		return;
	}
	size_t from = t->frames.n;
	buf_add(&t->frames, str_trim_end(content));
	for (; from < t->frames.n; from++)
		if (t->frames.p[from] == '\\') /* Windows; signatures write paths with '/' */
			t->frames.p[from] = '/';
	buf_byte(&t->frames, '\n');
}

static void leaf_out(struct trace *t, str text, str raw, const struct trace_line *place, bool cut)
{
	struct trace_leaf leaf = {.text = str_trim_end(text), .frames = buf_str(&t->frames), .place = *place, .cut = cut || t->cut};
	leaf.place.text = raw;
	if (t->leaves++ < LIMIT_TRACE_LEAVES)
		t->sink(t->context, &leaf);
}

static void flush_leaf(struct trace *t)
{
	if (t->has_leaf)
		leaf_out(t, buf_str(&t->leaf), buf_str(&t->leaf_raw), &t->place, false);
	t->has_leaf = false;
}

static void begin_leaf(struct trace *t, const struct trace_line *line, str content)
{
	flush_leaf(t);
	t->has_leaf = true;
	t->place = *line;
	buf_reset(&t->leaf);
	buf_reset(&t->leaf_raw);
	buf_add(&t->leaf, str_head(content, LEAF_MAX));
	buf_add(&t->leaf_raw, str_head(str_trim(line->text), LEAF_MAX)); /* deep trees are all blanks in front */
}

static void more_leaf(struct trace *t, str content)
{
	if (t->leaf.n + content.n + 1 > LEAF_MAX) {
		t->cut = true;
		return;
	}
	buf_byte(&t->leaf, '\n');
	buf_add(&t->leaf, str_trim_end(content));
}

static void note_group(struct trace *t, const struct trace_line *line, str content)
{
	buf_reset(&t->group);
	buf_add(&t->group, str_head(content, LEAF_MAX));
	t->group_place = *line;
	t->has_group = true;
}

void trace_end(struct trace *t)
{
	if (!t->active)
		return;
	flush_leaf(t);
	if (t->leaves == 0) {
		str text = t->has_group ? buf_str(&t->group) : STR_NONE;
		leaf_out(t, text, text, &t->group_place, true);
	}
	t->active = false;
}

void trace_foreign(struct trace *t)
{
	if (t->active && (t->ended || ++t->foreign > FOREIGN_MAX))
		trace_end(t);
}

static void start(struct trace *t, const struct trace_line *line, bool boxed)
{
	size_t indent = indent_of(line->text);
	char c = indent < line->text.n ? line->text.p[indent] : '\0';
	trace_end(t);
	t->active = true;
	t->boxed = t->in_box = boxed;
	t->grouped = !boxed && (c == '|' || c == '+');
	t->base = t->grouped ? 0 : indent;
	t->ended = t->has_leaf = t->has_group = t->cut = false;
	t->depth = t->leaves = t->foreign = 0;
	t->lines = 1;
	t->group_place = *line;
	buf_reset(&t->frames);
}

static bool is_start(const struct trace *t, str text, bool *ret_boxed)
{
	*ret_boxed = shapes_role(t->shapes, SHAPE_TRACE_BOX, text, NULL) != NULL;
	return *ret_boxed || shapes_role(t->shapes, SHAPE_TRACE_START, text, NULL) != NULL;
}

bool trace_may_begin(const struct trace *t, str text)
{
	bool boxed;
	return is_start(t, text, &boxed);
}

bool trace_begin(struct trace *t, const struct trace_line *line)
{
	bool boxed;
	if (!is_start(t, line->text, &boxed))
		return false;
	start(t, line, boxed);
	return true;
}

/* Frames of a level that was left do not belong to what follows. */
static void set_depth(struct trace *t, size_t column)
{
	while (t->depth > 0 && t->level[t->depth - 1].column > column) {
		t->depth--;
		t->frames.n = t->level[t->depth].mark;
	}
	if ((t->depth == 0 || t->level[t->depth - 1].column < column) && t->depth < TRACE_LEVELS) {
		t->level[t->depth].column = column;
		t->level[t->depth++].mark = t->frames.n;
	}
}

static void separator(struct trace *t, const struct trace_line *line, size_t column)
{
	str s = str_from(line->text, column);
	bool child = s.n >= 3 && s.p[1] == '-' && s.p[2] == '+';
	if (child && t->has_leaf) { /* what looked like a leaf was a group in other words */
		note_group(t, &t->place, buf_str(&t->leaf));
		t->has_leaf = false;
	}
	flush_leaf(t);
	if (child)
		return;
	for (unsigned i = 0; i < t->depth; i++)
		if (t->level[i].column == column)
			t->frames.n = t->level[i].mark;
}

/* One line of a group's content or of a plain traceback, drawing and base indentation removed. */
static void content_line(struct trace *t, const struct trace_line *line, str content)
{
	if (indent_of(content) > 0 || content.n == 0) {
		if (t->has_leaf && content.n > 0)
			more_leaf(t, content);
		else
			add_frame(t, content);
	} else if (shapes_role(t->shapes, SHAPE_TRACE_CHAIN, content, NULL) || shapes_role(t->shapes, SHAPE_TRACE_START, content, NULL)) {
		flush_leaf(t);
	} else if (shapes_role(t->shapes, SHAPE_TRACE_GROUP, content, NULL)) {
		note_group(t, line, content);
	} else if (t->has_leaf) {
		more_leaf(t, content);
	} else if (is_exception(content)) {
		begin_leaf(t, line, content);
	} else {
		add_frame(t, content);
	}
}

static bool feed_group(struct trace *t, const struct trace_line *line)
{
	size_t column = indent_of(line->text);
	str rest = str_from(line->text, column);
	if (rest.n == 0)
		return true;
	if (rest.p[0] != '|' && rest.p[0] != '+')
		return shapes_role(t->shapes, SHAPE_TRACE_CHAIN, rest, NULL) != NULL;
	if (rest.p[0] == '+' && rest.n > 1 && rest.p[1] == '-') {
		separator(t, line, column);
		return true;
	}
	set_depth(t, column);
	rest = str_from(rest, 1);
	content_line(t, line, rest.n > 0 && rest.p[0] == ' ' ? str_from(rest, 1) : rest);
	return true;
}

static bool feed_plain(struct trace *t, const struct trace_line *line)
{
	size_t indent = indent_of(line->text);
	str content = str_from(line->text, indent < t->base ? indent : t->base);
	bool boxed;
	if (indent == line->text.n)
		return true;
	if ((line->text.p[indent] == '+' || line->text.p[indent] == '|') && is_start(t, line->text, &boxed)) {
		start(t, line, boxed);
		return true;
	}
	if (indent > t->base) {
		content_line(t, line, content);
		return true;
	}
	if (is_start(t, line->text, &boxed)) {
		bool chained = t->ended && !t->has_leaf;
		if (!chained) {
			start(t, line, boxed);
			return true;
		}
		t->ended = false;
		return true;
	}
	if (shapes_role(t->shapes, SHAPE_TRACE_CHAIN, content, NULL)) {
		flush_leaf(t);
		t->ended = true;
		return true;
	}
	if (t->ended)
		return false;
	if (shapes_role(t->shapes, SHAPE_TRACE_GROUP, content, NULL)) {
		note_group(t, line, content);
		return true;
	}
	if (!is_exception(content))
		return false;
	begin_leaf(t, line, content);
	t->ended = true;
	return true;
}

static str unbox(str s)
{
	size_t k;
	s = str_trim(s);
	while ((k = box_char(s)) > 0 || (s.n > 0 && s.p[0] == '|'))
		s = str_trim(str_from(s, k > 0 ? k : 1));
	for (size_t back = 1; back <= 8 && back <= s.n; back++)
		if (box_char(str_from(s, s.n - back)) == back) {
			s = str_trim_end(str_head(s, s.n - back));
			back = 0;
		}
	return s;
}

static bool feed_box(struct trace *t, const struct trace_line *line)
{
	str text = str_trim(line->text), content = unbox(text);
	bool drawn = box_char(text) > 0 || (text.n > 0 && text.p[0] == '|');
	if (text.n == 0)
		return true;
	if (!drawn && t->has_leaf && indent_of(line->text) > t->base) {
		more_leaf(t, text);
		return true;
	}
	if (drawn && t->ended) {
		flush_leaf(t);
		t->ended = false;
	}
	if (shapes_role(t->shapes, SHAPE_TRACE_GROUP, content, NULL)) {
		note_group(t, line, content);
		return true;
	}
	if (shapes_role(t->shapes, SHAPE_TRACE_CHAIN, content, NULL)) {
		flush_leaf(t);
		t->ended = false;
		return true;
	}
	if (!t->ended && is_exception(content)) {
		begin_leaf(t, line, content);
		t->ended = !drawn;
		return true;
	}
	if (drawn) {
		flush_leaf(t);
		add_frame(t, content);
	}
	return drawn;
}

bool trace_feed(struct trace *t, const struct trace_line *line)
{
	if (!t->active)
		return false;
	bool mine = t->boxed ? feed_box(t, line) : t->grouped ? feed_group(t, line) : feed_plain(t, line);
	if (mine) {
		t->foreign = 0;
		if (++t->lines > LIMIT_RECORD_LINES)
			t->cut = true;
		return true;
	}
	trace_foreign(t);
	return false;
}
