/* Two questions about one regex: how far does it get in a text, and how long can it take.
 *
 * "How far" is found without an engine of its own: beginnings of the pattern are compiled, longest first, with the groups that are
 * still open closed again, until one matches. Slow, but only failed samples are asked about.
 *
 * "How long" has no clock: texts are doubled in length until the step limit of base/regex.h is reached, or not. */
#include "base/buf.h"
#include "prove/sample.h"

/* Groups open behind the first n bytes of a pattern; -1 when the cut is inside a class or an escape. */
static int open_groups(str pattern, size_t n)
{
	int depth = 0;
	bool in_class = false;
	for (size_t i = 0; i < n; i++) {
		char c = pattern.p[i];
		if (c == '\\') {
			if (++i == n)
				return -1;
		} else if (in_class) {
			in_class = c != ']';
		} else if (c == '[') {
			in_class = true;
			i += i + 1 < n && pattern.p[i + 1] == '^';
			i += i + 1 < n && pattern.p[i + 1] == ']';
		} else {
			depth += (c == '(') - (c == ')');
		}
	}
	return in_class ? -1 : depth;
}

size_t prove_furthest(str pattern, unsigned flags, str text, str *ret_rest)
{
	struct buf part = {0};
	size_t end = 0;
	*ret_rest = pattern;
	for (size_t n = pattern.n; n > 0; n--) {
		struct regex *r = NULL;
		struct regex_match m;
		int depth = open_groups(pattern, n);
		if (depth < 0)
			continue;
		buf_reset(&part);
		buf_add(&part, str_head(pattern, n));
		buf_repeat(&part, ')', (size_t)depth);
		if (regex_new(buf_str(&part), flags, &r, NULL) < 0)
			continue;
		bool matched = regex_match(r, text, &m) == 1;
		if (matched)
			end = (size_t)(m.group[0].p - text.p) + m.group[0].n;
		regex_free(r);
		if (matched) {
			*ret_rest = str_from(pattern, n);
			break;
		}
	}
	buf_done(&part);
	return end;
}

static bool survives(struct regex *r, const struct buf *text, size_t *ret_bytes)
{
	struct regex_match m;
	*ret_bytes = text->n;
	return regex_match(r, buf_str(text), &m) != ERR_LIMIT;
}

/* `begin`, and `unit` again and again up to `length`. */
static void lengthen(struct buf *text, str begin, str unit, size_t length)
{
	buf_reset(text);
	buf_add(text, begin);
	while (unit.n > 0 && text->n < length)
		buf_add(text, unit);
}

bool prove_speed(struct regex *r, str sample, size_t limit, size_t *ret_bytes)
{
	static const char *const units[] = {"a", " ", "0", "a ", "\"", "x=1 ", "a/", "\n"};
	struct buf text = {0};
	bool good = true;
	for (size_t u = 0; good && u <= sizeof units / sizeof *units; u++) {
		const str unit = u == 0 ? sample : str_z(units[u - 1]);
		for (size_t length = 512; good && length <= limit; length *= 2) {
			lengthen(&text, str_head(sample, length), unit, length);
			good = survives(r, &text, ret_bytes);
			if (!good || sample.n <= 1)
				continue;
			/* the end of the sample is what the pattern waits for: without it the match fails late */
			lengthen(&text, str_head(sample, sample.n / 2), unit, length);
			buf_byte(&text, '\x01');
			good = survives(r, &text, ret_bytes);
		}
	}
	buf_done(&text);
	return good;
}
