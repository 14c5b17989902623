/*
 * Words of a command line to options, by the tables of opts.c. Options may stand anywhere before `--`; the first word that is
 * no option names the command. What is mistyped is answered with the nearest name.
 *
 * It refuses to interpret values beyond their shape (a number within its bounds, one of the choices): what a time, a zone
 * or a cause means is the command's business.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "cli/opts.h"

bool opts_find(str name, enum opt_id *ret)
{
	for (int i = 0; i < OPT_COUNT; i++)
		if (opts_option((enum opt_id)i)->name && str_eq(name, str_z(opts_option((enum opt_id)i)->name))) {
			*ret = (enum opt_id)i;
			return true;
		}
	return false;
}

bool opts_find_command(str name, enum command_id *ret)
{
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
		if (str_eq(name, str_z(opts_command((enum command_id)i)->name))) {
			*ret = (enum command_id)i;
			return true;
		}
	return false;
}

/* The nearest name among the options of the command, else among all. */
static str nearest_option(str word, enum command_id command)
{
	struct nearest near = nearest_start(word);
	for (int i = 0; i < OPT_COUNT; i++)
		if (command == COMMAND_NONE || (opts_option((enum opt_id)i)->commands >> command & 1))
			nearest_offer(&near, str_z(opts_option((enum opt_id)i)->name));
	if (nearest_result(&near).n)
		return nearest_result(&near);
	near = nearest_start(word);
	for (int i = 0; i < OPT_COUNT; i++)
		nearest_offer(&near, str_z(opts_option((enum opt_id)i)->name));
	return nearest_result(&near);
}

static bool is_choice(str name, const char *choices)
{
	str rest = str_z(choices);
	while (rest.n)
		if (str_eq(str_word(&rest, '|'), name))
			return true;
	return false;
}

/* The option that this is a value of: --json for --format json. */
static const char *option_of_value(str name, enum command_id command)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = opts_option((enum opt_id)i);
		const bool known = command != COMMAND_NONE, belongs = !known || (o->commands >> command & 1);
		const char *choices = known && i == OPT_FORMAT ? opts_command(command)->formats : o->value;
		if (o->name && o->type == OPT_CHOICE && belongs && is_choice(name, choices))
			return o->name;
	}
	return NULL;
}

static int unknown_option(str name, bool is_letter, enum command_id command, struct err *reterr)
{
	const int code = err_set(reterr, ERR_USAGE, "unknown option %s%.*s", is_letter ? "-" : "--", STR_ARG(name));
	const str near = is_letter ? STR_NONE : nearest_option(name, command);
	const char *of_value = is_letter ? NULL : option_of_value(name, command);
	if (of_value)
		err_hint(reterr, "did you mean --%s %.*s?", of_value, STR_ARG(name));
	else if (near.n)
		err_hint(reterr, "did you mean --%.*s?", STR_ARG(near));
	else
		err_hint(reterr, "mcplog%s%s -h lists the options", command == COMMAND_NONE ? "" : " ", command == COMMAND_NONE ? "" : opts_command(command)->name);
	return code;
}

static int unknown_command(const char *word, struct err *reterr)
{
	struct nearest near = nearest_start(str_z(word));
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
		nearest_offer(&near, str_z(opts_command((enum command_id)i)->name));
	const int code = err_set(reterr, ERR_USAGE, "unknown command '%s'", word);
	if (nearest_result(&near).n)
		err_hint(reterr, "did you mean mcplog %.*s?", STR_ARG(nearest_result(&near)));
	else if (strchr(word, '/') || strchr(word, '.'))
		err_hint(reterr, "to read a log: mcplog analyze %s", word);
	else
		err_hint(reterr, "mcplog -h lists the commands");
	return code;
}

static int find_letter(const char *letter, enum command_id command, enum opt_id *ret, struct err *reterr)
{
	for (int i = 0; i < OPT_COUNT; i++)
		if (opts_option((enum opt_id)i)->letter && opts_option((enum opt_id)i)->letter == *letter) {
			*ret = (enum opt_id)i;
			return 0;
		}
	return unknown_option((str){letter, 1}, true, command, reterr);
}

/* How the option is written in messages. */
static void option_spelling(const struct opt *o, char ret[40])
{
	if (o->name) {
		ret[0] = ret[1] = '-';
		size_t n = strlen(o->name);
		n = n < 37 ? n : 37;
		memcpy(ret + 2, o->name, n);
		ret[n + 2] = 0;
	} else {
		ret[0] = '-';
		ret[1] = o->letter;
		ret[2] = 0;
	}
}

static int bad_value(const struct opt *o, const char *value, const char *what, struct err *reterr)
{
	char spelling[40];
	option_spelling(o, spelling);
	return err_set(reterr, ERR_USAGE, "%s: '%s' is %s", spelling, value, what);
}

static int check_choice(const struct opt *o, const char *choices, const char *value, struct err *reterr)
{
	if (is_choice(str_z(value), choices))
		return 0;
	const int code = bad_value(o, value, "none of the choices", reterr);
	err_hint(reterr, "choose one of %s", choices);
	return code;
}

static int check_number(const struct opt *o, const char *value, struct err *reterr)
{
	uint64_t n;
	if (str_u64(str_z(value), &n) && n >= o->min && n <= o->max)
		return 0;
	const int code = bad_value(o, value, "no number that it can take", reterr);
	err_hint(reterr, "give a whole number from %u to %u", o->min, o->max);
	return code;
}

int opts_check(enum opt_id id, const char *choices, const char *value, struct err *reterr)
{
	const struct opt *opt = opts_option(id);
	if (opt->type == OPT_CHOICE)
		return check_choice(opt, choices ? choices : opt->value, value, reterr);
	if (opt->type == OPT_NUMBER)
		return check_number(opt, value, reterr);
	return opt->type == OPT_TEXT && !*value ? bad_value(opt, value, "empty", reterr) : 0;
}

static int set_value(struct opts *o, enum opt_id id, const char *value, struct err *reterr)
{
	/* The choices of --format depend on the command, which may stand behind it: check_belongs. */
	const int e = id == OPT_FORMAT ? 0 : opts_check(id, NULL, value, reterr);
	if (e)
		return e;
	if (id == OPT_PATTERNS) {
		if (o->pattern_count == OPTS_DIRS)
			return err_set(reterr, ERR_USAGE, "--patterns can be given %d times at most", OPTS_DIRS);
		o->patterns[o->pattern_count++] = value;
	}
	o->verbose += id == OPT_VERBOSE;
	o->value[id] = value;
	o->from[id] = FROM_COMMAND_LINE;
	return 0;
}

/* Takes the option's value from behind '=' or from the next word; *i moves over it. */
static int take_option(struct opts *o, enum opt_id id, const char *attached, int argc, char **argv, int *i, struct err *reterr)
{
	const struct opt *opt = opts_option(id);
	char spelling[40];
	option_spelling(opt, spelling);
	if (opt->type == OPT_FLAG) {
		if (attached)
			return err_set(reterr, ERR_USAGE, "%s takes no value", spelling);
		return set_value(o, id, "", reterr);
	}
	if (!attached) {
		if (*i + 1 >= argc) {
			const int code = err_set(reterr, ERR_USAGE, "%s needs a value", spelling);
			err_hint(reterr, "%s %s", spelling, opt->value);
			return code;
		}
		attached = argv[++*i];
	}
	return set_value(o, id, attached, reterr);
}

static int take_letters(struct opts *o, int argc, char **argv, int *i, struct err *reterr)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		enum opt_id id = OPT_COUNT;
		int e = find_letter(p, o->command, &id, reterr);
		if (e)
			return e;
		if (opts_option(id)->type != OPT_FLAG)
			return take_option(o, id, p[1] ? p + 1 : NULL, argc, argv, i, reterr);
		e = take_option(o, id, NULL, argc, argv, i, reterr);
		if (e)
			return e;
	}
	return 0;
}

static int take_word(struct opts *o, char *word, struct err *reterr)
{
	if (o->command == COMMAND_NONE)
		return opts_find_command(str_z(word), &o->command) ? 0 : unknown_command(word, reterr);
	o->args[o->arg_count++] = word;
	return 0;
}

/* A name may have several rows, each for other commands; the command usually stands before its options. */
static enum opt_id row_of(enum opt_id id, enum command_id command)
{
	for (int i = id; i < OPT_COUNT; i++) {
		const struct opt *o = opts_option((enum opt_id)i);
		if (o->name && str_eq(str_z(o->name), str_z(opts_option(id)->name)) && (o->commands >> command & 1))
			return (enum opt_id)i;
	}
	return id;
}

static int take(struct opts *o, int argc, char **argv, int *i, struct err *reterr)
{
	char *word = argv[*i];
	if (word[0] != '-' || !word[1])
		return take_word(o, word, reterr);
	if (word[1] != '-')
		return take_letters(o, argc, argv, i, reterr);
	const char *equals = strchr(word, '=');
	const str name = {word + 2, equals ? (size_t)(equals - word) - 2 : strlen(word) - 2};
	enum opt_id id = OPT_COUNT;
	if (!opts_find(name, &id))
		return unknown_option(name, false, o->command, reterr);
	id = row_of(id, o->command);
	return take_option(o, id, equals ? equals + 1 : NULL, argc, argv, i, reterr);
}

/* An option that belongs to other commands only. */
static int check_belongs(const struct opts *o, struct err *reterr)
{
	for (int i = 0; o->command != COMMAND_NONE && o->command != COMMAND_CONFIG && i < OPT_COUNT; i++) {
		if (!o->value[i] || (opts_option((enum opt_id)i)->commands >> o->command & 1))
			continue;
		char spelling[40];
		option_spelling(opts_option((enum opt_id)i), spelling);
		const int code = err_set(reterr, ERR_USAGE, "mcplog %s has no option %s", opts_command(o->command)->name, spelling);
		err_hint(reterr, "mcplog help %s lists its options", opts_command(o->command)->name);
		return code;
	}
	const char *format = o->value[OPT_FORMAT], *formats = opts_command(o->command)->formats;
	return format && formats ? opts_check(OPT_FORMAT, formats, format, reterr) : 0;
}

int opts_parse(int argc, char **argv, struct opts *ret, struct err *reterr)
{
	*ret = (struct opts){.args = mem_grow(NULL, (size_t)argc + 1, sizeof *ret->args)};
	bool ended = false;
	for (int i = 1; i < argc; i++) {
		int e = 0;
		if (ended)
			e = take_word(ret, argv[i], reterr);
		else if (strcmp(argv[i], "--") == 0)
			ended = true;
		else
			e = take(ret, argc, argv, &i, reterr);
		if (e)
			return e;
	}
	return check_belongs(ret, reterr);
}

void opts_done(struct opts *o)
{
	free(o->args);
	o->args = NULL;
	arena_done(&o->texts);
}

uint32_t opts_number(const struct opts *o, enum opt_id id, uint32_t otherwise)
{
	uint64_t n;
	return o->value[id] && str_u64(str_z(o->value[id]), &n) ? (uint32_t)n : otherwise;
}
