/* The fields of an event as its row has them (store/): a flat JSON object of strings. What the duration says anyhow is no field but a
 * flag of the row's form. Refuses other JSON than it wrote: where that stands, fields are missing. */
#include "store/detail.h"
#include "base/json.h"
#include "model/limits.h"
#include "store/json_row.h"
#include "store/schema.h"
#include "store/timeline_p.h"

/* Is the field's text just what the duration says ("915ms", "915")? Then it is not stored, a flag of the form tells. */
static unsigned said_by_duration(const struct event *e, const struct field *f)
{
	char text[ROW_DIGITS];
	str value = f->value;
	if ((f->name != FIELD_MS && f->name != FIELD_DUR) || e->duration < 0 || e->duration % MILLISECOND)
		return 0;
	if (f->name == FIELD_DUR && !str_ends(value, S("ms")))
		return 0;
	value.n -= f->name == FIELD_DUR ? 2 : 0;
	if (!str_eq(value, (str){text, row_decimal(e->duration / MILLISECOND, text)}))
		return 0;
	return f->name == FIELD_DUR ? FORM_DUR : FORM_MS;
}

void detail_write(struct buf *out, const struct event *e, const struct rules *rules, unsigned *ret_flags)
{
	struct json_out w = {.out = out};
	buf_reset(out);
	*ret_flags = 0;
	for (unsigned i = 0; i < e->field_count; i++) {
		str name = intern_get(&rules->fields, e->fields[i].name);
		unsigned flag = said_by_duration(e, &e->fields[i]);
		*ret_flags |= flag;
		if (name.n == 0 || flag)
			continue;
		if (out->n == 0)
			json_open(&w, '{');
		char key[64];
		memcpy(key, name.p, name.n < sizeof key ? name.n : sizeof key - 1);
		key[name.n < sizeof key ? name.n : sizeof key - 1] = '\0';
		json_key(&w, key);
		json_str(&w, e->fields[i].value);
	}
	if (out->n)
		json_close(&w, '}');
}

/* Text up to the closing quote of the JSON string that begins at *at; false at the end. */
static bool next_string(str s, size_t *at, str *ret_literal)
{
	while (*at < s.n && s.p[*at] != '"')
		(*at)++;
	size_t from = *at;
	if (from >= s.n)
		return false;
	size_t i = from + 1;
	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	if (i >= s.n)
		return false;
	*at = i + 1;
	*ret_literal = (str){s.p + from, i + 1 - from};
	return true;
}

static str unquoted(str literal, struct arena *a, struct buf *scratch)
{
	str inside = {literal.p + 1, literal.n - 2};
	if (str_chr(inside, '\\') < 0)
		return arena_str(a, inside);
	buf_reset(scratch);
	return json_unquote(literal, scratch) ? arena_str(a, buf_str(scratch)) : STR_NONE;
}

static void add_field(struct event *e, uint16_t name, str value)
{
	if (name && e->field_count < LIMIT_EVENT_FIELDS)
		e->fields[e->field_count++] = (struct field){name, value};
}

/* A whole JSON parser per row would cost more than the row. */
void detail_read(str detail, unsigned flags, const struct rules *rules, struct arena *a, struct buf *scratch, struct event *e)
{
	struct field found[LIMIT_EVENT_FIELDS];
	size_t at = 0;
	str key, value;
	e->fields = found;
	while (next_string(detail, &at, &key) && next_string(detail, &at, &value)) {
		uint32_t name = intern_find(&rules->fields, (str){key.p + 1, key.n - 2});
		if (name)
			add_field(e, (uint16_t)name, unquoted(value, a, scratch));
	}
	char said[ROW_DIGITS + 2];
	size_t n = flags & (FORM_MS | FORM_DUR) ? row_decimal(e->duration / MILLISECOND, said) : 0;
	if (flags & FORM_MS)
		add_field(e, FIELD_MS, arena_str(a, (str){said, n}));
	memcpy(said + n, "ms", 2);
	if (flags & FORM_DUR)
		add_field(e, FIELD_DUR, arena_str(a, (str){said, n + 2}));
	e->fields = e->field_count ? arena_alloc(a, e->field_count * sizeof *found) : NULL;
	if (e->field_count)
		memcpy(e->fields, found, e->field_count * sizeof *found);
}
