/* Rows of values as JSON arrays (store/): the form in which many calls or events share one row of a table (packs.c). JSON, because
 * views and everybody's sqlite3 can take it apart; this form of it, because a row costs a hundredth of an INSERT.
 *
 * Written without blanks; read back by a scanner that knows arrays of integers, strings, null, and literals that are passed on
 * unread. Bytes that are no UTF-8 stay what they are.
 *
 * Refuses to judge what values mean. */
#include "store/json_row.h"
#include "base/word.h"

/* --- out --- */

/* Not inline: a row has many numbers, and copies of this for each of them do not fit the first cache beside the rest of a call. */
__attribute__((noinline)) size_t row_decimal(int64_t v, char ret[ROW_DIGITS])
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869"
								"707172737475767778798081828384858687888990919293949596979899";
	char text[2 * ROW_DIGITS], *const end = text + ROW_DIGITS, *p = end;
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	for (; left >= 100; left /= 100)
		memcpy(p -= 2, pairs + 2 * (left % 100), 2);
	if (left >= 10)
		memcpy(p -= 2, pairs + 2 * left, 2);
	else
		*--p = (char)('0' + left);
	if (v < 0)
		*--p = '-';
	memcpy(ret, p, ROW_DIGITS); /* a length that is always the same; nothing stands behind yet */
	return (size_t)(end - p);
}

/* Of what stands in the buffer, the row may move. */
static void make_room(struct row_out *o, size_t n)
{
	struct buf *to = o->to;
	const size_t from = (size_t)(o->from - to->p), keep = (size_t)(o->keep - to->p);
	to->n = (size_t)(o->p - to->p);
	buf_reserve(to, n + ROW_NUMBERS * (ROW_DIGITS + 1) + 1); /* and the bracket */
	*o = (struct row_out){to, to->p + to->n, to->p + from, to->p + keep};
}

struct row_out row_begin(struct buf *to)
{
	buf_byte(to, '[');
	char *p = to->p + to->n;
	struct row_out o = {to, p, p, p};
	make_room(&o, 0);
	return o;
}

void row_null(struct row_out *o)
{
	row_comma(o);
	memcpy(o->p, "null", 4);
	o->p += 4;
}

/* Is one of eight bytes a quote, a backslash or a control character? Now and then yes for one behind such a byte. */
static bool has_special(uint64_t word)
{
	const uint64_t quote = word ^ WORD_EACH('"'), slash = word ^ WORD_EACH('\\');
	return (((word - WORD_EACH(0x20)) | (quote - WORD_EACH(1)) | (slash - WORD_EACH(1))) & ~word & WORD_EACH(0x80)) != 0;
}

/* Quoted, in text_room() bytes; where it ends. */
static char *put_text(char *p, str s)
{
	static const char hex[] = "0123456789abcdef";
	*p++ = '"';
	size_t i = 0;
	for (uint64_t word; i + sizeof word <= s.n; i += sizeof word, p += sizeof word) {
		word = word_load(s.p + i);
		if (has_special(word))
			break;
		memcpy(p, &word, sizeof word);
	}
	for (; i < s.n; i++) {
		const unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20) {
			memcpy(p, "\\u00", 4);
			p[4] = hex[c >> 4];
			p[5] = hex[c & 15];
			p += 6;
			continue;
		}
		if (c == '"' || c == '\\')
			*p++ = '\\';
		*p++ = (char)c;
	}
	*p++ = '"';
	return p;
}

static size_t text_room(str s) { return 6 * s.n + 2; }

void json_row_text(struct buf *to, str s)
{
	buf_reserve(to, text_room(s));
	to->n = (size_t)(put_text(to->p + to->n, s) - to->p);
}

void row_text(struct row_out *o, str s)
{
	if (!s.p) {
		row_null(o);
		return;
	}
	row_comma(o);
	make_room(o, text_room(s));
	o->p = o->keep = put_text(o->p, s);
}

void row_json(struct row_out *o, str json)
{
	if (!json.p) {
		row_null(o);
		return;
	}
	row_comma(o);
	make_room(o, json.n);
	memcpy(o->p, json.p, json.n);
	o->p = o->keep = o->p + json.n;
}

/* Six bits a character, from '(' on without the backslash; the last ones filled up with zeros. */
static char digit_of(unsigned six)
{
	return (char)('(' + six + ('(' + six >= '\\'));
}

static unsigned six_bits_of(char digit)
{
	return ((unsigned char)digit - '(' - (digit > '\\')) & 63;
}

void row_bytes(struct row_out *o, const unsigned char *p, size_t n)
{
	row_comma(o);
	make_room(o, n + n / 2 + 4);
	char *to = o->p;
	unsigned held = 0, width = 0;
	size_t i = 0;
	*to++ = '"';
	for (; i + 3 <= n; i += 3, to += 4) {
		held = (unsigned)p[i] << 16 | (unsigned)p[i + 1] << 8 | p[i + 2];
		to[0] = digit_of(held >> 18);
		to[1] = digit_of(held >> 12 & 63);
		to[2] = digit_of(held >> 6 & 63);
		to[3] = digit_of(held & 63);
	}
	for (; i < n; i++) {
		held = held << 8 | p[i];
		for (width += 8; width >= 6; width -= 6)
			*to++ = digit_of(held >> (width - 6) & 63);
	}
	if (width)
		*to++ = digit_of(held << (6 - width) & 63);
	*to++ = '"';
	o->p = o->keep = to;
}

void row_end(struct row_out *o)
{
	*o->keep++ = ']';
	o->to->n = (size_t)(o->keep - o->to->p);
}

/* --- in --- */

static bool take_char(struct row_in *r, char c)
{
	const bool there = r->p < r->end && *r->p == c;
	r->p += there;
	return there;
}

static void give_up(struct row_in *r)
{
	r->bad = true;
	r->p = r->end;
}

struct row_in row_in_of(str rows)
{
	struct row_in r = {rows.p, rows.p + rows.n, false};
	if (rows.n < 2 || rows.p[rows.n - 1] != ']' || !take_char(&r, '['))
		give_up(&r);
	return r;
}

bool row_next(struct row_in *r)
{
	if (!row_more(r)) {
		r->bad |= r->p == r->end;
		return false;
	}
	if (!take_char(r, '['))
		give_up(r);
	return !r->bad;
}

/* Behind a value stands a comma or the end of its array. */
static void value_done(struct row_in *r)
{
	if (!take_char(r, ',') && (r->p == r->end || *r->p != ']'))
		give_up(r);
}

static void skip_string(struct row_in *r)
{
	const char *from = r->p + 1, *quote = memchr(from, '"', (size_t)(r->end - from));
	if (quote && !memchr(from, '\\', (size_t)(quote - from))) {
		r->p = quote + 1;
		return;
	}
	for (r->p++; r->p < r->end && *r->p != '"'; r->p++)
		r->p += *r->p == '\\' && r->p + 1 < r->end;
	if (!take_char(r, '"'))
		give_up(r);
}

/* From an opening bracket to the one that closes it. */
static void skip_nested(struct row_in *r)
{
	size_t depth = 0;
	while (r->p < r->end) {
		const char c = *r->p;
		if (c == '"') {
			skip_string(r);
			continue;
		}
		r->p++;
		depth += c == '[' || c == '{';
		depth -= c == ']' || c == '}';
		if (depth == 0)
			return;
	}
	give_up(r);
}

static str take_literal(struct row_in *r)
{
	const char *from = r->p;
	if (*from == '"')
		skip_string(r);
	else if (*from == '[' || *from == '{')
		skip_nested(r);
	else
		while (r->p < r->end && *r->p != ',' && *r->p != ']')
			r->p++;
	const str literal = {from, (size_t)(r->p - from)};
	value_done(r);
	return literal;
}

/* As most of what is absent is written, if another value follows. */
static bool take_null(struct row_in *r)
{
	const bool is_null = r->end - r->p > 5 && memcmp(r->p, "null,", 5) == 0;
	r->p += is_null ? 5 : 0;
	return is_null;
}

str row_take_json(struct row_in *r)
{
	if (take_null(r))
		return STR_NONE;
	const str literal = row_more(r) ? take_literal(r) : STR_NONE;
	return r->bad || str_eq(literal, S("null")) ? STR_NONE : literal;
}

int64_t row_take_rare_int(struct row_in *r, int64_t absent)
{
	if (take_null(r))
		return absent;
	const char *from = r->p;
	const bool minus = take_char(r, '-');
	uint64_t v = 0;
	for (unsigned digit; r->p < r->end && (digit = (unsigned)(unsigned char)*r->p - '0') < 10; r->p++)
		v = v * 10 + digit;
	if (r->p == from + minus) { /* not ours */
		r->p = from;
		(void)take_literal(r);
		return absent;
	}
	value_done(r);
	return (int64_t)(minus ? 0 - v : v);
}

static unsigned hex_of(char c)
{
	const int digit = str_hex_digit(c);
	return digit < 0 ? 0 : (unsigned)digit;
}

/* As hex() writes them. */
static size_t take_hex(str digits, unsigned char *to, size_t room)
{
	size_t n = 0;
	for (; n < room && 2 * n + 1 < digits.n; n++)
		to[n] = (unsigned char)(hex_of(digits.p[2 * n]) << 4 | hex_of(digits.p[2 * n + 1]));
	return n;
}

/* Three bytes of four characters; what is left over of the last one is zeros. */
static size_t take_sixes(str digits, unsigned char *to, size_t room)
{
	size_t n = 0, i = 0;
	for (; i + 4 <= digits.n && n + 3 <= room; i += 4, n += 3) {
		const unsigned held = six_bits_of(digits.p[i]) << 18 | six_bits_of(digits.p[i + 1]) << 12 | six_bits_of(digits.p[i + 2]) << 6 | six_bits_of(digits.p[i + 3]);
		to[n] = (unsigned char)(held >> 16);
		to[n + 1] = (unsigned char)(held >> 8);
		to[n + 2] = (unsigned char)held;
	}
	unsigned held = 0, width = 0;
	for (; i < digits.n && n < room; i++) {
		held = held << 6 | six_bits_of(digits.p[i]);
		width += 6;
		if (width >= 8)
			to[n++] = (unsigned char)(held >> (width -= 8));
	}
	return n;
}

size_t row_take_bytes(struct row_in *r, unsigned char *to, size_t room)
{
	const str literal = row_take_json(r);
	if (literal.n < 2)
		return 0;
	const str digits = {literal.p + 1, literal.n - 2};
	return str_starts(digits, S("#")) ? take_hex(str_from(digits, 1), to, room) : take_sixes(digits, to, room);
}

/* SQLite writes \b, \f, \n, \r, \t where we write \u00XX; neither escapes anything above. */
static char unescape(const char **p, const char *end)
{
	const char c = *(*p)++;
	switch (c) {
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case 'u':
		if (end - *p < 4)
			return '?';
		*p += 4;
		return (char)(hex_of((*p)[-2]) << 4 | hex_of((*p)[-1]));
	default: return c;
	}
}

str row_take_text(struct row_in *r, struct arena *a)
{
	return row_text_of(row_take_json(r), a);
}

str row_text_of(str literal, struct arena *a)
{
	if (literal.n < 2 || *literal.p != '"')
		return STR_NONE;
	const str inside = {literal.p + 1, literal.n - 2};
	if (str_chr(inside, '\\') < 0)
		return arena_str(a, inside);
	char *to = arena_alloc(a, inside.n + 1);
	size_t n = 0;
	for (const char *p = inside.p, *end = p + inside.n; p < end;) {
		const char c = *p++;
		to[n++] = c == '\\' && p < end ? unescape(&p, end) : c;
	}
	return (str){to, n};
}

void row_leave(struct row_in *r)
{
	while (row_more(r))
		(void)take_literal(r);
	if (!take_char(r, ']'))
		give_up(r);
	else
		value_done(r);
}
