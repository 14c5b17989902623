/* See changes.h. An incident goes through four phases:
 *
 *   waiting   seen, not told yet: it may turn out to be nothing (a dropped stream whose call is answered a moment later)
 *   told      its begin was told
 *   over      its end was told too; when it goes on, it begins again
 *   history   it was over when it was first seen
 *
 * How long it waits depends on what speaks for it: an ended failure is told at once, a verdict that more lines of the same
 * moment may still sharpen after a blink, a call in flight with a decisive line after `settle`, mere silence after `silence`.
 * States that nobody can act on (abandoned) are never a beginning. Knows no cause by name. */
#include "cli/changes.h"

#include "base/hash.h"

enum phase { PHASE_WAITING, PHASE_TOLD, PHASE_OVER, PHASE_HISTORY };

#define BLINK (250 * MILLISECOND) /* the lines of one moment are written by then */
#define DOUBT SECOND              /* a merely possible verdict, and an end that may become a recovery */

struct shown { /* what was told last */
	char cause[64];
	enum state state;
	enum severity severity;
	enum confidence confidence;
};
struct known_incident {
	uint64_t key;
	enum phase phase;
	instant since;       /* first seen in this phase */
	instant differs;     /* since when it is no longer as told; INSTANT_NONE: it is */
	uint32_t look;       /* the last look or glance that had it */
	bool glanced;        /* in which of the facts it stands */
	uint32_t place;      /* index there */
	bool begun_over;     /* it was over when its begin was told */
	struct shown shown;
};

void changes_init(struct changes *ret, const struct changes_options *options)
{
	*ret = (struct changes){.options = *options, .next = INSTANT_NONE, .gone_why = ""};
}

void changes_done(struct changes *c)
{
	vec_free(&c->known);
	vec_free(&c->events);
	map_done(&c->by_id);
	arena_done(&c->arena);
}

static bool is_over(const struct incident *i)
{
	return i->state == STATE_ENDED || i->state == STATE_RECOVERED;
}

static bool in_flight(const struct incident *i)
{
	for (size_t k = 0; k < i->call_count; k++)
		if (i->calls[k]->ending == ENDING_STILL_OPEN)
			return true;
	return false;
}

/* When a line spoke against the call; INSTANT_NONE: none did. */
static instant decisive_line(const struct incident *i)
{
	for (size_t k = 0; k < i->evidence_count; k++)
		if (i->evidence[k].role == ROLE_TRIGGER)
			return i->evidence[k].time;
	return INSTANT_NONE;
}

static bool has_decisive_line(const struct incident *i)
{
	for (size_t k = 0; k < i->evidence_count; k++)
		if (i->evidence[k].role == ROLE_TRIGGER)
			return true;
	return false;
}

static instant earlier(instant a, instant b)
{
	return a == INSTANT_NONE || (b != INSTANT_NONE && b < a) ? b : a;
}

static instant later(instant a, instant b)
{
	return a == INSTANT_NONE || b == INSTANT_NONE ? INSTANT_NONE : a > b ? a : b;
}

/* When a call that is merely silent is that old. Heartbeats count the time that the client was awake; a host that slept through a
 * call wakes with an old one. INSTANT_NONE: more heartbeats are needed. */
static instant silent_for_long_at(const struct known_incident *k, const struct incident *i, int64_t silence)
{
	uint32_t beats = 0;
	for (size_t n = 0; n < i->call_count; n++)
		if (i->calls[n]->ending == ENDING_STILL_OPEN && i->calls[n]->beats > beats)
			beats = i->calls[n]->beats;
	if (beats == 0)
		return earlier(k->since, i->started_at) + silence;
	return (int64_t)beats * BEAT_INTERVAL >= silence ? k->since : INSTANT_NONE;
}

/* When the incident may be told; INSTANT_NONE: not in this state. */
static instant due_at(const struct changes *c, const struct known_incident *k, const struct incident *i)
{
	if (i->state == STATE_ABANDONED)
		return INSTANT_NONE;
	if (is_over(i))
		return i->confidence == CONFIDENCE_POSSIBLE ? k->since + DOUBT : k->since;
	if (!in_flight(i))
		return k->since + BLINK;
	if (has_decisive_line(i))
		return earlier(k->since, later(decisive_line(i), i->started_at)) + c->options.settle; /* a stream may drop before the call */
	return silent_for_long_at(k, i, c->options.silence * (i->confidence == CONFIDENCE_POSSIBLE ? 2 : 1));
}

static void look_again(struct changes *c, instant at)
{
	c->next = earlier(c->next, at);
}

static struct live_event *tell(struct changes *c, enum live_kind kind, const struct incident *i, str why)
{
	struct live_event *e = vec_push(&c->events);
	*e = (struct live_event){.kind = kind, .incident = i, .why = why};
	return e;
}

static void remember(struct known_incident *k, const struct incident *i)
{
	const str cause = str_head(i->cause, sizeof k->shown.cause - 1);
	k->shown = (struct shown){.state = i->state, .severity = i->severity, .confidence = i->confidence};
	memcpy(k->shown.cause, cause.p, cause.n);
	k->differs = INSTANT_NONE;
}

static void enter(struct known_incident *k, enum phase phase, instant now)
{
	k->phase = phase;
	k->since = now;
}

static void add_word(struct buf *b, const char *what, str from, str to)
{
	if (!str_eq(from, to))
		buf_printf(b, "%s%s%.*s, was %.*s", b->n ? "; " : "", what, STR_ARG(to), STR_ARG(from));
}

/* "cause x, was y; state …" */
static str difference(struct changes *c, const struct known_incident *k, const struct incident *i)
{
	struct buf b = {0};
	add_word(&b, "", str_z(k->shown.cause), i->cause);
	add_word(&b, "", str_z(state_name(k->shown.state)), str_z(state_name(i->state)));
	add_word(&b, "", str_z(severity_name(k->shown.severity)), str_z(severity_name(i->severity)));
	add_word(&b, "", str_z(confidence_name(k->shown.confidence)), str_z(confidence_name(i->confidence)));
	const str kept = b.n ? arena_str(&c->arena, buf_str(&b)) : STR_NONE;
	buf_done(&b);
	return kept;
}

static bool differs(const struct known_incident *k, const struct incident *i)
{
	return !str_eq(str_z(k->shown.cause), i->cause) || k->shown.state != i->state || k->shown.severity != i->severity || k->shown.confidence != i->confidence;
}

static void look_waiting(struct changes *c, struct known_incident *k, const struct incident *i, instant now)
{
	const instant due = due_at(c, k, i);
	if (due == INSTANT_NONE || now < due) {
		look_again(c, due);
		return;
	}
	(void)tell(c, LIVE_BEGIN, i, STR_NONE);
	remember(k, i);
	enter(k, PHASE_TOLD, now);
	k->begun_over = is_over(i);
}

static void look_told(struct changes *c, struct known_incident *k, const struct incident *i, instant now)
{
	if (!is_over(i) && !differs(k, i)) {
		k->differs = INSTANT_NONE;
		return;
	}
	if (k->differs == INSTANT_NONE)
		k->differs = now;
	const instant due = i->state == STATE_RECOVERED ? now : k->differs + (is_over(i) ? DOUBT : BLINK);
	if (now < due) {
		look_again(c, due);
		return;
	}
	if (is_over(i)) {
		struct live_event *e = tell(c, LIVE_END, i, str_z(i->state == STATE_RECOVERED ? "recovered" : ending_name(i->ending)));
		e->echo = k->begun_over && i->state == STATE_ENDED;
		enter(k, PHASE_OVER, now);
	} else {
		(void)tell(c, LIVE_CHANGE, i, difference(c, k, i));
		remember(k, i);
	}
}

static void look_known(struct changes *c, struct known_incident *k, const struct incident *i, instant now)
{
	if ((k->phase == PHASE_OVER || k->phase == PHASE_HISTORY) && i->state == STATE_ONGOING)
		enter(k, PHASE_WAITING, now);
	if (k->phase == PHASE_WAITING)
		look_waiting(c, k, i, now);
	if (k->phase == PHASE_TOLD)
		look_told(c, k, i, now);
	c->history += k->phase == PHASE_HISTORY;
}

static bool is_history(const struct changes *c, const struct incident *i, instant now)
{
	if (i->state == STATE_ONGOING)
		return false;
	const instant last = i->ended_at != INSTANT_NONE ? i->ended_at : i->started_at;
	return !c->started || (last != INSTANT_NONE && last < now - c->options.history);
}

static struct known_incident *known(struct changes *c, const struct incident *i, instant now)
{
	const uint64_t key = hash64(i->id);
	uint32_t at = 0;
	if (map_get(&c->by_id, key, &at))
		return &c->known.v[at - 1];
	struct known_incident *k = vec_push(&c->known);
	*k = (struct known_incident){.key = key, .since = now, .differs = INSTANT_NONE, .phase = is_history(c, i, now) ? PHASE_HISTORY : PHASE_WAITING};
	map_put(&c->by_id, key, (uint32_t)c->known.n);
	return k;
}

/* A filter may hide what it showed before: a recovery lowers the severity. Its end is told all the same. */
static bool is_told(const struct changes *c, const struct incident *i)
{
	uint32_t at = 0;
	return map_get(&c->by_id, hash64(i->id), &at) && c->known.v[at - 1].phase == PHASE_TOLD;
}

/* Incidents that the facts hold no more: the log explains their lines otherwise now. */
static void look_for_gone(struct changes *c)
{
	size_t kept = 0;
	for (size_t n = 0; n < c->known.n; n++) {
		struct known_incident *k = &c->known.v[n];
		if (k->look == c->look) {
			map_put(&c->by_id, k->key, (uint32_t)kept + 1);
			c->known.v[kept++] = *k;
			continue;
		}
		(void)map_remove(&c->by_id, k->key);
		const struct facts *had = c->facts[k->glanced];
		if (k->phase == PHASE_TOLD && had && k->place < had->incident_count)
			(void)tell(c, LIVE_END, &had->incidents[k->place], str_z(c->gone_why));
	}
	c->known.n = kept;
}

/* Finds the incidents of these facts among the known ones, and makes the new ones known. */
static void mark(struct changes *c, const struct facts *f, bool glance, const struct report_options *o, instant now)
{
	for (size_t n = 0; n < f->incident_count && !f->unmeasured; n++) {
		const struct incident *i = &f->incidents[n];
		if (!report_wants(o, i) && !is_told(c, i))
			continue;
		struct known_incident *k = known(c, i, now);
		k->look = c->look;
		k->glanced = glance;
		k->place = (uint32_t)n;
	}
}

static void begin(struct changes *c)
{
	arena_reset(&c->arena);
	c->events.n = 0;
	c->look++;
}

static void compare(struct changes *c, const struct facts *f, instant now)
{
	for (size_t n = 0; n < c->known.n; n++)
		if (c->known.v[n].look == c->look)
			look_known(c, &c->known.v[n], &f->incidents[c->known.v[n].place], now);
}

void changes_look(struct changes *c, const struct facts *f, const struct report_options *o, instant now)
{
	begin(c);
	c->history = 0;
	c->next = INSTANT_NONE;
	mark(c, f, false, o, now);
	look_for_gone(c);
	compare(c, f, now);
	c->facts[0] = f;
	c->facts[1] = NULL;
	c->started = true;
}

void changes_glance(struct changes *c, const struct facts *f, const struct report_options *o, instant now)
{
	begin(c);
	mark(c, f, true, o, now);
	compare(c, f, now);
	c->facts[1] = f;
	look_again(c, now + BLINK);
}
