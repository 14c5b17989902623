/* The schema of a database brought to the present version. */
#ifndef MCPLOG_STORE_MIGRATE_H
#define MCPLOG_STORE_MIGRATE_H
#include "store/sql.h"

struct migration {
	int version; /* whose rows need this; ascending */
	const char *sql;
};
/* Writes the whole schema into an empty database, with application_id and user_version, in one transaction. */
int migrate_create(struct sql *q, struct err *reterr) MUST_USE;
/* From an older version to the newest: a copy beside the database (PATH.vN.bak, 0600), then reshaped, and all
 * fixes newer than `from`, in one transaction. */
int migrate_upgrade(struct sql *q, const char *path, int from, struct err *reterr) MUST_USE;
/* The same with a given list; for tests. */
int migrate_steps(struct sql *q, const struct migration *steps, size_t count, int from, struct err *reterr) MUST_USE;
/* Refuses a schema with objects that this version did not make (triggers, foreign views). */
int migrate_check(struct sql *q, struct err *reterr) MUST_USE;
#endif
