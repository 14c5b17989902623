/*
 * The command line. options[] is the one description of every option: what parses, what -h prints and what the manual is
 * checked against all come from it; commands[] is the same for commands. Options may stand anywhere before `--`; the first
 * word that is no option names the command. Only commands that exist stand in commands[]; the ones that the contract
 * promises for later versions are named in not_yet[], so that the message can say so instead of guessing a typing error.
 *
 * --format takes other choices with every command: options[] lists all of them, each command its own.
 *
 * It refuses to interpret values beyond their shape (a number within its bounds, one of the choices): what a time, a zone
 * or a cause means is the command's business.
 */
#include "cli/opts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"

#define BIT(command) (1u << COMMAND_##command)
enum {
	ON_ANALYZE = BIT(ANALYZE),
	ON_REPORTS = BIT(ANALYZE) | BIT(EXPLAIN),
	ON_STORE = BIT(ANALYZE) | BIT(EXPLAIN) | BIT(STATUS),
	ON_RULES = BIT(ANALYZE) | BIT(EXPLAIN) | BIT(PATTERNS) | BIT(STATUS),
	ON_ALL = (1u << COMMAND_COUNT) - 1,
};

static const struct command commands[COMMAND_COUNT] = {
	[COMMAND_NONE] = {"", "", "", "", NULL},
	[COMMAND_ANALYZE] = {"analyze", "[PATH...]", "read logs and report which MCP calls hung or failed, and why",
		"PATH is a log file, a directory (read recursively, hidden folders included) or - for standard input.\n"
		"Without PATH it reads your own logs: the debug directory, the MCP cache logs and the transcripts.",
		"text|json|ndjson"},
	[COMMAND_EXPLAIN] = {"explain", "ID|CAUSE [PATH...]", "one incident with its whole proof, or the page of a cause",
		"ID is an incident id (v1:...) of a report, or the beginning of one. Without PATH it is looked for in the\n"
		"timeline. CAUSE is the id of a cause or a note, such as sse-drop-silent-hang.", NULL},
	[COMMAND_PATTERNS] = {"patterns", "ACTION [ID]", "the knowledge base: list, test, lint, new",
		"list shows what is loaded (--origin: from where); test runs every sample of every pattern, or of ID;\n"
		"lint also says what a pattern costs; new ID prints the skeleton of a signature.", NULL},
	[COMMAND_STATUS] = {"status", "", "every source of the timeline with offset, pending bytes and problems", "", NULL},
	[COMMAND_HELP] = {"help", "[COMMAND]", "this overview, or the options of one command", "", NULL},
	[COMMAND_VERSION] = {"version", "", "the version of the program", "", NULL},
};

/* Commands of later versions. */
static const char *const not_yet[] = {"check", "watch", "timeline", "report", "query", "export", "unknown", "doctor",
	"alerts", "init", "diff", "prune", "completion"};

#define SEVERITIES "info|warning|critical"
#define WHEN "auto|always|never"
static const struct opt options[OPT_COUNT] = {
	[OPT_DB] = {"db", 0, OPT_TEXT, "FILE", 0, 0, ON_STORE,
		"timeline to use; :memory: keeps nothing (default: mcplog/timeline.db in $XDG_STATE_HOME or ~/.local/state)"},
	[OPT_FORMAT] = {"format", 'f', OPT_CHOICE, "text|json|ndjson", 0, 0, ON_ANALYZE, "form of the report (default: text)"},
	[OPT_OUTPUT] = {"output", 'o', OPT_TEXT, "FILE", 0, 0, ON_REPORTS, "write the report to FILE, whole or not at all"},
	[OPT_SINCE] = {"since", 0, OPT_TEXT, "TIME", 0, 0, ON_ANALYZE,
		"only incidents and notes from TIME on: 2026-05-17T20:23, \"30 min ago\" (before the as-of time), yesterday"},
	[OPT_UNTIL] = {"until", 0, OPT_TEXT, "TIME", 0, 0, ON_ANALYZE, "only incidents and notes that began before TIME"},
	[OPT_SERVER] = {"server", 0, OPT_TEXT, "NAME", 0, 0, ON_ANALYZE, "only this MCP server"},
	[OPT_TOOL] = {"tool", 0, OPT_TEXT, "NAME", 0, 0, ON_ANALYZE, "only this tool (its bare name)"},
	[OPT_SESSION] = {"session", 0, OPT_TEXT, "ID", 0, 0, ON_ANALYZE, "only this client session; the beginning of its id is enough"},
	[OPT_CAUSE] = {"cause", 0, OPT_TEXT, "CAUSE", 0, 0, ON_ANALYZE, "only incidents and notes of this kind"},
	[OPT_MIN_SEVERITY] = {"min-severity", 0, OPT_CHOICE, SEVERITIES, 0, 0, ON_ANALYZE, "only incidents at least this severe"},
	[OPT_FAIL_ON] = {"fail-on", 0, OPT_TEXT, "SEVERITY|CAUSE|open", 0, 0, ON_ANALYZE,
		"leave with 1 when the report holds such an incident (open: one that is not over)"},
	[OPT_AS_OF] = {"as-of", 0, OPT_TEXT, "TIME", 0, 0, ON_REPORTS,
		"judge open calls as of TIME (default: the last time stamp in the input)"},
	[OPT_TZ] = {"tz", 0, OPT_TEXT, "ZONE", 0, 0, ON_REPORTS,
		"zone of log times that name none: UTC, local, +02:00, Europe/Berlin (default: UTC)"},
	[OPT_PATTERNS] = {"patterns", 0, OPT_TEXT, "DIR", 0, 0, ON_RULES, "more knowledge from DIR; may be repeated, later ids win"},
	[OPT_FINAL] = {"final", 0, OPT_FLAG, NULL, 0, 0, ON_REPORTS, "the input will not grow: a last line without newline counts"},
	[OPT_REQUIRE_FILES] = {"require-files", 0, OPT_FLAG, NULL, 0, 0, ON_REPORTS, "no log found is an error (exit code 3)"},
	[OPT_FOLLOW_SYMLINKS] = {"follow-symlinks", 0, OPT_FLAG, NULL, 0, 0, ON_REPORTS, "follow links that leave the directory"},
	[OPT_FORCE_TEXT] = {"force-text", 0, OPT_FLAG, NULL, 0, 0, ON_REPORTS, "read files that look binary"},
	[OPT_ALLOW_ROOT] = {"allow-root", 0, OPT_FLAG, NULL, 0, 0, ON_REPORTS, "as root, read files that belong to other users"},
	[OPT_JOBS] = {"jobs", 'j', OPT_NUMBER, "N", 1, 256, ON_REPORTS, "files read at the same time (this version always reads one)"},
	[OPT_LOCK_WAIT] = {"lock-wait", 0, OPT_NUMBER, "SECONDS", 0, 86400, ON_REPORTS, "how long to wait for another writer (default: 5)"},
	[OPT_NO_REDACT] = {"no-redact", 0, OPT_FLAG, NULL, 0, 0, ON_REPORTS, "do not hide secrets; then nothing is kept in a timeline"},
	[OPT_COLOR] = {"color", 0, OPT_CHOICE, WHEN, 0, 0, ON_REPORTS, "colours (default: auto, on a terminal; NO_COLOR and TERM=dumb count)"},
	[OPT_ASCII] = {"ascii", 0, OPT_FLAG, NULL, 0, 0, ON_REPORTS, "text with ASCII characters only"},
	[OPT_PROGRESS] = {"progress", 0, OPT_CHOICE, WHEN, 0, 0, ON_REPORTS, "progress on stderr (default: auto, on a terminal)"},
	[OPT_ORIGIN] = {"origin", 0, OPT_FLAG, NULL, 0, 0, BIT(PATTERNS), "list: show the file that each entry comes from"},
	[OPT_QUIET] = {"quiet", 'q', OPT_FLAG, NULL, 0, 0, ON_ALL, "no warnings on stderr"},
	[OPT_VERBOSE] = {"verbose", 'v', OPT_FLAG, NULL, 0, 0, ON_ALL, "all evidence, and the details of notes and sources"},
	[OPT_SHORT_HELP] = {NULL, 'h', OPT_FLAG, NULL, 0, 0, ON_ALL, "short help"},
	[OPT_HELP] = {"help", 0, OPT_FLAG, NULL, 0, 0, ON_ALL, "the manual page"},
	[OPT_VERSION] = {"version", 'V', OPT_FLAG, NULL, 0, 0, ON_ALL, "the version of the program"},
};
_Static_assert(OPT_COUNT <= 64, "option ids fit everywhere");

const struct command *opts_command(enum command_id id)
{
	return &commands[id];
}

const struct opt *opts_option(enum opt_id id)
{
	return &options[id];
}

static str nearest_option(str word)
{
	struct nearest near = nearest_start(word);
	for (int i = 0; i < OPT_COUNT; i++)
		nearest_offer(&near, str_z(options[i].name));
	return nearest_result(&near);
}

static int unknown_option(str name, bool is_letter, struct err *reterr)
{
	const int code = err_set(reterr, ERR_USAGE, "unknown option %s%.*s", is_letter ? "-" : "--", STR_ARG(name));
	const str near = is_letter ? STR_NONE : nearest_option(name);
	if (near.n)
		err_hint(reterr, "did you mean --%.*s?", STR_ARG(near));
	else
		err_hint(reterr, "mcplog -h lists the options");
	return code;
}

static int unknown_command(const char *word, struct err *reterr)
{
	for (size_t i = 0; i < sizeof not_yet / sizeof *not_yet; i++)
		if (strcmp(word, not_yet[i]) == 0) {
			const int code = err_set(reterr, ERR_USAGE, "this version has no command '%s'", word);
			err_hint(reterr, "mcplog -h lists the commands it has");
			return code;
		}
	struct nearest near = nearest_start(str_z(word));
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
		nearest_offer(&near, str_z(commands[i].name));
	const int code = err_set(reterr, ERR_USAGE, "unknown command '%s'", word);
	if (nearest_result(&near).n)
		err_hint(reterr, "did you mean mcplog %.*s?", STR_ARG(nearest_result(&near)));
	else if (strchr(word, '/') || strchr(word, '.'))
		err_hint(reterr, "to read a log: mcplog analyze %s", word);
	else
		err_hint(reterr, "mcplog -h lists the commands");
	return code;
}

static int find_command(const char *word, enum command_id *ret, struct err *reterr)
{
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
		if (strcmp(word, commands[i].name) == 0) {
			*ret = (enum command_id)i;
			return 0;
		}
	return unknown_command(word, reterr);
}

static int find_long(str name, enum opt_id *ret, struct err *reterr)
{
	for (int i = 0; i < OPT_COUNT; i++)
		if (options[i].name && str_eq(name, str_z(options[i].name))) {
			*ret = (enum opt_id)i;
			return 0;
		}
	return unknown_option(name, false, reterr);
}

static int find_letter(const char *letter, enum opt_id *ret, struct err *reterr)
{
	for (int i = 0; i < OPT_COUNT; i++)
		if (options[i].letter && options[i].letter == *letter) {
			*ret = (enum opt_id)i;
			return 0;
		}
	return unknown_option((str){letter, 1}, true, reterr);
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
	str rest = str_z(choices);
	while (rest.n)
		if (str_eq(str_word(&rest, '|'), str_z(value)))
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

static int set_value(struct opts *o, enum opt_id id, const char *value, struct err *reterr)
{
	const struct opt *opt = &options[id];
	int e = 0;
	if (opt->type == OPT_CHOICE)
		e = check_choice(opt, opt->value, value, reterr);
	else if (opt->type == OPT_NUMBER)
		e = check_number(opt, value, reterr);
	else if (opt->type == OPT_TEXT && !*value)
		e = bad_value(opt, value, "empty", reterr);
	if (e)
		return e;
	if (id == OPT_PATTERNS) {
		if (o->pattern_count == OPTS_DIRS)
			return err_set(reterr, ERR_USAGE, "--patterns can be given %d times at most", OPTS_DIRS);
		o->patterns[o->pattern_count++] = value;
	}
	o->value[id] = value;
	return 0;
}

/* Takes the option's value from behind '=' or from the next word; *i moves over it. */
static int take_option(struct opts *o, enum opt_id id, const char *attached, int argc, char **argv, int *i, struct err *reterr)
{
	const struct opt *opt = &options[id];
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
		int e = find_letter(p, &id, reterr);
		if (e)
			return e;
		if (options[id].type != OPT_FLAG)
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
		return find_command(word, &o->command, reterr);
	o->args[o->arg_count++] = word;
	return 0;
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
	const int e = find_long(name, &id, reterr);
	return e ? e : take_option(o, id, equals ? equals + 1 : NULL, argc, argv, i, reterr);
}

/* An option that belongs to other commands only. */
static int check_belongs(const struct opts *o, struct err *reterr)
{
	for (int i = 0; o->command != COMMAND_NONE && i < OPT_COUNT; i++) {
		if (!o->value[i] || (options[i].commands >> o->command & 1))
			continue;
		char spelling[40];
		option_spelling(&options[i], spelling);
		const int code = err_set(reterr, ERR_USAGE, "mcplog %s has no option %s", commands[o->command].name, spelling);
		err_hint(reterr, "mcplog help %s lists its options", commands[o->command].name);
		return code;
	}
	const char *format = o->value[OPT_FORMAT], *formats = commands[o->command].formats;
	return format && formats ? check_choice(&options[OPT_FORMAT], formats, format, reterr) : 0;
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
}

uint32_t opts_number(const struct opts *o, enum opt_id id, uint32_t otherwise)
{
	uint64_t n;
	return o->value[id] && str_u64(str_z(o->value[id]), &n) ? (uint32_t)n : otherwise;
}

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

static void help_option(const struct opt *o, const char *formats, struct buf *out)
{
	enum { INDENT = 32 };
	const char *value = o == &options[OPT_FORMAT] && formats ? formats : o->value;
	const size_t start = out->n;
	if (o->letter)
		buf_printf(out, "  -%c%s", o->letter, o->name ? ", " : "");
	else
		buf_addz(out, "      ");
	if (o->name)
		buf_printf(out, "--%s", o->name);
	if (value)
		buf_printf(out, " %s", value);
	const size_t used = out->n - start;
	if (used + 2 > INDENT) {
		buf_byte(out, '\n');
		buf_repeat(out, ' ', INDENT);
	} else {
		buf_repeat(out, ' ', INDENT - used);
	}
	wrapped(out, o->what, INDENT);
}

static void help_options(enum command_id command, struct buf *out)
{
	buf_addz(out, "\nOptions:\n");
	for (int i = 0; i < OPT_COUNT; i++)
		if (command == COMMAND_NONE || (options[i].commands >> command & 1))
			help_option(&options[i], commands[command].formats, out);
}

void opts_help(enum command_id command, struct buf *out)
{
	if (command != COMMAND_NONE) {
		const struct command *c = &commands[command];
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
		buf_printf(out, "  %s %s", commands[i].name, commands[i].args);
		buf_repeat(out, ' ', 34 - (out->n - start));
		wrapped(out, commands[i].what, 34);
	}
	help_options(COMMAND_NONE, out);
	buf_addz(out, "\nExit codes: 0 complete, 1 --fail-on hit, 2 usage or pattern error, 3 some input could not be read,\n"
		      "4 database or output could not be written, 75 another writer, 130/143 by signal.\n");
}
