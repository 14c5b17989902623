/* One row of values as a JSON array: written, and read back. SQL sees it as json_each and ->> do. */
#ifndef MCPLOG_STORE_JSON_ROW_H
#define MCPLOG_STORE_JSON_ROW_H
#include "base/arena.h"
#include "base/buf.h"

/* Writing: one value after the other. Values that say nothing are dropped at the end of a row. Nobody else writes to the buffer
 * meanwhile: it has room for ROW_NUMBERS of them from the last text on, which is more than a row has values. */
struct row_out {
	struct buf *to;         /* the caller's; its length is set by row_end */
	char *p, *from, *keep;  /* into it: where the row has got to, where it begins, behind the last value that says something */
};
enum { ROW_DIGITS = 20, ROW_NUMBERS = 24 };      /* digits of a number, with its sign */
size_t row_decimal(int64_t v, char ret[ROW_DIGITS]); /* how many */
struct row_out row_begin(struct buf *to);
static inline void row_comma(struct row_out *o)
{
	*o->p = ',';
	o->p += o->p > o->from;
}
static inline void row_number(struct row_out *o, int64_t v)
{
	row_comma(o);
	if ((uint64_t)v < 10) /* half of them */
		*o->p++ = (char)('0' + v);
	else
		o->p += row_decimal(v, o->p);
}
static inline void row_int(struct row_out *o, int64_t v)
{
	row_number(o, v);
	o->keep = o->p;
}
static inline void row_count(struct row_out *o, int64_t v) /* 0 says nothing */
{
	row_number(o, v);
	o->keep = v ? o->p : o->keep;
}
void row_null(struct row_out *o);
void row_text(struct row_out *o, str s);         /* p NULL: null */
void row_json(struct row_out *o, str json);      /* as it stands; p NULL: null */
void row_bytes(struct row_out *o, const unsigned char *p, size_t n); /* as text */
void row_end(struct row_out *o);
void json_row_text(struct buf *to, str s);       /* a text alone, quoted */

/* Reading: values in the order in which they were written. Behind the end of a row all are absent. What is no such JSON sets `bad`
 * and reads as absent; nothing is read outside of the text. */
struct row_in {
	const char *p, *end; /* p < end: the byte before `end` is a closing bracket */
	bool bad;
};
struct row_in row_in_of(str rows);               /* an array of rows, or of values */
bool row_next(struct row_in *r);                 /* into the next row; false: no more */
static inline bool row_more(const struct row_in *r) /* is there one more value in this row? */
{
	return r->p < r->end && *r->p != ']';
}
int64_t row_take_rare_int(struct row_in *r, int64_t absent); /* any other value where a number is asked for */
static inline int64_t row_take_int(struct row_in *r, int64_t absent)
{
	uint64_t v = 0;
	const char *p = r->p;
	if (!row_more(r))
		return absent;
	for (unsigned digit; (digit = (unsigned)(unsigned char)*p - '0') < 10; p++) /* the text ends with a bracket */
		v = v * 10 + digit;
	if (p == r->p || (*p != ',' && *p != ']'))
		return row_take_rare_int(r, absent);
	r->p = p + (*p == ',');
	return (int64_t)v;
}
str row_take_json(struct row_in *r);             /* the literal; p NULL for null and absent */
str row_take_text(struct row_in *r, struct arena *a); /* a text's bytes; p NULL for null, absent and anything else */
str row_text_of(str literal, struct arena *a);   /* the same of a literal */
/* How many bytes; at most `room`. Also what SQLite's hex() writes, behind a '#'. */
size_t row_take_bytes(struct row_in *r, unsigned char *to, size_t room);
void row_leave(struct row_in *r);                /* out of this row */
#endif
