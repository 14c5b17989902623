/* Deep copies of events (track/). One allocation each: the struct and, behind it, its fields and all its strings. It is used again
 * for the next event: most calls live for a few records, and an allocation per line would cost more than the copy. Refuses nothing. */
#include "track/held.h"
#include "base/mem.h"
#include <stdlib.h>

enum { SMALLEST = 512 }; /* room for most lines */

struct held {
	struct event event;
	size_t cap;          /* of room, in bytes */
	struct field room[]; /* the fields, then the text */
};

static void take(str *s, char **at)
{
	if (!s->p)
		return;
	memcpy(*at, s->p, s->n);
	s->p = *at;
	*at += s->n;
}

struct held *held_set(struct held *h, const struct event *e)
{
	size_t n = e->server.n + e->tool.n + e->tool_use_id.n + e->err.n + e->session.n + e->text.n;
	for (unsigned i = 0; i < e->field_count; i++)
		n += e->fields[i].value.n;
	size_t fields = e->field_count * sizeof *e->fields;
	n += fields;
	if (!h || h->cap < n) {
		free(h);
		const size_t cap = n < SMALLEST - sizeof *h ? SMALLEST - sizeof *h : n;
		h = mem_grow(NULL, sizeof *h + cap, 1);
		h->cap = cap;
	}
	h->event = *e;
	struct event *c = &h->event;
	c->fields = (struct field *)h->room;
	if (fields)
		memcpy(c->fields, e->fields, fields);
	char *at = (char *)h->room + fields;
	take(&c->server, &at);
	take(&c->tool, &at);
	take(&c->tool_use_id, &at);
	take(&c->err, &at);
	take(&c->session, &at);
	take(&c->text, &at);
	for (unsigned i = 0; i < c->field_count; i++)
		take(&c->fields[i].value, &at);
	return h;
}

struct event *held_event(struct held *h) { return &h->event; }

void held_free(struct held *h) { free(h); }
