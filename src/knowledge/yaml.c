/* YAML text to constant tree nodes. First step of loading knowledge, at run time (files of the user) and at build time (mkpatterns).
 *
 * The dialect is narrow on purpose: one document a file, scalars, lists and maps. Anchors, aliases, tags and duplicate keys are
 * refused, because a reader of the file could not see what they stand for. A byte order mark, CR, NUL and other control bytes are
 * refused before libyaml sees them: inside a literal block they would silently become part of a pattern or of a sample line.
 *
 * Nodes are appended in document order; children are linked while parsing with a stack of open collections. Node 0 is unused,
 * so that 0 can mean "none". A file that fails leaves no trace in the builder.
 *
 * The only file that knows libyaml. It does not know what the keys mean. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "knowledge/knowledge.h"
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum { DEPTH_MAX = 32, FILE_MAX = 16 * 1024 * 1024, NODES_MAX = 4 * 1000 * 1000, WORDS_MAX = 1024 * 1024 * 1024 };

struct owned_doc {
	struct tree_doc doc; /* first: tree_doc_free gets a pointer to it */
	struct arena arena;
	VEC(struct tree) nodes;
	VEC(uint32_t) roots;
	VEC(const char *) files;
	VEC(str) texts;
	struct buf words;
};

struct tree_builder {
	struct owned_doc *owned;
};

struct open_node {
	uint32_t node, last; /* last child so far */
};

struct build {
	struct owned_doc *owned;
	const char *file;
	str text;
	const char **lines; /* start of each line, and one past the last */
	size_t line_count;
	struct open_node stack[DEPTH_MAX];
	unsigned depth;
	uint32_t root;
	uint32_t key;       /* key waiting for its value: its place in words */
	uint16_t key_size;
	uint32_t key_line;
	uint16_t key_column;
	bool has_key, has_document;
};

struct tree_builder *tree_builder_new(void)
{
	struct tree_builder *b = mem_new(sizeof *b);
	b->owned = mem_new(sizeof *b->owned);
	(void)vec_push(&b->owned->nodes);
	buf_byte(&b->owned->words, '\0');
	return b;
}

struct tree_doc *tree_builder_finish(struct tree_builder *b)
{
	struct owned_doc *owned = b->owned;
	free(b);
	(void)vec_push(&owned->texts); /* so that there are texts even without a file: it tells files of the user from built-in ones */
	owned->doc = (struct tree_doc){
		.nodes = owned->nodes.v,
		.node_count = owned->nodes.n,
		.roots = owned->roots.v,
		.files = owned->files.v,
		.words = owned->words.p,
		.file_count = owned->files.n,
		.texts = owned->texts.v,
	};
	return &owned->doc;
}

void tree_doc_free(struct tree_doc *d)
{
	if (d == NULL)
		return;
	struct owned_doc *owned = (struct owned_doc *)d;
	arena_done(&owned->arena);
	vec_free(&owned->nodes);
	vec_free(&owned->roots);
	vec_free(&owned->files);
	vec_free(&owned->texts);
	buf_done(&owned->words);
	free(owned);
}

/* The text of a line (1-based) for messages. */
static str line_text(const struct build *b, size_t line)
{
	if (line == 0 || line > b->line_count)
		return STR_NONE;
	const char *start = b->lines[line - 1];
	str text = {start, (size_t)(b->lines[line] - start)};
	return str_trim_end(text);
}

static int fail_at(const struct build *b, struct err *reterr, size_t line, size_t column, const char *what)
{
	int rc = err_at(reterr, ERR_SYNTAX, b->file, (unsigned)line, (unsigned)column, "%s", what);
	if (reterr != NULL) {
		str text = utf8_limit(line_text(b, line), sizeof reterr->snippet - 1);
		(void)snprintf(reterr->snippet, sizeof reterr->snippet, "%.*s", STR_ARG(text));
	}
	return rc;
}

static int fail_mark(const struct build *b, struct err *reterr, yaml_mark_t mark, const char *what)
{
	return fail_at(b, reterr, mark.line + 1, mark.column + 1, what);
}

static void split_lines(struct build *b)
{
	size_t count = 1;
	for (size_t i = 0; i < b->text.n; i++)
		count += b->text.p[i] == '\n';
	b->lines = arena_alloc(&b->owned->arena, (count + 1) * sizeof *b->lines);
	b->lines[b->line_count++] = b->text.p;
	for (size_t i = 0; i < b->text.n; i++)
		if (b->text.p[i] == '\n')
			b->lines[b->line_count++] = b->text.p + i + 1;
	b->lines[b->line_count] = b->text.p + b->text.n;
}

/* What is wrong with the character at the start of s, or NULL; *ret_length its bytes. */
static const char *bad_character(str s, size_t *ret_length)
{
	unsigned char c = (unsigned char)s.p[0];
	*ret_length = 1;
	if (c == '\r')
		return "carriage return: save the file with Unix line ends (LF)";
	if (c == '\0')
		return "NUL byte: this is no text file";
	if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7f)
		return "control character: write it as an escape inside double quotes, such as \"\\x1b\"";
	if (c < 0x80)
		return NULL;
	uint32_t code;
	*ret_length = utf8_next(s, &code);
	return *ret_length == 0 ? "invalid UTF-8: save the file as UTF-8" : NULL;
}

static int check_bytes(struct build *b, struct err *reterr)
{
	if (b->text.n > FILE_MAX)
		return err_at(reterr, ERR_LIMIT, b->file, 0, 0, "pattern file is larger than %d MiB", FILE_MAX / 1024 / 1024);
	if (str_starts(b->text, S("\xef\xbb\xbf")))
		return fail_at(b, reterr, 1, 1, "byte order mark at the start: save the file as UTF-8 without BOM");
	size_t line = 1, column = 1, length;
	for (size_t i = 0; i < b->text.n; i += length, column++) {
		const char *bad = bad_character(str_from(b->text, i), &length);
		if (bad != NULL)
			return fail_at(b, reterr, line, column, bad);
		if (b->text.p[i] == '\n') {
			line++;
			column = 0;
		}
	}
	return 0;
}

static bool tab_indents(str line)
{
	for (size_t i = 0; i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'); i++)
		if (line.p[i] == '\t')
			return true;
	return false;
}

static int fail_parser(const struct build *b, const yaml_parser_t *parser, struct err *reterr)
{
	size_t line = parser->problem_mark.line + 1;
	if (tab_indents(line_text(b, line)))
		return fail_at(b, reterr, line, (size_t)str_chr(line_text(b, line), '\t') + 1, "tab in the indentation: YAML wants blanks there");
	char what[256];
	(void)snprintf(what, sizeof what, "YAML: %s%s%s", parser->problem ? parser->problem : "cannot be read", parser->context ? " " : "",
		parser->context ? parser->context : "");
	int rc = fail_at(b, reterr, line, parser->problem_mark.column + 1, what);
	err_hint(reterr, "put log lines and patterns into a block scalar (`line: |-` and the text on the next line), where nothing needs quoting");
	return rc;
}

static int add_node(struct build *b, enum tree_type type, yaml_mark_t mark, uint32_t *ret_node, struct err *reterr)
{
	struct open_node *parent = b->depth > 0 ? &b->stack[b->depth - 1] : NULL;
	if (b->owned->words.n >= WORDS_MAX)
		return err_at(reterr, ERR_LIMIT, b->file, (unsigned)mark.line + 1, 0, "more than %d MiB of patterns", WORDS_MAX / 1024 / 1024);
	if (b->owned->nodes.n >= NODES_MAX)
		return err_at(reterr, ERR_LIMIT, b->file, (unsigned)mark.line + 1, 0, "more than %d YAML nodes", NODES_MAX);
	uint32_t id = (uint32_t)b->owned->nodes.n;
	struct tree *n = vec_push(&b->owned->nodes);
	size_t column = mark.column + 1;
	*n = (struct tree){.type = (uint8_t)type, .line = (uint32_t)mark.line + 1, .column = (uint16_t)(column < 0xffff ? column : 0xffff),
		.file = (uint16_t)b->owned->files.n};
	if (b->has_key) {
		n->key = b->key;
		n->key_size = b->key_size;
		n->key_line = b->key_line;
		n->key_column = b->key_column;
		b->has_key = false;
	}
	if (parent == NULL)
		b->root = id;
	else if (parent->last == 0)
		b->owned->nodes.v[parent->node].child = id;
	else
		b->owned->nodes.v[parent->last].next = id;
	if (parent != NULL)
		parent->last = id;
	*ret_node = id;
	return 0;
}

static int open_collection(struct build *b, enum tree_type type, const yaml_event_t *e, struct err *reterr)
{
	uint32_t node = 0;
	if (b->depth == DEPTH_MAX)
		return fail_mark(b, reterr, e->start_mark, "nested too deeply");
	int rc = add_node(b, type, e->start_mark, &node, reterr);
	if (rc == 0)
		b->stack[b->depth++] = (struct open_node){.node = node};
	return rc;
}

static uint32_t add_word(struct build *b, str text)
{
	uint32_t at = (uint32_t)b->owned->words.n;
	buf_add(&b->owned->words, text);
	buf_byte(&b->owned->words, '\0');
	return at;
}

static int take_key(struct build *b, str text, const yaml_event_t *e, struct err *reterr)
{
	const struct tree *nodes = b->owned->nodes.v;
	if (text.n > 200)
		return fail_mark(b, reterr, e->start_mark, "a key has at most 200 bytes");
	for (uint32_t i = nodes[b->stack[b->depth - 1].node].child; i != 0; i = nodes[i].next)
		if (str_eq((str){b->owned->words.p + nodes[i].key, nodes[i].key_size}, text)) {
			char what[160];
			(void)snprintf(what, sizeof what, "`%.*s` stands here a second time; it was given in line %u", STR_ARG(str_head(text, 60)),
				(unsigned)nodes[i].key_line);
			return fail_mark(b, reterr, e->start_mark, what);
		}
	b->key = add_word(b, text);
	b->key_size = (uint16_t)text.n;
	b->key_line = (uint32_t)e->start_mark.line + 1;
	b->key_column = (uint16_t)(e->start_mark.column + 1);
	b->has_key = true;
	return 0;
}

/* Points a block scalar at its first text line, so that messages can count columns in the pattern or the sample. */
static void place_block(const struct build *b, struct tree *n)
{
	for (size_t line = n->line + 1; line <= b->line_count; line++) {
		str text = line_text(b, line);
		size_t blanks = 0;
		while (blanks < text.n && text.p[blanks] == ' ')
			blanks++;
		if (blanks == text.n)
			continue;
		n->line = (uint32_t)line;
		n->column = (uint16_t)(blanks + 1);
		return;
	}
}

static int take_scalar(struct build *b, const yaml_event_t *e, struct err *reterr)
{
	str text = {(const char *)e->data.scalar.value, e->data.scalar.length};
	yaml_scalar_style_t style = e->data.scalar.style;
	bool block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
	if (block && str_ends(text, S("\n")))
		text.n--;
	if (b->depth > 0 && b->owned->nodes.v[b->stack[b->depth - 1].node].type == TREE_MAP && !b->has_key)
		return take_key(b, text, e, reterr);
	uint32_t node = 0;
	int rc = add_node(b, TREE_TEXT, e->start_mark, &node, reterr);
	if (rc < 0)
		return rc;
	struct tree *n = &b->owned->nodes.v[node];
	n->text = add_word(b, text);
	n->text_size = (uint32_t)text.n;
	n->quoted = style != YAML_PLAIN_SCALAR_STYLE;
	if (block && text.n > 0)
		place_block(b, n);
	return 0;
}

static int refuse_properties(const struct build *b, const yaml_event_t *e, const yaml_char_t *anchor, const yaml_char_t *tag, struct err *reterr)
{
	if (anchor != NULL)
		return fail_mark(b, reterr, e->start_mark, "anchors (&name) are not supported: write the value out");
	if (tag != NULL)
		return fail_mark(b, reterr, e->start_mark, "tags (!name) are not supported: write the plain value");
	return 0;
}

static int take_collection(struct build *b, enum tree_type type, const yaml_event_t *e, struct err *reterr)
{
	bool map = type == TREE_MAP;
	const yaml_char_t *anchor = map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor;
	const yaml_char_t *tag = map ? e->data.mapping_start.tag : e->data.sequence_start.tag;
	int rc = refuse_properties(b, e, anchor, tag, reterr);
	if (rc < 0)
		return rc;
	bool wants_key = b->depth > 0 && b->owned->nodes.v[b->stack[b->depth - 1].node].type == TREE_MAP && !b->has_key;
	if (wants_key)
		return fail_mark(b, reterr, e->start_mark, "a list or a map cannot be a key");
	return open_collection(b, type, e, reterr);
}

static int take_event(struct build *b, const yaml_event_t *e, struct err *reterr)
{
	int rc;
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->has_document)
			return fail_mark(b, reterr, e->start_mark, "a second document begins here: one file holds one document");
		b->has_document = true;
		return 0;
	case YAML_ALIAS_EVENT:
		return fail_mark(b, reterr, e->start_mark, "aliases (*name) are not supported: write the value out");
	case YAML_SCALAR_EVENT:
		rc = refuse_properties(b, e, e->data.scalar.anchor, e->data.scalar.tag, reterr);
		return rc < 0 ? rc : take_scalar(b, e, reterr);
	case YAML_SEQUENCE_START_EVENT:
		return take_collection(b, TREE_LIST, e, reterr);
	case YAML_MAPPING_START_EVENT:
		return take_collection(b, TREE_MAP, e, reterr);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return 0;
	default:
		return 0;
	}
}

static int parse_all(struct build *b, struct err *reterr)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		return err_set(reterr, ERR_LIMIT, "out of memory in the YAML parser");
	yaml_parser_set_input_string(&parser, (const unsigned char *)b->text.p, b->text.n);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	int rc = 0;
	for (bool end = false; rc == 0 && !end;) {
		yaml_event_t e;
		if (!yaml_parser_parse(&parser, &e)) {
			rc = fail_parser(b, &parser, reterr);
			break;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		rc = take_event(b, &e, reterr);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
	return rc;
}

int tree_builder_add(struct tree_builder *builder, const char *file_name, str yaml, struct err *reterr)
{
	struct owned_doc *owned = builder->owned;
	struct build b = {.owned = owned, .text = arena_str(&owned->arena, yaml)};
	size_t nodes_before = owned->nodes.n;
	b.file = arena_str(&owned->arena, str_z(file_name)).p;
	split_lines(&b);
	int rc = check_bytes(&b, reterr);
	if (rc == 0 && owned->files.n >= UINT16_MAX)
		rc = err_at(reterr, ERR_LIMIT, b.file, 0, 0, "more than %d pattern files", UINT16_MAX);
	if (rc == 0)
		rc = parse_all(&b, reterr);
	if (rc == 0 && b.root == 0) {
		rc = err_at(reterr, ERR_SCHEMA, b.file, 1, 1, "the file is empty");
		err_hint(reterr, "a pattern file begins with a line such as `schema: mcplog.signatures/1`");
	}
	if (rc < 0) {
		owned->nodes.n = nodes_before;
		return rc;
	}
	*vec_push(&owned->roots) = b.root;
	*vec_push(&owned->files) = b.file;
	*vec_push(&owned->texts) = b.text;
	return 0;
}
