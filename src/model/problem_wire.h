/* Problems of a source between two runs, as bytes (base/wire.h). */
#ifndef MCPLOG_MODEL_PROBLEM_WIRE_H
#define MCPLOG_MODEL_PROBLEM_WIRE_H
#include "base/arena.h"
#include "base/wire.h"
#include "model/source.h"

void wire_problem(struct buf *b, const struct problem *p);
/* The code lives in `a`. */
void wire_take_problem(struct wire *w, struct arena *a, struct problem *ret);
#endif
