/* Open-addressing map with linear probing (base/map.h). Capacity is a power of two, at most 3/4 of the slots are in use or
 * dead; a removed slot stays dead until the one behind it is free, or until the next growth. Keys are mixed before use, so that
 * small numbers and row ids spread too. */
#include "base/map.h"
#include "base/mem.h"
#include <stdlib.h>

enum slot_state { SLOT_FREE, SLOT_USED, SLOT_DEAD };
struct map_slot {
	uint64_t key;
	uint32_t value;
	uint32_t state;
};

static size_t home(const struct map *m, uint64_t key)
{
	key ^= key >> 32;
	key *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(key >> 32) & (m->cap - 1);
}

/* The slot of the key, or NULL. */
static struct map_slot *find(const struct map *m, uint64_t key)
{
	if (m->cap == 0)
		return NULL;
	for (size_t i = home(m, key); m->slots[i].state != SLOT_FREE; i = (i + 1) & (m->cap - 1))
		if (m->slots[i].state == SLOT_USED && m->slots[i].key == key)
			return &m->slots[i];
	return NULL;
}

static void insert(struct map *m, uint64_t key, uint32_t value)
{
	size_t i = home(m, key);
	while (m->slots[i].state != SLOT_FREE)
		i = (i + 1) & (m->cap - 1);
	m->slots[i] = (struct map_slot){key, value, SLOT_USED};
	m->n++;
}

static void grow(struct map *m)
{
	struct map old = *m;
	*m = (struct map){.cap = old.cap == 0 ? 16 : (old.n * 2 >= old.cap ? old.cap * 2 : old.cap)};
	size_t bytes;
	if (__builtin_mul_overflow(m->cap, sizeof *m->slots, &bytes))
		bytes = SIZE_MAX;
	m->slots = mem_new(bytes);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].state == SLOT_USED)
			insert(m, old.slots[i].key, old.slots[i].value);
	free(old.slots);
}

void map_done(struct map *m)
{
	free(m->slots);
	*m = (struct map){0};
}

void map_put(struct map *m, uint64_t key, uint32_t value)
{
	struct map_slot *slot = find(m, key);
	if (slot != NULL) {
		slot->value = value;
		return;
	}
	if ((m->n + m->dead + 1) * 4 > m->cap * 3)
		grow(m);
	insert(m, key, value);
}

bool map_get(const struct map *m, uint64_t key, uint32_t *ret_value)
{
	const struct map_slot *slot = find(m, key);
	if (slot == NULL)
		return false;
	*ret_value = slot->value;
	return true;
}

bool map_remove(struct map *m, uint64_t key)
{
	struct map_slot *slot = find(m, key);
	if (slot == NULL)
		return false;
	m->n--;
	size_t i = (size_t)(slot - m->slots);
	if (m->slots[(i + 1) & (m->cap - 1)].state != SLOT_FREE) {
		slot->state = SLOT_DEAD;
		m->dead++;
		return true;
	}
	/* No search goes on behind it, nor behind dead ones that it ended. */
	slot->state = SLOT_FREE;
	for (i = (i - 1) & (m->cap - 1); m->slots[i].state == SLOT_DEAD; i = (i - 1) & (m->cap - 1)) {
		m->slots[i].state = SLOT_FREE;
		m->dead--;
	}
	return true;
}

bool map_each(const struct map *m, size_t *at, uint64_t *ret_key, uint32_t *ret_value)
{
	while (*at < m->cap && m->slots[*at].state != SLOT_USED)
		++*at;
	if (*at >= m->cap)
		return false;
	*ret_key = m->slots[*at].key;
	*ret_value = m->slots[(*at)++].value;
	return true;
}
