/* Rules to an image of them (knowledge/image.h), for the host tool of the build and for the test that compares the image in the program
 * with what the reader makes of the same files.
 *
 * The memory of the rules is known piece by piece. Pieces with pointers are searched word by word: a word is a pointer when it lies in
 * a piece, and becomes a distance. So no list of members must be kept that somebody could forget to extend; an address that lies in no
 * piece would differ from run to run, and the test would see it. Equal rules give equal bytes, as long as readers leave 0 between the
 * members of a struct; the test sees that too. */
#include "knowledge/image.h"
#include "base/plain.h"

enum { ARENA_SIZE = 4 * 1024 * 1024, NAMES_SIZE = 64 * 1024 };

struct piece {
	const char *from;
	size_t n, at; /* at: in entries or constant */
	enum image_base base;
};
struct writer {
	VEC(struct piece) pieces;
	struct image_made *made;
	const struct tree_doc *doc;
};

void image_prepare(struct rules *rules)
{
	arena_reserve(&rules->arena, ARENA_SIZE);
	arena_reserve(&rules->sets, ARENA_SIZE);
#define X(name) arena_reserve(&rules->name.text, NAMES_SIZE);
	RULES_NAMES(X)
#undef X
}

static void align(struct buf *b) { buf_repeat(b, '\0', (IMAGE_ALIGN - b->n % IMAGE_ALIGN) % IMAGE_ALIGN); }

static size_t add(struct writer *w, enum image_base base, const void *from, size_t n)
{
	struct buf *out = base == IMAGE_ENTRIES ? &w->made->entries : &w->made->constant;
	const size_t at = out->n;
	if (n > 0) {
		*vec_push(&w->pieces) = (struct piece){from, n, at, base};
		buf_add(out, (str){from, n});
		align(out);
	}
	return at;
}

static void add_str(struct writer *w, enum image_base base, str s) { (void)add(w, base, s.p, s.n); }

/* Programs of its patterns, as the matcher would make them. */
static void compile(struct rules *rules)
{
	for (size_t i = 0; i < rules->signatures.n; i++)
		rules->signatures.v[i].plain = plain_new(rules->signatures.v[i].match, &(struct plain_options){0});
	for (size_t i = 0; i < rules->formats.n; i++)
		rules->formats.v[i].plain = plain_new(rules->formats.v[i].match, &(struct plain_options){.anchored = true});
}

static void forget_regex(struct regex **r)
{
	regex_free(*r);
	*r = NULL;
}

static void forget_regexes(struct rules *rules)
{
	for (size_t i = 0; i < rules->formats.n; i++)
		forget_regex(&rules->formats.v[i].regex);
	for (size_t i = 0; i < rules->redactions.n; i++)
		forget_regex(&rules->redactions.v[i].regex);
}

static void forget_program(const struct plain **p)
{
	plain_free((struct plain *)*p);
	*p = NULL;
}

static void forget_programs(struct rules *rules)
{
	for (size_t i = 0; i < rules->signatures.n; i++)
		forget_program(&rules->signatures.v[i].plain);
	for (size_t i = 0; i < rules->formats.n; i++)
		forget_program(&rules->formats.v[i].plain);
}

static void add_plain(struct writer *w, const struct plain *p)
{
	struct plain_piece pieces[PLAIN_PIECES];
	if (p == NULL)
		return;
	plain_pieces(p, pieces);
	for (unsigned i = 0; i < PLAIN_PIECES; i++)
		(void)add(w, i == 0 ? IMAGE_ENTRIES : IMAGE_CONSTANT, pieces[i].p, pieces[i].n);
}

/* With room for as many names as a table holds before it grows. */
static void add_names(struct writer *w, const struct intern *t)
{
	(void)add(w, IMAGE_ENTRIES, t->names, t->n * sizeof *t->names);
	buf_repeat(&w->made->entries, '\0', (t->slot_count / 2 + 1 - t->n) * sizeof *t->names);
	align(&w->made->entries);
	(void)add(w, IMAGE_ENTRIES, t->slots, t->slot_count * sizeof *t->slots);
	add_str(w, IMAGE_CONSTANT, arena_bytes(&t->text));
}

/* head: what of the struct itself is kept; it comes first. */
static void add_rules(struct writer *w, const struct rules *head, const struct rules *rules)
{
	(void)add(w, IMAGE_ENTRIES, head, sizeof *head);
#define X(name) (void)add(w, IMAGE_ENTRIES, rules->name.v, rules->name.n * sizeof *rules->name.v);
	RULES_ARRAYS(X)
#undef X
#define X(name) add_names(w, &rules->name);
	RULES_NAMES(X)
#undef X
	for (size_t i = 0; i < rules->signatures.n; i++)
		add_plain(w, rules->signatures.v[i].plain);
	for (size_t i = 0; i < rules->formats.n; i++)
		add_plain(w, rules->formats.v[i].plain);
	add_str(w, IMAGE_ENTRIES, arena_bytes(&rules->arena));
	add_str(w, IMAGE_CONSTANT, arena_bytes(&rules->sets));
}

static void add_doc(struct writer *w, size_t words_size)
{
	const struct tree_doc *d = w->doc;
	w->made->nodes = add(w, IMAGE_CONSTANT, d->nodes, d->node_count * sizeof *d->nodes);
	w->made->roots = add(w, IMAGE_CONSTANT, d->roots, d->file_count * sizeof *d->roots);
	w->made->texts = add(w, IMAGE_CONSTANT, d->words, words_size);
}

static int by_address(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* The piece where the address lies, or NULL. */
static const struct piece *find(const struct writer *w, uintptr_t address)
{
	size_t low = 0, high = w->pieces.n;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if ((uintptr_t)w->pieces.v[middle].from <= address)
			low = middle + 1;
		else
			high = middle;
	}
	const struct piece *p = low > 0 ? &w->pieces.v[low - 1] : NULL;
	return p != NULL && address - (uintptr_t)p->from < p->n ? p : NULL;
}

static void put_word(struct image_made *m, size_t step, uintptr_t word, enum image_base base)
{
	for (; step > IMAGE_STEP_MOST; step -= IMAGE_STEP_MOST) {
		*vec_push(&m->words) = 0;
		*vec_push(&m->steps) = IMAGE_STEP_MOST << IMAGE_BASE_BITS | IMAGE_NUMBER;
	}
	*vec_push(&m->words) = word;
	*vec_push(&m->steps) = (uint16_t)(step << IMAGE_BASE_BITS | base);
}

static void put_words(struct writer *w)
{
	size_t last = 0;
	for (size_t i = 0; i * sizeof(uintptr_t) < w->made->entries.n; i++) {
		uintptr_t word;
		memcpy(&word, w->made->entries.p + i * sizeof word, sizeof word);
		const struct piece *p = find(w, word);
		if (word == 0)
			continue;
		if (p != NULL)
			put_word(w->made, i - last, p->at + (word - (uintptr_t)p->from), p->base);
		else if (word == (uintptr_t)w->doc)
			put_word(w->made, i - last, 0, IMAGE_DOC);
		else
			put_word(w->made, i - last, word, IMAGE_NUMBER);
		last = i;
	}
}

static bool in_one_piece(const struct rules *rules)
{
	bool good = arena_bytes(&rules->arena).p != NULL && arena_bytes(&rules->sets).p != NULL;
#define X(name) good = good && arena_bytes(&rules->name.text).p != NULL;
	RULES_NAMES(X)
#undef X
	return good;
}

bool image_write(struct rules *rules, const struct tree_doc *d, size_t words_size, struct image_made *ret)
{
	struct writer w = {.made = ret, .doc = d};
	struct rules head;
	if (!in_one_piece(rules))
		return false;
	compile(rules);
	forget_regexes(rules);
	memset(&head, 0, sizeof head);
#define X(name)                          \
	head.name.v = (void *)rules->name.v; \
	head.name.n = head.name.cap = rules->name.n;
	RULES_ARRAYS(X)
#undef X
#define X(name)                            \
	head.name.names = rules->name.names;   \
	head.name.slots = rules->name.slots;   \
	head.name.n = rules->name.n;           \
	head.name.slot_count = rules->name.slot_count;
	RULES_NAMES(X)
#undef X
	head.self_test = rules->self_test;
	add_rules(&w, &head, rules);
	add_doc(&w, words_size);
	vec_sort(&w.pieces, by_address);
	put_words(&w);
	forget_programs(rules);
	vec_free(&w.pieces);
	return true;
}

void image_made_done(struct image_made *m)
{
	buf_done(&m->entries);
	buf_done(&m->constant);
	vec_free(&m->words);
	vec_free(&m->steps);
}
