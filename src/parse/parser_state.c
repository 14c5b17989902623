/* The parser's state between two runs (parse/parser.h): what a later run must know to go on in the middle of a file as if it had
 * read it from the beginning.
 *
 * No text of the log is kept. A record that is still open is known by its place: the later run reads its lines once more, and
 * the counters are put back afterwards, because they counted these lines already. Where a traceback, a JSON value over lines or
 * a piece of a split line is open the parser cannot rest; a later line will do.
 *
 * Refuses excerpts: they are small, and read anew. */
#include "model/problem_wire.h"
#include "parse/parts.h"

static bool flow_rests(const struct flow *f)
{
	return !f->trace.active && !f->json.active && f->partial.n == 0 && f->fragment.n == 0;
}

bool parser_can_rest(const struct parser *p)
{
	if (p->excerpt || !flow_rests(&p->flows[0]))
		return false;
	for (unsigned i = 1; i < p->flow_count; i++)
		if (!flow_rests(&p->flows[i]) || (p->flows[i].open && !p->flows[i].dropped))
			return false;
	return true;
}

/* --- counters and facts --- */

static void save_tally(const struct tally *t, struct buf *b)
{
	const uint64_t numbers[] = {t->records, t->unrecognized, t->mcp, t->first_bodies, t->lines, t->unknown_count, t->timed};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		wire_u64(b, numbers[i]);
	for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++)
		wire_u64(b, t->kinds[k]);
	for (unsigned i = 0; i < t->unknown_count; i++) {
		wire_u64(b, t->unknown_line[i]);
		wire_u64(b, t->unknown_offset[i]);
	}
	wire_i64(b, t->first);
	wire_i64(b, t->last);
	wire_i64(b, t->previous);
}

static void take_tally(struct wire *w, struct tally *t)
{
	t->records = wire_take_u64(w);
	t->unrecognized = wire_take_u64(w);
	t->mcp = wire_take_u64(w);
	t->first_bodies = wire_take_u64(w);
	t->lines = wire_take_u64(w);
	t->unknown_count = (unsigned)wire_take_max(w, 3);
	t->timed = wire_take_u64(w) != 0;
	for (unsigned k = 0; k < SOURCE_KIND_COUNT; k++)
		t->kinds[k] = wire_take_u64(w);
	for (unsigned i = 0; i < t->unknown_count; i++) {
		t->unknown_line[i] = wire_take_u64(w);
		t->unknown_offset[i] = wire_take_u64(w);
	}
	t->first = wire_take_i64(w);
	t->last = wire_take_i64(w);
	t->previous = wire_take_i64(w);
}

static void save_problems(const struct parser *p, struct buf *b)
{
	wire_u64(b, p->problem_count);
	for (unsigned i = 0; i < p->problem_count; i++)
		wire_problem(b, &p->problem[i]);
}

static void take_problems(struct parser *p, struct wire *w)
{
	p->problem_count = (unsigned)wire_take_max(w, PARSE_PROBLEMS);
	for (unsigned i = 0; i < p->problem_count; i++)
		wire_take_problem(w, &p->arena, &p->problem[i]);
}

static void take_fact(struct parser *p, struct wire *w, str *fact)
{
	const str s = wire_take_str(w);
	*fact = s.p ? arena_str(&p->arena, s) : STR_NONE;
}

static void save_counters(const struct parser *p, struct buf *b)
{
	save_tally(&p->tally, b);
	save_problems(p, b);
	wire_u64(b, p->wrapper_kind);
	wire_i64(b, p->clock.context);
	wire_i64(b, p->clock.same);
	wire_i64(b, p->clock.ahead);
	wire_str(b, p->version);
	wire_str(b, p->session);
	wire_str(b, p->cwd);
}

void parser_recount(struct parser *p, struct wire *w)
{
	take_tally(w, &p->tally);
	take_problems(p, w);
	p->wrapper_kind = (enum source_kind)wire_take_max(w, SOURCE_KIND_COUNT - 1);
	p->clock.context = wire_take_i64(w);
	p->clock.same = wire_take_i64(w);
	p->clock.ahead = wire_take_i64(w);
	take_fact(p, w, &p->version);
	take_fact(p, w, &p->session);
	take_fact(p, w, &p->cwd);
	p->hot_timed = false;
}

/* --- flows --- */

static void save_flow(const struct parser *p, const struct flow *f, struct buf *b)
{
	wire_u64(b, f->key);
	wire_u64(b, f->fold_any);
	wire_u64(b, f->last_kind);
	wire_u64(b, (uint64_t)f->open << 1 | f->dropped);
	if (!f->open)
		return;
	wire_u64(b, f->shape ? (uint64_t)(f->shape - p->shapes->v) + 1 : 0);
	wire_u64(b, f->r.line);
	wire_u64(b, f->r.offset);
	wire_u64(b, f->r.lines);
	wire_i64(b, f->r.at);
}

/* True when a record was open whose lines are needed. It stands as a dropped one until its head comes by again. */
static bool take_flow(struct parser *p, struct wire *w, struct flow *f)
{
	f->key = wire_take_u64(w);
	f->fold_any = wire_take_u64(w) != 0;
	f->last_kind = (enum source_kind)wire_take_max(w, SOURCE_KIND_COUNT - 1);
	const uint64_t bits = wire_take_max(w, 3);
	f->open = (bits & 2) != 0;
	if (!f->open)
		return false;
	const uint64_t shape = wire_take_max(w, p->shapes->n);
	f->shape = shape ? &p->shapes->v[shape - 1] : NULL;
	f->r = (struct record){.line = wire_take_u64(w)};
	f->r.offset = wire_take_u64(w);
	f->r.lines = (uint32_t)wire_take_u64(w);
	f->r.at = wire_take_i64(w);
	f->dropped = true;
	return !(bits & 1);
}

void parser_save(struct parser *p, struct buf *b)
{
	hot_settle(p);
	save_counters(p, b);
	wire_u64(b, p->flow_count);
	for (unsigned i = 0; i < p->flow_count; i++)
		save_flow(p, &p->flows[i], b);
	save_flow(p, &p->inner, b);
}

void parser_restore(struct parser *p, struct wire *w, uint64_t *line, uint64_t *offset)
{
	parser_recount(p, w);
	const unsigned count = (unsigned)wire_take_max(w, FLOWS);
	for (unsigned i = 0; i < count && !w->bad; i++) {
		if (i >= p->flow_count)
			flow_init(&p->flows[p->flow_count++], p, 0);
		if (take_flow(p, w, &p->flows[i])) {
			*line = p->flows[i].r.line;
			*offset = p->flows[i].r.offset;
		}
	}
	(void)take_flow(p, w, &p->inner);
	p->inner.open = false;
	w->bad |= count == 0;
}
