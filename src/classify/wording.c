/* Fills the placeholders of texts in patterns/causes and advice (classify/): {server} {tool} {duration} {calls} {beats} {err}
 * {client} {ending} {trigger}, and {STEP} = how long after the start of the incident that step came, "some time" when its line has
 * no time, {STEP.err} = the error text of its line, {trigger.err} of the trigger's line. {tool} of several calls is "3 calls", in advice their tool or "these 3 calls". A part in brackets, as in "hung[ for {duration}]", goes when nobody knows a value in it; brackets without a placeholder are
 * text. Unknown placeholders stay as they are, so that a mistake is seen. Values come from logs: the report escapes them for where
 * they go. */
#include "base/buf.h"
#include "base/html.h"
#include "base/utf8.h"
#include "classify/internal.h"

/* Each says whether its value is known: there are words for where it is not. */
static bool add_server(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	const bool known = f->subject.server && f->subject.server->name.n;
	buf_add(b, known ? f->subject.server->name : S("the server"));
	return known;
}

static bool add_tool(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	if (f->calls.n > 1) {
		buf_printf(b, "%zu calls", f->calls.n);
		return true;
	}
	const str tool = f->calls.n ? f->calls.v[0]->tool : STR_NONE;
	buf_add(b, tool.n ? tool : S("a call"));
	return tool.n > 0;
}

/* In advice a sentence goes on about the calls: their tool when it is one, else "these 3 calls". */
static bool add_tool_to_run(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	for (size_t i = 1; i < f->calls.n; i++)
		if (!str_eq(f->calls.v[i]->tool, f->calls.v[0]->tool)) {
			buf_printf(b, "these %zu calls", f->calls.n);
			return true;
		}
	const str tool = f->calls.n ? f->calls.v[0]->tool : STR_NONE;
	buf_add(b, tool.n ? tool : f->calls.n > 1 ? S("these calls") : S("a call"));
	return tool.n > 0;
}

static void add_span(struct buf *b, int64_t d)
{
	char text[32];
	duration_format(d, text);
	buf_addz(b, text);
}

/* Of calls that ended the longest, for they may have come one after the other. -1: one of them has not, or an outage hit them. */
static int64_t longest(const struct finding *f)
{
	const bool theirs = f->cause->scope == SCOPE_CALL || f->calls.n == 1;
	int64_t d = -1;
	for (size_t i = 0; i < f->calls.n && theirs; i++) {
		if (f->calls.v[i]->duration < 0)
			return -1;
		if (f->calls.v[i]->duration > d)
			d = f->calls.v[i]->duration;
	}
	return d;
}

/* Of a call of which only an error text speaks, nobody knows it. */
static bool add_duration(struct judge *j, const struct finding *f, struct buf *b)
{
	const bool untimed = outcome_is_untimed(j, f->start);
	const instant end = f->end != INSTANT_NONE ? f->end : judge_as_of(j);
	int64_t d = untimed ? outcome_told_duration(f) : longest(f);
	if (d < 0 && !untimed)
		d = end > f->start ? end - f->start : 0;
	if (d < 0 || (f->calls.n == 1 && f->calls.v[0]->duration < 0 && f->calls.v[0]->flags & CALL_IMPLIED)) {
		buf_addz(b, "an unknown time");
		return false;
	}
	add_span(b, d);
	return true;
}

static bool add_calls(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	buf_printf(b, "%zu %s", f->calls.n, f->calls.n == 1 ? "call" : "calls");
	return true;
}

static bool add_beats(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	unsigned n = 0;
	for (size_t i = 0; i < f->calls.n; i++)
		n += f->calls.v[i]->beats;
	buf_printf(b, "%u", n);
	return true;
}

/* The head of a page, if the error text is one: its title says what the page is about. */
static bool add_page(str err, struct buf *b)
{
	const ptrdiff_t page = html_find(err);
	const str subject = page < 0 ? STR_NONE : html_subject(err);
	if (!subject.n)
		return false;
	buf_add(b, str_head(str_head(err, (size_t)page), 100));
	buf_add(b, str_head(subject, 100));
	return true;
}

/* The first line of an error's text. */
static void add_line_of(str err, struct buf *b)
{
	enum { MOST = 160 };
	const ptrdiff_t lf = str_chr(err, '\n');
	buf_add(b, utf8_limit(lf < 0 ? err : str_head(err, (size_t)lf), MOST));
}

static bool add_err(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	const str own = f->subject.call ? f->subject.call->err : STR_NONE; /* of a failed connect: the calls behind it only met it */
	str err = f->calls.n && f->calls.v[0]->err.n && !(own.n && f->cause->scope == SCOPE_CONNECT) ? f->calls.v[0]->err : own;
	if (!err.n && f->root)
		err = f->root->e.err;
	if (!add_page(err, b))
		add_line_of(err, b);
	return err.n > 0;
}

static bool add_client(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)f;
	buf_add(b, j->view->client_version.n ? j->view->client_version : S("this client"));
	return j->view->client_version.n > 0;
}

static bool add_ending(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	buf_addz(b, f->calls.n ? ending_name(f->calls.v[0]->ending) : "");
	return f->calls.n > 0;
}

static bool add_trigger(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	buf_add(b, f->trigger);
	return f->trigger.n > 0;
}

struct placeholder {
	const char *name;
	bool (*add)(struct judge *j, const struct finding *f, struct buf *b);
};
static const struct placeholder placeholders[] = {
	{"server", add_server}, {"tool", add_tool}, {"duration", add_duration}, {"calls", add_calls}, {"beats", add_beats},
	{"err", add_err}, {"client", add_client}, {"ending", add_ending}, {"trigger", add_trigger},
};

static const struct seen *step_named(const struct finding *f, str name)
{
	if (str_eq(name, S("trigger")))
		return f->trigger_event;
	for (unsigned i = 0; i < f->cause->step_count; i++)
		if (str_eq(f->cause->steps[i], name))
			return f->steps[i];
	return NULL;
}

/* How long before or behind the start the step came. False: its line has no time. */
static bool add_step_time(const struct finding *f, const struct seen *step, struct buf *b)
{
	const int64_t d = step->vt - f->start;
	if (step->e.at == INSTANT_NONE) {
		buf_addz(b, "some time");
		return false;
	}
	add_span(b, d < 0 ? -d : d);
	return true;
}

/* The error text that the line of a step holds: its first line. False: it has none. */
static bool add_step_err(const struct seen *step, struct buf *b)
{
	const str err = step ? step->e.err : STR_NONE;
	add_line_of(err, b);
	return err.n > 0;
}

/* False: nobody knows the value. */
static bool add_value(struct judge *j, const struct finding *f, bool advice, str placeholder, struct buf *b)
{
	const str name = str_head(str_from(placeholder, 1), placeholder.n - 2);
	if (advice && str_eq(name, S("tool")))
		return add_tool_to_run(j, f, b);
	for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
		if (str_eq(name, str_z(placeholders[i].name)))
			return placeholders[i].add(j, f, b);
	if (str_ends(name, S(".err")))
		return add_step_err(step_named(f, str_head(name, name.n - 4)), b);
	const struct seen *step = step_named(f, name);
	if (step)
		return add_step_time(f, step, b);
	buf_add(b, placeholder);
	return false;
}

/* The text with its values; false: nobody knows one of them. */
static bool fill(struct judge *j, const struct finding *f, bool advice, str text, struct buf *b)
{
	bool known = true;
	for (ptrdiff_t at; (at = str_chr(text, '{')) >= 0;) {
		const str from = str_from(text, (size_t)at);
		const ptrdiff_t end = str_chr(from, '}');
		if (end < 0)
			break;
		buf_add(b, str_head(text, (size_t)at));
		known = add_value(j, f, advice, str_head(from, (size_t)end + 1), b) && known;
		text = str_from(from, (size_t)end + 1);
	}
	buf_add(b, text);
	return known;
}

/* What stands in brackets, with them. */
static void fill_part(struct judge *j, const struct finding *f, bool advice, str part, struct buf *b)
{
	const size_t before = b->n;
	if (str_chr(part, '{') < 0)
		buf_add(b, part);
	else if (!fill(j, f, advice, str_head(str_from(part, 1), part.n - 2), b))
		b->n = before;
}

static str words(struct judge *j, const struct finding *f, bool advice, str text)
{
	struct buf b = {0};
	if (text.n && str_chr(text, '{') < 0)
		return text; /* the knowledge's own words: most advice */
	for (ptrdiff_t at; (at = str_chr(text, '[')) >= 0;) {
		const str from = str_from(text, (size_t)at);
		const ptrdiff_t end = str_chr(from, ']');
		if (end < 0)
			break;
		(void)fill(j, f, advice, str_head(text, (size_t)at), &b);
		fill_part(j, f, advice, str_head(from, (size_t)end + 1), &b);
		text = str_from(from, (size_t)end + 1);
	}
	(void)fill(j, f, advice, text, &b);
	str out = arena_str(j->a, buf_str(&b));
	buf_done(&b);
	return out;
}

str wording(struct judge *j, const struct finding *f, str text) { return words(j, f, false, text); }

str wording_advice(struct judge *j, const struct finding *f, str text) { return words(j, f, true, text); }
