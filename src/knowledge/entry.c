/* One entry of a pattern file against a table of its keys. Every message says file, line and column, and names the nearest known
 * word, because pattern files are written by people who do not know this program's code.
 *
 * Loading the built-in tree is part of every start: keys are compared in the order in which authors write them, so that a
 * look-up usually succeeds at the first comparison. */
#include "knowledge/entry.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include <stdarg.h>
#include <stdio.h>

static const char *const type_names[] = {
	[ENTRY_TEXT] = "text",
	[ENTRY_LIST] = "a list",
	[ENTRY_MAP] = "a map",
	[ENTRY_BOOL] = "true or false",
	[ENTRY_ANY] = "anything",
};

const char *const entry_class_names[CLASS_COUNT] = {
#define X(id, name) [CLASS_##id] = name,
	CLASS_LIST(X)
#undef X
};
const char *const entry_source_names[SOURCE_KIND_COUNT] = {
#define X(id, name) [SOURCE_##id] = name,
	SOURCE_KIND_LIST(X)
#undef X
};

struct where entry_where(const struct tree_doc *d, uint32_t node)
{
	const struct tree *n = &d->nodes[node];
	return (struct where){.file = n->file < d->file_count ? d->files[n->file] : "", .line = n->line, .column = n->column};
}

static str source_line(const struct tree_doc *d, unsigned file, unsigned line)
{
	if (d->texts == NULL || file >= d->file_count)
		return STR_NONE;
	str rest = d->texts[file], text = STR_NONE;
	for (unsigned i = 0; i < line; i++)
		text = str_word(&rest, '\n');
	return text;
}

static void note_problem(struct rules *rules, const struct err *e)
{
	if (rules->problem_count++ == 0)
		rules->first_problem = *e;
	if (rules->problems.n < LIMIT_PROBLEMS)
		*vec_push(&rules->problems) = *e;
}

static void problem_at(struct rules *rules, const struct tree_doc *d, struct where at, unsigned file, int code, const char *hint, const char *text)
{
	struct err e = {0};
	(void)err_at(&e, code, at.file, at.line, at.column, "%s", text);
	str snippet = utf8_limit(source_line(d, file, at.line), sizeof e.snippet - 1);
	(void)snprintf(e.snippet, sizeof e.snippet, "%.*s", STR_ARG(snippet));
	if (hint != NULL && hint[0] != '\0')
		err_hint(&e, "%s", hint);
	note_problem(rules, &e);
}

void knowledge_problem(struct rules *rules, const struct tree_doc *d, uint32_t node, int code, const char *format, ...)
{
	char text[sizeof((struct err *)NULL)->text];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	problem_at(rules, d, entry_where(d, node), d->nodes[node].file, code, NULL, text);
}

void entry_problem_in(struct rules *rules, const struct tree_doc *d, uint32_t node, unsigned line, unsigned column, int code, const char *format, ...)
{
	char text[sizeof((struct err *)NULL)->text];
	struct where at = entry_where(d, node);
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	at.line += line;
	at.column += column;
	problem_at(rules, d, at, d->nodes[node].file, code, NULL, text);
}

static void did_you_mean(const struct nearest *n, char *ret_hint, size_t size)
{
	str best = nearest_result(n);
	ret_hint[0] = '\0';
	if (best.p != NULL)
		(void)snprintf(ret_hint, size, "did you mean `%.*s`?", STR_ARG(best));
}

static void unknown_key(struct rules *rules, const struct tree_doc *d, uint32_t node, const char *what, const struct entry_key *keys, size_t count)
{
	char text[200], hint[120];
	str key = str_head(tree_key(d, node), 60);
	struct nearest n = nearest_start(key);
	for (size_t i = 0; i < count; i++)
		nearest_offer(&n, str_z(keys[i].name));
	did_you_mean(&n, hint, sizeof hint);
	(void)snprintf(text, sizeof text, "unknown key `%.*s` in a %s", STR_ARG(key), what);
	struct where at = entry_where(d, node);
	if (d->nodes[node].key_line > 0) {
		at.line = d->nodes[node].key_line;
		at.column = d->nodes[node].key_column;
	}
	problem_at(rules, d, at, d->nodes[node].file, ERR_SCHEMA, hint, text);
}

static bool is_bool(const struct tree_doc *d, uint32_t node, bool *ret_value)
{
	static const char *const words[] = {"false", "no", "true", "yes"};
	const struct tree *n = &d->nodes[node];
	if (n->type != TREE_TEXT || n->quoted)
		return false;
	for (unsigned i = 0; i < 4; i++)
		if (str_eq(tree_text(d, node), str_z(words[i]))) {
			*ret_value = i >= 2;
			return true;
		}
	return false;
}

bool entry_true(const struct tree_doc *d, uint32_t node)
{
	bool value = false;
	return node != 0 && is_bool(d, node, &value) && value;
}

static bool fits(const struct tree_doc *d, uint32_t node, enum entry_type type)
{
	const struct tree *n = &d->nodes[node];
	bool value;
	switch (type) {
	case ENTRY_TEXT: return n->type == TREE_TEXT;
	case ENTRY_LIST: return n->type == TREE_LIST;
	case ENTRY_MAP: return n->type == TREE_MAP;
	case ENTRY_BOOL: return is_bool(d, node, &value);
	default: return true;
	}
}

static bool is_key(str key, const char *name)
{
	/* Most keys differ in their first byte. */
	return key.n > 0 && name[0] == key.p[0] && strncmp(name, key.p, key.n) == 0 && name[key.n] == '\0';
}

bool entry_read(struct rules *rules, const struct tree_doc *d, uint32_t map, const char *what, const struct entry_key *keys, size_t count,
	uint32_t *ret_nodes)
{
	bool good = true;
	size_t guess = 0;
	for (size_t i = 0; i < count; i++)
		ret_nodes[i] = 0;
	if (d->nodes[map].type != TREE_MAP) {
		knowledge_problem(rules, d, map, ERR_SCHEMA, "a %s is a map such as `id: …`", what);
		return false;
	}
	for (uint32_t node = d->nodes[map].child; node != 0; node = d->nodes[node].next) {
		str key = tree_key(d, node);
		size_t tried = 0;
		while (tried < count && !is_key(key, keys[guess].name)) {
			guess = guess + 1 < count ? guess + 1 : 0;
			tried++;
		}
		if (tried == count) {
			unknown_key(rules, d, node, what, keys, count);
			good = false;
		} else if (!fits(d, node, keys[guess].type)) {
			knowledge_problem(rules, d, node, ERR_SCHEMA, "`%s` of a %s must be %s", keys[guess].name, what, type_names[keys[guess].type]);
			good = false;
		} else {
			ret_nodes[guess] = node;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (keys[i].required && ret_nodes[i] == 0 && good) {
			knowledge_problem(rules, d, map, ERR_SCHEMA, "this %s has no `%s`", what, keys[i].name);
			good = false;
		}
	return good;
}

static bool is_among(str key, const char *const *names)
{
	for (; names != NULL && *names != NULL; names++)
		if (str_eq(key, str_z(*names)))
			return true;
	return false;
}

uint32_t entry_list(struct rules *rules, const struct tree_doc *d, uint32_t root, const char *key, const char *const *also)
{
	uint32_t found = 0;
	for (uint32_t node = d->nodes[root].child; node != 0; node = d->nodes[node].next) {
		str name = tree_key(d, node);
		if (str_eq(name, str_z(key))) {
			found = node;
		} else if (!str_eq(name, S("schema")) && !is_among(name, also)) {
			const struct entry_key known[] = {{key, ENTRY_LIST, false}, {"schema", ENTRY_TEXT, false}};
			unknown_key(rules, d, node, "pattern file", known, 2);
		}
	}
	if (found != 0 && d->nodes[found].type != TREE_LIST) {
		knowledge_problem(rules, d, found, ERR_SCHEMA, "`%s` must be a list: each entry begins with `- id: …`", key);
		return 0;
	}
	return found;
}

bool entry_name(struct rules *rules, const struct tree_doc *d, uint32_t node, const char *what, const char *const *names, size_t count,
	unsigned *ret_index)
{
	str text = tree_text(d, node);
	struct nearest nearest = nearest_start(text);
	for (size_t i = 0; i < count; i++) {
		if (names[i] != NULL && str_eq(text, str_z(names[i]))) {
			*ret_index = (unsigned)i;
			return true;
		}
	}
	for (size_t i = 0; i < count; i++)
		nearest_offer(&nearest, str_z(names[i]));
	char message[160], hint[256];
	did_you_mean(&nearest, hint, sizeof hint);
	struct buf all = {0};
	for (size_t i = 0; i < count && hint[0] == '\0'; i++)
		if (names[i] != NULL)
			buf_printf(&all, "%s%s", all.n > 0 ? ", " : "", names[i]);
	if (hint[0] == '\0')
		(void)snprintf(hint, sizeof hint, "known: %.*s", STR_ARG(buf_str(&all)));
	buf_done(&all);
	(void)snprintf(message, sizeof message, "unknown %s `%.*s`", what, STR_ARG(str_head(text, 60)));
	problem_at(rules, d, entry_where(d, node), d->nodes[node].file, ERR_SCHEMA, hint, message);
	return false;
}

bool entry_interned(struct rules *rules, const struct tree_doc *d, uint32_t node, const char *what, const struct intern *t, uint16_t *ret_id)
{
	str text = tree_text(d, node);
	uint32_t id = intern_find(t, text);
	if (id != 0 && id <= UINT16_MAX) {
		*ret_id = (uint16_t)id;
		return true;
	}
	struct nearest nearest = nearest_start(text);
	for (uint32_t i = 1; i <= t->n; i++)
		nearest_offer(&nearest, intern_get(t, i));
	char message[160], hint[200];
	did_you_mean(&nearest, hint, sizeof hint);
	if (hint[0] == '\0')
		(void)snprintf(hint, sizeof hint, "a new %s is added by a file with `schema: mcplog.kinds/1`", what);
	(void)snprintf(message, sizeof message, "unknown %s `%.*s`", what, STR_ARG(str_head(text, 60)));
	problem_at(rules, d, entry_where(d, node), d->nodes[node].file, ERR_SCHEMA, hint, message);
	return false;
}

bool entry_id(struct rules *rules, const struct tree_doc *d, uint32_t node, str *ret_id)
{
	str id = tree_text(d, node);
	bool good = id.n > 0 && id.n <= 80;
	for (size_t i = 0; good && i < id.n; i++) {
		char c = id.p[i];
		good = str_is_letter(c) || str_is_digit(c) || c == '.' || c == '-' || c == '_';
	}
	if (!good)
		knowledge_problem(rules, d, node, ERR_SCHEMA, "`%.*s` is no id: use 1 to 80 letters, digits, `.`, `-` and `_`", STR_ARG(str_head(id, 60)));
	*ret_id = id;
	return good;
}
