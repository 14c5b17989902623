/* Names and forms (store/). Servers, tools and sessions occur in thousands of rows and stand once in `name`; kind, signature,
 * class and level of an event stand once in `form`, as words: numbers of kinds and signatures belong to one set of rules.
 *
 * An id is a hash of the text, so the order of reading does not matter; when two texts meet at one id (once in ten thousand
 * databases with 1,000 names), the later takes the next free one. 32 bits, because a row holds several.
 *
 * Refuses to remove a name: a few unused bytes are cheaper than reference counts. */
#include "store/names.h"
#include "base/hash.h"
#include <stdlib.h>

/* Signed, because SQLite stores -2^31 … 2^31 - 1 in four bytes; 0 means no name. */
static int64_t hashed(str text, uint32_t step)
{
	uint32_t h = (uint32_t)hash64(text) + step;
	int64_t id = h > INT32_MAX ? (int64_t)h - (INT64_C(1) << 32) : (int64_t)h;
	return id ? id : 1;
}

/* --- writing --- */

void names_forget(struct names *n)
{
	intern_done(&n->texts);
	n->texts = (struct intern){0};
	vec_free(&n->ids);
	map_done(&n->forms);
	n->forms = (struct map){0};
}

void names_done(struct names *n)
{
	names_forget(n);
}

static int find_or_add(struct sql *q, str text, int64_t *ret_id, struct err *reterr)
{
	for (uint32_t step = 0;; step++) {
		int64_t id = hashed(text, step);
		sqlite3_stmt *st = sql_get(q, SQL_NAME_GET);
		if (st)
			bind_int(st, 1, id);
		int r = sql_row(q, st, reterr);
		if (r < 0)
			return r;
		bool same = r > 0 && str_eq(column_view(st, 0), text);
		if (r > 0)
			(void)sqlite3_reset(st);
		if (r > 0 && !same)
			continue;
		*ret_id = id;
		if (same)
			return 0;
		st = sql_get(q, SQL_NAME_ADD);
		if (st) {
			bind_int(st, 1, id);
			bind_text(st, 2, text);
		}
		return sql_run(q, st, reterr);
	}
}

int names_put(struct names *n, struct sql *q, str text, int64_t *ret_id, struct err *reterr)
{
	*ret_id = 0;
	if (text.n == 0)
		return 0;
	uint32_t at = intern_put(&n->texts, text);
	while (n->ids.n <= at)
		*vec_push(&n->ids) = 0;
	if (n->ids.v[at] == 0) {
		int r = find_or_add(q, text, &n->ids.v[at], reterr);
		if (r < 0) {
			n->ids.v[at] = 0;
			return r;
		}
	}
	*ret_id = n->ids.v[at];
	return 0;
}

static int64_t form_id(str kind, str signature, str class, unsigned level_and_flags)
{
	uint64_t h = hash64_seed(kind, (uint64_t)level_and_flags + 1);
	h = hash64_seed(signature, h);
	h = hash64_seed(class, h);
	return (int64_t)(h & INT32_MAX) | 1;
}

/* A form that was just added, in the numbers of the rules. */
static void know_form(struct known_forms *k, bool none, const struct rules *rules, const struct form *f)
{
	uint32_t at;
	if (none && !k->rules) {
		k->rules = rules;
		k->current = true;
	}
	k->current &= k->rules == rules;
	if (!k->current || map_get(&k->index, (uint64_t)f->id, &at))
		return;
	map_put(&k->index, (uint64_t)f->id, (uint32_t)k->forms.n);
	*vec_push(&k->forms) = *f;
}

int names_put_form(struct names *n, struct known_forms *known, bool none, struct sql *q, const struct rules *rules, const struct event *e, unsigned flags,
	int64_t *ret_id, struct err *reterr)
{
	flags |= (e->local_time ? FORM_LOCAL : 0) | (e->excerpt ? FORM_EXCERPT : 0);
	unsigned said = (unsigned)e->level | flags << 4;
	uint64_t key = (uint64_t)e->kind << 40 | (uint64_t)e->signature << 24 | (uint64_t)e->class << 8 | said;
	if (n->rules != rules) {
		map_done(&n->forms);
		n->forms = (struct map){0};
		n->rules = rules;
	}
	uint32_t id;
	if (map_get(&n->forms, key, &id)) {
		*ret_id = id;
		return 0;
	}
	str kind = intern_get(&rules->kinds, e->kind), class = e->class ? intern_get(&rules->classes, e->class) : STR_NONE;
	str signature = e->signature && e->signature <= rules->signatures.n ? rules->signatures.v[e->signature - 1].id : STR_NONE;
	*ret_id = form_id(kind, signature, class, said);
	sqlite3_stmt *st = sql_get(q, SQL_FORM_ADD);
	if (st) {
		bind_int(st, 1, *ret_id);
		bind_text(st, 2, kind.p ? kind : S(""));
		bind_text(st, 3, signature);
		bind_text(st, 4, class);
		bind_int(st, 5, (int64_t)e->level);
		bind_int(st, 6, flags);
	}
	int r = sql_run(q, st, reterr);
	if (r == 0) {
		map_put(&n->forms, key, (uint32_t)*ret_id);
		const struct form f = {*ret_id, e->kind, signature.p ? e->signature : 0, e->class, e->level, flags};
		know_form(known, none, rules, &f);
	}
	return r;
}

/* --- reading --- */

void known_done(struct known *k)
{
	map_done(&k->index);
	vec_free(&k->texts);
}

str known_name(struct known *k, struct sql *q, int64_t id)
{
	uint32_t at;
	if (id == 0)
		return STR_NONE;
	if (map_get(&k->index, (uint64_t)id, &at))
		return k->texts.v[at].text;
	str text = STR_NONE;
	sqlite3_stmt *st = sql_get(q, SQL_NAME_GET);
	if (st)
		bind_int(st, 1, id);
	if (sql_row(q, st, NULL) > 0) {
		text = column_text(st, 0, k->arena);
		(void)sqlite3_reset(st);
	}
	map_put(&k->index, (uint64_t)id, (uint32_t)k->texts.n);
	*vec_push(&k->texts) = (struct known_name){id, text};
	return text;
}

str known_text(struct known *k, str text)
{
	const uint64_t key = hash64(text);
	uint32_t at;
	if (!text.p || (map_get(&k->index, key, &at) && str_eq(k->texts.v[at].text, text)))
		return text.p ? k->texts.v[at].text : STR_NONE;
	map_put(&k->index, key, (uint32_t)k->texts.n);
	const str copy = arena_str(k->arena, text);
	*vec_push(&k->texts) = (struct known_name){0, copy};
	return copy;
}

static uint16_t signature_index(const struct map *by_hash, str id)
{
	uint32_t at;
	return id.p && map_get(by_hash, hash64(id), &at) ? (uint16_t)(at + 1) : 0;
}

void known_forms_done(struct known_forms *k)
{
	map_done(&k->signatures);
	map_done(&k->index);
	vec_free(&k->forms);
	*k = (struct known_forms){0};
}

static void learn(struct known_forms *k, const struct rules *rules)
{
	if (k->rules != rules)
		known_forms_done(k);
	k->rules = rules;
	for (size_t i = rules->signatures.n; i-- > 0;)
		map_put(&k->signatures, hash64(rules->signatures.v[i].id), (uint32_t)i);
}

int known_forms_load(struct known_forms *k, struct sql *q, const struct rules *rules, struct err *reterr)
{
	if (k->current && k->rules == rules)
		return 0;
	if (k->rules != rules || !k->signatures.n)
		learn(k, rules);
	map_done(&k->index);
	k->forms.n = 0;
	sqlite3_stmt *st = sql_get(q, SQL_FORM_ALL);
	int r;
	while ((r = sql_row(q, st, reterr)) > 0) {
		struct form f = {.id = column_int(st, 0), .level = column_u32(st, 4) <= LEVEL_ERROR ? (enum level)column_u32(st, 4) : LEVEL_NONE, .flags = column_u32(st, 5)};
		f.kind = (uint16_t)intern_find(&rules->kinds, column_view(st, 1));
		f.signature = signature_index(&k->signatures, column_view(st, 2));
		f.class = (uint16_t)intern_find(&rules->classes, column_view(st, 3));
		map_put(&k->index, (uint64_t)f.id, (uint32_t)k->forms.n);
		*vec_push(&k->forms) = f;
	}
	k->current = r == 0;
	return r;
}

const struct form *known_form(const struct known_forms *k, int64_t id)
{
	uint32_t at;
	return map_get(&k->index, (uint64_t)id, &at) ? &k->forms.v[at] : NULL;
}
