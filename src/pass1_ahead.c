/* Two threads for pass 1 (see pass1_ahead.h). The other thread does what needs only the file (pass1_read.c): it opens one input after
 * the other and reads it from its beginning, on the guess that this is what the timeline will want. Its records are packed into
 * blocks (pass1_pack.c), in order, and unpacked here; whoever takes them cannot tell it from reading the file himself.
 *
 * Inputs are claimed one at a time, in order. Where this thread would have to wait for the other one, it claims the next input itself,
 * if that is small, and puts its records aside in the same way: so both are busy whichever half is the longer one. Large files are
 * the other thread's, which is held back: by FILES inputs that are not through, and by BLOCKS blocks of its own that nobody took. It is
 * woken when half of them are gone, and this one, once it has to wait, when half of them are there: a wake-up costs as much as reading
 * some hundred lines.
 *
 * A block has records of one file only. Something is handed over every TICK bytes at least, also from a log without records: a signal
 * is looked at only here.
 *
 * Shared are the rules and options, which are only read, and what stands behind the lock. Gate and parser's memory are each thread's own. */
#include "pass1_ahead.h"
#include "base/mem.h"
#include "base/vec.h"
#include "pass1_pack.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 6, BLOCKS = 16, BLOCK = 64 * 1024, TICK = 2 << 20, SMALL = 4 << 20 };

struct slot {
	struct ahead_file file;
	atomic_bool skip;
	/* Behind the lock. */
	struct hands *by;
	VEC(struct buf) full;     /* blocks, the first `taken` of which are not ours any more */
	size_t taken;
	bool open, ended;         /* `file` is set but for its facts; nothing more comes */
};

/* Who reads. */
struct hands {
	struct ahead *ahead;
	struct parse_memory *memory;
	const struct matcher *gate; /* NULL: reads nothing */
	struct slot *slot;
	struct buf room;          /* of the reader */
	struct buf block;         /* being filled */
	uint64_t told;            /* byte of the last pack_at */
	size_t held;              /* blocks handed over that nobody took; behind the lock */
};

struct ahead {
	pthread_t thread;
	const struct rules *rules;
	const struct pipeline_options *options;
	const struct input *const *inputs;
	size_t count;
	struct hands other, own;
	atomic_bool stop;
	bool taken;               /* the file at `first` is ours */
	/* Behind the lock. */
	pthread_mutex_t lock;
	pthread_cond_t room, come; /* for the other thread, for this one */
	size_t wanted;            /* blocks that this one waits for */
	struct slot slots[FILES]; /* of input i: i % FILES */
	size_t first, next;       /* input that is not through, that nobody claimed */
	VEC(struct buf) spare;
};

static void lock(struct ahead *a) { (void)pthread_mutex_lock(&a->lock); }

static void unlock(struct ahead *a) { (void)pthread_mutex_unlock(&a->lock); }

/* --- who reads --- */

static void hand_over(struct hands *h, bool last)
{
	struct ahead *a = h->ahead;
	lock(a);
	while (h == &a->other && h->held >= BLOCKS && !atomic_load(&a->stop))
		(void)pthread_cond_wait(&a->room, &a->lock);
	*vec_push(&h->slot->full) = h->block;
	h->slot->ended = last;
	h->held++;
	h->block = a->spare.n ? a->spare.v[--a->spare.n] : (struct buf){0};
	if (last || h->held >= a->wanted)
		(void)pthread_cond_signal(&a->come);
	unlock(a);
}

static void put_record(void *context, const struct record *r)
{
	struct hands *h = context;
	pack_record(&h->block, r);
	if (h->block.n >= BLOCK)
		hand_over(h, false);
}

static void put_rest(void *context, uint64_t offset, str reader, str parser)
{
	struct hands *h = context;
	pack_rest(&h->block, offset, reader, parser);
}

static bool put_at(void *context, uint64_t offset)
{
	struct hands *h = context;
	if (offset - h->told >= TICK) {
		pack_at(&h->block, offset);
		h->told = offset;
		hand_over(h, false);
	}
	return !atomic_load(&h->ahead->stop) && !atomic_load(&h->slot->skip);
}

static bool open_file(struct hands *h, const struct input *in)
{
	struct ahead *a = h->ahead;
	struct ahead_file *f = &h->slot->file;
	*f = (struct ahead_file){.read = {.rules = a->rules, .options = a->options, .in = in, .room = &h->room, .sink = {h, put_record, put_rest, put_at}}};
	f->source = (struct source){.path = in->path, .first = INSTANT_NONE, .last = INSTANT_NONE};
	const bool failed = reading_open(&f->read, &f->fault) != 0;
	if (!failed) {
		const str head = str_head(reader_head(f->read.reader), sizeof f->head);
		memcpy(f->head, head.p, head.n);
		f->head_n = head.n;
		f->compressed = reader_compressed(f->read.reader);
		f->source.identity = f->read.identity;
	}
	lock(a);
	h->slot->open = true;
	h->slot->ended = failed;
	(void)pthread_cond_signal(&a->come);
	unlock(a);
	return !failed;
}

/* The input that was claimed last. Called with the lock, which is given up meanwhile. */
static void read_claimed(struct hands *h)
{
	struct ahead *a = h->ahead;
	const struct input *in = a->inputs[a->next];
	h->slot = &a->slots[a->next++ % FILES];
	h->slot->by = h;
	unlock(a);
	if (open_file(h, in)) {
		struct ahead_file *f = &h->slot->file;
		reading_parser(&f->read, h->memory, h->gate);
		reading_watch_from(&f->read, 0);
		h->told = 0;
		if (reading_lines(&f->read))
			reading_facts(&f->read, &f->source);
		reader_leave(f->read.reader);
		hand_over(h, true);
	}
	lock(a);
}

static bool is_room(const struct ahead *a) { return a->next < a->count && a->next - a->first < FILES; }

static void *read_ahead(void *context)
{
	struct ahead *a = context;
	struct matcher *gate = matcher_new(a->rules);
	a->other.memory = parse_memory_new(a->rules);
	a->other.gate = gate;
	lock(a);
	while (a->next < a->count && !atomic_load(&a->stop))
		if (is_room(a))
			read_claimed(&a->other);
		else
			(void)pthread_cond_wait(&a->room, &a->lock);
	unlock(a);
	matcher_free(gate);
	parse_memory_free(a->other.memory);
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

static void hands_done(struct hands *h)
{
	buf_done(&h->block);
	buf_done(&h->room);
}

static void release(struct ahead *a)
{
	for (size_t i = 0; i < FILES; i++) {
		struct slot *s = &a->slots[i];
		reading_done(&s->file.read);
		for (size_t k = s->taken; k < s->full.n; k++)
			buf_done(&s->full.v[k]);
		vec_free(&s->full);
	}
	for (size_t i = 0; i < a->spare.n; i++)
		buf_done(&a->spare.v[i]);
	vec_free(&a->spare);
	hands_done(&a->other);
	hands_done(&a->own);
	(void)pthread_cond_destroy(&a->room);
	(void)pthread_cond_destroy(&a->come);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

struct ahead *ahead_new(const struct rules *rules, const struct pipeline_options *options, const struct input *const *inputs, size_t count)
{
	struct ahead *a = mem_new(sizeof *a);
	a->rules = rules;
	a->options = options;
	a->inputs = inputs;
	a->count = count;
	a->other.ahead = a->own.ahead = a;
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->room, NULL);
	(void)pthread_cond_init(&a->come, NULL);
	if (start(a))
		return a;
	release(a);
	return NULL;
}

void ahead_help(struct ahead *a, struct parse_memory *memory, const struct matcher *gate)
{
	a->own.memory = memory;
	a->own.gate = gate;
}

/* Is there something to do until the other thread has got further? */
static bool may_help(const struct ahead *a)
{
	return a->own.gate && a->own.held < BLOCKS && is_room(a) && a->inputs[a->next]->identity.size <= SMALL;
}

static bool has_come(const struct slot *s, size_t blocks) { return s->ended || (blocks > 0 ? s->full.n - s->taken >= blocks : s->open); }

/* With the lock: up to where the file is open (blocks 0), or has a block or none any more. Whoever has to wait for one waits for some. */
static void wait_for(struct ahead *a, const struct slot *s, size_t blocks)
{
	while (!has_come(s, blocks))
		if (may_help(a)) {
			read_claimed(&a->own);
		} else {
			a->wanted = blocks > 0 ? BLOCKS / 2 : 0;
			while (!has_come(s, a->wanted))
				(void)pthread_cond_wait(&a->come, &a->lock);
		}
}

static struct slot *slot_of_first(struct ahead *a) { return &a->slots[a->first % FILES]; }

const struct ahead_file *ahead_next(struct ahead *a)
{
	struct slot *s = slot_of_first(a);
	lock(a);
	if (a->taken) {
		reading_done(&s->file.read);
		s->open = s->ended = false;
		atomic_store(&s->skip, false);
		a->first++;
		if (a->next - a->first <= FILES / 2)
			(void)pthread_cond_signal(&a->room);
	}
	s = slot_of_first(a);
	a->taken = a->first < a->count;
	if (a->taken)
		wait_for(a, s, 0);
	unlock(a);
	return a->taken ? &s->file : NULL;
}

/* The next block of the file, which is the caller's; false: there is none. */
static bool take_block(struct ahead *a, struct slot *s, struct buf *ret)
{
	lock(a);
	wait_for(a, s, 1);
	const bool some = s->taken < s->full.n;
	if (some)
		*ret = s->full.v[s->taken++];
	if (s->taken == s->full.n)
		s->taken = s->full.n = 0;
	if (some && --s->by->held == BLOCKS / 2)
		(void)pthread_cond_signal(&a->room);
	unlock(a);
	return some;
}

static void give_back(struct ahead *a, struct buf *b)
{
	if (b->cap > 4 * BLOCK) { /* after a very long record */
		buf_done(b);
		return;
	}
	buf_reset(b);
	lock(a);
	*vec_push(&a->spare) = *b;
	unlock(a);
}

bool ahead_read(struct ahead *a, const struct reading_sink *sink)
{
	struct slot *s = slot_of_first(a);
	struct buf block;
	bool more = true;
	while (more && take_block(a, s, &block)) {
		more = pack_open(&block, sink);
		give_back(a, &block);
	}
	return more;
}

static void forget_record(void *context, const struct record *r) { (void)context, (void)r; }

static void forget_rest(void *context, uint64_t offset, str reader, str parser) { (void)context, (void)offset, (void)reader, (void)parser; }

static bool forget_at(void *context, uint64_t offset) { return (void)context, (void)offset, true; }

void ahead_skip(struct ahead *a)
{
	const struct reading_sink nobody = {NULL, forget_record, forget_rest, forget_at};
	atomic_store(&slot_of_first(a)->skip, true);
	(void)ahead_read(a, &nobody);
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	lock(a); /* it must not be just about to wait */
	atomic_store(&a->stop, true);
	(void)pthread_cond_signal(&a->room);
	unlock(a);
	(void)pthread_join(a->thread, NULL);
	release(a);
}
