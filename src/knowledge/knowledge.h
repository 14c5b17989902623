/* Loads patterns/: what is built into the program, then /etc/mcplog/patterns.d, $XDG_CONFIG_HOME/mcplog/patterns.d and each
 * --patterns DIR; later ids override. A broken file or entry of the user is reported in rules->first_problem and left out. */
#ifndef MCPLOG_KNOWLEDGE_KNOWLEDGE_H
#define MCPLOG_KNOWLEDGE_KNOWLEDGE_H
#include "model/rules.h"

/* dirs: the user's directories in order, missing ones are fine unless required[i]. 0, or ERR_IO/ERR_SCHEMA when a required
 * directory is missing. rules must be zeroed. */
int knowledge_load(struct rules *rules, const str *dirs, const bool *required, size_t dir_count, struct err *reterr) MUST_USE;
/* The two halves of it: the files and their hash; the entries. All else needs the second, a run with nothing new only the first. */
int knowledge_open(struct rules *rules, const str *dirs, const bool *required, size_t dir_count, struct err *reterr) MUST_USE;
void knowledge_complete(struct rules *rules); /* no harm when it is so already */
void knowledge_free(struct rules *rules);
/* yaml.c: parses one file's text into nodes appended to a growing document. */
struct tree_builder;
struct tree_builder *tree_builder_new(void);
int tree_builder_add(struct tree_builder *b, const char *file_name, str yaml, struct err *reterr) MUST_USE;
struct tree_doc *tree_builder_finish(struct tree_builder *b); /* frees the builder; the document lives until tree_doc_free */
void tree_doc_free(struct tree_doc *d);
/* Each compiles one kind of file (its root map has `schema: mcplog.signatures/1` and so on) into rules. */
void knowledge_signatures(struct rules *rules, const struct tree_doc *d, uint32_t root);
void knowledge_formats(struct rules *rules, const struct tree_doc *d, uint32_t root);
void knowledge_kinds(struct rules *rules, const struct tree_doc *d, uint32_t root);
void knowledge_causes(struct rules *rules, const struct tree_doc *d, uint32_t root);
void knowledge_advice(struct rules *rules, const struct tree_doc *d, uint32_t root);
void knowledge_limits(struct rules *rules, const struct tree_doc *d, uint32_t root);
void knowledge_telemetry(struct rules *rules, const struct tree_doc *d, uint32_t root);
void knowledge_redactions(struct rules *rules, const struct tree_doc *d, uint32_t root);
void knowledge_places(struct rules *rules, const struct tree_doc *d, uint32_t root);
void knowledge_queries(struct rules *rules, const struct tree_doc *d, uint32_t root);
/* Notes a problem at a node: file:line:column and text; the entry is left out by the caller. */
void knowledge_problem(struct rules *rules, const struct tree_doc *d, uint32_t node, int code, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* read.c: entries of the documents from rules->docs.v[first_doc] on; those of the documents before are there. knowledge_free is there too. */
void knowledge_read(struct rules *rules, size_t first_doc);
/* Generated at build time from patterns/ by mkpatterns (build/builtin_knowledge.c): the tree, its entries, and the hash of its files. */
struct image;
extern const struct tree_doc knowledge_builtin;
extern const struct image knowledge_image;
extern const uint64_t knowledge_builtin_hash;
#endif
