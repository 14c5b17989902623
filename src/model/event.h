/* A line that means something. Pass 1 makes it from a record; pass 2 loads it from the timeline. */
#ifndef MCPLOG_MODEL_EVENT_H
#define MCPLOG_MODEL_EVENT_H
#include "model/kinds.h"
#include "model/limits.h"
#include "model/record.h"

struct field {
	uint16_t name; /* rules.fields id */
	str value;
};

struct event {
	int64_t id;          /* row id: natural key of (source generation, offset, part); 0 before it is stored */
	uint16_t kind;       /* enum kind or a user kind: rules.kinds id */
	uint16_t signature;  /* index in rules.signatures + 1; 0 = made by code (transcript, traceback) */
	uint16_t class;      /* error class of `err`, or of the signature itself: rules.classes id; 0 none */
	uint8_t part;        /* several events of one record (leaves of a traceback) are told apart by it */
	bool local_time, excerpt;
	uint8_t field_count;
	uint32_t lines;
	uint32_t source;     /* source.index */
	enum level level;
	uint64_t line, offset;
	instant at;          /* INSTANT_NONE: order only */
	int64_t duration;    /* µs of a field dur, ms or s; -1 when there is none */
	str server, tool, tool_use_id, err; /* p NULL when not given */
	str session;
	struct field *fields; /* all other named groups, at most LIMIT_EVENT_FIELDS; owned by who made the event */
	str text;            /* excerpt of the record: redacted, at most LIMIT_EXCERPT bytes; may be empty for kept marks */
	int64_t call;        /* call.id this event belongs to, 0 none; set by track/ and join/ */
};
#endif
