/* What the classifier says and the report shows. All text and arrays live in the arena given to classify/. */
#ifndef MCPLOG_MODEL_VERDICT_H
#define MCPLOG_MODEL_VERDICT_H
#include "model/call.h"
#include "model/source.h"

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };
enum confidence { CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };
enum state { STATE_ONGOING, STATE_ABANDONED, STATE_RECOVERED, STATE_ENDED };
enum role { ROLE_START, ROLE_TRIGGER, ROLE_BEAT, ROLE_END, ROLE_CONTEXT, ROLE_ABSENCE };
const char *severity_name(enum severity s); /* model/names.c: info, warning, critical … as in docs/report-json.md */
bool severity_find(str name, enum severity *ret); /* *ret is set only when it is one */
const char *confidence_name(enum confidence c);
const char *state_name(enum state s);
const char *role_name(enum role r);

struct line_ref {
	const struct source *source; /* NULL: none */
	uint64_t line, offset;
};
struct evidence {
	struct line_ref at;
	int64_t event;            /* event row id, 0 when synthetic */
	instant time, after, before; /* time INSTANT_NONE: between after and before (each may be NONE) */
	enum role role;
	str text;                 /* redacted excerpt; for an absence: what was awaited */
	str said;                 /* where the text was not kept, or is a page of JSON: what such a line says, for people; p NULL else */
	const struct line_ref *also_in;
	size_t also_count;
	uint32_t times;           /* > 1: this line stands for a fold ("still running ×46") */
	instant until;            /* absences and folds: end */
};
/* For people: of frequent healthy lines the text is not kept. */
static inline str evidence_text(const struct evidence *e) { return e->text.n ? e->text : e->said.n ? e->said : S("(a line whose text was not kept)"); }
/* In a line or two: what a line of a transcript says, not how it begins. */
static inline str evidence_words(const struct evidence *e) { return e->said.n ? e->said : evidence_text(e); }
/* When a list tells it: a silence at its end, when it was sure that nothing came. */
static inline instant evidence_moment(const struct evidence *e) { return e->role == ROLE_ABSENCE && e->until != INSTANT_NONE ? e->until : e->time; }
/* Where: a silence stands in no line. */
static inline struct line_ref evidence_place(const struct evidence *e) { return e->role == ROLE_ABSENCE ? (struct line_ref){0} : e->at; }
struct ruled_out {
	str cause;                /* cause or note id */
	str why;
	struct line_ref at;
};
struct suspicion {
	str cause, why, missing;
	struct line_ref at;
};
struct consequence {
	str what;
	struct line_ref at;
};
struct advice_line {
	str text, applies_to, see;
	bool now;                 /* "do now", else "for good" */
};
struct incident {
	str id;                   /* "v1:…" */
	str cause, title, summary;
	str trigger;
	enum ending ending;
	enum state state;
	enum severity severity;
	enum confidence confidence;
	bool stale_session;       /* the server no longer knew the session */
	str server, transport, session, client_version; /* p NULL when unknown */
	instant started_at, ended_at; /* ended_at NONE: open */
	int64_t duration;         /* µs; -1 unknown */
	const struct call *const *calls;
	size_t call_count;
	const struct evidence *evidence;
	size_t evidence_count;
	const struct ruled_out *ruled_out;
	size_t ruled_out_count;
	const struct suspicion *suspected;
	size_t suspected_count;
	const struct consequence *consequences;
	size_t consequence_count;
	const struct advice_line *advice;
	size_t advice_count;
	uint64_t stamp;           /* equal stamps, equal incidents in sources of equal names; 0: not known */
};
struct note {
	str kind, title, server;
	bool stale_session;       /* … but it was renewed */
	const struct call *const *calls;
	size_t call_count;
	instant started_at, ended_at;
	const struct evidence *evidence;
	size_t evidence_count;
};
#endif
