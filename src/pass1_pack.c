/* Part of pass 1 with two threads, between pass1_ahead's halves: records and rests as bytes (see pass1_pack.h).
 *
 * A message is a header, then as many bytes, and what is missing to a multiple of 8. Of a record they are its fields up to the texts, where
 * each text that it has begins and how long it is, and the texts: first the line as it stood, in which most of the others lie. Both ends
 * are this program in this run: nothing is checked, and nothing of it may be stored. */
#include "pass1_pack.h"
#include "model/limits.h"
#include <stddef.h>
#include <string.h>

enum message_kind { MESSAGE_RECORD, MESSAGE_REST, MESSAGE_AT };
struct message {
	uint32_t kind, n;
};
struct rest_message {
	uint64_t offset;
	size_t reader_n, parser_n;
};

/* A record's texts, the line as it stood first, and what is before them. */
enum { FIELDS = offsetof(struct record, raw), TEXTS = (sizeof(struct record) - FIELDS) / sizeof(str) };
_Static_assert(offsetof(struct record, frames) == FIELDS + (TEXTS - 1) * sizeof(str), "the texts are the last members of a record");

struct record_message {
	char fields[FIELDS];
	uint32_t texts;           /* a bit for each one that is there */
	struct text_place {
		uint32_t at, n;       /* from behind the last place on */
	} places[TEXTS];          /* as many as there are */
};

static size_t round_up(size_t n) { return (n + 7) & ~(size_t)7; }

/* A message of n bytes, to be written by the caller. */
static char *put(struct buf *b, enum message_kind kind, size_t n)
{
	const struct message m = {kind, (uint32_t)n};
	buf_reserve(b, sizeof m + round_up(n));
	memcpy(b->p + b->n, &m, sizeof m);
	char *p = b->p + b->n + sizeof m;
	b->n += sizeof m + round_up(n);
	return p;
}

/* Where it lies in `raw`; false: elsewhere. */
static bool lies_in(str raw, str text, uint32_t *ret_at)
{
	const uintptr_t at = (uintptr_t)text.p - (uintptr_t)raw.p;
	*ret_at = (uint32_t)at;
	return at <= raw.n && text.n <= raw.n - at;
}

static size_t head_of(size_t texts) { return offsetof(struct record_message, places) + texts * sizeof(struct text_place); }

void pack_record(struct buf *b, const struct record *r)
{
	struct record_message m;
	const str *texts = &r->raw, raw = str_head(r->raw, LIMIT_RAW_EXCERPT), *copied[TEXTS]; /* nobody looks at more of it */
	size_t n = raw.n, there = 0, copies = 0;
	memcpy(m.fields, r, FIELDS);
	m.texts = 0;
	for (unsigned i = 0; i < TEXTS; i++) {
		const str text = i == 0 ? raw : texts[i];
		if (!text.p)
			continue;
		struct text_place *place = &m.places[there++];
		m.texts |= 1u << i;
		place->n = (uint32_t)text.n;
		if (lies_in(raw, text, &place->at))
			continue;
		place->at = (uint32_t)n;
		copied[copies++] = &texts[i];
		n += text.n;
	}
	char *to = put(b, MESSAGE_RECORD, head_of(there) + n);
	memcpy(to, &m, head_of(there));
	to += head_of(there);
	if (raw.n)
		memcpy(to, raw.p, raw.n);
	to += raw.n;
	for (size_t i = 0; i < copies; to += copied[i++]->n)
		memcpy(to, copied[i]->p, copied[i]->n);
}

void pack_rest(struct buf *b, uint64_t offset, str reader, str parser)
{
	const struct rest_message m = {offset, reader.n, parser.n};
	char *p = put(b, MESSAGE_REST, sizeof m + reader.n + parser.n);
	memcpy(p, &m, sizeof m);
	memcpy(p + sizeof m, reader.p, reader.n);
	memcpy(p + sizeof m + reader.n, parser.p, parser.n);
}

void pack_at(struct buf *b, uint64_t offset) { memcpy(put(b, MESSAGE_AT, sizeof offset), &offset, sizeof offset); }

static void open_record(const struct reading_sink *sink, const char *p)
{
	const struct record_message *m = (const struct record_message *)(const void *)p;
	struct record r;
	str *texts = &r.raw;
	memcpy(&r, m->fields, FIELDS);
	const char *from = p + head_of((size_t)__builtin_popcount(m->texts));
	const struct text_place *place = m->places;
	for (unsigned i = 0; i < TEXTS; i++) {
		const bool there = m->texts >> i & 1;
		texts[i] = there ? (str){from + place->at, place->n} : STR_NONE;
		place += there;
	}
	sink->record(sink->context, &r);
}

static void open_rest(const struct reading_sink *sink, char *p)
{
	struct rest_message m;
	memcpy(&m, p, sizeof m);
	p += sizeof m;
	sink->rest(sink->context, m.offset, (str){p, m.reader_n}, (str){p + m.reader_n, m.parser_n});
}

static bool open_at(const struct reading_sink *sink, const char *p)
{
	uint64_t offset;
	memcpy(&offset, p, sizeof offset);
	return sink->go_on(sink->context, offset);
}

bool pack_open(const struct buf *b, const struct reading_sink *sink)
{
	struct message m;
	for (size_t at = 0; at < b->n; at += sizeof m + round_up(m.n)) {
		char *p = b->p + at + sizeof m;
		memcpy(&m, b->p + at, sizeof m);
		if (m.kind == MESSAGE_RECORD)
			open_record(sink, p);
		else if (m.kind == MESSAGE_REST)
			open_rest(sink, p);
		else if (!open_at(sink, p))
			return false;
	}
	return true;
}
