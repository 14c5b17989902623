/* Several texts searched for at once, in a run over the bytes that costs about one instruction each. */
#ifndef MCPLOG_BASE_NEEDLES_H
#define MCPLOG_BASE_NEEDLES_H
#include "base/str.h"

enum { NEEDLE_MIN = 3 };
struct needles;
/* Where the NEEDLE_MIN neighbouring bytes stand that are rarest in logs. */
size_t needle_window(str text);
/* The texts must live as long, and have NEEDLE_MIN bytes or more. */
struct needles *needles_new(const str *texts, size_t n);
void needles_free(struct needles *x);
/* Where one of them begins that lies in at … end as a whole; NULL: none does. Of those that overlap any may be told. */
const char *needles_find(const struct needles *x, const char *at, const char *end);
/* The same, a byte at a time: what machines without the instructions take, and what tests compare with. */
const char *needles_find_scalar(const struct needles *x, const char *at, const char *end);
#endif
