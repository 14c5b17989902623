/* One drawing as characters. */
#ifndef MCPLOG_REPORT_TIMELINE_CHART_H
#define MCPLOG_REPORT_TIMELINE_CHART_H
#include "report/lanes.h"
#include "report/page.h"

/* The axis, the lanes, what the signs mean, the marks as a list, and what was left out. The drawing must not be empty. */
void timeline_chart(struct page *p, const struct drawing *d);
#endif
