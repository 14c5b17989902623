/* The built-in entries as bytes in the program: made by the build (image_write.c), brought to life by a run (image.c). */
#ifndef MCPLOG_KNOWLEDGE_IMAGE_H
#define MCPLOG_KNOWLEDGE_IMAGE_H
#include "base/buf.h"
#include "base/vec.h"
#include "model/rules.h"

/* The arrays and tables of names of struct rules that hold entries. */
#define RULES_ARRAYS(X)                                                                                                              \
	X(signatures) X(formats) X(redactions) X(placeholders) X(advice) X(causes) X(groups) X(telemetry) X(limits) X(marks) X(words) \
	X(queries) X(places) X(traffic) X(life)
#define RULES_NAMES(X) X(kinds) X(classes) X(fields)

/* All that has pointers, beginning with a struct rules, as its words that are not 0; the rest stays where it is. A word is a number, or a
 * distance from one of these places. */
enum image_base { IMAGE_NUMBER, IMAGE_CONSTANT, IMAGE_ENTRIES, IMAGE_DOC, IMAGE_BASES };
enum { IMAGE_BASE_BITS = 2, IMAGE_STEP_MOST = UINT16_MAX >> IMAGE_BASE_BITS, IMAGE_ALIGN = 16 };
struct image {
	const uintptr_t *words;
	const uint16_t *steps; /* of each: how many words behind the one before (the first: behind the beginning), and enum image_base in the
	                        * lowest bits */
	size_t word_count;
	size_t size;           /* bytes of the entries */
	const void *constant;
	size_t constant_size;
};

/* image.c: what `im` holds becomes the entries of new rules. d: the document that it was made of. */
void image_load(const struct image *im, const struct tree_doc *d, struct rules *rules);
/* Nobody loads it again: the memory of its words is let go. Only for one that is part of the program, whose pages are its file's. */
void image_rest(const struct image *im);
void image_own(struct rules *rules);  /* arrays and names can grow from now on; no harm when they can already */
void image_free(struct rules *rules); /* them, whoever owns them */

/* image_write.c, for the build and for tests. image_prepare: before rules are read of d. image_write: adds the programs of patterns; it
 * takes the regexes away for good. */
struct image_made {
	struct buf entries, constant;
	VEC(uintptr_t) words;
	VEC(uint16_t) steps;
	size_t nodes, roots, texts; /* of the document: where they begin in constant */
};
void image_prepare(struct rules *rules);
/* words_size: bytes of d->words. False: some memory is too small for so many entries (image_write.c). */
bool image_write(struct rules *rules, const struct tree_doc *d, size_t words_size, struct image_made *ret) MUST_USE;
void image_made_done(struct image_made *m);
#endif
