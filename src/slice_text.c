/* Lines on their way into a slice (slice.c): redacted, shortened, safe for terminals. What stands over several lines, a private key,
 * goes through the redactor as one text. */
#include "slice_text.h"

#include "base/utf8.h"
#include "ingest/sections.h"

enum { LONG_TEXT = 400, KEPT_TEXT = 160, LONG_LINE = 1500, KEPT_LINE = 1200, KEY_LINES = 400 };

/* The beginning of a string of JSON, its quote included; no escape is cut in two. */
static void shorten_string(str piece, struct buf *out)
{
	size_t kept = utf8_limit(piece, KEPT_TEXT).n;
	while (kept && piece.p[kept - 1] == '\\')
		kept--;
	for (size_t k = kept > 6 ? kept - 6 : 0; k < kept; k++)
		if (piece.p[k] == '\\') /* no half of \u1234 */
			kept = k;
	buf_add(out, str_head(piece, kept));
	buf_addz(out, "...");
}

/* Strings of a JSON line, cut where they are long: the shape stays. */
static void shorten_json(str line, struct buf *out)
{
	size_t start = 0;
	bool inside = false;
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '\\' && inside) {
			i++;
			continue;
		}
		if (line.p[i] != '"')
			continue;
		const str piece = {line.p + start, i - start};
		if (inside && piece.n > LONG_TEXT)
			shorten_string(piece, out);
		else
			buf_add(out, piece);
		start = i;
		inside = !inside;
	}
	buf_add(out, str_from(line, start));
}

static void write_line(const struct slice_text *t, str line, struct buf *out)
{
	struct buf kept = {0};
	const bool json = line.n && (line.p[0] == '{' || line.p[0] == '[');
	if (!t->shorten || line.n <= LONG_TEXT)
		buf_add(&kept, line);
	else if (json)
		shorten_json(line, &kept);
	else if (line.n > LONG_LINE)
		buf_printf(&kept, "%.*s...", STR_ARG(utf8_limit(line, KEPT_LINE)));
	else
		buf_add(&kept, line);
	if (section_is_head(buf_str(&kept)))
		buf_byte(out, ' ');
	utf8_terminal(out, buf_str(&kept), false);
	buf_byte(out, '\n');
	buf_done(&kept);
}

void slice_text_lines(const struct slice_text *t, str lines, struct buf *out)
{
	struct buf clean = {0}, private = {0};
	(void)redact(t->redactor, lines, &clean);
	str rest = buf_str(&clean);
	if (t->privacy) {
		(void)redact(t->privacy, rest, &private);
		rest = buf_str(&private);
	}
	while (rest.n) {
		str line = str_word(&rest, '\n');
		while (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		write_line(t, line, out);
	}
	buf_done(&clean);
	buf_done(&private);
}

static bool begins_key(str line)
{
	return str_find(line, S("-----BEGIN")) >= 0 && str_find(line, S("-----END")) < 0;
}

void slice_text_push(struct slice_text *t, str line, struct buf *out)
{
	buf_add(&t->open, line);
	buf_byte(&t->open, '\n');
	if (t->key_lines == 0 && begins_key(line))
		t->key_lines = KEY_LINES;
	else if (t->key_lines && (str_find(line, S("-----END")) >= 0 || --t->key_lines == 0))
		t->key_lines = 0;
	if (t->key_lines)
		return;
	slice_text_lines(t, buf_str(&t->open), out);
	buf_reset(&t->open);
}

void slice_text_end(struct slice_text *t, struct buf *out)
{
	if (t->open.n)
		slice_text_lines(t, buf_str(&t->open), out);
	buf_done(&t->open);
	t->key_lines = 0;
}
