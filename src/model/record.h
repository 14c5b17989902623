/* One record: the folded lines of one log entry, split into its parts. All views live until the parser's callback returns; pass1_pack.c
 * lists them. */
#ifndef MCPLOG_MODEL_RECORD_H
#define MCPLOG_MODEL_RECORD_H
#include "base/instant.h"
#include "model/source.h"

/* Where a record's body is looked up: a signature names the classes it may match in. */
#define CLASS_LIST(X)                                                                                             \
	X(MCP, "mcp")             /* text behind `MCP server "NAME":` of a client log, or a cache record's text */    \
	X(DEBUG, "debug")         /* any other text of a client debug log */                                          \
	X(SERVER, "server")       /* a server's or bridge's own line, wrapper and level prefix removed */             \
	X(ACCESS, "access")       /* an HTTP access line */                                                           \
	X(PROXY, "proxy")         /* a proxy's error line */                                                          \
	X(TRACEBACK, "traceback") /* one leaf exception, "Type: message"; `frame` is searched in the frames */        \
	X(DESKTOP, "desktop")     /* Claude Desktop text */                                                           \
	X(LIST, "list")           /* `claude mcp list` */                                                             \
	X(WIRE, "wire")           /* a JSON-RPC message */                                                            \
	X(TRANSCRIPT, "transcript") /* text of a tool result or message */                                            \
	X(ERROR, "error")         /* an error text: the `err` field of another event, or alone in an excerpt */
enum body_class {
#define X(id, name) CLASS_##id,
	CLASS_LIST(X)
#undef X
	CLASS_COUNT
};
const char *body_class_name(enum body_class class); /* model/names.c */

enum level { LEVEL_NONE, LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

struct record {
	enum source_kind kind;
	enum body_class class;
	uint64_t line, offset;  /* where it begins: 1-based line, byte in the decompressed stream */
	uint32_t lines;         /* physical lines folded into it */
	instant at;             /* INSTANT_NONE when the line has no time */
	bool local_time;        /* no zone in the text; --tz was applied */
	enum level level;
	bool excerpt;           /* peeled out of a text; confidence at most likely */
	bool cut;               /* a cap was reached, or the end of the file cut it */
	uint16_t from;          /* no signature before this one (its index + 1) can explain the body; 0: not known */
	bool sure;              /* and the body matches that one */
	bool told;              /* of a traceback: a line that stands before it says that somebody caught the error */
	/* Of transcripts and streams. */
	enum { RESULT_NONE, RESULT_USE, RESULT_OK, RESULT_ERROR, RESULT_EMPTY, RESULT_REJECTED, RESULT_RECEIPT } result;
	/* From here on only texts (pass1_pack.c takes them as an array); p NULL: there is none. */
	str raw;                /* the physical lines, for evidence */
	str body;               /* what signatures see, per class */
	str server;             /* named in the line */
	str session, cwd, version; /* carried by the record (cache log, transcript, …) */
	str tool, tool_use_id;  /* of transcripts and streams */
	/* Tracebacks: body is the leaf; all frames (raw lines without box drawing) stand in `frames`. One record per leaf. */
	str frames;
};

/* What match/ says of a record before parse/ makes it, by the first bytes of its body (parser.h: gate_fn). */
struct gate_answer {
	uint16_t from;  /* the record's; 0: no signature wants it */
	uint16_t bytes; /* of these bytes: a body that begins with so many is wanted by no signature before `from`, or, when that is 0, by none */
	uint16_t sure;  /* a body that begins with so many matches `from`, which has no groups; 0: not known */
};
#endif
