/*
 * export: what the timeline knows, for other programs. One row of exporters[] per format; all of them see the facts of one
 * run over the paths, or over everything that the timeline knows. Nothing is sent anywhere: another program reads the output.
 */
#include "base/diag.h"
#include "base/nearest.h"
#include "cli/alerting.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/inputs.h"
#include "report/alerts.h"

struct exporter {
	const char *name;
	const char *report; /* name in the table of report formats, for write_report */
	/* Appends to *out; the facts are in r->result. ERR_DB or ERR_USAGE. */
	int (*write)(struct run *r, const struct exporter *x, struct buf *out, struct err *reterr);
	bool alert;     /* leaves the machine without being looked at: refuses --no-redact */
	unsigned mode;  /* of the file with -o */
};

/* The formats that are reports as well. */
static int write_report(struct run *r, const struct exporter *x, struct buf *out, struct err *reterr)
{
	(void)reterr;
	const struct picture *p = &r->result.facts.picture;
	if (p->calls_left_out || p->marks_left_out) {
		diag_warn("%llu calls and %llu marks did not fit and are left out; export fewer logs at a time", (unsigned long long)p->calls_left_out,
			(unsigned long long)p->marks_left_out);
		r->exit = exit_code_worst(r->exit, EXIT_CODE_INPUT);
	}
	report_find(str_z(x->report))->write(&r->result.facts, &r->rules, &r->report, out);
	return 0;
}

/* The forms of monitoring systems: alerts were stepped in the run. */
static int write_alerts(struct run *r, const struct exporter *x, struct buf *out, struct err *reterr)
{
	static const struct {
		const char *name;
		void (*write)(const struct alert_report *, struct buf *);
	} table[] = {{"alertmanager", report_alertmanager}, {"webhook", report_webhook}, {"slack", report_slack}};
	(void)reterr;
	const struct alert_report report = alerting_report(r->conclude_context, r->env, r->opts);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (str_eq(str_z(x->name), str_z(table[i].name)))
			table[i].write(&report, out);
	return 0;
}

static int write_prom(struct run *r, const struct exporter *x, struct buf *out, struct err *reterr)
{
	(void)x, (void)reterr;
	const struct metrics_report m = alerting_metrics(r->conclude_context);
	report_prom(&m, out);
	return 0;
}

/* In the order of the command's synopsis in opts.c. */
static const struct exporter exporters[] = {
	{"ndjson", "ndjson", write_report, false, 0600},
	{"csv", "csv-calls", write_report, false, 0600},
	{"otlp", "otlp", write_report, false, 0600},
	{"otlp-traces", "otlp-traces", write_report, false, 0600},
	{"otlp-logs", "otlp-logs", write_report, false, 0600},
	{"chrome-trace", "chrome-trace", write_report, false, 0600},
	{"prom", NULL, write_prom, true, 0644},
	{"alertmanager", NULL, write_alerts, true, 0600},
	{"webhook", NULL, write_alerts, true, 0600},
	{"slack", NULL, write_alerts, true, 0600},
};
enum { EXPORTERS = sizeof exporters / sizeof *exporters };

static const struct exporter *find(const char *name, struct err *reterr)
{
	struct nearest near = nearest_start(str_z(name));
	struct buf names = {0};
	for (int i = 0; i < EXPORTERS; i++) {
		if (name && str_eq(str_z(name), str_z(exporters[i].name))) {
			buf_done(&names);
			return &exporters[i];
		}
		nearest_offer(&near, str_z(exporters[i].name));
		buf_printf(&names, "%s%s", i ? ", " : "", exporters[i].name);
	}
	if (name)
		(void)err_set(reterr, ERR_USAGE, "export: '%s' is no format", name);
	else
		(void)err_set(reterr, ERR_USAGE, "export: the format is missing");
	if (nearest_result(&near).n)
		err_hint(reterr, "did you mean %.*s?", STR_ARG(nearest_result(&near)));
	else
		err_hint(reterr, "choose one of %.*s", STR_ARG(buf_str(&names)));
	buf_done(&names);
	return NULL;
}

static int export_alerts(struct run *r, const struct exporter *x, struct err *reterr)
{
	struct alerting a;
	struct buf text = {0};
	int e = alerting_init(r, &a, reterr);
	if (!e)
		e = alerting_run(&a, 1, reterr);
	if (!e)
		e = x->write(r, x, &text, reterr);
	if (!e)
		e = run_output_mode(r, buf_str(&text), x->mode, reterr);
	buf_done(&text);
	alerting_done(&a);
	return e;
}

static int export(struct run *r, struct err *reterr)
{
	const struct opts *o = r->opts;
	const struct exporter *x = find(o->arg_count ? o->args[0] : NULL, reterr);
	if (!x)
		return ERR_USAGE;
	if (x->alert && opts_has(o, OPT_NO_REDACT)) {
		const int code = err_set(reterr, ERR_USAGE, "export %s: --no-redact is refused, alerts leave the machine", x->name);
		err_hint(reterr, "leave it out");
		return code;
	}
	if (x->alert)
		return export_alerts(r, x, reterr);
	str *paths;
	size_t count;
	r->everything = o->arg_count <= 1;
	r->keep_calls = x->report && report_find(str_z(x->report))->picture;
	int e = inputs_choose(r, 1, &paths, &count, reterr);
	r->everything = r->everything && !(count == 1 && str_eq(paths[0], S("-")));
	if (!e)
		e = run_pipeline(r, paths, count, reterr);
	struct buf text = {0};
	if (!e)
		e = x->write(r, x, &text, reterr);
	if (!e)
		e = run_output_mode(r, buf_str(&text), x->mode, reterr);
	buf_done(&text);
	return e;
}

int cmd_export(const struct env *env, const struct opts *opts) { return run_command(env, opts, export); }
