/* Chooses the lines of an incident (slice.h). Every record of the incident's logs gets a rank: 0 what the verdict cites, then what
 * belongs to its calls, its server, the session, at last everything. Ranks are added until the chosen lines alone, redacted and
 * analysed again, give the same verdict under the same id; the first such choice wins. Long texts inside lines are shortened
 * unless the verdict needs them.
 *
 * Invariants: lines are whole and in their order; what is written went through the redactor, several lines of one key together;
 * the logs are read as they lie, never changed. It refuses to promise more than it proved: slice.same. */
#include "slice.h"

#include "base/utf8.h"
#include "ingest/reader.h"
#include "ingest/sections.h"
#include "match/matcher.h"
#include "model/names.h"
#include "parse/parser.h"
#include "slice_text.h"

enum rank { RANK_CITED, RANK_CALLS, RANK_NEAR, RANK_SERVER, RANK_NOTABLE, RANK_ALL, RANK_COUNT };
enum { SAME_BYTES = 24, SOURCES_MAX = 64 };

struct ref { /* a line that the incident speaks of */
	uint64_t line;
	enum rank rank;
	str text;            /* how it begins; empty: not known */
};
struct chosen { /* a record */
	uint64_t line;
	uint32_t lines;
	enum rank rank;
};
struct log { /* one source */
	const struct source *source;
	VEC(struct ref) refs;
	VEC(struct chosen) records;
	uint64_t first, last;  /* cited lines */
	uint64_t line_count;
	bool cited, gone;      /* gone: its file does not hold what was judged */
};
struct slicing {
	struct rules *rules;
	const struct slice_options *o;
	const struct facts *facts;
	const struct incident *incident;
	struct matcher *matcher;
	struct parse_memory *memory;
	VEC(struct log) logs;
	struct log *now;       /* being read */
	bool shorten;
};

/* --- what the incident speaks of --- */

static void add_ref(struct slicing *s, const struct line_ref *at, enum rank rank, str text)
{
	if (!at->source || !at->line)
		return;
	for (size_t i = 0; i < s->logs.n; i++) {
		struct log *l = &s->logs.v[i];
		if (l->source->index != at->source->index)
			continue;
		*vec_push(&l->refs) = (struct ref){.line = at->line, .rank = rank, .text = text};
		l->cited = true;
		l->first = l->first == 0 || at->line < l->first ? at->line : l->first;
		l->last = at->line > l->last ? at->line : l->last;
	}
}

static void add_place(struct slicing *s, const struct call *c, struct place at, enum rank rank)
{
	for (size_t i = 0; i < s->facts->source_count; i++)
		if (s->facts->sources[i].index == c->source) {
			const struct line_ref ref = {&s->facts->sources[i], at.line, at.offset};
			add_ref(s, &ref, rank, STR_NONE);
		}
}

static void add_refs(struct slicing *s)
{
	const struct incident *i = s->incident;
	for (size_t k = 0; k < i->evidence_count; k++) {
		const struct evidence *e = &i->evidence[k];
		add_ref(s, &e->at, RANK_CITED, e->role == ROLE_ABSENCE ? STR_NONE : e->text);
		for (size_t j = 0; j < e->also_count; j++)
			add_ref(s, &e->also_in[j], RANK_CITED, STR_NONE);
	}
	for (size_t k = 0; k < i->call_count; k++) {
		const struct call *c = i->calls[k];
		const enum rank rank = k == 0 ? RANK_CITED : RANK_CALLS;
		const struct place places[] = {c->start, c->sent, c->beat, c->last_beat, c->end};
		for (size_t j = 0; j < sizeof places / sizeof *places; j++)
			add_place(s, c, places[j], rank);
	}
	for (size_t k = 0; k < i->ruled_out_count; k++)
		add_ref(s, &i->ruled_out[k].at, RANK_CALLS, STR_NONE);
	for (size_t k = 0; k < i->suspected_count; k++)
		add_ref(s, &i->suspected[k].at, RANK_CALLS, STR_NONE);
	for (size_t k = 0; k < i->consequence_count; k++)
		add_ref(s, &i->consequences[k].at, RANK_CALLS, STR_NONE);
}

/* Logs that can have a part in it: those of its session, and those of no session. */
static void add_logs(struct slicing *s)
{
	const str session = s->incident->session;
	for (size_t i = 0; i < s->facts->source_count; i++) {
		const struct source *source = &s->facts->sources[i];
		if (session.n && source->session_id.n && !str_eq(session, source->session_id))
			continue;
		*vec_push(&s->logs) = (struct log){.source = source};
	}
}

static str directory_of(const struct log *l)
{
	str path = source_file(l->source);
	while (path.n && path.p[path.n - 1] != '/')
		path.n--;
	return path;
}

/* A log of no session may be anybody's: it stays when the incident speaks of it, or when it lies beside one that it speaks of.
 * Nothing of somebody else's work goes into an issue. */
static void drop_strangers(struct slicing *s)
{
	const str session = s->incident->session;
	size_t kept = 0;
	for (size_t i = 0; i < s->logs.n; i++) {
		struct log l = s->logs.v[i];
		bool ours = l.cited || (session.n && str_eq(session, l.source->session_id));
		for (size_t k = 0; k < s->logs.n && !ours; k++)
			ours = s->logs.v[k].cited && str_eq(directory_of(&s->logs.v[k]), directory_of(&l));
		if (ours && kept < SOURCES_MAX)
			s->logs.v[kept++] = l;
		else
			vec_free(&l.refs);
	}
	s->logs.n = kept;
}

/* --- reading the logs --- */

static bool cites(const struct record *r, const struct ref *ref)
{
	return ref->line >= r->line && ref->line < r->line + (r->lines ? r->lines : 1);
}

static enum rank rank_of(struct slicing *s, const struct record *r)
{
	struct log *l = s->now;
	enum rank best = RANK_ALL;
	struct event e;
	for (size_t i = 0; i < l->refs.n; i++) {
		const struct ref *ref = &l->refs.v[i];
		if (!cites(r, ref))
			continue;
		best = ref->rank < best ? ref->rank : best;
		if (ref->line == r->line && ref->text.n && !r->excerpt && !str_starts(r->raw, str_head(ref->text, SAME_BYTES)))
			l->gone = true;
	}
	if (best != RANK_ALL || !matcher_match(s->matcher, r, &e))
		return best;
	const str server = e.server.n ? e.server : r->server;
	if (server.n && s->incident->server.n && !name_same(server, s->incident->server))
		return RANK_NOTABLE;
	return server.n && r->line >= l->first && r->line <= l->last ? RANK_NEAR : RANK_SERVER;
}

static void on_record(void *context, const struct record *r)
{
	struct slicing *s = context;
	const enum rank rank = rank_of(s, r);
	if (rank != RANK_ALL)
		*vec_push(&s->now->records) = (struct chosen){.line = r->line, .lines = r->lines ? r->lines : 1, .rank = rank};
}

static struct gate_answer every_record(const void *context, enum body_class class, str head)
{
	(void)context;
	(void)class;
	(void)head;
	return (struct gate_answer){1, 0, 0};
}

static struct reader *open_log(const struct slicing *s, const struct log *l)
{
	const struct input in = {.path = source_file(l->source), .named = true};
	const struct reader_options from = {.final = true, .named = true, .force_text = s->o->pipeline->source.force_text};
	int fd;
	return str_eq(in.path, S("-")) || source_open(&in, &s->o->pipeline->source, &fd, NULL) ? NULL : reader_new(fd, &from);
}

static bool stopped(const struct slicing *s)
{
	return s->o->pipeline->stop && *s->o->pipeline->stop;
}

static void rank_log(struct slicing *s, struct log *l)
{
	struct reader *reader = open_log(s, l);
	struct line line;
	l->gone = !reader;
	if (!reader)
		return;
	const struct parser_options options = {.zone = s->o->pipeline->zone, .base = INSTANT_NONE, .path = source_file(l->source), .probe = reader_peek(reader),
		.force_text = s->o->pipeline->source.force_text, .excerpt_gate = matcher_knows,
		.memory = s->memory};
	s->now = l;
	struct parser *parser = parser_new(s->rules, &options, every_record, s->matcher, on_record, s);
	while (reader_next(reader, &line) == 1 && !stopped(s)) {
		parser_push(parser, &line);
		l->line_count++;
	}
	parser_finish(parser);
	parser_free(parser);
	reader_free(reader);
	for (size_t i = 0; i < l->refs.n; i++)
		l->gone |= l->refs.v[i].line > l->line_count;
}

static int by_line(const void *a, const void *b)
{
	const struct chosen *x = a, *y = b;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void write_log(const struct slicing *s, const struct log *l, enum rank rank, struct buf *out, uint64_t *ret_lines)
{
	struct reader *reader = open_log(s, l);
	struct slice_text t = {.redactor = s->o->redactor, .privacy = s->o->privacy, .shorten = s->shorten};
	struct line line;
	size_t next = 0;
	uint64_t number = 0, until = 0; /* lines below `until` are wanted */
	while (reader && reader_next(reader, &line) == 1 && out->n <= s->o->bytes) {
		number++;
		for (; next < l->records.n && l->records.v[next].line <= number; next++)
			if (l->records.v[next].rank <= rank && l->records.v[next].line + l->records.v[next].lines > until)
				until = l->records.v[next].line + l->records.v[next].lines;
		if (rank != RANK_ALL && number >= until)
			continue;
		slice_text_push(&t, line.text, out);
		++*ret_lines;
	}
	slice_text_end(&t, out);
	if (reader)
		reader_free(reader);
}

/* What was stored of a log that is gone. */
static void write_excerpts(const struct slicing *s, const struct log *l, struct buf *out, uint64_t *ret_lines)
{
	const struct slice_text t = {.redactor = s->o->redactor, .privacy = s->o->privacy, .shorten = s->shorten};
	const struct incident *i = s->incident;
	uint64_t last = 0;
	for (;;) {
		const struct evidence *next = NULL;
		for (size_t k = 0; k < i->evidence_count; k++) {
			const struct evidence *e = &i->evidence[k];
			if (e->role != ROLE_ABSENCE && e->at.source && e->at.source->index == l->source->index && e->at.line > last && (!next || e->at.line < next->at.line))
				next = e;
		}
		if (!next)
			return;
		slice_text_lines(&t, next->text, out);
		last = next->at.line;
		++*ret_lines;
	}
}

/* --- names --- */

/* The last `parts` pieces of a path: its directory and name carry facts, the rest is nobody's business. */
static str tail_of(str path, unsigned parts)
{
	size_t at = path.n;
	while (at > 0 && (path.p[at - 1] != '/' || --parts > 0))
		at--;
	return str_from(path, at);
}

static str name_of(const struct slicing *s, const struct log *l, struct arena *a)
{
	enum { USUAL = 2, MOST = 12 };
	for (unsigned parts = USUAL; parts < MOST; parts++) {
		const str name = tail_of(l->source->path, parts);
		bool unique = true;
		for (size_t i = 0; i < s->logs.n; i++)
			unique &= &s->logs.v[i] == l || !str_eq(tail_of(s->logs.v[i].source->path, parts), name);
		if (unique || name.n == l->source->path.n) {
			struct buf safe = {0};
			utf8_terminal(&safe, str_eq(name, S("-")) ? S("stdin.log") : name, false);
			const str kept = arena_str(a, buf_str(&safe));
			buf_done(&safe);
			return kept;
		}
	}
	return l->source->path;
}

/* --- trying --- */

struct attempt {
	struct buf text;
	VEC(struct slice_part) parts; /* texts are views into `text`, by offset until it is done */
	bool cut;
};

static void attempt_reset(struct attempt *t)
{
	buf_reset(&t->text);
	t->parts.n = 0;
	t->cut = false;
}

static void write_part(struct slicing *s, const struct log *l, enum rank rank, struct arena *a, struct attempt *t)
{
	struct slice_part part = {.source = l->source, .of_lines = l->gone ? 0 : l->line_count};
	struct buf text = {0};
	if (l->gone)
		write_excerpts(s, l, &text, &part.lines);
	else
		write_log(s, l, rank, &text, &part.lines);
	if (text.n) {
		part.name = name_of(s, l, a);
		if (t->text.n)
			buf_byte(&t->text, '\n');
		section_head(&t->text, part.name);
		const size_t room = s->o->bytes > t->text.n ? s->o->bytes - t->text.n : 0;
		str kept = buf_str(&text);
		if (kept.n > room) {
			t->cut = true;
			kept = str_head(kept, room);
			while (kept.n && kept.p[kept.n - 1] != '\n')
				kept.n--;
		}
		part.text = (str){NULL, kept.n};
		buf_add(&t->text, kept);
		*vec_push(&t->parts) = part;
	}
	buf_done(&text);
}

static void write_attempt(struct slicing *s, enum rank rank, bool wide, struct arena *a, struct attempt *t)
{
	attempt_reset(t);
	for (size_t i = 0; i < s->logs.n; i++)
		if (s->logs.v[i].cited || wide)
			write_part(s, &s->logs.v[i], rank, a, t);
}

static bool same_word(str a, str b)
{
	return str_eq(a, b) || (!a.n && !b.n);
}

/* 2: alike in everything that a reader is told; 1: the same verdict and id; 0: another one. */
static int alike(const struct incident *a, const struct incident *b)
{
	if (!str_eq(a->id, b->id) || !str_eq(a->cause, b->cause) || !same_word(a->trigger, b->trigger) || a->ending != b->ending || a->state != b->state ||
		a->severity != b->severity || a->confidence != b->confidence)
		return 0;
	return same_word(a->client_version, b->client_version) && same_word(a->transport, b->transport) && same_word(a->server, b->server) &&
			a->call_count == b->call_count && a->ruled_out_count == b->ruled_out_count && a->suspected_count == b->suspected_count &&
			a->advice_count == b->advice_count
		? 2
		: 1;
}

static int judge(struct slicing *s, const struct attempt *t, int *ret_alike, struct err *reterr)
{
	const str from_stdin = S("-");
	struct pipeline_options options = *s->o->pipeline;
	struct pipeline_result result;
	options.paths = &from_stdin;
	options.path_count = 1;
	options.db = ":memory:";
	options.everything = options.keep_calls = options.no_redact = false;
	options.source.stdin_text = buf_str(&t->text);
	options.progress = NULL;
	options.conclude = NULL;
	options.now_s = 0;
	*ret_alike = 0;
	if (t->text.n == 0)
		return 0;
	const int r = pipeline_run(s->rules, &options, &result, reterr);
	for (size_t i = 0; !r && i < result.facts.incident_count; i++) {
		const int how = alike(&result.facts.incidents[i], s->incident);
		*ret_alike = how > *ret_alike ? how : *ret_alike;
	}
	pipeline_result_done(&result);
	return r == ERR_STOPPED ? r : 0;
}

static void keep(const struct attempt *t, struct arena *a, struct slice *ret)
{
	struct slice_part *parts = arena_alloc(a, (t->parts.n + 1) * sizeof *parts);
	ret->text = arena_str(a, buf_str(&t->text));
	str rest = ret->text;
	struct section section;
	for (size_t i = 0; i < t->parts.n && section_next(&rest, &section); i++) {
		parts[i] = t->parts.v[i];
		parts[i].text = section.text;
	}
	ret->parts = parts;
	ret->part_count = t->parts.n;
	ret->cut = t->cut;
}

/* All choices from the smallest on; the best one so far is kept. */
static int try_all(struct slicing *s, struct arena *a, struct attempt *t, struct slice *ret, struct err *reterr)
{
	int best = 0;
	bool any = false;
	for (int form = 0; form < 4 && best < 2; form++) { /* cited logs, then all; shortened, then not */
		const bool wide = form & 1;
		s->shorten = form < 2;
		for (int rank = RANK_CITED; rank < RANK_COUNT && best < 2; rank++) {
			int how = 0;
			write_attempt(s, (enum rank)rank, wide, a, t);
			if (t->cut && any)
				break;
			const int r = judge(s, t, &how, reterr);
			if (r)
				return r;
			if (!any || how > best) {
				keep(t, a, ret);
				ret->whole = rank == RANK_ALL && !t->cut;
			}
			any = true;
			best = how > best ? how : best;
			if (t->cut)
				break;
		}
	}
	ret->same = best > 0;
	return 0;
}

static void slicing_done(struct slicing *s)
{
	for (size_t i = 0; i < s->logs.n; i++) {
		vec_free(&s->logs.v[i].refs);
		vec_free(&s->logs.v[i].records);
	}
	vec_free(&s->logs);
	matcher_free(s->matcher);
	parse_memory_free(s->memory);
}

int slice_make(struct rules *rules, const struct slice_options *o, const struct facts *facts, const struct incident *incident, struct arena *arena,
	struct slice *ret, struct err *reterr)
{
	struct slicing s = {.rules = rules, .o = o, .facts = facts, .incident = incident, .matcher = matcher_new(rules),
		.memory = parse_memory_new(rules)};
	struct attempt t = {0};
	*ret = (struct slice){0};
	add_logs(&s);
	add_refs(&s);
	drop_strangers(&s);
	for (size_t i = 0; i < s.logs.n && !stopped(&s); i++) {
		rank_log(&s, &s.logs.v[i]);
		vec_sort(&s.logs.v[i].records, by_line);
	}
	const int r = stopped(&s) ? err_set(reterr, ERR_STOPPED, "interrupted") : try_all(&s, arena, &t, ret, reterr);
	buf_done(&t.text);
	vec_free(&t.parts);
	slicing_done(&s);
	return r;
}
