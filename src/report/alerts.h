/* Alerts and metrics in the forms of monitoring systems. Texts come redacted and without control characters; each writer escapes
 * for its own channel. */
#ifndef MCPLOG_REPORT_ALERTS_H
#define MCPLOG_REPORT_ALERTS_H
#include "base/json.h"
#include "model/alert.h"

/* Prometheus text format for the textfile collector. */
void report_prom(const struct metrics_report *m, struct buf *out);
/* Alertmanager API v2: the array to POST to /api/v2/alerts: what fires, and what was over in the last 15 minutes. */
void report_alertmanager(const struct alert_report *r, struct buf *out);
/* mcplog.alerts/1, a JSON object for any webhook (docs/alerts-json.md). */
void report_webhook(const struct alert_report *r, struct buf *out);
/* {"text": …} as Slack, Mattermost and the like take it. */
void report_slack(const struct alert_report *r, struct buf *out);
/* The line of a monitoring plugin with its performance data, and the long text below it. */
void report_status(const struct check_report *r, struct buf *out);
/* Such a line without performance data: when there was no check. */
void report_status_word(enum check_code code, str text, struct buf *out);
/* A table for people: all alerts that are remembered. */
void report_alert_list(const struct alert_report *r, struct buf *out);
#endif
