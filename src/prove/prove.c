/* Runs all proofs of the knowledge and lists what is loaded. Beside the pipeline: may see every stage, because a proof is only one
 * when the real code runs. Prints nothing; findings are handed out ready for diag_err.
 *
 * Problems that were found while loading come first: an entry that was left out cannot be proven. */
#include "model/cause.h"
#include "prove/sample.h"

static void add_problems(struct proof *p)
{
	for (size_t i = 0; i < p->rules->problems.n; i++) {
		struct prove_finding *f = vec_push(&p->report->findings);
		*f = (struct prove_finding){.level = PROVE_ERROR, .id = {"", 0}, .err = p->rules->problems.v[i]};
		p->report->errors++;
	}
}

void prove_run(struct rules *rules, const struct prove_options *options, struct prove_report *ret)
{
	struct proof p = {.rules = rules, .options = options, .report = ret};
	add_problems(&p);
	prove_formats(&p);
	prove_signatures(&p);
	prove_redactions(&p);
	prove_causes(&p);
	prove_queries(&p);
}

void prove_report_done(struct prove_report *r)
{
	vec_free(&r->findings);
	vec_free(&r->prices);
}

static void list_one(prove_row_fn *row, void *context, const char *type, str id, str kind, const struct tree_doc *d, uint32_t node, struct where where)
{
	const struct prove_row r = {.type = type, .id = id, .kind = kind, .meaning = d != NULL ? tree_get_text(d, node, "meaning") : STR_NONE, .where = where,
		.builtin = d != NULL && d->texts == NULL};
	row(context, &r);
}

void prove_list(const struct rules *rules, prove_row_fn *row, void *context)
{
	for (size_t i = 0; i < rules->formats.n; i++) {
		const struct format *f = &rules->formats.v[i];
		list_one(row, context, "format", f->id, str_z(source_kind_name(f->kind)), f->doc, f->node, f->where);
	}
	for (size_t i = 0; i < rules->signatures.n; i++) {
		const struct signature *s = &rules->signatures.v[i];
		list_one(row, context, "signature", s->id, intern_get(&rules->kinds, s->kind), s->doc, s->node, s->where);
	}
	for (size_t i = 0; i < rules->redactions.n; i++) {
		const struct redaction *r = &rules->redactions.v[i];
		list_one(row, context, "redaction", r->id, r->kind, r->doc, r->node, r->where);
	}
	for (size_t i = 0; i < rules->queries.n; i++) {
		const struct query *q = &rules->queries.v[i];
		const struct prove_row r = {.type = "query", .id = q->id, .meaning = q->title, .where = {q->file, q->line, q->column},
			.builtin = q->doc->texts == NULL};
		row(context, &r);
	}
	for (size_t i = 0; i < rules->causes.n; i++) {
		const struct cause *c = rules->causes.v[i];
		const struct prove_row r = {.type = c->note ? "note" : "cause", .id = c->id, .kind = c->group, .meaning = c->title, .where = c->where,
			.builtin = prove_builtin_file(rules, c->where.file)};
		row(context, &r);
	}
}
