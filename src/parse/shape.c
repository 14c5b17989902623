/* Formats as data, prepared: what patterns/formats says about a line is turned into byte masks and group numbers here, once per
 * run; every other file of parse/ asks in these terms.
 *
 * A mask decides with a few word operations, because it is asked for every line of every file. The regex is only asked for lines
 * that passed the mask, and compiled when that happens for the first time. No format is known by name in C. */
#include "parse/shape.h"
#include "base/mem.h"
#include "base/pattern.h"
#include "base/plain.h"
#include <stdlib.h>

#define MONTHS_BACK (90 * DAY)

static const char *const role_names[] = {
#define X(id, name) [SHAPE_##id] = name,
	ROLE_LIST(X)
#undef X
};
static const char *const part_names[] = {
#define X(id, name) [PART_##id] = name,
	PART_LIST(X)
#undef X
};

static const struct {
	const char *word;
	enum level level;
} level_words[] = {
	{"trace", LEVEL_DEBUG}, {"verbose", LEVEL_DEBUG}, {"debug", LEVEL_DEBUG}, {"info", LEVEL_INFO}, {"notice", LEVEL_INFO},
	{"log", LEVEL_INFO}, {"success", LEVEL_INFO}, {"warn", LEVEL_WARN}, {"warning", LEVEL_WARN}, {"error", LEVEL_ERROR},
	{"err", LEVEL_ERROR}, {"crit", LEVEL_ERROR}, {"critical", LEVEL_ERROR}, {"alert", LEVEL_ERROR}, {"emerg", LEVEL_ERROR},
	{"fatal", LEVEL_ERROR}, {"panic", LEVEL_ERROR},
};

static bool same_word(str s, const char *word)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if (word[i] == '\0' || c != word[i])
			return false;
	}
	return word[s.n] == '\0';
}

enum level level_find(str word)
{
	word = str_trim(word);
	for (size_t i = 0; word.n > 0 && i < sizeof level_words / sizeof *level_words; i++)
		if (same_word(word, level_words[i].word))
			return level_words[i].level;
	return LEVEL_NONE;
}

static void mask_build(struct mask *m, str text)
{
	uint8_t equal[MASK_BYTES] = {0}, value[MASK_BYTES] = {0}, six[MASK_BYTES] = {0};
	*m = (struct mask){0};
	for (size_t i = 0; i < text.n && m->n < MASK_BYTES; i++, m->n++) {
		bool literal = text.p[i] == '\\' && i + 1 < text.n;
		uint8_t c = (uint8_t)text.p[literal ? ++i : i], at = m->n;
		bool kind = !literal && (c == 'd' || c == 'a');
		if (at == 0) {
			m->first = c;
			m->kind_first = kind;
		}
		equal[at] = kind ? (c == 'd' ? 0xf0 : 0) : 0xff;
		value[at] = kind ? (c == 'd' ? 0x30 : 0) : c;
		six[at] = kind && c == 'd' ? 6 : 0;
		m->letter[at] = kind && c == 'a';
		m->letters |= kind && c == 'a';
	}
	memcpy(m->equal, equal, MASK_BYTES);
	memcpy(m->value, value, MASK_BYTES);
	memcpy(m->six, six, MASK_BYTES);
}

bool mask_fits_all(const struct mask *m, str text)
{
	char room[MASK_BYTES];
	const char *p = text.p;
	if (text.n < MASK_BYTES) {
		memset(room, 0, sizeof room);
		p = memcpy(room, text.p, text.n);
	}
	if (!mask_words(m, p))
		return false;
	for (size_t i = 0; m->letters && i < m->n; i++)
		if (m->letter[i] && !str_is_letter(text.p[i]))
			return false;
	return true;
}

static bool shape_ready(struct shape *s)
{
	if (s->broken || regex_of(s->format->plain, s->format->match, REGEX_ANCHORED, &s->regex) < 0) {
		s->broken = true;
		return false;
	}
	for (unsigned g = 1; g <= regex_group_count(s->regex) && g < REGEX_GROUPS; g++)
		for (unsigned i = 0; i < PART_COUNT; i++)
			if (str_eq(regex_group_name(s->regex, g), str_z(part_names[i])) && s->group[i] == 0)
				s->group[i] = (uint8_t)g;
	return true;
}

static void read_time(const struct format *f, struct clock *clock, struct head *h)
{
	str text = h->part[PART_TIME];
	bool dated = true, ambiguous;
	h->at = INSTANT_NONE;
	if (str_eq(f->time, S("inherit"))) {
		h->at = clock->same;
		return;
	}
	if (text.n == 0)
		return;
	h->timed = true;
	if (text.n == 24 && f->time.n == 0 && text.p[23] == 'Z' && text.p[10] == 'T' && instant_iso24(text.p, &h->at)) {
		h->zoned = true;
	} else if (f->time.n == 0) {
		if (!instant_iso(text, &h->at, &h->zoned))
			h->at = INSTANT_NONE;
	} else {
		char template[64];
		size_t n = f->time.n < sizeof template - 1 ? f->time.n : sizeof template - 1;
		memcpy(template, f->time.p, n);
		template[n] = '\0';
		bool day = str_find(f->time, S("%d")) >= 0 || str_find(f->time, S("%e")) >= 0 || str_find(f->time, S("%s")) >= 0 ||
			str_find(f->time, S("%u")) >= 0;
		/* A line is older than its file's last change, but mtimes and clocks are not quite to be trusted: a time without
		 * a year is one of the nine months before that, or of the three behind. */
		instant base = !day || clock->base == INSTANT_NONE ? clock->context : clock->base - MONTHS_BACK;
		if (!instant_template(template, text, base, &h->at, &h->zoned, &dated) || (!dated && base == INSTANT_NONE))
			h->at = INSTANT_NONE;
	}
	if (h->at != INSTANT_NONE && !h->zoned && f->local)
		h->at = instant_from_local(clock->zone, h->at, &ambiguous);
	h->zoned |= !f->local;
	if (h->at != INSTANT_NONE)
		clock->same = clock->context = h->at;
}

bool shape_fits(struct shape *s, str text, struct clock *clock, struct head *ret_head)
{
	struct regex_match m;
	if (!shape_may(s, text) || (s->literal.n > 0 && str_find(text, s->literal) < 0) || (s->regex == NULL && !shape_ready(s)))
		return false;
	if (regex_match(s->regex, text, &m) != 1)
		return false;
	if (ret_head == NULL)
		return true;
	*ret_head = (struct head){.shape = s, .at = INSTANT_NONE};
	for (unsigned i = 0; i < PART_COUNT; i++)
		if (s->group[i] != 0 && s->group[i] < m.n)
			ret_head->part[i] = m.group[s->group[i]];
	size_t whole = m.group[0].n;
	if (ret_head->part[PART_BODY].p == NULL)
		ret_head->part[PART_BODY] = str_from(text, whole);
	else if (ret_head->part[PART_BODY].p + ret_head->part[PART_BODY].n == text.p + LIMIT_MATCH)
		ret_head->part[PART_BODY].n = (size_t)(text.p + text.n - ret_head->part[PART_BODY].p); /* the regex saw only so much */
	ret_head->level = level_find(ret_head->part[PART_LEVEL]);
	if (clock != NULL)
		read_time(s->format, clock, ret_head);
	return true;
}

struct shape *shapes_role(struct shapes *s, enum role_of_shape role, str text, struct head *ret_head)
{
	for (unsigned i = 0; i < s->role_count[role]; i++) {
		struct shape *shape = s->by_role[role][i];
		if (shape_may(shape, text) && shape_fits(shape, text, NULL, ret_head))
			return shape;
	}
	return NULL;
}

static void shape_init(struct shape *s, struct format *f)
{
	*s = (struct shape){.format = f};
	if (f->head.n == 0)
		s->literal = f->literal;
	for (unsigned r = 0; r < SHAPE_ROLE_COUNT; r++)
		if (str_eq(f->role, str_z(role_names[r])))
			s->role = (enum role_of_shape)r;
	str rest = f->head;
	while (rest.n > 0 && s->mask_count < SHAPE_MASKS)
		mask_build(&s->masks[s->mask_count++], str_word(&rest, '|'));
	s->settled = s->mask_count > 0 && f->plain != NULL && plain_digits_alike(f->plain);
	for (unsigned i = 0; i < s->mask_count; i++)
		s->settled &= !word_mask_names_digit(s->masks[i].equal, s->masks[i].value, s->masks[i].n);
}

/* Shape i may begin with any byte from `from` to `to`. */
static void add_begins(struct shapes *s, size_t i, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		s->begins[c * s->words + i / 64] |= UINT64_C(1) << i % 64;
}

static void find_begins(struct shapes *s)
{
	s->words = (s->n + 63) / 64;
	s->begins = mem_new(256 * s->words * sizeof *s->begins);
	for (size_t i = 0; i < s->n; i++) {
		const struct shape *shape = &s->v[i];
		if (shape->mask_count == 0)
			add_begins(s, i, 0, 255);
		for (unsigned k = 0; k < shape->mask_count; k++) {
			const struct mask *m = &shape->masks[k];
			if (!m->kind_first) {
				add_begins(s, i, m->first, m->first);
			} else if (m->first == 'd') {
				add_begins(s, i, '0', '9');
			} else {
				add_begins(s, i, 'A', 'Z');
				add_begins(s, i, 'a', 'z');
			}
		}
	}
}

void shapes_init(struct shapes *s, const struct rules *rules)
{
	s->n = rules->formats.n;
	s->v = mem_new((s->n + 1) * sizeof *s->v);
	for (size_t i = 0; i < s->n; i++) {
		shape_init(&s->v[i], &rules->formats.v[i]);
		enum role_of_shape role = s->v[i].role;
		if (role != SHAPE_HEAD && s->role_count[role] < SHAPE_ROLE_MAX)
			s->by_role[role][s->role_count[role]++] = &s->v[i];
	}
	for (size_t i = 0; i < s->n; i++)
		for (unsigned k = 0; k < s->v[i].format->split_count && k < SHAPE_SPLITS; k++)
			for (size_t j = 0; j < s->n; j++)
				if (str_eq(s->v[j].format->id, s->v[i].format->split[k]))
					s->v[i].split[s->v[i].split_count++] = &s->v[j];
	find_begins(s);
}

void shapes_first_bytes(struct shapes *s)
{
	memset(s->first, 0, sizeof s->first);
	for (size_t w = 0; w < s->words; w++) {
		uint64_t facts = 0, heads = 0;
		for (size_t i = 0; i < 64 && 64 * w + i < s->n; i++) {
			const struct shape *shape = &s->v[64 * w + i];
			facts |= (uint64_t)(shape->role == SHAPE_FACT) << i;
			heads |= (uint64_t)(shape->role == SHAPE_HEAD && (shape->format->strong || shape->confirmed)) << i;
		}
		for (unsigned c = 0; c < 256; c++) {
			const uint64_t begins = s->begins[c * s->words + w];
			s->first[c] |= (uint8_t)((begins & facts ? FIRST_FACT : 0) | (begins & heads ? FIRST_HEAD : 0));
		}
	}
	s->first[0x1b] |= FIRST_HEAD; /* of whatever head stands behind the colour */
}

void shapes_forget(struct shapes *s)
{
	for (size_t i = 0; i < s->n; i++) {
		s->v[i].seen = 0;
		s->v[i].confirmed = false;
	}
	shapes_first_bytes(s);
}

void shapes_done(struct shapes *s)
{
	for (size_t i = 0; i < s->n; i++)
		regex_free(s->v[i].regex);
	free(s->v);
	free(s->begins);
	*s = (struct shapes){0};
}
