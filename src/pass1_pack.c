/* Part of pass 1 with two threads, between pass1_ahead's halves: records and rests as bytes (see pass1_pack.h).
 *
 * A message is a header, then as many bytes, and what is missing to a multiple of 8; a record is copied as it lies in memory, with its
 * texts behind it: first the line as it stood, in which most of the others lie. Both ends are this program in this run: nothing is checked,
 * and nothing of it may be stored. */
#include "pass1_pack.h"
#include "model/limits.h"
#include <stddef.h>
#include <string.h>

enum message_kind { MESSAGE_RECORD, MESSAGE_REST, MESSAGE_AT };
struct message {
	enum message_kind kind;
	size_t n;
};
struct rest_message {
	uint64_t offset;
	size_t reader_n, parser_n;
};

/* Texts of a record but the raw one. */
static const size_t texts[] = {offsetof(struct record, body), offsetof(struct record, server),
	offsetof(struct record, session), offsetof(struct record, cwd), offsetof(struct record, version), offsetof(struct record, tool),
	offsetof(struct record, tool_use_id), offsetof(struct record, frames)};
enum { TEXTS = sizeof texts / sizeof *texts };

static str *text_of(struct record *r, size_t i) { return (str *)(void *)((char *)r + texts[i]); }

static size_t round_up(size_t n) { return (n + 7) & ~(size_t)7; }

/* A message of n bytes, to be written by the caller. */
static char *put(struct buf *b, enum message_kind kind, size_t n)
{
	const struct message m = {kind, n};
	buf_reserve(b, sizeof m + round_up(n));
	memcpy(b->p + b->n, &m, sizeof m);
	char *p = b->p + b->n + sizeof m;
	b->n += sizeof m + round_up(n);
	return p;
}

struct record_message {
	struct record record;
	uint32_t at[TEXTS];       /* where the text begins, behind this */
};

/* Where it lies in `raw`; false: elsewhere. */
static bool lies_in(str raw, str text, uint32_t *ret_at)
{
	const uintptr_t at = (uintptr_t)text.p - (uintptr_t)raw.p;
	*ret_at = (uint32_t)at;
	return at <= raw.n && text.n <= raw.n - at;
}

void pack_record(struct buf *b, const struct record *r)
{
	struct record_message m = {.record = *r};
	const str raw = str_head(r->raw, LIMIT_RAW_EXCERPT); /* nobody looks at more of it */
	size_t n = raw.n, copied[TEXTS];
	m.record.raw.n = raw.n;
	for (size_t i = 0; i < TEXTS; i++) {
		const str *text = text_of(&m.record, i);
		copied[i] = 0;
		if (text->n == 0 || lies_in(raw, *text, &m.at[i]))
			continue;
		m.at[i] = (uint32_t)n;
		copied[i] = text->n;
		n += text->n;
	}
	char *p = put(b, MESSAGE_RECORD, sizeof m + n), *to = p + sizeof m;
	memcpy(p, &m, sizeof m);
	if (raw.n)
		memcpy(to, raw.p, raw.n);
	for (size_t i = 0; i < TEXTS; i++)
		if (copied[i])
			memcpy(to + m.at[i], text_of(&m.record, i)->p, copied[i]);
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

static void open_record(const struct reading_sink *sink, char *p)
{
	struct record_message *m = (struct record_message *)(void *)p;
	const char *from = p + sizeof *m;
	if (m->record.raw.p)
		m->record.raw.p = from;
	for (size_t i = 0; i < TEXTS; i++) {
		str *text = text_of(&m->record, i);
		if (text->p)
			text->p = from + m->at[i];
	}
	sink->record(sink->context, &m->record);
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
