/* Copies of events that outlive their record: a call keeps its lines until it is handed out. */
#ifndef MCPLOG_TRACK_HELD_H
#define MCPLOG_TRACK_HELD_H
#include "model/event.h"

struct held;
/* Deep copy into h, which is moved when it has too little room; NULL makes a new one. You own what is returned. */
struct held *held_set(struct held *h, const struct event *e);
struct event *held_event(struct held *h); /* valid until the next held_set or held_free */
void held_free(struct held *h);
#endif
