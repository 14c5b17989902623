/* Reading one entry of a pattern file: which keys there may be, and of what type. Shared by the files of knowledge/. */
#ifndef MCPLOG_KNOWLEDGE_ENTRY_H
#define MCPLOG_KNOWLEDGE_ENTRY_H
#include "knowledge/knowledge.h"

enum entry_type { ENTRY_TEXT, ENTRY_LIST, ENTRY_MAP, ENTRY_BOOL, ENTRY_ANY };
struct entry_key {
	const char *name;
	enum entry_type type;
	bool required;
};
enum { ENTRY_KEYS = 40 };

/* Fills ret_nodes[i] with the value node of keys[i] (0 = absent). False after a problem was noted: unknown key (with the nearest
 * known one), wrong type, missing key. `what` names the entry in messages: "signature". */
bool entry_read(struct rules *rules, const struct tree_doc *d, uint32_t map, const char *what, const struct entry_key *keys, size_t count,
	uint32_t *ret_nodes);
/* The list under `key` of a root whose other keys are `schema` and those of `also` (NULL-terminated, may be NULL); 0 when absent. */
uint32_t entry_list(struct rules *rules, const struct tree_doc *d, uint32_t root, const char *key, const char *const *also);
bool entry_true(const struct tree_doc *d, uint32_t node); /* of an ENTRY_BOOL; 0 gives false */
/* Finds `name` in a table of names; notes a problem with the nearest one when it is not there. */
bool entry_name(struct rules *rules, const struct tree_doc *d, uint32_t node, const char *what, const char *const *names, size_t count,
	unsigned *ret_index);
/* Id of a name that must be known in t; else a problem with the nearest one. */
bool entry_interned(struct rules *rules, const struct tree_doc *d, uint32_t node, const char *what, const struct intern *t, uint16_t *ret_id);
/* Id text: letters, digits, '.', '-', '_'; else a problem. */
bool entry_id(struct rules *rules, const struct tree_doc *d, uint32_t node, str *ret_id);
extern const char *const entry_class_names[CLASS_COUNT];
extern const char *const entry_source_names[SOURCE_KIND_COUNT];
struct where entry_where(const struct tree_doc *d, uint32_t node);
/* A pattern as it stands at `node`, with what it names of the map `pieces` (0: there is none) put in; the text is the rules' or the document's. */
struct entry_pattern {
	uint32_t node, pieces;
	str text;
};
struct entry_pattern entry_pattern(struct rules *rules, const struct tree_doc *d, uint32_t node, uint32_t pieces);
/* Which byte of the node's text byte `at` of the pattern comes from. */
size_t entry_pattern_place(const struct tree_doc *d, const struct entry_pattern *p, size_t at);
/* Proves a pattern: syntax, step limit, empty matches. Compiles into *ret. False after a problem was noted. */
bool entry_regex(struct rules *rules, const struct tree_doc *d, const struct entry_pattern *pattern, unsigned flags, struct regex **ret);
/* As knowledge_problem, at a place inside the text of a node: line and column from 0. */
void entry_problem_in(struct rules *rules, const struct tree_doc *d, uint32_t node, unsigned line, unsigned column, int code, const char *format, ...)
	__attribute__((format(printf, 7, 8)));
static inline bool entry_is_builtin(const struct tree_doc *d) { return d->texts == NULL; }
#endif
