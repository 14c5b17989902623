/* Asks the gate of a body, and remembers the answer by as many of the body's first bytes as it depends on (parse/).
 *
 * An answer depends on the rules only, so it never gets old; a wrong yes costs time and nothing else. Refuses to know formats, and
 * where bodies end. */
#include "parse/told.h"

/* By so many words the answer is remembered; DEPTHS: it is not. A body is taken for wanted by its first words alone, which is right for
 * nearly all. */
static unsigned depth_of(const struct gate_answer *answer, str body)
{
	unsigned depth = answer->from == 0 || body.n < KEY * depth_words[2] ? 0 : 2;
	while (depth < DEPTHS && answer->bytes > KEY * depth_words[depth])
		depth++;
	return depth;
}

uint16_t told_ask(struct parser *p, struct gate_memory *q, enum body_class class, str body, const struct told_place *place)
{
	const struct gate_answer answer = p->gate(p->gate_context, class, str_head(body, HEAD_GATE));
	const uint64_t key = hot_load(place->at);
	const size_t at = quiet_set(key);
	size_t set;
	if (key == 0 || place->plain < KEY)
		return answer.from;
	if (answer.from == 0 && answer.bytes <= KEY) {
		q->quiet[at][1] = q->quiet[at][0];
		q->quiet[at][0] = key;
		return 0;
	}
	const unsigned depth = depth_of(&answer, body);
	const bool fits = depth < DEPTHS && KEY * depth_words[depth] <= place->plain && place->limit - place->at >= HEAD_GATE;
	if (fits && told_by(q, place->at, depth_words[depth], &set) == NULL) {
		struct told *t = q->told[set];
		t[1] = t[0];
		t->words = depth_words[depth];
		t->from = answer.from;
		memcpy(t->word, place->at, sizeof t->word);
		q->depths[at] |= (uint8_t)(1u << depth);
	}
	return answer.from;
}

bool told_may_be(const struct shape *s, uint64_t key)
{
	for (unsigned k = 0; k < s->mask_count; k++)
		if ((key & s->masks[k].equal[0]) == s->masks[k].value[0])
			return true;
	return s->mask_count == 0;
}

bool told_may_have_role(const struct shapes *s, enum role_of_shape role, uint64_t key)
{
	for (unsigned i = 0; i < s->role_count[role]; i++)
		if (told_may_be(s->by_role[role][i], key))
			return true;
	return false;
}
