/*
 * The command line as tables. options[] is the one description of every option: what parses (opts_parse.c), what -h prints
 * (opts_help.c), manual pages, shell completions, the configuration file and what mcplog(1) is checked against all come from it;
 * commands[] is the same for commands.
 *
 * Words in small letters with '|' between them, as a value or as a command's argument, are choices; a word in capitals is a
 * placeholder, some of which completion knows how to fill (FILE, PATH, DIR, CAUSE, SEVERITY, COMMAND, QUESTION). --format takes
 * other choices with every command: options[] lists all of them, each command its own. Where one name means something else to
 * another command (--for), it has two rows.
 */
#include "cli/opts.h"

#define BIT(command) (1u << COMMAND_##command)
enum {
	ON_ANALYZE = BIT(ANALYZE),
	ON_FILTERS = BIT(ANALYZE) | BIT(TIMELINE) | BIT(EXPORT),
	ON_NARROWED = ON_FILTERS | BIT(QUERY),
	ON_REPORTS = BIT(ANALYZE) | BIT(TIMELINE) | BIT(EXPLAIN) | BIT(REPORT) | BIT(EXPORT) | BIT(QUERY) | BIT(DIFF),
	ON_LOGS = ON_REPORTS | BIT(UNKNOWN),   /* reads logs once */
	ON_READERS = ON_LOGS | BIT(WATCH) | BIT(CHECK),
	ON_ALERTS = BIT(CHECK) | BIT(EXPORT), /* they decide what an alert is */
	ON_RULES = ON_READERS | BIT(PATTERNS) | BIT(STATUS) | BIT(DOCTOR),
	ON_ALL = (1u << COMMAND_COUNT) - 1,
};

static const struct command commands[COMMAND_COUNT] = {
	[COMMAND_NONE] = {"", "", "", "", NULL},
	[COMMAND_ANALYZE] = {"analyze", "[PATH...]", "read logs and report which MCP calls hung or failed, and why",
		"PATH is a log file, a directory (read recursively, hidden folders included) or - for standard input. "
		"Without PATH it reads your own logs: the debug directory, the MCP cache logs and the transcripts.",
		"text|json|ndjson|html|markdown|csv|junit"},
	[COMMAND_TIMELINE] = {"timeline", "[ID|SESSION] [PATH...]", "an incident or session as a waterfall on a common time axis",
		"ID is an incident id (v1:...) or its beginning, SESSION a client session or its beginning: they are looked for in "
		"the PATHs behind them, else in the timeline. PATH alone draws the sessions of these logs, those with incidents first.",
		"text|html|mermaid|chrome-trace"},
	[COMMAND_EXPLAIN] = {"explain", "ID|CAUSE [PATH...]", "one incident with its whole proof, or the page of a cause",
		"ID is an incident id (v1:...) of a report, or the beginning of one. Without PATH it is looked for in the "
		"timeline. CAUSE is the id of a cause or a note, such as sse-drop-silent-hang.", NULL},
	[COMMAND_REPORT] = {"report", "ID [PATH...]", "one incident as Markdown for an issue: redacted, with the lines that prove it",
		"ID is an incident id (v1:...) or its beginning. Without PATH it is looked for in the timeline. The lines at the end of "
		"the report are as few as give the same verdict when they are analysed again: mcplog analyze - takes them.", NULL},
	[COMMAND_EXPORT] = {"export", "ndjson|csv|otlp|otlp-traces|otlp-logs|chrome-trace|prom|alertmanager|webhook|slack [PATH...]", "the timeline as tables, traces and alerts for other programs",
		"Without PATH it exports everything that the timeline knows. ndjson: the objects of the JSON "
		"report, one per line. csv: a row per call. otlp: OpenTelemetry spans and log records as JSON, a line each; otlp-traces "
		"and otlp-logs: one of them, as an HTTP receiver takes it. chrome-trace: for https://ui.perfetto.dev.\n"
		"prom: metrics for node_exporter's textfile directory; alertmanager: the array for "
		"its API; webhook: the same alerts as a JSON object; slack: {\"text\": ...}. These "
		"four read new lines and step the alerts, like check.",
		NULL},
	[COMMAND_WATCH] = {"watch", "[PATH...]", "follow the logs and tell of each incident as it begins, changes and ends",
		"Without PATH it follows your own logs. It ends with Ctrl-C. Incidents that are over when it starts are history and "
		"are not told.",
		"text|ndjson"},
	[COMMAND_CHECK] = {"check", "[PATH...]", "for cron, Nagios and the like: one status line, exit code 0 to 3",
		"Reads what is new in all logs that the timeline knows, in PATH, or without PATH "
		"in your own logs, and says whether a call hangs now or something new broke.\n"
		"0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. RANGE is that of the Monitoring Plugins: "
		"120 alerts above 120, 10:20 outside, @10:20 inside. What was wrong before the "
		"first run is history.", NULL},
	[COMMAND_ALERTS] = {"alerts", "", "what fires and what is over; acknowledge it, or hand it to a sender",
		"Alerts are made by check and export. --send runs a shell command with the alerts "
		"that its receiver does not know yet on standard input; what it fails to deliver "
		"is sent again the next time.", "text|alertmanager|webhook|slack"},
	[COMMAND_INIT] = {"init", "cron|systemd|nagios|prometheus|alertmanager|claude-hook [PART]", "print a ready set-up for other programs; changes nothing",
		"With PART only this part of it: systemd service, systemd timer, prometheus rules, "
		"prometheus tests. docs/alerting.md goes through each step by step.", NULL},
	[COMMAND_PATTERNS] = {"patterns", "list|test|lint|new [ID]", "the knowledge base: list, test, lint, new",
		"list shows what is loaded (--origin: from where); test runs every sample of every pattern, or of ID; "
		"lint also says what a pattern costs; new ID prints the skeleton of a signature.", NULL},
	[COMMAND_QUERY] = {"query", "QUESTION|SQL [PATH...]", "ask the timeline: a ready-made question, or one SELECT of your own",
		"--list shows the ready-made questions, --schema the views and columns. --server, --tool, --session, --since and "
		"--until narrow ready-made questions; in your own SQL they are :server, :tool, :session, :since and :until (the "
		"times in ms), and NAME=VALUE gives :NAME its value. With PATH only these logs are asked, and nothing is kept.",
		"text|json|ndjson|csv"},
	[COMMAND_UNKNOWN] = {"unknown", "[PATH...]", "lines that no signature explains, as templates",
		"Errors, warnings and everything about MCP servers that no signature explains, grouped; --all: all other lines too. "
		"mcplog patterns new my.id --from NUMBER [PATH...] makes a signature of one. Without PATH it reads your own logs.",
		"text|json|ndjson|csv"},
	[COMMAND_DOCTOR] = {"doctor", "", "which logs exist, what they tell, what to switch on, the timeline's state",
		"Looks and changes nothing. Leaves with 3 when logs are unreadable, with 4 when the timeline is, or the self-test fails.",
		"text|json"},
	[COMMAND_DIFF] = {"diff", "A B [PATH...]", "two periods or two logs compared: what got worse",
		"A and B are periods (yesterday, 2026-05-01, 2026-05-01..2026-05-07) of the timeline, or of the logs under PATH; or "
		"two logs. Each difference has its numbers and whether they are large enough to say anything; -v lists all.",
		"text|json"},
	[COMMAND_STATUS] = {"status", "", "every source of the timeline with offset, pending bytes and problems", "", NULL},
	[COMMAND_PRUNE] = {"prune", "", "remove old rows from the timeline; what was read stays known",
		"Calls, events and incidents go, by age or until the timeline is small enough; the positions of their files stay, so "
		"nothing comes back or counts twice. Log files are never touched.", NULL},
	[COMMAND_CONFIG] = {"config", "", "every option with its present value and where that comes from",
		"Values come from the configuration file (mcplog/config in $XDG_CONFIG_HOME or ~/.config), the environment "
		"(MCPLOG_ and the option's name, such as MCPLOG_LOCK_WAIT) and the command line; the later one wins.", NULL},
	[COMMAND_COMPLETION] = {"completion", "bash|zsh|fish", "the completion script of a shell",
		"bash: source <(mcplog completion bash)\n"
		"zsh:  mcplog completion zsh > \"${fpath[1]}/_mcplog\"\n"
		"fish: mcplog completion fish > ~/.config/fish/completions/mcplog.fish", NULL},
	[COMMAND_HELP] = {"help", "[COMMAND]", "this overview, or the options of one command", "", NULL},
	[COMMAND_VERSION] = {"version", "", "the version of the program", "", NULL},
};

#define SEVERITIES "info|warning|critical"
#define WHEN "auto|always|never"
static const struct opt options[OPT_COUNT] = {
	[OPT_DB] = {"db", 0, OPT_TEXT, "FILE", 0, 0, ON_ALL,
		"timeline to use; :memory: keeps nothing (default: mcplog/timeline.db in $XDG_STATE_HOME or ~/.local/state)"},
	[OPT_FORMAT] = {"format", 'f', OPT_CHOICE, "text|json|ndjson|html|markdown|csv|junit|mermaid|chrome-trace|alertmanager|webhook|slack", 0, 0, ON_ANALYZE | BIT(WATCH) | BIT(QUERY) | BIT(TIMELINE) | BIT(UNKNOWN) | BIT(ALERTS) | BIT(DOCTOR) | BIT(DIFF), "form of the report (default: text)"},
	[OPT_OUTPUT] = {"output", 'o', OPT_TEXT, "FILE", 0, 0, ON_LOGS | BIT(DOCTOR), "write the report to FILE, whole or not at all"},
	[OPT_SINCE] = {"since", 0, OPT_TEXT, "TIME", 0, 0, ON_NARROWED,
		"only incidents and notes from TIME on: 2026-05-17T20:23, \"30 min ago\" (before the as-of time), yesterday"},
	[OPT_UNTIL] = {"until", 0, OPT_TEXT, "TIME", 0, 0, ON_NARROWED, "only incidents and notes that began before TIME"},
	[OPT_SERVER] = {"server", 0, OPT_TEXT, "NAME", 0, 0, ON_NARROWED | BIT(DIFF) | BIT(WATCH), "only this MCP server"},
	[OPT_TOOL] = {"tool", 0, OPT_TEXT, "NAME", 0, 0, ON_NARROWED | BIT(WATCH), "only this tool (its bare name)"},
	[OPT_SESSION] = {"session", 0, OPT_TEXT, "ID", 0, 0, ON_NARROWED | BIT(WATCH), "only this client session; the beginning of its id is enough"},
	[OPT_CAUSE] = {"cause", 0, OPT_TEXT, "CAUSE", 0, 0, ON_FILTERS | BIT(WATCH), "only incidents and notes of this kind"},
	[OPT_MIN_SEVERITY] = {"min-severity", 0, OPT_CHOICE, SEVERITIES, 0, 0, ON_FILTERS | BIT(WATCH), "only incidents at least this severe"},
	[OPT_FAIL_ON] = {"fail-on", 0, OPT_TEXT, "SEVERITY|CAUSE|open", 0, 0, ON_ANALYZE,
		"leave with 1 when the report holds such an incident (open: one that is not over)"},
	[OPT_AS_OF] = {"as-of", 0, OPT_TEXT, "TIME", 0, 0, (ON_REPORTS & ~BIT(QUERY)) | BIT(CHECK) | BIT(ALERTS),
		"judge open calls as of TIME (default: the last time stamp in the input; check, alerts: now)"},
	[OPT_TZ] = {"tz", 0, OPT_TEXT, "ZONE", 0, 0, ON_READERS,
		"zone of log times that name none: UTC, local, +02:00, Europe/Berlin (default: UTC)"},
	[OPT_PATTERNS] = {"patterns", 0, OPT_TEXT, "DIR", 0, 0, ON_RULES, "more knowledge from DIR; may be repeated, later ids win"},
	[OPT_FINAL] = {"final", 0, OPT_FLAG, NULL, 0, 0, ON_LOGS, "the input will not grow: a last line without newline counts"},
	[OPT_REQUIRE_FILES] = {"require-files", 0, OPT_FLAG, NULL, 0, 0, ON_LOGS | BIT(CHECK), "no log found is an error (exit code 3)"},
	[OPT_FOLLOW_SYMLINKS] = {"follow-symlinks", 0, OPT_FLAG, NULL, 0, 0, ON_READERS, "follow links that leave the directory"},
	[OPT_FORCE_TEXT] = {"force-text", 0, OPT_FLAG, NULL, 0, 0, ON_READERS, "read files that look binary"},
	[OPT_ALLOW_ROOT] = {"allow-root", 0, OPT_FLAG, NULL, 0, 0, ON_READERS | BIT(DOCTOR), "as root, read files that belong to other users"},
	[OPT_LIST] = {"list", 0, OPT_FLAG, NULL, 0, 0, BIT(QUERY), "the ready-made questions with their names"},
	[OPT_SCHEMA] = {"schema", 0, OPT_FLAG, NULL, 0, 0, BIT(QUERY), "the views and their columns"},
	[OPT_TIMEOUT] = {"timeout", 't', OPT_NUMBER, "SECONDS", 0, 86400, BIT(QUERY) | BIT(CHECK) | BIT(ALERTS),
		"give up after SECONDS, 0 never (default: query 30, check 10, alerts --send 30)"},
	[OPT_LIMIT] = {"limit", 'n', OPT_NUMBER, "N", 0, 100000000, BIT(QUERY) | BIT(UNKNOWN), "at most N rows (default of query: 100000, of unknown: 40; 0: all)"},
	[OPT_ALL] = {"all", 0, OPT_FLAG, NULL, 0, 0, BIT(UNKNOWN) | BIT(PATTERNS),
		"also lines that have nothing to do with MCP and are no errors"},
	[OPT_FROM] = {"from", 0, OPT_NUMBER, "NUMBER", 1, 100000, BIT(PATTERNS), "new: make the signature from a template of mcplog unknown"},
	[OPT_JOBS] = {"jobs", 'j', OPT_NUMBER, "N", 1, 256, ON_REPORTS | BIT(CHECK), "threads to read with (default: 2 for much new input on two processors, else 1)"},
	[OPT_LOCK_WAIT] = {"lock-wait", 0, OPT_NUMBER, "SECONDS", 0, 86400, ON_REPORTS | BIT(WATCH) | BIT(CHECK) | BIT(ALERTS) | BIT(PRUNE), "how long to wait for another writer (default: 5)"},
	[OPT_NO_REDACT] = {"no-redact", 0, OPT_FLAG, NULL, 0, 0, ON_LOGS | BIT(CHECK), "do not hide secrets; then nothing is kept in a timeline"},
	[OPT_PRIVACY] = {"privacy", 0, OPT_FLAG, NULL, 0, 0, ON_REPORTS & ~BIT(QUERY),
		"also hide e-mail addresses, home directories, user names, hosts and private addresses"},
	[OPT_FOR] = {"for", 0, OPT_CHOICE, "client|server|proxy", 0, 0, BIT(REPORT), "for whom the report is: the facts of that side come first"},
	[OPT_COLOR] = {"color", 0, OPT_CHOICE, WHEN, 0, 0, ON_ALL, "colours (default: auto, on a terminal; NO_COLOR and TERM=dumb count)"},
	[OPT_ASCII] = {"ascii", 0, OPT_FLAG, NULL, 0, 0, (ON_READERS | BIT(DOCTOR)) & ~BIT(CHECK), "text with ASCII characters only"},
	[OPT_WIDTH] = {"width", 0, OPT_NUMBER, "COLUMNS", 60, 200, BIT(TIMELINE), "columns of the picture (default: the terminal's, 80 elsewhere)"},
	[OPT_PROGRESS] = {"progress", 0, OPT_CHOICE, WHEN, 0, 0, ON_REPORTS | BIT(WATCH), "progress on stderr (default: auto, on a terminal)"},
	[OPT_ORIGIN] = {"origin", 0, OPT_FLAG, NULL, 0, 0, BIT(PATTERNS), "list: show the file that each entry comes from"},
	[OPT_PAGER] = {"pager", 0, OPT_TEXT, "COMMAND", 0, 0, ON_ALL,
		"how long text is shown on a terminal (default: $PAGER or less -FRX); cat shows it as it is"},
	[OPT_NO_PAGER] = {"no-pager", 0, OPT_FLAG, NULL, 0, 0, ON_ALL, "no pager"},
	[OPT_SHOW_CONFIG] = {"show-config", 0, OPT_FLAG, NULL, 0, 0, ON_ALL, "the values of the options and where they come from, and do nothing else"},
	[OPT_MDOC] = {"mdoc", 0, OPT_FLAG, NULL, 0, 0, BIT(HELP), "the manual page of the command, as mdoc source"},
	[OPT_POLL] = {"poll", 0, OPT_NUMBER, "SECONDS", 1, 86400, BIT(WATCH),
		"look for changes every SECONDS instead of being told by the kernel (inotify)"},
	[OPT_EXEC] = {"exec", 0, OPT_TEXT, "COMMAND", 0, 0, BIT(WATCH),
		"run COMMAND with sh for each event, with the event as JSON on its standard input"},
	[OPT_EXEC_LIMIT] = {"exec-limit", 0, OPT_NUMBER, "SECONDS", 1, 3600, BIT(WATCH), "stop a command that runs longer (default: 10)"},
	[OPT_SETTLE] = {"settle", 0, OPT_NUMBER, "SECONDS", 0, 3600, BIT(WATCH),
		"how long a call whose stream dropped may still be answered before it is told (default: 2)"},
	[OPT_AFTER] = {"after", 0, OPT_NUMBER, "SECONDS", 0, 86400, BIT(WATCH),
		"how old a call about which the log says nothing but \"still running\" must be to be told (default: 180)"},
	[OPT_INTERVAL] = {"interval", 0, OPT_NUMBER, "MINUTES", 1, 30, BIT(INIT), "how often it is to run (default: 5)"},
	[OPT_TESTS] = {"tests", 0, OPT_FLAG, NULL, 0, 0, BIT(INIT), "prometheus: the tests of the rules, for promtool test rules"},
	[OPT_QUIET] = {"quiet", 'q', OPT_FLAG, NULL, 0, 0, ON_ALL, "no warnings on stderr"},
	[OPT_VERBOSE] = {"verbose", 'v', OPT_FLAG, NULL, 0, 0, ON_ALL, "all evidence, and the details of notes and sources"},
	[OPT_WARNING] = {"warning", 'w', OPT_TEXT, "RANGE", 0, 0, ON_ALERTS,
		"seconds that an open call with something wrong may wait before it is stuck (default: 120)"},
	[OPT_CRITICAL] = {"critical", 'c', OPT_TEXT, "RANGE", 0, 0, ON_ALERTS, "the same, before it is critical (default: 600)"},
	[OPT_NEW_INCIDENTS] = {"new-incidents", 0, OPT_TEXT, "RANGE[,RANGE]", 0, 0, BIT(CHECK),
		"how many new incidents are a warning, and how many critical (default: 0, and never)"},
	[OPT_ON] = {"on", 0, OPT_TEXT, "SEVERITY|CAUSE,...", 0, 0, ON_ALERTS,
		"which incidents that are over are told: at least this severe, or of these causes (default: critical)"},
	[OPT_FOR_RUNS] = {"for", 0, OPT_NUMBER, "N", 1, 1000, ON_ALERTS, "a call must be stuck in N runs in a row before it is told (default: 1)"},
	[OPT_KEEP_FIRING] = {"keep-firing", 0, OPT_TEXT, "DURATION", 0, 0, ON_ALERTS,
		"how long an alert goes on after its trouble was last seen (default: 10m)"},
	[OPT_CRON] = {"cron", 0, OPT_FLAG, NULL, 0, 0, BIT(CHECK), "print only when something changed since the last line that was printed"},
	[OPT_REMIND] = {"remind", 0, OPT_TEXT, "DURATION", 0, 0, BIT(CHECK), "with --cron: say again after this time what is still wrong (default: 24h)"},
	[OPT_HOST] = {"host", 'H', OPT_TEXT, "NAME", 0, 0, BIT(EXPORT) | BIT(ALERTS), "name of this machine in alerts (default: its own)"},
	[OPT_ACK] = {"ack", 0, OPT_TEXT, "ID|all", 0, 0, BIT(ALERTS), "do not send this alert again until it is over"},
	[OPT_SEND] = {"send", 0, OPT_TEXT, "COMMAND", 0, 0, BIT(ALERTS), "run the shell command with the alerts on standard input (--format: in which form)"},
	[OPT_OLDER_THAN] = {"older-than", 0, OPT_TEXT, "DURATION", 0, 0, BIT(PRUNE), "remove what is older, such as 90d"},
	[OPT_MAX_SIZE] = {"max-size", 0, OPT_TEXT, "SIZE", 0, 0, BIT(PRUNE), "remove the oldest until the timeline is no larger, such as 500M"},
	[OPT_DRY_RUN] = {"dry-run", 0, OPT_FLAG, NULL, 0, 0, BIT(PRUNE), "say what would be removed, by age, and remove nothing"},
	[OPT_SHORT_HELP] = {NULL, 'h', OPT_FLAG, NULL, 0, 0, ON_ALL, "short help"},
	[OPT_HELP] = {"help", 0, OPT_FLAG, NULL, 0, 0, ON_ALL, "the manual page"},
	[OPT_VERSION] = {"version", 'V', OPT_FLAG, NULL, 0, 0, ON_ALL, "the version of the program"},
};
_Static_assert(COMMAND_COUNT <= 32, "commands fit into the bits of an option");

const struct command *opts_command(enum command_id id)
{
	return &commands[id];
}

const struct opt *opts_option(enum opt_id id)
{
	return &options[id];
}
