/* A YAML document as a tree of constant nodes: what knowledge/ compiles rules from. Built-in knowledge is such a tree,
 * generated at build time; files of the user are parsed into one at run time. Nodes hold no pointers: a start would have to
 * relocate, and so to copy, each of them. */
#ifndef MCPLOG_MODEL_TREE_H
#define MCPLOG_MODEL_TREE_H
#include "base/str.h"

enum tree_type { TREE_TEXT, TREE_LIST, TREE_MAP };
struct tree {
	uint32_t key;   /* of an entry of a map: offset in words; 0 in lists and roots. Read it with tree_key */
	uint32_t text, text_size; /* TREE_TEXT: the scalar; literal blocks without their last newline. Read it with tree_text */
	uint32_t child; /* index of the first child, 0 = none (index 0 is never a child) */
	uint32_t next;  /* index of the next sibling, 0 = last */
	uint32_t line;  /* 1-based place of the value in the file; of a block scalar: of its first text line */
	uint32_t key_line;            /* place of the key; 0 in lists and roots */
	uint16_t key_size;
	uint16_t column, key_column, file; /* columns count characters from 1; file: index in files[] */
	uint8_t type;
	bool quoted;    /* the scalar was quoted or a block: never a number or a bool */
};
struct tree_doc {
	const struct tree *nodes; /* nodes[0] is unused; one root per file, listed in roots[] */
	size_t node_count;
	const uint32_t *roots;    /* by file */
	const char *const *files; /* display names, "patterns/signatures/x.yaml" */
	size_t file_count;
	const char *words;        /* all keys and texts; words[0] is NUL */
	const str *texts;         /* by file: the whole text, for messages; NULL when built in */
};

/* model/tree.c; all take index 0 and give 0 / empty. */
uint32_t tree_get(const struct tree_doc *d, uint32_t map, const char *key); /* value node of a key, or 0 */
str tree_key(const struct tree_doc *d, uint32_t node);                      /* empty in lists and roots */
str tree_text(const struct tree_doc *d, uint32_t node);                     /* scalar's text or empty */
str tree_get_text(const struct tree_doc *d, uint32_t map, const char *key);
uint32_t tree_first(const struct tree_doc *d, uint32_t list_or_map);        /* for (i = tree_first(…); i; i = tree_next(…)) */
uint32_t tree_next(const struct tree_doc *d, uint32_t node);
size_t tree_count(const struct tree_doc *d, uint32_t list_or_map);
#endif
