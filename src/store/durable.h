/* When what was committed is safe from a loss of power. For store/ only. */
#ifndef MCPLOG_STORE_DURABLE_H
#define MCPLOG_STORE_DURABLE_H
#include "store/sql.h"

/* Before BEGIN of a transaction of a file, under the lock of the writer. */
int durable_begin(struct sql *q, struct err *reterr) MUST_USE;
/* After its COMMIT: when this returns 0, nothing of it is lost. ERR_DB: it is committed, and may be lost with the power. */
int durable_commit(struct sql *q, struct err *reterr) MUST_USE;
/* After its ROLLBACK, or a COMMIT that wrote nothing. */
void durable_end(struct sql *q);
#endif
