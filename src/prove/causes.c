/* Checks what no single cause can show: that relations name causes that exist, that nothing yields in a circle, that the page of
 * each cause is complete, and that advice speaks of a known cause. Whether a cause fits the right logs is proven by the
 * directories of samples/ that it names; the tests of the golden samples run those.
 *
 * A wrong relation is an error, because it is silent at run time: the cause it should have stood back behind stays beside it.
 * A gap in a page is a warning of lint. */
#include "base/mem.h"
#include "base/nearest.h"
#include "model/cause.h"
#include "prove/sample.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void note_at(struct proof *p, enum prove_level level, str id, const struct where *where, const char *hint, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

static void note_at(struct proof *p, enum prove_level level, str id, const struct where *where, const char *hint, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	struct prove_finding *f = vec_push(&p->report->findings);
	*f = (struct prove_finding){.level = level, .id = id};
	(void)err_at(&f->err, ERR_SCHEMA, where->file, where->line, where->column, "%.*s: %s", STR_ARG(id), text);
	if (hint != NULL)
		err_hint(&f->err, "%s", hint);
	if (level == PROVE_ERROR)
		p->report->errors++;
	else
		p->report->warnings++;
}

bool prove_builtin_file(const struct rules *rules, const char *file)
{
	const struct tree_doc *d = rules->docs.n > 0 ? rules->docs.v[0] : NULL;
	for (size_t i = 0; d != NULL && i < d->file_count; i++)
		if (d->files[i] == file)
			return true;
	return false;
}

static bool wanted(const struct proof *p, str id, const struct where *where)
{
	if (p->options->only_user && prove_builtin_file(p->rules, where->file))
		return false;
	return p->options->only_id.n == 0 || str_eq(p->options->only_id, id);
}

/* Place of the first entry with this id among the causes; their number when there is none. */
static size_t find(const struct rules *rules, str id)
{
	size_t i = 0;
	while (i < rules->causes.n && !str_eq(rules->causes.v[i]->id, id))
		i++;
	return i;
}

static void unknown_cause(struct proof *p, str in, const struct where *where, const char *what, str id)
{
	char hint[120] = "";
	struct nearest n = nearest_start(id);
	for (size_t i = 0; i < p->rules->causes.n; i++)
		nearest_offer(&n, p->rules->causes.v[i]->id);
	if (nearest_result(&n).p != NULL)
		(void)snprintf(hint, sizeof hint, "did you mean `%.*s`?", STR_ARG(nearest_result(&n)));
	note_at(p, PROVE_ERROR, in, where, hint[0] != '\0' ? hint : "mcplog patterns list shows all causes and notes", "%s an unknown cause `%.*s`", what,
		STR_ARG(str_head(id, 80)));
}

static void check_names(struct proof *p, const struct cause *c, const char *what, const str *names, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		bool any = c->note && names == c->yields_to && str_eq(names[i], S("any"));
		if (str_eq(names[i], c->id))
			note_at(p, PROVE_ERROR, c->id, &c->where, NULL, "%s itself", what);
		else if (!any && find(p->rules, names[i]) == p->rules->causes.n)
			unknown_cause(p, c->id, &c->where, what, names[i]);
	}
}

static void check_relations(struct proof *p, const struct cause *c)
{
	check_names(p, c, "yields_to names", c->yields_to, c->yields_count);
	check_names(p, c, "absorbs names", c->absorbs, c->absorb_count);
	check_names(p, c, "rules_out names", c->rivals, c->rival_count);
	for (unsigned i = 0; i < c->suspect_count; i++)
		check_names(p, c, "suspects names", &c->suspects[i].cause, 1);
}

/* --- circles of yields_to --- */

struct walk {
	struct proof *p;
	enum { NEW, ON_PATH, DONE } *state; /* of the first entry of each id */
	size_t *path;
	size_t depth;
};

static void report_circle(struct walk *w, size_t begin)
{
	char text[300] = "";
	size_t used = 0, from = 0;
	const struct cause *c = w->p->rules->causes.v[begin];
	while (w->path[from] != begin)
		from++;
	for (size_t i = from; i < w->depth && used < sizeof text; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%.*s → ", STR_ARG(w->p->rules->causes.v[w->path[i]]->id));
	if (wanted(w->p, c->id, &c->where))
		note_at(w->p, PROVE_ERROR, c->id, &c->where, "let only the later explanation yield to the earlier one", "yields_to goes in a circle: %s%.*s", text,
			STR_ARG(c->id));
}

static void visit(struct walk *w, size_t at);

static void follow(struct walk *w, const struct cause *c)
{
	for (unsigned i = 0; i < c->yields_count; i++) {
		size_t next = find(w->p->rules, c->yields_to[i]);
		if (next == w->p->rules->causes.n || str_eq(c->yields_to[i], c->id))
			continue;
		if (w->state[next] == ON_PATH)
			report_circle(w, next);
		else if (w->state[next] == NEW)
			visit(w, next);
	}
}

/* As deep as there are causes at most, because nothing on the path is visited again. */
static void visit(struct walk *w, size_t at)
{
	const struct rules *rules = w->p->rules;
	w->state[at] = ON_PATH;
	w->path[w->depth++] = at;
	for (size_t i = at; i < rules->causes.n; i++)
		if (str_eq(rules->causes.v[i]->id, rules->causes.v[at]->id))
			follow(w, rules->causes.v[i]);
	w->depth--;
	w->state[at] = DONE;
}

static void check_circles(struct proof *p)
{
	const size_t n = p->rules->causes.n;
	struct walk w = {.p = p};
	w.state = mem_new((n + 1) * sizeof *w.state);
	w.path = mem_new((n + 1) * sizeof *w.path);
	for (size_t i = 0; i < n; i++)
		if (w.state[i] == NEW && find(p->rules, p->rules->causes.v[i]->id) == i)
			visit(&w, i);
	free(w.state);
	free(w.path);
}

/* --- pages --- */

static bool has_page(const struct rules *rules, str id)
{
	for (size_t i = 0; i < rules->causes.n; i++)
		if (str_eq(rules->causes.v[i]->id, id) && rules->causes.v[i]->variant.n == 0)
			return true;
	return false;
}

static void check_page(struct proof *p, const struct cause *c)
{
	const struct {
		const char *key;
		bool there, of_notes;
		const char *hint;
	} rows[] = {
		{"title", c->title.n > 0, true, "one line in plain words, with {tool}, {server} or {duration}"},
		{"says", c->says.n > 0, false, "what happened, in one or two sentences: the summary of the incident"},
		{"what", c->what.n > 0, true, "what it is: the first part of `mcplog explain ID`"},
		{"looks_like", c->looks_like.n > 0, false, "the decisive lines, as they stand in the logs of each client"},
		{"mistaken_for", c->mistaken_for.n > 0, false, "what one would suspect first, and what speaks against it"},
		{"proves", c->prove_count > 0, true, "a directory of samples/ that has this verdict"},
		{"denies", c->deny_count > 0, false, "a directory of samples/ that looks alike and must not have this verdict"},
	};
	if (c->variant.n > 0) {
		if (!has_page(p->rules, c->id))
			note_at(p, PROVE_WARNING, c->id, &c->where, "leave `variant` out of one of its entries", "each of its entries is a variant: it has no page");
		return;
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!rows[i].there && (rows[i].of_notes || !c->note))
			note_at(p, PROVE_WARNING, c->id, &c->where, rows[i].hint, "`%s` is missing", rows[i].key);
}

static void check_advice(struct proof *p)
{
	for (size_t i = 0; i < p->rules->advice.n; i++) {
		const struct advice *a = &p->rules->advice.v[i];
		if (wanted(p, a->cause, &a->where) && find(p->rules, a->cause) == p->rules->causes.n)
			unknown_cause(p, a->cause, &a->where, "advice for", a->cause);
	}
}

void prove_causes(struct proof *p)
{
	for (size_t i = 0; i < p->rules->causes.n; i++) {
		const struct cause *c = p->rules->causes.v[i];
		if (!wanted(p, c->id, &c->where))
			continue;
		p->report->causes += find(p->rules, c->id) == i;
		check_relations(p, c);
		if (p->options->lint)
			check_page(p, c);
	}
	check_circles(p);
	check_advice(p);
}
