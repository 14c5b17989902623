/* Threshold ranges of the Monitoring Plugins: "10" alerts below 0 and above 10, "10:" below 10, "~:10" above 10, "10:20"
 * outside, "@10:20" inside, ends included. */
#ifndef MCPLOG_ALERT_RANGE_H
#define MCPLOG_ALERT_RANGE_H
#include "base/buf.h"

struct alert_range {
	bool set, inside;          /* inside: '@' */
	bool no_start, no_end;     /* open ends */
	int64_t start, end;        /* in millionths of the unit */
	char text[32];             /* as given, for performance data */
};
/* False when it is no range, or its start lies behind its end. */
bool alert_range_parse(str s, struct alert_range *ret);
/* Does the value (in millionths) raise an alert? Never for a range that is not set. */
bool alert_range_hit(const struct alert_range *r, int64_t value);
#endif
