/* Redaction: nothing of a secret is left, nothing else is touched. Secrets here are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "knowledge/knowledge.h"
#include "redact/redact.h"

enum { FRAGMENT = 8 };

static struct fixture {
	struct rules rules;
	struct redactor *redactor;
} fixture;

static int setup(void **state)
{
	struct err e = {0};
	if (knowledge_load(&fixture.rules, NULL, NULL, 0, &e))
		return -1;
	fixture.redactor = redactor_new(&fixture.rules, false);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	redactor_free(f->redactor);
	knowledge_free(&f->rules);
	return 0;
}

/* Line and the secret in it. */
static const struct vector {
	const char *line, *secret;
} vectors[] = {
	{"Authorization: Bearer tok-9f8e7d6c5b4a39281706", "tok-9f8e7d6c5b4a39281706"},
	{"> proxy-authorization: basic dXNlcjpodW50ZXIyaHVudGVyMg==", "dXNlcjpodW50ZXIyaHVudGVyMg=="},
	{"{\"headers\":{\"Authorization\":\"Bearer zq8Fk2Lm9Xw4Rt7Yp1\"}}", "zq8Fk2Lm9Xw4Rt7Yp1"},
	{"curl -H 'Authorization: Bearer zq8Fk2Lm9Xw4Rt7Yp1' https://a.example.com", "zq8Fk2Lm9Xw4Rt7Yp1"},
	{"Authorization: Digest username=\"anna\", response=\"6629fae49393a05397450978507c4ef1\"", "6629fae49393a05397450978507c4ef1"},
	{"using bearer onlylettersarealsosecret now", "onlylettersarealsosecret"},
	{"X-Api-Key: 1f2e3d4c5b6a7988", "1f2e3d4c5b6a7988"},
	{"\"x-custom-service-token\": \"1f2e3d4c5b6a7988\"", "1f2e3d4c5b6a7988"},
	{"Cookie: theme=dark; sid=s%3Aabcdefgh12345678.sig", "s%3Aabcdefgh12345678.sig"},
	{"mcp-session-id: 1868a90c2f6d4c5e9a550b1b8f1c2d3e", "1868a90c2f6d4c5e9a550b1b8f1c2d3e"},
	{"curl -u anna:hunter2hunter2 https://a.example.com/mcp", "hunter2hunter2"},
	{"key sk-ant-api03-AAbbCCddEEff00112233445566-xyzAA set", "sk-ant-api03-AAbbCCddEEff00112233445566-xyzAA"},
	{"oauth sk-ant-oat01-AAbbCCddEEff00112233445566", "sk-ant-oat01-AAbbCCddEEff00112233445566"},
	{"oauth sk-ant-ort01-AAbbCCddEEff00112233445566", "sk-ant-ort01-AAbbCCddEEff00112233445566"},
	{"admin sk-ant-admin01-AAbbCCddEEff00112233445566", "sk-ant-admin01-AAbbCCddEEff00112233445566"},
	{"sk-proj-4kf93kd02kfl30dkf93k in use", "sk-proj-4kf93kd02kfl30dkf93k"},
	{"ghp_0123456789abcdefghijklmnopqrstuvwxyz", "ghp_0123456789abcdefghijklmnopqrstuvwxyz"},
	{"github_pat_11ABCDEFG0123456789_abcdefghij", "github_pat_11ABCDEFG0123456789_abcdefghij"},
	{"glpat-A1b2C3d4E5f6G7h8I9j0", "glpat-A1b2C3d4E5f6G7h8I9j0"},
	{"AKIA2E4G6I7K3M5O6Q7S used", "AKIA2E4G6I7K3M5O6Q7S"},
	{"aws_secret_access_key=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", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9n"},
	{"AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q", "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"},
	{"xoxb-123456789012-AbCdEfGhIjKlMnOp", "xoxb-123456789012-AbCdEfGhIjKlMnOp"},
	{"xapp-1-A0123456789-123456-abcdef", "xapp-1-A0123456789-123456-abcdef"},
	{"hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345", "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345"},
	{"npm_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "npm_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"},
	{"pypi-AgEIcHlwaS5vcmcCJDU3YzgwMGM5", "pypi-AgEIcHlwaS5vcmcCJDU3YzgwMGM5"},
	{"got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P back",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"},
	{"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\nAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----",
		"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\nAgEAAoIBAQC7VJTUt9Us8cKj"},
	{"https://hooks.slack.com/services/T01234567/B01234567/aBcDeFgHiJkLmNoPqRsTuVwX", "T01234567/B01234567/aBcDeFgHiJkLmNoPqRsTuVwX"},
	{"https://discord.com/api/webhooks/123456789012345678/aBcDeFgHiJkLmNoPqRsTuVwX", "123456789012345678/aBcDeFgHiJkLmNoPqRsTuVwX"},
	{"postgres://app:s3cr3tp4ssword@db.example.com:5432/x", "s3cr3tp4ssword"},
	{"GET /sse?access_token=1f2e3d4c5b6a7988&v=2", "1f2e3d4c5b6a7988"},
	{"https://a.example.com/x?client_secret=1f2e3d4c5b6a7988", "1f2e3d4c5b6a7988"},
	{"https://a.example.com/cb?code=4/0AX4XfWhAbCdEf&state=1", "4/0AX4XfWhAbCdEf"},
	{"https://mcp.example.com/s/aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF/mcp", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF"},
	{"DB_PASSWORD=correcthorsebatterystaple", "correcthorsebatterystaple"},
	{"{\"password\": \"correct horse battery staple\"}", "correct horse battery staple"},
	{"api_key => 'k3y-1f2e3d4c5b6a'", "k3y-1f2e3d4c5b6a"},
	{"client_secret: GfzkQ-9932kd-88fk2", "GfzkQ-9932kd-88fk2"},
	{"auth_token = 8f3kDk39fkw0f9sk20mm", "8f3kDk39fkw0f9sk20mm"},
	{"\"env\": {\"HOME_ASSISTANT\": \"plain words here\", \"B\": \"2\"}", "plain words here"},
	{"{\\\"env\\\":{\\\"X\\\":\\\"plainwordshere\\\"}}", "plainwordshere"},
};

static const char *const clean[] = {
	"2026-05-17T20:23:00.776Z [INFO] [Stall] tool_dispatch_start tool=mcp_tool toolUseId=toolu_01T2JSzbbHXsXm4jAAdEnuxv permissionDecisionMs=23",
	"MCP server \"pg-mcp\": SSE connection dropped after 61937s uptime",
	"MCP server \"pg-mcp\": Tool 'list_schemas' still running (30s elapsed)",
	"MCP server \"x\": No token data found",
	"Received a progress notification for an unknown token: {\"method\":\"notifications/progress\",\"params\":{\"progress\":1,\"progressToken\":5}}",
	"{\"jsonrpc\":\"2.0\",\"id\":\"1868a90c-2f6d-4c5e-9a55-0b1b8f1c2d3e\",\"params\":{\"_meta\":{\"progressToken\":\"1868a90c-2f6d-4c5e-9a55-0b1b8f1c2d3e\"}}}",
	"INFO:     127.0.0.1:51234 - \"POST /messages/?session_id=0f8fad5bd9cb469fa16570867728950e HTTP/1.1\" 202 Accepted",
	"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 pulled",
	"  File \"/usr/lib/python3.11/site-packages/mcp/server/session.py\", line 170, in _received_request",
	"/home/anna/.claude/debug/1868a90c-2f6d-4c5e-9a55-0b1b8f1c2d3e.txt",
	"Authorization required: the server answered 401 invalid_token",
	"https://docs.example.com/en/mcp?lang=en#transports",
	"Connecting to http://127.0.0.1:8080/mcp failed: ECONNREFUSED",
	"key=${API_KEY} token=<token> password=******** Authorization: Bearer ${TOKEN}",
	"max_tokens: 128000, input_tokens: 12345, cache_read_input_tokens=99999999",
	"www-authenticate: Bearer error=\"invalid_token\", scope=\"mcp\"",
	"monkey business, keyboard layout, author: Anna, authority: none, tokenizer: cl100k_base",
};

static void run(struct fixture *f, str text, struct buf *out)
{
	buf_reset(out);
	(void)redact(f->redactor, text, out);
}

static void assert_hidden(str secret, str output, const char *line)
{
	for (size_t i = 0; i + FRAGMENT <= secret.n; i++)
		if (str_find(output, (str){secret.p + i, FRAGMENT}) >= 0)
			fail_msg("a part of the secret is left: %.*s (of %s)", STR_ARG(output), line);
}

static void secrets_are_hidden(void **state)
{
	struct buf out = {0};
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		run(*state, str_z(vectors[i].line), &out);
		assert_hidden(str_z(vectors[i].secret), buf_str(&out), vectors[i].line);
		assert_true(str_find(buf_str(&out), S("[REDACTED:")) >= 0);
	}
	buf_done(&out);
}

static void secrets_inside_other_text_are_hidden(void **state)
{
	struct buf in = {0}, out = {0};
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		buf_reset(&in);
		buf_printf(&in, "MCP server \"pg-mcp\": %s", vectors[i].line);
		run(*state, buf_str(&in), &out);
		assert_hidden(str_z(vectors[i].secret), buf_str(&out), vectors[i].line);
		assert_true(str_starts(buf_str(&out), S("MCP server \"pg-mcp\": ")));
	}
	buf_done(&in);
	buf_done(&out);
}

/* Cut anywhere inside the secret: what is left of it is hidden to its end. */
static void cut_secrets_are_hidden(void **state)
{
	struct buf out = {0};
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		const str line = str_z(vectors[i].line), secret = str_z(vectors[i].secret);
		const size_t at = (size_t)str_find(line, secret);
		for (size_t n = 20; n < secret.n; n++) {
			run(*state, str_head(line, at + n), &out);
			assert_hidden(str_head(secret, n), buf_str(&out), vectors[i].line);
		}
	}
	buf_done(&out);
}

static void everything_else_stays(void **state)
{
	struct buf out = {0};
	for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) {
		run(*state, str_z(clean[i]), &out);
		if (!str_eq(buf_str(&out), str_z(clean[i])))
			fail_msg("changed: %.*s", STR_ARG(buf_str(&out)));
	}
	buf_done(&out);
}

static void hiding_twice_changes_nothing(void **state)
{
	struct buf once = {0}, twice = {0};
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		run(*state, str_z(vectors[i].line), &once);
		run(*state, buf_str(&once), &twice);
		if (!str_eq(buf_str(&once), buf_str(&twice)))
			fail_msg("%.*s became %.*s", STR_ARG(buf_str(&once)), STR_ARG(buf_str(&twice)));
	}
	buf_done(&once);
	buf_done(&twice);
}

/* A secret across every place where two windows meet. */
static void windows_leave_no_gap(void **state)
{
	const str secret = S("ghp_0123456789abcdefghijklmnopqrstuvwxyz");
	struct buf in = {0}, out = {0};
	for (size_t before = 52 * 1024 - 60; before < 52 * 1024 + 20; before += 7) {
		for (size_t far = 0; far <= 8 * 1024; far += 8 * 1024) {
			buf_reset(&in);
			buf_repeat(&in, '.', before + far);
			buf_byte(&in, ' ');
			buf_add(&in, secret);
			buf_repeat(&in, '.', 70 * 1024);
			run(*state, buf_str(&in), &out);
			assert_hidden(secret, buf_str(&out), "window");
		}
	}
	buf_done(&in);
	buf_done(&out);
}

/* … and hide no less for it. */
static void hostile_repetitions_end(void **state)
{
	static const str secret = {"ghp_0123456789abcdefghijklmnopqrstuvwxyz", 40};
	static const char *const parts[] = {"a", "token=", "://", "://a:", "password", "Bearer ", "eyJ", "-----BEGIN PRIVATE KEY-----", "\"env\":{", "?key", "x-key", "curl -u ", "cookie:"};
	struct buf in = {0}, out = {0};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		buf_reset(&in);
		while (in.n < 200 * 1024)
			buf_addz(&in, parts[i]);
		buf_byte(&in, ' ');
		buf_add(&in, secret);
		run(*state, buf_str(&in), &out);
		assert_true(str_find(buf_str(&out), secret) < 0);
	}
	buf_done(&in);
	buf_done(&out);
}

static void off_copies(void **state)
{
	struct fixture *f = *state;
	struct redactor *off = redactor_new(&f->rules, true);
	struct buf out = {0};
	const str line = str_z(vectors[0].line);
	assert_false(redact(off, line, &out));
	assert_true(str_eq(buf_str(&out), line));
	assert_int_equal(redactor_count(off), 0);
	buf_done(&out);
	redactor_free(off);
}

static void counts_and_empty_text(void **state)
{
	struct fixture *f = *state;
	struct buf out = {0};
	const uint64_t before = redactor_count(f->redactor);
	assert_false(redact(f->redactor, S(""), &out));
	assert_false(redact(f->redactor, S("a"), &out));
	assert_true(redact(f->redactor, S("ghp_0123456789abcdefghij and glpat-A1b2C3d4E5f6G7h8I9j0"), &out));
	assert_int_equal(redactor_count(f->redactor) - before, 2);
	assert_true(str_eq(buf_str(&out), S("a[REDACTED:github] and [REDACTED:gitlab]")));
	buf_done(&out);
}

static str redacted(struct redactor *r, const char *text, struct buf *out)
{
	buf_reset(out);
	(void)redact(r, str_z(text), out);
	return buf_str(out);
}

#define IS(redactor, text, wanted)                                                            \
	do {                                                                                      \
		const str got_ = redacted(redactor, text, &out);                                      \
		if (!str_eq(got_, S(wanted)))                                                         \
			fail_msg("%s became %.*s", text, STR_ARG(got_));                                  \
	} while (0)

static void equal_secrets_have_equal_numbers(void **state)
{
	struct fixture *f = *state;
	struct redactor *r = redactor_new(&f->rules, false);
	struct buf out = {0};
	redactor_number(r);
	IS(r, "ghp_0123456789abcdefghij, ghp_zzzz456789abcdefghij", "[REDACTED:github#1], [REDACTED:github#2]");
	IS(r, "again ghp_zzzz456789abcdefghij and ghp_0123456789abcdefghij", "again [REDACTED:github#2] and [REDACTED:github#1]");
	IS(r, "Bearer ghp_0123456789abcdefghij", "Bearer [REDACTED:bearer#1]"); /* the same secret, another kind */
	buf_done(&out);
	redactor_free(r);
}

static void placeholders_stay(void **state)
{
	struct fixture *f = *state;
	struct buf out = {0};
	IS(f->redactor, "api_key=your-api-key password: changeme", "api_key=your-api-key password: changeme");
	IS(f->redactor, "Authorization: Bearer YOUR_TOKEN_HERE", "Authorization: Bearer YOUR_TOKEN_HERE");
	IS(f->redactor, "https://user:${PASSWORD}@db/x ?token=xxxxxxxx", "https://user:${PASSWORD}@db/x ?token=xxxxxxxx");
	buf_done(&out);
}

static void people_and_places_only_on_request(void **state)
{
	struct fixture *f = *state;
	struct redactor *r = redactor_new_privacy(&f->rules);
	struct buf out = {0};
	IS(f->redactor, "anna@firma.de in /home/anna/x at 10.1.2.3", "anna@firma.de in /home/anna/x at 10.1.2.3");
	IS(r, "anna@firma.de in /home/anna/x at 10.1.2.3", "[REDACTED:email] in /home/[REDACTED:home]/x at [REDACTED:address]");
	IS(r, "https://mcp.firma.de:8080/sse and http://localhost:8080/sse", "https://[REDACTED:host]:8080/sse and http://localhost:8080/sse");
	IS(r, "ghp_0123456789abcdefghij", "ghp_0123456789abcdefghij"); /* secrets are the other redactor's */
	buf_done(&out);
	redactor_free(r);
}

static void names_are_remembered(void **state)
{
	struct fixture *f = *state;
	struct buf into = {0};
	const str clean_name = S("pg-mcp"), bad = S("srv ghp_0123456789abcdefghij");
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(redact_name(f->redactor, clean_name, &into).p, clean_name.p);
		assert_true(str_eq(redact_name(f->redactor, bad, &into), S("srv [REDACTED:github]")));
	}
	buf_done(&into);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_secrets_have_equal_numbers), cmocka_unit_test(placeholders_stay),
		cmocka_unit_test(people_and_places_only_on_request), cmocka_unit_test(names_are_remembered),
		cmocka_unit_test(secrets_are_hidden),       cmocka_unit_test(secrets_inside_other_text_are_hidden),
		cmocka_unit_test(cut_secrets_are_hidden),   cmocka_unit_test(everything_else_stays),
		cmocka_unit_test(hiding_twice_changes_nothing), cmocka_unit_test(windows_leave_no_gap),
		cmocka_unit_test(hostile_repetitions_end),  cmocka_unit_test(off_copies),
		cmocka_unit_test(counts_and_empty_text),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
