/* How each call ended (join/): from its outcome, the class of its error and the client's exit. One table;
 * causes see the ending, never the raw outcome. */
#include "join/internal.h"
#include "model/names.h"
#include <stdlib.h>

struct class_ending {
	const char *class;
	enum ending ending;
};
static const struct class_ending endings[] = {
	{"client-limit", ENDING_CLIENT_TIMEOUT},
	{"post-timeout", ENDING_CLIENT_TIMEOUT},
	{"idle-limit", ENDING_CLIENT_ABORT},
	{"response-lost", ENDING_CLIENT_ABORT},
	{"closed", ENDING_CONNECTION_CLOSED},
	{"reset", ENDING_CONNECTION_CLOSED},
	{"stream-end", ENDING_CONNECTION_CLOSED},
	{"session-expired", ENDING_CONNECTION_CLOSED},
	{"closed-midcall", ENDING_CONNECTION_CLOSED},
	{"not-connected", ENDING_CONNECTION_CLOSED},
	{"refused", ENDING_UNREACHABLE},
	{"unresolved", ENDING_UNREACHABLE},
	{"unreachable-host", ENDING_UNREACHABLE},
	{"no-tool", ENDING_UNREACHABLE},
	{"queued", ENDING_UNREACHABLE},
	{"cancel-send", ENDING_PROCESS_EXIT},
};

static enum ending ending_of_class(const struct rules *rules, uint16_t class, enum ending otherwise)
{
	str name = intern_get(&rules->classes, class);
	for (size_t i = 0; class && i < sizeof endings / sizeof *endings; i++)
		if (str_eq(name, str_z(endings[i].class)))
			return endings[i].ending;
	return otherwise;
}

static bool at_exit(const struct session_view *v, const struct call *c)
{
	return v->exit_at != INSTANT_NONE && c->ended_at != INSTANT_NONE && c->ended_at >= v->exit_at - SECOND;
}

static bool is_abort(const struct rules *rules, const struct call *c)
{
	str name = intern_get(&rules->classes, c->class);
	return c->outcome == OUTCOME_ABORTED || str_eq(name, S("abort")) || str_eq(name, S("user-cancel"));
}

static enum ending aborted(const struct build *b, const struct call *c)
{
	if (at_exit(b->view, c))
		return ENDING_PROCESS_EXIT;
	if (str_eq(intern_get(&b->rules->classes, c->class), S("user-cancel")) || (c->flags & CALL_REJECTED))
		return ENDING_USER_CANCEL;
	return ENDING_CLIENT_ABORT;
}

static enum ending failed(const struct build *b, const struct call *c)
{
	if (is_abort(b->rules, c))
		return aborted(b, c);
	enum ending e = ending_of_class(b->rules, c->class, ENDING_ERROR);
	if (e == ENDING_ERROR && (c->flags & CALL_UNKNOWN))
		return ENDING_UNREACHABLE;
	if (e == ENDING_CONNECTION_CLOSED && (c->flags & CALL_UNKNOWN))
		return ENDING_UNREACHABLE;
	return e;
}

static enum ending judge(const struct build *b, struct call *c)
{
	switch (c->outcome) {
	case OUTCOME_OK: return ENDING_COMPLETED;
	case OUTCOME_BACKGROUNDED: return ENDING_BACKGROUNDED;
	case OUTCOME_CANCELLED: return ENDING_USER_CANCEL;
	case OUTCOME_ABORTED: return aborted(b, c);
	case OUTCOME_ERROR: return failed(b, c);
	default: break;
	}
	if (ending_of_class(b->rules, c->class, ENDING_STILL_OPEN) == ENDING_CLIENT_ABORT) { /* announced, and then the log was cut */
		c->outcome = OUTCOME_ERROR;
		c->ended_at = b->view->finish;
		return ENDING_CLIENT_ABORT;
	}
	if (b->view->exit_at == INSTANT_NONE)
		return ENDING_STILL_OPEN;
	c->ended_at = b->view->exit_at > c->started_at ? b->view->exit_at : c->started_at;
	c->duration = c->ended_at - c->started_at;
	return ENDING_PROCESS_EXIT;
}

/* For every call the next one of its tool on its server, and the next of these that failed: index + 1, 0 none. */
struct followers {
	uint32_t *next, *failed;
};

static void find_followers(const struct build *b, struct followers *ret)
{
	struct map last = {0};
	ret->next = mem_new((b->calls.n + 1) * sizeof *ret->next);
	ret->failed = mem_new((b->calls.n + 1) * sizeof *ret->failed);
	for (size_t i = b->calls.n; i-- > 0;) {
		const uint64_t key = name_hash(b->calls.v[i].server, b->calls.v[i].tool);
		uint32_t n = 0;
		(void)map_get(&last, key, &n);
		ret->next[i] = n;
		if (n)
			ret->failed[i] = b->calls.v[n - 1].outcome == OUTCOME_ERROR ? n : ret->failed[n - 1];
		map_put(&last, key, (uint32_t)i + 1);
	}
	map_done(&last);
}

/* Clients that write no dispatch lines write nothing for an Esc either: a call whose heartbeats stop while the client goes on
 * to the next call on that server was cancelled, at a time that is not known better than "before that call". */
static void infer_cancels(struct build *b)
{
	struct followers of;
	for (size_t i = 0; i < b->calls.n; i++)
		if (b->calls.v[i].flags & CALL_DISPATCHED)
			return;
	find_followers(b, &of);
	for (size_t i = 0; i < b->calls.n; i++) {
		struct call *c = &b->calls.v[i];
		if (c->outcome != OUTCOME_UNENDED)
			continue;
		const instant due = c->started_at + (c->beats + 1) * BEAT_INTERVAL + 5 * SECOND;
		const uint32_t *after = b->view->finish > due ? of.next : of.failed; /* silent for too long, or until a failure */
		uint32_t k = after[i];
		while (k && b->calls.v[k - 1].started_at <= c->started_at + SECOND)
			k = after[k - 1];
		if (!k)
			continue;
		c->outcome = OUTCOME_CANCELLED;
		c->ended_at = b->calls.v[k - 1].started_at;
		c->duration = -1;
	}
	free(of.next);
	free(of.failed);
}

void build_endings(struct build *b)
{
	infer_cancels(b);
	for (size_t i = 0; i < b->calls.n; i++)
		b->calls.v[i].ending = judge(b, &b->calls.v[i]);
}
