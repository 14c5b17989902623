/*
 * Counters (see count.h). The timeline shows totals that go down when it is pruned or a file is read anew; so each counter keeps
 * the total of the last run beside what was added up, and takes only what came on top. Gauges (`stuck`, `oldest`, …) are rows
 * whose `raw` is the present value; a server and cause that was stuck once keeps its row, so that it is 0 when all is well.
 *
 * Labels are bounded: the first LABELS servers have series of their own, all others share `other`.
 */
#include "alert/count.h"

#include "base/hash.h"
#include "base/map.h"

enum { LABELS = 100, PAIRS = 400 };

struct counting {
	struct alert_book *book;
	const struct alert_count_options *o;
	struct arena *a;
	struct map index;
	VEC(int64_t) now;  /* beside book->counters */
	size_t servers, pairs;
};

static uint64_t key_of(str name, str a, str b) { return hash64_seed(name, hash64_seed(a, hash64(b))); }

static void index_counters(struct counting *c)
{
	for (size_t i = 0; i < c->book->counters.n; i++) {
		const struct alert_counter *k = &c->book->counters.v[i];
		map_put(&c->index, key_of(k->name, k->a, k->b), (uint32_t)i);
		*vec_push(&c->now) = 0;
		c->servers += str_eq(k->name, S("drops"));
		c->pairs += str_eq(k->name, S("stuck"));
	}
}

static bool known(const struct counting *c, str name, str a, str b)
{
	uint32_t at;
	return map_get(&c->index, key_of(name, a, b), &at);
}

static int64_t *row(struct counting *c, str name, str a, str b)
{
	uint32_t at;
	if (!map_get(&c->index, key_of(name, a, b), &at)) {
		at = (uint32_t)c->book->counters.n;
		map_put(&c->index, key_of(name, a, b), at);
		*vec_push(&c->book->counters) = (struct alert_counter){.name = name, .a = a, .b = b, .changed = true};
		*vec_push(&c->now) = 0;
	}
	return &c->now.v[at];
}

static void add(struct counting *c, str name, str a, str b, uint64_t n) { *row(c, name, a, b) += (int64_t)(n < INT64_MAX / 2 ? n : INT64_MAX / 2); }

/* Every server of its own has the row `drops`. */
static str server_label(struct counting *c, str name)
{
	str label = c->o->label(c->o->context, name);
	if (!known(c, S("drops"), label, S("")) && c->servers++ >= LABELS)
		label = S("other");
	(void)row(c, S("drops"), label, S(""));
	return label;
}

static void count_server(struct counting *c, const struct server_facts *s)
{
	const struct call_counts *n = &s->counts;
	const str label = server_label(c, s->name);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (i != OUTCOME_UNENDED && (n->outcomes[i] || known(c, S("calls"), label, str_z(outcome_name((enum outcome)i)))))
			add(c, S("calls"), label, str_z(outcome_name((enum outcome)i)), n->outcomes[i]);
	for (int i = 0; i <= CALL_BUCKETS; i++)
		add(c, S("duration"), label, arena_printf(c->a, "%02d", i), n->buckets[i]);
	add(c, S("duration-ms"), label, S(""), (uint64_t)(n->duration / MILLISECOND));
	add(c, S("drops"), label, S(""), n->drops);
	*row(c, S("oldest"), label, S("")) += 0;
	(void)row(c, S("stuck"), label, S("none"));
}

static void see_stuck(struct counting *c, const struct alert_observation *o)
{
	if (o->kind != ALERT_STUCK || o->level == ALERT_NONE)
		return;
	str server = server_label(c, o->server), cause = o->cause;
	if (!known(c, S("stuck"), server, cause) && c->pairs++ >= PAIRS)
		server = cause = S("other");
	*row(c, S("stuck"), server, cause) += o->calls;
	int64_t *oldest = row(c, S("oldest"), server, S(""));
	if (o->oldest > *oldest)
		*oldest = o->oldest;
}

static bool is_gauge(str name)
{
	static const str gauges[] = {S_INIT("stuck"), S_INIT("oldest"), S_INIT("unread")};
	for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++)
		if (str_eq(name, gauges[i]))
			return true;
	return false;
}

static void settle(struct alert_counter *k, int64_t now)
{
	if (!is_gauge(k->name) && now > k->raw)
		k->value += now - k->raw;
	k->changed |= now != k->raw;
	k->raw = now;
}

void alert_count_same(struct alert_book *book, uint64_t skipped)
{
	for (size_t i = 0; i < book->counters.n; i++) {
		struct alert_counter *k = &book->counters.v[i];
		settle(k, is_gauge(k->name) ? 0 : str_eq(k->name, S("skipped")) ? (int64_t)skipped : k->raw);
	}
}

void alert_count(struct alert_book *book, const struct facts *f, const struct alert_count_options *o, struct arena *a)
{
	struct counting c = {.book = book, .o = o, .a = a};
	index_counters(&c);
	for (size_t i = 0; i < f->server_count; i++)
		count_server(&c, &f->servers[i]);
	for (size_t i = 0; i < f->incident_count; i++)
		if (f->incidents[i].severity != SEVERITY_INFO)
			add(&c, S("incidents"), f->incidents[i].cause, S(""), 1);
	for (size_t i = 0; i < o->seen->n; i++)
		see_stuck(&c, &o->seen->v[i]);
	add(&c, S("records"), S(""), S(""), f->records);
	add(&c, S("unparsed"), S(""), S(""), f->unrecognized);
	add(&c, S("skipped"), S(""), S(""), o->skipped);
	add(&c, S("unread"), S(""), S(""), o->unread);
	for (size_t i = 0; i < book->counters.n; i++)
		settle(&book->counters.v[i], c.now.v[i]);
	/* These are of one run each: nothing to compare with. */
	struct alert_counter *patterns = NULL;
	(void)row(&c, S("pattern-errors"), S(""), S(""));
	for (size_t i = 0; i < book->counters.n; i++)
		if (str_eq(book->counters.v[i].name, S("pattern-errors")))
			patterns = &book->counters.v[i];
	if (patterns && o->pattern_problems) {
		patterns->value += (int64_t)o->pattern_problems;
		patterns->changed = true;
	}
	map_done(&c.index);
	vec_free(&c.now);
}
