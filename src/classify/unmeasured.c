/* The verdict on a run of which nothing could be measured (classify/). Its words are those of the causes of scope `run`; what all
 * incidents have and this one cannot (calls, times, a line that proves it) is empty. */
#include "classify/internal.h"

static const struct cause *cause_of(const struct rules *rules, str variant)
{
	for (size_t i = 0; i < rules->causes.n; i++)
		if (rules->causes.v[i]->scope == SCOPE_RUN && str_eq(rules->causes.v[i]->variant, variant))
			return rules->causes.v[i];
	return NULL;
}

static struct evidence absence(const struct cause *c, const struct source *first)
{
	return (struct evidence){.at = {first, first ? 1 : 0, 0}, .time = first ? first->first : INSTANT_NONE, .role = ROLE_ABSENCE, .times = 1,
		.text = c->awaited, .after = INSTANT_NONE, .before = INSTANT_NONE, .until = INSTANT_NONE};
}

bool classify_unmeasured(const struct rules *rules, const struct source *first, bool pruned, struct arena *a, struct incident *ret)
{
	const struct session_view nothing = {0};
	struct judge j = {.view = &nothing, .rules = rules, .a = a};
	const struct finding f = {.cause = cause_of(rules, pruned ? S("pruned") : STR_NONE)};
	if (!f.cause)
		return false;
	struct evidence *e = arena_alloc(a, sizeof *e);
	*e = absence(f.cause, first);
	*ret = (struct incident){.id = S("v1:00000000000000000000000000000000"), .cause = f.cause->id, .title = f.cause->title, .summary = f.cause->says,
		.trigger = f.cause->trigger, .ending = ENDING_STILL_OPEN, .state = STATE_ENDED, .severity = SEVERITY_INFO, .confidence = CONFIDENCE_CERTAIN,
		.started_at = INSTANT_NONE, .ended_at = INSTANT_NONE, .duration = -1, .evidence = e, .evidence_count = 1};
	if (!pruned) /* the logs are the right ones */
		advice_fill(&j, &f, ret);
	return true;
}
