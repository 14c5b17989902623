/* SQL functions of ours, for the user's SELECT. For store/ only. */
#ifndef MCPLOG_STORE_FUNCTIONS_H
#define MCPLOG_STORE_FUNCTIONS_H
#include "store/sql.h"

/* percentile(Y, P): the value below which P per cent (0 to 100) of all Y that are numbers lie, interpolated; NULL for none.
 * median(Y) is percentile(Y, 50). */
int functions_add(struct sql *q, struct err *reterr) MUST_USE;
/* May a SELECT of the user call this function? */
bool functions_allowed(const char *name);
#endif
