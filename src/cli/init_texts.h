/* The files of share/init, compiled in (cmake/EmbedTexts.cmake). */
#ifndef MCPLOG_CLI_INIT_TEXTS_H
#define MCPLOG_CLI_INIT_TEXTS_H
#include "base/str.h"

struct init_text {
	const char *what, *part; /* share/init/WHAT/PART; sorted */
	str text;
};
extern const struct init_text init_texts[];
extern const size_t init_text_count;
#endif
