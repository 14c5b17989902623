/*
 * Text into HTML. A page is made of literals of this program and of text that came from logs or knowledge; the two have different
 * functions, and only html_raw writes markup. Text passes utf8_terminal first, so that control bytes, bidi controls and broken
 * UTF-8 are visible escapes before the five characters of HTML are replaced.
 */
#include "report/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void html_raw(struct html *h, const char *literal)
{
	buf_addz(h->out, literal);
}

static void escape(struct html *h, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '&': buf_addz(h->out, "&amp;"); break;
		case '<': buf_addz(h->out, "&lt;"); break;
		case '>': buf_addz(h->out, "&gt;"); break;
		case '"': buf_addz(h->out, "&quot;"); break;
		case '\'': buf_addz(h->out, "&#39;"); break;
		default: buf_byte(h->out, s.p[i]);
		}
	}
}

void html_text(struct html *h, str s)
{
	buf_reset(&h->scratch);
	utf8_terminal(&h->scratch, s, true);
	escape(h, buf_str(&h->scratch));
}

void html_cut(struct html *h, str s, size_t bytes)
{
	html_text(h, utf8_limit(s, bytes));
	if (s.n > bytes)
		html_raw(h, "…");
}

void html_name(struct html *h, str s, size_t bytes)
{
	const str all = utf8_limit(s, bytes);
	for (size_t from = 0, n; from < all.n; from += n) {
		const str rest = str_from(all, from);
		for (n = 1; n < rest.n && !strchr("_-./:", rest.p[n - 1]); n++)
			;
		html_text(h, str_head(rest, n));
		html_raw(h, n < rest.n ? "<wbr>" : "");
	}
	if (s.n > bytes)
		html_raw(h, "…");
}

void html_printf(struct html *h, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n > 0)
		html_text(h, (str){text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1});
}

void html_tag(struct html *h, const char *open, const char *tag, str s)
{
	buf_printf(h->out, "<%s>", open);
	html_text(h, s);
	buf_printf(h->out, "</%s>", tag);
}

void html_percent(struct html *h, const char *name, double x)
{
	const int hundredths = (int)(x * 10000 + 0.5); /* no printf of doubles: it knows locales */
	buf_printf(h->out, " %s=\"%d.%02d%%\"", name, hundredths / 100, hundredths % 100);
}

void html_place(struct html *h, const struct line_ref *at)
{
	struct buf place = {0};
	if (page_place(&h->page, at, &place).n)
		html_tag(h, "code class=pl", "code", buf_str(&place));
	buf_done(&place);
}

void html_clock(struct html *h, instant at)
{
	char clock[32];
	page_clock(at, clock);
	html_text(h, str_z(clock));
}

void html_duration(struct html *h, int64_t micros)
{
	char text[32];
	duration_format(micros, text);
	html_text(h, micros < 0 ? S("–") : str_z(text));
}

void html_region(struct html *h, const char *name)
{
	buf_printf(h->out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s, %u\">", name, ++h->regions);
}
