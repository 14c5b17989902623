/* Alerts and metrics in the forms of monitoring systems: whatever a server or a tool is called, what is written keeps to the
 * grammar of its reader. */
#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/utf8.h"
#include "model/facts.h"
#include "report/alerts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW (INT64_C(1780000000) * SECOND)

static struct alert alert(enum alert_kind kind, enum alert_phase phase, str server)
{
	return (struct alert){.id = 7, .kind = kind, .server = server, .cause = S("sse-drop-silent-hang"), .severity = SEVERITY_CRITICAL, .phase = phase,
		.level = ALERT_CRITICAL, .since = NOW - 1391 * SECOND, .fired_at = NOW - 1200 * SECOND, .active_at = NOW, .resolved_at = INSTANT_NONE,
		.calls = 1, .oldest = 1391 * SECOND, .summary = S("list_schemas on pg-mcp hung"), .detail = S("Press Esc."),
		.examples = S("list_schemas since 2026-05-17T20:23:00.776Z"), .last_sent = INSTANT_NONE, .acked_at = INSTANT_NONE};
}

static struct alert_report report(const struct alert *v, size_t n)
{
	return (struct alert_report){.alerts = v, .count = n, .now = NOW, .interval = 5 * MINUTE, .host = S("box"), .version = S("1.0")};
}

static struct json *parsed(const struct buf *b)
{
	struct err e = {0};
	struct json *doc = json_parse(buf_str(b), &e);
	if (!doc)
		fail_msg("%s: %.*s", e.text, (int)b->n, b->p);
	return doc;
}

static str text_at(const struct json *v, const char *key) { return json_text(json_get(v, key)); }

#define assert_str(a, b) assert_true(str_eq(a, b))

/* --- Alertmanager --- */

static void a_firing_alert_ends_after_four_silent_intervals(void **state)
{
	(void)state;
	struct buf b = {0};
	const struct alert al = alert(ALERT_STUCK, ALERT_FIRING, S("pg-mcp"));
	struct alert_report r = report(&al, 1);
	report_alertmanager(&r, &b);
	struct json *doc = parsed(&b);
	const struct json *first = json_at(doc, 0), *labels = json_get(first, "labels");
	assert_int_equal(json_size(doc), 1);
	assert_int_equal(json_size(labels), 5);
	assert_str(text_at(labels, "alertname"), S("McpToolCallStuck"));
	assert_str(text_at(labels, "server"), S("pg-mcp"));
	assert_str(text_at(labels, "cause"), S("sse-drop-silent-hang"));
	assert_str(text_at(labels, "severity"), S("critical"));
	assert_str(text_at(labels, "host"), S("box"));
	char end[32];
	instant_format(NOW + 20 * MINUTE, end);
	assert_str(text_at(first, "endsAt"), str_z(end));
	instant_format(NOW - 1391 * SECOND, end);
	assert_str(text_at(first, "startsAt"), str_z(end));
	json_free(doc);
	r.interval = SECOND; /* never less than a minute */
	buf_reset(&b);
	report_alertmanager(&r, &b);
	doc = parsed(&b);
	instant_format(NOW + 4 * MINUTE, end);
	assert_str(text_at(json_at(doc, 0), "endsAt"), str_z(end));
	json_free(doc);
	buf_done(&b);
}

static void a_start_in_the_future_is_now(void **state)
{
	(void)state;
	struct buf b = {0};
	struct alert al = alert(ALERT_STUCK, ALERT_FIRING, S("pg"));
	al.since = NOW + HOUR;
	const struct alert_report r = report(&al, 1);
	report_alertmanager(&r, &b);
	struct json *doc = parsed(&b);
	char now[32];
	instant_format(NOW, now);
	assert_str(text_at(json_at(doc, 0), "startsAt"), str_z(now));
	json_free(doc);
	buf_done(&b);
}

static size_t sent(struct alert *v, size_t n)
{
	struct buf b = {0};
	const struct alert_report r = report(v, n);
	report_alertmanager(&r, &b);
	struct json *doc = parsed(&b);
	const size_t count = json_size(doc);
	json_free(doc);
	buf_done(&b);
	return count;
}

static void what_is_over_is_sent_for_fifteen_minutes(void **state)
{
	(void)state;
	struct alert v[2] = {alert(ALERT_STUCK, ALERT_RESOLVED, S("pg")), alert(ALERT_STUCK, ALERT_FIRING, S("pg"))};
	v[0].resolved_at = NOW - 15 * MINUTE;
	assert_int_equal(sent(v, 1), 1);
	v[0].resolved_at = NOW - 16 * MINUTE;
	assert_int_equal(sent(v, 1), 0);
	v[0].resolved_at = NOW; /* a new alert with the same labels speaks for the old one */
	v[1].id = 8;
	assert_int_equal(sent(v, 2), 1);
	assert_int_equal(sent(v, 0), 0);
}

/* --- webhooks --- */

static void slack_calls_nobody(void **state)
{
	(void)state;
	struct buf b = {0};
	struct alert al = alert(ALERT_STUCK, ALERT_FIRING, S("<!channel>"));
	al.summary = S("a & b <@U1>");
	const struct alert_report r = report(&al, 1);
	report_slack(&r, &b);
	struct json *doc = parsed(&b);
	const str text = text_at(doc, "text");
	assert_true(str_find(text, S("&lt;!channel&gt;")) >= 0);
	assert_true(str_find(text, S("a &amp; b &lt;@U1&gt;")) >= 0);
	assert_true(str_chr(text, '<') < 0);
	json_free(doc);
	buf_done(&b);
}

static void payloads_are_limited(void **state)
{
	(void)state;
	enum { MANY = 5000 };
	struct buf b = {0};
	struct alert *v = mem_new(MANY * sizeof *v);
	for (size_t i = 0; i < MANY; i++)
		v[i] = alert(ALERT_STUCK, ALERT_FIRING, S("server"));
	const struct alert_report r = report(v, MANY);
	report_slack(&r, &b);
	struct json *doc = parsed(&b);
	assert_true(text_at(doc, "text").n <= 3000);
	assert_true(str_ends(text_at(doc, "text"), S(" more")));
	json_free(doc);
	buf_reset(&b);
	report_webhook(&r, &b);
	doc = parsed(&b);
	int64_t omitted = 0;
	assert_true(json_int(json_get(doc, "omitted"), &omitted));
	assert_int_equal(json_size(json_get(doc, "alerts")) + (size_t)omitted, MANY);
	assert_true(b.n < 1 << 20);
	json_free(doc);
	buf_done(&b);
	free(v);
}

/* --- the plugin line --- */

/* 'label'=value[UOM];[warn];[crit];[min];[max], separated by blanks. */
static void assert_perfdata(str data)
{
	data = str_trim(data);
	while (data.n) {
		str item = str_word(&data, ' '), label = str_word(&item, '=');
		assert_true(label.n > 0 && label.n <= 19);
		for (size_t i = 0; i < label.n; i++)
			assert_true(label.p[i] >= 'a' && label.p[i] <= 'z');
		str value = str_word(&item, ';');
		size_t digits = 0;
		while (digits < value.n && value.p[digits] >= '0' && value.p[digits] <= '9')
			digits++;
		assert_true(digits > 0);
		const str unit = str_from(value, digits);
		assert_true(unit.n == 0 || str_eq(unit, S("s")) || str_eq(unit, S("c")));
		for (size_t i = 0; i < item.n; i++)
			assert_true(strchr("0123456789;:@~.-", item.p[i]) != NULL);
	}
}

static void assert_status(const struct buf *b)
{
	const str all = buf_str(b);
	const ptrdiff_t end = str_chr(all, '\n');
	assert_true(end > 0 && end <= 200);
	assert_true(all.n <= 4096);
	str first = str_head(all, (size_t)end);
	assert_true(str_starts(first, S("MCPLOG CRITICAL: ")));
	const str text = str_word(&first, '|');
	assert_perfdata(first);
	for (size_t i = 0; i < text.n; i++)
		assert_true((unsigned char)text.p[i] >= ' ' && text.p[i] != ';' && text.p[i] != 0x7f);
	const str rest = str_from(all, (size_t)end + 1);
	for (size_t i = 0; i < rest.n; i++)
		assert_true(rest.p[i] != '|' && rest.p[i] != ';' && rest.p[i] != 0 && ((unsigned char)rest.p[i] >= ' ' || rest.p[i] == '\n'));
}

static struct check_report status(const struct alert *v, size_t n)
{
	return (struct check_report){.code = CHECK_CRITICAL, .alerts = v, .count = n, .stuck = 1, .oldest = 1391 * SECOND, .events = 12345, .warn = "120",
		.crit = "~:600", .incidents_warn = "0", .incidents_crit = "", .now = NOW, .verbose = 3};
}

static void the_line_is_that_of_the_manual(void **state)
{
	(void)state;
	struct buf b = {0};
	const struct alert al = alert(ALERT_STUCK, ALERT_FIRING, S("pg-mcp"));
	struct check_report r = status(&al, 1);
	r.verbose = 0;
	r.crit = "600";
	report_status(&r, &b);
	assert_str(buf_str(&b), S("MCPLOG CRITICAL: 1 stuck call, oldest 1391s (pg-mcp/list_schemas, sse-drop-silent-hang) | stuck=1;0;;0"
		" oldest=1391s;120;600;0 new=0;0;;0 events=12345c\n"));
	r.unknown = S("not measured: cannot read /x");
	buf_reset(&b);
	report_status(&r, &b);
	assert_true(str_find(buf_str(&b), S("UNKNOWN: not measured: cannot")) > 0); /* both are named */
	assert_status(&b);
	buf_done(&b);
}

/* --- Prometheus --- */

static bool take(str *s, const char *z)
{
	if (!str_starts(*s, str_z(z)))
		return false;
	*s = str_from(*s, strlen(z));
	return true;
}

static void take_name(str *s)
{
	size_t n = 0;
	while (n < s->n && ((s->p[n] >= 'a' && s->p[n] <= 'z') || s->p[n] == '_'))
		n++;
	assert_true(n > 0);
	*s = str_from(*s, n);
}

static void take_label_value(str *s)
{
	assert_true(take(s, "\""));
	for (;;) {
		assert_true(s->n > 0);
		if (take(s, "\""))
			return;
		if (take(s, "\\")) {
			assert_true(take(s, "\\") || take(s, "\"") || take(s, "n"));
			continue;
		}
		uint32_t code;
		const size_t n = utf8_next(*s, &code);
		assert_true(n > 0 && code >= ' ');
		*s = str_from(*s, n);
	}
}

/* Every line of the text format; series are unique; HELP and TYPE stand once, before their samples. */
static void assert_exposition(const struct buf *b)
{
	struct map series = {0}, families = {0};
	uint32_t seen;
	str rest = buf_str(b);
	assert_true(rest.n && rest.p[rest.n - 1] == '\n');
	while (rest.n) {
		str line = str_word(&rest, '\n');
		if (take(&line, "# HELP ")) {
			const str name = str_word(&line, ' ');
			assert_false(map_get(&families, hash64(name), &seen));
			map_put(&families, hash64(name), 1);
			continue;
		}
		if (take(&line, "# TYPE ")) {
			assert_true(map_get(&families, hash64(str_word(&line, ' ')), &seen));
			continue;
		}
		const str whole = line;
		take_name(&line);
		if (take(&line, "{")) {
			do {
				take_name(&line);
				assert_true(take(&line, "="));
				take_label_value(&line);
			} while (take(&line, ","));
			assert_true(take(&line, "}"));
		}
		const str key = str_head(whole, whole.n - line.n);
		if (map_get(&series, hash64(key), &seen))
			fail_msg("twice: %.*s", (int)key.n, key.p);
		map_put(&series, hash64(key), 1);
		assert_true(take(&line, " "));
		double value;
		assert_true(str_double(line, &value));
	}
	map_done(&series);
	map_done(&families);
}

/* --- fuzz --- */

static uint32_t next_random(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

static str any_name(struct arena *a, uint32_t *random)
{
	static const char *const pieces[] = {"\"", "\\", "\n", "\r", "\0", "|", ";", "=", "'", "%", "{", "}", ",", "<!channel>", "&", "\x1b[31m", "\xff", "\xc3",
		"\xe2\x80\xae", "\xf0\x9f\x98\x80", "a", "B", "9", " ", "\t", "$(x)", "`x`", "/", " since ", "\xc2\x85", "\\n", "\xe2\x80\xa8", "# HELP ", "\x7f"};
	struct buf b = {0};
	const unsigned n = next_random(random) / 65536 % 20;
	for (unsigned i = 0; i < n; i++) {
		const char *piece = pieces[next_random(random) / 65536 % (sizeof pieces / sizeof *pieces)];
		buf_add(&b, (str){piece, *piece ? strlen(piece) : 1});
	}
	struct buf safe = {0};
	for (size_t i = 0; i < b.n; i++)
		b.p[i] = b.p[i] == '\t' ? ' ' : b.p[i];
	utf8_terminal(&safe, buf_str(&b), false); /* as alerts carry them */
	const str kept = arena_str(a, buf_str(&safe));
	buf_done(&b);
	buf_done(&safe);
	return kept;
}

static void fuzz_round(struct arena *a, uint32_t *random, struct buf *b)
{
	struct alert v[3];
	for (int i = 0; i < 3; i++) {
		v[i] = alert((enum alert_kind)i, i == 1 ? ALERT_RESOLVED : ALERT_FIRING, any_name(a, random));
		v[i].summary = any_name(a, random);
		v[i].detail = any_name(a, random);
		v[i].examples = arena_printf(a, "%.*s since x\ny", STR_ARG(any_name(a, random)));
		v[i].resolved_at = NOW - MINUTE;
	}
	const struct alert_report r = report(v, 3);
	void (*const writers[])(const struct alert_report *, struct buf *) = {report_alertmanager, report_webhook, report_slack};
	for (size_t i = 0; i < 3; i++) {
		buf_reset(b);
		writers[i](&r, b);
		json_free(parsed(b));
	}
	const struct check_report c = status(v, 3);
	buf_reset(b);
	report_status(&c, b);
	assert_status(b);
}

static void ten_thousand_names_keep_to_every_grammar(void **state)
{
	(void)state;
	enum { NAMES = 10000, PER_FILE = 100 };
	uint32_t random = 11;
	struct buf b = {0};
	for (int file = 0; file < NAMES / PER_FILE; file++) {
		struct arena a = {0};
		VEC(struct alert_counter) counters = {0};
		struct map known = {0};
		uint32_t at;
		for (int i = 0; i < PER_FILE; i++) {
			const str name = any_name(&a, &random);
			fuzz_round(&a, &random, &b);
			if (map_get(&known, hash64(name), &at)) /* the book has a row per name */
				continue;
			map_put(&known, hash64(name), 1);
			*vec_push(&counters) = (struct alert_counter){.name = S("stuck"), .a = name, .b = any_name(&a, &random), .raw = i};
			*vec_push(&counters) = (struct alert_counter){.name = S("calls"), .a = name, .b = S("ok"), .value = i};
			*vec_push(&counters) = (struct alert_counter){.name = S("oldest"), .a = name, .raw = i * SECOND};
			for (int k = 0; k <= CALL_BUCKETS; k++)
				*vec_push(&counters) = (struct alert_counter){.name = S("duration"), .a = name, .b = arena_printf(&a, "%02d", k), .value = k};
		}
		const struct metrics_report m = {counters.v, counters.n, NOW, 1234567, S("1.0")};
		buf_reset(&b);
		report_prom(&m, &b);
		assert_exposition(&b);
		vec_free(&counters);
		map_done(&known);
		arena_done(&a);
	}
	buf_done(&b);
}

static void a_histogram_is_cumulative(void **state)
{
	(void)state;
	struct buf b = {0};
	const struct alert_counter v[] = {
		{.name = S("duration"), .a = S("pg"), .b = S("00"), .value = 2},
		{.name = S("duration"), .a = S("pg"), .b = S("02"), .value = 3},
		{.name = S("duration"), .a = S("pg"), .b = S("12"), .value = 1},
		{.name = S("duration-ms"), .a = S("pg"), .value = 7654321},
	};
	const struct metrics_report m = {v, 4, INSTANT_NONE, -1, S("1.0")};
	report_prom(&m, &b);
	const str text = buf_str(&b);
	assert_true(str_find(text, S("_bucket{server=\"pg\",le=\"0.1\"} 2\n")) >= 0);
	assert_true(str_find(text, S("_bucket{server=\"pg\",le=\"0.5\"} 2\n")) >= 0);
	assert_true(str_find(text, S("_bucket{server=\"pg\",le=\"1\"} 5\n")) >= 0);
	assert_true(str_find(text, S("_bucket{server=\"pg\",le=\"3600\"} 5\n")) >= 0);
	assert_true(str_find(text, S("_bucket{server=\"pg\",le=\"+Inf\"} 6\n")) >= 0);
	assert_true(str_find(text, S("_sum{server=\"pg\"} 7654.321\n")) >= 0);
	assert_true(str_find(text, S("_count{server=\"pg\"} 6\n")) >= 0);
	assert_true(str_find(text, S("last_success")) < 0); /* never: no stamp is made up */
	assert_exposition(&b);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_firing_alert_ends_after_four_silent_intervals),
		cmocka_unit_test(a_start_in_the_future_is_now),
		cmocka_unit_test(what_is_over_is_sent_for_fifteen_minutes),
		cmocka_unit_test(slack_calls_nobody),
		cmocka_unit_test(payloads_are_limited),
		cmocka_unit_test(the_line_is_that_of_the_manual),
		cmocka_unit_test(a_histogram_is_cumulative),
		cmocka_unit_test(ten_thousand_names_keep_to_every_grammar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
