/*
 * The waterfall on a terminal: a time axis, then the lanes of client, transport and server under it, words beside or under what
 * they belong to, and the marks once more as a list with their lines. Everything is laid out in columns of the chart first,
 * because where a word stands depends on what stands beside it. Chooses nothing: what is drawn is the drawing's.
 */
#include "report/timeline_chart.h"

#include "base/utf8.h"
#include "base/vec.h"
#include "report/signs.h"
#include "report/text_incident.h"

enum { COLUMNS_MAX = 200, WORD_ROWS = 3, LISTED = 14 };

struct words { /* placed in a row */
	size_t column, width;
	enum ink ink;
	str text;
};
struct row {
	const char *sign[COLUMNS_MAX]; /* NULL: blank */
	enum ink ink[COLUMNS_MAX];
	VEC(struct words) words;
};
struct chart {
	struct page *page;
	const struct drawing *drawing;
	size_t label, width;           /* columns of the labels and of the chart */
	bool used[BAR_DOWN + 1];       /* styles that need a legend */
	struct arena arena;            /* words */
};

/* --- rows --- */

static size_t column_of(const struct chart *c, instant at)
{
	const double x = axis_at(&c->drawing->axis, at) * (double)(c->width - 1);
	return (size_t)(x + 0.5);
}

static const char *shown(const struct chart *c, const struct sign *s) { return c->page->options->ascii ? s->ascii : s->sign; }

static void set(struct row *r, size_t column, const char *sign, enum ink ink)
{
	r->sign[column] = sign;
	r->ink[column] = ink;
}

static bool is_free(const struct row *r, size_t column, size_t width, size_t limit)
{
	if (column + width > limit)
		return false;
	for (size_t i = column ? column - 1 : 0; i <= column + width && i < limit; i++)
		if (r->sign[i])
			return false;
	for (size_t i = 0; i < r->words.n; i++)
		if (column < r->words.v[i].column + r->words.v[i].width + 1 && r->words.v[i].column < column + width + 1)
			return false;
	return true;
}

static void put_words(struct row *r, size_t column, enum ink ink, str text)
{
	*vec_push(&r->words) = (struct words){column, utf8_width(text), ink, text};
}

static int word_order(const void *a, const void *b)
{
	const struct words *x = a, *y = b;
	return x->column < y->column ? -1 : x->column > y->column;
}

static bool is_blank(const struct row *r, size_t width)
{
	for (size_t i = 0; i < width; i++)
		if (r->sign[i])
			return false;
	return r->words.n == 0;
}

/* Signs and words of a row do not overlap. */
static void write_row(struct chart *c, struct row *r)
{
	struct page *p = c->page;
	size_t next = 0;
	vec_sort(&r->words, word_order);
	for (size_t i = 0; i < c->width; i++) {
		if (next < r->words.n && r->words.v[next].column == i) {
			page_to(p, c->label + i);
			page_text(p, r->words.v[next].ink, r->words.v[next].text);
			i += r->words.v[next].width ? r->words.v[next].width - 1 : 0;
			next++;
			continue;
		}
		if (!r->sign[i])
			continue;
		struct buf run = {0};
		const enum ink ink = r->ink[i];
		page_to(p, c->label + i);
		for (; i < c->width && r->sign[i] && r->ink[i] == ink && !(next < r->words.n && r->words.v[next].column == i); i++)
			buf_addz(&run, r->sign[i]);
		i--;
		page_text(p, ink, buf_str(&run));
		buf_done(&run);
	}
	page_end(p);
	vec_free(&r->words);
}

/* --- labels --- */

static void write_label(struct chart *c, str text, enum ink ink)
{
	struct buf plain = {0};
	page_plain(c->page, text, &plain);
	str cut = buf_str(&plain);
	page_to(c->page, 1);
	if (utf8_width(cut) > c->label - 2) {
		cut = utf8_cut(cut, c->label - (c->page->options->ascii ? 5 : 3));
		page_text(c->page, ink, cut);
		page_literal(c->page, ink, c->page->options->ascii ? "..." : "…"); /* columns are counted before signs become ASCII */
	} else {
		page_text(c->page, ink, cut);
	}
	buf_done(&plain);
}

static bool several_servers(const struct drawing *d)
{
	for (size_t i = 1; i < d->lanes.n; i++)
		if (d->lanes.v[i].kind <= LANE_ANSWERED && d->lanes.v[0].kind <= LANE_ANSWERED && d->lanes.v[i].server != d->lanes.v[0].server)
			return true;
	return false;
}

static enum ink lane_ink(const struct lane *l)
{
	return l->affected ? INK_BOLD : INK_PLAIN;
}

static void label_of(const struct chart *c, const struct lane *l, struct buf *out)
{
	if (l->kind == LANE_ANSWERED)
		buf_printf(out, "%llu ", (unsigned long long)l->calls);
	buf_add(out, l->label);
	if (l->kind == LANE_CONNECTION && l->more.n)
		buf_printf(out, " (%.*s)", STR_ARG(l->more));
	else if (l->kind <= LANE_ANSWERED && l->more.n && several_servers(c->drawing))
		buf_printf(out, " · %.*s", STR_ARG(l->more));
}

/* --- the axis --- */

static void write_axis(struct chart *c)
{
	struct axis_tick ticks[AXIS_TICKS];
	struct row labels = {0}, line = {0};
	const bool ascii = c->page->options->ascii;
	const size_t n = axis_ticks(&c->drawing->axis, (unsigned)(c->width / 12), ticks);
	for (size_t i = 0; i < c->width; i++)
		set(&line, i, ascii ? "-" : "─", INK_DIM);
	for (size_t i = 0; i < n; i++) {
		const size_t column = (size_t)(ticks[i].x * (double)(c->width - 1) + 0.5);
		char *text = arena_alloc(&c->arena, 32);
		axis_label(ticks[i].offset, text);
		set(&line, column, ascii ? "+" : "┬", INK_DIM);
		if (is_free(&labels, column, strlen(text), c->width))
			put_words(&labels, column, INK_DIM, str_z(text));
	}
	for (size_t i = 0; i < c->drawing->axis.count; i++) {
		const struct axis_part *p = &c->drawing->axis.parts[i];
		if (!p->folded)
			continue;
		const size_t middle = (size_t)((p->x0 + p->x1) / 2 * (double)(c->width - 1) + 0.5);
		set(&line, middle, ascii ? "/" : "╱", INK_PLAIN);
		if (middle + 1 < c->width)
			set(&line, middle + 1, ascii ? "/" : "╱", INK_PLAIN);
	}
	write_row(c, &labels);
	write_row(c, &line);
}

/* --- lanes --- */

static void draw_bar(struct chart *c, struct row *r, const struct bar *b, enum ink ink, bool last)
{
	static const struct sign left = {"◂", "<", "", INK_PLAIN}, right = {"▸", ">", "", INK_PLAIN};
	const struct sign *s = sign_of_bar(b->style);
	const size_t from = column_of(c, b->from), to = column_of(c, b->to);
	if (b->style == BAR_PERMISSION && from == to)
		return;
	c->used[b->style] = true;
	for (size_t i = from; i <= to; i++)
		set(r, i, shown(c, s), ink);
	if (b->before)
		set(r, from, shown(c, &left), ink);
	if (b->beyond && last)
		set(r, to, shown(c, &right), ink);
}

static str plain_words(struct chart *c, str words)
{
	struct buf plain = {0};
	page_plain(c->page, words, &plain);
	const str text = arena_str(&c->arena, utf8_cut(buf_str(&plain), c->width));
	buf_done(&plain);
	return text;
}

static str ending_words(struct chart *c, const struct picture_call *p)
{
	char lasted[32];
	duration_format(p->call.duration >= 0 && !p->open ? p->call.duration : p->to - p->from, lasted);
	return plain_words(c, arena_printf(&c->arena, p->open ? "%s for %s" : "%s after %s", drawing_ending(p->call.ending), lasted));
}

/* What fits beside the bar stands there: behind it, before it; else under it. Heartbeats stand under the bar's begin, the ending
 * under its end. */
static void place_call_words(struct chart *c, const struct lane *l, struct row *r, struct row *below)
{
	const struct picture_call *p = l->call;
	const enum ink ink = p->open || call_failed(&p->call) ? INK_YELLOW : INK_DIM;
	const size_t from = column_of(c, p->from), to = column_of(c, p->to);
	const str ending = ending_words(c, p);
	const size_t width = utf8_width(ending);
	char text[64];
	drawing_beats(&p->call, text);
	if (*text) {
		const str beats = plain_words(c, str_z(text));
		const size_t w = utf8_width(beats);
		put_words(below, from + w <= c->width ? from : c->width - w, INK_DIM, beats);
	}
	const size_t under = to + 1 >= width ? to + 1 - width : 0;
	if (is_free(r, to + 2, width, c->width))
		put_words(r, to + 2, ink, ending);
	else if (from >= width + 2 && is_free(r, from - width - 2, width, c->width))
		put_words(r, from - width - 2, ink, ending);
	else
		put_words(is_free(below, under, width, c->width) ? below : below + 1, under, ink, ending);
}

/* Marks of one kind whose words would run into each other share them. What finds no place stands in the list below. */
static void place_mark_words(struct chart *c, const struct lane *l, struct row *below)
{
	for (size_t i = 0, k; i < l->mark_count; i = k) {
		const struct picture_mark *m = c->drawing->marks.v[l->first_mark + i];
		const size_t column = column_of(c, drawing_place(c->drawing, m)), reach = column + strlen(sign_of_mark(m->kind)->word) + 5;
		size_t end = reach;
		for (k = i + 1; k < l->mark_count; k++) {
			const struct picture_mark *next = c->drawing->marks.v[l->first_mark + k];
			if (next->kind != m->kind || column_of(c, drawing_place(c->drawing, next)) > end)
				break;
			end = column_of(c, drawing_place(c->drawing, next)) + reach - column;
		}
		struct buf words = {0};
		sign_words(c->drawing, m, (unsigned)(k - i), &words);
		const str text = plain_words(c, buf_str(&words));
		const size_t width = utf8_width(text), at = column + width <= c->width ? column : c->width - width;
		bool placed = false;
		for (size_t row = 0; row < WORD_ROWS && !placed; row++)
			if ((placed = is_free(&below[row], at, width, c->width)))
				put_words(&below[row], at, sign_of_mark(m->kind)->ink, text);
		buf_done(&words);
	}
}

static void write_lane(struct chart *c, const struct lane *l)
{
	struct row r = {0}, below[WORD_ROWS] = {{{0}, {0}, {0}}};
	struct buf label = {0};
	for (size_t i = 0; i < l->bar_count; i++) {
		const struct bar *b = &c->drawing->bars.v[l->first_bar + i];
		const bool bad = b->style == BAR_RUN && l->call && (l->call->open || call_failed(&l->call->call));
		draw_bar(c, &r, b, bad ? sign_of_end(l->call)->ink : sign_of_bar(b->style)->ink, i + 1 == l->bar_count);
	}
	if (l->kind == LANE_CALL) {
		const struct sign *end = sign_of_end(l->call);
		set(&r, column_of(c, l->call->to), shown(c, end), end->ink);
	}
	for (int weight = 0; weight < 2; weight++) /* where two meet, the heavier one is seen */
		for (size_t i = 0; i < l->mark_count; i++) {
			const struct picture_mark *m = c->drawing->marks.v[l->first_mark + i];
			const struct sign *s = sign_of_mark(m->kind);
			if ((s->ink == INK_RED) == weight)
				set(&r, column_of(c, drawing_place(c->drawing, m)), shown(c, s), s->ink);
		}
	if (l->kind == LANE_CALL)
		place_call_words(c, l, &r, below);
	else
		place_mark_words(c, l, below);
	label_of(c, l, &label);
	write_label(c, buf_str(&label), lane_ink(l));
	write_row(c, &r);
	for (size_t i = 0; i < WORD_ROWS; i++)
		if (!is_blank(&below[i], c->width))
			write_row(c, &below[i]);
	buf_done(&label);
}

static void write_lanes(struct chart *c)
{
	for (int side = SIDE_CLIENT; side < SIDE_COUNT; side++) {
		bool headed = false;
		for (size_t i = 0; i < c->drawing->lanes.n; i++) {
			const struct lane *l = &c->drawing->lanes.v[i];
			if ((int)l->side != side)
				continue;
			if (!headed) {
				page_literal(c->page, INK_BOLD, side_name((enum side)side));
				page_end(c->page);
			}
			headed = true;
			write_lane(c, l);
		}
	}
}

/* --- what stands below --- */

static void write_legend(struct chart *c)
{
	struct buf text = {0};
	for (int s = 0; s <= BAR_DOWN; s++) {
		const struct sign *sign = sign_of_bar((enum bar_style)s);
		if (c->used[s])
			buf_printf(&text, "%s%s %s", text.n ? ", " : "", shown(c, sign), sign->word);
	}
	for (size_t i = 0; i < c->drawing->axis.count; i++)
		if (c->drawing->axis.parts[i].folded) {
			buf_printf(&text, "%s%s idle time folded", text.n ? ", " : "", c->page->options->ascii ? "//" : "╱╱");
			break;
		}
	if (text.n) {
		page_to(c->page, 1);
		page_wrap(c->page, INK_DIM, buf_str(&text), 1, 0);
	}
	buf_done(&text);
}

static bool is_listed(const struct picture_mark *m, bool verbose) { return verbose || m->kind != MARK_HANDLED; }

static void write_mark(struct chart *c, const struct picture_mark *m, instant zero)
{
	enum { TEXT = 27, AROUND = 6 }; /* what stands around a place: its indent, brackets, the sign of a cut */
	struct page *p = c->page;
	struct buf place = {0}, line = {0};
	char offset[32] = "no clock";
	if (m->time != INSTANT_NONE && c->drawing->timed)
		text_offset(m->time, zero, offset);
	else if (!c->drawing->timed)
		offset[0] = 0;
	page_to(p, 1);
	page_literal(p, INK_DIM, offset);
	page_to(p, 14);
	page_literal(p, sign_of_mark(m->kind)->ink, shown(c, sign_of_mark(m->kind)));
	page_to(p, 16);
	page_literal(p, INK_PLAIN, side_name(m->side));
	page_to(p, TEXT);
	sign_sentence(m, &line);
	if (page_place(p, &m->where, &place).n) {
		const size_t cut = page_place_cut(buf_str(&place), p->options->columns - TEXT - AROUND);
		buf_printf(&line, " (%s%.*s)", cut ? "…" : "", STR_ARG(str_from(buf_str(&place), cut)));
	}
	page_wrap(p, INK_PLAIN, buf_str(&line), TEXT, 3);
	buf_done(&place);
	buf_done(&line);
}

static void write_marks(struct chart *c)
{
	const struct drawing *d = c->drawing;
	const bool verbose = c->page->options->verbose;
	size_t written = 0, more = 0;
	for (size_t i = 0; i < d->listed.n; i++) {
		if (!is_listed(d->listed.v[i], verbose))
			continue;
		if (written >= LISTED && !verbose) {
			more++;
			continue;
		}
		if (!written++)
			page_end(c->page);
		write_mark(c, d->listed.v[i], d->incident && d->incident->started_at != INSTANT_NONE ? d->incident->started_at : d->axis.from);
	}
	if (more) {
		page_to(c->page, 14);
		page_printf(c->page, INK_DIM, "… and %zu more (--verbose)", more);
		page_end(c->page);
	}
}

static void write_remarks(struct chart *c)
{
	const struct drawing *d = c->drawing;
	struct page *p = c->page;
	if (!d->timed) {
		page_to(p, 1);
		page_wrap(p, INK_YELLOW, S("The log has no times: the order is right, distances come from heartbeats only."), 1, 0);
	}
	if (d->facts->picture.calls_left_out) {
		page_to(p, 1);
		page_printf(p, INK_DIM, "%llu answered calls of very large sessions were not kept for pictures.", (unsigned long long)d->facts->picture.calls_left_out);
		page_end(p);
	}
	if (d->calls_left_out + d->marks_left_out) {
		page_to(p, 1);
		page_printf(p, INK_DIM, "Not drawn: %llu call%s, %llu mark%s.", (unsigned long long)d->calls_left_out, page_plural(d->calls_left_out),
			(unsigned long long)d->marks_left_out, page_plural(d->marks_left_out));
		page_end(p);
	}
}

void timeline_chart(struct page *p, const struct drawing *d)
{
	const size_t columns = p->options->columns > COLUMNS_MAX ? COLUMNS_MAX : p->options->columns;
	struct chart c = {.page = p, .drawing = d};
	c.label = columns / 4 < 16 ? 16 : columns / 4 > 32 ? 32 : columns / 4;
	c.width = columns > c.label + 20 ? columns - c.label : 20;
	write_axis(&c);
	write_lanes(&c);
	write_legend(&c);
	write_marks(&c);
	write_remarks(&c);
	arena_done(&c.arena);
}
