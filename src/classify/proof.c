/* Why it is this cause and no other (classify/): each rival's conditions are tried on the same calls; the condition that fails
 * says why, and the line that contradicts it (or the absence) is named. Suspicions: causes that fit but are not proven.
 * Consequences: what the incident explains. */
#include "classify/rules.h"

/* The entry that is no variant says what the cause is. */
static const struct cause *find_cause(const struct rules *rules, str id)
{
	const struct cause *found = NULL;
	for (size_t i = 0; i < rules->causes.n; i++)
		if (str_eq(rules->causes.v[i]->id, id) && (!found || !rules->causes.v[i]->variant.n))
			found = rules->causes.v[i];
	return found;
}

static struct line_ref line_of(struct judge *j, const struct finding *f, const struct trial *t)
{
	if (t->failed && t->failed->type == COND_NOT && t->found)
		return ref_of(j->view, t->found);
	return ref_of(j->view, f->root ? f->root : f->subject.event);
}

/* What a rival is tried on: what the verdict speaks of, or, where that is no call and the rival is about one, the first it hit. */
static struct subject subject_for(struct judge *j, const struct finding *f, const struct cause *rival)
{
	const struct call *first = rival->scope == SCOPE_CALL && f->cause->scope != SCOPE_CALL ? finding_first_call(f) : NULL;
	struct subject s = f->subject;
	for (size_t i = 0; first && i < f->calls.n; i++)
		if (f->calls.v[i] == first)
			subject_of_call(j->view, f->subject.server, f->calls.v[i], &s);
	return s;
}

/* The rival's own words for the condition that failed; without words the condition is not worth showing. */
static bool rule_out(struct judge *j, const struct finding *f, const struct cause *rival, struct ruled_out *ret)
{
	const struct subject subject = subject_for(j, f, rival);
	struct trial t = {.lists = &j->lists, .view = j->view, .rules = j->rules, .subject = &subject, .cause = rival};
	if (rival->scope != f->cause->scope && (rival->scope != SCOPE_CALL || !f->calls.n))
		return false; /* of another kind, and no call to try it on */
	if (rules_check(&t, &rival->when))
		return false;
	str why = t.failed ? t.failed->why_not : STR_NONE;
	for (unsigned i = 0; !why.n && i < rival->when.child_count; i++) {
		struct trial again = {.lists = &j->lists, .view = j->view, .rules = j->rules, .subject = &subject, .cause = rival};
		if (!rules_check(&again, &rival->when.children[i])) {
			why = rival->when.children[i].why_not;
			if (why.n)
				t = again;
		}
	}
	if (!why.n)
		return false;
	*ret = (struct ruled_out){rival->id, wording(j, f, why), line_of(j, f, &t)};
	return true;
}

static void fill_ruled_out(struct judge *j, const struct finding *f, struct incident *i)
{
	VEC(struct ruled_out) list = {0};
	for (unsigned k = 0; k < f->cause->rival_count; k++) {
		struct ruled_out out;
		const struct cause *rival = find_cause(j->rules, f->cause->rivals[k]);
		if (rival && rule_out(j, f, rival, &out))
			*vec_push(&list) = out;
	}
	struct ruled_out *v = arena_alloc(j->a, list.n * sizeof *v);
	if (list.n)
		memcpy(v, list.v, list.n * sizeof *v);
	i->ruled_out = v;
	i->ruled_out_count = list.n;
	vec_free(&list);
}

static bool is_absorbed(const struct finding *f, str cause)
{
	for (size_t i = 0; i < f->absorbed.n; i++)
		if (str_eq(f->absorbed.v[i]->cause->id, cause))
			return true;
	return false;
}

static void fill_suspected(struct judge *j, const struct finding *f, struct incident *i)
{
	struct suspicion *v = arena_alloc(j->a, f->cause->suspect_count * sizeof *v);
	for (unsigned k = 0; k < f->cause->suspect_count; k++) {
		const struct suspicion_rule *r = &f->cause->suspects[k];
		struct trial t = {.lists = &j->lists, .view = j->view, .rules = j->rules, .subject = &f->subject, .cause = f->cause};
		memcpy(t.steps, f->steps, sizeof t.steps);
		if (is_absorbed(f, r->cause) || !rules_check(&t, &r->when))
			continue;
		const struct seen *at = r->step >= 0 ? t.steps[r->step] : t.found ? t.found : f->root;
		v[i->suspected_count++] = (struct suspicion){r->cause, wording(j, f, r->why), wording(j, f, r->missing), ref_of(j->view, at)};
	}
	i->suspected = v;
	if (i->suspected_count && i->confidence == CONFIDENCE_CERTAIN)
		i->confidence = CONFIDENCE_LIKELY; /* an open suspicion caps it */
}

static void fill_consequences(struct judge *j, const struct finding *f, struct incident *i)
{
	struct consequence *v = arena_alloc(j->a, f->absorbed.n * sizeof *v);
	for (size_t k = 0; k < f->absorbed.n; k++) {
		const struct finding *c = f->absorbed.v[k];
		if (c->cause == f->cause)
			continue;
		str what = arena_printf(j->a, "%.*s: ", STR_ARG(c->cause->id));
		str said = wording(j, c, c->cause->title);
		v[i->consequence_count++] = (struct consequence){arena_printf(j->a, "%.*s%.*s", STR_ARG(what), STR_ARG(said)),
			ref_of(j->view, c->root ? c->root : c->subject.event)};
	}
	i->consequences = v;
}

void proof_fill(struct judge *j, const struct finding *f, struct incident *i)
{
	fill_ruled_out(j, f, i);
	fill_suspected(j, f, i);
	fill_consequences(j, f, i);
}
