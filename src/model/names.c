/* Names of the model's enumerations, as they stand in JSON, in patterns and in the database, and named values of events.
 * Tables only. A number outside its enumeration (from a damaged database) has the name of the first value. */
#include "model/alert.h"
#include "model/event.h"
#include "model/call.h"
#include "model/picture.h"
#include "model/rules.h"
#include "model/verdict.h"

#define X(id, name) name,
static const char *const outcomes[] = {OUTCOME_LIST(X)};
static const char *const links[] = {LINK_LIST(X)};
static const char *const endings[] = {ENDING_LIST(X)};
static const char *const classes[] = {CLASS_LIST(X)};
static const char *const source_kinds[] = {SOURCE_KIND_LIST(X)};
static const char *const alert_kinds[] = {ALERT_KIND_LIST(X)};
static const char *const fields[] = {"", FIELD_LIST(X)};
static const char *const marks[] = {MARK_LIST(X)};
static const char *const sides[] = {SIDE_LIST(X)};
static const char *const stages[] = {STAGE_LIST(X)};
#undef X
static const char *const severities[] = {[SEVERITY_INFO] = "info", [SEVERITY_WARNING] = "warning", [SEVERITY_CRITICAL] = "critical"};
static const char *const confidences[] = {
	[CONFIDENCE_POSSIBLE] = "possible", [CONFIDENCE_LIKELY] = "likely", [CONFIDENCE_CERTAIN] = "certain"};
static const char *const states[] = {
	[STATE_ONGOING] = "ongoing", [STATE_ABANDONED] = "abandoned", [STATE_RECOVERED] = "recovered", [STATE_ENDED] = "ended"};
static const char *const roles[] = {[ROLE_START] = "start", [ROLE_TRIGGER] = "trigger", [ROLE_BEAT] = "beat", [ROLE_END] = "end",
	[ROLE_CONTEXT] = "context", [ROLE_ABSENCE] = "absence"};
static const char *const alert_phases[] = {[ALERT_PENDING] = "pending", [ALERT_FIRING] = "firing", [ALERT_RESOLVED] = "resolved"};

#define COUNT(table) (sizeof(table) / sizeof *(table))
_Static_assert(COUNT(outcomes) == OUTCOME_COUNT, "one name each");
_Static_assert(COUNT(links) == LINK_COUNT, "one name each");
_Static_assert(COUNT(endings) == ENDING_COUNT, "one name each");
_Static_assert(COUNT(classes) == CLASS_COUNT, "one name each");
_Static_assert(COUNT(source_kinds) == SOURCE_KIND_COUNT, "one name each");
_Static_assert(COUNT(fields) == FIELD_COUNT, "one name each");

static const char *name_at(const char *const *table, size_t count, size_t i) { return table[i < count ? i : 0]; }

/* The index of the name, or count. */
static size_t index_of(const char *const *table, size_t count, str name)
{
	size_t i = 0;
	while (i < count && !str_eq(str_z(table[i]), name))
		i++;
	return i;
}

const char *outcome_name(enum outcome o) { return name_at(outcomes, COUNT(outcomes), (size_t)o); }
const char *link_name(enum link l) { return name_at(links, COUNT(links), (size_t)l); }
const char *ending_name(enum ending e) { return name_at(endings, COUNT(endings), (size_t)e); }
const char *body_class_name(enum body_class class) { return name_at(classes, COUNT(classes), (size_t)class); }
const char *source_kind_name(enum source_kind kind) { return name_at(source_kinds, COUNT(source_kinds), (size_t)kind); }
const char *severity_name(enum severity s) { return name_at(severities, COUNT(severities), (size_t)s); }
const char *confidence_name(enum confidence c) { return name_at(confidences, COUNT(confidences), (size_t)c); }
const char *state_name(enum state s) { return name_at(states, COUNT(states), (size_t)s); }
const char *role_name(enum role r) { return name_at(roles, COUNT(roles), (size_t)r); }
const char *mark_name(enum mark_kind m) { return name_at(marks, COUNT(marks), (size_t)m); }
const char *side_name(enum side s) { return name_at(sides, COUNT(sides), (size_t)s); }
const char *stage_name(enum stage s) { return name_at(stages, COUNT(stages), (size_t)s); }
const char *field_name(enum field_id f) { return name_at(fields, COUNT(fields), (size_t)f); }

const char *alert_kind_name(enum alert_kind k) { return name_at(alert_kinds, COUNT(alert_kinds), (size_t)k); }
const char *alert_phase_name(enum alert_phase p) { return name_at(alert_phases, COUNT(alert_phases), (size_t)p); }

bool severity_find(str name, enum severity *ret)
{
	size_t i = index_of(severities, COUNT(severities), name);
	if (i < COUNT(severities))
		*ret = (enum severity)i;
	return i < COUNT(severities);
}

bool alert_kind_find(str name, enum alert_kind *ret)
{
	size_t i = index_of(alert_kinds, COUNT(alert_kinds), name);
	if (i < COUNT(alert_kinds))
		*ret = (enum alert_kind)i;
	return i < COUNT(alert_kinds);
}

bool alert_phase_find(str name, enum alert_phase *ret)
{
	size_t i = index_of(alert_phases, COUNT(alert_phases), name);
	if (i < COUNT(alert_phases))
		*ret = (enum alert_phase)i;
	return i < COUNT(alert_phases);
}

bool ending_find(str name, enum ending *ret)
{
	size_t i = index_of(endings, COUNT(endings), name);
	if (i < COUNT(endings))
		*ret = (enum ending)i;
	return i < COUNT(endings);
}

enum source_kind source_kind_find(str name)
{
	size_t i = index_of(source_kinds, COUNT(source_kinds), name);
	return i < COUNT(source_kinds) ? (enum source_kind)i : SOURCE_UNKNOWN;
}

str event_field(const struct event *e, enum field_id f)
{
	str own = f == FIELD_SERVER ? e->server : f == FIELD_TOOL ? e->tool : f == FIELD_ID ? e->tool_use_id : f == FIELD_ERR ? e->err :
		f == FIELD_SESSION ? e->session : STR_NONE;
	if (own.p != NULL)
		return own;
	for (unsigned i = 0; i < e->field_count && i < LIMIT_EVENT_FIELDS; i++)
		if (e->fields[i].name == f)
			return e->fields[i].value;
	return STR_NONE;
}

bool event_is_arrival(const struct event *e)
{
	if (e->kind == KIND_REQUEST_PROCESSED)
		return str_starts(event_field(e, FIELD_REQUEST), S("CallTool"));
	return e->kind == KIND_PY_PREINIT || e->kind == KIND_PY_PREINIT_WARNING;
}
