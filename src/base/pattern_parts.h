/* Shared by pattern*.c only: a pattern as branches and atoms. */
#ifndef MCPLOG_BASE_PATTERN_PARTS_H
#define MCPLOG_BASE_PATTERN_PARTS_H
#include "base/pattern.h"

enum atom_type { ATOM_BYTE, ATOM_SET, ATOM_GROUP, ATOM_ASSERT, ATOM_START, ATOM_END, ATOM_COMPLEX };
struct atom {
	enum atom_type type;
	struct byte_set set;   /* of ATOM_BYTE and ATOM_SET */
	char byte;
	str inner;             /* of ATOM_GROUP */
	unsigned min, max;     /* quantifier; max UINT32_MAX: no end */
};

/* The atom at s[*at] with its quantifier; *at < s.n. */
void pattern_next_atom(str s, size_t *at, struct atom *ret);
/* Cuts the first branch off *rest; false when there is none left. An empty branch counts. */
bool pattern_next_branch(str *rest, str *ret_branch);
/* Is anything in it that is not understood, or nested too deep? */
bool pattern_is_complex(str pattern);
/* Does the branch begin with ^? *ret_rest is what follows. */
bool pattern_branch_anchored(str branch, str *ret_rest);

static const struct byte_set all_bytes = {{~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0)}};
static inline void byte_set_unite(struct byte_set *s, const struct byte_set *other)
{
	for (unsigned i = 0; i < 4; i++)
		s->bits[i] |= other->bits[i];
}
#endif
