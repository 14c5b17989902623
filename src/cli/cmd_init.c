/*
 * init: prints ready set-ups for other programs and changes nothing. The texts are files below share/init, compiled in; here only
 * the placeholders are filled: where this program lies, how often it is to run, and what follows from that.
 *
 * A program whose path would need quoting is refused: each of these formats quotes otherwise, and a wrong unit fails silently.
 */
#include <limits.h>
#include <unistd.h>

#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/init_texts.h"

enum { MINUTES = 5, PATIENCE = 3 }; /* a run is missed when so many intervals are over */

struct filling {
	char program[PATH_MAX];
	unsigned minutes;
};

static const struct part_note { /* parts that are printed only when asked for */
	const char *what, *part;
} on_request[] = {{"prometheus", "tests"}};

static int find_program(struct filling *f, struct err *reterr)
{
	const ssize_t n = readlink("/proc/self/exe", f->program, sizeof f->program - 1);
	f->program[n > 0 ? n : 0] = '\0';
	bool plain = f->program[0] == '/';
	for (const char *p = f->program; *p && plain; p++)
		plain = str_is_digit(*p) || str_is_letter(*p) || strchr("/._+-", *p);
	if (plain)
		return 0;
	const int code = err_set(reterr, ERR_USAGE, "the program lies at '%s', a path that would have to be quoted", f->program);
	err_hint(reterr, "install it where paths are plain, such as /usr/local/bin or ~/.local/bin");
	return code;
}

static void fill_words(struct buf *out, unsigned minutes)
{
	if (minutes < 60)
		buf_printf(out, "%um 0s", minutes);
	else
		buf_printf(out, "%uh %um 0s", minutes / 60, minutes % 60);
}

/* Adds the value of a placeholder; false: there is none of this name. */
static bool fill(const struct filling *f, str name, struct buf *out)
{
	const unsigned stale = PATIENCE * f->minutes;
	if (str_eq(name, S("PROGRAM")))
		buf_addz(out, f->program);
	else if (str_eq(name, S("MINUTES")))
		buf_printf(out, "%u", f->minutes);
	else if (str_eq(name, S("KEEP")))
		buf_printf(out, "%um", 2 * f->minutes);
	else if (str_eq(name, S("KEPT"))) /* in the tests: the trouble ends at minute 13 */
		buf_printf(out, "%um", 14 + 2 * f->minutes);
	else if (str_eq(name, S("STALE")))
		buf_printf(out, "%um", stale);
	else if (str_eq(name, S("STALE_SECONDS")))
		buf_printf(out, "%u", stale * 60);
	else if (str_eq(name, S("STALE_PLUS")))
		buf_printf(out, "%um", stale + 1);
	else if (str_eq(name, S("STALE_PLUS_WORDS")))
		fill_words(out, stale + 1);
	else
		return false;
	return true;
}

static void add_text(const struct filling *f, str text, struct buf *out)
{
	for (ptrdiff_t at; (at = str_chr(text, '@')) >= 0;) {
		buf_add(out, str_head(text, (size_t)at));
		text = str_from(text, (size_t)at + 1);
		const ptrdiff_t end = str_chr(text, '@');
		if (end > 0 && fill(f, str_head(text, (size_t)end), out))
			text = str_from(text, (size_t)end + 1);
		else
			buf_byte(out, '@');
	}
	buf_add(out, text);
}

static bool is_on_request(const struct init_text *t)
{
	for (size_t i = 0; i < sizeof on_request / sizeof *on_request; i++)
		if (strcmp(t->what, on_request[i].what) == 0 && strcmp(t->part, on_request[i].part) == 0)
			return true;
	return false;
}

/* All that was asked for; false: nothing was. */
static bool add_parts(const struct filling *f, const char *what, const char *part, struct buf *out)
{
	bool any = false;
	for (size_t i = 0; i < init_text_count; i++) {
		const struct init_text *t = &init_texts[i];
		if (strcmp(t->what, what) != 0 || (part ? strcmp(t->part, part) != 0 : is_on_request(t)))
			continue;
		if (any)
			buf_byte(out, '\n');
		add_text(f, t->text, out);
		any = true;
	}
	return any;
}

static int unknown(const char *what, const char *part, struct err *reterr)
{
	struct nearest near = nearest_start(str_z(part ? part : what));
	struct buf list = {0};
	const char *last = "";
	for (size_t i = 0; i < init_text_count; i++) {
		const struct init_text *t = &init_texts[i];
		const char *name = part ? t->part : t->what;
		if (strcmp(name, last) == 0 || (part && strcmp(t->what, what) != 0))
			continue;
		nearest_offer(&near, str_z(name));
		buf_printf(&list, "%s%s", list.n ? ", " : "", name);
		last = name;
	}
	buf_byte(&list, '\0');
	const bool known = part && list.n > 1;
	const int code = known ? err_set(reterr, ERR_USAGE, "init %s has no part '%s'", what, part) : err_set(reterr, ERR_USAGE, "init: '%s' is not known", what);
	if (nearest_result(&near).n)
		err_hint(reterr, "did you mean %.*s?", STR_ARG(nearest_result(&near)));
	else if (list.n > 1)
		err_hint(reterr, "there is: %s", list.p);
	buf_done(&list);
	return code;
}

static int init(const struct opts *o, struct buf *out, struct err *reterr)
{
	if (o->arg_count == 0 || o->arg_count > 2) {
		const int code = err_set(reterr, ERR_USAGE, "init needs to know what for");
		err_hint(reterr, "mcplog init %s", opts_command(COMMAND_INIT)->args);
		return code;
	}
	const char *part = o->arg_count == 2 ? o->args[1] : opts_has(o, OPT_TESTS) ? "tests" : NULL;
	struct filling f = {.minutes = opts_number(o, OPT_INTERVAL, MINUTES)};
	const int e = find_program(&f, reterr);
	if (e)
		return e;
	if (add_parts(&f, o->args[0], part, out))
		return 0;
	return add_parts(&f, o->args[0], NULL, out) ? unknown(o->args[0], part, reterr) : unknown(o->args[0], NULL, reterr);
}

int cmd_init(const struct env *env, const struct opts *opts)
{
	struct err e = {0};
	struct buf text = {0};
	const int failed = init(opts, &text, &e);
	e.code = failed;
	const int code = failed ? command_failed(env, &e) : command_print(env, buf_str(&text));
	buf_done(&text);
	return code;
}
