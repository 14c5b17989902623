/* Translates a plain pattern to its program (base/plain.h): the tree of plain_read.c to operations, and then what can be known
 * beforehand: the bytes that can begin each way of a fork, and where a run of bytes may give some back.
 *
 * Refuses repeated groups that can be empty, and programs that would be long. */
#include "base/plain_parts.h"

#include <stdlib.h>

enum { OPS_MAX = 1500, REPEAT_MAX = 64 };

static bool may_be_empty(const struct branch *b);

static bool node_may_be_empty(const struct node *n)
{
	return n->min == 0 || n->type == NODE_ASSERT || n->type == NODE_LOOK || (n->type == NODE_GROUP && may_be_empty(n->branches));
}

static bool may_be_empty(const struct branch *b)
{
	for (; b != NULL; b = b->next) {
		const struct node *n = b->first;
		while (n != NULL && node_may_be_empty(n))
			n = n->next;
		if (n == NULL)
			return true;
	}
	return false;
}

/* The place of the new operation; operations move when more are added. */
static uint32_t emit(struct compiler *c, enum plain_code code, uint16_t a, uint32_t b)
{
	if (c->ops.n >= OPS_MAX) {
		(void)plain_refuse(c);
		c->ops.n = 0;
	}
	*vec_push(&c->ops) = (struct plain_op){.code = (uint8_t)code, .a = a, .b = b, .c = NO_SET, .next = ANY_NEXT, .min = 1, .max = 1};
	return (uint32_t)c->ops.n - 1;
}

static uint32_t here(const struct compiler *c) { return (uint32_t)c->ops.n; }

static void emit_node(struct compiler *c, const struct node *n);

static void emit_byte(struct compiler *c, char byte)
{
	struct plain_op *last = c->ops.n > 0 ? &c->ops.v[c->ops.n - 1] : NULL;
	/* `c` set to 0 closes a run of bytes: somebody jumps behind it. */
	if (last != NULL && last->code == PLAIN_BYTES && last->c == NO_SET && last->b + last->a == c->bytes.n) {
		last->a++;
	} else {
		(void)emit(c, PLAIN_BYTES, 1, (uint32_t)c->bytes.n);
	}
	buf_byte(&c->bytes, byte);
}

/* What comes next is jumped to: bytes before it must not grow over it. */
static void close_bytes(struct compiler *c)
{
	if (c->ops.n > 0 && c->ops.v[c->ops.n - 1].code == PLAIN_BYTES)
		c->ops.v[c->ops.n - 1].c = 0;
}

static void emit_branches(struct compiler *c, const struct branch *b)
{
	VEC(uint32_t) ends = {0};
	for (; b != NULL && !c->refused; b = b->next) {
		uint32_t fork = 0;
		close_bytes(c);
		if (b->next != NULL)
			fork = emit(c, PLAIN_SPLIT, NO_SET, 0);
		for (const struct node *n = b->first; n != NULL && !c->refused; n = n->next)
			emit_node(c, n);
		if (b->next == NULL || c->refused)
			break;
		*vec_push(&ends) = emit(c, PLAIN_JUMP, 0, 0);
		if (!c->refused)
			c->ops.v[fork].b = here(c);
	}
	close_bytes(c);
	for (size_t i = 0; i < ends.n && !c->refused; i++)
		c->ops.v[ends.v[i]].b = here(c);
	vec_free(&ends);
}

static void emit_group(struct compiler *c, const struct node *n)
{
	if (n->capture)
		(void)emit(c, PLAIN_SAVE, (uint16_t)(2 * n->capture), 0);
	emit_branches(c, n->branches);
	if (n->capture)
		(void)emit(c, PLAIN_SAVE, (uint16_t)(2 * n->capture + 1), 0);
}

/* A fork before an optional part: greedy forks enter it first. */
static uint32_t emit_fork(struct compiler *c) { close_bytes(c); return emit(c, PLAIN_SPLIT, NO_SET, 0); }

/* A lazy fork leaves first: it jumps over a jump that enters. */
static uint32_t emit_lazy_fork(struct compiler *c)
{
	uint32_t fork = emit_fork(c), leave = emit(c, PLAIN_JUMP, 0, 0);
	if (!c->refused)
		c->ops.v[fork].b = here(c);
	return leave;
}

static void emit_repeated_group(struct compiler *c, const struct node *n)
{
	uint32_t forks[REPEAT_MAX];
	size_t fork_n = 0;
	bool endless = n->max == UINT32_MAX;
	uint32_t extra = endless ? 1 : n->max - n->min;
	if ((may_be_empty(n->branches) && n->max > 1) || n->min > REPEAT_MAX || extra > REPEAT_MAX) {
		(void)plain_refuse(c);
		return;
	}
	for (uint32_t i = 0; i < n->min && !c->refused; i++)
		emit_group(c, n);
	for (uint32_t i = 0; i < extra && !c->refused; i++) {
		uint32_t fork = n->lazy ? emit_lazy_fork(c) : emit_fork(c);
		forks[fork_n++] = fork;
		emit_group(c, n);
		if (endless)
			(void)emit(c, PLAIN_JUMP, 0, n->lazy ? fork - 1 : fork);
	}
	close_bytes(c);
	for (size_t i = 0; i < fork_n && !c->refused; i++)
		c->ops.v[forks[i]].b = here(c);
}

static void emit_repeated_byte(struct compiler *c, const struct node *n)
{
	struct span_set one = {{0}};
	uint16_t set = n->set;
	if (n->type == NODE_BYTE) {
		span_add_range(&one, (unsigned char)n->byte, (unsigned char)n->byte);
		set = plain_add_set(c, &one);
	}
	uint32_t at = emit(c, n->lazy ? PLAIN_LAZY : PLAIN_RUN, set, 0);
	c->ops.v[at].min = n->min;
	c->ops.v[at].max = n->max;
}

static void emit_node(struct compiler *c, const struct node *n)
{
	bool once = n->min == 1 && n->max == 1;
	if (n->type == NODE_ASSERT) {
		(void)emit(c, n->assert_code, 0, 0);
	} else if (n->type == NODE_LOOK) {
		uint32_t at = emit(c, n->assert_code, 0, 0);
		emit_branches(c, n->branches);
		(void)emit(c, PLAIN_MATCH, 0, 0);
		if (!c->refused)
			c->ops.v[at].b = here(c);
	} else if (n->type == NODE_GROUP) {
		if (once)
			emit_group(c, n);
		else
			emit_repeated_group(c, n);
	} else if (!once) {
		emit_repeated_byte(c, n);
	} else if (n->type == NODE_BYTE) {
		emit_byte(c, n->byte);
	} else {
		(void)emit(c, PLAIN_SET, n->set, 0);
	}
}

/* --- what can be known beforehand --- */

/* Adds the bytes that can come first from pc on; false: also none, or it is not known. `room` bounds the walk. */
static bool first_bytes(const struct compiler *c, uint32_t pc, struct span_set *s, unsigned *room)
{
	for (;;) {
		const struct plain_op *op = &c->ops.v[pc];
		if ((*room)-- == 0) {
			*room = 1;
			return false;
		}
		switch (op->code) {
		case PLAIN_BYTES: span_add_range(s, (unsigned char)c->bytes.p[op->b], (unsigned char)c->bytes.p[op->b]); return true;
		case PLAIN_SET: span_unite(s, &c->sets.v[op->a]); return true;
		case PLAIN_RUN:
		case PLAIN_LAZY:
			span_unite(s, &c->sets.v[op->a]);
			if (op->min > 0)
				return true;
			pc++;
			break;
		case PLAIN_SPLIT:
			if (!first_bytes(c, pc + 1, s, room))
				return false;
			pc = op->b;
			break;
		case PLAIN_JUMP: pc = op->b; break;
		case PLAIN_LOOK:
		case PLAIN_LOOK_NOT: pc = op->b; break;
		case PLAIN_MATCH: return false;
		default: pc++;
		}
	}
}

static uint16_t first_set(struct compiler *c, uint32_t pc)
{
	struct span_set s = {{0}};
	unsigned room = 200;
	return first_bytes(c, pc, &s, &room) ? plain_add_set(c, &s) : NO_SET;
}

/* How many bytes stand in both, and the last of them. */
static unsigned common(const struct span_set *x, const struct span_set *y, unsigned *ret_last)
{
	unsigned n = 0;
	for (unsigned i = 0; i < sizeof x->row; i++) {
		unsigned both = x->row[i] & y->row[i];
		if (both == 0)
			continue;
		n += (unsigned)__builtin_popcount(both);
		*ret_last = (i & 16) << 3 | (31u - (unsigned)__builtin_clz(both)) << 4 | (i & 15);
	}
	return n;
}

/* A run gives bytes back only where what follows can begin with them. */
static void prepare_run(struct compiler *c, uint32_t pc)
{
	struct span_set behind = {{0}};
	unsigned room = 200, last = 0;
	struct plain_op *op = &c->ops.v[pc];
	uint32_t then = pc + 1;
	while (c->ops.v[then].code == PLAIN_SAVE)
		then++;
	const bool line_end = c->ops.v[then].code == PLAIN_END && !span_has(&c->sets.v[op->a], '\n'); /* not before a byte of the run */
	if (c->ops.v[then].code == PLAIN_MATCH || line_end) {
		op->next = KEEP_ALL;
		return;
	}
	if (!first_bytes(c, pc + 1, &behind, &room))
		return;
	unsigned n = common(&behind, &c->sets.v[op->a], &last);
	if (n == 0)
		op->next = KEEP_ALL;
	else if (n == 1)
		op->next = (int16_t)last;
}

/* A group that is one run, as most are: `(?<name>\S+)`. Nobody jumps into the middle of it. */
static void join_field(struct plain_op *op)
{
	const struct plain_op *run = op + 1, *end = op + 2;
	if (op->code != PLAIN_SAVE || run->code != PLAIN_RUN || end->code != PLAIN_SAVE || end->a != op->a + 1)
		return;
	op->code = PLAIN_FIELD;
	op->b = op->a;
	op->a = run->a;
	op->min = run->min;
	op->max = run->max;
	op->next = run->next;
}

static bool is_digits(const struct span_set *s)
{
	struct span_set digits = {{0}};
	span_add_range(&digits, '0', '9');
	return memcmp(s, &digits, sizeof digits) == 0;
}

/* Adds the bytes that op takes to the n of the mask, when there is room and each is known or a digit; false: it is not so. */
static bool add_fixed(const struct compiler *c, const struct plain_op *op, struct plain_mask *m, unsigned *n)
{
	uint8_t *equal = (uint8_t *)m->equal, *value = (uint8_t *)m->value, *six = (uint8_t *)m->six;
	const bool bytes = op->code == PLAIN_BYTES;
	if (!bytes && ((op->code != PLAIN_SET && op->code != PLAIN_RUN) || op->min != op->max || !is_digits(&c->sets.v[op->a])))
		return false;
	const uint32_t count = bytes ? op->a : op->min;
	if (count > 8 * PLAIN_FIXED_WORDS - *n)
		return false;
	for (uint32_t i = 0; i < count; i++, ++*n) {
		equal[*n] = bytes ? 0xff : 0xf0;
		value[*n] = bytes ? (uint8_t)c->bytes.p[op->b + i] : 0x30;
		six[*n] = bytes ? 0 : 6;
	}
	return true;
}

/* Digits and known bytes, as in times, are one step; `target`: places that are jumped to. */
static void join_fixed(struct compiler *c, const bool *target)
{
	for (uint32_t pc = 0; pc < c->ops.n; pc++) {
		struct plain_mask m = {{0}, {0}, {0}};
		unsigned n = 0;
		uint32_t then = pc;
		while (then < c->ops.n && (then == pc || !target[then]) && add_fixed(c, &c->ops.v[then], &m, &n))
			then++;
		if (then < pc + 3 || n < PLAIN_FIXED_MIN)
			continue;
		c->ops.v[pc] = (struct plain_op){.code = PLAIN_FIXED, .a = (uint16_t)n, .b = (uint32_t)c->masks.n, .min = then};
		*vec_push(&c->masks) = m;
		pc = then - 1;
	}
}

static void find_fixed(struct compiler *c)
{
	bool *target = mem_new((c->ops.n + 1) * sizeof *target);
	for (uint32_t pc = 0; pc < c->ops.n; pc++) {
		const struct plain_op *op = &c->ops.v[pc];
		if (op->code == PLAIN_SPLIT || op->code == PLAIN_JUMP || op->code >= PLAIN_LOOK)
			target[op->b] = true;
	}
	join_fixed(c, target);
	free(target);
}

/* A lazy run stops at bytes that can follow it: the others of its set are passed over at once. */
static void prepare_lazy(struct compiler *c, uint32_t pc)
{
	uint16_t then = first_set(c, pc + 1);
	c->ops.v[pc].c = then;
	if (then == NO_SET || c->refused)
		return;
	struct span_set pass = c->sets.v[c->ops.v[pc].a];
	for (unsigned i = 0; i < sizeof pass.row; i++)
		pass.row[i] &= (uint8_t)~c->sets.v[then].row[i];
	c->ops.v[pc].b = plain_add_set(c, &pass);
}

static void prepare(struct compiler *c)
{
	for (uint32_t pc = 0; pc < c->ops.n && !c->refused; pc++) {
		if (c->ops.v[pc].code == PLAIN_RUN) {
			prepare_run(c, pc);
		} else if (c->ops.v[pc].code == PLAIN_LAZY) {
			prepare_lazy(c, pc);
		} else if (c->ops.v[pc].code == PLAIN_SPLIT) {
			uint16_t a = first_set(c, pc + 1), b = first_set(c, c->ops.v[pc].b);
			c->ops.v[pc].a = a;
			c->ops.v[pc].c = b;
		}
	}
	c->p->first = first_set(c, 0);
	for (uint32_t pc = 0; pc + 2 < c->ops.n && !c->refused; pc++)
		join_field(&c->ops.v[pc]);
	if (!c->refused)
		find_fixed(c);
}

static bool all_at_start(const struct branch *b)
{
	for (; b != NULL; b = b->next)
		if (b->first == NULL || b->first->type != NODE_ASSERT || b->first->assert_code != PLAIN_START)
			return false;
	return true;
}

struct plain *plain_new(str pattern, const struct plain_options *options)
{
	struct plain *p = mem_new(sizeof *p);
	struct compiler c = {.p = p, .text = pattern, .dotall = options->dotall};
	struct branch *whole = plain_read(&c);
	if (!c.refused) {
		emit_branches(&c, whole);
		(void)emit(&c, PLAIN_MATCH, 0, 0);
		p->at_start = all_at_start(whole);
		p->anchored = options->anchored || p->at_start;
		if (!c.refused)
			prepare(&c);
		if (!c.refused)
			plain_find_texts(&c, whole);
	}
	p->ops = c.ops.v;
	p->op_n = c.ops.n;
	p->sets = c.sets.v;
	p->set_n = c.sets.n;
	p->masks = c.masks.v;
	p->mask_n = c.masks.n;
	p->texts = c.texts.v;
	p->texts_n = c.texts.n;
	p->names = c.names.v;
	buf_repeat(&c.bytes, '\0', PLAIN_WORD_ROOM);
	p->text = c.bytes.p;
	p->text_n = c.bytes.n;
	arena_done(&c.nodes);
	if (c.refused) {
		plain_free(p);
		return NULL;
	}
	return p;
}

void plain_free(struct plain *p)
{
	if (p == NULL)
		return;
	free((void *)p->ops);
	free((void *)p->sets);
	free((void *)p->masks);
	free((void *)p->texts);
	free((void *)p->names);
	free((void *)p->text);
	free(p);
}

unsigned plain_groups(const struct plain *p) { return p->groups; }

str plain_name(const struct plain *p, unsigned group)
{
	if (group == 0 || group > p->groups || p->names[group - 1].n == 0)
		return STR_NONE;
	return (str){p->text + p->names[group - 1].at, p->names[group - 1].n};
}
