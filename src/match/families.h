/* Signatures that begin alike and differ in texts further on: one search says of a body that it can be none of them. */
#ifndef MCPLOG_MATCH_FAMILIES_H
#define MCPLOG_MATCH_FAMILIES_H
#include "model/rules.h"

enum family_of { FAMILY_UNKNOWN, FAMILY_NONE, FAMILY_FIRST };
struct families {
	const struct rules *rules; /* only read; lives longer */
	uint16_t *of;              /* by signature: enum family_of, or one of those behind */
	struct needles **needles;  /* [n], of family FAMILY_FIRST + i */
	size_t n;
};
void families_init(struct families *f, const struct rules *rules);
void families_done(struct families *f);

/* The answer for one body; {0} before it is asked for. */
struct family_answer {
	uint16_t family; /* 0: none was asked for */
	bool none;
};
bool families_search(struct families *f, size_t signature, str body, struct family_answer *a); /* for families_exclude */
/* Is it certain that this signature (index) does not match the body? *a: of the same body. A family is built when one of its members is
 * asked for. */
static inline bool families_exclude(struct families *f, size_t signature, str body, struct family_answer *a)
{
	const uint16_t family = f->of[signature];
	return family >= FAMILY_FIRST && family == a->family ? a->none : family != FAMILY_NONE && families_search(f, signature, body, a);
}
#endif
