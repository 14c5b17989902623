/*
 * The configuration file, `key = value` a line, and the environment variables MCPLOG_…. The keys are the long
 * names of the options in opts.c; `command.key` is for one command only and wins over `key`. Every line is checked, whatever
 * the present command makes of it, and what is wrong is said with its place: a typing error never becomes a silent default.
 *
 * It refuses to set what belongs to one run (a time limit, an output file, a filter) or must be asked for each time
 * (--no-redact, --allow-root).
 */
#include "cli/config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "cli/places.h"
#include "cli/when.h"

enum { FILE_MOST = 1 << 20 };

bool config_settable(enum opt_id id)
{
	static const enum opt_id one_run[] = {OPT_OUTPUT, OPT_SINCE, OPT_UNTIL, OPT_SERVER, OPT_TOOL, OPT_SESSION, OPT_CAUSE, OPT_FAIL_ON, OPT_AS_OF,
		OPT_NO_REDACT, OPT_ALLOW_ROOT, OPT_FOR, OPT_FROM, OPT_LIST, OPT_SCHEMA, OPT_ACK, OPT_SEND, OPT_ORIGIN, OPT_SHOW_CONFIG, OPT_MDOC, OPT_SHORT_HELP, OPT_HELP, OPT_VERSION};
	for (size_t i = 0; i < sizeof one_run / sizeof *one_run; i++)
		if (one_run[i] == id)
			return false;
	return opts_option(id)->name != NULL;
}

static const str prefix = {"MCPLOG_", 7};

void config_variable(enum opt_id id, struct buf *out)
{
	buf_add(out, prefix);
	for (const char *p = opts_option(id)->name; *p; p++)
		buf_byte(out, *p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
}

/* The row of a key: names that mean something else to another command have several. */
static bool find_key(str name, enum command_id command, enum opt_id *ret)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = opts_option((enum opt_id)i);
		if (!config_settable((enum opt_id)i) || !str_eq(name, str_z(o->name)))
			continue;
		*ret = (enum opt_id)i;
		if (command == COMMAND_NONE || (o->commands >> command & 1))
			return true;
	}
	return opts_find(name, ret) && config_settable(*ret);
}

/* One value with the place it stands at. */
struct setting {
	enum opt_id id;
	enum command_id command; /* COMMAND_NONE: for all that have the option */
	enum opt_from from;
	unsigned line;
	const char *value;       /* NULL: a flag that is off */
};

struct config {
	const struct env *env;
	struct opts *opts;
	size_t front;            /* patterns of this place so far: they come before those of the command line, in their order */
	bool special[OPT_COUNT]; /* set by a line for this command only */
	VEC(struct setting) seen;
};

static bool one_of(const char *choices, str word)
{
	str rest = str_z(choices);
	while (rest.n)
		if (str_eq(str_word(&rest, '|'), word))
			return true;
	return false;
}

static bool command_has(enum command_id command, const struct setting *s)
{
	if (command == COMMAND_CONFIG || command == COMMAND_NONE)
		return true;
	if (!(opts_option(s->id)->commands >> command & 1))
		return false;
	/* `format = csv` is for the commands that can write it. */
	return s->id != OPT_FORMAT || s->command != COMMAND_NONE || one_of(opts_command(command)->formats, str_z(s->value));
}

static void put_pattern(struct opts *o, size_t at, const char *dir)
{
	if (o->pattern_count == OPTS_DIRS)
		return;
	memmove(&o->patterns[at + 1], &o->patterns[at], (o->pattern_count - at) * sizeof *o->patterns);
	o->patterns[at] = dir;
	o->pattern_count++;
}

static void put(struct config *c, const struct setting *s)
{
	struct opts *o = c->opts;
	if (s->command != COMMAND_NONE && s->command != o->command)
		return;
	if (!command_has(o->command, s))
		return;
	if (s->id == OPT_PATTERNS)
		put_pattern(o, c->front++, s->value);
	if (o->from[s->id] > s->from || (o->from[s->id] == s->from && c->special[s->id] && s->command == COMMAND_NONE))
		return;
	c->special[s->id] = s->command != COMMAND_NONE;
	o->value[s->id] = s->value;
	o->from[s->id] = s->from;
	o->line[s->id] = s->line;
}

/* Some command has this format. */
static int check_format(const struct setting *s, struct err *reterr)
{
	if (s->command != COMMAND_NONE)
		return opts_check(OPT_FORMAT, opts_command(s->command)->formats, s->value, reterr);
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
		if (one_of(opts_command((enum command_id)i)->formats, str_z(s->value)))
			return 0;
	return opts_check(OPT_FORMAT, opts_command(COMMAND_ANALYZE)->formats, s->value, reterr);
}

static int check_zone(const char *value, struct err *reterr)
{
	struct zone *zone = NULL;
	const int e = when_zone("--tz", value, &zone, reterr);
	instant_zone_free(zone);
	return e;
}

/* "~/x" becomes a path; a path that depends on where mcplog is started is none. */
static int check_path(struct config *c, struct setting *s, struct err *reterr)
{
	const str value = str_z(s->value);
	const char *home = c->env->home;
	if (value.p[0] == '/' || (s->id == OPT_DB && str_eq(value, S(":memory:"))))
		return 0;
	if (str_starts(value, S("~/")) && home && home[0] == '/') {
		s->value = arena_printf(&c->opts->texts, "%s%s", home, s->value + 1).p;
		return 0;
	}
	const int code = err_set(reterr, ERR_USAGE, "--%s: '%s' is no absolute path", opts_option(s->id)->name, s->value);
	err_hint(reterr, "write it from / or ~/ on");
	return code;
}

static int check_flag(struct setting *s, struct err *reterr)
{
	if (one_of("true|yes|on|1", str_z(s->value)))
		s->value = "";
	else if (one_of("false|no|off|0", str_z(s->value)))
		s->value = NULL;
	else {
		const int code = err_set(reterr, ERR_USAGE, "--%s: '%s' is neither true nor false", opts_option(s->id)->name, s->value);
		err_hint(reterr, "write true or false");
		return code;
	}
	return 0;
}

static int check(struct config *c, struct setting *s, struct err *reterr)
{
	const struct opt *opt = opts_option(s->id);
	if (opt->type == OPT_FLAG)
		return check_flag(s, reterr);
	int e = s->id == OPT_FORMAT ? check_format(s, reterr) : opts_check(s->id, NULL, s->value, reterr);
	if (!e && s->id == OPT_TZ)
		e = check_zone(s->value, reterr);
	if (!e && opt->type == OPT_TEXT && one_of("FILE|DIR", str_z(opt->value)))
		e = check_path(c, s, reterr);
	return e;
}

/* --- environment --- */

static const char *variable(const struct env *env, str name)
{
	for (char *const *v = env->variables; v && *v; v++)
		if (str_starts(str_z(*v), name) && (*v)[name.n] == '=')
			return *v + name.n + 1;
	return NULL;
}

static bool any_is_ours(const struct env *env)
{
	for (char *const *v = env->variables; v && *v; v++)
		if (str_starts(str_z(*v), prefix))
			return true;
	return false;
}

static int from_environment(struct config *c, struct err *reterr)
{
	int e = 0;
	c->front = 0;
	if (!any_is_ours(c->env))
		return 0;
	for (int i = 0; !e && i < OPT_COUNT; i++) {
		if (!config_settable((enum opt_id)i))
			continue;
		struct buf name = {0};
		config_variable((enum opt_id)i, &name);
		const char *value = variable(c->env, buf_str(&name));
		struct setting s = {.id = (enum opt_id)i, .from = FROM_ENVIRONMENT, .value = value};
		struct err wrong = {0};
		if (value && *value) { /* empty is as good as not set */
			if (check(c, &s, &wrong)) {
				e = err_set(reterr, ERR_USAGE, "$%.*s%s", STR_ARG(buf_str(&name)), strchr(wrong.text, ':'));
				err_hint(reterr, "%s", wrong.hint);
			} else {
				put(c, &s);
			}
		}
		buf_done(&name);
	}
	return e;
}

/* --- file --- */

/* Where in the file, for messages. */
struct spot {
	const char *file;
	unsigned line;
	str text; /* of the line */
};

/* An error at `at`, which lies in the line. */
#define SPOT_ERR(reterr, spot, at, ...)                                                                                              \
	spot_snippet(reterr, spot, err_at(reterr, ERR_USAGE, (spot)->file, (spot)->line, (unsigned)((at) - (spot)->text.p) + 1, __VA_ARGS__))

static int spot_snippet(struct err *reterr, const struct spot *spot, int code)
{
	if (reterr) {
		const str text = utf8_limit(spot->text, sizeof reterr->snippet - 1);
		memcpy(reterr->snippet, text.p, text.n);
		reterr->snippet[text.n] = 0;
	}
	return code;
}

static int unknown_key(const struct spot *spot, str key, struct err *reterr)
{
	enum opt_id id;
	if (opts_find(key, &id)) {
		const int code = SPOT_ERR(reterr, spot, key.p, "%.*s cannot be set here", STR_ARG(key));
		err_hint(reterr, "it belongs to one run: give --%.*s on the command line", STR_ARG(key));
		return code;
	}
	struct nearest near = nearest_start(key);
	for (int i = 0; i < OPT_COUNT; i++)
		if (config_settable((enum opt_id)i))
			nearest_offer(&near, str_z(opts_option((enum opt_id)i)->name));
	const int code = SPOT_ERR(reterr, spot, key.p, "unknown key '%.*s'", STR_ARG(key));
	if (nearest_result(&near).n)
		err_hint(reterr, "did you mean %.*s?", STR_ARG(nearest_result(&near)));
	else
		err_hint(reterr, "mcplog config lists the keys");
	return code;
}

/* `key` or `command.key`. */
static int read_key(const struct spot *spot, str key, struct setting *s, struct err *reterr)
{
	const ptrdiff_t dot = str_chr(key, '.');
	const str name = str_from(key, (size_t)(dot + 1));
	s->command = COMMAND_NONE;
	if (dot >= 0 && !opts_find_command(str_head(key, (size_t)dot), &s->command)) {
		struct nearest near = nearest_start(str_head(key, (size_t)dot));
		for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
			nearest_offer(&near, str_z(opts_command((enum command_id)i)->name));
		const int code = SPOT_ERR(reterr, spot, key.p, "unknown command '%.*s'", (int)dot, key.p);
		if (nearest_result(&near).n)
			err_hint(reterr, "did you mean %.*s.%.*s?", STR_ARG(nearest_result(&near)), STR_ARG(name));
		else
			err_hint(reterr, "write key = value, or command.key = value");
		return code;
	}
	if (!find_key(name, s->command, &s->id))
		return unknown_key(spot, name, reterr);
	if (s->command == COMMAND_NONE || (opts_option(s->id)->commands >> s->command & 1))
		return 0;
	const int code = SPOT_ERR(reterr, spot, key.p, "mcplog %s has no option %s", opts_command(s->command)->name, opts_option(s->id)->name);
	err_hint(reterr, "mcplog help %s lists its options", opts_command(s->command)->name);
	return code;
}

static int read_value(const struct spot *spot, str value, struct setting *s, struct arena *a, struct err *reterr)
{
	if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"') {
		value = str_from(str_head(value, value.n - 1), 1);
	} else if (value.n && value.p[value.n - 1] == ',') {
		const int code = SPOT_ERR(reterr, spot, value.p + value.n - 1, "a comma behind the value");
		err_hint(reterr, "leave it out, or put the value in double quotes when it is meant");
		return code;
	} else if (str_find(value, S(" #")) >= 0 || str_find(value, S("\t#")) >= 0) {
		const int code = SPOT_ERR(reterr, spot, value.p + str_chr(value, '#'), "a comment behind a value");
		err_hint(reterr, "give the comment a line of its own");
		return code;
	}
	if (str_chr(value, '"') >= 0) {
		const int code = SPOT_ERR(reterr, spot, value.p + str_chr(value, '"'), "a double quote in the value");
		err_hint(reterr, "quotes stand around the whole value or not at all");
		return code;
	}
	s->value = arena_str(a, value).p;
	return 0;
}

static int check_bytes(const struct spot *spot, struct err *reterr)
{
	for (size_t i = 0; i < spot->text.n; i++) {
		const unsigned char byte = (unsigned char)spot->text.p[i];
		if ((byte < ' ' && byte != '\t') || byte == 0x7f) {
			const int code = SPOT_ERR(reterr, spot, spot->text.p + i, "%s", byte ? "a control character" : "a NUL byte");
			err_hint(reterr, "remove it; the file is text, one key = value a line");
			return code;
		}
	}
	return 0;
}

static int check_repeated(struct config *c, const struct spot *spot, const struct setting *s, struct err *reterr)
{
	for (size_t i = 0; s->id != OPT_PATTERNS && i < c->seen.n; i++)
		if (c->seen.v[i].id == s->id && c->seen.v[i].command == s->command) {
			const int code = SPOT_ERR(reterr, spot, str_trim(spot->text).p, "%s is set a second time", opts_option(s->id)->name);
			err_hint(reterr, "the first is in line %u: remove one of them", c->seen.v[i].line);
			return code;
		}
	*vec_push(&c->seen) = *s;
	return 0;
}

static int read_line(struct config *c, const struct spot *spot, struct err *reterr)
{
	const str text = str_trim(spot->text);
	if (text.n == 0 || text.p[0] == '#')
		return check_bytes(spot, reterr);
	struct setting s = {.from = FROM_FILE, .line = spot->line};
	const ptrdiff_t equals = str_chr(text, '=');
	int e = check_bytes(spot, reterr);
	if (!e && equals < 0) {
		e = SPOT_ERR(reterr, spot, text.p, "this is no key = value");
		err_hint(reterr, "write %s, or # in front of a comment", opts_find(text, &s.id) ? "key = true" : "key = value");
	}
	if (e)
		return e;
	const str value = str_trim(str_from(text, (size_t)equals + 1));
	const char *at = value.n ? value.p : text.p + equals;
	e = read_key(spot, str_trim_end(str_head(text, (size_t)equals)), &s, reterr);
	if (!e)
		e = read_value(spot, value, &s, &c->opts->texts, reterr);
	if (!e)
		e = check_repeated(c, spot, &s, reterr);
	if (e)
		return e;
	struct err wrong = {0};
	if (check(c, &s, &wrong)) {
		e = SPOT_ERR(reterr, spot, at, "%s", wrong.text + 2); /* without the dashes */
		err_hint(reterr, "%s", wrong.hint);
		return e;
	}
	put(c, &s);
	return 0;
}

static int read_lines(struct config *c, str text, struct err *reterr)
{
	struct spot spot = {.file = c->opts->config};
	const str mark = S("\xef\xbb\xbf");
	int e = 0;
	if (str_starts(text, mark))
		text = str_from(text, mark.n);
	c->front = 0;
	while (!e && text.n) {
		spot.text = str_word(&text, '\n');
		spot.line++;
		if (str_ends(spot.text, S("\r")))
			spot.text.n--;
		e = read_line(c, &spot, reterr);
	}
	return e;
}

/* Whoever can write the file can name programs that run. */
static int check_owner(const char *path, const struct stat *st, struct err *reterr)
{
	const uid_t me = geteuid();
	const bool foreign = st->st_uid != me && st->st_uid != 0;
	if (!foreign && !(st->st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	const char *why = foreign ? "belongs to another user" : "may be written by others";
	if (me != 0) {
		diag_warn("%s %s", path, why);
		return 0;
	}
	const int code = err_set(reterr, ERR_USAGE, "%s %s, and this is root", path, why);
	err_hint(reterr, "chown root and chmod 600 it, or remove it");
	return code;
}

static int read_all(int fd, struct buf *text)
{
	char block[4096];
	ssize_t n;
	while ((n = read(fd, block, sizeof block)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		buf_add(text, (str){block, (size_t)n});
		if (text->n > FILE_MOST) {
			errno = EFBIG;
			return -1;
		}
	}
	return 0;
}

static int from_file(struct config *c, struct err *reterr)
{
	const char *path = places_config(c->env, &c->opts->texts);
	struct stat st;
	c->opts->config = path;
	const int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	if (fd < 0 && (!path || errno == ENOENT || errno == ENOTDIR))
		return 0;
	/* HOME of somebody else, as monitoring systems leave it after they gave up their rights: no file of ours is behind it. */
	if (fd < 0 && errno == EACCES && stat(path, &st) != 0 && errno == EACCES)
		return 0;
	struct buf text = {0};
	int e = 0;
	if (fd < 0 || fstat(fd, &st) != 0 || (S_ISREG(st.st_mode) && read_all(fd, &text) != 0)) {
		e = err_set(reterr, ERR_IO, "cannot read the configuration file %s: %s", path, strerror(errno));
		err_hint(reterr, "make it readable, or remove it");
	} else if (!S_ISREG(st.st_mode)) {
		e = err_set(reterr, ERR_USAGE, "the configuration file %s is no regular file", path);
		err_hint(reterr, "remove it, or write key = value lines into a file of this name");
	} else {
		c->opts->config_read = true;
		e = check_owner(path, &st, reterr);
	}
	if (fd >= 0)
		close(fd);
	if (!e)
		e = read_lines(c, buf_str(&text), reterr);
	buf_done(&text);
	return e;
}

int config_apply(const struct env *env, struct opts *o, struct err *reterr)
{
	struct config c = {.env = env, .opts = o};
	int e = from_environment(&c, reterr);
	if (!e)
		e = from_file(&c, reterr);
	vec_free(&c.seen);
	return e;
}
