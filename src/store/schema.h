/* The text of the database: every table, index and view, one statement each. docs/database.md describes them. */
#ifndef MCPLOG_STORE_SCHEMA_H
#define MCPLOG_STORE_SCHEMA_H
#include <stddef.h>

#define SCHEMA_ID_PREFIX "toolu_" /* of tool_use_id: not stored */
enum {
	SCHEMA_VERSION = 2,              /* user_version. Newer: refused. Older: migrated. Promise: docs/database.md */
	NO_START = 1, NO_DURATION = 2,   /* of the row of a call; a start that is known is the base of its times */
	UPTIME_AS_TIMES = 0, UPTIME_UNKNOWN = 1, UPTIME_SAID = 2, /* of the row of a connection: what its times say; none; seconds from here on */
	SCHEMA_APPLICATION = 0x6d63706c, /* application_id, "mcpl" */
};
struct schema_object {
	const char *name, *sql; /* tables before the indices and views that need them */
};
extern const struct schema_object schema_objects[];
extern const size_t schema_object_count;
#endif
