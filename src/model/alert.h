/* Alerts: what `check`, `export` and `alerts` remember between runs, so that each trouble is told once when it begins and once
 * when it is over. Made by alert/, kept by store/, written by report/. */
#ifndef MCPLOG_MODEL_ALERT_H
#define MCPLOG_MODEL_ALERT_H
#include "base/vec.h"
#include "model/verdict.h"

/* Names are part of the contract: monitoring systems know alerts by them. */
#define ALERT_KIND_LIST(X)                                                                                            \
	X(STUCK, "McpToolCallStuck")     /* a condition: calls hang now */                                                \
	X(INCIDENT, "McpIncident")       /* an event: something failed, hung or was lost, and nobody was told yet */      \
	X(ABANDONED, "McpCallAbandoned") /* an event that never pages: the client of an open call is gone */
enum alert_kind {
#define X(id, name) ALERT_##id,
	ALERT_KIND_LIST(X)
#undef X
	ALERT_KIND_COUNT
};
enum alert_phase { ALERT_PENDING, ALERT_FIRING, ALERT_RESOLVED, ALERT_PHASE_COUNT };
enum alert_level { ALERT_NONE, ALERT_WARNING, ALERT_CRITICAL };
const char *alert_kind_name(enum alert_kind k); /* model/names.c */
bool alert_kind_find(str name, enum alert_kind *ret);
const char *alert_phase_name(enum alert_phase p); /* pending, firing, resolved */
bool alert_phase_find(str name, enum alert_phase *ret);

enum { ALERT_EXAMPLES = 5, ALERT_TEXT = 400 }; /* calls named in an alert; bytes of its summary */

/* One alert per (kind, server, cause). kind, server, cause and severity are its labels: they never change. */
struct alert {
	int64_t id;                  /* 1, 2, …; never given twice */
	enum alert_kind kind;
	str server, cause;           /* server is empty when unknown */
	enum severity severity;
	enum alert_phase phase;
	enum alert_level level;      /* how bad it is by the thresholds, at the last sight */
	uint32_t runs;               /* PENDING: seen in so many runs in a row */
	instant since;               /* when the trouble began, by the log */
	instant fired_at, active_at, resolved_at; /* by the wall clock; active: last seen */
	uint32_t calls;              /* affected, at the last sight */
	int64_t oldest;              /* µs that the oldest of them has waited */
	str summary, detail;         /* one line, and what it means and what to do; fixed while the alert fires */
	str examples;                /* one call a line, at most ALERT_EXAMPLES */
	enum alert_phase told;       /* the last phase that a sender delivered to anybody; PENDING: none */
	instant last_sent, acked_at; /* INSTANT_NONE: never */
	bool changed;                /* differs from the stored row */
};
/* What one receiver knows of one alert. */
struct alert_sent {
	int64_t alert;
	str receiver;                /* hash of the command that sends: it may hold secrets */
	enum alert_phase phase;      /* the last one that was delivered; PENDING: none */
	uint32_t attempts;           /* in vain, since then */
	bool refused;                /* the receiver took others of the same batch, but not this one: not tried again */
	bool changed;
};

enum member_flags { MEMBER_TOLD = 1, MEMBER_ABANDONED = 2 };
/* An incident that was seen before, so that it is told once. */
struct alert_member {
	str incident;                /* its id */
	int64_t alert;               /* the alert that speaks of it; 0: history from before the first run */
	uint32_t flags;              /* enum member_flags */
	bool changed;
};
/* Numbers that runs leave to the next one; 0: never. Times in µs. Names stand in store/alerts.c. */
struct alert_marks {
	int64_t next_id;
	int64_t first_run, last_run, last_success, interval, duration;
	int64_t cron_key, cron_at;   /* what `check --cron` printed last, and when */
	int64_t status;              /* of the last check */
	int64_t records, unrecognized; /* of all sources, at the last run */
};
/* A counter that never goes down: `raw` is what the timeline showed at the last run, `value` what was added up. */
struct alert_counter {
	str name, a, b;              /* metric and its two labels */
	int64_t value, raw;
	bool changed;
};
struct alert_book { /* everything that is remembered */
	VEC(struct alert) alerts;    /* by id */
	VEC(struct alert_member) members;
	VEC(struct alert_counter) counters;
	VEC(struct alert_sent) sent;
	struct alert_marks marks;
	VEC(int64_t) gone;           /* ids of alerts that are to be forgotten */
};
static inline void alert_book_done(struct alert_book *b)
{
	vec_free(&b->alerts);
	vec_free(&b->members);
	vec_free(&b->counters);
	vec_free(&b->sent);
	vec_free(&b->gone);
}

/* What one run sees of one incident. */
struct alert_observation {
	str incident, server, cause;
	enum alert_kind kind;
	enum alert_level level;      /* STUCK: by the thresholds; NONE: too young to tell */
	enum severity severity;
	instant since, ended;        /* ended NONE: not over */
	uint32_t calls;
	int64_t oldest;              /* µs */
	str summary, detail, example;
	bool live;                   /* INCIDENT: it goes on in a session that still writes */
	bool held;                   /* its log could not be read: nothing new is known */
};

/* What writers of alerts are handed. Texts are redacted and fit for a terminal. */
struct alert_report {
	const struct alert *alerts;  /* firing and resolved; one per set of labels */
	size_t count;
	instant now;
	int64_t interval;            /* µs between runs */
	str host, version;
};
struct metrics_report {
	const struct alert_counter *counters; /* names and labels as alert/count.c gives them */
	size_t count;
	instant last_success;        /* INSTANT_NONE: never */
	int64_t duration;            /* µs of the last run; negative: unknown */
	str version;
};

enum check_code { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN }; /* exit codes of the Monitoring Plugins */
struct check_report {
	enum check_code code;
	str unknown;                 /* why nothing can be said, or not all; empty: everything was looked at */
	str fine;                    /* what to say when there is no finding */
	str first;                   /* what a first run did; empty: it was none */
	const struct alert *alerts;  /* those that fire */
	size_t count;
	uint32_t stuck;              /* calls beyond a threshold */
	int64_t oldest;              /* µs that the oldest of them, or of those that may become stuck, has waited */
	uint32_t incidents;          /* new ones */
	int64_t events;              /* records read, ever */
	const char *warn, *crit, *incidents_warn, *incidents_crit; /* ranges, for performance data */
	instant now;
	unsigned verbose;            /* 0 to 3 */
	const str *more;             /* further lines of the long text */
	size_t more_count;
};
#endif
