/* What is done to a source, whoever read it (model/). */
#include "model/source.h"
#include <string.h>

void source_append_problem(struct source *s, const struct problem *p, struct arena *a)
{
	struct problem *list = arena_alloc(a, (s->problem_count + 1) * sizeof *list);
	if (s->problem_count)
		memcpy(list, s->problems, s->problem_count * sizeof *list);
	list[s->problem_count++] = *p;
	s->problems = list;
}
