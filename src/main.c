/*
 * mcplog: where is what. One line per file, in the order in which data meets it; names stand without their folder.
 * tests/lint/test_file_map.py keeps this complete.
 *
 * START         main                 the world outside: environment, descriptors, signals, clock; then cli/
 *
 * cli/          cli                  command line to command, exit codes of errors and signals
 *               opts                 the one table of options and commands
 *               opts_parse opts_help command lines read by that table; -h
 *               config pager         configuration file and environment; long text on terminals
 *               manual completion_bash completion_zsh completion_fish  manual pages and scripts for shells, from the table
 *               when places          times as people write them; default database, patterns and logs
 *               exit_code            exit codes and which one wins
 *               inputs               which logs a command reads
 *               run problems progress  one run of the pipeline as the options ask for it; what it says on stderr
 *               cmd_analyze          logs to report
 *               cmd_export           the timeline for other programs
 *               cmd_watch watched changes notify  incidents as they begin and end: the loop, its files, what is new, --exec
 *               cmd_init init_texts  set-ups for other programs, printed
 *               cmd_timeline         an incident or a session as a picture
 *               cmd_explain find full_lines  one incident in full, found by its id, its lines read again; the page of a cause
 *               cmd_report           one incident as Markdown for an issue
 *               cmd_query            questions to the timeline
 *               cmd_diff             two periods or logs compared
 *               cmd_doctor doctor_show  which logs there are, the timeline's state, a self-test
 *               cmd_unknown unexplained  lines that no signature explains, and signatures made of them
 *               cmd_check cmd_alerts alerting  alerts: a status line; list, acknowledge, send; a run that steps them
 *               cmd_patterns cmd_status cmd_prune cmd_config  the knowledge base; the sources; retention; values of options and
 *                                    where they come from
 *               cmd_completion cmd_help  scripts for shells; help, manual, version
 *
 * THE PASSES    pipeline             the two passes behind one call
 *               pass1 pass1_read pass1_rest  streaming, file to timeline: from records on; up to records; resting in a file
 *               pass1_ahead pass1_pack  a second thread for the part up to records; records as bytes, from one to the other
 *               pass2                judging: timeline to facts
 *               assemble             what a report is made of
 *               digest digest_groups what of it is kept for the next run; which sources belong together
 *               slice slice_text     the lines that carry an incident, chosen, proven and redacted
 *               unknown              beside them: records that no signature explains
 *               assemble_picture assemble_health  every call and mark, for pictures and traces; health of servers
 *               live                 the passes in memory, again and again, for watch
 *
 * PASS 1        bytes to rows, one file after the other
 * ingest/       source walk path     paths to inputs; directories; identities of files
 *               sections             several logs in one stream
 *               follow               what changed below paths, for watch
 *               reader window        bytes to lines; the bytes of a file that are in memory
 *               inflate sniff        gzip and zstd; binary, UTF-16 and archives
 * parse/        parser detect shape  lines to records; which formats; formats as data, prepared
 *               hot                  the fast way of a line that looks like most lines of its file
 *               searched             the way into block when signatures may match anywhere: only records without their texts
 *               block told           such lines straight from the reader's buffer: the inner loop; what the gate said of beginnings
 *               json_block           lines of JSON logs from there
 *               cache_line transcript_line   the same for lines of the client's cache log and of transcripts: JSON without a parser
 *               peel fold traceback  wrappers off; several lines to one record; exceptions
 *               format_json format_object format_transcript excerpt facts  dialects, quoted logs; what a file says about itself
 *               tally                what is counted of a file
 *               parser_state         what is kept of a parser between two runs
 * match/        index texts gate matcher  which signatures can match; records to events
 * redact/       redact               hides secrets before anything is stored or shown
 * track/        tracker lines pairing  events of one file to calls: the tracker, what a line does, to which call
 *               open_calls held      calls not handed out yet, with their lines
 *               parked               very many of them, in a few bytes each
 *               tracker_state        what is kept of a tracker between two runs
 * store/        timeline open migrate schema lock  the SQLite file: life, transaction, schema, one writer
 *               durable              commits that outlive a loss of power
 *               gather               the write-ahead log in large pieces
 *               sources gone known known_image checkpoint copies  which generation a file is; what copies share
 *               prune                retention
 *               sql rows packs json_row pack names  statements; rows, some hundred in one of SQLite's
 *               recent               those that this run wrote, on their way to pass 2
 *               load load_rows       sources and rows back
 *               detail               fields of an event in its row
 *               digests outputs      what was made of them, kept as bytes: groups of sources, reports
 *               facts verdict_list servers  verdicts, written by difference
 *               alerts longest       what alerting remembers, and asks of all calls
 *               image mkschema_main  an empty database as constants, and the host tool of the build that makes it
 *               health               a database's state, for doctor
 *               query functions      the user's SELECT, and what it may call
 *
 * PASS 2        rows to verdicts, one session after the other
 * join/         load began briefs session periods twin ids implied exit ending server_side servers view  files of one session to one time line
 * classify/     classify subject chain related success  causes tried, the earliest wins
 *               rules rules_call rules_event call_lists  does a condition hold: all words; of calls; of events; for many subjects at once
 *               proof evidence outcome fingerprint wording advice  what was ruled out, decisive lines, words
 *               unmeasured           the verdict on a run that told nothing
 *
 * ALERTS        what of the verdicts is to be told, once when it begins and once when it is over
 * alert/        observe range step   facts to observations; thresholds; the life of an alert, as a pure function
 *               count judge          counters that never go down; what fires as the status of a check
 *
 * REPORT
 * report/       report filter        the table of formats; what is shown
 *               live                 what watch says
 *               text text_incident explain page  for people; the one place that makes text safe for terminals
 *               lanes lanes_beside axis signs  pictures: what has a lane, where it stands, what it looks like
 *               timeline_text timeline_chart timeline_other  pictures on terminals; diagrams and traces of them
 *               html_report html_incident html_lanes html_health html  one page for browsers; the one place that escapes for it
 *               markdown issue md mermaid  Markdown: a whole report, one incident for an issue, safe text, diagrams
 *               hidden               how much a report hides, by kind
 *               json json_objects ndjson  for programs
 *               calls csv_tables junit  calls for tables and traces; tables; for CI gates
 *               trace otlp           Chrome trace events; OpenTelemetry
 *               answer table         rows of a query; aligned columns
 *               alert_list status    alerts for people; the line of a monitoring plugin
 *               prom alertmanager    metrics; alerts as JSON, for webhooks and Slack too
 *               compare compare_show what got worse, and how sure that is
 *
 * KNOWLEDGE     patterns/ to rules, and its proofs
 * knowledge/    knowledge read files yaml entry pieces  loading: built in, the user's; trees and their tables of keys
 *               image image_write    the built-in entries as bytes: made by the build, brought to life by a run
 *               kinds formats signatures causes conditions advice limits telemetry redactions queries places probe  one kind of file each
 *               mkpatterns_main      host tool of the build: the built-in tree and its entries as constants
 * prove/        prove formats signatures redactions causes queries sample probe  runs the samples, checks relations
 *               hostile price        what a pattern costs: in lines made to hurt it, in records that it does not match
 *
 * BELOW ALL     model/ is plain structs, base/ knows nothing of logs
 * model/        names tool_name tree problem_wire  names of enumerations, MCP names, YAML trees, problems as bytes
 * base/         str buf arena mem map intern hash wire  bytes and memory
 *               instant instant_template duration zone  time
 *               utf8 json json_text json_out csv regex pattern pattern_atoms nearest drain version_range  text
 *               html                 pages inside texts
 *               squeeze              bytes in fewer bytes
 *               needles              several texts searched for at once
 *               plain plain_read plain_run plain_begin plain_texts plain_image span newline  most patterns, matched without PCRE2; runs of bytes; ends of lines
 *               err diag out child   errors, stderr, output files, commands that are run
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "cli/env.h"
#include "cli/exit_code.h"

/* The only mutable data at file scope: a signal handler can reach nothing else. */
static volatile sig_atomic_t stop_signal;

/* The first signal asks the pipeline to roll back; the second one, or half a second without an answer, ends the process at
 * once. That is safe at any point: nothing is committed before the end of a run, and an unfinished report has a temporary
 * name. */
static void on_signal(int number)
{
	if (stop_signal)
		diag_end(exit_code_of_signal((int)stop_signal));
	stop_signal = number;
	const struct itimerval patience = {.it_value = {.tv_usec = 500000}};
	(void)setitimer(ITIMER_REAL, &patience, NULL);
}

/* A command that limits its own time: the end of it is a signal like the others. */
static void limit_time(unsigned seconds)
{
	const struct itimerval limit = {.it_value = {.tv_sec = (time_t)seconds}};
	(void)setitimer(ITIMER_REAL, &limit, NULL);
}

static void catch_signals(void)
{
	static const int stopping[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU};
	struct sigaction action = {.sa_handler = on_signal};
	for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++) {
		struct sigaction before;
		/* nohup and background jobs ignore signals on purpose. */
		if (sigaction(stopping[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN)
			continue;
		(void)sigaction(stopping[i], &action, NULL);
	}
	(void)sigaction(SIGALRM, &action, NULL);
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigaction(SIGXFSZ, &action, NULL);
}

/* A closed standard descriptor would be given to the first file that is opened: a log could then become stdout. */
static void fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0)
			_exit(EXIT_CODE_OUTPUT);
}

static unsigned terminal_columns(int fd)
{
	struct winsize size = {0};
	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Those that this process may use. */
static unsigned processors(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static instant wall_clock(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return INSTANT_NONE;
	return (instant)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

static int64_t steady_clock(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	fill_descriptors();
	const struct rlimit no_core = {0, 0}; /* a core dump would hold log content */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	/* Large blocks go back at once. Else the allocator learns from the first long line that such blocks are common, and keeps all
	 * later ones in a heap that does not shrink. */
	(void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	catch_signals();
	char host[256] = "";
	if (gethostname(host, sizeof host - 1) != 0)
		host[0] = '\0';
	const struct env env = {
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.err = STDERR_FILENO,
		.in_tty = isatty(STDIN_FILENO),
		.out_tty = isatty(STDOUT_FILENO),
		.err_tty = isatty(STDERR_FILENO),
		.columns = terminal_columns(STDOUT_FILENO),
		.processors = processors(),
		.now = wall_clock(),
		.wall_clock = wall_clock,
		.clock = steady_clock,
		.host = host,
		.limit_time = limit_time,
		.home = getenv("HOME"),
		.state_home = getenv("XDG_STATE_HOME"),
		.config_home = getenv("XDG_CONFIG_HOME"),
		.cache_home = getenv("XDG_CACHE_HOME"),
		.claude_config = getenv("CLAUDE_CONFIG_DIR"),
		.claude_debug = getenv("CLAUDE_CODE_DEBUG_LOGS_DIR"),
		.no_color = getenv("NO_COLOR"),
		.term = getenv("TERM"),
		.pager = getenv("PAGER"),
		.less = getenv("LESS"),
		.variables = environ,
		.stop = &stop_signal,
	};
	return cli_run(&env, argc, argv);
}
