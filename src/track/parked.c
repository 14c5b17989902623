/* Open calls in a few bytes each (track/): a log may hold a million calls that never end, and an open_call takes two kilobytes with
 * its lines. Only calls of which nothing but a beginning is known are taken: their places and times as distances (base/wire.h), names
 * as numbers, the id without its usual prefix.
 *
 * Calls of one server and tool are chained from the oldest on, the sent ones apart from the others; `prev` of the oldest is the newest.
 *
 * Refuses to decide when a call is parked or taken back: tracker.c and pairing.c do. */
#include "track/parked.h"
#include "base/hash.h"
#include "base/wire.h"
#include "model/names.h"
#include <stdlib.h>

enum { DISPATCHED = 1, SENT = 2, SURE = 4, USUAL_ID = 8, LINK_AT = 4, MOST = 255 };
#define USUAL_PREFIX "toolu_"

static uint64_t name_key(str server, str tool, bool sent) { return (name_hash(server, tool) & ~UINT64_C(1)) | sent; }

void parked_done(struct parked *p)
{
	for (size_t i = 0; i < p->v.n; i++)
		free(p->v.v[i].bytes);
	vec_free(&p->v);
	map_done(&p->by_id);
	map_done(&p->by_name);
	intern_done(&p->names);
	buf_done(&p->bytes);
}

/* --- a call as bytes --- */

static bool only_began(const struct open_call *c)
{
	const struct call *k = &c->call;
	return c->chain_key && !c->ended && !c->closed && !c->lingers && !(c->kept & ~(1u << LINE_DISPATCH | 1u << LINE_SENT)) && !k->beats &&
		!k->class && !k->err.n && k->duration < 0 && k->attempts == c->sent && !k->source && k->started_at != INSTANT_NONE &&
		(c->sent || c->dispatched) && !k->outcome && k->last_elapsed < 0;
}

/* A time of a call that began at `start`; 0: unknown. */
static void put_time(struct buf *b, instant at, instant start)
{
	const int64_t distance = at == INSTANT_NONE ? 0 : at - start;
	wire_i64(b, at == INSTANT_NONE ? 0 : distance < 0 ? distance : distance + 1);
}

static instant take_time(struct wire *w, instant start)
{
	const int64_t said = wire_take_i64(w);
	return said == 0 ? INSTANT_NONE : start + (said < 0 ? said : said - 1);
}

static void put_call(struct parked *p, const struct open_call *c)
{
	const struct call *k = &c->call;
	struct buf *b = &p->bytes;
	const bool usual = str_starts(k->tool_use_id, S(USUAL_PREFIX));
	buf_reset(b);
	buf_byte(b, 0);
	buf_byte(b, (char)((c->dispatched ? DISPATCHED : 0) | (c->sent ? SENT : 0) | (k->link_sure ? SURE : 0) | (usual ? USUAL_ID : 0) | (int)k->link << LINK_AT));
	wire_str(b, usual ? str_from(k->tool_use_id, sizeof USUAL_PREFIX - 1) : k->tool_use_id);
	wire_u64(b, k->flags);
	wire_u64(b, intern_put(&p->names, k->server));
	wire_u64(b, intern_put(&p->names, k->tool));
	wire_u64(b, intern_put(&p->names, k->session));
	wire_u64(b, k->start.offset);
	wire_i64(b, k->id - p->key - (int64_t)k->start.offset);
	wire_u64(b, k->start.line);
	wire_i64(b, k->started_at);
	wire_i64(b, k->permission);
	put_time(b, k->dispatched_at, k->started_at);
	if (!c->sent)
		return;
	put_time(b, k->sent_at, k->started_at);
	wire_u64(b, k->sent.line - k->start.line);
	wire_u64(b, k->sent.offset - k->start.offset);
}

static struct wire open_slot(const struct parked *p, uint32_t slot, unsigned *ret_bits)
{
	const char *bytes = p->v.v[slot - 1].bytes;
	*ret_bits = (unsigned char)bytes[1];
	return (struct wire){{bytes + 2, (size_t)(unsigned char)bytes[0] - 2}, false};
}

bool parked_read(struct parked *p, uint32_t slot, struct open_call *ret)
{
	unsigned bits;
	if (!p->v.v[slot - 1].bytes)
		return false;
	struct wire w = open_slot(p, slot, &bits);
	struct call *k = &ret->call;
	open_call_reset(ret);
	str id = wire_take_str(&w);
	buf_reset(&p->bytes);
	buf_addz(&p->bytes, bits & USUAL_ID ? USUAL_PREFIX : "");
	buf_add(&p->bytes, id);
	k->tool_use_id = id.p ? buf_str(&p->bytes) : STR_NONE;
	ret->dispatched = bits & DISPATCHED;
	ret->sent = bits & SENT;
	k->link_sure = bits & SURE;
	k->link = (enum link)(bits >> LINK_AT);
	k->flags = (uint32_t)wire_take_u64(&w);
	k->server = intern_get(&p->names, (uint32_t)wire_take_u64(&w));
	k->tool = intern_get(&p->names, (uint32_t)wire_take_u64(&w));
	k->session = intern_get(&p->names, (uint32_t)wire_take_u64(&w));
	k->start.offset = wire_take_u64(&w);
	k->id = wire_take_i64(&w) + p->key + (int64_t)k->start.offset;
	k->start.line = wire_take_u64(&w);
	k->started_at = wire_take_i64(&w);
	k->permission = wire_take_i64(&w);
	k->dispatched_at = take_time(&w, k->started_at);
	k->attempts = ret->sent;
	if (!ret->sent)
		return true;
	k->sent_at = take_time(&w, k->started_at);
	k->sent.line = k->start.line + wire_take_u64(&w);
	k->sent.offset = k->start.offset + wire_take_u64(&w);
	return true;
}

/* --- the table --- */

static uint32_t new_slot(struct parked *p)
{
	const uint32_t slot = p->unused;
	if (!slot) {
		(void)vec_push(&p->v);
		return (uint32_t)p->v.n;
	}
	p->unused = p->v.v[slot - 1].next;
	return slot;
}

static int64_t id_at(struct parked *p, uint32_t slot)
{
	struct open_call c;
	return parked_read(p, slot, &c) ? c.call.id : INT64_MIN;
}

/* Nearly always the newest; one that was taken back for a while goes to its old place. */
static void chain(struct parked *p, uint32_t slot, uint64_t key, int64_t id)
{
	uint32_t oldest, before;
	struct parked_slot *s = &p->v.v[slot - 1];
	if (!map_get(&p->by_name, key, &oldest)) {
		*s = (struct parked_slot){s->bytes, 0, slot};
		map_put(&p->by_name, key, slot);
		return;
	}
	struct parked_slot *first = &p->v.v[oldest - 1];
	for (before = first->prev; before && id_at(p, before) > id;)
		before = parked_before(p, before);
	s->next = before ? p->v.v[before - 1].next : oldest;
	s->prev = before ? before : first->prev;
	if (before)
		p->v.v[before - 1].next = slot;
	else
		map_put(&p->by_name, key, oldest = slot);
	p->v.v[(s->next ? s->next : oldest) - 1].prev = slot;
}

static void unchain(struct parked *p, uint32_t slot, uint64_t key)
{
	uint32_t oldest = 0;
	const struct parked_slot *s = &p->v.v[slot - 1];
	(void)map_get(&p->by_name, key, &oldest);
	const uint32_t newest = p->v.v[oldest - 1].prev;
	if (slot == oldest && slot == newest) {
		map_remove(&p->by_name, key);
		return;
	}
	if (slot == oldest)
		map_put(&p->by_name, key, oldest = s->next);
	else
		p->v.v[s->prev - 1].next = s->next;
	if (s->next)
		p->v.v[s->next - 1].prev = s->prev;
	p->v.v[oldest - 1].prev = slot == newest ? s->prev : newest;
}

bool parked_add(struct parked *p, const struct open_call *c)
{
	if (!only_began(c))
		return false;
	put_call(p, c);
	if (p->bytes.n > MOST)
		return false;
	const uint32_t slot = new_slot(p);
	p->bytes.p[0] = (char)p->bytes.n;
	p->v.v[slot - 1].bytes = mem_dup(p->bytes.p, p->bytes.n);
	chain(p, slot, name_key(c->call.server, c->call.tool, c->sent), c->call.id);
	if (c->id_key)
		map_put(&p->by_id, c->id_key, slot);
	p->live++;
	return true;
}

void parked_drop(struct parked *p, uint32_t slot)
{
	struct open_call c;
	uint32_t found;
	if (!parked_read(p, slot, &c))
		return;
	const uint64_t id = open_calls_id_key(c.call.tool_use_id);
	unchain(p, slot, name_key(c.call.server, c.call.tool, c.sent));
	if (map_get(&p->by_id, id, &found) && found == slot)
		map_remove(&p->by_id, id);
	free(p->v.v[slot - 1].bytes);
	p->v.v[slot - 1] = (struct parked_slot){.next = p->unused};
	p->unused = slot;
	p->live--;
}

/* --- looked up --- */

uint32_t parked_by_id(const struct parked *p, str id)
{
	uint32_t slot;
	unsigned bits;
	if (!p->live || !id.n || !map_get(&p->by_id, open_calls_id_key(id), &slot))
		return 0;
	struct wire w = open_slot(p, slot, &bits);
	const bool usual = str_starts(id, S(USUAL_PREFIX));
	const str rest = usual ? str_from(id, sizeof USUAL_PREFIX - 1) : id;
	return usual == !!(bits & USUAL_ID) && str_eq(wire_take_str(&w), rest) ? slot : 0;
}

uint32_t parked_oldest(const struct parked *p, str server, str tool, bool sent)
{
	uint32_t slot = 0;
	if (p->live)
		(void)map_get(&p->by_name, name_key(server, tool, sent), &slot);
	return slot;
}

uint32_t parked_newest(const struct parked *p, str server, str tool, bool sent)
{
	const uint32_t oldest = parked_oldest(p, server, tool, sent);
	return oldest ? p->v.v[oldest - 1].prev : 0;
}

uint32_t parked_before(const struct parked *p, uint32_t slot)
{
	const uint32_t before = p->v.v[slot - 1].prev;
	return p->v.v[before - 1].next == slot ? before : 0;
}
