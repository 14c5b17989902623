/* One physical line, as ingest/ hands it to parse/. */
#ifndef MCPLOG_MODEL_LINE_H
#define MCPLOG_MODEL_LINE_H
#include "base/str.h"

struct line {
	str text;            /* without LF and without one CR before it; leading NULs removed; at most LIMIT_LINE bytes */
	uint64_t number;     /* from 1 */
	uint64_t offset;     /* of its first byte in the decompressed stream (before leading NULs were removed) */
	uint64_t length;     /* as text.n, had it not been cut: > text.n means the line was longer than LIMIT_LINE */
	bool newline;        /* false: the last line, without LF */
};
#endif
