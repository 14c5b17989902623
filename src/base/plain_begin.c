/* Does a text that begins with these bytes match a plain pattern (base/plain.h)? The program is walked as far as the bytes go.
 *
 * Never wrong when it says no or sure; may means "not known": what lies behind the last byte decides, or the walk is long. Slower than a match: for answers that are remembered.
 *
 * It stays beside plain_run.c because that one must not ask, at every byte, whether the text ends here or only what is known of it. */
#include "base/plain_parts.h"
#include "base/word.h"

enum { STEPS = 4000, DEPTH = 200 };

struct walk {
	const struct plain *p;
	const char *from, *to;
	const char *seen;      /* behind the last byte that was looked at */
	int steps, depth;
	bool unsure;           /* an assertion was taken for granted */
};

static inline void look(struct walk *w, const char *to) { w->seen = to > w->seen ? to : w->seen; }

static enum plain_answer begins(struct walk *w, const struct plain_op *op, const char *at);

static inline bool has(const struct walk *w, unsigned set, char c) { return span_has(&w->p->sets[set], (unsigned char)c); }
static inline bool may(const struct walk *w, unsigned set, char c) { return set == NO_SET || has(w, set, c); }

/* The n bytes of the program from `text` on, or as many as are known. The first that differs is the last that is looked at. */
static bool fits_bytes(struct walk *w, const char *at, const char *text, size_t n)
{
	size_t i = 0;
	while (i < n && at + i < w->to && at[i] == text[i])
		i++;
	look(w, at + i + (i < n));
	return i == n || at + i == w->to;
}

static bool fits_mask(struct walk *w, const char *at, const struct plain_mask *mask, size_t n)
{
	const uint8_t *equal = (const uint8_t *)mask->equal, *value = (const uint8_t *)mask->value, *six = (const uint8_t *)mask->six;
	for (size_t i = 0; i < n && at + i < w->to; i++) {
		const uint8_t byte = (uint8_t)at[i];
		look(w, at + i + 1);
		if ((byte & equal[i]) != value[i] || ((uint8_t)(byte + six[i]) & equal[i]) != value[i])
			return false;
	}
	return true;
}

/* A run may end at any of its places; one that reaches the end of what is known may go on. */
static enum plain_answer begins_run(struct walk *w, const struct plain_op *op, const char *at)
{
	const char *limit = (size_t)(w->to - at) > op->max ? at + op->max : w->to;
	const size_t n = (size_t)(span_end(&w->p->sets[op->a], w->from, at, limit) - at);
	look(w, at + n + 1);
	if (at + n == w->to)
		return PLAIN_MAY;
	const bool lazy = op->code == PLAIN_LAZY;
	if (!lazy && op->next == KEEP_ALL)
		return n >= op->min ? begins(w, op + 1, at + n) : PLAIN_NO;
	for (size_t i = op->min; i <= n; i++) {
		const bool tried = lazy || op->next == ANY_NEXT || i == n || at[i] == (char)op->next;
		const enum plain_answer answer = tried ? begins(w, op + 1, at + i) : PLAIN_NO;
		if (answer != PLAIN_NO)
			return answer;
	}
	return PLAIN_NO;
}

/* `at` is before the end. */
static bool takes(struct walk *w, const struct plain_op *op, const char *at, size_t *ret_n)
{
	*ret_n = 0;
	look(w, at + 1);
	switch (op->code) {
	case PLAIN_BYTES:
	case PLAIN_FIXED:
		*ret_n = op->a;
		return op->code == PLAIN_BYTES ? fits_bytes(w, at, w->p->text + op->b, op->a) : fits_mask(w, at, &w->p->masks[op->b], op->a);
	case PLAIN_SET:
		*ret_n = 1;
		return has(w, op->a, *at);
	case PLAIN_START: return at == w->from;
	case PLAIN_END:
		look(w, at + 2);
		w->unsure = true;
		return at + 1 == w->to && *at == '\n';
	case PLAIN_WORD: return plain_word_edge(w->from, w->to, at);
	case PLAIN_NO_WORD: return !plain_word_edge(w->from, w->to, at);
	default: return true;
	}
}

/* Does the assertion hold here? Not known: it is taken for granted. */
static bool holds(struct walk *w, const struct plain_op *op, const char *at)
{
	const bool unsure = w->unsure;
	w->unsure = false;
	const enum plain_answer answer = begins(w, op + 1, at);
	w->unsure = unsure || answer == PLAIN_MAY;
	return answer == PLAIN_MAY || (answer == PLAIN_SURE) == (op->code == PLAIN_LOOK);
}

static enum plain_answer walk(struct walk *w, const struct plain_op *op, const char *at)
{
	const struct plain_op *const ops = w->p->ops;
	enum plain_answer answer;
	size_t n;
	for (; (at < w->to || op->code == PLAIN_MATCH) && w->steps-- > 0; at += n) {
		switch (op->code) {
		case PLAIN_MATCH: return w->unsure ? PLAIN_MAY : PLAIN_SURE;
		case PLAIN_RUN:
		case PLAIN_LAZY: return begins_run(w, op, at);
		case PLAIN_SPLIT:
			look(w, at + 1);
			answer = may(w, op->a, *at) ? begins(w, op + 1, at) : PLAIN_NO;
			if (answer != PLAIN_NO)
				return answer;
			if (!may(w, op->c, *at))
				return PLAIN_NO;
			/* fall through */
		case PLAIN_JUMP:
			op = ops + op->b;
			n = 0;
			continue;
		case PLAIN_LOOK:
		case PLAIN_LOOK_NOT:
			if (!holds(w, op, at))
				return PLAIN_NO;
			op = ops + op->b;
			n = 0;
			continue;
		default:
			if (!takes(w, op, at, &n))
				return PLAIN_NO;
			op = op->code == PLAIN_FIXED ? ops + op->min : op + 1; /* of a PLAIN_FIELD, the run is next */
			if (n > (size_t)(w->to - at))
				return PLAIN_MAY;
		}
	}
	return PLAIN_MAY;
}

static enum plain_answer begins(struct walk *w, const struct plain_op *op, const char *at)
{
	if (w->depth == DEPTH)
		return PLAIN_MAY;
	w->depth++;
	const enum plain_answer answer = walk(w, op, at);
	w->depth--;
	return answer;
}

enum plain_answer plain_begins(const struct plain *p, str head, size_t *ret_bytes)
{
	struct walk w = {p, head.p, head.p + head.n, head.p, STEPS, 0, false};
	const enum plain_answer answer = head.n == 0 || !p->anchored ? PLAIN_MAY : begins(&w, p->ops, head.p);
	*ret_bytes = w.seen > w.to ? head.n : (size_t)(w.seen - w.from);
	return answer;
}

static bool op_digits_alike(const struct plain *p, const struct plain_op *op)
{
	for (uint32_t i = 0; op->code == PLAIN_BYTES && i < op->a; i++)
		if (str_is_digit(p->text[op->b + i]))
			return false;
	return op->code != PLAIN_FIXED || !word_mask_names_digit(p->masks[op->b].equal, p->masks[op->b].value, op->a);
}

bool plain_digits_alike(const struct plain *p)
{
	for (size_t i = 0; i < p->op_n; i++)
		if (!op_digits_alike(p, &p->ops[i]))
			return false;
	for (size_t i = 0; i < p->set_n; i++) {
		unsigned digits = 0;
		for (unsigned char c = '0'; c <= '9'; c++)
			digits += span_has(&p->sets[i], c);
		if (digits % 10)
			return false;
	}
	return true;
}
