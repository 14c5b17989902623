/* Fuzzes what makes log text safe: terminal output holds no control characters, JSON output is JSON and ASCII, cuts lie
 * within the text, and what the JSON writer wrote its reader reads. */
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_terminal(str s, struct buf *b)
{
	buf_reset(b);
	utf8_terminal(b, s, false);
	for (str rest = buf_str(b); rest.n > 0;) {
		uint32_t code = 0;
		size_t n = utf8_next(rest, &code);
		must(n > 0 && (code == '\t' || code >= ' ') && code != 0x7f && !(code >= 0x80 && code < 0xa0) && !(code >= 0x202a && code <= 0x202e));
		rest = str_from(rest, n);
	}
}

static void check_json(str s, struct buf *b)
{
	struct buf back = {0};
	struct json_out w = {.out = b};
	buf_reset(b);
	json_open(&w, '[');
	json_str(&w, s);
	json_close(&w, ']');
	for (size_t i = 0; i < b->n; i++)
		must(b->p[i] >= ' ' && b->p[i] < 0x7f);
	struct json *v = json_parse(buf_str(b), NULL);
	must(v != NULL && json_is_string(json_at(v, 0)));
	must(json_unquote((str){b->p + 1, b->n - 2}, &back));
	must(str_eq(buf_str(&back), json_text(json_at(v, 0))));
	json_free(v);
	buf_done(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str s = {(const char *)data, size};
	struct buf b = {0};
	struct err err = {0};
	check_terminal(s, &b);
	check_json(s, &b);
	buf_reset(&b);
	json_unquote(s, &b);
	json_free(json_parse(s, &err));
	for (size_t n = 0; n < 20; n++) {
		must(utf8_limit(s, n).n <= n);
		must(utf8_width(utf8_cut(s, n)) <= n);
	}
	buf_done(&b);
	return 0;
}
