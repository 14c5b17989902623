/* The condition language of patterns/causes (knowledge/): YAML → struct cond. The words are rows of tables; a word that is not
 * there is a problem with the nearest one named. Evaluates nothing. */
#include "knowledge/conditions.h"

typedef void word_fn(struct cond_scope *s, uint32_t node, struct cond *c);
struct word {
	const char *name;
	word_fn *read;
};

static void problem(struct cond_scope *s, uint32_t node, const char *what)
{
	s->broken = true;
	knowledge_problem(s->rules, s->d, node, ERR_SCHEMA, "%s: `%.*s`", what, STR_ARG(str_head(tree_text(s->d, node), 60)));
}

/* Calls fn for each item of a list, or for the node itself when it is a text. */
static void each(struct cond_scope *s, uint32_t node, struct cond *c, word_fn *fn)
{
	if (s->d->nodes[node].type == TREE_TEXT) {
		fn(s, node, c);
		return;
	}
	for (uint32_t i = tree_first(s->d, node); i; i = tree_next(s->d, i))
		fn(s, i, c);
}

/* Of each. */
static size_t item_count(const struct cond_scope *s, uint32_t node) { return s->d->nodes[node].type == TREE_TEXT ? 1 : tree_count(s->d, node); }

/* --- values --- */

static bool read_duration(str text, int64_t *ret)
{
	str t = str_trim(text);
	return duration_parse(t, ret);
}

/* ">=2", "<10s", "=0", "3": one comparison; durations in µs, numbers as they are. */
static bool read_one(str text, bool duration, struct range *r)
{
	bool less = str_starts(text, S("<")), more = str_starts(text, S(">"));
	str rest = str_from(text, less || more || str_starts(text, S("=")) ? 1 : 0);
	bool equal = str_starts(rest, S("="));
	int64_t v;
	rest = str_trim(str_from(rest, equal ? 1 : 0));
	if (duration ? !read_duration(rest, &v) : !str_i64(rest, &v))
		return false;
	if (less)
		r->max = equal ? v : v - 1;
	else if (more)
		r->min = equal ? v : v + 1;
	else
		r->min = r->max = v;
	r->set = true;
	return true;
}

static void read_range(struct cond_scope *s, uint32_t node, bool duration, struct range *r)
{
	str text = tree_text(s->d, node);
	*r = (struct range){INT64_MIN, INT64_MAX, false};
	while (text.n) {
		str part = str_word(&text, ' ');
		if (part.n && !read_one(part, duration, r)) {
			problem(s, node, "no range such as '>=2' or '<10s'");
			return;
		}
	}
}

struct flag_word {
	const char *name;
	uint32_t flag;
};
static const struct flag_word flag_words[] = {
	{"never-sent", CALL_NEVER_SENT}, {"unknown-tool", CALL_UNKNOWN}, {"retried", CALL_RETRIED}, {"start-unknown", CALL_START_UNKNOWN},
	{"background", CALL_BACKGROUND}, {"implied", CALL_IMPLIED}, {"esc", CALL_ESC},
	{"result-seen", CALL_RESULT_SEEN}, {"result-empty", CALL_RESULT_EMPTY}, {"rejected", CALL_REJECTED},
	{"dispatched", CALL_DISPATCHED},
};
static const struct flag_word transport_words[] = {
	{"remote", TRANSPORT_REMOTE}, {"stdio", TRANSPORT_STDIO}, {"unknown", TRANSPORT_UNKNOWN}, {"sse", TRANSPORT_SSE}, {"http", TRANSPORT_HTTP},
};

static uint32_t find_flag(struct cond_scope *s, uint32_t node, const struct flag_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(tree_text(s->d, node), str_z(words[i].name)))
			return words[i].flag;
	problem(s, node, "unknown word");
	return 0;
}

static void add_class(struct cond_scope *s, uint32_t node, struct class_set **ret)
{
	str name = tree_text(s->d, node);
	struct class_set *set = *ret = *ret ? *ret : arena_alloc(&s->rules->arena, sizeof **ret);
	if (str_eq(name, S("none"))) {
		set->none = true;
		return;
	}
	for (size_t i = 0; i < s->rules->groups.n; i++)
		if (str_eq(s->rules->groups.v[i].id, name)) {
			for (size_t w = 0; w < CAUSE_CLASSES / 64; w++)
				set->bits[w] |= s->rules->groups.v[i].members[w];
			return;
		}
	uint16_t id;
	if (!entry_interned(s->rules, s->d, node, "class", &s->rules->classes, &id))
		s->broken = true;
	else if (id < CAUSE_CLASSES)
		set->bits[id / 64] |= UINT64_C(1) << (id % 64);
}

/* --- words of a call --- */

static void add_ending(struct cond_scope *s, uint32_t node, struct cond *c)
{
	enum ending e;
	if (!ending_find(tree_text(s->d, node), &e))
		problem(s, node, "unknown ending");
	else
		c->endings |= 1u << e;
}

static void add_outcome(struct cond_scope *s, uint32_t node, struct cond *c)
{
	for (int o = 0; o < OUTCOME_COUNT; o++)
		if (str_eq(tree_text(s->d, node), str_z(outcome_name((enum outcome)o)))) {
			c->outcomes |= 1u << o;
			return;
		}
	problem(s, node, "unknown outcome");
}

static void add_transport(struct cond_scope *s, uint32_t node, struct cond *c)
{
	c->transports |= find_flag(s, node, transport_words, sizeof transport_words / sizeof *transport_words);
}
static void add_flag(struct cond_scope *s, uint32_t node, struct cond *c) { c->flags |= find_flag(s, node, flag_words, sizeof flag_words / sizeof *flag_words); }
static void add_not_flag(struct cond_scope *s, uint32_t node, struct cond *c)
{
	c->not_flags |= find_flag(s, node, flag_words, sizeof flag_words / sizeof *flag_words);
}
static void class_word(struct cond_scope *s, uint32_t node, struct cond *c) { add_class(s, node, &c->classes); }
static void not_class_word(struct cond_scope *s, uint32_t node, struct cond *c) { add_class(s, node, &c->not_classes); }

static struct call_limits *limits_of(struct cond_scope *s, struct cond *c)
{
	return c->limits = c->limits ? c->limits : arena_alloc(&s->rules->arena, sizeof *c->limits);
}

static void w_ends(struct cond_scope *s, uint32_t n, struct cond *c) { each(s, n, c, add_ending); }
static void w_outcome(struct cond_scope *s, uint32_t n, struct cond *c) { each(s, n, c, add_outcome); }
static void w_transport(struct cond_scope *s, uint32_t n, struct cond *c) { each(s, n, c, add_transport); }
static void w_flags(struct cond_scope *s, uint32_t n, struct cond *c) { each(s, n, c, add_flag); }
static void w_not_flags(struct cond_scope *s, uint32_t n, struct cond *c) { each(s, n, c, add_not_flag); }
static void w_class(struct cond_scope *s, uint32_t n, struct cond *c) { each(s, n, c, class_word); }
static void w_not_class(struct cond_scope *s, uint32_t n, struct cond *c) { each(s, n, c, not_class_word); }
static void w_beats(struct cond_scope *s, uint32_t n, struct cond *c) { read_range(s, n, false, &limits_of(s, c)->beats); }
static void w_missed(struct cond_scope *s, uint32_t n, struct cond *c) { read_range(s, n, false, &limits_of(s, c)->missed_beats); }
static void w_lasted(struct cond_scope *s, uint32_t n, struct cond *c) { read_range(s, n, true, &limits_of(s, c)->lasted); }
static void w_permission(struct cond_scope *s, uint32_t n, struct cond *c) { read_range(s, n, true, &limits_of(s, c)->permission); }
static void w_attempts(struct cond_scope *s, uint32_t n, struct cond *c) { read_range(s, n, false, &limits_of(s, c)->attempts); }
static void w_affected(struct cond_scope *s, uint32_t n, struct cond *c) { read_range(s, n, false, &limits_of(s, c)->affected); }
static void w_same_tool(struct cond_scope *s, uint32_t n, struct cond *c) { c->same_tool = entry_true(s->d, n); }
static void w_same_err(struct cond_scope *s, uint32_t n, struct cond *c) { c->same_err = entry_true(s->d, n) ? 1 : 0; }
static void w_recovered(struct cond_scope *s, uint32_t n, struct cond *c) { c->recovered = entry_true(s->d, n) ? 1 : 0; }
static void w_slower(struct cond_scope *s, uint32_t n, struct cond *c)
{
	if (!str_i64(tree_text(s->d, n), &c->slower_than_ok))
		problem(s, n, "a number is wanted here");
}

/* --- anchors: "start - 5s" --- */

struct anchor_word {
	const char *name;
	enum anchor_base base;
};
static const struct anchor_word anchor_words[] = {
	{"start", ANCHOR_START}, {"end", ANCHOR_END}, {"prev.start", ANCHOR_PREV_START}, {"prev.end", ANCHOR_PREV_END}, {"next.start", ANCHOR_NEXT_START},
	{"next.end", ANCHOR_NEXT_END}, {"begin", ANCHOR_BEGIN}, {"finish", ANCHOR_FINISH}, {"exit", ANCHOR_EXIT},
};

static bool find_anchor(struct cond_scope *s, str name, struct anchor *a)
{
	for (size_t i = 0; i < sizeof anchor_words / sizeof *anchor_words; i++)
		if (str_eq(name, str_z(anchor_words[i].name))) {
			a->base = anchor_words[i].base;
			return true;
		}
	int step = conditions_step(s, name, false);
	if (step < 0)
		return false;
	a->base = ANCHOR_STEP;
	a->step = (uint8_t)step;
	return true;
}

static void read_anchor(struct cond_scope *s, uint32_t node, struct anchor *a)
{
	str text = tree_text(s->d, node), name = str_trim(str_word(&text, ' '));
	text = str_trim(text);
	if (!find_anchor(s, name, a)) {
		problem(s, node, "no point in time: start, end, prev.end, next.start, begin, finish, exit or a step that was named with `as` before");
		return;
	}
	if (!text.n)
		return;
	bool minus = text.p[0] == '-';
	if ((text.p[0] != '-' && text.p[0] != '+') || !read_duration(str_from(text, 1), &a->offset))
		problem(s, node, "no distance such as `- 5s` behind the point in time");
	else if (minus)
		a->offset = -a->offset;
}

static void w_from(struct cond_scope *s, uint32_t n, struct cond *c) { read_anchor(s, n, &c->from); }
static void w_to(struct cond_scope *s, uint32_t n, struct cond *c) { read_anchor(s, n, &c->to); }
static void w_until(struct cond_scope *s, uint32_t n, struct cond *c) { read_anchor(s, n, &c->until); }

/* --- words of an event --- */

static void add_kind(struct cond_scope *s, uint32_t node, struct cond *c)
{
	uint16_t id;
	if (!entry_interned(s->rules, s->d, node, "kind", &s->rules->kinds, &id))
		s->broken = true;
	else
		c->kinds[c->kind_count++] = id;
}

static void w_event(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->type = COND_EVENT;
	c->kinds = arena_alloc(&s->rules->arena, item_count(s, n) * sizeof *c->kinds);
	each(s, n, c, add_kind);
}

static void w_as(struct cond_scope *s, uint32_t n, struct cond *c) { c->bind = (int8_t)conditions_step(s, tree_text(s->d, n), true); }
static void w_last(struct cond_scope *s, uint32_t n, struct cond *c) { c->last = entry_true(s->d, n); }
static void w_count(struct cond_scope *s, uint32_t n, struct cond *c) { read_range(s, n, false, &c->count); }
/* Lines of the client's own exit: `true` also, `only` nothing else. */
static void w_noise(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->noise_only = str_eq(tree_text(s->d, n), S("only"));
	c->noise = c->noise_only || entry_true(s->d, n);
}

static void w_regular(struct cond_scope *s, uint32_t n, struct cond *c) { c->regular = entry_true(s->d, n); }

static void w_ends_log(struct cond_scope *s, uint32_t n, struct cond *c) { c->ends_log = entry_true(s->d, n); }

static void w_order(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->proven = str_eq(tree_text(s->d, n), S("proven"));
	if (!c->proven)
		problem(s, n, "`order` can only be `proven`");
}

static void w_of(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->any_server = str_eq(tree_text(s->d, n), S("any"));
	if (!c->any_server)
		problem(s, n, "`server` can only be `any`");
}

static void w_side(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->server_side = str_eq(tree_text(s->d, n), S("server"));
	c->client_side = str_eq(tree_text(s->d, n), S("client"));
	if (!c->server_side && !c->client_side)
		problem(s, n, "`side` is `server` or `client`");
}

static void add_test_value(struct cond_scope *s, uint32_t node, struct cond *c)
{
	struct field_test *t = &c->tests[c->test_count - 1];
	t->equal[t->count++] = tree_text(s->d, node);
}

static void w_where(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->tests = arena_alloc(&s->rules->arena, tree_count(s->d, n) * sizeof *c->tests);
	for (uint32_t i = tree_first(s->d, n); i; i = tree_next(s->d, i)) {
		str *equal = arena_alloc(&s->rules->arena, item_count(s, i) * sizeof *equal);
		c->tests[c->test_count++] = (struct field_test){.field = (uint16_t)intern_put(&s->rules->fields, tree_key(s->d, i)), .equal = equal};
		each(s, i, c, add_test_value);
	}
}

/* --- nesting and the rest --- */

static void read_words(struct cond_scope *s, uint32_t map, struct cond *c, const struct word *words, size_t count);

static const struct word call_words[] = {
	{"ends", w_ends}, {"outcome", w_outcome}, {"transport", w_transport}, {"flags", w_flags}, {"not_flags", w_not_flags}, {"class", w_class},
	{"not_class", w_not_class}, {"beats", w_beats}, {"missed_beats", w_missed}, {"lasted", w_lasted}, {"permission", w_permission}, {"attempts", w_attempts},
	{"affected", w_affected}, {"same_tool", w_same_tool}, {"same_err", w_same_err}, {"recovered", w_recovered}, {"slower_than_ok", w_slower}, {"from", w_from}, {"to", w_to},
	{"until", w_until}, {"server", w_of},
};

static void read_call(struct cond_scope *s, uint32_t n, struct cond *c, enum who who)
{
	c->type = COND_CALL;
	c->who = who;
	read_words(s, n, c, call_words, sizeof call_words / sizeof *call_words);
}
static void w_call(struct cond_scope *s, uint32_t n, struct cond *c) { read_call(s, n, c, WHO_SELF); }
static void w_prev(struct cond_scope *s, uint32_t n, struct cond *c) { read_call(s, n, c, WHO_PREV); }
static void w_next(struct cond_scope *s, uint32_t n, struct cond *c) { read_call(s, n, c, WHO_NEXT); }
static void w_later(struct cond_scope *s, uint32_t n, struct cond *c) { read_call(s, n, c, WHO_LATER); }
static void w_earlier(struct cond_scope *s, uint32_t n, struct cond *c) { read_call(s, n, c, WHO_EARLIER); }
static void w_during(struct cond_scope *s, uint32_t n, struct cond *c) { read_call(s, n, c, WHO_DURING); }

static void read_children(struct cond_scope *s, uint32_t list, struct cond *c)
{
	c->child_count = (unsigned)tree_count(s->d, list);
	c->children = arena_alloc(&s->rules->arena, c->child_count * sizeof *c->children);
	unsigned k = 0;
	for (uint32_t i = tree_first(s->d, list); i; i = tree_next(s->d, i))
		condition_read(s, i, &c->children[k++]);
}

static void w_all(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->type = COND_ALL;
	read_children(s, n, c);
}

static void w_any(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->type = COND_ANY;
	read_children(s, n, c);
}

static void read_child(struct cond_scope *s, uint32_t n, struct cond *c, enum cond_type type)
{
	c->type = type;
	c->child_count = 1;
	c->children = arena_alloc(&s->rules->arena, sizeof *c->children);
	condition_read(s, n, c->children);
}

static void w_none(struct cond_scope *s, uint32_t n, struct cond *c) { read_child(s, n, c, COND_NOT); }

/* Words of a line, for the line that the subject stands on. */
static void w_subject(struct cond_scope *s, uint32_t n, struct cond *c) { read_child(s, n, c, COND_SUBJECT); }

static void w_version(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->type = COND_VERSION;
	c->version = tree_text(s->d, n);
}

static void add_source(struct cond_scope *s, uint32_t node, struct cond *c)
{
	if (str_eq(tree_text(s->d, node), S("client"))) {
		c->any_client = true;
		return;
	}
	if (str_eq(tree_text(s->d, node), S("mcp"))) {
		c->of_mcp = true;
		return;
	}
	enum source_kind k = source_kind_find(tree_text(s->d, node));
	if (k == SOURCE_UNKNOWN)
		problem(s, node, "unknown kind of source");
	c->sources |= 1u << k;
}

static void w_source(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->type = COND_SOURCE;
	each(s, n, c, add_source);
}

static void w_span(struct cond_scope *s, uint32_t n, struct cond *c)
{
	c->type = COND_SPAN;
	read_words(s, n, c, call_words, sizeof call_words / sizeof *call_words);
}

static void w_else(struct cond_scope *s, uint32_t n, struct cond *c) { c->why_not = tree_text(s->d, n); }

static const struct word cond_words[] = {
	{"call", w_call}, {"prev", w_prev}, {"next", w_next}, {"later", w_later}, {"earlier", w_earlier}, {"during", w_during}, {"event", w_event},
	{"all", w_all}, {"any", w_any}, {"none", w_none}, {"not", w_none}, {"version", w_version}, {"source", w_source}, {"span", w_span}, {"subject", w_subject}, {"else", w_else},
	{"as", w_as}, {"from", w_from}, {"to", w_to}, {"class", w_class}, {"not_class", w_not_class}, {"where", w_where}, {"count", w_count},
	{"last", w_last}, {"server", w_of}, {"side", w_side}, {"order", w_order}, {"noise", w_noise}, {"regular", w_regular},
	{"ends_log", w_ends_log},
};

static void read_words(struct cond_scope *s, uint32_t map, struct cond *c, const struct word *words, size_t count)
{
	for (uint32_t i = tree_first(s->d, map); i; i = tree_next(s->d, i)) {
		size_t w = 0;
		str key = tree_key(s->d, i);
		while (w < count && (key.n == 0 || words[w].name[0] != key.p[0] || !str_eq(key, str_z(words[w].name))))
			w++;
		if (w < count) {
			words[w].read(s, i, c);
			continue;
		}
		s->broken = true;
		knowledge_problem(s->rules, s->d, i, ERR_SCHEMA, "unknown word `%.*s` in a condition", STR_ARG(str_head(key, 40)));
	}
}

void condition_read(struct cond_scope *s, uint32_t map, struct cond *ret)
{
	*ret = (struct cond){.bind = -1, .recovered = -1, .same_err = -1, .where = entry_where(s->d, map)};
	if (s->d->nodes[map].type != TREE_MAP) {
		problem(s, map, "a condition is a map such as `call: {…}` or `event: …`");
		return;
	}
	read_words(s, map, ret, cond_words, sizeof cond_words / sizeof *cond_words);
}

void conditions_read(struct cond_scope *s, uint32_t list, struct cond *ret)
{
	if (s->d->nodes[list].type == TREE_MAP) {
		condition_read(s, list, ret);
		return;
	}
	*ret = (struct cond){.type = COND_ALL, .bind = -1, .recovered = -1, .same_err = -1, .where = entry_where(s->d, list)};
	read_children(s, list, ret);
}

void conditions_read_call(struct cond_scope *s, uint32_t map, struct cond *ret)
{
	*ret = (struct cond){.bind = -1, .recovered = -1, .same_err = -1, .where = entry_where(s->d, map)};
	read_call(s, map, ret, WHO_SELF);
}

int conditions_step(struct cond_scope *s, str name, bool add)
{
	for (unsigned i = 0; i < s->cause->step_count; i++)
		if (str_eq(s->cause->steps[i], name))
			return (int)i;
	if (!add)
		return -1;
	if (s->cause->step_count == CAUSE_STEPS) {
		s->broken = true;
		return -1;
	}
	s->cause->steps[s->cause->step_count] = name;
	return (int)s->cause->step_count++;
}
