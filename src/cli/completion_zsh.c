/* Completion for zsh: `#compdef`, with _arguments for each command, so that the descriptions of options are shown. */
#include "cli/completion.h"

/* Inside '…' of the shell and [ ] of _arguments. */
static void put_described(struct buf *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\'') {
			buf_addz(out, "'\\''");
			continue;
		}
		if (*p == '[' || *p == ']' || *p == ':' || *p == '\\')
			buf_byte(out, '\\');
		buf_byte(out, *p);
	}
}

/* ":message:action" of a value. */
static void put_action(struct buf *out, const char *value, const struct rules *rules)
{
	struct candidates c = candidates_of(value, rules);
	buf_byte(out, ':');
	if (c.words.n)
		buf_addz(out, "value");
	else
		put_described(out, value);
	if (c.words.n && c.files)
		buf_printf(out, ":{_alternative \"values\\:value\\:(%.*s)\" \"files\\:file\\:_files\"}", STR_ARG(buf_str(&c.words)));
	else if (c.words.n)
		buf_printf(out, ":(%.*s)", STR_ARG(buf_str(&c.words)));
	else if (c.files)
		buf_addz(out, ":_files");
	else if (c.dirs)
		buf_addz(out, ":_files -/");
	else
		buf_addz(out, ": ");
	buf_done(&c.words);
}

static void put_option(struct buf *out, enum opt_id id, enum command_id command, const struct rules *rules)
{
	const struct opt *o = opts_option(id);
	const bool takes = o->type != OPT_FLAG;
	buf_addz(out, "\t\t\t\t");
	if (o->letter && o->name)
		buf_printf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, takes ? "+" : "", o->name, takes ? "=" : "");
	else if (o->letter)
		buf_printf(out, "'-%c%s[", o->letter, takes ? "+" : "");
	else
		buf_printf(out, "'%s--%s%s[", id == OPT_PATTERNS ? "*" : "", o->name, takes ? "=" : "");
	put_described(out, o->what);
	buf_byte(out, ']');
	if (takes)
		put_action(out, option_value(id, command), rules);
	buf_addz(out, "' \\\n");
}

static void put_command(struct buf *out, enum command_id command, const struct rules *rules)
{
	struct buf first = {0}, rest = {0};
	argument_values(command, &first, &rest);
	buf_printf(out, "\t\t%s)\n\t\t\t_arguments -s \\\n", opts_command(command)->name);
	for (int i = 0; i < OPT_COUNT; i++)
		if (opts_option((enum opt_id)i)->commands >> command & 1)
			put_option(out, (enum opt_id)i, command, rules);
	if (first.n > 1) {
		buf_addz(out, "\t\t\t\t'1:");
		put_action(out, first.p, rules);
		buf_addz(out, "' \\\n");
	}
	if (rest.n > 1) {
		buf_addz(out, "\t\t\t\t'*:");
		put_action(out, rest.p, rules);
		buf_addz(out, "' \\\n");
	}
	buf_addz(out, "\t\t\t\t&& return 0\n\t\t\t;;\n");
	buf_done(&first);
	buf_done(&rest);
}

void completion_zsh(const struct rules *rules, struct buf *out)
{
	buf_addz(out, "#compdef mcplog\n"
		      "# zsh completion of mcplog; made by `mcplog completion zsh`\n"
		      "_mcplog() {\n"
		      "\tlocal context state state_descr line ret=1\n"
		      "\ttypeset -A opt_args\n"
		      "\tlocal -a commands\n"
		      "\tcommands=(\n");
	for (int k = COMMAND_NONE + 1; k < COMMAND_COUNT; k++) {
		buf_printf(out, "\t\t'%s:", opts_command((enum command_id)k)->name);
		put_described(out, opts_command((enum command_id)k)->what);
		buf_addz(out, "'\n");
	}
	buf_addz(out, "\t)\n"
		      "\t_arguments -C '(- *)--help[the manual page]' '(- *)'{-V,--version}'[the version of the program]' \\\n"
		      "\t\t'1: :->command' '*:: :->argument' && return 0\n"
		      "\tcase $state in\n"
		      "\tcommand) _describe -t commands 'mcplog command' commands && return 0 ;;\n"
		      "\targument)\n"
		      "\t\tcase $words[1] in\n");
	for (int k = COMMAND_NONE + 1; k < COMMAND_COUNT; k++)
		put_command(out, (enum command_id)k, rules);
	buf_addz(out, "\t\tesac\n"
		      "\t\t;;\n"
		      "\tesac\n"
		      "\treturn ret\n"
		      "}\n"
		      "if [[ $funcstack[1] == _mcplog ]]; then _mcplog \"$@\"; else compdef _mcplog mcplog; fi\n");
}
