/* Names to small numbers. Id 0 is the empty string. Views stay valid until intern_done. */
#ifndef MCPLOG_BASE_INTERN_H
#define MCPLOG_BASE_INTERN_H
#include "base/arena.h"

struct intern {
	struct arena text;
	str *names; /* by id */
	uint32_t *slots;
	uint32_t n, slot_count; /* zero-initialise the whole. Ids in use: 1 to n - 1 (n is 0 as long as there are none) */
};

void intern_done(struct intern *t);
uint32_t intern_put(struct intern *t, str name);        /* finds or adds */
uint32_t intern_find(const struct intern *t, str name); /* 0 when unknown (or empty) */
str intern_get(const struct intern *t, uint32_t id);    /* empty when out of range */
#endif
