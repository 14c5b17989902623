/* A plain pattern's program as C text (base/plain.h), for the host tool that puts the finished programs of built-in patterns
 * into the program: a start then reads no pattern. plain_new makes the same program from the same pattern; unit.test_plain compares. */
#include "base/plain_parts.h"

static void put_ops(const struct plain *p, unsigned number, struct buf *out)
{
	buf_printf(out, "static const struct plain_op ops%u[] = {\n", number);
	for (size_t i = 0; i < p->op_n; i++) {
		const struct plain_op *op = &p->ops[i];
		buf_printf(out, "{%u,%d,%u,%u,%uu,%uu,%uu},", (unsigned)op->code, (int)op->next, (unsigned)op->a, (unsigned)op->c, (unsigned)op->b,
			(unsigned)op->min, (unsigned)op->max);
	}
	buf_addz(out, "};\n");
}

static void put_sets(const struct plain *p, unsigned number, struct buf *out)
{
	buf_printf(out, "static const struct span_set sets%u[] = {\n", number);
	for (size_t i = 0; i < p->set_n; i++) {
		buf_addz(out, "{{");
		for (size_t k = 0; k < sizeof p->sets[i].row; k++)
			buf_printf(out, "%u,", (unsigned)p->sets[i].row[k]);
		buf_addz(out, "}},");
	}
	buf_addz(out, "{{0}}};\n");
}

static void put_words(const char *name, const uint64_t words[PLAIN_FIXED_WORDS], struct buf *out)
{
	buf_printf(out, ".%s={", name);
	for (unsigned i = 0; i < PLAIN_FIXED_WORDS; i++)
		buf_printf(out, "0x%llxu,", (unsigned long long)words[i]);
	buf_addz(out, "},");
}

static void put_masks(const struct plain *p, unsigned number, struct buf *out)
{
	buf_printf(out, "static const struct plain_mask masks%u[] = {\n", number);
	for (size_t i = 0; i < p->mask_n; i++) {
		buf_byte(out, '{');
		put_words("equal", p->masks[i].equal, out);
		put_words("value", p->masks[i].value, out);
		put_words("six", p->masks[i].six, out);
		buf_addz(out, "},");
	}
	buf_addz(out, "{.equal={0}}};\n");
}

static void put_numbers(const char *name, const uint32_t *numbers, struct buf *out)
{
	buf_printf(out, ".%s={", name);
	for (unsigned i = 0; i < PLAIN_GROUPS; i++)
		buf_printf(out, "%u,", (unsigned)numbers[i]);
	buf_addz(out, "},");
}

void plain_write(const struct plain *p, unsigned number, struct buf *out)
{
	put_ops(p, number, out);
	put_sets(p, number, out);
	put_masks(p, number, out);
	buf_printf(out, "static const char text%u[] = {", number);
	for (size_t i = 0; i < p->text_n; i++)
		buf_printf(out, "%d,", (int)p->text[i]);
	buf_printf(out, "};\nstatic const struct plain plain%u = {.ops=ops%u,.masks=masks%u,.sets=sets%u,.text=text%u,", number, number, number, number, number);
	buf_printf(out, ".op_n=%zu,.set_n=%zu,.mask_n=%zu,.text_n=%zu,.groups=%u,.anchored=%d,.at_start=%d,.first=%u,", p->op_n, p->set_n, p->mask_n, p->text_n,
		p->groups, (int)p->anchored, (int)p->at_start, (unsigned)p->first);
	put_numbers("name", p->name, out);
	put_numbers("name_n", p->name_n, out);
	buf_addz(out, "};\n");
}

static bool same(const void *a, const void *b, size_t n) { return n == 0 || memcmp(a, b, n) == 0; }

static bool same_op(const struct plain_op *a, const struct plain_op *b)
{
	return a->code == b->code && a->next == b->next && a->a == b->a && a->c == b->c && a->b == b->b && a->min == b->min && a->max == b->max;
}

bool plain_same(const struct plain *a, const struct plain *b)
{
	if (a->op_n != b->op_n || a->set_n != b->set_n || a->mask_n != b->mask_n || a->text_n != b->text_n || a->groups != b->groups ||
		a->anchored != b->anchored || a->at_start != b->at_start || a->first != b->first)
		return false;
	for (size_t i = 0; i < a->op_n; i++)
		if (!same_op(&a->ops[i], &b->ops[i]))
			return false;
	return same(a->sets, b->sets, a->set_n * sizeof *a->sets) && same(a->masks, b->masks, a->mask_n * sizeof *a->masks) && same(a->text, b->text, a->text_n) &&
		same(a->name, b->name, sizeof a->name) && same(a->name_n, b->name_n, sizeof a->name_n);
}
