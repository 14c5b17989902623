/*
 * -h: the tables of opts.c as text for people, at most 80 columns wide where the words allow it. Says nothing that the tables
 * do not say.
 */
#include "cli/opts.h"

enum { COMMANDS_INDENT = 34 };

/* `text` wrapped to 80 columns, behind `indent` blanks from its second line on. */
static void wrapped(struct buf *out, const char *text, size_t indent)
{
	size_t column = indent;
	str rest = str_z(text);
	while (rest.n) {
		const str word = str_word(&rest, ' ');
		if (column > indent && column + 1 + word.n > 80) {
			buf_byte(out, '\n');
			buf_repeat(out, ' ', indent);
			column = indent;
		} else if (column > indent) {
			buf_byte(out, ' ');
			column++;
		}
		buf_add(out, word);
		column += word.n;
	}
	buf_byte(out, '\n');
}

/* Blanks up to a column, on the next line when this one is too long. */
static void fill(struct buf *out, size_t start, size_t column)
{
	const size_t used = out->n - start;
	if (used + 2 > column)
		buf_byte(out, '\n');
	buf_repeat(out, ' ', used + 2 > column ? column : column - used);
}

static void help_option(const struct opt *o, const char *formats, struct buf *out)
{
	enum { INDENT = 32 };
	const char *value = o == opts_option(OPT_FORMAT) && formats ? formats : o->value;
	const size_t start = out->n;
	if (o->letter)
		buf_printf(out, "  -%c%s", o->letter, o->name ? ", " : "");
	else
		buf_addz(out, "      ");
	if (o->name)
		buf_printf(out, "--%s", o->name);
	if (value)
		buf_printf(out, " %s", value);
	fill(out, start, INDENT);
	wrapped(out, o->what, INDENT);
}

static void help_options(enum command_id command, struct buf *out)
{
	buf_addz(out, "\nOptions:\n");
	for (int i = 0; i < OPT_COUNT; i++)
		if (command == COMMAND_NONE || (opts_option((enum opt_id)i)->commands >> command & 1))
			help_option(opts_option((enum opt_id)i), opts_command(command)->formats, out);
}

void opts_help(enum command_id command, struct buf *out)
{
	if (command != COMMAND_NONE) {
		const struct command *c = opts_command(command);
		buf_printf(out, "Usage: mcplog %s [OPTION...]%s%s\n\n%s\n", c->name, *c->args ? " " : "", c->args, c->what);
		if (*c->more)
			buf_printf(out, "\n%s\n", c->more);
		help_options(command, out);
		return;
	}
	buf_addz(out, "Usage: mcplog COMMAND [OPTION...] [ARGUMENT...]\n\n"
		      "mcplog reads the logs of Claude Code, MCP servers and the proxies between them, and says\n"
		      "which MCP calls hung or failed, why, and what to do.\n\nCommands:\n");
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
		const size_t start = out->n;
		buf_printf(out, "  %s %s", opts_command((enum command_id)i)->name, opts_command((enum command_id)i)->args);
		fill(out, start, COMMANDS_INDENT);
		wrapped(out, opts_command((enum command_id)i)->what, COMMANDS_INDENT);
	}
	help_options(COMMAND_NONE, out);
	buf_addz(out, "\nExit codes: 0 complete, 1 --fail-on hit, 2 usage or pattern error, 3 some input could not be read,\n"
		      "4 database or output could not be written, 75 another writer, 130/143 by signal.\n");
}
