/* Rows of values to text (report/answer.h): one struct answer_form per form. Rows come one by one; only the table keeps them,
 * because a column's width is known at the end.
 *
 * Invariants: every form escapes for where it goes; numbers stay numbers; NULL is null in JSON and empty elsewhere;
 * no two keys of a JSON object are equal, whatever the columns are called.
 *
 * Refuses to go on beyond ANSWER_BYTES; the caller says so. */
#include "report/answer.h"

#include "base/csv.h"
#include "base/utf8.h"

struct answer_form {
	const char *name;
	void (*head)(struct answer *a, const struct query_value *v, size_t n);
	void (*row)(struct answer *a, const struct query_value *v, size_t n);
	void (*end)(struct answer *a);
};

/* --- text --- */

static void text_head(struct answer *a, const struct query_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		table_column(&a->table, v[i].name);
}

static void text_row(struct answer *a, const struct query_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(v[i].number ? table_number : table_text)(&a->table, v[i].value);
}

static void text_end(struct answer *a)
{
	table_write(&a->table, a->options.width, 0, a->options.ascii, a->out);
	buf_printf(a->out, "(%llu row%s)\n", (unsigned long long)a->rows, a->rows == 1 ? "" : "s");
}

/* --- JSON --- */

static bool is_key(const struct answer *a, str key)
{
	for (size_t i = 0; i < a->keys.n; i++)
		if (str_eq(a->keys.v[i], key))
			return true;
	return false;
}

/* Escaped, because a column may be called anything; the second of two equal names gets a number. */
static void json_head(struct answer *a, const struct query_value *v, size_t n)
{
	struct buf key = {0};
	for (size_t i = 0; i < n; i++) {
		buf_reset(&key);
		utf8_json(&key, v[i].name);
		const size_t plain = key.n;
		for (unsigned again = 2; is_key(a, buf_str(&key)); again++) {
			key.n = plain;
			buf_printf(&key, "_%u", again);
		}
		*vec_push(&a->keys) = arena_str(&a->table.arena, buf_str(&key));
	}
	buf_done(&key);
}

static void json_list(struct answer *a, const struct query_value *v, size_t n)
{
	json_head(a, v, n);
	json_open(&a->json, '[');
}

/* SQLite writes infinities as words, which JSON has none for. */
static bool is_json_number(str s)
{
	const str digits = str_starts(s, S("-")) ? str_from(s, 1) : s;
	return digits.n && str_is_digit(digits.p[0]);
}

static void json_object(struct answer *a, struct json_out *w, const struct query_value *v, size_t n)
{
	json_open(w, '{');
	for (size_t i = 0; i < n; i++) {
		json_key(w, a->keys.v[i].p);
		if (!v[i].value.p || (v[i].number && !is_json_number(v[i].value)))
			json_null(w);
		else if (v[i].number)
			json_raw(w, v[i].value);
		else
			json_str(w, v[i].value);
	}
	json_close(w, '}');
}

static void json_row(struct answer *a, const struct query_value *v, size_t n)
{
	json_object(a, &a->json, v, n);
}

static void json_end(struct answer *a)
{
	json_close(&a->json, ']');
	buf_byte(a->out, '\n');
}

static void ndjson_row(struct answer *a, const struct query_value *v, size_t n)
{
	struct json_out w = {.out = a->out};
	json_object(a, &w, v, n);
	buf_byte(a->out, '\n');
}

/* --- CSV --- */

static void csv_head(struct answer *a, const struct query_value *v, size_t n)
{
	struct csv w = {.out = a->out};
	for (size_t i = 0; i < n; i++)
		csv_text(&w, v[i].name);
	csv_end(&w);
}

static void csv_row(struct answer *a, const struct query_value *v, size_t n)
{
	struct csv w = {.out = a->out};
	for (size_t i = 0; i < n; i++)
		(v[i].number ? csv_number : csv_text)(&w, v[i].value);
	csv_end(&w);
}

/* --- all of them --- */

static const struct answer_form forms[] = {
	{"text", text_head, text_row, text_end},
	{"json", json_list, json_row, json_end},
	{"ndjson", json_head, ndjson_row, NULL},
	{"csv", csv_head, csv_row, NULL},
};

bool answer_init(struct answer *ret, str name, const struct answer_options *options, struct buf *out)
{
	*ret = (struct answer){.options = *options, .out = out, .json = {.out = out, .pretty = true}};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (str_eq(name, str_z(forms[i].name)))
			ret->form = &forms[i];
	return ret->form != NULL;
}

void answer_row(void *context, const struct query_value *v, size_t n, bool head)
{
	struct answer *a = context;
	if (head) {
		a->form->head(a, v, n);
		return;
	}
	a->full = a->full || a->out->n + a->table.bytes > ANSWER_BYTES;
	if (a->full)
		return;
	a->form->row(a, v, n);
	a->rows++;
}

void answer_end(struct answer *a)
{
	if (a->form->end)
		a->form->end(a);
}

void answer_done(struct answer *a)
{
	vec_free(&a->keys);
	table_done(&a->table);
}
