/* Lines to templates, after Drain (He et al., 2017): lines with as many words and the same first word are compared with the
 * templates known so far; where most words are equal, the others become <*>. What always varies is masked before. */
#ifndef MCPLOG_BASE_DRAIN_H
#define MCPLOG_BASE_DRAIN_H
#include "base/buf.h"

enum {
	DRAIN_WORDS = 48,        /* words of a line that are looked at; the rest is one <*> */
	DRAIN_TEMPLATES = 5000,  /* more are refused */
	DRAIN_SIMILAR = 60,      /* per cent of equal words that make two lines one template */
};
#define DRAIN_ANY S("<*>")
#define DRAIN_NONE SIZE_MAX

struct drain_template {
	const str *words;
	size_t word_count;
	uint64_t count;
};
struct drain; /* opaque */

struct drain *drain_new(void);
void drain_free(struct drain *d);
/* Index of the line's template, made when there is none yet; DRAIN_NONE when there are too many. Lines of different groups
 * never share one. Later lines may turn words of a template into <*>. */
size_t drain_add(struct drain *d, uint64_t group, str line);
size_t drain_count(const struct drain *d);
/* Valid until the next drain_add. */
struct drain_template drain_get(const struct drain *d, size_t i);
/* Numbers, ids, times, quoted text, paths and addresses of a line become <num>, <id>, <time>, <str>, <path>, <url>. */
void drain_mask(str line, struct buf *out);
/* Is it a word that may be anything: <*>, or one that holds a mask? */
bool drain_varies(str word);
#endif
