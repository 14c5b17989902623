/* How each call ended (join/, causes.md section 3): from its outcome, the class of its error and the client's exit. One table;
 * causes see the ending, never the raw outcome. */
#include "join/internal.h"
#include "model/names.h"

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
	if (b->view->exit_at == INSTANT_NONE)
		return ENDING_STILL_OPEN;
	c->ended_at = b->view->exit_at > c->started_at ? b->view->exit_at : c->started_at;
	c->duration = c->ended_at - c->started_at;
	return ENDING_PROCESS_EXIT;
}

void build_endings(struct build *b)
{
	for (size_t i = 0; i < b->calls.n; i++)
		b->calls.v[i].ending = judge(b, &b->calls.v[i]);
}
