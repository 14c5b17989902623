/* See assemble.h. Calls of incidents are copied out of the view, because reports outlive it. Part of the pipeline. */
#include "assemble.h"
#include "model/names.h"

/* --- copies --- */

static str keep(struct assembly *as, str s) { return s.p ? arena_str(as->arena, s) : STR_NONE; }

/* Calls of a log without times have virtual ones, which order them and are never shown. */
static void forget_times(struct call *c)
{
	c->dispatched_at = c->sent_at = c->started_at = c->ended_at = c->first_beat_at = c->last_beat_at = INSTANT_NONE;
}

static const struct call *const *keep_calls(struct assembly *as, const struct call *const *calls, size_t n, bool timed)
{
	const struct call **v = arena_alloc(as->arena, (n + 1) * sizeof *v);
	for (size_t i = 0; i < n; i++) {
		struct call *c = arena_alloc(as->arena, sizeof *c);
		*c = *calls[i];
		c->server = keep(as, c->server);
		c->tool = keep(as, c->tool);
		c->tool_use_id = keep(as, c->tool_use_id);
		c->session = keep(as, c->session);
		c->err = keep(as, c->err);
		if (!timed)
			forget_times(c);
		v[i] = c;
	}
	return v;
}

static void add_incident(struct assembly *as, const struct incident *from)
{
	struct incident *i = vec_push(&as->incidents);
	*i = *from;
	i->server = keep(as, i->server);
	i->calls = keep_calls(as, i->calls, i->call_count, i->started_at != INSTANT_NONE);
}

static void add_note(struct assembly *as, const struct note *from)
{
	struct note *n = vec_push(&as->notes);
	*n = *from;
	n->server = keep(as, n->server);
	n->calls = keep_calls(as, n->calls, n->call_count, n->started_at != INSTANT_NONE);
}

/* --- servers and connections --- */

static struct server_facts *server_named(struct assembly *as, str name)
{
	const uint64_t key = name_hash(name, S(""));
	uint32_t at;
	if (map_get(&as->server_index, key, &at))
		return &as->servers.v[at];
	struct server_facts *s = vec_push(&as->servers);
	s->name = keep(as, name);
	map_put(&as->server_index, key, (uint32_t)as->servers.n - 1);
	return s;
}

static void count_call(struct call_counts *n, enum outcome outcome, int64_t duration)
{
#define X(ms) (ms) * MILLISECOND,
	static const int64_t edges[] = {CALL_BUCKET_LIST(X)};
#undef X
	size_t i = 0;
	n->outcomes[outcome]++;
	if (duration < 0)
		return;
	while (i < CALL_BUCKETS && duration > edges[i])
		i++;
	n->buckets[i]++;
	n->duration += duration;
}

static bool is_drop(const struct view_server *s, const struct seen *e)
{
	return e->e.kind == KIND_TRANSPORT_DROPPED && !(e->flags & (SEEN_EXIT | SEEN_SERVER_SIDE)) && name_same(e->e.server, s->name);
}

/* Was a call open then? Drops are few, so calls may be walked. */
static bool in_flight(const struct session_view *v, const struct view_server *s, instant at)
{
	if (s->began && s->began_first <= at && (v->exit_at == INSTANT_NONE || v->exit_at >= at))
		return true;
	for (size_t i = 0; i < s->call_count; i++)
		if (s->calls[i]->started_at != INSTANT_NONE && s->calls[i]->started_at <= at && (s->calls[i]->ended_at == INSTANT_NONE || s->calls[i]->ended_at >= at))
			return true;
	const size_t begun = spans_begun(s, at, true);
	return begun > 0 && span_ended(&s->spans[begun - 1]) >= at;
}

static void count_calls(struct server_facts *f, const struct session_view *v, const struct view_server *s)
{
	f->calls += s->call_count + s->span_count + s->began;
	f->open += v->exit_at == INSTANT_NONE ? s->began : 0;
	f->counts.outcomes[OUTCOME_UNENDED] += s->began;
	for (size_t i = 0; i < s->call_count; i++) {
		const struct call *c = s->calls[i];
		f->failed += call_failed(c);
		f->open += c->ending == ENDING_STILL_OPEN;
		count_call(&f->counts, c->outcome, c->duration);
	}
	for (size_t i = 0; i < s->span_count; i++)
		count_call(&f->counts, OUTCOME_OK, s->spans[i].lasted);
	for (size_t i = 0; i < s->event_count; i++)
		f->counts.drops += is_drop(s, s->events[i]) && in_flight(v, s, s->events[i]->vt);
}

static str how_closed(const struct seen *e)
{
	str how = event_field(&e->e, FIELD_HOW);
	return str_eq(how, S("cleanly")) ? S("cleanly") : str_eq(how, S("with errors")) ? S("with-errors") : S("unknown");
}

static void add_connections(struct assembly *as, const struct session_view *v, const struct view_server *s)
{
	struct connection open = {.opened_at = INSTANT_NONE, .closed_at = INSTANT_NONE, .uptime_s = -1};
	bool have = false;
	for (size_t i = 0; i < s->event_count; i++) {
		const struct seen *e = s->events[i];
		if ((e->flags & SEEN_SERVER_SIDE) || !name_same(e->e.server, s->name))
			continue;
		bool ok = e->e.kind == KIND_CONNECT_OK, closed = e->e.kind == KIND_TRANSPORT_CLOSED;
		if ((ok && have) || (closed && have)) {
			open.closed_at = closed ? e->e.at : INSTANT_NONE;
			open.how = closed ? how_closed(e) : S("unknown");
			open.uptime_s = closed && e->e.at != INSTANT_NONE && open.opened_at != INSTANT_NONE ? (e->e.at - open.opened_at) / SECOND : -1;
			*vec_push(&as->connections) = open;
			have = false;
		}
		if (ok) {
			open = (struct connection){.server = keep(as, s->name), .session = keep(as, v->session), .opened_at = e->e.at, .closed_at = INSTANT_NONE,
				.uptime_s = -1, .how = S("open")};
			have = true;
		}
	}
	if (have) {
		open.how = v->exit_at == INSTANT_NONE ? S("open") : S("process-exit");
		*vec_push(&as->connections) = open;
	}
}

static void add_servers(struct assembly *as, const struct session_view *v)
{
	for (size_t i = 0; i < v->server_count; i++) {
		const struct view_server *s = &v->servers[i];
		if (!s->name.n && !s->call_count && !s->began)
			continue;
		struct server_facts *f = server_named(as, s->name);
		if (!f->transport.p)
			f->transport = keep(as, s->transport);
		count_calls(f, v, s);
		add_connections(as, v, s);
	}
}

/* --- across sessions --- */

static void add_stale(struct assembly *as, const struct incident *i)
{
	if (!i->stale_session || !i->server.n)
		return;
	struct server_session *s = vec_push(&as->stale);
	*s = (struct server_session){keep(as, i->server), i->session, i->state == STATE_RECOVERED ? S("recovered") : S("stale"), i->call_count, 0};
	for (size_t k = 0; k < i->call_count; k++)
		s->lost += i->calls[k]->duration > 0 ? i->calls[k]->duration : 0;
}

static void add_recovered(struct assembly *as, const struct session_view *v, const struct note *n)
{
	if (!n->stale_session || !n->server.n)
		return;
	*vec_push(&as->stale) = (struct server_session){keep(as, n->server), keep(as, v->session), S("recovered"), 0, 0};
}

/* A text beside the logs is a session only when it tells something. */
static bool tells_session(const struct session_view *v, enum source_kind kind)
{
	switch (kind) {
	case SOURCE_CLAUDE_DEBUG:
	case SOURCE_MCP_CACHE:
	case SOURCE_TRANSCRIPT:
	case SOURCE_IDE:
	case SOURCE_DESKTOP: return true;
	case SOURCE_EXCERPT: return v->event_count > 0;
	default: return false;
	}
}

void assemble_view(struct assembly *as, const struct session_view *v, const struct verdicts *verdicts, const struct clock_offset *clocks, size_t clock_count)
{
	for (size_t i = 0; i < verdicts->incidents.n; i++) {
		add_incident(as, &verdicts->incidents.v[i]);
		add_stale(as, &verdicts->incidents.v[i]);
	}
	for (size_t i = 0; i < verdicts->notes.n; i++) {
		add_note(as, &verdicts->notes.v[i]);
		add_recovered(as, v, &verdicts->notes.v[i]);
	}
	for (size_t i = 0; i < clock_count; i++)
		*vec_push(&as->clocks) = clocks[i];
	add_servers(as, v);
	if (as->picture)
		picture_add_view(as->picture, v);
	as->facts->momentary |= verdicts->momentary;
	as->measured |= v->calls_total > 0 || verdicts->measured;
	for (size_t i = 0; i < v->server_count; i++)
		as->measured |= v->servers[i].name.n > 0;
	for (size_t i = 0; i < v->call_twin_count; i++)
		*vec_push(&as->call_twins) = v->call_twins[i];
	for (size_t i = 0; i < v->event_twin_count; i++)
		*vec_push(&as->event_twins) = v->event_twins[i];
	as->facts->calls += v->calls_total;
	as->facts->calls_open += v->calls_open;
	as->facts->calls_failed += v->calls_failed;
	as->facts->calls_counted += v->calls_counted;
	for (size_t i = 0; i < v->source_count; i++)
		if (tells_session(v, v->sources[i]->kind)) {
			as->facts->sessions++;
			break;
		}
}

#define append(to, from)                                                          \
	do {                                                                      \
		vec_reserve(&(to), (from).n);                                     \
		if ((from).n)                                                     \
			memcpy((to).v + (to).n, (from).v, (from).n * sizeof *(from).v); \
		(to).n += (from).n;                                               \
	} while (0)

static void merge_server(struct assembly *as, const struct server_facts *from)
{
	struct server_facts *s = server_named(as, from->name);
	if (!s->transport.p)
		s->transport = from->transport;
	s->calls += from->calls;
	s->failed += from->failed;
	s->open += from->open;
	for (size_t i = 0; i < OUTCOME_COUNT; i++)
		s->counts.outcomes[i] += from->counts.outcomes[i];
	for (size_t i = 0; i <= CALL_BUCKETS; i++)
		s->counts.buckets[i] += from->counts.buckets[i];
	s->counts.duration += from->counts.duration;
	s->counts.drops += from->counts.drops;
}

void assemble_merge(struct assembly *as, struct assembly *part)
{
	struct facts *f = as->facts;
	append(as->incidents, part->incidents);
	append(as->notes, part->notes);
	append(as->connections, part->connections);
	append(as->stale, part->stale);
	append(as->clocks, part->clocks);
	append(as->call_twins, part->call_twins);
	append(as->event_twins, part->event_twins);
	for (size_t i = 0; i < part->servers.n; i++)
		merge_server(as, &part->servers.v[i]);
	as->measured |= part->measured;
	f->momentary |= part->facts->momentary;
	f->calls += part->facts->calls;
	f->calls_open += part->facts->calls_open;
	f->calls_failed += part->facts->calls_failed;
	f->calls_counted += part->facts->calls_counted;
	f->sessions += part->facts->sessions;
	assemble_done(part);
}

/* --- the end --- */

static int by_time(instant a, instant b) { return a < b ? -1 : a > b; }

static int incident_order(const void *a, const void *b)
{
	const struct incident *x = a, *y = b;
	int c = by_time(x->started_at, y->started_at);
	return c ? c : str_cmp(x->id, y->id);
}

static int note_order(const void *a, const void *b)
{
	const struct note *x = a, *y = b;
	int c = by_time(x->started_at, y->started_at);
	if (!c)
		c = str_cmp(x->kind, y->kind);
	return c ? c : str_cmp(x->server, y->server);
}

static int server_order(const void *a, const void *b) { return str_cmp(((const struct server_facts *)a)->name, ((const struct server_facts *)b)->name); }

static int connection_order(const void *a, const void *b)
{
	const struct connection *x = a, *y = b;
	int c = x->server.p == y->server.p && x->server.n == y->server.n ? 0 : str_cmp(x->server, y->server);
	return c ? c : by_time(x->opened_at, y->opened_at);
}

static void *copy(struct assembly *as, const void *v, size_t n, size_t size)
{
	void *c = arena_alloc(as->arena, (n + 1) * size);
	if (n)
		memcpy(c, v, n * size);
	return c;
}

/* Nothing that could show an MCP call was read: that is said, because "no incidents" would sound like "healthy". Where no log was found
 * there is no line to point at. */
static void add_unmeasured(struct assembly *as)
{
	const struct facts *f = as->facts;
	struct incident i;
	if (classify_unmeasured(as->rules, f->source_count ? &f->sources[0] : NULL, facts_pruned(f), as->arena, &i))
		*vec_push(&as->incidents) = i;
}

static void sum_up(struct assembly *as)
{
	struct facts *f = as->facts;
	f->first = f->last = INSTANT_NONE;
	for (size_t i = 0; i < f->source_count; i++) {
		const struct source *s = &f->sources[i];
		f->records += s->records;
		f->unrecognized += s->unrecognized;
		if (!s->has_times || s->first == INSTANT_NONE)
			continue;
		if (f->first == INSTANT_NONE || s->first < f->first)
			f->first = s->first;
		if (s->last > f->last)
			f->last = s->last;
	}
	f->unmeasured = !as->measured;
}

/* Connections to their servers, which have their final places: counted first, so that each server's lie together. */
static void give_connections(struct assembly *as, struct server_facts *servers, const struct map *index)
{
	const size_t n = as->connections.n;
	struct connection *sorted = arena_alloc(as->arena, (n + 1) * sizeof *sorted);
	uint32_t *of = arena_alloc(as->arena, (n + 1) * sizeof *of);
	size_t *at = arena_alloc(as->arena, (as->servers.n + 1) * sizeof *at);
	for (size_t i = 0; i < n; i++) {
		const str name = as->connections.v[i].server, before = i ? as->connections.v[i - 1].server : STR_NONE;
		if (i && name.p == before.p && name.n == before.n)
			of[i] = of[i - 1];
		else
			(void)map_get(index, name_hash(name, S("")), &of[i]);
		servers[of[i]].connection_count++;
	}
	for (size_t i = 0; i < as->servers.n; i++) {
		servers[i].connections = &sorted[at[i]];
		at[i + 1] = at[i] + servers[i].connection_count;
	}
	for (size_t i = 0; i < n; i++)
		sorted[at[of[i]]++] = as->connections.v[i];
	/* Sessions come in the order of their files, which is that of time as a rule. */
	for (size_t i = 0; i < as->servers.n; i++)
		vec_order(&sorted[at[i] - servers[i].connection_count], servers[i].connection_count, sizeof *sorted, connection_order);
}

static void fill_servers(struct assembly *as)
{
	struct facts *f = as->facts;
	vec_sort(&as->servers, server_order);
	struct server_facts *servers = copy(as, as->servers.v, as->servers.n, sizeof *servers);
	struct map index = {0};
	for (size_t i = 0; i < as->servers.n; i++)
		map_put(&index, name_hash(servers[i].name, S("")), (uint32_t)i);
	if (as->servers.n)
		give_connections(as, servers, &index);
	map_done(&index);
	f->servers = servers;
	f->server_count = as->servers.n;
}

void assemble_finish(struct assembly *as)
{
	struct facts *f = as->facts;
	f->as_of = as->as_of;
	sum_up(as);
	f->unmeasured &= as->incidents.n == 0;
	if (f->unmeasured)
		add_unmeasured(as);
	vec_sort(&as->incidents, incident_order);
	vec_sort(&as->notes, note_order);
	f->incidents = copy(as, as->incidents.v, as->incidents.n, sizeof *f->incidents);
	f->incident_count = as->incidents.n;
	f->notes = copy(as, as->notes.v, as->notes.n, sizeof *f->notes);
	f->note_count = as->notes.n;
	f->stale = copy(as, as->stale.v, as->stale.n, sizeof *f->stale);
	f->stale_count = as->stale.n;
	f->clocks = copy(as, as->clocks.v, as->clocks.n, sizeof *f->clocks);
	f->clock_count = as->clocks.n;
	f->call_twins = copy(as, as->call_twins.v, as->call_twins.n, sizeof *f->call_twins);
	f->call_twin_count = as->call_twins.n;
	f->event_twins = copy(as, as->event_twins.v, as->event_twins.n, sizeof *f->event_twins);
	f->event_twin_count = as->event_twins.n;
	fill_servers(as);
	if (as->picture)
		picture_finish(as->picture, f);
}

void assemble_done(struct assembly *as)
{
	vec_free(&as->incidents);
	vec_free(&as->notes);
	vec_free(&as->servers);
	map_done(&as->server_index);
	vec_free(&as->connections);
	vec_free(&as->stale);
	vec_free(&as->clocks);
	vec_free(&as->call_twins);
	vec_free(&as->event_twins);
}
