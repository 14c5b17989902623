/* The gate (match/gate.h): first of what match/ does, for every beginning that the parser has not met yet.
 *
 * The index of the record's class leaves a few signatures; each is asked by itself, by its literal head, by the bytes that it may begin
 * with, and by as much of its program as the first bytes decide. The answer says on how many bytes it depends, so that it can be
 * remembered. Never wrong when it says that nobody wants a record.
 *
 * Refuses to run a regex, and to know what a text means. */
#include "match/gate.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/vec.h"
#include <stdlib.h>

/* Error texts, tracebacks and transcripts have no gate. */
static bool is_searched(const struct signature *s)
{
	const uint32_t gated = ~(UINT32_C(1) << CLASS_ERROR | UINT32_C(1) << CLASS_TRACEBACK | UINT32_C(1) << CLASS_TRANSCRIPT);
	if (s->anchored || s->literal.n < NEEDLE_MIN || (s->bodies & gated) == 0)
		return false;
	return str_chr(s->literal, '\n') < 0 && str_chr(s->literal, '\r') < 0;
}

static void find_needles(struct gate *g)
{
	VEC(str) texts = {0};
	for (size_t i = 0; i < g->rules->signatures.n; i++)
		if (g->beginnings[i].searched)
			*vec_push(&texts) = g->rules->signatures.v[i].literal;
	if (texts.n > 0)
		g->needles = needles_new(texts.v, texts.n);
	vec_free(&texts);
}

static void find_beginnings(struct gate *g)
{
	g->beginnings = mem_new((g->rules->signatures.n + 1) * sizeof *g->beginnings);
	for (size_t i = 0; i < g->rules->signatures.n; i++) {
		const struct signature *s = &g->rules->signatures.v[i];
		struct beginning *b = &g->beginnings[i];
		b->counted = s->keep == KEEP_COUNT;
		b->searched = is_searched(s);
		b->strict = gate_is_strict(s);
		b->long_head = s->head.n >= sizeof b->word;
		if (b->long_head)
			memcpy(&b->word, s->head.p, sizeof b->word);
	}
}

void gate_init(struct gate *g, const struct rules *rules)
{
	*g = (struct gate){.rules = rules, .classes = mem_new(CLASS_COUNT * sizeof *g->classes)};
	find_beginnings(g);
	find_needles(g);
}

void gate_done(struct gate *g)
{
	for (unsigned c = 0; c < CLASS_COUNT; c++)
		match_index_done(&g->classes[c]);
	free(g->classes);
	free(g->beginnings);
	needles_free(g->needles);
	*g = (struct gate){0};
}

struct match_index *gate_index(const struct gate *g, enum body_class class)
{
	struct match_index *x = &g->classes[class];
	if (!x->ready)
		match_index_init(x, g->rules, UINT32_C(1) << class, false);
	return x;
}

static bool prefix_fits(const struct byte_set *prefix, str head)
{
	size_t n = head.n < PATTERN_PREFIX ? head.n : PATTERN_PREFIX;
	for (size_t i = 0; i < n; i++)
		if (!byte_set_has(&prefix[i], (unsigned char)head.p[i]))
			return false;
	return true;
}

/* The index mixes signatures that share a bucket; here each is asked by itself. *seen: what it takes to say no. */
bool gate_may_begin(const struct gate *g, size_t signature, str head, size_t *seen)
{
	*seen = PATTERN_PREFIX;
	const struct beginning *b = &g->beginnings[signature];
	if (b->long_head && head.n >= sizeof b->word && memcmp(&b->word, head.p, sizeof b->word) != 0)
		return false;
	const struct signature *s = &g->rules->signatures.v[signature];
	if (s->split != NULL && s->head.n == 0) /* bytes of both ways together would let far more pass than either */
		return prefix_fits(s->split, head) || prefix_fits(s->split + PATTERN_PREFIX, head);
	size_t n = head.n < s->head.n ? head.n : s->head.n;
	if (n < PATTERN_PREFIX && !prefix_fits(s->prefix, head))
		return false;
	size_t same = 0;
	while (same < n && head.p[same] == s->head.p[same])
		same++;
	if (same >= *seen)
		*seen = same + 1;
	return same == n;
}

/* With `counted`, for excerpts: beginnings are enough, wherever the rest of the text has gone. *seen: the bytes that say so. */
static enum plain_answer may_match(const struct gate *g, size_t signature, str head, bool counted, size_t *seen)
{
	const struct signature *s = &g->rules->signatures.v[signature];
	if (!gate_may_begin(g, signature, head, seen))
		return PLAIN_NO;
	return counted || s->plain == NULL ? PLAIN_MAY : plain_begins(s->plain, head, seen);
}

/* Is nothing asked of a record but its text's beginning, and nothing taken from it? */
static bool is_bare(const struct signature *s) { return s->frame.n == 0 && s->literal.n <= s->head.n && plain_groups(s->plain) == 0; }

static struct gate_answer first_to_match(const struct gate *g, enum body_class class, str head, enum asked asked)
{
	const struct match_index *x = gate_index(g, class);
	const bool counted = asked == ASK_KNOWN;
	uint16_t first = 0;
	size_t bytes = head.n < PATTERN_PREFIX ? head.n : PATTERN_PREFIX;
	for (uint64_t buckets = match_index_buckets(x, head); buckets != 0; buckets &= buckets - 1) {
		unsigned bucket = (unsigned)__builtin_ctzll(buckets);
		for (uint32_t i = x->first[bucket]; i < x->first[bucket + 1]; i++) {
			size_t seen;
			if ((asked == ASK_REST && g->beginnings[x->order[i]].searched) || (counted && g->beginnings[x->order[i]].strict))
				continue;
			const enum plain_answer answer = may_match(g, x->order[i], head, counted, &seen);
			if (answer == PLAIN_NO) {
				bytes = seen > bytes ? seen : bytes;
				continue;
			}
			const bool sure = first == 0 && answer == PLAIN_SURE && is_bare(&g->rules->signatures.v[x->order[i]]);
			if (first == 0)
				first = (uint16_t)(x->order[i] + 1);
			if (counted || !g->beginnings[x->order[i]].counted)
				return (struct gate_answer){first, (uint16_t)bytes, sure ? (uint16_t)seen : 0};
		}
	}
	return (struct gate_answer){0, (uint16_t)(bytes < head.n ? bytes : head.n), 0};
}

struct gate_answer gate_ask(const struct gate *g, enum body_class class, str head, enum asked asked)
{
	if (class == CLASS_TRACEBACK || class == CLASS_TRANSCRIPT)
		return (struct gate_answer){1, 0, 0};
	return first_to_match(g, class, head, asked);
}

/* So many bytes, and those behind them up to one that is no blank. */
static uint16_t behind_blanks(str head, uint16_t bytes)
{
	while (bytes > 0 && bytes < head.n && str_trim_end(str_head(head, bytes)).n < bytes)
		bytes++;
	return bytes;
}

struct gate_answer gate_ask_record(const struct gate *g, enum body_class class, str head, enum asked asked)
{
	/* Blanks at the end, and escape sequences, are not there any more when the record is matched: they decide nothing. */
	const char *escape = head.n > 0 ? memchr(head.p, 0x1b, head.n) : NULL;
	head = str_trim_end(escape != NULL ? str_head(head, (size_t)(escape - head.p)) : head);
	struct gate_answer a = gate_ask(g, class, head, asked);
	a.bytes = behind_blanks(head, a.bytes);
	a.sure = behind_blanks(head, a.sure);
	return a;
}
