/* Error objects (base/err.h). Formatting only: nothing is printed here. Texts that are too long are cut at a character. */
#include "base/err.h"
#include "base/utf8.h"
#include <stdarg.h>
#include <stdio.h>

static void put(char *to, size_t size, const char *format, va_list args) __attribute__((format(printf, 3, 0)));
static void put(char *to, size_t size, const char *format, va_list args)
{
	int n = vsnprintf(to, size, format, args);
	if (n < 0)
		to[0] = '\0';
	else if ((size_t)n >= size)
		to[utf8_limit((str){to, size - 1}, size - 1).n] = '\0';
}

int err_set(struct err *reterr, int code, const char *format, ...)
{
	if (reterr != NULL) {
		va_list args;
		*reterr = (struct err){.code = code};
		va_start(args, format);
		put(reterr->text, sizeof reterr->text, format, args);
		va_end(args);
	}
	return code;
}

int err_at(struct err *reterr, int code, const char *file, unsigned line, unsigned column, const char *format, ...)
{
	if (reterr != NULL) {
		va_list args;
		*reterr = (struct err){.code = code, .line = line, .column = column};
		snprintf(reterr->file, sizeof reterr->file, "%s", file == NULL ? "" : file);
		va_start(args, format);
		put(reterr->text, sizeof reterr->text, format, args);
		va_end(args);
	}
	return code;
}

void err_hint(struct err *reterr, const char *format, ...)
{
	if (reterr != NULL) {
		va_list args;
		va_start(args, format);
		put(reterr->hint, sizeof reterr->hint, format, args);
		va_end(args);
	}
}
