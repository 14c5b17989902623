/*
 * Completion for bash, without the bash-completion package: one function that knows the command, the word before the cursor
 * and how bash splits at '='. Options before the command are understood.
 */
#include "cli/completion.h"

static void put_case(struct buf *out, const char *pattern, const struct candidates *c)
{
	if (!c->words.n && !c->files && !c->dirs)
		return;
	buf_printf(out, "\t%s) _mcplog_offer '%.*s'%s ;;\n", pattern, STR_ARG(buf_str(&c->words)), c->files ? " -f" : c->dirs ? " -d" : "");
}

static void put_option_patterns(struct buf *out, const char *command, const struct opt *o)
{
	if (o->name)
		buf_printf(out, "%s:--%s", command, o->name);
	if (o->letter)
		buf_printf(out, "%s%s:-%c", o->name ? "|" : "", command, o->letter);
	buf_byte(out, 0);
}

/* --format is different for each command, and some names mean something else to another command. */
static bool differs(enum opt_id id)
{
	const str name = str_z(opts_option(id)->name);
	bool several = false;
	for (int i = 0; i < OPT_COUNT; i++)
		several |= i != (int)id && name.n && str_eq(str_z(opts_option((enum opt_id)i)->name), name);
	return id == OPT_FORMAT || several;
}

/* What stands behind an option that takes a value. */
static void put_values(struct buf *out, const struct rules *rules)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = opts_option((enum opt_id)i);
		for (int k = COMMAND_NONE + 1; o->type != OPT_FLAG && k < COMMAND_COUNT; k++) {
			const bool by_command = differs((enum opt_id)i);
			if (by_command && (!(o->commands >> k & 1) || (i == OPT_FORMAT && !opts_command((enum command_id)k)->formats)))
				continue;
			struct buf pattern = {0};
			struct candidates c = candidates_of(option_value((enum opt_id)i, (enum command_id)k), rules);
			put_option_patterns(&pattern, by_command ? opts_command((enum command_id)k)->name : "*", o);
			if (c.words.n || c.files || c.dirs)
				put_case(out, pattern.p, &c);
			else
				buf_printf(out, "\t%s) ;;\n", pattern.p);
			buf_done(&c.words);
			buf_done(&pattern);
			if (!by_command)
				break;
		}
	}
}

static void put_options(struct buf *out)
{
	for (int k = COMMAND_NONE + 1; k < COMMAND_COUNT; k++) {
		buf_printf(out, "\t%s) options='", opts_command((enum command_id)k)->name);
		const char *between = "";
		for (int i = 0; i < OPT_COUNT; i++)
			if (opts_option((enum opt_id)i)->name && (opts_option((enum opt_id)i)->commands >> k & 1)) {
				buf_printf(out, "%s--%s", between, opts_option((enum opt_id)i)->name);
				between = " ";
			}
		buf_addz(out, "' ;;\n");
	}
}

static void put_arguments(struct buf *out, const struct rules *rules)
{
	for (int k = COMMAND_NONE + 1; k < COMMAND_COUNT; k++) {
		struct buf first = {0}, rest = {0}, pattern = {0};
		argument_values((enum command_id)k, &first, &rest);
		struct candidates a = candidates_of(first.p, rules), b = candidates_of(rest.p, rules);
		buf_printf(&pattern, "%s:1", opts_command((enum command_id)k)->name);
		buf_byte(&pattern, 0);
		put_case(out, pattern.p, &a);
		buf_reset(&pattern);
		buf_printf(&pattern, "%s:*", opts_command((enum command_id)k)->name);
		buf_byte(&pattern, 0);
		put_case(out, pattern.p, &b);
		buf_done(&a.words);
		buf_done(&b.words);
		buf_done(&first);
		buf_done(&rest);
		buf_done(&pattern);
	}
}

/* Options that take a value, so that the value is not taken for an argument. */
static void put_takers(struct buf *out)
{
	const char *between = "";
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = opts_option((enum opt_id)i);
		if (o->type == OPT_FLAG)
			continue;
		if (o->name)
			buf_printf(out, "%s--%s", between, o->name);
		if (o->letter)
			buf_printf(out, "%s-%c", o->name ? "|" : between, o->letter);
		between = "|";
	}
}

static void put_commands(struct buf *out)
{
	const char *between = "";
	for (int k = COMMAND_NONE + 1; k < COMMAND_COUNT; k++) {
		buf_printf(out, "%s%s", between, opts_command((enum command_id)k)->name);
		between = " ";
	}
}

void completion_bash(const struct rules *rules, struct buf *out)
{
	buf_addz(out, "# bash completion of mcplog; made by `mcplog completion bash`\n"
		      "_mcplog_offer() {\n"
		      "\tlocal IFS=$' \\t\\n'\n"
		      "\tCOMPREPLY=($(compgen -W \"$1\" -- \"$cur\"))\n"
		      "\tif [[ -n $2 ]]; then\n"
		      "\t\tlocal IFS=$'\\n'\n"
		      "\t\tcompopt -o filenames 2>/dev/null\n"
		      "\t\tCOMPREPLY+=($(compgen \"$2\" -- \"$cur\"))\n"
		      "\tfi\n"
		      "}\n"
		      "_mcplog() {\n"
		      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev='' command='' options='' word last='' i count=0\n"
		      "\tCOMPREPLY=()\n"
		      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		      "\t\tword=${COMP_WORDS[i]}\n"
		      "\t\tif [[ $word == '=' ]]; then continue; fi\n"
		      "\t\tcase $last in ");
	put_takers(out);
	buf_addz(out, ") last=''; prev=''; continue ;; esac\n"
		      "\t\tlast=$word\n"
		      "\t\tcase $word in\n"
		      "\t\t-*) ;;\n"
		      "\t\t*) if [[ -z $command ]]; then command=$word; else count=$((count + 1)); fi ;;\n"
		      "\t\tesac\n"
		      "\tdone\n"
		      "\tprev=$last\n"
		      "\tif [[ $cur == '=' ]]; then cur=''; fi\n"
		      "\tcase $command:$prev in\n");
	put_values(out, rules);
	buf_addz(out, "\t*) prev='' ;;\n"
		      "\tesac\n"
		      "\tif [[ -n $prev ]]; then return; fi\n"
		      "\tcase $command in\n");
	put_options(out);
	buf_addz(out, "\t'')\n"
		      "\t\tif [[ $cur == -* ]]; then _mcplog_offer '--help --version'; else _mcplog_offer '");
	put_commands(out);
	buf_addz(out, "'; fi\n"
		      "\t\treturn\n"
		      "\t\t;;\n"
		      "\tesac\n"
		      "\tif [[ $cur == -* ]]; then\n"
		      "\t\t_mcplog_offer \"$options\"\n"
		      "\t\treturn\n"
		      "\tfi\n"
		      "\tcase $command:$((count + 1)) in\n");
	put_arguments(out, rules);
	buf_addz(out, "\tesac\n"
		      "}\n"
		      "complete -F _mcplog mcplog\n");
}
