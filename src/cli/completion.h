/* Completion scripts, made from the tables of opts.c. */
#ifndef MCPLOG_CLI_COMPLETION_H
#define MCPLOG_CLI_COMPLETION_H
#include "cli/opts.h"
#include "model/rules.h"

/* What a word can be: of "text|json", "FILE", "SEVERITY|CAUSE|open", "[PATH...]". */
struct candidates {
	struct buf words; /* separated by blanks */
	bool files, dirs; /* names of files or directories as well */
};
/* value may be NULL. Free words with buf_done. */
struct candidates candidates_of(const char *value, const struct rules *rules);
/* Of --format of a command, or of an option's own value. */
const char *option_value(enum opt_id id, enum command_id command);
/* The first argument of a command, and those behind it. */
void argument_values(enum command_id command, struct buf *ret_first, struct buf *ret_rest);

void completion_bash(const struct rules *rules, struct buf *out);
void completion_zsh(const struct rules *rules, struct buf *out);
void completion_fish(const struct rules *rules, struct buf *out);
#endif
