/*
 * completion: the script of one shell on stdout. What can be completed is read off the tables of opts.c; the ids of causes
 * come from the knowledge as it is loaded now, the user's own included.
 */
#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/exit_code.h"
#include "cli/run.h"
#include "knowledge/knowledge.h"
#include "model/cause.h"

static void add_word(struct buf *words, str word)
{
	if (words->n)
		buf_byte(words, ' ');
	buf_add(words, word);
}

/* A word in small letters stands for itself. */
static bool is_literal(str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!((word.p[i] >= 'a' && word.p[i] <= 'z') || str_is_digit(word.p[i]) || word.p[i] == '-' || word.p[i] == '_'))
			return false;
	return word.n > 0;
}

static void add_causes(struct buf *words, const struct rules *rules)
{
	for (size_t i = 0; i < rules->causes.n; i++)
		if (i == 0 || !str_eq(rules->causes.v[i]->id, rules->causes.v[i - 1]->id))
			add_word(words, rules->causes.v[i]->id);
}

static void add_questions(struct buf *words, const struct rules *rules)
{
	for (size_t i = 0; i < rules->queries.n; i++)
		add_word(words, rules->queries.v[i].id);
}

static void add_commands(struct buf *words)
{
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
		add_word(words, str_z(opts_command((enum command_id)i)->name));
}

struct candidates candidates_of(const char *value, const struct rules *rules)
{
	struct candidates c = {0};
	str rest = str_z(value);
	while (rest.n) {
		str word = str_word(&rest, '|');
		if (str_starts(word, S("[")))
			word = str_from(word, 1);
		if (str_ends(word, S("]")))
			word.n--;
		if (str_ends(word, S("...")))
			word.n -= 3;
		if (is_literal(word))
			add_word(&c.words, word);
		else if (str_eq(word, S("SEVERITY")))
			add_word(&c.words, S("info warning critical"));
		else if (str_eq(word, S("CAUSE")))
			add_causes(&c.words, rules);
		else if (str_eq(word, S("QUESTION")))
			add_questions(&c.words, rules);
		else if (str_eq(word, S("COMMAND")))
			add_commands(&c.words);
		c.files |= str_eq(word, S("FILE")) || str_eq(word, S("PATH"));
		c.dirs |= str_eq(word, S("DIR"));
	}
	return c;
}

const char *option_value(enum opt_id id, enum command_id command)
{
	const char *formats = opts_command(command)->formats;
	return id == OPT_FORMAT && formats ? formats : opts_option(id)->value;
}

void argument_values(enum command_id command, struct buf *ret_first, struct buf *ret_rest)
{
	str args = str_z(opts_command(command)->args);
	const str first = str_word(&args, ' ');
	buf_add(ret_first, first);
	buf_add(ret_rest, args.n || !str_ends(first, S("...]")) ? args : first);
	buf_byte(ret_first, 0);
	buf_byte(ret_rest, 0);
}

static const struct {
	const char *shell;
	void (*write)(const struct rules *rules, struct buf *out);
} shells[] = {
	{"bash", completion_bash},
	{"zsh", completion_zsh},
	{"fish", completion_fish},
};
enum { SHELLS = sizeof shells / sizeof *shells };

static int unknown_shell(const char *name, struct err *reterr)
{
	struct nearest near = nearest_start(str_z(name));
	for (int i = 0; i < SHELLS; i++)
		nearest_offer(&near, str_z(shells[i].shell));
	const int code = name ? err_set(reterr, ERR_USAGE, "completion: '%s' is no shell that it knows", name)
			      : err_set(reterr, ERR_USAGE, "completion: the shell is missing");
	if (nearest_result(&near).n)
		err_hint(reterr, "did you mean %.*s?", STR_ARG(nearest_result(&near)));
	else
		err_hint(reterr, "choose one of bash, zsh, fish");
	return code;
}

int cmd_completion(const struct env *env, const struct opts *opts)
{
	struct err e = {0};
	struct arena a = {0};
	struct rules rules = {0};
	struct buf out = {0};
	const char *name = opts->arg_count == 1 ? opts->args[0] : NULL;
	int chosen = 0;
	while (chosen < SHELLS && !(name && str_eq(str_z(name), str_z(shells[chosen].shell))))
		chosen++;
	int failed = chosen < SHELLS ? run_load_rules(env, opts, &a, &rules, &e) : unknown_shell(name, &e);
	int code = EXIT_CODE_COMPLETE;
	if (!failed) {
		shells[chosen].write(&rules, &out);
		code = command_print(env, buf_str(&out));
	} else {
		e.code = failed;
		code = command_failed(env, &e);
	}
	buf_done(&out);
	knowledge_free(&rules);
	arena_done(&a);
	return code;
}
