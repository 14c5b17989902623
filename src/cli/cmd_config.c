/*
 * config, --show-config: every option with its present value and where that comes from. What is set nowhere is shown with the
 * default that the option's description names.
 */
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/pager.h"
#include "cli/places.h"

enum { NAME_WIDTH = 18, VALUE_WIDTH = 30 };

/* What stands behind "default:" in the description, up to its end or the first comma. */
static str described_default(const struct opt *o)
{
	const str text = str_z(o->what), word = S("(default: ");
	const ptrdiff_t at = str_find(text, word);
	if (at < 0)
		return o->type == OPT_FLAG ? S("false") : S("-");
	str rest = str_from(text, (size_t)at + word.n);
	rest = str_word(&rest, ')');
	return str_word(&rest, ',');
}

static str value_of(const struct env *env, const struct opts *o, enum opt_id id, struct arena *a)
{
	const struct opt *opt = opts_option(id);
	if (id == OPT_PATTERNS && o->pattern_count) {
		str all = str_z(o->patterns[0]);
		for (size_t i = 1; i < o->pattern_count; i++)
			all = arena_printf(a, "%.*s %s", STR_ARG(all), o->patterns[i]);
		return all;
	}
	if (o->from[id] == FROM_DEFAULT) {
		const char *db;
		struct err ignored;
		return id == OPT_DB && places_database(env, a, false, &db, &ignored) == 0 ? str_z(db) : described_default(opt);
	}
	if (opt->type == OPT_FLAG)
		return o->value[id] ? S("true") : S("false");
	return str_z(o->value[id]);
}

static void origin_of(const struct opts *o, enum opt_id id, struct buf *out)
{
	if (o->from[id] == FROM_FILE) {
		utf8_terminal(out, str_z(o->config), false);
		buf_printf(out, ":%u", o->line[id]);
	} else if (o->from[id] == FROM_ENVIRONMENT) {
		buf_byte(out, '$');
		config_variable(id, out);
	} else {
		buf_addz(out, o->from[id] == FROM_COMMAND_LINE ? "command line" : "default");
	}
}

static void pad(struct buf *out, size_t start, size_t width)
{
	const size_t used = utf8_width((str){out->p + start, out->n - start});
	buf_repeat(out, ' ', used < width ? width - used : 1);
}

static bool is_shown(const struct opts *o, enum opt_id id)
{
	const bool all = o->command == COMMAND_NONE || o->command == COMMAND_CONFIG;
	return config_settable(id) && (all || (opts_option(id)->commands >> o->command & 1));
}

int cmd_config(const struct env *env, const struct opts *o)
{
	struct arena a = {0};
	struct buf out = {0};
	if (o->arg_count && o->command == COMMAND_CONFIG) {
		struct err e = {0};
		e.code = err_set(&e, ERR_USAGE, "config takes no arguments: '%s' is one too many", o->args[0]);
		return command_failed(env, &e);
	}
	buf_addz(&out, "# configuration file: ");
	utf8_terminal(&out, str_z(o->config ? o->config : "none, HOME is not set"), false);
	buf_addz(&out, !o->config || o->config_read ? "\n" : " (does not exist)\n");
	for (int i = 0; i < OPT_COUNT; i++) {
		if (!is_shown(o, (enum opt_id)i))
			continue;
		size_t start = out.n;
		buf_addz(&out, opts_option((enum opt_id)i)->name);
		pad(&out, start, NAME_WIDTH);
		start = out.n;
		utf8_terminal(&out, value_of(env, o, (enum opt_id)i, &a), false);
		pad(&out, start, VALUE_WIDTH);
		buf_addz(&out, " ");
		origin_of(o, (enum opt_id)i, &out);
		buf_byte(&out, '\n');
	}
	const int code = pager_print(env, o, buf_str(&out));
	buf_done(&out);
	arena_done(&a);
	return code;
}
