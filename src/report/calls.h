/* What tables and traces say of a call besides its own members. */
#ifndef MCPLOG_REPORT_CALLS_H
#define MCPLOG_REPORT_CALLS_H
#include "report/report.h"

/* The session of a call has no times: those of the call only keep its order and must not be shown as dates. */
bool calls_untimed(const struct facts *f, const struct picture_call *p);
/* "server/tool#3": names a call of a log without ids. Replaces the text of *out. */
void calls_name(const struct call *c, struct buf *out);
/* Where a stage of it lies between from and to; false when it is not known or takes no time. TURN is no part of the call. */
bool calls_stage(const struct picture_call *p, enum stage stage, instant *ret_from, instant *ret_to);
/* The incident that counts it, or NULL. */
const struct incident *calls_incident(const struct facts *f, const struct picture_call *p);
/* Its server, or NULL. */
const struct server_facts *calls_server(const struct facts *f, const struct picture_call *p);
/* The same calls, sessions and times of a session give the same id. */
void calls_hash(const struct call *c, const char *what, char ret_hex[33]);
#endif
