/* Records to events: second half of pass 1's inner loop, between the parser and the tracker.
 *
 * A record's class has an index (match/index.h) that leaves a few candidate signatures; each is tried with its own regex, compiled
 * when it is first needed. The first in rules order wins, so the meaning of a line never depends on the index. Named groups become
 * members and fields of the event; the group `err` gets its class by a second look, at the signatures of class "error".
 *
 * Three kinds of records need more than their class:
 *   transcript  the parser has said what a result is; the text only adds the class of an error, or that it is a mere receipt
 *   traceback   a leaf that no signature knows is still an event (py.traceback)
 *   excerpt     quoted text: cores of signatures are searched anywhere in it, then cores of error texts
 *
 * A regex that does not compile, or gives up at the step limit, never stops a run: it is left out, or the record stays without
 * event, and whoever reads is told. What any text means is not known here. */
#include "match/matcher.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/vec.h"
#include "match/gate.h"
#include "match/texts.h"
#include <stdlib.h>

struct matcher {
	const struct rules *rules;
	struct gate gate;                     /* and the indices of the classes */
	struct match_index core, core_errors; /* for excerpts, built at the first one: all classes but error, and error */
	bool core_ready;
	struct regex **strict, **loose;       /* by signature, compiled when first tried: the regex, and without anchors for excerpts */
	bool *strict_broken, *loose_broken;
	str gave_up;                          /* matcher_gave_up's next answer */
	struct field fields[LIMIT_EVENT_FIELDS]; /* of the last event */
};

/* How a candidate is tried. */
struct attempt {
	struct matcher *m;
	const struct record *r; /* NULL: an error text, no filters */
	str body;
	bool anywhere;          /* search the core in the body */
	struct regex_match found;
};

/* What is found is set by the match only. */
static void begin_attempt(struct attempt *a, struct matcher *m, const struct record *r, str body)
{
	a->m = m;
	a->r = r;
	a->body = body;
	a->anywhere = false;
}

struct matcher *matcher_new(const struct rules *rules)
{
	struct matcher *m = mem_new(sizeof *m);
	m->rules = rules;
	gate_init(&m->gate, rules);
	m->strict = mem_new((rules->signatures.n + 1) * sizeof(struct regex *));
	m->strict_broken = mem_new(rules->signatures.n + 1);
	m->loose = mem_new((rules->signatures.n + 1) * sizeof(struct regex *));
	m->loose_broken = mem_new(rules->signatures.n + 1);
	return m;
}

void matcher_free(struct matcher *m)
{
	if (m == NULL)
		return;
	gate_done(&m->gate);
	match_index_done(&m->core);
	match_index_done(&m->core_errors);
	for (size_t i = 0; i < m->rules->signatures.n; i++) {
		regex_free(m->strict[i]);
		regex_free(m->loose[i]);
	}
	free(m->strict);
	free(m->strict_broken);
	free(m->loose);
	free(m->loose_broken);
	free(m);
}

static const struct gate *gate_of(const struct matcher *m) { return &m->gate; }

struct gate_answer matcher_gate(const void *matcher, enum body_class class, str head) { return gate_ask_record(gate_of(matcher), class, head, ASK_WANTED); }

struct gate_answer matcher_gate_rest(const void *matcher, enum body_class class, str head) { return gate_ask_record(gate_of(matcher), class, head, ASK_REST); }

const struct needles *matcher_needles(const struct matcher *m) { return m->gate.needles; }

struct gate_answer matcher_knows(const void *matcher, enum body_class class, str head)
{
	return gate_ask(gate_of(matcher), class, head, ASK_KNOWN);
}

static uint16_t index_of(const struct matcher *m, const struct signature *s)
{
	return (uint16_t)(s - m->rules->signatures.v);
}

/* Patterns were proven to compile, by the build or when they were loaded: one that does not is left out. */
static struct regex *strict_regex(struct matcher *m, const struct signature *s)
{
	size_t i = index_of(m, s);
	if (m->strict[i] == NULL && !m->strict_broken[i])
		m->strict_broken[i] = regex_of(s->plain, s->match, 0, &m->strict[i]) < 0;
	return m->strict[i];
}

static struct regex *loose_regex(struct matcher *m, const struct signature *s)
{
	size_t i = index_of(m, s);
	if (m->loose[i] == NULL && !m->loose_broken[i]) {
		struct buf pattern = {0};
		bool simple = pattern_unanchored(s->match, &pattern);
		if (!simple || regex_new(buf_str(&pattern), 0, &m->loose[i], NULL) < 0) {
			m->loose[i] = NULL;
			m->loose_broken[i] = true;
		}
		buf_done(&pattern);
	}
	return m->loose[i];
}

static bool has_one_of(str wanted, str frames)
{
	while (wanted.n > 0)
		if (str_find(frames, str_word(&wanted, '|')) >= 0)
			return true;
	return false;
}

/* Does one of the texts of each line of `wanted` stand in the frames of a trace? Those behind '^' in its first frame: where the program
 * stands, when nobody caught the error. */
static bool has_frames(str wanted, const struct record *r)
{
	str frames = r->frames;
	const str first = r->told ? STR_NONE : str_word(&frames, '\n');
	while (wanted.n > 0) {
		const str texts = str_word(&wanted, '\n');
		const bool outermost = texts.n > 0 && texts.p[0] == '^';
		if (!has_one_of(str_from(texts, outermost), outermost ? first : r->frames))
			return false;
	}
	return true;
}

/* What a record must be besides its text. Excerpts have lost their source and often their level, so that only a level that is
 * there can exclude. */
static bool admits(const struct signature *s, const struct record *r)
{
	if (s->sources != 0 && !r->excerpt && !(s->sources >> r->kind & 1))
		return false;
	if (s->level != LEVEL_NONE && s->level != r->level && !(r->excerpt && r->level == LEVEL_NONE && !gate_is_strict(s)))
		return false;
	return s->frame.n == 0 || has_frames(s->frame, r);
}

/* Does the text hold what every match holds? */
static bool has_literals(const struct signature *s, str body, bool anywhere)
{
	if (!anywhere && s->head.n > 0 && !str_starts(body, s->head))
		return false;
	return !(anywhere || s->literal.n > s->head.n) || str_find(body, s->literal) >= 0;
}

static bool run_signature(struct attempt *a, const struct signature *s)
{
	struct regex *regex = a->anywhere ? loose_regex(a->m, s) : strict_regex(a->m, s);
	if (regex == NULL)
		return false;
	int rc = regex_match(regex, a->body, &a->found);
	if (rc == ERR_LIMIT && a->m->gave_up.p == NULL)
		a->m->gave_up = s->id;
	return rc == 1;
}

static bool try_signature(struct attempt *a, const struct signature *s)
{
	return (a->r == NULL || admits(s, a->r)) && has_literals(s, a->body, a->anywhere) && run_signature(a, s);
}

/* What texts stand in the body; NULL: few signatures are asked, which look for theirs faster themselves. */
static const struct texts *look_for_texts(const struct attempt *a, struct match_index *x)
{
	enum { FEW = 16 };
	if (x->n < FEW)
		return NULL;
	if (x->texts == NULL)
		x->texts = texts_new(a->m->rules, x);
	texts_look(x->texts, a->body);
	return x->texts;
}

/* The signature that the record comes with. It nearly always matches, so that nothing is looked for first: but a long text must not make
 * a regex give up that one look shows not to match. */
static bool try_first(struct attempt *a, const struct signature *s)
{
	enum { SHORT = 256 };
	return (a->body.n <= SHORT || has_literals(s, a->body, false)) && run_signature(a, s);
}

/* The first signature in rules order that matches, NULL when none does. Who asked the gate knows the first that can: it nearly always
 * does. */
static const struct signature *find(struct attempt *a, struct match_index *x)
{
	if (a->r != NULL && a->r->from != 0 && !a->anywhere) {
		const struct signature *s = &a->m->rules->signatures.v[a->r->from - 1];
		const bool admitted = admits(s, a->r);
		if (admitted && a->r->sure) {
			a->found.n = 1;
			return s;
		}
		if (admitted && try_first(a, s))
			return s;
	}
	uint64_t buckets = match_index_buckets(x, a->anywhere ? STR_NONE : a->body);
	const struct texts *texts = NULL;
	bool looked = false;
	for (; buckets != 0; buckets &= buckets - 1) {
		unsigned bucket = (unsigned)__builtin_ctzll(buckets);
		for (uint32_t i = x->first[bucket]; i < x->first[bucket + 1]; i++) {
			const struct signature *s = &a->m->rules->signatures.v[x->order[i]];
			if (!a->anywhere && gate_begins_otherwise(&a->m->gate, x->order[i], a->body))
				continue;
			if (!looked)
				texts = look_for_texts(a, x);
			looked = true;
			if ((texts == NULL || !texts_exclude(texts, i)) && try_signature(a, s))
				return s;
		}
	}
	return NULL;
}

static void put_duration(struct event *e, uint16_t name, str value)
{
	double number;
	int64_t micros;
	if (e->duration >= 0)
		return;
	if (name == FIELD_DUR && duration_parse(value, &micros))
		e->duration = micros;
	else if ((name == FIELD_MS || name == FIELD_SECONDS) && str_double(value, &number) && number < 1e12)
		e->duration = (int64_t)(number * (double)(name == FIELD_MS ? MILLISECOND : SECOND));
	if (e->duration > LIMIT_DURATION)
		e->duration = -1;
}

/* The first value of a name wins: groups come before constants, and those of the line before those of its error text. */
static void put(struct event *e, uint16_t name, str value)
{
	str *member = name == FIELD_SERVER ? &e->server : name == FIELD_TOOL ? &e->tool : name == FIELD_ID ? &e->tool_use_id :
		name == FIELD_ERR ? &e->err : NULL;
	if (value.p == NULL || name == FIELD_NONE)
		return;
	if (member != NULL) {
		if (member->n == 0 && value.n > 0)
			*member = value;
		return;
	}
	for (unsigned i = 0; i < e->field_count; i++)
		if (e->fields[i].name == name)
			return;
	if (e->field_count < LIMIT_EVENT_FIELDS)
		e->fields[e->field_count++] = (struct field){.name = name, .value = value};
	put_duration(e, name, value);
}

static void put_groups(struct event *e, const struct signature *s, const struct regex_match *found)
{
	for (unsigned i = 1; i < found->n; i++)
		put(e, s->group_field[i], found->group[i]);
	for (unsigned i = 0; i < s->set_count; i++)
		put(e, s->set[i].name, s->set[i].value);
}

/* Class and fields that the event's error text gives. An error text names server and tool of its own line: a nested `err` would
 * only repeat the text. */
static void classify_error(struct matcher *m, struct event *e)
{
	str body = str_head(str_trim(e->err), LIMIT_MATCH);
	if (body.n == 0)
		return;
	struct attempt a;
	begin_attempt(&a, m, NULL, body);
	const struct signature *s = find(&a, gate_index(&m->gate, CLASS_ERROR));
	if (s == NULL)
		return;
	if (e->class == 0)
		e->class = s->class;
	put_groups(e, s, &a.found);
}

static void begin(struct matcher *m, const struct record *r, struct event *e)
{
	*e = (struct event){
		.fields = m->fields,
		.local_time = r->local_time,
		.excerpt = r->excerpt,
		.line = r->line,
		.offset = r->offset,
		.lines = r->lines,
		.at = r->at,
		.duration = -1,
		.level = r->level,
		.tool = r->tool,
		.tool_use_id = r->tool_use_id,
		.session = r->session,
	};
}

/* The record's own server name is the last to speak: a group of the line is nearer to what happened. */
static void finish(struct matcher *m, const struct record *r, struct event *e)
{
	classify_error(m, e);
	if (e->server.n == 0)
		e->server = r->server;
}

static void explain(struct matcher *m, const struct record *r, const struct signature *s, const struct regex_match *found, struct event *e)
{
	e->kind = s->kind;
	e->signature = (uint16_t)(index_of(m, s) + 1);
	e->class = s->class;
	put_groups(e, s, found);
	finish(m, r, e);
}

/* Tool uses and results of transcripts. The text of a good result is a tool's output: only a receipt for a call that goes on in
 * the background is looked for in it. */
static void transcript_event(struct matcher *m, const struct record *r, struct event *e)
{
	static const char *const outcomes[] = {[RESULT_NONE] = "", [RESULT_USE] = "", [RESULT_OK] = "ok", [RESULT_ERROR] = "error",
		[RESULT_EMPTY] = "empty", [RESULT_REJECTED] = "rejected", [RESULT_RECEIPT] = "receipt"};
	struct attempt a = {.m = m, .r = r, .body = str_head(r->body, LIMIT_MATCH)};
	const char *outcome = outcomes[r->result];
	e->kind = r->result == RESULT_USE ? KIND_TOOL_USE : KIND_TOOL_RESULT;
	if (r->result == RESULT_ERROR || r->result == RESULT_REJECTED)
		e->err = r->body;
	if (r->result == RESULT_OK || r->result == RESULT_RECEIPT) {
		const struct signature *s = find(&a, gate_index(&m->gate, CLASS_TRANSCRIPT));
		if (s != NULL && s->kind == KIND_CALL_BACKGROUNDED) {
			outcome = outcomes[RESULT_RECEIPT];
			put_groups(e, s, &a.found);
		}
	}
	if (outcome[0] != '\0')
		put(e, FIELD_OUTCOME, str_z(outcome));
	finish(m, r, e);
}

/* An error text without the line that carried it. The group `err` tells it from the words around it. */
static bool error_alone(struct matcher *m, const struct record *r, struct match_index *x, bool anywhere, struct event *e)
{
	struct attempt a = {.m = m, .body = str_head(r->body, LIMIT_MATCH), .anywhere = anywhere};
	const struct signature *s = find(&a, x);
	if (s == NULL)
		return false;
	e->kind = KIND_ERROR_TEXT;
	e->signature = (uint16_t)(index_of(m, s) + 1);
	e->class = s->class;
	put_groups(e, s, &a.found);
	if (e->err.n == 0)
		e->err = str_trim(r->body);
	if (e->server.n == 0)
		e->server = r->server;
	return true;
}

static void prepare_cores(struct matcher *m)
{
	uint32_t error = UINT32_C(1) << CLASS_ERROR;
	if (m->core_ready)
		return;
	match_index_init(&m->core, m->rules, ~error, true);
	match_index_init(&m->core_errors, m->rules, error, true);
	m->core_ready = true;
}

static bool excerpt_event(struct matcher *m, const struct record *r, struct event *e)
{
	prepare_cores(m);
	struct attempt a = {.m = m, .r = r, .body = str_head(r->body, LIMIT_MATCH), .anywhere = true};
	const struct signature *s = find(&a, &m->core);
	if (s != NULL) {
		explain(m, r, s, &a.found, e);
		return true;
	}
	return error_alone(m, r, &m->core_errors, true, e);
}

bool matcher_match(struct matcher *m, const struct record *r, struct event *ret_event)
{
	struct attempt a;
	begin_attempt(&a, m, r, str_head(r->body, LIMIT_MATCH));
	begin(m, r, ret_event);
	if (r->result != RESULT_NONE) {
		transcript_event(m, r, ret_event);
		return true;
	}
	if (r->class == CLASS_ERROR)
		return error_alone(m, r, gate_index(&m->gate, CLASS_ERROR), false, ret_event) || (r->excerpt && excerpt_event(m, r, ret_event));
	const struct signature *s = find(&a, gate_index(&m->gate, r->class));
	if (s != NULL) {
		explain(m, r, s, &a.found, ret_event);
		return true;
	}
	if (r->class == CLASS_TRACEBACK) {
		ret_event->kind = KIND_PY_TRACEBACK;
		put(ret_event, FIELD_LEAF, r->body);
		finish(m, r, ret_event);
		return true;
	}
	return r->excerpt && excerpt_event(m, r, ret_event);
}

uint16_t matcher_error_class(struct matcher *m, str err, uint16_t *ret_signature)
{
	struct attempt a = {.m = m, .body = str_head(str_trim(err), LIMIT_MATCH)};
	const struct signature *s = find(&a, gate_index(&m->gate, CLASS_ERROR));
	if (s == NULL)
		return 0;
	if (ret_signature != NULL)
		*ret_signature = index_of(m, s);
	return s->class;
}

size_t matcher_all(struct matcher *m, const struct record *r, uint16_t *ret_indices, size_t cap)
{
	struct attempt a = {.m = m, .r = r->class == CLASS_ERROR ? NULL : r, .body = str_head(r->body, LIMIT_MATCH)};
	size_t n = 0;
	for (size_t i = 0; i < m->rules->signatures.n; i++) {
		const struct signature *s = &m->rules->signatures.v[i];
		if (!(s->bodies >> r->class & 1) || !try_signature(&a, s))
			continue;
		if (n < cap)
			ret_indices[n] = (uint16_t)i;
		n++;
	}
	return n;
}

bool matcher_tries(const struct matcher *m, size_t signature, str body)
{
	size_t seen;
	return gate_may_begin(&m->gate, signature, body, &seen) && has_literals(&m->rules->signatures.v[signature], body, false);
}

str matcher_gave_up(struct matcher *m)
{
	const str id = m->gave_up;
	m->gave_up = STR_NONE;
	return id;
}
