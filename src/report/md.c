/* Text into Markdown (md.h). What a log says is text and never markup, whatever it contains: that holds for GitHub's own additions
 * too, which link names behind '@', numbers behind '#' and bare addresses. Writers use only these functions for it. */
#include "report/md.h"

#include "base/utf8.h"

static bool is_name_byte(char c)
{
	return str_is_digit(c) || str_is_letter(c);
}

/* Text on one line, safe for terminals. */
static void one_line(struct buf *out, str s)
{
	struct buf flat = {0};
	for (size_t i = 0; i < s.n; i++)
		buf_byte(&flat, s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == '\t' ? ' ' : s.p[i]);
	utf8_terminal(out, buf_str(&flat), false);
	buf_done(&flat);
}

/* GitHub looks for names and numbers in the text that Markdown gives, so escaping is not enough: an empty comment parts them. */
static bool links(str s, size_t i)
{
	const char c = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : 0;
	if (c == '@')
		return is_name_byte(next);
	if (c == '#')
		return str_is_digit(next);
	return (c == 'G' || c == 'g') && s.n - i > 3 && (next == 'H' || next == 'h') && s.p[i + 2] == '-' && (i == 0 || !is_name_byte(s.p[i - 1]));
}

void md_text(struct buf *out, str s)
{
	struct buf safe = {0};
	one_line(&safe, s);
	const str t = buf_str(&safe);
	for (size_t i = 0; i < t.n; i++) {
		const char c = t.p[i];
		if (links(t, i)) {
			buf_byte(out, c);
			buf_addz(out, "<!-- -->");
		} else if (c == '<' || c == '>' || c == '&') {
			buf_addz(out, c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&amp;");
		} else if (c && (strchr("\\`*_[]|~#$!", c) || (i == 0 && strchr("-+=", c)))) {
			buf_byte(out, '\\');
			buf_byte(out, c);
		} else if ((c == '.' || c == ')') && i > 0 && i < 10 && str_is_digit(t.p[0])) {
			buf_byte(out, '\\'); /* "1." begins a list */
			buf_byte(out, c);
		} else {
			buf_byte(out, c);
		}
	}
	buf_done(&safe);
}

static size_t longest_run(str s, char c)
{
	size_t longest = 0, run = 0;
	for (size_t i = 0; i < s.n; i++) {
		run = s.p[i] == c ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

void md_code(struct buf *out, str s)
{
	struct buf safe = {0};
	one_line(&safe, s);
	const str t = str_trim(buf_str(&safe));
	if (t.n == 0) {
		buf_addz(out, "—");
		buf_done(&safe);
		return;
	}
	const size_t ticks = longest_run(t, '`') + 1;
	const bool padded = t.p[0] == '`' || t.p[t.n - 1] == '`';
	buf_repeat(out, '`', ticks);
	if (padded)
		buf_byte(out, ' ');
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '|')
			buf_byte(out, '\\'); /* tables look for bars before code spans are */
		buf_byte(out, t.p[i]);
	}
	if (padded || t.p[t.n - 1] == '\\')
		buf_byte(out, ' ');
	buf_repeat(out, '`', ticks);
	buf_done(&safe);
}

void md_code_short(struct buf *out, str s, size_t bytes)
{
	struct buf cut = {0};
	buf_add(&cut, utf8_limit(s, bytes));
	if (s.n > bytes)
		buf_addz(&cut, "…");
	md_code(out, buf_str(&cut));
	buf_done(&cut);
}

void md_fence(struct buf *out, const char *language, str text)
{
	const size_t run = longest_run(text, '`'), ticks = run < 3 ? 3 : run + 1;
	buf_repeat(out, '`', ticks);
	buf_addz(out, language);
	buf_byte(out, '\n');
	utf8_terminal(out, text, true);
	if (text.n == 0 || text.p[text.n - 1] != '\n')
		buf_byte(out, '\n');
	buf_repeat(out, '`', ticks);
	buf_byte(out, '\n');
}

void md_link(struct buf *out, str url)
{
	const bool web = str_starts(url, S("https://")) || str_starts(url, S("http://"));
	for (size_t i = 0; i < url.n; i++)
		if (!web || (unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] >= 0x7f || strchr("<>\"'`\\|()", url.p[i])) {
			md_text(out, url);
			return;
		}
	buf_printf(out, "<%.*s>", STR_ARG(url));
}

bool md_place(struct buf *out, const struct line_ref *at)
{
	enum { PIECES = 2 };
	if (!at->source)
		return false;
	const str path = at->source->path;
	size_t from = path.n;
	for (unsigned pieces = PIECES; from > 0 && (path.p[from - 1] != '/' || --pieces > 0);)
		from--;
	struct buf place = {0};
	buf_add(&place, str_from(path, from));
	if (at->line)
		buf_printf(&place, ":%llu", (unsigned long long)at->line);
	md_code(out, buf_str(&place));
	buf_done(&place);
	return true;
}

/* What stands for a character that one of the grammars knows. */
static const char *mermaid_sign(char c)
{
	static const struct {
		char c;
		const char *sign;
	} table[] = {
		{':', "∶"}, {';', ","}, {'#', " "}, {'"', "'"}, {'`', "'"}, {'<', "("}, {'>', ")"}, {'[', "("}, {']', ")"}, {'{', "("}, {'}', ")"},
		{'|', "/"}, {'\\', "/"}, {'%', " "}, {'&', "+"}, {'~', "-"}, {'^', " "}, {'$', " "}, {'@', " at "}, {'\n', " "}, {'\t', " "}, {'\r', " "},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].c == c)
			return table[i].sign;
	return NULL;
}

void md_mermaid(struct buf *out, str s, size_t columns)
{
	struct buf safe = {0}, text = {0};
	utf8_terminal(&safe, s, true);
	for (size_t i = 0; i < safe.n; i++) {
		const char c = safe.p[i];
		const char *sign = mermaid_sign(c);
		if (sign)
			buf_addz(&text, sign);
		else if (!(c == '-' && text.n && text.p[text.n - 1] == '-')) /* arrows */
			buf_byte(&text, c);
	}
	const str whole = str_trim(buf_str(&text)), cut = str_trim(utf8_cut(whole, columns));
	if (str_eq(cut, S("end")) || cut.n == 0) /* a word of the grammar */
		buf_addz(out, cut.n ? "(end)" : "-");
	else
		buf_add(out, cut);
	if (cut.n < whole.n && cut.n)
		buf_addz(out, "…");
	buf_done(&safe);
	buf_done(&text);
}
