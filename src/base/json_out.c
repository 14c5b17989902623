/* JSON out (base/json.h): a streaming writer over a buffer. It places commas and indentation and escapes strings; it does not
 * check that calls nest sensibly, the golden tests of the reports do. Numbers never pass through the locale, and what JSON
 * cannot say (infinities) becomes null. */
#include "base/json.h"
#include "base/utf8.h"
#include <math.h>
#include <stdlib.h>

static void new_line(struct json_out *w)
{
	if (w->pretty) {
		buf_byte(w->out, '\n');
		buf_repeat(w->out, ' ', (size_t)w->depth * 2);
	}
}

/* Before every value and key. */
static void begin(struct json_out *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->comma)
		buf_byte(w->out, ',');
	if (w->depth > 0)
		new_line(w);
}

void json_open(struct json_out *w, char bracket)
{
	begin(w);
	buf_byte(w->out, bracket);
	w->depth++;
	w->comma = false;
}

void json_close(struct json_out *w, char bracket)
{
	bool empty = !w->comma;
	w->depth--;
	if (!empty)
		new_line(w);
	buf_byte(w->out, bracket);
	w->comma = true;
}

void json_key(struct json_out *w, const char *key)
{
	begin(w);
	buf_byte(w->out, '"');
	buf_addz(w->out, key);
	buf_addz(w->out, w->pretty ? "\": " : "\":");
	w->after_key = true;
}

void json_raw(struct json_out *w, str json)
{
	begin(w);
	buf_add(w->out, json);
	w->comma = true;
}

void json_str(struct json_out *w, str s)
{
	begin(w);
	buf_byte(w->out, '"');
	utf8_json(w->out, s);
	buf_byte(w->out, '"');
	w->comma = true;
}

void json_num(struct json_out *w, int64_t v)
{
	begin(w);
	buf_printf(w->out, "%lld", (long long)v);
	w->comma = true;
}

void json_real(struct json_out *w, double v, int decimals)
{
	double scale = 1;
	for (int i = 0; i < decimals; i++)
		scale *= 10;
	if (!isfinite(v) || fabs(v) * scale >= 9e18) {
		json_null(w);
		return;
	}
	long long all = llround(v * scale), unit = (long long)scale;
	long long part = llabs(all % unit);
	begin(w);
	buf_printf(w->out, "%s%lld", all < 0 ? "-" : "", llabs(all / unit));
	if (decimals > 0)
		buf_printf(w->out, ".%0*lld", decimals, part);
	w->comma = true;
}

void json_bool(struct json_out *w, bool v) { json_raw(w, v ? S("true") : S("false")); }
void json_null(struct json_out *w) { json_raw(w, S("null")); }

void json_member_time(struct json_out *w, const char *key, instant at)
{
	char text[32];
	json_key(w, key);
	if (at == INSTANT_NONE) {
		json_null(w);
		return;
	}
	instant_format(at, text);
	json_str(w, str_z(text));
}
