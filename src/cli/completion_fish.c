/* Completion for fish: a `complete` line for each command, each option of a command and each argument. */
#include "cli/completion.h"

/* Inside '…' of fish. */
static void put_quoted(struct buf *out, str text)
{
	buf_byte(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'' || text.p[i] == '\\')
			buf_byte(out, '\\');
		buf_byte(out, text.p[i]);
	}
	buf_byte(out, '\'');
}

static void put_candidates(struct buf *out, const struct candidates *c)
{
	buf_addz(out, c->files || c->dirs ? " -F" : " -f");
	if (c->words.n) {
		buf_addz(out, " -a ");
		put_quoted(out, buf_str(&c->words));
	}
}

static void put_option(struct buf *out, enum opt_id id, enum command_id command, const struct rules *rules)
{
	const struct opt *o = opts_option(id);
	buf_printf(out, "complete -c mcplog -n '__fish_seen_subcommand_from %s'", opts_command(command)->name);
	if (o->letter)
		buf_printf(out, " -s %c", o->letter);
	if (o->name)
		buf_printf(out, " -l %s", o->name);
	if (o->type != OPT_FLAG) {
		struct candidates c = candidates_of(option_value(id, command), rules);
		buf_addz(out, " -r");
		put_candidates(out, &c);
		buf_done(&c.words);
	}
	buf_addz(out, " -d ");
	put_quoted(out, str_z(o->what));
	buf_byte(out, '\n');
}

/* fish does not count arguments: those of the first place and those behind it are offered together. */
static void put_arguments(struct buf *out, enum command_id command, const struct rules *rules)
{
	struct buf first = {0}, rest = {0};
	argument_values(command, &first, &rest);
	struct candidates a = candidates_of(first.p, rules), b = candidates_of(rest.p, rules);
	a.files |= b.files;
	a.dirs |= b.dirs;
	if (a.words.n || a.files || a.dirs) {
		buf_printf(out, "complete -c mcplog -n '__fish_seen_subcommand_from %s'", opts_command(command)->name);
		put_candidates(out, &a);
		buf_byte(out, '\n');
	}
	buf_done(&a.words);
	buf_done(&b.words);
	buf_done(&first);
	buf_done(&rest);
}

void completion_fish(const struct rules *rules, struct buf *out)
{
	buf_addz(out, "# fish completion of mcplog; made by `mcplog completion fish`\n"
		      "complete -c mcplog -f\n"
		      "complete -c mcplog -n __fish_use_subcommand -l help -d 'the manual page'\n"
		      "complete -c mcplog -n __fish_use_subcommand -s V -l version -d 'the version of the program'\n");
	for (int k = COMMAND_NONE + 1; k < COMMAND_COUNT; k++) {
		buf_printf(out, "complete -c mcplog -n __fish_use_subcommand -a %s -d ", opts_command((enum command_id)k)->name);
		put_quoted(out, str_z(opts_command((enum command_id)k)->what));
		buf_byte(out, '\n');
		put_arguments(out, (enum command_id)k, rules);
		for (int i = 0; i < OPT_COUNT; i++)
			if (opts_option((enum opt_id)i)->commands >> k & 1)
				put_option(out, (enum opt_id)i, (enum command_id)k, rules);
	}
}
