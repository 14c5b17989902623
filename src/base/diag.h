/* What mcplog says on stderr about itself. One line per distinct problem; escaped for terminals. */
#ifndef MCPLOG_BASE_DIAG_H
#define MCPLOG_BASE_DIAG_H
#include "base/err.h"
#include "base/str.h"

void diag_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));  /* "mcplog: warning: …" */
void diag_note(const char *format, ...) __attribute__((format(printf, 1, 2)));  /* "mcplog: …", no problem: silenced like a warning */
void diag_error(const char *format, ...) __attribute__((format(printf, 1, 2))); /* "mcplog: …" */
void diag_help(const char *text);                                               /* "  help: …": what to do about the line before */
void diag_err(const struct err *e); /* text, file:line:column, snippet with caret, hint */
void diag_quiet(bool quiet);        /* silences warnings, not errors */
_Noreturn void diag_out_of_memory(void);
/* What the process says on stdout and with which code it leaves when it cannot end in good order; for programs whose caller reads
 * one line and knows only some codes. NULL: nothing, and the code given to diag_end. The text must live on. */
void diag_last_words(const char *words, int code);
_Noreturn void diag_end(int code); /* at once, without cleaning up; may be called by signal handlers */
#endif
