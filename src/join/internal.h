/* Shared by the files of join/ only. */
#ifndef MCPLOG_JOIN_INTERNAL_H
#define MCPLOG_JOIN_INTERNAL_H
#include "base/map.h"
#include "base/vec.h"
#include "join/join.h"

struct healthy { /* healthy calls of a server in a large log */
	str server;
	VEC(struct span) spans;   /* given to the view, or freed with the build */
};
/* A call of a large session that several logs tell of (briefs.c). */
struct brief {
	instant began;            /* call_began */
	int64_t row;              /* call.id; 0: it is another's twin */
	uint64_t key;             /* of its toolUseId; 0 none */
	uint32_t lasted;          /* as in its span; of one that is kept in full its place in `calls` */
	uint32_t waited;          /* from start to `began` */
	uint32_t names;           /* place in brief_names */
	uint32_t source : 31, full : 1;
};
struct brief_names {
	str server, tool;
};
struct left_out { /* calls that began and nothing more, beyond those that are kept */
	str server;
	uint64_t calls;
	instant first;            /* the earliest start */
};
/* A view under construction. */
struct build {
	const struct join_group *group;
	const struct rules *rules;
	struct arena *a;
	VEC(struct seen) events;  /* all, until they are copied into the view */
	VEC(struct call) calls;
	struct session_view *view;
	bool whole;               /* join_rows.whole */
	bool compact;             /* healthy calls become spans */
	VEC(struct healthy) healthy;
	size_t healthy_last;      /* where the last one went */
	VEC(struct brief) briefs; /* of several logs: healthy calls until twins are found, then they become spans */
	VEC(struct brief_names) brief_names;
	struct began_call *began; /* began.c */
	size_t began_count;
	VEC(struct left_out) left_out;
	struct map kept;          /* ids of `calls` while events of a large session are loaded */
	VEC(struct twin) call_twins, event_twins;
};
#define TWIN_WINDOW (50 * MILLISECOND) /* the same event in debug and cache log: 0–40 ms apart */
#define TRANSCRIPT_BEFORE (60 * SECOND) /* a tool_use may wait for a permission before the call is sent */
#define TRANSCRIPT_AFTER (5 * SECOND)

/* Of what several logs tell, the telling of the lowest rank stays. */
enum source_rank { RANK_LOG, RANK_CACHE, RANK_TRANSCRIPT };

/* Rows store a name once per source: where a text stands tells which it is. */
static inline uint64_t stored_key(str name)
{
	return (uint64_t)(uintptr_t)name.p * UINT64_C(0x9e3779b97f4a7c15) + name.n * UINT64_C(0xff51afd7ed558ccd);
}

bool source_is_client(enum source_kind k);
int build_load(struct build *b, const struct join_rows *rows, struct err *reterr);  /* load.c */
/* True: the call is one of very many that only began, and need not be kept in full now. Its names last, its id may not. */
bool began_take(struct build *b, const struct call *c);                             /* began.c */
void began_end(struct build *b);                                                    /* the last ones go to `calls` */
void keep_span(struct build *b, str server, instant started, uint32_t lasted);      /* a healthy call of a large session */
/* Is it a healthy call that can be kept as a brief, and now is? */
bool brief_take(struct build *b, const struct call *c);                             /* briefs.c */
void build_briefs(struct build *b);                                                 /* twins among briefs and calls; the rest to spans */
void build_merge_calls(struct build *b);                                            /* ids.c */
enum source_rank source_rank(const struct build *b, uint32_t index);
void merge_calls(struct build *b, struct call *c, struct call *other);              /* c stays; the id of `other` becomes 0 */
void build_implied(struct build *b);                                                /* implied.c */
void build_twins(struct build *b);                                                  /* twin.c */
void build_servers(struct build *b);                                                /* servers.c */
void build_exit(struct build *b);                                                   /* exit.c */
void build_server_side(struct build *b, struct clock_offset *clocks, size_t *clock_count); /* server_side.c */
void build_endings(struct build *b);                                                /* ending.c */
int seen_order(const void *a, const void *b);
#endif
