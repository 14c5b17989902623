/* A plain pattern's program as pieces of memory (base/plain.h), for the host tool that puts the finished programs of built-in patterns
 * into the program: a start then reads no pattern. plain_new makes the same program from the same pattern; unit.test_knowledge compares. */
#include "base/plain_parts.h"

void plain_pieces(const struct plain *p, struct plain_piece ret[PLAIN_PIECES])
{
	ret[0] = (struct plain_piece){p, sizeof *p};
	ret[1] = (struct plain_piece){p->ops, p->op_n * sizeof *p->ops};
	ret[2] = (struct plain_piece){p->masks, p->mask_n * sizeof *p->masks};
	ret[3] = (struct plain_piece){p->sets, p->set_n * sizeof *p->sets};
	ret[4] = (struct plain_piece){p->texts, p->texts_n * sizeof *p->texts};
	ret[5] = (struct plain_piece){p->names, p->groups * sizeof *p->names};
	ret[6] = (struct plain_piece){p->text, p->text_n};
}

static bool same(const void *a, const void *b, size_t n) { return n == 0 || memcmp(a, b, n) == 0; }

static bool same_op(const struct plain_op *a, const struct plain_op *b)
{
	return a->code == b->code && a->next == b->next && a->a == b->a && a->c == b->c && a->b == b->b && a->min == b->min && a->max == b->max;
}

bool plain_same(const struct plain *a, const struct plain *b)
{
	if (a->op_n != b->op_n || a->set_n != b->set_n || a->mask_n != b->mask_n || a->texts_n != b->texts_n || a->text_n != b->text_n || a->groups != b->groups ||
		a->anchored != b->anchored || a->at_start != b->at_start || a->first != b->first)
		return false;
	for (size_t i = 0; i < a->op_n; i++)
		if (!same_op(&a->ops[i], &b->ops[i]))
			return false;
	return same(a->sets, b->sets, a->set_n * sizeof *a->sets) && same(a->masks, b->masks, a->mask_n * sizeof *a->masks) && same(a->texts, b->texts, a->texts_n * sizeof *a->texts) && same(a->text, b->text, a->text_n) &&
		same(a->names, b->names, a->groups * sizeof *a->names);
}
