/* The rows of verdicts as numbers (store/verdict_list.h), so that a run writes what differs from the run before. Of facts.c.
 *
 * Every column that is written goes into the sum; what a sum leaves out would stay as it was. Refuses to read rows. */
#include "store/verdict_list.h"
#include "base/hash.h"
#include "base/wire.h"
#include "store/timeline_p.h"

uint64_t verdict_hash_text(str s, uint64_t h)
{
	return s.p ? hash64_seed(s, h) : h * 31 + 1;
}

static uint64_t hash_evidence(const struct evidence *v, size_t n, uint64_t h)
{
	for (size_t i = 0; i < n; i++) {
		const struct evidence *e = &v[i];
		const int64_t facts[] = {e->event, e->at.source ? e->at.source->id : 0, (int64_t)e->at.line, (int64_t)e->at.offset, (int64_t)e->role,
			e->time, e->after, e->before, e->until, e->times};
		h = verdict_hash_text(e->text, hash64_seed((str){(const char *)facts, sizeof facts}, h));
	}
	return h;
}

static uint64_t hash_incident(const struct incident *i, uint64_t h)
{
	const str texts[] = {i->id, i->cause, i->trigger, i->server, i->transport, i->session, i->client_version, i->title, i->summary};
	const int64_t facts[] = {i->ending, i->state, i->severity, i->confidence, i->started_at, i->ended_at, i->duration, (int64_t)i->call_count,
		(int64_t)i->evidence_count};
	h = hash64_seed((str){(const char *)facts, sizeof facts}, h);
	for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
		h = verdict_hash_text(texts[k], h);
	for (size_t k = 0; k < i->call_count; k++) {
		const int64_t call[] = {i->calls[k]->id, i->calls[k]->ending};
		h = hash64_seed((str){(const char *)call, sizeof call}, h);
	}
	return hash_evidence(i->evidence, i->evidence_count, h);
}

static uint64_t hash_note(const struct note *n, uint64_t h)
{
	const int64_t facts[] = {n->started_at, n->ended_at, (int64_t)n->evidence_count};
	h = verdict_hash_text(n->title, verdict_hash_text(n->server, verdict_hash_text(n->kind, h)));
	return hash_evidence(n->evidence, n->evidence_count, hash64_seed((str){(const char *)facts, sizeof facts}, h));
}

bool verdict_is_bound(const struct evidence *e)
{
	return e->event && e->time == INSTANT_NONE && (e->after != INSTANT_NONE || e->before != INSTANT_NONE);
}

static uint64_t hash_bounds(const struct evidence *v, size_t n, uint64_t h)
{
	for (size_t i = 0; i < n; i++) {
		const int64_t facts[] = {v[i].event, v[i].after, v[i].before};
		h = verdict_is_bound(&v[i]) ? hash64_seed((str){(const char *)facts, sizeof facts}, h) | 1 : h;
	}
	return h;
}

int64_t verdict_incident_id(const struct incident *i)
{
	return facts_id(i->id.p ? i->id : S(""), 'i');
}

int64_t verdict_note_id(const struct note *n)
{
	const struct evidence *e = n->evidence_count ? &n->evidence[0] : NULL;
	const int64_t natural[5] = {(int64_t)facts_seed(n->server), n->started_at, n->ended_at,
		e && e->at.source ? e->at.source->id : 0, e ? (int64_t)e->at.offset : 0};
	return facts_mix(facts_seed(n->kind), natural, 5);
}

const struct verdict *verdict_list_find(const struct verdict_list *l, int64_t id)
{
	uint32_t at;
	return map_get(&l->by_id, (uint64_t)id, &at) ? &l->v.v[at] : NULL;
}

static void add_verdict(struct verdict_list *l, int64_t id, uint64_t sum)
{
	uint32_t at;
	if (map_get(&l->by_id, (uint64_t)id, &at)) {
		l->v.v[at].sum = facts_mix(sum, &l->v.v[at].sum, 1);
		return;
	}
	map_put(&l->by_id, (uint64_t)id, (uint32_t)l->v.n);
	*vec_push(&l->v) = (struct verdict){id, (int64_t)(sum >> 1)};
}

void verdict_list_write(const struct verdict_list *l, struct buf *b)
{
	wire_i64(b, l->rest);
	for (size_t i = 0; i < l->v.n; i++) {
		wire_i64(b, l->v.v[i].id);
		wire_i64(b, l->v.v[i].sum);
	}
}

bool verdict_list_read(struct verdict_list *l, str bytes)
{
	struct wire w = {bytes, false};
	l->rest = wire_take_i64(&w);
	while (w.rest.n) {
		const struct verdict v = {wire_take_i64(&w), wire_take_i64(&w)};
		map_put(&l->by_id, (uint64_t)v.id, (uint32_t)l->v.n);
		*vec_push(&l->v) = v;
	}
	return !w.bad;
}

void verdict_list_make(const struct facts *f, struct verdict_list *ret)
{
	uint64_t rest = 0;
	for (size_t i = 0; i < f->incident_count; i++) {
		const struct incident *v = &f->incidents[i];
		add_verdict(ret, verdict_incident_id(v), hash_incident(v, 0));
		rest = hash_bounds(v->evidence, v->evidence_count, rest);
	}
	for (size_t i = 0; i < f->note_count; i++) {
		const struct note *v = &f->notes[i];
		add_verdict(ret, verdict_note_id(v), hash_note(v, 0));
		rest = hash_bounds(v->evidence, v->evidence_count, rest);
	}
	if (f->call_twin_count)
		rest = hash64_seed((str){(const char *)f->call_twins, f->call_twin_count * sizeof *f->call_twins}, rest) | 1;
	if (f->event_twin_count)
		rest = hash64_seed((str){(const char *)f->event_twins, f->event_twin_count * sizeof *f->event_twins}, rest) | 1;
	ret->rest = (int64_t)rest;
}

void verdict_list_done(struct verdict_list *l)
{
	vec_free(&l->v);
	map_done(&l->by_id);
}
