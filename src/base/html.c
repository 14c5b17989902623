/* See html.h. It is no parser: tags are looked for as text, which is what error pages of proxies and frameworks need. */
#include "base/html.h"
#include <strings.h>

static ptrdiff_t find_tag(str text, str tag)
{
	for (size_t at = 0; at < text.n; at++) {
		const ptrdiff_t next = str_chr(str_from(text, at), '<');
		if (next < 0)
			return -1;
		at += (size_t)next;
		if (text.n - at >= tag.n && strncasecmp(text.p + at, tag.p, tag.n) == 0)
			return (ptrdiff_t)at;
	}
	return -1;
}

ptrdiff_t html_find(str text)
{
	const ptrdiff_t doctype = find_tag(text, S("<!doctype"));
	return doctype >= 0 ? doctype : find_tag(text, S("<html"));
}

bool html_ends(str text) { return find_tag(text, S("</html>")) >= 0; }

str html_subject(str text)
{
	static const str heads[] = {S_INIT("<pre>"), S_INIT("<title>"), S_INIT("<h1>")};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		const ptrdiff_t at = find_tag(text, heads[i]);
		const str rest = at < 0 ? STR_NONE : str_from(text, (size_t)at + heads[i].n);
		const ptrdiff_t end = str_chr(rest, '<');
		if (end > 0)
			return str_head(rest, (size_t)end);
	}
	return STR_NONE;
}
