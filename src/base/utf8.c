/* Text that came from logs, made safe for terminals and JSON (base/utf8.h; bad-inputs C4, J1, J5). Every function accepts any
 * bytes; an invalid byte is one unit. Decoding is strict: no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * What is escaped for terminals: everything that could move the cursor, change colours, reorder or hide text. Combining marks
 * and wide characters stay. Column widths come from utf8proc, so that they do not depend on the locale. */
#include "base/utf8.h"
#include "base/word.h"
#include <utf8proc.h>

struct range {
	uint32_t first, last;
};
/* Invisible or reordering characters, sorted. C1 controls, soft hyphen, bidi marks and overrides, zero-width characters,
 * line and paragraph separators, interlinear annotation, tags. */
static const struct range unseen[] = {
	{0x80, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},
	{0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

static bool is_unseen(uint32_t code)
{
	for (size_t i = 0; i < sizeof unseen / sizeof *unseen && unseen[i].first <= code; i++)
		if (code <= unseen[i].last)
			return true;
	return false;
}

static bool is_tail(str s, size_t i) { return ((unsigned char)s.p[i] & 0xc0) == 0x80; }

size_t utf8_next(str s, uint32_t *ret_code)
{
	if (s.n == 0)
		return 0;
	unsigned char c = (unsigned char)s.p[0];
	if (c < 0x80) {
		*ret_code = c;
		return 1;
	}
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || s.n < n)
		return 0;
	uint32_t code = c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (!is_tail(s, i))
			return 0;
		code = code << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	if ((n == 3 && code < 0x800) || (n == 4 && code < 0x10000) || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

/* Length of the leading run of printable ASCII (and of `also`, if not 0). */
static size_t plain_run(str s, char also)
{
	size_t i = 0;
	for (uint64_t w; i + sizeof w <= s.n; i += sizeof w) { /* a high bit where a byte is below ' ' or above '~'; a byte behind such a one may have it too */
		w = word_load(s.p + i);
		if (((w - WORD_EACH(' ')) | (w + WORD_EACH(1)) | w) & WORD_EACH(0x80))
			break;
	}
	while (i < s.n && ((s.p[i] >= ' ' && s.p[i] < 0x7f) || (also != 0 && s.p[i] == also)))
		i++;
	return i;
}

void utf8_terminal(struct buf *out, str s, bool keep_lf)
{
	while (s.n > 0) {
		size_t run = plain_run(s, '\t');
		buf_add(out, str_head(s, run));
		s = str_from(s, run);
		if (s.n == 0)
			break;
		uint32_t code;
		size_t n = utf8_next(s, &code);
		if (n == 0 || code < 0x80) {
			unsigned char c = (unsigned char)s.p[0];
			if (c == '\n' && keep_lf)
				buf_byte(out, '\n');
			else if (c == 0)
				buf_add(out, S("\\0"));
			else
				buf_printf(out, "\\x%02x", c);
			n = 1;
		} else if (is_unseen(code)) {
			buf_printf(out, code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)code);
		} else {
			buf_add(out, str_head(s, n));
		}
		s = str_from(s, n);
	}
}

static void put_u(struct buf *out, uint32_t unit)
{
	static const char digits[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', digits[unit >> 12 & 15], digits[unit >> 8 & 15], digits[unit >> 4 & 15], digits[unit & 15]};
	buf_add(out, (str){text, sizeof text});
}

static char short_escape(uint32_t code)
{
	switch (code) {
	case '"': return '"';
	case '\\': return '\\';
	case '\n': return 'n';
	case '\r': return 'r';
	case '\t': return 't';
	default: return 0;
	}
}

void utf8_json(struct buf *out, str s)
{
	size_t from = 0, i = 0;
	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
			i++;
			continue;
		}
		buf_add(out, (str){s.p + from, i - from});
		uint32_t code = 0xfffd;
		size_t n = utf8_next(str_from(s, i), &code);
		char letter = n == 1 ? short_escape(code) : 0;
		if (letter != 0) {
			buf_byte(out, '\\');
			buf_byte(out, letter);
		} else if (code >= 0x10000) {
			put_u(out, 0xd800 + ((code - 0x10000) >> 10));
			put_u(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
		} else {
			put_u(out, code);
		}
		i += n == 0 ? 1 : n;
		from = i;
	}
	buf_add(out, str_from(s, from));
}

/* Letters and marks of Latin scripts: one column each, as utf8proc says too, whose tables then need no memory. */
static bool is_latin(uint32_t code) { return code >= 0xae && code < 0x300; }

/* Columns of the first character, whose length goes to *ret_n. */
static size_t columns_of(str s, size_t *ret_n)
{
	uint32_t code;
	size_t n = utf8_next(s, &code);
	*ret_n = n == 0 ? 1 : n;
	if (n <= 1 || is_latin(code))
		return 1;
	int width = utf8proc_charwidth((utf8proc_int32_t)code);
	return width < 0 ? 0 : (size_t)width;
}

size_t utf8_width(str s)
{
	size_t width = 0, n;
	for (; s.n > 0; s = str_from(s, n)) {
		n = plain_run(s, 0);
		width += n > 0 ? n : columns_of(s, &n);
	}
	return width;
}

str utf8_cut(str s, size_t columns)
{
	size_t width = 0, end = 0;
	while (end < s.n) {
		size_t n, w = columns_of(str_from(s, end), &n);
		if (width + w > columns)
			break;
		width += w;
		end += n;
	}
	return str_head(s, end);
}

str utf8_limit(str s, size_t bytes)
{
	if (s.n <= bytes)
		bytes = s.n;
	/* Step back to a lead byte whose character does not fit; stray tail bytes are cut anywhere. */
	for (size_t back = 1; back <= 3 && back <= bytes; back++) {
		unsigned char c = (unsigned char)s.p[bytes - back];
		if ((c & 0xc0) == 0x80)
			continue;
		size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
		return str_head(s, need > back ? bytes - back : bytes);
	}
	return str_head(s, bytes);
}
