/* The table of report formats. A new format is a row here and a file beside this one. */
#include "report/report.h"

#include "report/formats.h"

static const struct report_ops reports[] = {
	{"text", report_text, false},
	{"json", report_json, false},
	{"ndjson", report_ndjson, false},
};

const struct report_ops *report_find(str name)
{
	for (size_t i = 0; i < sizeof reports / sizeof *reports; i++)
		if (str_eq(name, str_z(reports[i].name)))
			return &reports[i];
	return NULL;
}
