/*
 * -h: the tables of opts.c as text for people, at most 80 columns wide where the words allow it. Says nothing that the tables
 * do not say.
 */
#include "cli/opts.h"

enum { COLUMNS = 80, COMMANDS_INDENT = 34, OPTIONS_INDENT = 32, USAGE_INDENT = 14 };

/* Cuts what is not broken off a word: all of it, or one of a list of choices with its '|'. */
static str piece(str *word)
{
	const ptrdiff_t bar = str_chr(*word, '|');
	const str first = bar < 0 ? *word : str_head(*word, (size_t)bar + 1);
	*word = str_from(*word, first.n);
	return first;
}

/* `text` in lines of 80 columns: the first begins at `column`, the others behind `indent` blanks. */
static void wrapped(struct buf *out, str text, size_t column, size_t indent)
{
	bool blank = false; /* between this piece and the one before */
	while (text.n) {
		str word = str_word(&text, ' ');
		while (word.n) {
			const str part = piece(&word);
			if (column > indent && column + blank + part.n > COLUMNS) {
				buf_byte(out, '\n');
				buf_repeat(out, ' ', indent);
				column = indent;
			} else if (blank) {
				buf_byte(out, ' ');
				column++;
			}
			buf_add(out, part);
			column += part.n;
			blank = false;
		}
		blank = true;
	}
	buf_byte(out, '\n');
}

/* An entry of a list: a name with its values, and what it is in the second column, on the next line when the name is long. */
static void entry(struct buf *out, struct buf *name, const char *what, size_t indent)
{
	if (name->n + 2 <= indent) {
		buf_add(out, buf_str(name));
		buf_repeat(out, ' ', indent - name->n);
	} else {
		const size_t margin = buf_str(name).n - str_trim(buf_str(name)).n;
		buf_repeat(out, ' ', margin);
		wrapped(out, str_trim(buf_str(name)), margin, margin + 8);
		buf_repeat(out, ' ', indent);
	}
	wrapped(out, str_z(what), indent, indent);
	buf_done(name);
}

static void help_option(const struct opt *o, const char *formats, struct buf *out)
{
	const char *value = o == opts_option(OPT_FORMAT) && formats ? formats : o->value;
	struct buf name = {0};
	if (o->letter)
		buf_printf(&name, "  -%c%s", o->letter, o->name ? ", " : "");
	else
		buf_addz(&name, "      ");
	if (o->name)
		buf_printf(&name, "--%s", o->name);
	if (value)
		buf_printf(&name, " %s", value);
	entry(out, &name, o->what, OPTIONS_INDENT);
}

static void help_command(const struct command *c, enum command_id id, struct buf *out)
{
	buf_printf(out, "Usage: mcplog %s [OPTION...]", c->name);
	const size_t used = out->n;
	if (*c->args)
		buf_byte(out, ' ');
	wrapped(out, str_z(c->args), used + 1, USAGE_INDENT);
	buf_printf(out, "\n%s\n", c->what);
	str more = str_z(c->more);
	if (more.n)
		buf_byte(out, '\n');
	while (more.n)
		wrapped(out, str_word(&more, '\n'), 0, 0);
	buf_addz(out, "\nOptions:\n");
	for (int i = 0; i < OPT_COUNT; i++)
		if (opts_option((enum opt_id)i)->commands >> id & 1)
			help_option(opts_option((enum opt_id)i), c->formats, out);
}

/* What belongs to every command; the others stand with theirs. */
static void help_overview(struct buf *out)
{
	buf_addz(out, "Usage: mcplog COMMAND [OPTION...] [ARGUMENT...]\n\n"
		      "mcplog reads the logs of Claude Code, MCP servers and the proxies between them,\n"
		      "and says which MCP calls hung or failed, why, and what to do.\n\nCommands:\n");
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
		const struct command *c = opts_command((enum command_id)i);
		struct buf name = {0};
		buf_printf(&name, "  %s %s", c->name, c->args);
		entry(out, &name, c->what, COMMANDS_INDENT);
	}
	buf_addz(out, "\nOptions:\n");
	for (int i = 0; i < OPT_COUNT; i++)
		if (opts_option((enum opt_id)i)->commands == (1u << COMMAND_COUNT) - 1)
			help_option(opts_option((enum opt_id)i), NULL, out);
	buf_addz(out, "\nmcplog COMMAND -h lists the options of a command, mcplog --help is the manual.\n\n"
		      "Exit codes: 0 complete, 1 --fail-on hit, 2 usage or pattern error, 3 some input\n"
		      "could not be read, 4 database or output could not be written, 75 another\n"
		      "writer, 130/143 by signal.\n");
}

void opts_help(enum command_id command, struct buf *out)
{
	if (command == COMMAND_NONE)
		help_overview(out);
	else
		help_command(opts_command(command), command, out);
}
