/* Copies of events that outlive their record: a call keeps its lines until it is handed out. */
#ifndef MCPLOG_TRACK_HELD_H
#define MCPLOG_TRACK_HELD_H
#include "model/event.h"

struct held;
struct held *held_new(const struct event *e); /* deep copy; you own it */
struct event *held_event(struct held *h);     /* valid until held_free */
void held_free(struct held *h);
#endif
