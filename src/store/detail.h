/* The fields of an event in its row: written and read back. */
#ifndef MCPLOG_STORE_DETAIL_H
#define MCPLOG_STORE_DETAIL_H
#include "model/event.h"
#include "model/rules.h"

/* *out becomes the object, empty without fields; *ret_flags says which fields the duration says (FORM_MS, FORM_DUR). */
void detail_write(struct buf *out, const struct event *e, const struct rules *rules, unsigned *ret_flags);
/* Gives the event, which has none, its fields; texts live in `a`. Names that `rules` do not know are left out. */
void detail_read(str detail, unsigned flags, const struct rules *rules, struct arena *a, struct buf *scratch, struct event *e);
#endif
