/* Counts what redaction left in a report (hidden.h). Kinds are those of the loaded rules: a log that quotes another mark is no
 * redaction of ours. */
#include "report/hidden.h"

static void add(struct hidden *h, str kind)
{
	size_t at = 0;
	while (at < h->kind_count && str_cmp(h->kinds[at].kind, kind) < 0)
		at++;
	if (at == h->kind_count || !str_eq(h->kinds[at].kind, kind)) {
		if (h->kind_count == HIDDEN_KINDS)
			return;
		memmove(&h->kinds[at + 1], &h->kinds[at], (h->kind_count - at) * sizeof *h->kinds);
		h->kinds[at].kind = kind;
		h->kinds[at].count = 0;
		h->kind_count++;
	}
	h->kinds[at].count++;
	h->total++;
}

/* The kind at the beginning of the text behind "[REDACTED:", as the rules write it; p NULL when it is none. */
static str kind_at(const struct rules *rules, str text)
{
	size_t n = 0;
	while (n < text.n && text.p[n] != ']' && text.p[n] != '#' && n < 80)
		n++;
	if (n == text.n)
		return STR_NONE;
	for (size_t i = 0; i < rules->redactions.n; i++)
		if (str_eq(rules->redactions.v[i].kind, str_head(text, n)))
			return rules->redactions.v[i].kind;
	return STR_NONE;
}

void hidden_count(const struct rules *rules, str text, struct hidden *ret)
{
	const str mark = S("[REDACTED:");
	*ret = (struct hidden){0};
	ptrdiff_t at;
	while ((at = str_find(text, mark)) >= 0) {
		text = str_from(text, (size_t)at + mark.n);
		const str kind = kind_at(rules, text);
		if (kind.p)
			add(ret, kind);
	}
}

void hidden_finish(const struct rules *rules, const struct report_options *o, struct buf *out, struct hidden *ret)
{
	if (o->hide)
		o->hide(o->hide_context, out);
	hidden_count(rules, buf_str(out), ret);
}

void hidden_say(const struct hidden *h, struct buf *out)
{
	if (h->total == 0)
		return;
	buf_printf(out, "%llu secret%s hidden: ", (unsigned long long)h->total, h->total == 1 ? "" : "s");
	for (size_t i = 0; i < h->kind_count; i++)
		buf_printf(out, "%s%llu %.*s", i ? ", " : "", (unsigned long long)h->kinds[i].count, STR_ARG(h->kinds[i].kind));
}
