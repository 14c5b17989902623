/* What state a timeline's file is in, found without waiting for anybody and without changing it: for `mcplog doctor`. */
#ifndef MCPLOG_STORE_HEALTH_H
#define MCPLOG_STORE_HEALTH_H
#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"

struct store_health {
	bool exists, readable;      /* readable: it could be opened and is ours; else `fault` says why not */
	str path;
	uint64_t bytes, wal_bytes;
	int version, newest_version; /* of the schema; version < newest: the next analysis upgrades it */
	bool locked;                /* somebody is writing now */
	uint64_t lock_pid;          /* 0: unknown */
	str journal_mode;
	str integrity;              /* "ok", or what quick_check found first */
	str warning;                /* about its place, empty when there is nothing to say */
	str fault, hint;
	uint64_t sources, calls, incidents;
	instant last_run;           /* INSTANT_NONE: never */
	const char *sqlite_version;
};
/* Texts live in a. Never fails: what is wrong is told in *ret. */
void store_health(const char *path, struct arena *a, struct store_health *ret);
#endif
