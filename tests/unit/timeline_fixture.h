/* For the tests of the timeline: a folder of its own for each, small rules, sample rows, dumps. What every test needs is made before it
 * and freed behind it. */
#ifndef MCPLOG_TEST_TIMELINE_FIXTURE_H
#define MCPLOG_TEST_TIMELINE_FIXTURE_H
#include "base/buf.h"
#include "base/hash.h"
#include "model/ids.h"
#include "model/rules.h"
#include "store/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_str(a, b) assert_true(str_eq(a, b))
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

/* --- a folder and rules --- */

static char folder[64];
static struct rules rules;
static struct arena arena;   /* what is read back lies here */
static struct err err;       /* of the last call */
static struct buf out;       /* of the last query */

static inline void make_rules(struct rules *r)
{
	*r = (struct rules){0};
#define X(id, name) (void)(KIND_##id ? intern_put(&r->kinds, S(name)) : 0);
	KIND_LIST(X)
#undef X
#define X(id, name) (void)intern_put(&r->fields, S(name));
	FIELD_LIST(X)
#undef X
	(void)intern_put(&r->classes, S("refused"));
	vec_push(&r->signatures)->id = S("life.drop");
	vec_push(&r->signatures)->id = S("call.fail");
}

static inline void free_rules(struct rules *r)
{
	intern_done(&r->kinds);
	intern_done(&r->fields);
	intern_done(&r->classes);
	vec_free(&r->signatures);
}

static inline int enter_folder(void **state)
{
	(void)state;
	err = (struct err){0};
	make_rules(&rules);
	(void)snprintf(folder, sizeof folder, "timeline-test-XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static inline int leave_folder(void **state)
{
	(void)state;
	static const char *const names[] = {"a.db", "a.db-wal", "a.db-shm", "a.db.lock", "a.db.skipped", "a.db.new", "a.db.v1.bak", "b.db", "b.db.lock", "link.db",
		"link.db.lock", "hard.db", "a.log", "b.log", "sub/c.log"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)unlink(names[i]);
	(void)rmdir("sub");
	free_rules(&rules);
	arena_done(&arena);
	buf_done(&out);
	return chdir("..") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static inline void ok(int r)
{
	if (r)
		fail_msg("%d: %s", r, err.text);
}

static inline struct timeline *must_open_with(const char *path, uint64_t rules_hash)
{
	struct timeline *t = NULL;
	ok(timeline_open(&(struct timeline_options){.path = path, .rules_hash = rules_hash}, &t, &err));
	return t;
}

static inline struct timeline *must_open(const char *path) { return must_open_with(path, 7); }

static inline int open_code(const char *path, bool read_only, struct err *e)
{
	struct timeline *t = NULL;
	*e = (struct err){0};
	int r = timeline_open(&(struct timeline_options){.path = path, .read_only = read_only, .rules_hash = 7}, &t, e);
	if (r == 0)
		timeline_close(t);
	return r;
}

/* --- sample rows --- */

static const instant noon = INT64_C(1779000000) * SECOND;

static inline struct source source_of(const char *path, uint64_t ino, uint64_t size)
{
	return (struct source){
		.path = str_z(path), .kind = SOURCE_CLAUDE_DEBUG, .complete = true, .bytes = size, .offset = size, .lines = 10, .records = 9,
		.unrecognized = 1, .client_version = S("2.1.143"), .session_id = S("5eed"), .cwd = S("/home/x"), .first = noon,
		.last = noon + 61 * SECOND + 7, .has_times = true,
		.identity = {.dev = 5, .ino = ino, .btime_ns = 11, .mtime_ns = 12, .ctime_ns = 13, .size = size},
	};
}

static struct field sample_fields[] = {{FIELD_UPTIME, {"61937", 5}}, {FIELD_WHY, {"a \"b\"\n\\", 7}}};

static inline struct event event_of(uint64_t offset)
{
	return (struct event){
		.kind = KIND_TRANSPORT_DROPPED, .signature = 1, .class = 1, .line = 4, .offset = offset, .lines = 2, .at = noon + 324 * MILLISECOND + 55,
		.duration = -1, .level = LEVEL_WARN, .server = S("pg-mcp"), .session = S("5eed"), .local_time = true,
		.err = S("refused \"now\""), .text = S("SSE connection dropped after 61937s uptime"),
		.fields = sample_fields, .field_count = 2,
	};
}

static inline struct call call_of(uint64_t key, uint64_t offset)
{
	return (struct call){
		.id = row_id(key, offset, 0), .server = S("pg-mcp"), .tool = S("list_schemas"), .tool_use_id = S("toolu_01T2JSzbbHXsXm4jAAdEnuxv"),
		.session = S("5eed"), .dispatched_at = noon + 1, .sent_at = noon + 4 * MILLISECOND, .started_at = noon + 4 * MILLISECOND,
		.ended_at = noon + 1391 * SECOND + 608, .first_beat_at = noon + 30 * SECOND, .last_beat_at = INSTANT_NONE,
		.permission = 2 * MILLISECOND + 3, .duration = 1391 * SECOND + 7, .last_elapsed = 1380 * SECOND, .beats = 46, .attempts = 1,
		.flags = CALL_ESC | CALL_RETRIED, .outcome = OUTCOME_CANCELLED, .link = LINK_ELAPSED, .link_sure = true, .class = 1,
		.err = S("MCP error -32001: user-cancel"), .start = {1, offset}, .sent = {2, offset + 90}, .beat = {6, offset + 400}, .end = {52, offset + 9000},
	};
}

/* The bytes of a made-up file: those that its identity tells of. */
static inline bool made_up_marker(void *context, uint64_t offset, uint32_t len, uint64_t *ret_hash)
{
	const struct source *s = context;
	*ret_hash = s->identity.marker_hash;
	return offset <= s->bytes && len == s->identity.marker_len;
}

static inline uint64_t made_up_common(void *context, str other, uint64_t from, uint64_t to, uint64_t *ret_line)
{
	(void)context, (void)other, (void)to;
	*ret_line = from;
	return from;
}

static inline int begin_source(struct timeline *t, const struct source *s, struct source_start *ret, struct err *reterr)
{
	struct arena passing = {0};
	struct source copy = *s;
	const struct file_content c = {.head = str_head(S("same"), s->identity.head_len), .context = &copy, .marker = made_up_marker, .common = made_up_common};
	const int r = timeline_source_begin(t, s, s->identity.ino ? &c : NULL, &passing, ret, reterr);
	ret->state = STR_NONE;
	arena_done(&passing);
	return r;
}

static inline int64_t put_source(struct timeline *t, const struct source *s, uint64_t from, int rows, bool *ret_unchanged)
{
	int64_t id = 0;
	struct source_start start;
	struct source facts = *s;
	*ret_unchanged = timeline_source_same(t, s, false, &id, &err);
	if (*ret_unchanged)
		return id;
	ok(begin_source(t, s, &start, &err));
	*ret_unchanged = start.unchanged;
	if (start.unchanged)
		return start.id;
	for (int i = 0; i < rows; i++) {
		const uint64_t offset = from + (uint64_t)i * 200;
		struct event ev = event_of(offset);
		struct call c = call_of(start.key, offset);
		ev.call = c.id;
		if (offset < start.shared)
			continue;
		timeline_add_event(t, start.id, &ev, &rules);
		timeline_add_call(t, start.id, &c);
	}
	facts.shared.bytes = start.shared;
	if (start.shared)
		facts.shared.records = s->records, facts.shared.lines = s->lines, facts.shared.unrecognized = s->unrecognized;
	ok(timeline_source_end(t, start.id, &facts, &err));
	return start.id;
}

struct seen {
	struct event events[8];
	struct call calls[8];
	size_t event_count, call_count;
};

static inline void see_event(void *context, const struct event *e)
{
	struct seen *s = context;
	if (s->event_count < 8)
		s->events[s->event_count] = *e;
	s->event_count++;
}

static inline void see_call(void *context, const struct call *c)
{
	struct seen *s = context;
	if (s->call_count < 8)
		s->calls[s->call_count] = *c;
	s->call_count++;
}

static inline struct seen load(struct timeline *t, int64_t id)
{
	struct seen s = {0};
	const struct source_part all = {id, 0, UINT64_MAX};
	ok(timeline_load_events(t, &all, 3, &rules, &arena, false, see_event, &s, &err));
	ok(timeline_load_calls(t, &all, 3, &arena, false, see_call, &s, &err));
	return s;
}

/* --- dumps through a second connection --- */

static inline void collect(void *context, const struct query_value *v, size_t n, bool head)
{
	struct buf *to = context;
	for (size_t i = 0; i < n; i++)
		buf_printf(to, "%.*s|", STR_ARG(head ? v[i].name : v[i].value.p ? v[i].value : S("NULL")));
	buf_byte(to, '\n');
}

static inline str query(struct timeline *t, const char *sql)
{
	buf_reset(&out);
	ok(timeline_query(t, str_z(sql), 0, collect, &out, &err));
	return buf_str(&out);
}

/* Every table but `run`, rows sorted: what two databases must have in common. */
static inline struct hash128 dump(const char *path)
{
	static const char *const tables[] = {"name", "form", "source", "problem", "event_pack", "event_text", "call_pack", "incident", "evidence_line"};
	struct buf all = {0};
	struct timeline *t = NULL;
	ok(timeline_open(&(struct timeline_options){.path = path, .read_only = true, .rules_hash = 7}, &t, &err));
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		char sql[64];
		(void)snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1, 2", tables[i]);
		buf_add(&all, query(t, sql));
	}
	timeline_close(t);
	struct hash128 h = hash128(buf_str(&all));
	buf_done(&all);
	return h;
}

static inline void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}
#endif
