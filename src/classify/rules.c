/* See rules.h. The table of words, those that hold others, and what all share: points in time, ranges, error classes. What calls and
 * events are asked stands in rules_call.c and rules_event.c. */
#include "classify/rules.h"
#include "base/version_range.h"

/* --- time --- */

static instant of_neighbour(struct trial *t, bool next, bool start, instant otherwise)
{
	const struct call *k = rules_neighbour(t, next);
	if (!k)
		return otherwise;
	instant at = start ? k->started_at : k->ended_at;
	return at == INSTANT_NONE ? otherwise : at;
}

instant rules_anchor(struct trial *t, const struct anchor *a, instant otherwise)
{
	const struct session_view *v = t->view;
	instant at = otherwise;
	switch (a->base) {
	case ANCHOR_NONE: return otherwise;
	case ANCHOR_START: at = t->subject->start; break;
	case ANCHOR_END: at = t->subject->end; break;
	case ANCHOR_PREV_START: at = of_neighbour(t, false, true, v->begin); break;
	case ANCHOR_PREV_END: at = of_neighbour(t, false, false, v->begin); break;
	case ANCHOR_NEXT_START: at = of_neighbour(t, true, true, v->finish); break;
	case ANCHOR_NEXT_END: at = of_neighbour(t, true, false, v->finish); break;
	case ANCHOR_BEGIN: at = v->begin; break;
	case ANCHOR_FINISH: at = v->finish; break;
	case ANCHOR_EXIT: at = v->exit_at == INSTANT_NONE ? v->finish : v->exit_at; break;
	case ANCHOR_STEP: at = t->steps[a->step] ? t->steps[a->step]->vt : otherwise; break;
	}
	return at == INSTANT_NONE ? otherwise : at + a->offset;
}

/* --- ranges and classes --- */

bool rules_in_range(const struct range *r, int64_t v) { return !r->set || (v >= r->min && v <= r->max); }

static bool in_set(const struct class_set *s, uint16_t class)
{
	return class ? class < CAUSE_CLASSES && (s->bits[class / 64] >> (class % 64) & 1) : s->none;
}

bool rules_class_fits(const struct class_set *yes, const struct class_set *no, uint16_t class)
{
	return !(no && in_set(no, class)) && (!yes || in_set(yes, class));
}

/* --- words that hold other conditions --- */

static bool check_not(struct trial *t, const struct cond *c)
{
	struct trial copy = *t;
	if (!rules_check(&copy, c->children))
		return true;
	t->found = copy.found;
	return false;
}

static bool check_all(struct trial *t, const struct cond *c)
{
	for (unsigned i = 0; i < c->child_count; i++)
		if (!rules_check(t, &c->children[i]))
			return false;
	return true;
}

static bool check_any(struct trial *t, const struct cond *c)
{
	for (unsigned i = 0; i < c->child_count; i++) {
		struct trial copy = *t;
		if (rules_check(&copy, &c->children[i])) {
			*t = copy;
			return true;
		}
	}
	return false;
}

/* --- words about the session --- */

static bool check_version(struct trial *t, const struct cond *c)
{
	return t->view->client_version.n && version_in(t->view->client_version, c->version);
}

/* `client`: any log of a client; `mcp`: what is told of this server has traffic of MCP. A debug log that lacks categories proves no
 * absence, so it is not there for this. */
static bool check_source(struct trial *t, const struct cond *c)
{
	const uint32_t client = 1u << SOURCE_CLAUDE_DEBUG | 1u << SOURCE_MCP_CACHE | 1u << SOURCE_TRANSCRIPT | 1u << SOURCE_IDE | 1u << SOURCE_DESKTOP;
	uint32_t kinds = t->view->source_kinds;
	if (c->any_client)
		return kinds & client;
	if (c->of_mcp)
		return rules_any_event(t->view, t->rules, t->subject->server, t->rules->traffic.v, t->rules->traffic.n);
	if (t->view->filtered)
		kinds &= ~(1u << SOURCE_CLAUDE_DEBUG);
	return (kinds & c->sources) == c->sources;
}

static bool check_span(struct trial *t, const struct cond *c)
{
	return !c->limits || rules_in_range(&c->limits->lasted, rules_anchor(t, &c->to, t->view->finish) - rules_anchor(t, &c->from, t->view->begin));
}

/* --- the table --- */

typedef bool check_fn(struct trial *t, const struct cond *c);
static check_fn *const checks[] = {
	[COND_ALL] = check_all, [COND_ANY] = check_any, [COND_NOT] = check_not, [COND_CALL] = rules_check_call,
	[COND_EVENT] = rules_check_event, [COND_VERSION] = check_version, [COND_SOURCE] = check_source, [COND_SPAN] = check_span, [COND_SUBJECT] = rules_check_subject,
};

bool rules_check(struct trial *t, const struct cond *c)
{
	if (checks[c->type](t, c))
		return true;
	if (!t->failed || c->type == COND_CALL || c->type == COND_EVENT || c->type == COND_NOT || c->why_not.n)
		t->failed = c;
	return false;
}
