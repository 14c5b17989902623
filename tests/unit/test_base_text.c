/* base/utf8 and json: what leaves the program is safe for terminals (J1) and valid JSON (J5, C4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/html.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/utf8.h"

static const char *kept(struct buf *b)
{
	buf_byte(b, '\0');
	b->n--;
	return b->p;
}

static void check_terminal(const char *text, size_t n, const char *want)
{
	struct buf b = {0};
	utf8_terminal(&b, (str){text, n}, false);
	assert_string_equal(kept(&b), want);
	buf_done(&b);
}
#define TERMINAL(literal, want) check_terminal(literal, sizeof(literal) - 1, want)

static void j1_terminal(void **state)
{
	(void)state;
	TERMINAL("plain\ttext", "plain\ttext");
	TERMINAL("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m");
	TERMINAL("a\rb\nc\x7f" "d", "a\\x0db\\x0ac\\x7fd");
	TERMINAL("nul\0here", "nul\\0here");
	TERMINAL("\x9b" "31m", "\\x9b31m");                    /* C1, raw */
	TERMINAL("\xc2\x9b" "31m", "\\x9b31m");                /* C1, encoded */
	TERMINAL("\xe2\x80\xae" "evil", "\\u202eevil");        /* bidi override */
	TERMINAL("\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069");
	TERMINAL("zero\xe2\x80\x8bwidth", "zero\\u200bwidth");
	TERMINAL("\xef\xbb\xbf" "bom", "\\ufeffbom");
	TERMINAL("\xf3\xa0\x81\x81", "\\U000e0041");
	TERMINAL("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
	TERMINAL("\xff\xc3", "\\xff\\xc3");
	TERMINAL("\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80", "\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80"); /* overlong, surrogate, too big */
	struct buf b = {0};
	utf8_terminal(&b, S("a\nb"), true);
	assert_string_equal(kept(&b), "a\nb");
	buf_done(&b);
}

/* No byte sequence gets a control character through. */
static void j1_no_pair_of_bytes_slips_through(void **state)
{
	(void)state;
	struct buf b = {0};
	for (unsigned first = 0; first < 256; first++)
		for (unsigned second = 0; second < 256; second++) {
			char text[2] = {(char)first, (char)second};
			buf_reset(&b);
			utf8_terminal(&b, (str){text, 2}, false);
			for (str rest = buf_str(&b); rest.n > 0;) {
				uint32_t code;
				size_t n = utf8_next(rest, &code);
				assert_true(n > 0);
				assert_true(code == '\t' || (code >= ' ' && code != 0x7f && !(code >= 0x80 && code <= 0x9f)));
				rest = str_from(rest, n);
			}
		}
	buf_done(&b);
}

static void j5_json_text(void **state)
{
	(void)state;
	struct buf b = {0};
	utf8_json(&b, S("a\"b\\c\n\t\0\x7f\xe2\x80\xa8\xf0\x9f\x98\x80\xff\xc3\xbc"));
	assert_string_equal(kept(&b), "a\\\"b\\\\c\\n\\t\\u0000\\u007f\\u2028\\ud83d\\ude00\\ufffd\\u00fc");
	buf_reset(&b);
	utf8_json(&b, STR_NONE);
	assert_int_equal(b.n, 0);
	/* every byte value comes back as something JSON accepts */
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		struct err err;
		buf_reset(&b);
		buf_byte(&b, '"');
		utf8_json(&b, (str){&byte, 1});
		buf_byte(&b, '"');
		struct json *v = json_parse(buf_str(&b), &err);
		assert_non_null(v);
		assert_int_equal(json_text(v).n, c < 0x80 ? 1 : 3);
		json_free(v);
	}
	buf_done(&b);
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(utf8_width(S("abc")), 3);
	assert_int_equal(utf8_width(S("\xe6\x97\xa5\xe6\x9c\xac")), 4);      /* two wide characters */
	assert_int_equal(utf8_width(S("e\xcc\x81")), 1);                     /* combining accent */
	assert_int_equal(utf8_width(S("\xff\xff")), 2);
	assert_int_equal(utf8_cut(S("\xe6\x97\xa5\xe6\x9c\xac"), 3).n, 3);
	assert_int_equal(utf8_cut(S("abc"), 2).n, 2);
	assert_int_equal(utf8_cut(S("e\xcc\x81x"), 1).n, 3);
	assert_int_equal(utf8_limit(S("gr\xc3\xbc"), 3).n, 2);
	assert_int_equal(utf8_limit(S("gr\xc3\xbc"), 4).n, 4);
	assert_int_equal(utf8_limit(S("gr\xc3\xbc"), 9).n, 4);
	assert_int_equal(utf8_limit(S("\x80\x80\x80\x80\x80"), 4).n, 4);
	assert_int_equal(utf8_limit(S("\xf0\x9f\x98\x80"), 3).n, 0);
	assert_int_equal(utf8_limit(STR_NONE, 3).n, 0);
}

static void json_reading(void **state)
{
	(void)state;
	struct err err;
	int64_t n;
	struct json *v = json_parse(S("{\"b\":{\"x\":[1,\"two\",true]},\"a\":null,\"n\":-5,\"z\":\"a\\u0000b\"}"), &err);
	assert_non_null(v);
	assert_true(str_eq(json_text(json_at(json_get(json_get(v, "b"), "x"), 1)), S("two")));
	assert_true(json_true(json_at(json_get(json_get(v, "b"), "x"), 2)));
	assert_true(json_int(json_get(v, "n"), &n) && n == -5);
	assert_false(json_int(json_get(v, "b"), &n));
	assert_int_equal(json_text(json_get(v, "z")).n, 3);
	assert_int_equal(json_size(v), 4);
	/* look-ups chain through what is not there */
	assert_null(json_at(json_get(json_get(v, "none"), "x"), 1));
	assert_int_equal(json_text(NULL).n, 0);
	assert_int_equal(json_size(json_get(v, "n")), 0);
	assert_false(json_is_object(NULL) || json_is_array(NULL) || json_is_string(NULL) || json_true(NULL));
	json_free(v);
	json_free(NULL);
}

static void json_of_dirty_logs(void **state)
{
	(void)state;
	struct err err;
	static const struct { str text; str want; } rows[] = {
		{S_INIT("{\"k\":\"cut \\ud83d\"}"), S_INIT("cut \xef\xbf\xbd")},          /* half a surrogate pair */
		{S_INIT("{\"k\":\"\\udc00x\"}"), S_INIT("\xef\xbf\xbdx")},
		{S_INIT("{\"k\":\"\\\\ud83d \\ud83d\"}"), S_INIT("\\ud83d \xef\xbf\xbd")}, /* an escaped backslash is no escape */
		{S_INIT("{\"k\":\"\\ud83d\\ude00\"}"), S_INIT("\xf0\x9f\x98\x80")},
		{S_INIT("{\"k\":\"\xff\"}"), S_INIT("\xef\xbf\xbd")},
		{S_INIT("{\"k\":1,\"k\":\"last\"}"), S_INIT("last")},
		{S_INIT("{\"n\":99999999999999999999,\"k\":\"ok\"}"), S_INIT("ok")},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json *v = json_parse(rows[i].text, &err);
		assert_non_null(v);
		assert_true(str_eq(json_text(json_get(v, "k")), rows[i].want));
		json_free(v);
	}
	static const char *const bad[] = {"", "{", "{\"a\":1}x", "[1,]", "{\"a\" 1}", "\"\\x\"", "{\"a\":\"b", "nul"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err = (struct err){0};
		assert_null(json_parse(str_z(bad[i]), &err));
		assert_int_equal(err.code, ERR_SYNTAX);
		assert_true(err.text[0] != '\0');
	}
	struct buf deep = {0};
	buf_repeat(&deep, '[', 1000000);
	assert_null(json_parse(buf_str(&deep), &err));
	buf_done(&deep);
	assert_null(json_parse(STR_NONE, NULL));
}

static void json_strings(void **state)
{
	(void)state;
	struct buf b = {0};
	assert_true(json_unquote(S("\"a\\nb\\\"c\\\\ \\u00e9\\ud83d\\ude00\\ud83d.\""), &b));
	assert_true(str_eq(buf_str(&b), S("a\nb\"c\\ \xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd.")));
	buf_reset(&b);
	buf_addz(&b, "kept");
	static const char *const bad[] = {"", "\"", "a", "\"a", "\"a\"b\"", "\"\\\"", "\"\\x\"", "\"\\u12\""};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(json_unquote(str_z(bad[i]), &b));
	assert_string_equal(kept(&b), "kept");
	buf_done(&b);
}

static void json_writing(void **state)
{
	(void)state;
	struct buf b = {0};
	struct json_out w = {.out = &b};
	json_open(&w, '{');
	json_key(&w, "a");
	json_open(&w, '[');
	json_num(&w, INT64_MIN);
	json_str(&w, S("x\"y"));
	json_real(&w, 1391.608, 3);
	json_real(&w, -0.25, 2);
	json_real(&w, 1.0 / 0.0, 2);
	json_real(&w, 2.9999, 0);
	json_close(&w, ']');
	json_key(&w, "e");
	json_open(&w, '{');
	json_close(&w, '}');
	json_key(&w, "r");
	json_raw(&w, S("{\"q\":1}"));
	json_key(&w, "b");
	json_bool(&w, true);
	json_key(&w, "n");
	json_null(&w);
	json_close(&w, '}');
	assert_string_equal(kept(&b), "{\"a\":[-9223372036854775808,\"x\\\"y\",1391.608,-0.25,null,3],\"e\":{},\"r\":{\"q\":1},\"b\":true,\"n\":null}");
	buf_reset(&b);
	w = (struct json_out){.out = &b, .pretty = true};
	json_open(&w, '{');
	json_key(&w, "a");
	json_open(&w, '[');
	json_num(&w, 1);
	json_num(&w, 2);
	json_close(&w, ']');
	json_key(&w, "b");
	json_open(&w, '[');
	json_close(&w, ']');
	json_close(&w, '}');
	assert_string_equal(kept(&b), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}");
	buf_done(&b);
}

/* The end of a string's plain bytes, against one byte at a time: each byte at each place of ranges of all short lengths. */
static void plain_ends_are_those_of_the_scalar_twin(void **state)
{
	(void)state;
	enum { ROOM = 40 };
	char text[ROOM];
	memset(text, 'a', sizeof text);
	for (int c = 0; c < 256; c++)
		for (size_t i = 0; i < ROOM; i++) {
			text[i] = (char)c;
			for (size_t at = 0; at <= ROOM; at++)
				for (size_t end = at; end <= ROOM; end++)
					if (json_plain_end(text, text + at, text + end) != json_plain_end_scalar(text + at, text + end))
						fail_msg("byte %d at %zu of %zu to %zu", c, i, at, end);
			text[i] = 'a';
		}
}

static void html_pages_inside_texts(void **state)
{
	(void)state;
	const str express = S("Error POSTing to endpoint: <!DOCTYPE html>\n<html lang=\"en\"><head><title>Error</title></head><body><pre>Cannot POST /mcp</pre>");
	const str vercel = S("<!doctype html><HTML><head><TITLE>504: GATEWAY_TIMEOUT</TITLE></head></HTML>");
	assert_int_equal(html_find(express), 27);
	assert_false(html_ends(express));
	assert_true(str_eq(html_subject(express), S("Cannot POST /mcp")));
	assert_int_equal(html_find(vercel), 0);
	assert_true(html_ends(vercel));
	assert_true(str_eq(html_subject(vercel), S("504: GATEWAY_TIMEOUT")));
	assert_int_equal(html_find(S("a < b, <htm")), -1);
	assert_int_equal(html_find(STR_NONE), -1);
	assert_false(html_ends(S("</htm")));
	assert_int_equal(html_subject(S("<html><title></title><h1>")).n, 0);
	assert_int_equal(html_subject(S("<title>never ends")).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(j1_terminal), cmocka_unit_test(j1_no_pair_of_bytes_slips_through), cmocka_unit_test(j5_json_text),
		cmocka_unit_test(plain_ends_are_those_of_the_scalar_twin),
		cmocka_unit_test(widths), cmocka_unit_test(json_reading), cmocka_unit_test(json_of_dirty_logs),
		cmocka_unit_test(json_strings), cmocka_unit_test(json_writing), cmocka_unit_test(html_pages_inside_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
