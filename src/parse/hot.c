/* The fast way of a line through parse/: what most lines of a debug log take.
 *
 *   head      the byte mask of the format that the file's lines have, four words (shape.h)
 *   body      behind the level's bracket
 *   quiet     no signature wants a body that begins so: the line is counted and forgotten
 *   else      it is opened as a record (fold.c)
 *
 * Nothing is copied, no time is read and no regex runs for a line that is forgotten. block.c takes such lines straight from the
 * reader's buffer; what a line means never depends on which of the two ways it took, only on the gate's answers. Lines that
 * do not follow a quiet record, look like another head, go back in time, or are long, take the slow way.
 *
 * Refuses to know any format: head, level and body come from patterns/formats. */
#include "parse/hot.h"

enum { KEY = 8, LEVEL_ROOM = 10 };

/* Times of hot records are kept as text until somebody asks. */
void hot_settle(struct parser *p)
{
	instant at;
	if (!p->hot_timed)
		return;
	p->hot_timed = false;
	if (p->hot_settled || !instant_iso24(p->hot_last, &at))
		return;
	struct tally *t = &p->tally;
	t->timed = true;
	t->previous = at;
	if (t->first == INSTANT_NONE || at < t->first)
		t->first = at;
	if (t->last == INSTANT_NONE || at > t->last)
		t->last = at;
	p->clock.context = at;
}

/* Behind the head: level and one bracket, then blanks. */
static str hot_body(const struct shape *s, str text)
{
	size_t from = s->masks[0].n;
	str after = s->format->after;
	for (size_t i = from; i < from + LEVEL_ROOM && i + after.n <= text.n; i++)
		if (text.p[i] == after.p[0]) {
			size_t same = 1;
			while (same < after.n && text.p[i + same] == after.p[same])
				same++;
			if (same < after.n)
				continue;
			i += after.n;
			while (i < text.n && text.p[i] == ' ')
				i++;
			return str_from(text, i);
		}
	return STR_NONE;
}

static uint16_t hot_wanted(struct parser *p, str body, struct known_split *ret_split)
{
	struct shape *hot = p->hot;
	for (unsigned i = 0; i < hot->split_count; i++) {
		struct head h;
		if (!shape_may(hot->split[i], body))
			continue;
		if (!shape_fits(hot->split[i], body, NULL, &h))
			return 1;
		str server = h.part[PART_SERVER], rest = h.part[PART_BODY];
		*ret_split = (struct known_split){true, server.p != NULL, hot->split[i], (uint32_t)(rest.p - body.p),
			server.p != NULL ? (uint32_t)(server.p - body.p) : 0, (uint32_t)server.n, 0, false};
		if (hot->split[i]->format->class == CLASS_MCP)
			p->tally.mcp++;
		if (p->version.n == 0)
			parser_version(p, rest);
		return shapes_role(p->shapes, SHAPE_EMBED, rest, NULL) != NULL ? 1 :
			p->gate(p->gate_context, hot->split[i]->format->class, str_head(rest, HEAD_GATE)).from;
	}
	ret_split->known = true;
	if (p->version.n == 0)
		parser_version(p, body);
	return p->gate(p->gate_context, hot->format->class, str_head(body, HEAD_GATE)).from;
}

/* The time text of a record at `at` is now the last one. */
void hot_remember(struct parser *p, const char *text, bool settled)
{
	memcpy(p->hot_last, text, MASK_BYTES);
	p->hot_timed = true;
	p->hot_settled = settled;
}

/* The time of a record that is opened. The hot record before it need not be read when it is not the first one and not later: this
 * one's time takes its place. */
bool hot_instant(struct parser *p, const char *text, instant *ret_at)
{
	if (p->hot_timed && (p->tally.first == INSTANT_NONE || hot_earlier(text, p->hot_last)))
		hot_settle(p);
	if (!p->hot_minute_known || word_load(text) != word_load(p->hot_minute) || word_load(text + 8) != word_load(p->hot_minute + 8)) {
		hot_settle(p);
		if (!instant_iso24(text, ret_at))
			return false;
		char begin[25] = "0000-00-00T00:00:00.000Z";
		memcpy(begin, text, sizeof p->hot_minute);
		memcpy(p->hot_minute, text, sizeof p->hot_minute);
		p->hot_minute_known = instant_iso24(begin, &p->hot_minute_start);
	} else if (!instant_iso24_of_minute(text, p->hot_minute_start, ret_at)) {
		hot_settle(p);
		return false;
	}
	p->hot_timed = false;
	return true;
}

/* The last few levels by their first letter: there are four or five. */
static enum level find_level(struct parser *p, str word)
{
	struct hot_level *l = &p->hot_levels[word.n > 0 ? word.p[0] & 7 : 0];
	if (word.n > sizeof l->word || word.n == 0)
		return level_find(word);
	if (l->n != word.n || memcmp(l->word, word.p, word.n) != 0) {
		l->n = (uint8_t)word.n;
		memcpy(l->word, word.p, word.n);
		l->level = level_find(word);
	}
	return l->level;
}

enum level hot_level(struct parser *p, str text)
{
	const uint64_t word = word_load(text.p + MASK_BYTES - 8);
	size_t from = p->hot->masks[0].n, to = from;
	for (unsigned i = 0; i < 2; i++)
		if (word == p->hot_endings[i].word)
			return p->hot_endings[i].level;
	while (to < text.n && text.p[to] != p->hot->format->after.p[0])
		to++;
	const enum level level = find_level(p, (str){text.p + from, to - from});
	if (to < MASK_BYTES) {
		p->hot_endings[1] = p->hot_endings[0];
		p->hot_endings[0] = (struct hot_ending){word, level};
	}
	return level;
}

/* The head is known: no wrapper and no other format needs asking, and its parts stand where the mask says. */
bool hot_open(struct parser *p, struct flow *f, const struct line *l, str body, const struct known_split *split)
{
	struct head h = {.shape = p->hot, .zoned = true, .timed = true};
	struct text_line t = {.text = l->text, .raw = l->text, .line = l->number, .offset = l->offset, .lines = 1, .at = INSTANT_NONE,
		.cut = l->length > l->text.n};
	if (!hot_instant(p, l->text.p, &h.at))
		return false;
	h.level = hot_level(p, l->text);
	h.part[PART_BODY] = peel_ansi(body, &p->clean);
	p->clock.context = p->clock.same = h.at;
	flow_open(f, &t, p->hot, &h, true);
	/* A body that is changed before it is split again may be split otherwise. */
	if (h.part[PART_BODY].p == body.p && str_trim_end(body).n == body.n && body.n <= LIMIT_MATCH)
		f->split = *split;
	hot_remember(p, l->text.p, true);
	return true;
}

void hot_drop(struct flow *f, uint64_t line, uint64_t offset, uint32_t lines)
{
	f->open = f->dropped = f->fold_any = true;
	f->shape = f->p->hot;
	f->r.line = line;
	f->r.offset = offset;
	f->r.lines = lines;
}

bool hot_line(struct parser *p, const struct line *l)
{
	struct flow *f = &p->flows[0];
	str text = l->text;
	if (text.n < MASK_BYTES || !mask_words(&p->hot->masks[0], text.p)) {
		bool quiet = f->open && f->dropped && f->shape == p->hot && (text.n == 0 || !(p->shapes->first[(unsigned char)text.p[0]] & FIRST_HEAD));
		f->r.lines += quiet;
		return quiet;
	}
	str body = hot_body(p->hot, text);
	if (body.n < KEY || body.p[0] == '"')
		return false;
	if (p->hot_timed && hot_earlier(text.p, p->hot_last)) {
		if (!p->hot_settled)
			return false;
		hot_settle(p); /* so that the times are compared */
	}
	uint64_t mcp = p->tally.mcp;
	struct known_split split = {0};
	const uint16_t wanted = hot_wanted(p, body, &split);
	if (!f->open || !f->dropped)
		flow_finish(f);
	if (wanted) {
		p->tally.mcp = mcp; /* counted when it is handed out */
		return hot_open(p, f, l, body, &split);
	}
	instant at;
	if (!p->hot_timed && instant_iso24(text.p, &at))
		parser_time(p, at, l->number, l->offset);
	hot_remember(p, text.p, false);
	tally_bodies(&p->tally, body_bit(body.p));
	parser_count(p, p->hot->format->kind);
	hot_drop(f, l->number, l->offset, 1);
	return true;
}
