/*
 * unknown: what the logs hold that no signature explains, as templates. Text for people, and the same rows for programs.
 */
#include "cli/commands.h"
#include "cli/unexplained.h"
#include "report/answer.h"
#include "report/page.h"

enum { USUAL_TEMPLATES = 40 };

static void versions_of(const struct unknown_template *t, struct buf *out)
{
	buf_add(out, t->first_version);
	if (!str_eq(t->first_version, t->last_version))
		buf_printf(out, " - %.*s", STR_ARG(t->last_version));
}

static str iso(instant at, char text[32])
{
	if (at == INSTANT_NONE)
		return STR_NONE;
	instant_format(at, text);
	return str_z(text);
}

/* --- text --- */

static void one_template(struct page *p, size_t number, const struct unknown_template *t)
{
	char first[32], last[32];
	struct buf versions = {0};
	versions_of(t, &versions);
	page_end(p);
	page_printf(p, INK_BOLD, "%zu. ", number);
	page_to(p, 5);
	page_printf(p, INK_BOLD, "%llu line%s", (unsigned long long)t->count, page_plural(t->count));
	page_printf(p, INK_PLAIN, " · %s, %s", source_kind_name(t->kind), t->class == CLASS_ERROR ? "error text without a class" : body_class_name(t->class));
	if (versions.n)
		page_printf(p, INK_PLAIN, " · client %.*s", STR_ARG(buf_str(&versions)));
	if (t->first != INSTANT_NONE) {
		page_clock(t->first, first);
		page_clock(t->last, last);
		page_printf(p, INK_PLAIN, t->first == t->last ? " · %s" : " · %s – %s", first, memcmp(first, last, 10) == 0 ? last + 11 : last);
	}
	page_end(p);
	page_to(p, 5);
	page_wrap(p, INK_CYAN, t->text, 5, 4);
	page_to(p, 5);
	page_text(p, INK_DIM, t->path);
	page_printf(p, INK_DIM, ":%llu (offset %llu)", (unsigned long long)t->line, (unsigned long long)t->offset);
	page_end(p);
	buf_done(&versions);
}

static void write_text(struct run *r, const struct unknown_result *u, size_t limit, struct buf *out)
{
	static const struct facts none = {0};
	struct page p;
	page_init(&p, &none, &r->report, out);
	page_printf(&p, INK_BOLD, "%llu unexplained line%s in %zu template%s", (unsigned long long)u->unexplained, page_plural(u->unexplained),
		u->template_count, page_plural(u->template_count));
	page_printf(&p, INK_PLAIN, " · %llu record%s of %zu log%s", (unsigned long long)u->records, page_plural(u->records), u->sources, page_plural(u->sources));
	page_end(&p);
	for (size_t i = 0; i < u->template_count && i < limit; i++)
		one_template(&p, i + 1, &u->templates[i]);
	page_end(&p);
	if (u->template_count > limit)
		page_wrap(&p, INK_DIM, S("There are more; --limit 0 shows all."), 0, 0);
	if (u->template_count)
		page_wrap(&p, INK_PLAIN, S("A signature for one of them: mcplog patterns new my.id --from NUMBER, with the same paths."), 0, 0);
	else if (!u->records)
		page_wrap(&p, INK_PLAIN, S("Nothing was read."), 0, 0);
	else if (!opts_has(r->opts, OPT_ALL))
		page_wrap(&p, INK_PLAIN, S("Everything about MCP servers, and every error, is explained. --all looks at all other lines too."), 0, 0);
	page_done(&p);
}

/* --- rows --- */

static void give_row(struct answer *a, size_t number, const struct unknown_template *t)
{
	char digits[4][24], first[32], last[32];
	const uint64_t numbers[4] = {number, t->count, t->line, t->offset};
	str n[4];
	for (size_t i = 0; i < 4; i++) {
		struct buf text = {0};
		buf_printf(&text, "%llu", (unsigned long long)numbers[i]);
		memcpy(digits[i], text.p, text.n);
		n[i] = (str){digits[i], text.n};
		buf_done(&text);
	}
	const struct query_value row[] = {
		{S("n"), n[0], true}, {S("count"), n[1], true}, {S("template"), t->text, false}, {S("kind"), str_z(source_kind_name(t->kind)), false},
		{S("class"), str_z(body_class_name(t->class)), false}, {S("first"), iso(t->first, first), false}, {S("last"), iso(t->last, last), false},
		{S("first_version"), t->first_version, false}, {S("last_version"), t->last_version, false}, {S("path"), t->path, false},
		{S("line"), n[2], true}, {S("offset"), n[3], true}, {S("sample"), t->sample, false},
	};
	if (number == 1)
		answer_row(a, row, sizeof row / sizeof *row, true);
	answer_row(a, row, sizeof row / sizeof *row, false);
}

static int write_rows(struct run *r, const struct unknown_result *u, size_t limit, struct buf *out, struct err *reterr)
{
	struct answer a;
	const char *format = r->opts->value[OPT_FORMAT];
	if (!answer_init(&a, str_z(format), &(struct answer_options){.width = 0}, out))
		return err_set(reterr, ERR_USAGE, "--format: unknown does not write '%s'", format);
	if (u->template_count == 0)
		answer_row(&a, NULL, 0, true);
	for (size_t i = 0; i < u->template_count && i < limit; i++)
		give_row(&a, i + 1, &u->templates[i]);
	answer_end(&a);
	answer_done(&a);
	return 0;
}

/* --- the command --- */

static int unknown(struct run *r, struct err *reterr)
{
	const char *format = r->opts->value[OPT_FORMAT];
	const bool text = !format || strcmp(format, "text") == 0;
	const size_t asked = opts_number(r->opts, OPT_LIMIT, text ? USUAL_TEMPLATES : 0), limit = asked ? asked : SIZE_MAX;
	struct unknown_result u;
	struct buf out = {0};
	int e = unexplained_read(r, 0, &u, reterr);
	if (!e && text)
		write_text(r, &u, limit, &out);
	else if (!e)
		e = write_rows(r, &u, limit, &out, reterr);
	if (!e)
		e = run_output(r, buf_str(&out), reterr);
	buf_done(&out);
	unknown_done(&u);
	return e;
}

int cmd_unknown(const struct env *env, const struct opts *opts) { return run_command(env, opts, unknown); }
