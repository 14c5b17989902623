/* Rows of a source on their way into the database: some hundred share one row of event_pack or call_pack. */
#ifndef MCPLOG_STORE_PACKS_H
#define MCPLOG_STORE_PACKS_H
#include "base/buf.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/vec.h"
#include "store/json_row.h"

struct timeline;
struct open_source;
/* A pack as it stands in the database; forms p NULL: of calls. */
struct pack_view {
	int64_t id, offset, line, ms;
	str names, rows, forms;
};
struct pack_place {
	int64_t id, line, ms;   /* ms INT64_MIN: none */
};
struct pack_row {
	struct pack_place place;
	size_t at, n;           /* of its other values in the pack's `rows` */
};
/* What waits to be written. */
struct pack { /* zero-initialise; pack_done frees */
	struct buf rows;        /* the rows, in the order in which they came */
	VEC(struct pack_row) index;
	struct pack_place last; /* what the next row is measured from */
	int64_t highest;        /* of the ids */
	bool unsorted;          /* they do not ascend */
	struct intern names;    /* servers, tools, sessions of these rows */
	struct buf name_list;
	struct map form_index;  /* form id → its place in form_list */
	struct buf form_list;
};
void pack_done(struct pack *p);
/* An id that no waiting row has: `id`, or one behind it; *part moves with it. */
int64_t pack_free_id(const struct pack *p, int64_t id, uint64_t *part);
/* The next row: id, line and time (ms, INT64_MIN: none) are its first values. row_end ends it. */
struct row_out pack_row(struct pack *p, int64_t id, uint64_t line, int64_t ms);
void pack_row_end(struct pack *p, struct row_out *row);
uint32_t pack_name(struct pack *p, str name);    /* 0 for none */
uint32_t pack_form(struct pack *p, int64_t form);
bool pack_is_full(const struct pack *p);
/* Writes what waits in one of the source's packs, or in both. `tail`: it stands behind where the next run goes on. Nothing waits afterwards. */
int pack_write(struct timeline *t, struct open_source *o, struct pack *p, bool tail, struct err *reterr) MUST_USE;
int packs_write(struct timeline *t, struct open_source *o, bool tail, struct err *reterr) MUST_USE;
#endif
