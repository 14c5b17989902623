/* The tracker's state between two runs (track/tracker.h): the calls that are not handed out yet with their lines, and the little
 * that is remembered beside them. Texts go through the caller's `clean` first: what is kept between runs is stored, and nothing is
 * stored that redaction would hide.
 *
 * Indices and chains are kept as they are, so that a restored tracker hands out in the same order. Refuses states of more than
 * STATE_CALLS calls: such a log is read anew. */
#include "base/wire.h"
#include "model/ids.h"
#include "track/internal.h"

enum { STATE_CALLS = 2000 };

struct saving {
	struct buf *out;
	tracker_clean_fn *clean;
	void *context;
};

static void save_text(struct saving *s, str text)
{
	wire_str(s->out, text.n ? s->clean(s->context, text) : text);
}

/* --- an event --- */

static void save_event(struct saving *s, const struct event *e)
{
	struct buf *b = s->out;
	const uint64_t numbers[] = {e->kind, e->signature, e->class, e->part, (uint64_t)e->local_time << 1 | e->excerpt, e->line, e->offset, e->lines, e->level};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		wire_u64(b, numbers[i]);
	wire_i64(b, e->at);
	wire_i64(b, e->duration);
	wire_i64(b, e->call);
	wire_str(b, e->server);
	wire_str(b, e->tool);
	wire_str(b, e->tool_use_id);
	wire_str(b, e->session);
	save_text(s, e->err);
	save_text(s, e->text);
	wire_u64(b, e->field_count);
	for (unsigned i = 0; i < e->field_count; i++) {
		wire_u64(b, e->fields[i].name);
		save_text(s, e->fields[i].value);
	}
}

static void take_event(struct wire *w, struct held **into)
{
	struct field fields[LIMIT_EVENT_FIELDS];
	struct event e = {.fields = fields};
	e.kind = (uint16_t)wire_take_max(w, UINT16_MAX);
	e.signature = (uint16_t)wire_take_max(w, UINT16_MAX);
	e.class = (uint16_t)wire_take_max(w, UINT16_MAX);
	e.part = (uint8_t)wire_take_max(w, UINT8_MAX);
	const uint64_t bits = wire_take_max(w, 3);
	e.local_time = bits >> 1;
	e.excerpt = bits & 1;
	e.line = wire_take_u64(w);
	e.offset = wire_take_u64(w);
	e.lines = (uint32_t)wire_take_u64(w);
	e.level = (enum level)wire_take_max(w, LEVEL_ERROR);
	e.at = wire_take_i64(w);
	e.duration = wire_take_i64(w);
	e.call = wire_take_i64(w);
	e.server = wire_take_str(w);
	e.tool = wire_take_str(w);
	e.tool_use_id = wire_take_str(w);
	e.session = wire_take_str(w);
	e.err = wire_take_str(w);
	e.text = wire_take_str(w);
	e.field_count = (uint8_t)wire_take_max(w, LIMIT_EVENT_FIELDS);
	for (unsigned i = 0; i < e.field_count; i++) {
		fields[i].name = (uint16_t)wire_take_max(w, UINT16_MAX);
		fields[i].value = wire_take_str(w);
	}
	*into = held_set(*into, &e);
}

/* --- a call --- */

static void times_of(struct call *k, instant *ret[6])
{
	instant *all[6] = {&k->dispatched_at, &k->sent_at, &k->started_at, &k->ended_at, &k->first_beat_at, &k->last_beat_at};
	memcpy(ret, all, sizeof all);
}

static void places_of(struct call *k, struct place *ret[5])
{
	struct place *all[5] = {&k->start, &k->sent, &k->beat, &k->last_beat, &k->end};
	memcpy(ret, all, sizeof all);
}

static void save_call(struct saving *s, const struct tracker *t, const struct open_call *c)
{
	struct buf *b = s->out;
	struct call k = c->call;
	instant *times[6];
	struct place *places[5];
	uint32_t found;
	times_of(&k, times);
	places_of(&k, places);
	const bool by_id = c->id_key && map_get(&t->open.by_id, c->id_key, &found) && found == c->self;
	const uint64_t flags = (uint64_t)c->dispatched | (uint64_t)c->sent << 1 | (uint64_t)c->ended << 2 | (uint64_t)c->closed << 3 | (uint64_t)by_id << 4 |
		(uint64_t)k.link_sure << 5 | (uint64_t)c->again << 6 | (uint64_t)c->vain << 7;
	const uint64_t numbers[] = {c->self, c->next, c->prev, c->chain_key, c->id_key, flags, c->touched, k.beats, k.attempts, k.flags, k.outcome, k.link, k.class};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		wire_u64(b, numbers[i]);
	wire_i64(b, k.id - (int64_t)t->key);
	for (size_t i = 0; i < 6; i++)
		wire_i64(b, *times[i]);
	for (size_t i = 0; i < 5; i++) {
		wire_u64(b, places[i]->line);
		wire_u64(b, places[i]->offset);
	}
	wire_i64(b, k.permission);
	wire_i64(b, k.duration);
	wire_i64(b, k.last_elapsed);
	wire_str(b, k.server);
	wire_str(b, k.tool);
	wire_str(b, k.tool_use_id);
	wire_str(b, k.session);
	save_text(s, k.err);
	for (int i = 0; i < LINE_COUNT; i++) {
		const bool has = open_call_has(c, (enum call_line)i);
		wire_u64(b, has);
		if (has)
			save_event(s, held_event(c->lines[i]));
	}
}

static void take_texts(struct wire *w, struct open_call *c)
{
	str *members[] = {&c->call.server, &c->call.tool, &c->call.tool_use_id, &c->call.session, &c->call.err};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const str s = wire_take_str(w);
		if (s.p)
			open_call_set(c, members[i], s);
	}
}

/* Into the place that it had; false when that place does not exist or is taken. */
static bool take_call(struct tracker *t, struct wire *w)
{
	const uint32_t self = (uint32_t)wire_take_u64(w);
	if (w->bad || self >= t->open.n || t->open.v[self]->used)
		return false;
	struct open_call *c = t->open.v[self];
	struct call *k = &c->call;
	instant *times[6];
	struct place *places[5];
	open_call_reset(c);
	t->open.live++;
	c->next = (uint32_t)wire_take_max(w, t->open.n);
	c->prev = (uint32_t)wire_take_max(w, t->open.n);
	c->chain_key = wire_take_u64(w);
	c->id_key = wire_take_u64(w);
	const uint64_t flags = wire_take_max(w, 255);
	c->dispatched = flags & 1;
	c->sent = flags >> 1 & 1;
	c->ended = flags >> 2 & 1;
	c->closed = flags >> 3 & 1;
	k->link_sure = flags >> 5 & 1;
	c->again = flags >> 6 & 1;
	c->vain = flags >> 7 & 1;
	c->touched = wire_take_u64(w);
	k->beats = (uint32_t)wire_take_u64(w);
	k->attempts = (uint32_t)wire_take_u64(w);
	k->flags = (uint32_t)wire_take_u64(w);
	k->outcome = (enum outcome)wire_take_max(w, OUTCOME_COUNT - 1);
	k->link = (enum link)wire_take_max(w, LINK_COUNT - 1);
	k->class = (uint16_t)wire_take_max(w, UINT16_MAX);
	k->id = (int64_t)t->key + wire_take_i64(w);
	times_of(k, times);
	for (size_t i = 0; i < 6; i++)
		*times[i] = wire_take_i64(w);
	places_of(k, places);
	for (size_t i = 0; i < 5; i++) {
		places[i]->line = wire_take_u64(w);
		places[i]->offset = wire_take_u64(w);
	}
	k->permission = wire_take_i64(w);
	k->duration = wire_take_i64(w);
	k->last_elapsed = wire_take_i64(w);
	take_texts(w, c);
	for (int i = 0; i < LINE_COUNT && !w->bad; i++)
		if (wire_take_max(w, 1)) {
			take_event(w, &c->lines[i]);
			c->kept |= 1u << i;
		}
	if (c->chain_key && !c->prev)
		map_put(&t->open.by_name, c->chain_key, self + 1);
	if (flags >> 4 & 1)
		map_put(&t->open.by_id, c->id_key, self);
	return true;
}

/* --- the whole --- */

static void save_map(struct buf *b, const struct map *m)
{
	size_t at = 0;
	uint64_t key;
	uint32_t value;
	wire_u64(b, m->n);
	while (map_each(m, &at, &key, &value)) {
		wire_u64(b, key);
		wire_u64(b, value);
	}
}

static void take_map(struct wire *w, struct map *m)
{
	for (uint64_t n = wire_take_u64(w); n > 0 && !w->bad; n--) {
		const uint64_t key = wire_take_u64(w);
		map_put(m, key, (uint32_t)wire_take_u64(w));
	}
}

bool tracker_save(const struct tracker *t, struct buf *b, tracker_clean_fn *clean, void *context)
{
	struct saving s = {b, clean, context};
	if (t->open.n > STATE_CALLS || t->parked.live > 0)
		return false;
	const uint64_t numbers[] = {t->count, t->hooked, t->esc_count, t->answer_key, t->answer_count, t->open.n, t->open.live, t->open.free_n, t->lingering.n};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		wire_u64(b, numbers[i]);
	wire_i64(b, t->now);
	wire_i64(b, t->esc_at);
	for (size_t i = 0; i < t->open.n; i++)
		if (t->open.v[i]->used)
			save_call(&s, t, t->open.v[i]);
	for (size_t i = 0; i < t->open.free_n; i++)
		wire_u64(b, t->open.free_list[i]);
	for (size_t i = 0; i < t->lingering.n; i++)
		wire_u64(b, t->lingering.v[i]);
	save_map(b, &t->hooks);
	save_map(b, &t->proofs);
	wire_u64(b, t->requested);
	if (t->requested)
		save_event(&s, held_event(t->request));
	return true;
}

static void take_free(struct tracker *t, struct wire *w, size_t n)
{
	struct open_calls *o = &t->open;
	o->free_cap = n + 1;
	o->free_list = mem_grow(NULL, o->free_cap, sizeof *o->free_list);
	for (; o->free_n < n && !w->bad; o->free_n++) {
		const uint32_t i = (uint32_t)wire_take_max(w, o->n - 1);
		w->bad |= o->v[i]->used || o->v[i]->closed; /* closed: named here before */
		o->v[i]->closed = true;
		o->free_list[o->free_n] = i;
	}
}

/* Do the neighbours of every call know it? Then no walk along a chain is endless. */
static bool chains_hold(const struct open_calls *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct open_call *c = o->v[i], *next = c->next ? o->v[c->next - 1] : NULL, *prev = c->prev ? o->v[c->prev - 1] : NULL;
		if (c->used && ((next && (!next->used || next->prev != c->self + 1)) || (prev && (!prev->used || prev->next != c->self + 1))))
			return false;
	}
	return true;
}

bool tracker_restore(struct tracker *t, struct wire *w)
{
	t->count = wire_take_u64(w);
	t->hooked = wire_take_max(w, 1) != 0;
	t->esc_count = wire_take_u64(w);
	t->answer_key = wire_take_u64(w);
	t->answer_count = wire_take_u64(w);
	const uint64_t n = wire_take_max(w, STATE_CALLS), live = wire_take_max(w, n), unused = wire_take_max(w, n), lingering = wire_take_max(w, 1 << 20);
	t->now = wire_take_i64(w);
	t->esc_at = wire_take_i64(w);
	for (uint64_t i = 0; i < n; i++)
		open_calls_add(&t->open)->used = false;
	t->open.live = 0;
	for (uint64_t i = 0; i < live; i++)
		if (!take_call(t, w))
			return false;
	if (live + unused != n)
		return false;
	take_free(t, w, unused);
	for (uint64_t i = 0; i < lingering && !w->bad && n > 0; i++)
		*vec_push(&t->lingering) = (uint32_t)wire_take_max(w, n - 1);
	take_map(w, &t->hooks);
	take_map(w, &t->proofs);
	for (size_t i = 0; i < t->lingering.n; i++)
		t->open.v[t->lingering.v[i]]->lingers = true;
	t->stirred = true;
	t->requested = wire_take_max(w, 1) != 0;
	if (t->requested)
		take_event(w, &t->request);
	return !w->bad && chains_hold(&t->open);
}
