/*
 * Manual pages from the tables of opts.c: one page per command, mcplog-COMMAND(1), in mdoc(7). They say what -h says, with the
 * common parts of every page; the story is told by mcplog(1), which is written by hand and checked against the same tables.
 *
 * mandoc -Tlint must stay silent: lines below 80 bytes, every sentence on a line of its own, nothing taken for a macro.
 */
#include "cli/manual.h"

enum { LINE_WIDTH = 78 };

static bool ends_sentence(str word)
{
	const str abbreviation = S("...");
	return word.n > 1 && (word.p[word.n - 1] == '.' || word.p[word.n - 1] == '?' || word.p[word.n - 1] == '!') && !str_ends(word, abbreviation);
}

/* A word of running text: backslashes and what would be a macro at the beginning of a line are made plain. */
static void put_word(struct buf *out, str word, bool first)
{
	if (first && (word.p[0] == '.' || word.p[0] == '\''))
		buf_addz(out, "\\&");
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '\\')
			buf_addz(out, "\\e");
		else
			buf_byte(out, word.p[i]);
}

/* Sentences, wrapped; ends with a line feed. */
static void put_text(struct buf *out, str text)
{
	size_t column = 0;
	while (text.n) {
		const str word = str_word(&text, ' ');
		if (word.n == 0)
			continue;
		if (column && column + 1 + word.n > LINE_WIDTH) {
			buf_byte(out, '\n');
			column = 0;
		} else if (column) {
			buf_byte(out, ' ');
			column++;
		}
		put_word(out, word, column == 0);
		column += word.n;
		if (ends_sentence(word) && text.n) {
			buf_byte(out, '\n');
			column = 0;
		}
	}
	if (column)
		buf_byte(out, '\n');
}

static bool is_small(str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] >= 'A' && word.p[i] <= 'Z')
			return false;
	return word.n > 0;
}

/* "text|json" or "FILE" as macro arguments. */
static void put_value(struct buf *out, str value)
{
	bool first = true;
	while (value.n) {
		const str word = str_word(&value, '|');
		if (!first)
			buf_addz(out, " |");
		buf_addz(out, is_small(word) ? " Cm " : " Ar ");
		for (size_t i = 0; i < word.n; i++)
			buf_byte(out, word.p[i] >= 'A' && word.p[i] <= 'Z' ? (char)(word.p[i] - 'A' + 'a') : word.p[i]);
		first = false;
	}
}

static const char *value_of(const struct opt *o, enum command_id command)
{
	const char *formats = opts_command(command)->formats;
	return o == opts_option(OPT_FORMAT) && formats ? formats : o->value;
}

static void put_option(struct buf *out, const struct opt *o, enum command_id command)
{
	buf_addz(out, ".It");
	if (o->letter)
		buf_printf(out, " Fl %c%s", o->letter, o->name ? " ," : "");
	if (o->name)
		buf_printf(out, " Fl -%s", o->name);
	if (value_of(o, command))
		put_value(out, str_z(value_of(o, command)));
	buf_byte(out, '\n');
	/* A capital and a full stop make a sentence of it. */
	struct buf sentence = {0};
	buf_addz(&sentence, o->what);
	if (sentence.n && sentence.p[0] >= 'a' && sentence.p[0] <= 'z')
		sentence.p[0] = (char)(sentence.p[0] - 'a' + 'A');
	buf_byte(&sentence, '.');
	put_text(out, buf_str(&sentence));
	buf_done(&sentence);
}

static void put_options(struct buf *out, enum command_id command)
{
	buf_addz(out, ".Sh OPTIONS\n.Bl -tag -width Ds\n");
	for (int i = 0; i < OPT_COUNT; i++)
		if (opts_option((enum opt_id)i)->commands >> command & 1)
			put_option(out, opts_option((enum opt_id)i), command);
	buf_addz(out, ".El\n");
}

/* The synopsis' arguments: "[PATH...]" is `.Op Ar path ...`. */
static void put_arguments(struct buf *out, str args)
{
	while (args.n) {
		str word = str_word(&args, ' ');
		const bool optional = word.n > 2 && word.p[0] == '[' && word.p[word.n - 1] == ']';
		if (word.n == 0)
			continue;
		if (optional)
			word = str_from(str_head(word, word.n - 1), 1);
		const bool many = str_ends(word, S("..."));
		if (many)
			word.n -= 3;
		buf_addz(out, optional ? ".Op" : ".");
		const size_t at = out->n;
		put_value(out, word);
		if (!optional) /* ". Ar x": the blank goes */
			memmove(out->p + at, out->p + at + 1, out->n - at - 1), out->n--;
		buf_addz(out, many ? " ...\n" : "\n");
	}
}

/* Each line of `more` is a paragraph. */
static void put_more(struct buf *out, str more)
{
	while (more.n) {
		buf_addz(out, ".Pp\n");
		put_text(out, str_word(&more, '\n'));
	}
}

static void put_exit_status(struct buf *out, enum command_id command)
{
	static const struct {
		const char *code, *what;
	} table[] = {
		{"0", "Complete."},
		{"1", "Only with --fail-on: there is such an incident."},
		{"2", "Wrong usage, configuration, pattern or SQL."},
		{"3", "It ran, but some input could not be read, was cut or limited."},
		{"4", "The database or the output could not be used or written."},
		{"75", "Another writer holds the lock."},
		{"130, 143", "Ended by a signal."},
	};
	buf_addz(out, ".Sh EXIT STATUS\n");
	if (str_eq(str_z(opts_command(command)->name), S("check"))) {
		buf_addz(out, "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, and nothing else.\n");
		return;
	}
	buf_addz(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].code[0] == '1' && !table[i].code[1] && !(opts_option(OPT_FAIL_ON)->commands >> command & 1))
			continue;
		buf_printf(out, ".It %s\n%s\n", table[i].code, table[i].what);
	}
	buf_addz(out, ".El\n");
}

static void put_head(struct buf *out, const char *name, const char *what)
{
	buf_addz(out, ".Dd November 28, 2026\n.Dt MCPLOG");
	for (const char *p = name; *p; p++)
		buf_byte(out, *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
	buf_printf(out, " 1\n.Os\n.Sh NAME\n.Nm mcplog%s\n.Nd %s\n.Sh SYNOPSIS\n.Nm mcplog\n", name, what);
}

static void put_overview(struct buf *out)
{
	put_head(out, "-commands", "the commands of mcplog");
	buf_addz(out, ".Cm command\n.Op Ar option ...\n.Op Ar argument ...\n.Sh DESCRIPTION\nThe commands are:\n.Bl -tag -width Ds\n");
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
		struct buf what = {0};
		buf_printf(&what, "%s.", opts_command((enum command_id)i)->what);
		buf_printf(out, ".It Xr mcplog-%s 1\n", opts_command((enum command_id)i)->name);
		put_text(out, buf_str(&what));
		buf_done(&what);
	}
	buf_addz(out, ".El\n.Sh SEE ALSO\n.Xr mcplog 1\n");
}

void manual_write(enum command_id command, struct buf *out)
{
	const struct command *c = opts_command(command);
	if (command == COMMAND_NONE) {
		put_overview(out);
		return;
	}
	struct buf name = {0}, what = {0};
	buf_printf(&name, "-%s", c->name);
	buf_byte(&name, 0);
	put_head(out, name.p, c->what);
	buf_printf(out, ".Cm %s\n.Op Ar option ...\n", c->name);
	put_arguments(out, str_z(c->args));
	buf_addz(out, ".Sh DESCRIPTION\n");
	buf_printf(&what, "%s.", c->what);
	if (what.p[0] >= 'a' && what.p[0] <= 'z')
		what.p[0] = (char)(what.p[0] - 'a' + 'A');
	put_text(out, buf_str(&what));
	put_more(out, str_z(c->more));
	put_options(out, command);
	buf_addz(out, ".Pp\nAll but those of one run can be set in the configuration file; see\n.Xr mcplog 1 .\n");
	put_exit_status(out, command);
	buf_addz(out, ".Sh SEE ALSO\n.Xr mcplog 1\n");
	buf_done(&what);
	buf_done(&name);
}
