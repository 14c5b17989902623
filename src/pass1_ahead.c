/* Two threads for pass 1 (see pass1_ahead.h). The other thread does what needs only the file (pass1_read.c): it opens one input after
 * the other and reads it from its beginning, on the guess that this is what the timeline will want. Its records are packed into
 * blocks, in order, and unpacked here; whoever takes them cannot tell it from reading the file himself.
 *
 * Two rings hold it back: it is at most FILES inputs and BLOCKS blocks ahead. A block has records of one file only, and the last one
 * of a file is always handed over, so that neither side waits for what the other keeps. Something is handed over every TICK bytes at
 * least, also from a log without records: a signal is looked at only here.
 *
 * Shared are the rules and options, which are only read. Gate and parser's memory are the other thread's own. */
#include "pass1_ahead.h"
#include "base/mem.h"
#include "base/ring.h"
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 4, BLOCKS = 8, BLOCK = 64 * 1024, TICK = 2 << 20 };

struct ahead {
	pthread_t thread;
	const struct rules *rules;
	const struct pipeline_options *options;
	const struct input *const *inputs;
	size_t count;
	struct ring open, full;
	struct ahead_file files[FILES];
	struct buf blocks[BLOCKS];
	atomic_bool skip[FILES], stop;
	/* Of the other thread. */
	struct parse_memory *memory;
	struct matcher *gate;
	size_t file, block;
	uint64_t told;            /* byte of the last MESSAGE_AT */
	/* Of this one. */
	size_t now;
	bool taken;               /* files[now] is ours */
	bool ended;               /* and its last block was taken */
};

/* What a block is made of: a header, then as many bytes, and what is missing to a multiple of 8. */
enum message_kind { MESSAGE_RECORD, MESSAGE_REST, MESSAGE_AT, MESSAGE_END };
struct message {
	enum message_kind kind;
	size_t n;
};
struct rest_message {
	uint64_t offset;
	size_t reader_n, parser_n;
};

/* Texts of a record. */
static const size_t texts[] = {offsetof(struct record, raw), offsetof(struct record, body), offsetof(struct record, server),
	offsetof(struct record, session), offsetof(struct record, cwd), offsetof(struct record, version), offsetof(struct record, tool),
	offsetof(struct record, tool_use_id), offsetof(struct record, frames)};
enum { TEXTS = sizeof texts / sizeof *texts };

static str *text_of(struct record *r, size_t i) { return (str *)(void *)((char *)r + texts[i]); }

static size_t round_up(size_t n) { return (n + 7) & ~(size_t)7; }

/* --- the other thread --- */

static void hand_over(struct ahead *a)
{
	ring_fill(&a->full);
	if (ring_room(&a->full, &a->block))
		buf_reset(&a->blocks[a->block]);
	else
		atomic_store(&a->stop, true);
}

/* A message of n bytes, to be written by the caller. */
static char *put(struct ahead *a, enum message_kind kind, size_t n)
{
	struct buf *b = &a->blocks[a->block];
	const struct message m = {kind, n};
	buf_reserve(b, sizeof m + round_up(n));
	memcpy(b->p + b->n, &m, sizeof m);
	char *p = b->p + b->n + sizeof m;
	b->n += sizeof m + round_up(n);
	return p;
}

static void put_record(void *context, const struct record *r)
{
	struct ahead *a = context;
	if (atomic_load(&a->stop)) /* the place is not ours any more */
		return;
	struct record copy = *r;
	copy.raw = str_head(copy.raw, LIMIT_RAW_EXCERPT); /* nobody looks at more of it */
	size_t n = sizeof copy;
	for (size_t i = 0; i < TEXTS; i++)
		n += text_of(&copy, i)->n;
	char *p = put(a, MESSAGE_RECORD, n);
	memcpy(p, &copy, sizeof copy);
	p += sizeof copy;
	for (size_t i = 0; i < TEXTS; i++) {
		const str *text = text_of(&copy, i);
		if (text->n)
			memcpy(p, text->p, text->n);
		p += text->n;
	}
	if (a->blocks[a->block].n >= BLOCK)
		hand_over(a);
}

static void put_rest(void *context, uint64_t offset, str reader, str parser)
{
	struct ahead *a = context;
	if (atomic_load(&a->stop))
		return;
	const struct rest_message m = {offset, reader.n, parser.n};
	char *p = put(a, MESSAGE_REST, sizeof m + reader.n + parser.n);
	memcpy(p, &m, sizeof m);
	memcpy(p + sizeof m, reader.p, reader.n);
	memcpy(p + sizeof m + reader.n, parser.p, parser.n);
}

static bool put_at(void *context, uint64_t offset)
{
	struct ahead *a = context;
	if (!atomic_load(&a->stop) && offset - a->told >= TICK) {
		memcpy(put(a, MESSAGE_AT, sizeof offset), &offset, sizeof offset);
		a->told = offset;
		hand_over(a);
	}
	return !atomic_load(&a->stop) && !atomic_load(&a->skip[a->file]);
}

static void open_next(struct ahead *a, const struct input *in)
{
	struct ahead_file *f = &a->files[a->file];
	*f = (struct ahead_file){.read = {.rules = a->rules, .options = a->options, .in = in, .sink = {a, put_record, put_rest, put_at}}};
	f->source = (struct source){.path = in->path, .first = INSTANT_NONE, .last = INSTANT_NONE};
	atomic_store(&a->skip[a->file], false);
	if (reading_open(&f->read, &f->fault))
		return;
	const str head = str_head(reader_head(f->read.reader), sizeof f->head);
	memcpy(f->head, head.p, head.n);
	f->head_n = head.n;
	f->compressed = reader_compressed(f->read.reader);
	f->source.identity = f->read.identity;
}

static void read_next(struct ahead *a)
{
	struct ahead_file *f = &a->files[a->file];
	reading_parser(&f->read, a->memory, a->gate);
	reading_watch_from(&f->read, 0);
	a->told = 0;
	if (reading_lines(&f->read))
		reading_facts(&f->read, &f->source);
	if (atomic_load(&a->stop))
		return;
	(void)put(a, MESSAGE_END, 0);
	hand_over(a);
}

static void *read_ahead(void *context)
{
	struct ahead *a = context;
	a->memory = parse_memory_new(a->rules);
	a->gate = matcher_new(a->rules);
	bool more = ring_room(&a->full, &a->block);
	for (size_t i = 0; i < a->count && more && ring_room(&a->open, &a->file); i++) {
		open_next(a, a->inputs[i]);
		const bool opened = a->files[a->file].fault.code == 0;
		ring_fill(&a->open);
		if (opened)
			read_next(a);
		more = !atomic_load(&a->stop);
	}
	ring_close(&a->open);
	ring_close(&a->full);
	matcher_free(a->gate);
	parse_memory_free(a->memory);
	return NULL;
}

/* --- this thread --- */

/* Signals are the main thread's. */
static bool start(struct ahead *a)
{
	sigset_t all, before;
	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return false;
	const bool started = pthread_create(&a->thread, NULL, read_ahead, a) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static void release(struct ahead *a)
{
	ring_done(&a->open);
	ring_done(&a->full);
	for (size_t i = 0; i < FILES; i++)
		reading_done(&a->files[i].read);
	for (size_t i = 0; i < BLOCKS; i++)
		buf_done(&a->blocks[i]);
	free(a);
}

struct ahead *ahead_new(const struct rules *rules, const struct pipeline_options *options, const struct input *const *inputs, size_t count)
{
	struct ahead *a = mem_new(sizeof *a);
	a->rules = rules;
	a->options = options;
	a->inputs = inputs;
	a->count = count;
	ring_init(&a->open, FILES);
	ring_init(&a->full, BLOCKS);
	if (start(a))
		return a;
	release(a);
	return NULL;
}

const struct ahead_file *ahead_next(struct ahead *a)
{
	if (a->taken) {
		reading_done(&a->files[a->now].read);
		ring_empty(&a->open);
	}
	a->taken = ring_take(&a->open, &a->now);
	if (!a->taken)
		return NULL;
	a->ended = a->files[a->now].fault.code != 0;
	return &a->files[a->now];
}

static void pass_record(const struct reading_sink *sink, char *p)
{
	struct record *r = (struct record *)(void *)p;
	p += sizeof *r;
	for (size_t i = 0; i < TEXTS; i++) {
		str *text = text_of(r, i);
		if (text->p)
			text->p = p;
		p += text->n;
	}
	sink->record(sink->context, r);
}

static void pass_rest(const struct reading_sink *sink, char *p)
{
	struct rest_message m;
	memcpy(&m, p, sizeof m);
	p += sizeof m;
	sink->rest(sink->context, m.offset, (str){p, m.reader_n}, (str){p + m.reader_n, m.parser_n});
}

/* Hands on what is in a block; false when the sink gives up. */
static bool pass_block(struct ahead *a, struct buf *b, const struct reading_sink *sink)
{
	struct message m;
	for (size_t at = 0; at < b->n; at += sizeof m + round_up(m.n)) {
		char *p = b->p + at + sizeof m;
		memcpy(&m, b->p + at, sizeof m);
		if (m.kind == MESSAGE_RECORD) {
			pass_record(sink, p);
		} else if (m.kind == MESSAGE_REST) {
			pass_rest(sink, p);
		} else if (m.kind == MESSAGE_AT) {
			uint64_t offset;
			memcpy(&offset, p, sizeof offset);
			if (!sink->go_on(sink->context, offset))
				return false;
		} else {
			a->ended = true;
		}
	}
	return true;
}

bool ahead_read(struct ahead *a, const struct reading_sink *sink)
{
	size_t block;
	bool more = true;
	while (more && !a->ended && ring_take(&a->full, &block)) {
		struct buf *b = &a->blocks[block];
		more = pass_block(a, b, sink);
		if (b->cap > 4 * BLOCK) /* after a very long record */
			buf_done(b);
		ring_empty(&a->full);
	}
	return more && a->ended;
}

static void forget_record(void *context, const struct record *r) { (void)context, (void)r; }

static void forget_rest(void *context, uint64_t offset, str reader, str parser) { (void)context, (void)offset, (void)reader, (void)parser; }

static bool forget_at(void *context, uint64_t offset) { return (void)context, (void)offset, true; }

void ahead_skip(struct ahead *a)
{
	const struct reading_sink nobody = {NULL, forget_record, forget_rest, forget_at};
	atomic_store(&a->skip[a->now], true);
	(void)ahead_read(a, &nobody);
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	atomic_store(&a->stop, true);
	ring_close(&a->open);
	ring_close(&a->full);
	(void)pthread_join(a->thread, NULL);
	release(a);
}
