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
	struct began_call *began; /* began.c */
	size_t began_count;
	VEC(struct left_out) left_out;
	struct map kept;          /* ids of `calls` while events of a large session are loaded */
	VEC(struct twin) call_twins, event_twins;
};
#define TWIN_WINDOW (50 * MILLISECOND) /* the same event in debug and cache log: 0–40 ms apart */

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
void build_merge_calls(struct build *b);                                            /* ids.c */
void build_implied(struct build *b);                                                 /* ids.c */
void build_twins(struct build *b);                                                  /* twin.c */
void build_servers(struct build *b);                                                /* servers.c */
void build_exit(struct build *b);                                                   /* exit.c */
void build_server_side(struct build *b, struct clock_offset *clocks, size_t *clock_count); /* server_side.c */
void build_endings(struct build *b);                                                /* ending.c */
int seen_order(const void *a, const void *b);
#endif
