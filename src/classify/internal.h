/* Shared by the files of classify/ only. */
#ifndef MCPLOG_CLASSIFY_INTERNAL_H
#define MCPLOG_CLASSIFY_INTERNAL_H
#include "classify/classify.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/cause.h"

/* What a cause is tried on. */
struct subject {
	enum scope scope;
	const struct view_server *server;
	struct call *call;        /* the call; of a connect subject a stand-in with the attempt's class, error and times */
	struct seen *event;       /* event scope; connect scope: the first failure */
	instant start, end;       /* end: of an open call the end of its log */
	struct call **hit;        /* connect and event scope: the calls affected */
	size_t hit_count;
	bool recovered;           /* connect scope: a connect succeeded afterwards */
};
/* Calls of a server that fit a condition, whatever the subject; by start. */
struct call_list {
	struct call **v;
	size_t n;
	bool open;                /* one of them has no end, or no start */
	int64_t longest;          /* else: how long one of them took at most */
};
struct call_lists { /* by condition and server */
	struct map by_key;
	VEC(struct call_list *) v;
	struct arena *a;
};
/* One attempt to prove one cause. */
struct trial {
	struct call_lists *lists;
	const struct session_view *view;
	const struct rules *rules;
	const struct subject *subject;
	const struct cause *cause;
	struct seen *steps[CAUSE_STEPS];
	const struct cond *failed;  /* the leaf that failed last, for ruled_out */
	struct seen *found;         /* the event that a `none` found */
	struct call scratch;        /* a healthy call as neighbour */
};
struct finding {
	const struct cause *cause;
	struct subject subject;
	struct seen *steps[CAUSE_STEPS];
	struct seen *root;
	str trigger;
	struct seen *trigger_event;
	VEC(struct call *) calls;
	instant start, end;         /* of the whole incident; end NONE: still open */
	enum confidence confidence;
	bool dropped;               /* a consequence of another finding */
	uint32_t at;                /* chain.c: its place among all */
	struct finding *into;
	VEC(struct finding *) absorbed;
};
struct judge { /* of one view */
	const struct session_view *view;
	const struct rules *rules;
	const struct classify_options *options;
	struct arena *a;
	VEC(struct finding *) findings;
	struct call_lists lists;
	struct map first_of_call;   /* evidence.c: call → its first event + 1 */
	uint32_t *next_of_call;     /* by event */
	struct verdicts *out;
};

/* The time of the report, for what is not over: the verdict depends on it then. */
static inline instant judge_as_of(struct judge *j)
{
	j->out->momentary = true;
	return j->options->as_of;
}

/* call_lists.c */
const struct call_list *call_list_of(struct trial *t, const struct cond *c, const struct view_server *s);
size_t call_list_from(const struct call_list *l, instant from); /* the first that began at or after `from` */
void call_lists_done(struct call_lists *l);
/* subject.c */
void subjects_connect(struct judge *j, const struct view_server *s, void (*fn)(struct judge *, const struct subject *));
void subject_of_call(const struct session_view *v, const struct view_server *s, struct call *c, struct subject *ret);
/* chain.c */
void chain(struct judge *j);
/* success.c */
instant success_behind(const struct view_server *s, instant at);   /* the first after `at`; INT64_MAX none */
instant success_before(const struct view_server *s, instant at);   /* the last at or before it; INT64_MIN none */
bool success_between(const struct view_server *s, instant from, instant to); /* both ends excluded; of no server: false */
/* outcome.c */
const struct call *finding_first_call(const struct finding *f); /* the earliest; NULL when it has none */
void outcome_fill(struct judge *j, const struct finding *f, struct incident *i);
bool outcome_is_untimed(const struct judge *j, instant at); /* is it the place of a line in a log without times? */
int64_t outcome_told_duration(const struct finding *f);     /* what the lines of its only call say, µs; -1: nothing */
/* evidence.c */
void evidence_fill(struct judge *j, const struct finding *f, struct incident *i);
void evidence_note(struct judge *j, const struct finding *f, struct note *n);
/* proof.c: ruled out, suspected, consequences */
void proof_fill(struct judge *j, const struct finding *f, struct incident *i);
/* wording.c: fills {server} {tool} {duration} {calls} {beats} {err} {client} {STEP} {STEP.err} in a text of the knowledge */
str wording(struct judge *j, const struct finding *f, str text); /* in j->a, or the text itself */
str wording_advice(struct judge *j, const struct finding *f, str text);
/* advice.c */
void advice_fill(struct judge *j, const struct finding *f, struct incident *i);
/* fingerprint.c */
str fingerprint(struct judge *j, const struct finding *f);
struct line_ref ref_of(const struct session_view *v, const struct seen *e);
#endif
