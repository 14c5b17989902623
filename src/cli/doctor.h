/* What doctor found, and how it is told. */
#ifndef MCPLOG_CLI_DOCTOR_H
#define MCPLOG_CLI_DOCTOR_H
#include "cli/run.h"
#include "model/log_place.h"
#include "store/health.h"

struct found_place {
	const struct log_place *place;
	str path;                /* the first directory that exists; p NULL: none does */
	str wanted;              /* the first that could */
	uint64_t files, bytes, unreadable;
	str problem;             /* of the first unreadable one */
	instant newest;          /* INSTANT_NONE: no file */
	str newest_path;
	uint64_t known;          /* sources of the timeline of this kind */
	str first_version, last_version;
};
struct doctor {
	struct run *run;
	struct found_place *found;
	size_t found_count;
	struct store_health store;
	str self_fault;          /* empty: the self-test passed */
	str self_cause;
};
void doctor_text(const struct doctor *d, struct buf *out);
void doctor_json(const struct doctor *d, struct buf *out);
#endif
