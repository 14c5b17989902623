/* What a signature costs in the records of its classes, most of which it does not match. A record stands for what logs hold: all samples
 * of all signatures of a class are records of it. How many of them reach the regex, and how many steps it takes there, is counted with
 * the matcher's own conditions; no clock is asked. */
#include "prove/sample.h"

void prove_price_start(struct prove_pool *pool, const struct rules *rules)
{
	for (size_t i = 0; i < rules->signatures.n; i++) {
		const struct signature *s = &rules->signatures.v[i];
		const struct tree_doc *d = s->doc;
		for (uint32_t k = tree_first(d, tree_get(d, s->node, "samples")); k != 0; k = tree_next(d, k))
			for (unsigned c = 0; c < CLASS_COUNT; c++)
				if (s->bodies >> c & 1)
					*vec_push(&pool->bodies[c]) = tree_text(d, tree_get(d, k, "line"));
	}
}

void prove_price_done(struct prove_pool *pool)
{
	for (unsigned c = 0; c < CLASS_COUNT; c++)
		vec_free(&pool->bodies[c]);
}

void prove_price(struct proof *p, const struct matcher *m, size_t index, struct regex *r)
{
	const struct signature *s = &p->rules->signatures.v[index];
	struct prove_price *price = vec_push(&p->report->prices);
	*price = (struct prove_price){.signature = s, .plain = regex_is_plain(r)};
	for (unsigned c = 0; c < CLASS_COUNT; c++)
		for (size_t i = 0; s->bodies >> c & 1 && i < p->pool->bodies[c].n; i++) {
			uint64_t steps = 0;
			price->records++;
			if (!matcher_tries(m, index, p->pool->bodies[c].v[i]))
				continue;
			(void)prove_steps(r, false, p->pool->bodies[c].v[i], &steps);
			price->tried++;
			price->steps += steps;
		}
}
