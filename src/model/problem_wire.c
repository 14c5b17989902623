/* Problems as bytes (model/problem_wire.h): what reader and parser noted before a rest is known to the next run. */
#include "model/problem_wire.h"

void wire_problem(struct buf *b, const struct problem *p)
{
	wire_str(b, str_z(p->code));
	wire_str(b, (str){p->text, strnlen(p->text, sizeof p->text)});
	wire_u64(b, p->line);
	wire_u64(b, p->offset);
	wire_u64(b, p->class);
	wire_u64(b, p->times);
}

void wire_take_problem(struct wire *w, struct arena *a, struct problem *ret)
{
	*ret = (struct problem){.code = arena_str(a, wire_take_str(w)).p};
	const str text = str_head(wire_take_str(w), sizeof ret->text - 1);
	if (text.n)
		memcpy(ret->text, text.p, text.n);
	ret->line = wire_take_u64(w);
	ret->offset = wire_take_u64(w);
	ret->class = (enum severity_class)wire_take_max(w, PROBLEM_ERROR);
	ret->times = (uint32_t)wire_take_u64(w);
}
