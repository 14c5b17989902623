/* Table of calls that are not handed out yet (track/). Entries are heap objects with a stable address; two hash tables lead to
 * them. The only owner of a call's strings. Refuses to decide anything: which call a line belongs to is tracker.c's business. */
#include "track/open_calls.h"
#include "base/hash.h"
#include "model/names.h"
#include <stdlib.h>

enum { NAMES_ROOM = 256 };

uint64_t open_calls_id_key(str id)
{
	uint64_t h = hash64(id);
	return h ? h : 1;
}

void open_calls_done(struct open_calls *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i]) {
			for (int k = 0; k < LINE_COUNT; k++)
				held_free(o->v[i]->lines[k]);
			free(o->v[i]->names);
			free(o->v[i]);
		}
	free(o->v);
	free(o->free_list);
	map_done(&o->by_id);
	map_done(&o->by_name);
	*o = (struct open_calls){0};
}

void open_call_reset(struct open_call *c)
{
	c->call = (struct call){0};
	c->kept = 0;
	c->names_n = 0;
	c->chain_key = c->id_key = c->touched = 0;
	c->next = c->prev = 0;
	c->used = true;
	c->dispatched = c->sent = c->ended = c->closed = c->lingers = c->again = c->vain = false;
	c->call.dispatched_at = c->call.sent_at = c->call.started_at = c->call.ended_at = INSTANT_NONE;
	c->call.first_beat_at = c->call.last_beat_at = INSTANT_NONE;
	c->call.permission = c->call.duration = c->call.last_elapsed = -1;
}

struct open_call *open_calls_add(struct open_calls *o)
{
	uint32_t index;
	if (o->free_n) {
		index = o->free_list[--o->free_n];
	} else {
		if (o->n == o->cap) {
			o->cap = o->cap ? o->cap * 2 : 64;
			o->v = mem_grow(o->v, o->cap, sizeof *o->v);
		}
		index = (uint32_t)o->n++;
		o->v[index] = mem_new(sizeof **o->v);
	}
	struct open_call *c = o->v[index];
	c->self = index;
	open_call_reset(c);
	o->live++;
	return c;
}

static void unchain(struct open_calls *o, struct open_call *c)
{
	if (!c->chain_key)
		return;
	if (c->next)
		o->v[c->next - 1]->prev = c->prev;
	if (c->prev)
		o->v[c->prev - 1]->next = c->next;
	else if (c->next)
		map_put(&o->by_name, c->chain_key, c->next);
	else
		map_remove(&o->by_name, c->chain_key);
	c->next = c->prev = 0;
	c->chain_key = 0;
}

void open_calls_remove(struct open_calls *o, struct open_call *c)
{
	uint32_t found;
	unchain(o, c);
	if (c->id_key && map_get(&o->by_id, c->id_key, &found) && found == c->self)
		map_remove(&o->by_id, c->id_key);
	c->used = false;
	o->live--;
	if (o->free_n == o->free_cap) {
		o->free_cap = o->free_cap ? o->free_cap * 2 : 64;
		o->free_list = mem_grow(o->free_list, o->free_cap, sizeof *o->free_list);
	}
	o->free_list[o->free_n++] = c->self;
}

struct open_call *open_calls_by_id(struct open_calls *o, str id)
{
	uint32_t index;
	if (!id.n || !map_get(&o->by_id, open_calls_id_key(id), &index))
		return NULL;
	struct open_call *c = o->v[index];
	return c->used && str_eq(c->call.tool_use_id, id) ? c : NULL;
}

void open_call_keep(struct open_call *c, enum call_line which, const struct event *e)
{
	c->lines[which] = held_set(c->lines[which], e);
	c->kept |= 1u << which;
}

/* A larger block, with the strings that are in use and nothing else. */
static void move_names(struct open_call *c, size_t room)
{
	str *all[] = {&c->call.server, &c->call.tool, &c->call.tool_use_id, &c->call.err, &c->call.session};
	size_t n = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		n += all[i]->n;
	c->names_cap = 2 * (n + room) < NAMES_ROOM ? NAMES_ROOM : 2 * (n + room);
	char *block = mem_grow(NULL, c->names_cap, 1), *at = block;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (!all[i]->p)
			continue;
		memcpy(at, all[i]->p, all[i]->n);
		all[i]->p = at;
		at += all[i]->n;
	}
	free(c->names);
	c->names = block;
	c->names_n = (size_t)(at - block);
}

void open_call_set(struct open_call *c, str *member, str value)
{
	*member = STR_NONE;
	if (c->names_n + value.n > c->names_cap || !c->names)
		move_names(c, value.n);
	char *at = c->names + c->names_n;
	if (value.n)
		memcpy(at, value.p, value.n);
	*member = (str){value.p ? at : NULL, value.n};
	c->names_n += value.n;
}

void open_calls_set_id(struct open_calls *o, struct open_call *c, str id)
{
	open_call_set(c, &c->call.tool_use_id, id);
	c->id_key = open_calls_id_key(id);
	map_put(&o->by_id, c->id_key, c->self);
}

void open_calls_set_name(struct open_calls *o, struct open_call *c, str server, str tool)
{
	const bool other_server = !str_eq(c->call.server, server), other_tool = !str_eq(c->call.tool, tool);
	if (c->chain_key != 0 && !other_server && !other_tool)
		return;
	if (other_server)
		open_call_set(c, &c->call.server, server);
	if (other_tool)
		open_call_set(c, &c->call.tool, tool);
	uint64_t key = name_hash(server, tool) | 1;
	if (key == c->chain_key)
		return;
	unchain(o, c);
	uint32_t first = 0;
	if (map_get(&o->by_name, key, &first)) {
		c->next = first;
		o->v[first - 1]->prev = c->self + 1;
	}
	c->chain_key = key;
	map_put(&o->by_name, key, c->self + 1);
}

void open_calls_sink(struct open_calls *o, struct open_call *c)
{
	struct open_call *n = open_calls_next(o, c);
	if (!n || n->call.id < c->call.id)
		return;
	map_put(&o->by_name, c->chain_key, n->self + 1);
	n->prev = 0;
	while (n->next && o->v[n->next - 1]->call.id > c->call.id)
		n = o->v[n->next - 1];
	c->prev = n->self + 1;
	c->next = n->next;
	if (n->next)
		o->v[n->next - 1]->prev = c->self + 1;
	n->next = c->self + 1;
}

struct open_call *open_calls_first(struct open_calls *o, str server, str tool)
{
	uint32_t first;
	if (o->live == 0)
		return NULL;
	return map_get(&o->by_name, name_hash(server, tool) | 1, &first) ? o->v[first - 1] : NULL;
}

struct open_call *open_calls_next(struct open_calls *o, const struct open_call *c) { return c->next ? o->v[c->next - 1] : NULL; }
