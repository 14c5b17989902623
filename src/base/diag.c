/* What mcplog says on stderr about itself (base/diag.h). Each message is one write(2), so that messages of several processes
 * do not tear each other's lines, and is escaped: paths and log text may stand in it (J1, J9).
 *
 * The only state is the quiet switch, which is set once at start. A failed write is ignored: there is nowhere left to say it. */
#include "base/diag.h"
#include "base/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static bool warnings_off;
static struct last_words { /* a signal handler and the end of memory can be handed nothing */
	const char *text;
	size_t n;
	int code;
} last_words;

static void put(str s)
{
	while (s.n > 0) {
		ssize_t n = write(STDERR_FILENO, s.p, s.n);
		if (n <= 0)
			return;
		s = str_from(s, (size_t)n);
	}
}

static void say(const char *prefix, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void say(const char *prefix, const char *format, va_list args)
{
	char text[4096];
	struct buf line = {0};
	int n = vsnprintf(text, sizeof text, format, args);
	size_t length = n < 0 ? 0 : (size_t)n;
	buf_addz(&line, prefix);
	utf8_terminal(&line, utf8_limit((str){text, length < sizeof text ? length : sizeof text - 1}, sizeof text), false);
	buf_byte(&line, '\n');
	put(buf_str(&line));
	buf_done(&line);
}

void diag_warn(const char *format, ...)
{
	if (warnings_off)
		return;
	va_list args;
	va_start(args, format);
	say("mcplog: warning: ", format, args);
	va_end(args);
}

void diag_note(const char *format, ...)
{
	if (warnings_off)
		return;
	va_list args;
	va_start(args, format);
	say("mcplog: ", format, args);
	va_end(args);
}

void diag_error(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say("mcplog: ", format, args);
	va_end(args);
}

/* The part of the snippet before the column, which counts characters from 1. */
static size_t caret_width(str snippet, unsigned column)
{
	str rest = snippet;
	for (unsigned i = 1; i < column && rest.n > 0; i++) {
		uint32_t code;
		size_t n = utf8_next(rest, &code);
		rest = str_from(rest, n == 0 ? 1 : n);
	}
	struct buf shown = {0};
	utf8_terminal(&shown, (str){snippet.p, (size_t)(rest.p - snippet.p)}, false);
	size_t width = 0;
	for (size_t i = 0; i < shown.n; i++) /* a tab keeps its place: it is repeated under the snippet */
		width += shown.p[i] != '\t';
	buf_done(&shown);
	return width;
}

static void put_snippet(struct buf *out, const struct err *e)
{
	str snippet = str_z(e->snippet);
	buf_addz(out, "  | ");
	utf8_terminal(out, snippet, false);
	buf_byte(out, '\n');
	if (e->column == 0)
		return;
	buf_addz(out, "  | ");
	for (size_t i = 0; i < snippet.n && i + 1 < e->column; i++)
		if (snippet.p[i] == '\t')
			buf_byte(out, '\t');
	buf_repeat(out, ' ', caret_width(snippet, e->column));
	buf_addz(out, "^\n");
}

static void put_help(struct buf *out, const char *text)
{
	buf_addz(out, "  help: ");
	utf8_terminal(out, str_z(text), false);
	buf_byte(out, '\n');
}

void diag_help(const char *text)
{
	struct buf out = {0};
	put_help(&out, text);
	put(buf_str(&out));
	buf_done(&out);
}

void diag_err(const struct err *e)
{
	struct buf out = {0};
	buf_addz(&out, "mcplog: ");
	if (e->file[0] != '\0') {
		utf8_terminal(&out, str_z(e->file), false);
		if (e->line > 0)
			buf_printf(&out, ":%u", e->line);
		if (e->line > 0 && e->column > 0)
			buf_printf(&out, ":%u", e->column);
		buf_addz(&out, ": ");
	}
	utf8_terminal(&out, str_z(e->text), false);
	buf_byte(&out, '\n');
	if (e->snippet[0] != '\0')
		put_snippet(&out, e);
	if (e->hint[0] != '\0')
		put_help(&out, e->hint);
	put(buf_str(&out));
	buf_done(&out);
}

void diag_quiet(bool quiet) { warnings_off = quiet; }

void diag_last_words(const char *words, int code) { last_words = (struct last_words){words, words ? strlen(words) : 0, code}; }

void diag_end(int code)
{
	if (last_words.text == NULL)
		_exit(code);
	(void)!write(STDOUT_FILENO, last_words.text, last_words.n);
	_exit(last_words.code);
}

void diag_out_of_memory(void)
{
	put(S("mcplog: out of memory; nothing was stored. Give it more memory, or fewer files at once.\n"));
	diag_end(4);
}
