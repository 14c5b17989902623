/*
 * explain: one incident with the whole proof, or the page of a cause or note from the knowledge base. The text is that of
 * the report, without its limits: every evidence line with file, line and byte offset, all alternatives, all advice.
 */
#include "model/cause.h"
#include "report/text_incident.h"

static void time_of(const struct evidence *e, struct buf *out)
{
	char text[32];
	if (e->time != INSTANT_NONE) {
		instant_format(e->time, text);
		buf_addz(out, text);
		return;
	}
	if (e->after != INSTANT_NONE) {
		instant_format(e->after, text);
		buf_printf(out, "after %s", text);
	}
	if (e->before != INSTANT_NONE) {
		instant_format(e->before, text);
		buf_printf(out, "%sbefore %s", e->after != INSTANT_NONE ? ", " : "", text);
	}
	if (out->n == 0)
		buf_addz(out, "no time");
}

static void places(const struct page *p, const struct line_ref *at, struct buf *out)
{
	struct buf place = {0};
	buf_add(out, page_place(p, at, &place));
	if (at->source && at->line)
		buf_printf(out, " @%llu", (unsigned long long)at->offset);
	buf_done(&place);
}

static void proof_line(struct page *p, const struct incident *i, const struct evidence *e)
{
	struct buf head = {0};
	char offset[32];
	page_to(p, 3);
	page_literal(p, INK_DIM, role_name(e->role));
	page_to(p, LABEL_INDENT);
	places(p, &e->at, &head);
	page_text(p, INK_CYAN, buf_str(&head));
	buf_reset(&head);
	time_of(e, &head);
	text_offset(e->time, i->started_at, offset);
	if (*offset)
		buf_printf(&head, "  %s", offset);
	if (p->column + 2 + head.n > p->options->columns) { /* a long path has its line for itself */
		page_end(p);
		page_to(p, LABEL_INDENT);
	} else
		page_literal(p, INK_DIM, "  ");
	page_text(p, INK_DIM, buf_str(&head));
	page_end(p);
	page_to(p, LABEL_INDENT);
	page_wrap(p, INK_PLAIN, evidence_text(e), LABEL_INDENT, 0);
	buf_reset(&head);
	if (e->times > 1)
		buf_printf(&head, "%u times", e->times);
	if (e->until != INSTANT_NONE) {
		instant_format(e->until, offset);
		buf_printf(&head, "%suntil %s", head.n ? ", " : "", offset);
	}
	for (size_t k = 0; k < e->also_count; k++) {
		buf_addz(&head, k || head.n ? ", also in " : "also in ");
		places(p, &e->also_in[k], &head);
	}
	if (head.n) {
		page_to(p, LABEL_INDENT);
		page_wrap(p, INK_DIM, buf_str(&head), LABEL_INDENT, 0);
	}
	buf_done(&head);
}

static void labelled(struct page *p, const char *label, str text)
{
	if (text.n == 0)
		return;
	text_label(p, label);
	page_wrap(p, INK_PLAIN, text, LABEL_INDENT, 0);
}

static void identity(struct page *p, const struct incident *i)
{
	labelled(p, "id", i->id);
	labelled(p, "server", i->server);
	labelled(p, "transport", i->transport);
	labelled(p, "session", i->session);
	labelled(p, "client", i->client_version);
	labelled(p, "trigger", i->trigger);
	labelled(p, "ending", str_z(ending_name(i->ending)));
	labelled(p, "state", str_z(state_name(i->state)));
}

static void call_line(struct page *p, const struct call *c)
{
	struct buf line = {0};
	char duration[32];
	buf_add(&line, c->tool.n ? c->tool : S("unknown tool"));
	if (c->tool_use_id.n)
		buf_printf(&line, " %.*s", STR_ARG(c->tool_use_id));
	buf_printf(&line, ": %s, ended by %s", outcome_name(c->outcome), ending_name(c->ending));
	if (c->duration >= 0) {
		duration_format(c->duration, duration);
		buf_printf(&line, " after %s", duration);
	}
	if (c->beats)
		buf_printf(&line, ", %u heartbeat%s", c->beats, page_plural(c->beats));
	buf_printf(&line, "; linked by %s%s", link_name(c->link), c->link_sure ? "" : " (not sure)");
	if (c->err.n)
		buf_printf(&line, "; error: %.*s", STR_ARG(c->err));
	page_to(p, 3);
	page_wrap(p, INK_PLAIN, buf_str(&line), 5, 0);
	buf_done(&line);
}

static void heading(struct page *p, const char *text)
{
	page_end(p);
	page_literal(p, INK_BOLD, text);
	page_end(p);
}

void report_explain_incident(const struct facts *f, const struct incident *i, const struct report_options *o, struct buf *out)
{
	struct report_options full = *o;
	struct page p;
	full.verbose = true;
	page_init(&p, f, &full, out);
	text_incident_head(&p, i);
	identity(&p, i);
	heading(&p, "Calls");
	for (size_t k = 0; k < i->call_count; k++)
		call_line(&p, i->calls[k]);
	heading(&p, "Evidence");
	for (size_t k = 0; k < i->evidence_count; k++)
		proof_line(&p, i, &i->evidence[k]);
	if (i->ruled_out_count || i->suspected_count) {
		heading(&p, "Alternatives");
		text_alternatives(&p, i, SIZE_MAX);
	}
	if (i->consequence_count) {
		heading(&p, "Consequences");
		text_consequences(&p, i, SIZE_MAX);
	}
	if (i->advice_count) {
		heading(&p, "What to do");
		text_advice(&p, i);
	}
	page_end(&p);
	page_printf(&p, INK_DIM, "About this cause: mcplog explain %.*s", STR_ARG(i->cause));
	page_end(&p);
	page_done(&p);
}

/* Prose that was broken by hand goes on in the next line; list items, log lines and indented text stand for themselves. */
static bool goes_on(str line, str next)
{
	enum { BROKEN_FROM = 60 };
	const bool own = next.n == 0 || strchr(" -*`|[\"", next.p[0]) || str_is_digit(next.p[0]);
	return line.n >= BROKEN_FROM && line.p[0] != ' ' && !own;
}

static void chapter(struct page *p, const char *title, str text)
{
	if (str_trim(text).n == 0)
		return;
	heading(p, title);
	struct buf paragraph = {0};
	str rest = str_trim_end(text);
	while (rest.n) {
		str line = str_word(&rest, '\n');
		size_t blanks = 0;
		while (blanks < line.n && line.p[blanks] == ' ')
			blanks++;
		const size_t hang = blanks < line.n && line.p[blanks] == '-' ? 2 : 0;
		buf_reset(&paragraph);
		buf_add(&paragraph, line);
		while (rest.n && goes_on(line, rest)) {
			line = str_word(&rest, '\n');
			buf_byte(&paragraph, ' ');
			buf_add(&paragraph, line);
		}
		page_to(p, 2 + blanks);
		page_wrap(p, INK_PLAIN, buf_str(&paragraph), 2 + blanks + hang, 0);
	}
	buf_done(&paragraph);
}

/* Do the brackets that begin the text hold a placeholder? An incident may leave such a part out; others are text. */
static bool is_part(str text)
{
	const ptrdiff_t end = str_chr(text, ']');
	return end >= 0 && str_chr(str_head(text, (size_t)end), '{') >= 0;
}

/* "{tool} hung[ for {duration}]": the words that an incident fills in, as "TOOL hung for DURATION". */
static void add_placeholders(struct buf *out, str text)
{
	bool inside = false, part = false;
	for (size_t i = 0; i < text.n; i++) {
		const char c = text.p[i];
		if (c == '{' || c == '}')
			inside = c == '{';
		else if ((c == '[' && is_part(str_from(text, i))) || (c == ']' && part))
			part = c == '[';
		else
			buf_byte(out, inside && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
	}
}

static void put_title(struct page *p, str title)
{
	struct buf text = {0};
	add_placeholders(&text, title);
	page_wrap(p, INK_PLAIN, buf_str(&text), 0, 0);
	buf_done(&text);
}

static void page_advice(struct page *p, const struct rules *rules, str id)
{
	bool any = false;
	struct buf line = {0};
	for (size_t k = 0; k < rules->advice.n; k++) {
		const struct advice *a = &rules->advice.v[k];
		if (!str_eq(a->cause, id))
			continue;
		if (!any)
			heading(p, "What to do");
		any = true;
		buf_reset(&line);
		add_placeholders(&line, a->text);
		if (a->client.n)
			buf_printf(&line, " [client %.*s]", STR_ARG(a->client));
		if (a->sdk.n)
			buf_printf(&line, " [server SDK %.*s]", STR_ARG(a->sdk));
		if (a->transport.n)
			buf_printf(&line, " [%.*s]", STR_ARG(a->transport));
		if (a->call.n)
			buf_printf(&line, " [call %.*s]", STR_ARG(a->call));
		if (a->see.n)
			buf_printf(&line, " %.*s", STR_ARG(a->see));
		text_label(p, str_eq(a->when, S("now")) ? "do now" : "for good");
		page_wrap(p, INK_PLAIN, buf_str(&line), LABEL_INDENT, 0);
	}
	buf_done(&line);
}

static void add_once(struct buf *list, str id)
{
	struct buf comma = {0};
	buf_printf(&comma, ", %.*s,", STR_ARG(id));
	const bool known = str_find(buf_str(list), buf_str(&comma)) >= 0;
	buf_done(&comma);
	if (!known)
		buf_printf(list, " %.*s,", STR_ARG(id));
}

static void related(struct page *p, const struct cause *c)
{
	struct buf list = {0};
	buf_byte(&list, ','); /* every id then stands between ", " and "," */
	for (unsigned k = 0; k < c->yields_count; k++)
		add_once(&list, c->yields_to[k]);
	for (unsigned k = 0; k < c->rival_count; k++)
		add_once(&list, c->rivals[k]);
	if (list.n > 1)
		chapter(p, "Told apart from", (str){list.p + 2, list.n - 3});
	buf_done(&list);
}

bool report_explain_cause(const struct rules *rules, str id, const struct report_options *o, struct buf *out)
{
	const struct cause *c = NULL;
	for (size_t k = 0; k < rules->causes.n; k++) /* the entry that is no variant has the texts */
		if (str_eq(rules->causes.v[k]->id, id) && (!c || !rules->causes.v[k]->variant.n))
			c = rules->causes.v[k];
	const struct facts nothing = {0};
	struct page p;
	if (!c)
		return false;
	page_init(&p, &nothing, o, out);
	page_text(&p, INK_BOLD, id);
	if (c->scope == SCOPE_RUN)
		page_literal(&p, INK_DIM, "   verdict on a whole run");
	else if (c->note)
		page_literal(&p, INK_DIM, "   note: looks like a problem and is none");
	else
		page_printf(&p, INK_DIM, "   cause%s%.*s", c->group.n ? ", family " : "", STR_ARG(c->group));
	page_end(&p);
	put_title(&p, c->title);
	chapter(&p, "What it is", c->what);
	chapter(&p, "How it looks", c->looks_like);
	chapter(&p, "What is mistaken for it", c->mistaken_for);
	related(&p, c);
	page_advice(&p, rules, id);
	chapter(&p, "See", c->see);
	page_done(&p);
	return true;
}
