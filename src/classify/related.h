/* Which findings may have to do with one. For chain.c only. */
#ifndef MCPLOG_CLASSIFY_RELATED_H
#define MCPLOG_CLASSIFY_RELATED_H
#include "classify/internal.h"

struct holder {
	uint32_t finding, next;      /* next: place of another one + 1 */
};
/* Findings of one cause on one server, in order. */
struct relatives {
	const struct cause *cause;
	struct finding **v;
	size_t n, room;
	uint32_t *skip;              /* from one that was dropped to one behind it */
	uint32_t next;               /* the server's next cause + 1 */
};
struct related {
	struct finding **all;
	struct map by_thing;         /* call, or root and server → its first holder + 1 */
	VEC(struct holder) holders;
	struct map by_server;        /* → its first relatives + 1 */
	VEC(struct relatives) relatives;
	VEC(uint32_t) queue;
};

/* Of j's findings, which are sorted and whose calls change by related_give only from here on. Memory that grows is r's own. */
void related_init(struct related *r, struct judge *j);
void related_done(struct related *r);

bool related_has(const struct related *r, const struct finding *f, const struct call *c);
void related_give(struct related *r, struct finding *f, struct call *c);
bool related_shares(const struct related *r, const struct finding *a, const struct finding *b); /* is there a call that both have? */

/* The causes on f's server one after the other, NULL to begin and at the end. */
struct relatives *related_next(struct related *r, const struct finding *f, struct relatives *g);
size_t relatives_from(const struct relatives *g, instant start); /* the first that began at or after `start` */
size_t relatives_live(struct relatives *g, size_t i);            /* i, or the first behind it that was not dropped */

/* Those to be asked, each at least once. related_asked gives them in the order of all findings. */
void related_ask(struct related *r, const struct finding *f);
void related_ask_sharing(struct related *r, const struct finding *f, int64_t behind); /* have a call of f; place above `behind` */
void related_ask_root(struct related *r, const struct finding *f);                    /* behind f, with its root and server */
struct finding *related_asked(struct related *r);                                     /* NULL: no more */
void related_forget(struct related *r);
#endif
