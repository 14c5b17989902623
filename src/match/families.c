/* Families of signatures (match/families.h): beside the index, which knows only how bodies begin.
 *
 * A server's stderr in its client's log begins with the same words whatever it says, and a dozen signatures look for their texts in it;
 * other families have no beginning in common but that it may be any. All these texts are searched for at once; most lines hold none, and
 * only the signature that wants all of them is tried.
 *
 * Refuses to decide that a signature matches: where one text is found, each is asked as before. */
#include "match/families.h"
#include "base/mem.h"
#include "base/needles.h"
#include "base/plain.h"
#include "base/vec.h"
#include <stdlib.h>

/* A family of fewer does not pay, and one of so many texts is found everywhere. */
enum { HEAD_LEAST = 8, FAMILY_LEAST = 3, TEXTS_MOST = 48 };

void families_init(struct families *f, const struct rules *rules) { *f = (struct families){rules, mem_new((rules->signatures.n + 1) * sizeof *f->of), NULL, 0}; }

void families_done(struct families *f)
{
	for (size_t i = 0; i < f->n; i++)
		needles_free(f->needles[i]);
	free(f->needles);
	free(f->of);
	*f = (struct families){0};
}

static str head_of(const struct signature *s) { return s->head.n >= HEAD_LEAST ? s->head : STR_NONE; }

static bool begin_alike(const struct signature *a, const struct signature *b)
{
	return a->anchored && b->anchored && a->bodies == b->bodies && str_eq(head_of(a), head_of(b));
}

/* The family of this signature, for all its members. */
static void find_family(struct families *f, size_t signature)
{
	const struct signature *s = f->rules->signatures.v;
	VEC(str) texts = {0};
	VEC(size_t) members = {0};
	str of_one[PLAIN_TEXTS];
	f->of[signature] = FAMILY_NONE;
	if (s[signature].plain == NULL || plain_texts(s[signature].plain, of_one) == 0)
		return;
	for (size_t i = 0; i < f->rules->signatures.n; i++) {
		const size_t n = s[i].plain != NULL && begin_alike(&s[i], &s[signature]) ? plain_texts(s[i].plain, of_one) : 0;
		if (n > 0)
			*vec_push(&members) = i;
		for (size_t k = 0; k < n; k++)
			*vec_push(&texts) = of_one[k];
	}
	const bool pays = members.n >= FAMILY_LEAST && texts.n <= TEXTS_MOST;
	for (size_t i = 0; i < members.n; i++)
		f->of[members.v[i]] = (uint16_t)(pays ? FAMILY_FIRST + f->n : FAMILY_NONE);
	if (pays) {
		f->needles = mem_grow(f->needles, f->n + 1, sizeof *f->needles);
		f->needles[f->n++] = needles_new(texts.v, texts.n);
	}
	vec_free(&texts);
	vec_free(&members);
}

bool families_search(struct families *f, size_t signature, str body, struct family_answer *a)
{
	if (f->of[signature] == FAMILY_UNKNOWN)
		find_family(f, signature);
	const uint16_t family = f->of[signature];
	if (family == FAMILY_NONE)
		return false;
	if (a->family != family)
		*a = (struct family_answer){family, needles_find(f->needles[family - FAMILY_FIRST], body.p, body.p + body.n) == NULL};
	return a->none;
}
