/* Fills the placeholders of texts in patterns/causes and advice (classify/): {server} {tool} {duration} {calls} {beats} {err}
 * {client} {ending} {trigger}, and {STEP} = how long after the start of the incident that step came, "some time" when its line has
 * no time. Unknown ones stay as they are, so that a mistake is seen. Values come from logs: the report escapes them for where they
 * go. */
#include "base/buf.h"
#include "base/html.h"
#include "classify/internal.h"

static void add_server(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	bool known = f->subject.server && f->subject.server->name.n;
	if (!known && (str_ends(buf_str(b), S("server of ")) || str_ends(buf_str(b), S("server process of "))))
		b->n -= strlen(" of ");
	else
		buf_add(b, known ? f->subject.server->name : S("the server"));
}

static void add_tool(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	if (f->calls.n > 1)
		buf_printf(b, "%zu calls", f->calls.n);
	else if (f->calls.n && f->calls.v[0]->tool.n)
		buf_add(b, f->calls.v[0]->tool);
	else
		buf_addz(b, "a call");
}

static void add_span(struct buf *b, int64_t d)
{
	char text[32];
	duration_format(d, text);
	buf_addz(b, text);
}

/* Only an error text speaks of the call: "{tool} hung for {duration}" goes without the words for how long. */
static void add_no_duration(struct buf *b)
{
	static const char *const before[] = {" after ", " for "};
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (str_ends(buf_str(b), str_z(before[i]))) {
			b->n -= strlen(before[i]);
			return;
		}
	buf_addz(b, "an unknown time");
}

static void add_duration(struct judge *j, const struct finding *f, struct buf *b)
{
	instant end = f->end;
	if (f->calls.n == 1 && f->calls.v[0]->duration < 0 && f->calls.v[0]->flags & CALL_IMPLIED) {
		add_no_duration(b);
		return;
	}
	if (end == INSTANT_NONE)
		end = j->options->as_of != INSTANT_NONE && j->view->timed ? judge_as_of(j) : j->view->finish;
	if (f->calls.n == 1 && f->calls.v[0]->duration >= 0)
		add_span(b, f->calls.v[0]->duration);
	else
		add_span(b, end > f->start ? end - f->start : 0);
}

static void add_calls(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	buf_printf(b, "%zu %s", f->calls.n, f->calls.n == 1 ? "call" : "calls");
}

static void add_beats(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	unsigned n = 0;
	for (size_t i = 0; i < f->calls.n; i++)
		n += f->calls.v[i]->beats;
	buf_printf(b, "%u", n);
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

static void add_err(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	const str own = f->subject.call ? f->subject.call->err : STR_NONE; /* of a failed connect: the calls behind it only met it */
	str err = f->calls.n && f->calls.v[0]->err.n && !(own.n && f->cause->scope == SCOPE_CONNECT) ? f->calls.v[0]->err : own;
	if (!err.n && f->root)
		err = f->root->e.err;
	ptrdiff_t lf = str_chr(err, '\n');
	if (add_page(err, b))
		return;
	buf_add(b, str_head(lf < 0 ? err : str_head(err, (size_t)lf), 160));
}

static void add_client(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)f;
	buf_add(b, j->view->client_version.n ? j->view->client_version : S("this client"));
}

static void add_ending(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	buf_addz(b, f->calls.n ? ending_name(f->calls.v[0]->ending) : "");
}

static void add_trigger(struct judge *j, const struct finding *f, struct buf *b)
{
	(void)j;
	buf_add(b, f->trigger);
}

struct placeholder {
	const char *name;
	void (*add)(struct judge *j, const struct finding *f, struct buf *b);
};
static const struct placeholder placeholders[] = {
	{"server", add_server}, {"tool", add_tool}, {"duration", add_duration}, {"calls", add_calls}, {"beats", add_beats},
	{"err", add_err}, {"client", add_client}, {"ending", add_ending}, {"trigger", add_trigger},
};

static bool add_step(const struct finding *f, str name, struct buf *b)
{
	for (unsigned i = 0; i < f->cause->step_count; i++)
		if (str_eq(f->cause->steps[i], name) && f->steps[i]) {
			int64_t d = f->steps[i]->vt - f->start;
			if (f->steps[i]->e.at == INSTANT_NONE)
				buf_addz(b, "some time");
			else
				add_span(b, d < 0 ? -d : d);
			return true;
		}
	return false;
}

static bool add_value(struct judge *j, const struct finding *f, str name, struct buf *b)
{
	for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
		if (str_eq(name, str_z(placeholders[i].name))) {
			placeholders[i].add(j, f, b);
			return true;
		}
	return add_step(f, name, b);
}

str wording(struct judge *j, const struct finding *f, str text)
{
	struct buf b = {0};
	if (text.n && str_chr(text, '{') < 0)
		return text; /* the knowledge's own words: most advice */
	while (text.n) {
		ptrdiff_t at = str_chr(text, '{'), end = at < 0 ? -1 : str_chr(str_from(text, (size_t)at), '}');
		if (end < 0) {
			buf_add(&b, text);
			break;
		}
		buf_add(&b, str_head(text, (size_t)at));
		str name = str_head(str_from(text, (size_t)at + 1), (size_t)end - 1);
		if (!add_value(j, f, name, &b))
			buf_add(&b, str_head(str_from(text, (size_t)at), (size_t)end + 1));
		text = str_from(text, (size_t)(at + end) + 1);
	}
	str out = arena_str(j->a, buf_str(&b));
	buf_done(&b);
	return out;
}
