/* Times on the command line: "2026-05-17T20:23:00Z", "2026-05-17", "20 min ago", "yesterday", "now", "@1700000000". */
#ifndef MCPLOG_CLI_WHEN_H
#define MCPLOG_CLI_WHEN_H
#include "base/err.h"
#include "base/instant.h"

struct when {
	enum { WHEN_NONE, WHEN_AT, WHEN_BEFORE, WHEN_DAY } type;
	instant at;      /* WHEN_AT */
	int64_t back;    /* WHEN_BEFORE: µs before the as-of time; WHEN_DAY: midnight that many days back */
};

/* zone: of times that name none; NULL = UTC. ERR_USAGE names the option. */
int when_parse(const char *option, const char *text, const struct zone *zone, struct when *ret, struct err *reterr) MUST_USE;
/* A zone as --tz takes it; instant_zone_free it. ERR_USAGE names the option. */
int when_zone(const char *option, const char *text, struct zone **ret, struct err *reterr) MUST_USE;
/* INSTANT_NONE for WHEN_NONE, and for relative times when as_of is unknown. */
instant when_resolve(const struct when *w, instant as_of);
#endif
