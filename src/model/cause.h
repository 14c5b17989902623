/* A cause or a note of patterns/causes, compiled: conditions over the incident view, relations to other causes, words for
 * people. Made by knowledge/causes.c, interpreted by classify/rules*.c. The language: patterns/README.md. */
#ifndef MCPLOG_MODEL_CAUSE_H
#define MCPLOG_MODEL_CAUSE_H
#include "model/call.h"
#include "model/rules.h"

enum { CAUSE_STEPS = 8, CAUSE_CLASSES = GROUP_CLASSES };

enum scope {
	SCOPE_CALL, SCOPE_CONNECT, SCOPE_EVENT, SCOPE_SESSION,
	SCOPE_RUN, /* said of a run of which nothing was measured; no condition is asked */
};
/* How heavy an incident is: a hang; a server that stays unusable; calls that failed. */
enum weight { WEIGHT_FAILURE, WEIGHT_OUTAGE, WEIGHT_HANG };

/* A point in time relative to the subject: `start - 5s`, `drop + 10s`, `next.start`. */
enum anchor_base {
	ANCHOR_NONE, ANCHOR_START, ANCHOR_END, ANCHOR_PREV_START, ANCHOR_PREV_END, ANCHOR_NEXT_START, ANCHOR_NEXT_END,
	ANCHOR_BEGIN,  /* of the session's log */
	ANCHOR_FINISH, /* of the session's log */
	ANCHOR_EXIT,   /* the client's own exit, else FINISH */
	ANCHOR_STEP,   /* an event bound by `as` */
};
struct anchor {
	enum anchor_base base;
	uint8_t step;
	int64_t offset; /* µs */
};
struct range { /* ">=2", "<10s", "3"; both ends inclusive */
	int64_t min, max;
	bool set;
};
struct class_set {
	uint64_t bits[CAUSE_CLASSES / 64];
	bool none; /* also calls and events without a class */
};
struct field_test {
	uint16_t field;
	unsigned count;
	str *equal; /* any of them, case-insensitive; a leading '>=' or '<' compares numbers or versions, a leading '*' stands for any beginning */
};

enum cond_type { COND_ALL, COND_ANY, COND_NOT, COND_CALL, COND_EVENT, COND_VERSION, COND_SOURCE, COND_SPAN, COND_SUBJECT };
enum who { WHO_SELF, WHO_PREV, WHO_NEXT, WHO_LATER, WHO_EARLIER, WHO_DURING };

/* What few conditions ask of a call. */
struct call_limits {
	struct range beats, missed_beats, lasted, permission, attempts, affected;
};
struct cond {
	enum cond_type type;
	struct cond *children; /* all, any, not */
	unsigned child_count;
	str why_not;           /* `else`: what to say when this is why a rival was ruled out */
	struct where where;
	/* call */
	enum who who;
	uint32_t endings, outcomes, transports; /* bit sets; 0 = any */
	uint32_t flags, not_flags;              /* enum call_flags */
	struct call_limits *limits;             /* NULL: any; also `lasted` of a span */
	int64_t slower_than_ok;                 /* lasted more than N × the longest completed call of the tool; 0 = no test */
	bool same_tool;
	int8_t same_err;       /* 1 the error text of the subject, 0 another one, -1 no test */
	int8_t recovered;      /* connect subjects: 1 a connect followed, 0 none did, -1 no test */
	struct anchor until;   /* it was in flight then, or began later */
	/* call and event */
	struct class_set *classes, *not_classes; /* NULL: any; none */
	/* event */
	uint16_t *kinds;
	struct field_test *tests;
	unsigned kind_count, test_count;
	struct anchor from, to;
	int8_t bind;           /* step number, -1 none */
	bool last, any_server, proven, noise, noise_only, regular, server_side, client_side, ends_log;
	struct range count;
	/* version: range of client versions; source: kinds that must be present and unfiltered; span: from, to, lasted */
	str version;
	uint32_t sources;
	bool any_client;       /* source: client */
	bool of_mcp;           /* source: mcp */
};

struct trigger_rule {
	struct cond when;
	str is;
	int8_t step;           /* event that shows it; -1 none */
};
struct suspicion_rule { /* another cause that fits, but is not proven */
	str cause, why, missing;
	struct cond when;
	int8_t step;
};
struct cause {
	str id, variant;       /* several rules may prove one cause: they differ in `variant` */
	str title;             /* title: plain words with {tool}, {server}, {duration} */
	bool note;
	str group;             /* hang, failure, connect, config: the family in fingerprints */
	enum scope scope;
	enum weight weight;
	bool lasting;          /* a condition that holds until a success or the end: later failures join it */
	bool stale;            /* it is about a session that the server no longer knows: reconnecting helps */
	bool recovers_by_call; /* a new connection alone is no recovery */
	bool merge;            /* several subjects without a success between are one incident (default) */
	struct cond when;      /* all */
	struct cond *subject;  /* scope event: the event that makes a subject */
	struct cond *affects;  /* scope event: which calls are hit (a COND_CALL with from/to); NULL: none */
	struct cond *certain, *possible; /* NULL: not asked */
	struct trigger_rule *triggers;
	unsigned trigger_count;
	str trigger;           /* default */
	str *yields_to, *absorbs, *rivals;
	unsigned yields_count, absorb_count, rival_count;
	unsigned prove_count, deny_count; /* directories of samples/ that it names */
	struct suspicion_rule *suspects;
	unsigned suspect_count;
	bool fallback;         /* only when nothing else fits */
	str steps[CAUSE_STEPS];
	unsigned step_count;
	int8_t root;           /* step whose event identifies the incident: calls with the same root are one; -1 = the subject */
	enum confidence_cap { CAP_CERTAIN, CAP_LIKELY, CAP_POSSIBLE } confidence;
	str says, awaited;     /* summary text; what a hang waited for; {…} filled in */
	str what, looks_like, mistaken_for, see; /* page of `explain CAUSE` */
	struct where where;
};
#endif
