/* Asks the gate of a body, and remembers the answer by as many of the body's first bytes as it depends on (parse/).
 *
 * An answer depends on the rules only, so it never gets old; a wrong yes costs time and nothing else. Refuses to know formats, and
 * where bodies end. */
#include "parse/told.h"

/* How rough the answers for bodies with this first word have to be: 0 … ROUGHEST. */
static unsigned roughness(const struct gate_memory *q, size_t set, uint64_t key)
{
	const unsigned rough = q->missed[set] == key ? q->misses[set] / MISSES : 0;
	return rough < ROUGHEST ? rough : ROUGHEST;
}

/* Counted for the word that most are of, as votes are. */
static void count_miss(struct gate_memory *q, size_t set, uint64_t key)
{
	if (q->missed[set] == key)
		q->misses[set] = (uint8_t)(q->misses[set] + (q->misses[set] < UINT8_MAX));
	else if (q->misses[set] > 0)
		q->misses[set]--;
	else
		q->missed[set] = key;
}

/* By how many bytes the answer is remembered: whole words at first, which are fewer lengths. A body is taken for wanted by its first
 * bytes alone, which is right for nearly all. */
static unsigned length_of(const struct gate_answer *answer, str body, unsigned rough)
{
	static const uint8_t wanted[ROUGHEST + 1] = {5 * KEY, 4 * KEY, KEY, KEY};
	const unsigned least = answer->from != 0 && body.n >= wanted[rough] ? wanted[rough] : KEY;
	unsigned bytes = answer->bytes;
	if (rough == ROUGHEST)
		bytes = KEY;
	else if (rough < ROUGHEST - 1)
		bytes = (bytes + KEY - 1) / KEY * KEY;
	return bytes > least ? bytes : least;
}

static void remember(struct gate_memory *q, const char *at, unsigned bytes, const struct gate_answer *answer)
{
	size_t set;
	if (told_by(q, at, bytes, &set) != NULL)
		return;
	struct told *t = q->told[set];
	t[1] = t[0];
	t->bytes = (uint8_t)bytes;
	t->from = answer->from;
	t->sure = answer->sure != 0 && answer->sure <= bytes;
	memcpy(t->text, at, bytes);
	q->depths[quiet_set(word_load(at))] |= UINT64_C(1) << (bytes - 1);
}

/* When a set has more than two of them, the others are told as all others are (remember). */
static void remember_quiet(struct quiet set[2], const char *at, unsigned bytes)
{
	const uint64_t mask = bytes >= 2 * KEY ? UINT64_MAX : bytes <= KEY ? 0 : (UINT64_C(1) << 8 * (bytes - KEY)) - 1;
	set[1] = set[0];
	set[0] = (struct quiet){word_load(at), word_load(at + KEY), htole64(mask)};
}

uint16_t told_ask(const struct parser *p, gate_fn *gate, struct gate_memory *q, enum body_class class, str body, const struct told_place *place)
{
	const uint64_t key = word_load(place->at);
	const size_t set = quiet_set(key);
	const bool plain = key != 0 && place->plain >= KEY && body.n >= KEY && place->limit - place->at >= HEAD_GATE;
	const unsigned rough = plain ? roughness(q, set, key) : 0;
	const struct gate_answer answer = gate(p->gate_context, class, str_head(body, rough == ROUGHEST ? KEY : HEAD_GATE));
	const unsigned bytes = length_of(&answer, body, rough);
	if (!plain)
		return answer.from;
	if (answer.from == 0 && answer.bytes <= 2 * KEY && answer.bytes <= (place->plain > KEY ? place->plain : KEY))
		remember_quiet(q->quiet[set], place->at, answer.bytes);
	if (answer.from != 0 || answer.bytes > KEY) {
		count_miss(q, set, key);
		if (bytes <= place->plain && answer.bytes <= bytes)
			remember(q, place->at, bytes, &answer);
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
