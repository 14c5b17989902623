/* Names to small numbers (base/intern.h). Ids are given in the order of first use and never change; the slot table holds ids
 * only, the texts lie in an arena. Not for unbounded sets: what is interned stays until intern_done. */
#include "base/intern.h"
#include "base/hash.h"
#include "base/mem.h"
#include <stdlib.h>

/* The slot where the name stands or would stand. */
static uint32_t *slot_of(const struct intern *t, str name)
{
	uint32_t i = (uint32_t)hash64(name) & (t->slot_count - 1);
	while (t->slots[i] != 0 && !str_eq(t->names[t->slots[i]], name))
		i = (i + 1) & (t->slot_count - 1);
	return &t->slots[i];
}

/* names[] always has room for half as many entries as there are slots. */
static void grow(struct intern *t)
{
	uint32_t count = t->slot_count == 0 ? 32 : t->slot_count * 2;
	free(t->slots);
	t->slots = mem_new(count * sizeof *t->slots);
	t->names = mem_grow(t->names, count / 2 + 1, sizeof *t->names);
	t->slot_count = count;
	if (t->n == 0)
		t->names[t->n++] = arena_str(&t->text, S(""));
	for (uint32_t id = 1; id < t->n; id++)
		*slot_of(t, t->names[id]) = id;
}

void intern_done(struct intern *t)
{
	arena_done(&t->text);
	free(t->names);
	free(t->slots);
	*t = (struct intern){0};
}

uint32_t intern_put(struct intern *t, str name)
{
	if (name.n == 0)
		return 0;
	if (t->n >= t->slot_count / 2)
		grow(t);
	uint32_t *slot = slot_of(t, name);
	if (*slot == 0) {
		t->names[t->n] = arena_str(&t->text, name);
		*slot = t->n++;
	}
	return *slot;
}

uint32_t intern_find(const struct intern *t, str name)
{
	return name.n == 0 || t->slot_count == 0 ? 0 : *slot_of(t, name);
}

str intern_get(const struct intern *t, uint32_t id) { return id < t->n ? t->names[id] : S(""); }
