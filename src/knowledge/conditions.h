/* Compiles the conditions of patterns/causes: one YAML map → one struct cond. */
#ifndef MCPLOG_KNOWLEDGE_CONDITIONS_H
#define MCPLOG_KNOWLEDGE_CONDITIONS_H
#include "knowledge/entry.h"
#include "model/cause.h"

struct cond_scope { /* the cause whose conditions are being read */
	struct rules *rules;
	const struct tree_doc *d;
	struct cause *cause; /* names of its steps */
	bool broken;         /* a problem was noted */
};
/* A list of conditions (all must hold), or a single map. */
void conditions_read(struct cond_scope *s, uint32_t list, struct cond *ret);
/* One map. */
void condition_read(struct cond_scope *s, uint32_t map, struct cond *ret);
/* The words of a call, without `call:` around them. */
void conditions_read_call(struct cond_scope *s, uint32_t map, struct cond *ret);
/* Step number of a name; adds it when `add`, -1 when unknown. */
int conditions_step(struct cond_scope *s, str name, bool add);
#endif
