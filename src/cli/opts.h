/* The command line as one table: parsing, help and the checks of the manual are made from it. */
#ifndef MCPLOG_CLI_OPTS_H
#define MCPLOG_CLI_OPTS_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum command_id {
	COMMAND_NONE,
	COMMAND_ANALYZE,
	COMMAND_TIMELINE,
	COMMAND_EXPLAIN,
	COMMAND_REPORT,
	COMMAND_EXPORT,
	COMMAND_CHECK,
	COMMAND_ALERTS,
	COMMAND_WATCH,
	COMMAND_INIT,
	COMMAND_PATTERNS,
	COMMAND_QUERY,
	COMMAND_UNKNOWN,
	COMMAND_DOCTOR,
	COMMAND_DIFF,
	COMMAND_STATUS,
	COMMAND_PRUNE,
	COMMAND_CONFIG,
	COMMAND_COMPLETION,
	COMMAND_HELP,
	COMMAND_VERSION,
	COMMAND_COUNT
};
struct command {
	const char *name, *args, *what; /* args: synopsis of the arguments, "" when there are none */
	const char *more;               /* for `mcplog help COMMAND`; each line is a paragraph */
	const char *formats;            /* of --format, separated by '|'; NULL: the command has no such option */
};

enum opt_id {
	OPT_DB, OPT_FORMAT, OPT_OUTPUT, OPT_SINCE, OPT_UNTIL, OPT_SERVER, OPT_TOOL, OPT_SESSION, OPT_CAUSE, OPT_MIN_SEVERITY,
	OPT_FAIL_ON, OPT_AS_OF, OPT_TZ, OPT_PATTERNS, OPT_FINAL, OPT_REQUIRE_FILES, OPT_FOLLOW_SYMLINKS, OPT_FORCE_TEXT,
	OPT_ALLOW_ROOT, OPT_LIST, OPT_SCHEMA, OPT_TIMEOUT, OPT_LIMIT, OPT_ALL, OPT_FROM, OPT_JOBS, OPT_LOCK_WAIT, OPT_NO_REDACT, OPT_PRIVACY, OPT_FOR, OPT_ASCII, OPT_WIDTH, OPT_PROGRESS, OPT_ORIGIN, OPT_MDOC,
	OPT_WARNING, OPT_CRITICAL, OPT_NEW_INCIDENTS, OPT_ON, OPT_FOR_RUNS, OPT_KEEP_FIRING, OPT_CRON, OPT_REMIND, OPT_HOST, OPT_ACK, OPT_SEND,
	OPT_OLDER_THAN, OPT_MAX_SIZE, OPT_DRY_RUN,
	OPT_POLL, OPT_EXEC, OPT_EXEC_LIMIT, OPT_SETTLE, OPT_AFTER, OPT_INTERVAL, OPT_TESTS,
	OPT_COLOR, OPT_QUIET, OPT_PAGER, OPT_NO_PAGER, OPT_SHOW_CONFIG, OPT_VERBOSE, OPT_SHORT_HELP, OPT_HELP, OPT_VERSION,
	OPT_COUNT
};
enum opt_type { OPT_FLAG, OPT_TEXT, OPT_NUMBER, OPT_CHOICE };
struct opt {
	const char *name;    /* long name without "--"; NULL: only a letter */
	char letter;         /* 0: only the long name */
	enum opt_type type;
	const char *value;   /* placeholder; for OPT_CHOICE the choices, separated by '|' */
	uint32_t min, max;   /* OPT_NUMBER */
	unsigned commands;   /* bit set of enum command_id */
	const char *what;
};

/* Where a value comes from; the later one wins. */
enum opt_from { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT, FROM_COMMAND_LINE };

enum { OPTS_DIRS = 16 };
struct opts {
	enum command_id command;
	const char *value[OPT_COUNT];   /* the last one given; NULL: not given. Flags: "" */
	enum opt_from from[OPT_COUNT];
	unsigned line[OPT_COUNT];       /* FROM_FILE: where in the configuration file */
	const char *config;             /* path of the configuration file, NULL when there can be none */
	bool config_read;               /* it exists */
	struct arena texts;             /* what came from the configuration file and the environment */
	const char *patterns[OPTS_DIRS]; /* --patterns may be repeated */
	size_t pattern_count;
	unsigned verbose;               /* how often --verbose was given */
	char **args;                    /* what is left for the command; the array is owned, the texts are argv's */
	size_t arg_count;
};

/* 0 or ERR_USAGE with a hint (nearest name). Nothing of argv is copied. opts_done in either case. */
int opts_parse(int argc, char **argv, struct opts *ret, struct err *reterr) MUST_USE;
void opts_done(struct opts *o);
static inline bool opts_has(const struct opts *o, enum opt_id id) { return o->value[id] != NULL; }
bool opts_find(str name, enum opt_id *ret);
bool opts_find_command(str name, enum command_id *ret);
/* The shape of a value: one of `choices` (NULL: those of the table), a number within its bounds, a text that is not empty. */
int opts_check(enum opt_id id, const char *choices, const char *value, struct err *reterr) MUST_USE;
/* The value of a number option, or `otherwise`. */
uint32_t opts_number(const struct opts *o, enum opt_id id, uint32_t otherwise);

const struct command *opts_command(enum command_id id);
const struct opt *opts_option(enum opt_id id);
/* Help: of the program, or of one command. */
void opts_help(enum command_id command, struct buf *out);
#endif
