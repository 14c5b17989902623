/* What the alerts that fire mean for the status of a check. */
#ifndef MCPLOG_ALERT_JUDGE_H
#define MCPLOG_ALERT_JUDGE_H
#include "alert/range.h"
#include "base/arena.h"
#include "model/alert.h"

struct alert_judgement {
	enum alert_level level;
	struct alert *firing;   /* the worst first; in the arena */
	size_t count;
	uint32_t incidents;     /* that alerts which fire speak of, and that are over */
	uint32_t stuck;         /* calls that were stuck when they were last seen */
	int64_t oldest;         /* µs; of these */
	uint64_t key;           /* of what fires and how bad it is: equal keys, nothing changed */
};
void alert_judge(const struct alert_book *book, instant now, const struct alert_range *warn, const struct alert_range *crit, struct arena *a,
	struct alert_judgement *ret);
#endif
