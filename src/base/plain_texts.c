/* Texts that every match of a plain pattern holds, as far as its tree tells (base/plain.h, for plain.c): one search for the texts of many
 * patterns then says of most bodies that none of these can match (match/texts.h).
 *
 * In a sequence each piece of known bytes is such a text, and so is a group that must be there, with a text from each of its branches.
 * The one whose shortest text is longest is taken. The known bytes that an anchored pattern begins with are passed
 * over: they tell nothing of what stands behind. */
#include "base/needles.h"
#include "base/plain_parts.h"

enum { LENGTH_ENOUGH = 12 }; /* longer texts are no better */

struct texts {
	struct plain_text v[PLAIN_TEXTS];
	unsigned n;      /* 0: none are known */
	uint32_t least;  /* length of the shortest */
};

static void add(struct texts *t, struct plain_text text)
{
	if (t->n == PLAIN_TEXTS || text.n < NEEDLE_MIN) {
		t->n = PLAIN_TEXTS + 1; /* too many, or one that says nothing: none are known */
		return;
	}
	t->least = t->n == 0 || text.n < t->least ? text.n : t->least;
	t->v[t->n++] = text;
}

static uint32_t worth(const struct texts *t) { return t->n > PLAIN_TEXTS || t->n == 0 ? 0 : t->least < LENGTH_ENOUGH ? t->least : LENGTH_ENOUGH; }

static void take_better(struct texts *best, const struct texts *other)
{
	if (worth(other) > worth(best) || (worth(other) == worth(best) && worth(best) > 0 && other->n < best->n))
		*best = *other;
}

static struct texts of_branch(struct compiler *c, const struct branch *b, bool passed);

static struct texts of_group(struct compiler *c, const struct branch *b)
{
	struct texts all = {.n = 0};
	for (; b != NULL && all.n <= PLAIN_TEXTS; b = b->next) {
		const struct texts some = of_branch(c, b, true);
		if (worth(&some) == 0)
			return (struct texts){.n = 0};
		for (unsigned i = 0; i < some.n && all.n <= PLAIN_TEXTS; i++)
			add(&all, some.v[i]);
	}
	return all;
}

static bool is_byte(const struct node *n) { return n->type == NODE_BYTE && n->min >= 1; }

/* The bytes from *n on, which stands behind them afterwards. */
static struct texts of_bytes(struct compiler *c, const struct node **n)
{
	struct texts t = {.n = 0};
	struct plain_text text = {.at = (uint32_t)c->bytes.n};
	for (bool more = true; more && *n != NULL && is_byte(*n); *n = (*n)->next) {
		buf_byte(&c->bytes, (*n)->byte);
		more = (*n)->max == 1;
	}
	text.n = (uint32_t)c->bytes.n - text.at;
	const ptrdiff_t before = str_find(str_head(buf_str(&c->bytes), text.at), (str){c->bytes.p + text.at, text.n});
	if (before >= 0) { /* as it nearly always does, in the program */
		c->bytes.n = text.at;
		text.at = (uint32_t)before;
	}
	add(&t, text);
	return t;
}

/* `passed`: behind the beginning of an anchored pattern. */
static struct texts of_branch(struct compiler *c, const struct branch *b, bool passed)
{
	struct texts best = {.n = 0};
	const struct node *n = b->first;
	while (n != NULL) {
		struct texts t = {.n = 0};
		const bool bytes = is_byte(n), takes = n->type != NODE_ASSERT && n->type != NODE_LOOK;
		if (bytes)
			t = of_bytes(c, &n);
		else if (n->type == NODE_GROUP && n->min >= 1)
			t = of_group(c, n->branches);
		if (!bytes)
			n = n->next;
		if (passed)
			take_better(&best, &t);
		passed |= takes;
	}
	return best;
}

void plain_find_texts(struct compiler *c, const struct branch *whole)
{
	const struct texts t = whole->next == NULL ? of_branch(c, whole, !c->p->anchored) : (struct texts){.n = 0};
	for (unsigned i = 0; worth(&t) > 0 && i < t.n; i++)
		*vec_push(&c->texts) = t.v[i];
}

size_t plain_texts(const struct plain *p, str ret_texts[PLAIN_TEXTS])
{
	for (size_t i = 0; i < p->texts_n; i++)
		ret_texts[i] = (str){p->text + p->texts[i].at, p->texts[i].n};
	return p->texts_n;
}
