/* Contributions of groups as bytes (see digest.h). One function describes each struct for both ways, so that what is written is
 * what is read. Texts are written once, in front; the arena of the assembly gets their copies.
 *
 * What is not over is judged as of the time of the report: a contribution with such a verdict holds for its as-of time only.
 *
 * Refuses damaged bytes: the group is then judged again. */
#include "digest.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/wire.h"

enum { DIGEST_FORMAT = 8, DIGEST_MOST = 1 << 20 };

struct io {
	bool write;
	struct buf *out;
	struct intern texts;       /* writing */
	struct wire in;            /* reading */
	str *known;
	uint64_t known_count;
	struct arena *arena;
	const struct join_group *group;
	int64_t time, id;          /* the last ones: the next is near them */
};

/* --- numbers, texts, lists --- */

static void io_i64(struct io *io, int64_t *v)
{
	if (io->write)
		wire_i64(io->out, *v);
	else
		*v = wire_take_i64(&io->in);
}

static void io_u64(struct io *io, uint64_t *v)
{
	if (io->write)
		wire_u64(io->out, *v);
	else
		*v = wire_take_u64(&io->in);
}

/* Distances of any two numbers, round the end of the range where need be. */
static int64_t distance(int64_t from, int64_t to) { return (int64_t)((uint64_t)to - (uint64_t)from); }
static int64_t beyond(int64_t from, int64_t by) { return (int64_t)((uint64_t)from + (uint64_t)by); }

/* Of a row: its neighbours in the file have ids near it. */
static void io_id(struct io *io, int64_t *id)
{
	int64_t on = distance(io->id, *id);
	io_i64(io, &on);
	io->id = *id = beyond(io->id, on);
}

static void write_time(struct io *io, instant t)
{
	const int64_t on = distance(io->time, t);
	if (t == INSTANT_NONE) {
		wire_u64(io->out, 0);
		return;
	}
	if (on % MILLISECOND == 0) { /* most logs know no finer times */
		const int64_t ms = on / MILLISECOND;
		wire_u64(io->out, (uint64_t)(ms < 0 ? -ms : ms) << 2 | (ms < 0 ? 2 : 0) | 1);
	} else {
		wire_u64(io->out, 2);
		wire_i64(io->out, on);
	}
	io->time = t;
}

static void io_time(struct io *io, instant *t)
{
	if (io->write) {
		write_time(io, *t);
		return;
	}
	const uint64_t head = wire_take_u64(&io->in);
	*t = INSTANT_NONE;
	if (head & 1)
		*t = io->time = beyond(io->time, (int64_t)((head >> 2) * (head & 2 ? -(uint64_t)MILLISECOND : MILLISECOND)));
	else if (head)
		*t = io->time = beyond(io->time, wire_take_i64(&io->in));
}

/* A smaller number, of at most `most`. */
#define io_small(io, member, most)                                        \
	do {                                                              \
		uint64_t small_ = (uint64_t)(member);                     \
		io_u64(io, &small_);                                      \
		if (small_ > (most))                                      \
			(io)->in.bad = true, small_ = 0;                  \
		(member) = (__typeof__(member))small_;                    \
	} while (0)

static void io_text(struct io *io, str *s)
{
	if (io->write) {
		wire_u64(io->out, s->p ? (uint64_t)intern_put(&io->texts, *s) + 1 : 0);
		return;
	}
	const uint64_t id = wire_take_max(&io->in, io->known_count);
	*s = id ? io->known[id - 1] : STR_NONE;
}

/* How many; room for that many when reading. */
static void *io_list(struct io *io, const void *have, size_t *count, size_t size)
{
	uint64_t n = *count;
	io_u64(io, &n);
	if (n > DIGEST_MOST || (!io->write && n > io->in.rest.n)) {
		io->in.bad = true;
		n = 0;
	}
	*count = (size_t)n;
	return io->write ? (void *)(uintptr_t)have : arena_alloc(io->arena, ((size_t)n + 1) * size);
}

/* A growing array, empty when reading. */
#define io_vec(io, vec, each)                                             \
	do {                                                              \
		size_t n_ = (vec).n;                                      \
		(void)io_list(io, NULL, &n_, 0);                          \
		if (!(io)->write)                                         \
			vec_reserve(&(vec), n_);                          \
		for (size_t i_ = 0; i_ < n_ && !(io)->in.bad; i_++) {     \
			if (!(io)->write)                                 \
				memset(&(vec).v[(vec).n++], 0, sizeof *(vec).v); \
			each(io, &(vec).v[i_]);                           \
		}                                                         \
	} while (0)

/* --- structs --- */

static void io_source(struct io *io, const struct source **s)
{
	const struct join_group *g = io->group;
	uint64_t index = 0;
	for (size_t i = 0; io->write && *s && i < g->source_count; i++)
		if (g->sources[i] == *s)
			index = i + 1;
	io_u64(io, &index);
	io->in.bad |= index > g->source_count;
	if (!io->write)
		*s = index && !io->in.bad ? g->sources[index - 1] : NULL;
}

static void io_place(struct io *io, struct line_ref *r)
{
	io_source(io, &r->source);
	io_u64(io, &r->line);
	io_u64(io, &r->offset);
}

static void io_evidence(struct io *io, struct evidence *e)
{
	io_place(io, &e->at);
	io_id(io, &e->event);
	io_time(io, &e->time);
	io_time(io, &e->after);
	io_time(io, &e->before);
	io_time(io, &e->until);
	io_small(io, e->role, ROLE_ABSENCE);
	io_small(io, e->times, UINT32_MAX);
	io_text(io, &e->text);
	io_text(io, &e->said);
	struct line_ref *also = io_list(io, e->also_in, &e->also_count, sizeof *also);
	for (size_t i = 0; i < e->also_count; i++)
		io_place(io, &also[i]);
	e->also_in = also;
}

static void io_evidence_list(struct io *io, const struct evidence **v, size_t *n)
{
	struct evidence *list = io_list(io, *v, n, sizeof *list);
	for (size_t i = 0; i < *n && !io->in.bad; i++)
		io_evidence(io, &list[i]);
	*v = list;
}

/* A source by its number in the scope, which differs from scope to scope. */
static void io_number(struct io *io, uint32_t *number)
{
	const struct source *s = NULL;
	for (size_t i = 0; io->write && i < io->group->source_count; i++)
		if (io->group->sources[i]->index == *number)
			s = io->group->sources[i];
	io_source(io, &s);
	*number = s ? s->index : 0;
}

static void io_call(struct io *io, struct call *c)
{
	instant *times[] = {&c->dispatched_at, &c->sent_at, &c->started_at, &c->ended_at, &c->first_beat_at, &c->last_beat_at};
	int64_t *lengths[] = {&c->permission, &c->duration, &c->last_elapsed};
	struct place *places[] = {&c->start, &c->sent, &c->beat, &c->last_beat, &c->end};
	str *texts[] = {&c->server, &c->tool, &c->tool_use_id, &c->session, &c->err};
	uint32_t *numbers[] = {&c->beats, &c->attempts, &c->number, &c->flags};
	io_id(io, &c->id);
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		io_time(io, times[i]);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		io_i64(io, lengths[i]);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		io_u64(io, &places[i]->line);
		io_u64(io, &places[i]->offset);
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		io_text(io, texts[i]);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		io_small(io, *numbers[i], UINT32_MAX);
	io_number(io, &c->source);
	io_small(io, c->outcome, OUTCOME_COUNT - 1);
	io_small(io, c->ending, ENDING_COUNT - 1);
	io_small(io, c->link, LINK_COUNT - 1);
	io_small(io, c->link_sure, 1);
	io_small(io, c->class, UINT16_MAX);
}

static void io_calls(struct io *io, const struct call *const **v, size_t *n)
{
	const struct call **list = io_list(io, *v, n, sizeof *list);
	for (size_t i = 0; i < *n && !io->in.bad; i++) {
		struct call *c = io->write ? (struct call *)(uintptr_t)list[i] : arena_alloc(io->arena, sizeof *c);
		io_call(io, c);
		if (!io->write)
			list[i] = c;
	}
	*v = list;
}

static void io_reasons(struct io *io, struct incident *i)
{
	struct ruled_out *out = io_list(io, i->ruled_out, &i->ruled_out_count, sizeof *out);
	for (size_t k = 0; k < i->ruled_out_count && !io->in.bad; k++) {
		io_text(io, &out[k].cause);
		io_text(io, &out[k].why);
		io_place(io, &out[k].at);
	}
	i->ruled_out = out;
	struct suspicion *suspected = io_list(io, i->suspected, &i->suspected_count, sizeof *suspected);
	for (size_t k = 0; k < i->suspected_count && !io->in.bad; k++) {
		io_text(io, &suspected[k].cause);
		io_text(io, &suspected[k].why);
		io_text(io, &suspected[k].missing);
		io_place(io, &suspected[k].at);
	}
	i->suspected = suspected;
	struct consequence *what = io_list(io, i->consequences, &i->consequence_count, sizeof *what);
	for (size_t k = 0; k < i->consequence_count && !io->in.bad; k++) {
		io_text(io, &what[k].what);
		io_place(io, &what[k].at);
	}
	i->consequences = what;
	struct advice_line *advice = io_list(io, i->advice, &i->advice_count, sizeof *advice);
	for (size_t k = 0; k < i->advice_count && !io->in.bad; k++) {
		io_text(io, &advice[k].text);
		io_text(io, &advice[k].applies_to);
		io_text(io, &advice[k].see);
		io_small(io, advice[k].now, 1);
	}
	i->advice = advice;
}

static void io_incident(struct io *io, struct incident *i)
{
	str *texts[] = {&i->id, &i->cause, &i->title, &i->summary, &i->trigger, &i->server, &i->transport, &i->session, &i->client_version};
	for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
		io_text(io, texts[k]);
	io_small(io, i->ending, ENDING_COUNT - 1);
	io_small(io, i->state, STATE_ENDED);
	io_small(io, i->severity, SEVERITY_CRITICAL);
	io_small(io, i->confidence, CONFIDENCE_CERTAIN);
	io_small(io, i->stale_session, 1);
	io_time(io, &i->started_at);
	io_time(io, &i->ended_at);
	io_i64(io, &i->duration);
	io_calls(io, &i->calls, &i->call_count);
	io_evidence_list(io, &i->evidence, &i->evidence_count);
	io_reasons(io, i);
}

static void io_note(struct io *io, struct note *n)
{
	io_text(io, &n->kind);
	io_text(io, &n->title);
	io_text(io, &n->server);
	io_small(io, n->stale_session, 1);
	io_time(io, &n->started_at);
	io_time(io, &n->ended_at);
	io_calls(io, &n->calls, &n->call_count);
	io_evidence_list(io, &n->evidence, &n->evidence_count);
}

/* Most are 0: which are not stands in front. */
static void io_counts(struct io *io, uint64_t *v, size_t n)
{
	uint64_t set = 0;
	for (size_t i = 0; io->write && i < n; i++)
		set |= (uint64_t)(v[i] != 0) << i;
	io_u64(io, &set);
	for (size_t i = 0; set && i < n; i++, set >>= 1)
		if (set & 1)
			io_u64(io, &v[i]);
}

static void io_server(struct io *io, struct server_facts *s)
{
	io_text(io, &s->name);
	io_text(io, &s->transport);
	io_u64(io, &s->calls);
	io_u64(io, &s->failed);
	io_u64(io, &s->open);
	io_counts(io, s->counts.outcomes, OUTCOME_COUNT);
	io_counts(io, s->counts.buckets, CALL_BUCKETS + 1);
	io_i64(io, &s->counts.duration);
	io_u64(io, &s->counts.drops);
}

static void io_connection(struct io *io, struct connection *c)
{
	io_text(io, &c->server);
	io_text(io, &c->session);
	io_text(io, &c->how);
	io_time(io, &c->opened_at);
	io_time(io, &c->closed_at);
	io_i64(io, &c->uptime_s);
}

static void io_stale(struct io *io, struct server_session *s)
{
	io_text(io, &s->server);
	io_text(io, &s->session);
	io_text(io, &s->what);
	io_u64(io, &s->calls_lost);
	io_i64(io, &s->lost);
}

static void io_clock(struct io *io, struct clock_offset *c)
{
	io_source(io, &c->source);
	io_i64(io, &c->offset);
	io_i64(io, &c->uncertainty);
	io_small(io, c->pairs, UINT32_MAX);
}

static void io_twin(struct io *io, struct twin *t)
{
	io_id(io, &t->row);
	io_id(io, &t->of);
}

static void io_part(struct io *io, struct assembly *part)
{
	struct facts *f = part->facts;
	uint64_t *totals[] = {&f->calls, &f->calls_open, &f->calls_failed, &f->calls_counted, &f->sessions};
	for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
		io_u64(io, totals[i]);
	io_small(io, part->measured, 1);
	io_vec(io, part->incidents, io_incident);
	io_vec(io, part->notes, io_note);
	io_vec(io, part->servers, io_server);
	io_vec(io, part->connections, io_connection);
	io_vec(io, part->stale, io_stale);
	io_vec(io, part->clocks, io_clock);
	io_vec(io, part->call_twins, io_twin);
	io_vec(io, part->event_twins, io_twin);
}

/* --- the whole --- */

/* The same when the bytes are read as when they were written. */
static void stamp(struct assembly *part, str bytes, const struct digest_key *key)
{
	const uint64_t all = hash64_seed(bytes, (uint64_t)key->state);
	for (size_t i = 0; i < part->incidents.n; i++)
		part->incidents.v[i].stamp = (all ^ i * 0x9e3779b97f4a7c15u) | 1;
}

void digest_save(struct assembly *part, const struct join_group *g, const struct digest_key *key, struct buf *b)
{
	const size_t from = b->n;
	struct buf body = {0};
	struct io io = {.write = true, .out = &body, .group = g};
	struct assembly copy = *part; /* arrays stay the part's: nothing is pushed when writing */
	io_part(&io, &copy);
	wire_u64(b, DIGEST_FORMAT);
	wire_u64(b, part->facts->momentary);
	wire_i64(b, part->facts->momentary ? part->as_of : INSTANT_NONE);
	const uint32_t texts = io.texts.n ? io.texts.n : 1; /* number 0 is the empty one */
	wire_u64(b, texts);
	for (uint32_t i = 0; i < texts; i++)
		wire_str(b, intern_get(&io.texts, i)), buf_byte(b, '\0');
	buf_add(b, buf_str(&body));
	stamp(part, str_from(buf_str(b), from), key);
	intern_done(&io.texts);
	buf_done(&body);
}

bool digest_load(struct assembly *part, const struct join_group *g, const struct digest_key *key, str bytes)
{
	struct io io = {.in = {bytes, false}, .arena = part->arena, .group = g}; /* texts stay in these bytes */
	if (wire_take_u64(&io.in) != DIGEST_FORMAT)
		return false;
	part->facts->momentary = wire_take_max(&io.in, 1);
	if (wire_take_i64(&io.in) != part->as_of && part->facts->momentary)
		return false;
	io.known_count = wire_take_max(&io.in, bytes.n);
	io.known = arena_alloc(part->arena, ((size_t)io.known_count + 1) * sizeof *io.known);
	for (uint64_t i = 0; i < io.known_count && !io.in.bad; i++) {
		io.known[i] = wire_take_str(&io.in);
		io.in.bad |= wire_take_u64(&io.in) != 0; /* its NUL */
	}
	if (!io.in.bad)
		io_part(&io, part);
	stamp(part, bytes, key);
	return !io.in.bad && io.in.rest.n == 0;
}
