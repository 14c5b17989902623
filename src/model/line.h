/* One physical line, as ingest/ hands it to parse/. */
#ifndef MCPLOG_MODEL_LINE_H
#define MCPLOG_MODEL_LINE_H
#include "base/str.h"

struct line {
	str text;            /* without LF and without one CR before it; leading NULs removed; at most LIMIT_LINE bytes */
	uint64_t number;     /* from 1 */
	uint64_t offset;     /* of its first byte in the decompressed stream (before leading NULs were removed) */
	uint64_t length;     /* full length in the file without the newline; > text.n when cut */
	bool newline;        /* false: the last line, without LF */
};
#endif
