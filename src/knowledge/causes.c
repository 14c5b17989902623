/* patterns/causes/: causes and notes (knowledge/). Compiles entries into struct cause; an entry of the user with the id of a
 * built-in one replaces it. That relations name known causes and have no circles is checked by `patterns lint`. */
#include "knowledge/conditions.h"

static const struct entry_key keys[] = {
	{"id", ENTRY_TEXT, true}, {"title", ENTRY_TEXT, true}, {"note", ENTRY_BOOL, false}, {"group", ENTRY_TEXT, false}, {"scope", ENTRY_TEXT, true},
	{"weight", ENTRY_TEXT, false}, {"lasting", ENTRY_BOOL, false}, {"fallback", ENTRY_BOOL, false}, {"subject", ENTRY_MAP, false},
	{"affects", ENTRY_MAP, false}, {"when", ENTRY_LIST, true}, {"certain", ENTRY_ANY, false}, {"possible", ENTRY_ANY, false},
	{"confidence", ENTRY_TEXT, false}, {"triggers", ENTRY_LIST, false}, {"trigger", ENTRY_TEXT, false}, {"yields_to", ENTRY_LIST, false},
	{"absorbs", ENTRY_LIST, false}, {"rules_out", ENTRY_LIST, false}, {"suspects", ENTRY_LIST, false}, {"root", ENTRY_TEXT, false},
	{"says", ENTRY_TEXT, false}, {"awaited", ENTRY_TEXT, false}, {"what", ENTRY_TEXT, false}, {"looks_like", ENTRY_TEXT, false}, {"mistaken_for", ENTRY_TEXT, false},
	{"see", ENTRY_TEXT, false}, {"proves", ENTRY_LIST, false}, {"denies", ENTRY_LIST, false}, {"merge", ENTRY_BOOL, false}, {"variant", ENTRY_TEXT, false}, {"recovers_by_call", ENTRY_BOOL, false}, {"stale", ENTRY_BOOL, false},
};
enum {
	ID, TITLE, NOTE, GROUP, SCOPE, WEIGHT, LASTING, FALLBACK, SUBJECT, AFFECTS, WHEN, CERTAIN, POSSIBLE, CONFIDENCE, TRIGGERS, TRIGGER, YIELDS,
	ABSORBS, RULES_OUT, SUSPECTS, ROOT, SAYS, AWAITED, WHAT, LOOKS, MISTAKEN, SEE, PROVES, DENIES, MERGE, VARIANT, BY_CALL, STALE, KEY_COUNT
};
_Static_assert(sizeof keys / sizeof *keys == KEY_COUNT, "keys and their names differ");

static const char *const scope_names[] = {"call", "connect", "event", "session", "run"};
static const char *const weight_names[] = {"failure", "outage", "hang"};
static const char *const confidence_names[] = {"certain", "likely", "possible"};

static unsigned choice(struct cond_scope *s, uint32_t node, const char *what, const char *const *names, size_t count)
{
	unsigned index = 0;
	if (node && !entry_name(s->rules, s->d, node, what, names, count, &index))
		s->broken = true;
	return index;
}

static str *names_of(struct cond_scope *s, uint32_t list, unsigned *ret_count)
{
	*ret_count = (unsigned)tree_count(s->d, list);
	str *v = arena_alloc(&s->rules->arena, *ret_count * sizeof *v);
	unsigned k = 0;
	for (uint32_t i = tree_first(s->d, list); i; i = tree_next(s->d, i))
		v[k++] = tree_text(s->d, i);
	return v;
}

/* A trigger is a condition with `is`; other keys are the condition's. */
static void read_triggers(struct cond_scope *s, uint32_t list, struct cause *c)
{
	c->trigger_count = (unsigned)tree_count(s->d, list);
	c->triggers = arena_alloc(&s->rules->arena, c->trigger_count * sizeof *c->triggers);
	unsigned k = 0;
	for (uint32_t i = tree_first(s->d, list); i; i = tree_next(s->d, i)) {
		struct trigger_rule *t = &c->triggers[k++];
		uint32_t when = tree_get(s->d, i, "if");
		t->is = tree_get_text(s->d, i, "is");
		t->step = -1;
		if (!when || !t->is.n) {
			s->broken = true;
			knowledge_problem(s->rules, s->d, i, ERR_SCHEMA, "a trigger is { is: NAME, if: CONDITION }");
			return;
		}
		conditions_read(s, when, &t->when);
		if (t->when.bind >= 0)
			t->step = t->when.bind;
	}
}

static void read_suspects(struct cond_scope *s, uint32_t list, struct cause *c)
{
	c->suspect_count = (unsigned)tree_count(s->d, list);
	c->suspects = arena_alloc(&s->rules->arena, c->suspect_count * sizeof *c->suspects);
	unsigned k = 0;
	for (uint32_t i = tree_first(s->d, list); i; i = tree_next(s->d, i)) {
		struct suspicion_rule *r = &c->suspects[k++];
		uint32_t when = tree_get(s->d, i, "if");
		r->cause = tree_get_text(s->d, i, "cause");
		r->why = tree_get_text(s->d, i, "why");
		r->missing = tree_get_text(s->d, i, "missing");
		r->step = -1;
		if (!when || !r->cause.n) {
			s->broken = true;
			knowledge_problem(s->rules, s->d, i, ERR_SCHEMA, "a suspicion is { cause: ID, if: CONDITION, why: TEXT, missing: TEXT }");
			return;
		}
		conditions_read(s, when, &r->when);
		if (r->when.bind >= 0)
			r->step = r->when.bind;
	}
}

static void read_texts(struct cond_scope *s, const uint32_t *n, struct cause *c)
{
	c->title = tree_text(s->d, n[TITLE]);
	c->group = n[GROUP] ? tree_text(s->d, n[GROUP]) : arena_str(&s->rules->arena, S("failure"));
	c->trigger = n[TRIGGER] ? tree_text(s->d, n[TRIGGER]) : arena_str(&s->rules->arena, S("none-observed"));
	c->says = tree_text(s->d, n[SAYS]);
	c->awaited = n[AWAITED] ? tree_text(s->d, n[AWAITED]) : arena_str(&s->rules->arena, S("an answer of {server} to {tool}"));
	c->what = tree_text(s->d, n[WHAT]);
	c->looks_like = tree_text(s->d, n[LOOKS]);
	c->mistaken_for = tree_text(s->d, n[MISTAKEN]);
	c->see = tree_text(s->d, n[SEE]);
	c->prove_count = (unsigned)tree_count(s->d, n[PROVES]);
	c->deny_count = (unsigned)tree_count(s->d, n[DENIES]);
}

/* One that is not in every cause; NULL when the node is 0. */
static struct cond *condition_at(struct cond_scope *s, uint32_t node, void (*read)(struct cond_scope *, uint32_t, struct cond *))
{
	if (node == 0)
		return NULL;
	struct cond *ret = arena_alloc(&s->rules->arena, sizeof *ret);
	read(s, node, ret);
	return ret;
}

static void read_conditions(struct cond_scope *s, const uint32_t *n, struct cause *c)
{
	c->subject = condition_at(s, n[SUBJECT], condition_read);
	conditions_read(s, n[WHEN], &c->when);
	if (c->scope == SCOPE_EVENT && (c->subject == NULL || c->subject->kind_count == 0)) {
		s->broken = true;
		knowledge_problem(s->rules, s->d, n[SCOPE], ERR_SCHEMA, "scope `event` wants the kinds of line that it is tried on: `subject: { event: … }`");
	}
	if (c->scope == SCOPE_RUN && c->when.child_count > 0) {
		s->broken = true;
		knowledge_problem(s->rules, s->d, n[WHEN], ERR_SCHEMA, "scope `run` asks no conditions: `when: []`");
	}
	c->affects = condition_at(s, n[AFFECTS], conditions_read_call);
	c->certain = condition_at(s, n[CERTAIN], conditions_read);
	c->possible = condition_at(s, n[POSSIBLE], conditions_read);
	read_triggers(s, n[TRIGGERS], c);
	read_suspects(s, n[SUSPECTS], c);
	c->root = (int8_t)(n[ROOT] ? conditions_step(s, tree_text(s->d, n[ROOT]), false) : -1);
}

static void put(struct rules *rules, struct cause *c)
{
	for (size_t i = 0; i < rules->causes.n; i++)
		if (str_eq(rules->causes.v[i]->id, c->id) && str_eq(rules->causes.v[i]->variant, c->variant)) {
			rules->causes.v[i] = c;
			return;
		}
	*vec_push(&rules->causes) = c;
}

static void load_cause(struct rules *rules, const struct tree_doc *d, uint32_t entry)
{
	uint32_t n[KEY_COUNT];
	struct cause *c = arena_alloc(&rules->arena, sizeof *c);
	struct cond_scope s = {.rules = rules, .d = d, .cause = c};
	if (!entry_read(rules, d, entry, "cause", keys, KEY_COUNT, n) || !entry_id(rules, d, n[ID], &c->id))
		return;
	c->where = entry_where(d, entry);
	c->variant = tree_text(d, n[VARIANT]);
	c->note = entry_true(d, n[NOTE]);
	c->stale = entry_true(d, n[STALE]);
	c->recovers_by_call = entry_true(d, n[BY_CALL]);
	c->lasting = entry_true(d, n[LASTING]);
	c->fallback = entry_true(d, n[FALLBACK]);
	c->merge = !n[MERGE] || entry_true(d, n[MERGE]);
	c->scope = (enum scope)choice(&s, n[SCOPE], "scope", scope_names, sizeof scope_names / sizeof *scope_names);
	c->weight = (enum weight)choice(&s, n[WEIGHT], "weight", weight_names, sizeof weight_names / sizeof *weight_names);
	c->confidence = n[CONFIDENCE] ? (enum confidence_cap)choice(&s, n[CONFIDENCE], "confidence", confidence_names, 3) : CAP_LIKELY;
	read_texts(&s, n, c);
	read_conditions(&s, n, c);
	c->yields_to = names_of(&s, n[YIELDS], &c->yields_count);
	c->absorbs = names_of(&s, n[ABSORBS], &c->absorb_count);
	c->rivals = names_of(&s, n[RULES_OUT], &c->rival_count);
	if (!s.broken)
		put(rules, c);
}

void knowledge_causes(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	uint32_t list = entry_list(rules, d, root, "causes", NULL);
	for (uint32_t i = tree_first(d, list); i; i = tree_next(d, i))
		load_cause(rules, d, i);
}
