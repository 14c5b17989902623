/* Several texts searched for at once (base/needles.h): before lines are looked at for patterns that may match anywhere.
 *
 * Of each text three neighbouring bytes stand for it, those that are rarest in logs. Texts are dealt out to eight buckets, each where it
 * adds least; a table per place and half byte says, as bits, in which buckets such a half byte stands there. Six look-ups, ANDed, leave the
 * buckets that may have a text here, at thirty-two places at once by shuffles; only then bytes are compared. */
#include "base/needles.h"
#include "base/diag.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

enum { WINDOW = NEEDLE_MIN, BUCKETS = 8 };
_Static_assert(WINDOW == 3, "needle_window takes three bytes");

struct needle {
	str text;
	size_t window; /* its place in the text */
	uint32_t key;  /* its bytes */
	struct needle *next;
};

struct needles {
	_Alignas(16) uint8_t low[WINDOW][16], high[WINDOW][16];
	struct needle *bucket[BUCKETS];
	struct needle all[];
};

/* How often a byte stands in logs, roughly: letters in the order of their frequency in English, then digits, then the rest. */
enum { BLANK = 35, DIGIT = 20, REST = 4 };
#define REST_16 REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST
static const uint8_t commonness[256] = {
	REST_16, REST_16, /* control characters */
	BLANK, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST, REST,
	DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, REST, REST, REST, REST, REST, REST,
	REST_16, REST_16, /* capitals */
	REST, 31, 17, 23, 24, 34, 19, 18, 22, 30, 11, 8, 25, 21, 29, 30, /* ` a to o */
	20, 10, 28, 27, 32, 20, 13, 14, 9, 16, 12, REST, REST, REST, REST, REST, /* p to z */
	REST_16, REST_16, REST_16, REST_16, REST_16, REST_16, REST_16, REST_16,
};
#undef REST_16

size_t needle_window(str text)
{
	size_t best = 0;
	unsigned least = ~0u, before = commonness[(unsigned char)text.p[0]], last = commonness[(unsigned char)text.p[1]];
	for (size_t i = WINDOW - 1; i < text.n; i++) {
		const unsigned now = commonness[(unsigned char)text.p[i]], sum = before + last + now;
		if (sum < least) {
			least = sum;
			best = i + 1 - WINDOW;
		}
		before = last;
		last = now;
	}
	return best;
}

static uint32_t key_of(const char *window)
{
	uint32_t key = 0;
	memcpy(&key, window, WINDOW);
	return key;
}

static void add_window(struct needles *x, unsigned bucket, const char *window)
{
	for (size_t k = 0; k < WINDOW; k++) {
		const unsigned char c = (unsigned char)window[k];
		x->low[k][c & 15] |= (uint8_t)(1u << bucket);
		x->high[k][c >> 4] |= (uint8_t)(1u << bucket);
	}
}

/* How often the bucket's windows seem to stand in logs: half bytes of several texts make more than these. */
static double bucket_cost(const struct needles *x, unsigned bucket)
{
	double all = 1;
	for (size_t k = 0; k < WINDOW; k++) {
		unsigned sum = 0;
		for (unsigned high = 0; high < 16; high++)
			for (unsigned low = 0; low < 16 && x->high[k][high] >> bucket & 1; low++)
				sum += x->low[k][low] >> bucket & 1 ? commonness[high << 4 | low] : 0;
		all *= sum;
	}
	return all;
}

/* The bucket that the window makes least worse. */
static unsigned best_bucket(const struct needles *x, const char *window)
{
	double least = 0;
	unsigned best = 0;
	for (unsigned i = 0; i < BUCKETS; i++) {
		struct needles with = *x;
		add_window(&with, i, window);
		const double more = bucket_cost(&with, i) - bucket_cost(x, i);
		if (i == 0 || more < least) {
			least = more;
			best = i;
		}
	}
	return best;
}

struct needles *needles_new(const str *texts, size_t n)
{
	struct needles *x = aligned_alloc(16, (sizeof *x + n * sizeof *x->all + 15) & ~(size_t)15);
	if (x == NULL)
		diag_out_of_memory();
	memset(x, 0, sizeof *x);
	for (size_t i = 0; i < n; i++) {
		const size_t at = needle_window(texts[i]);
		const unsigned bucket = best_bucket(x, texts[i].p + at);
		x->all[i] = (struct needle){texts[i], at, key_of(texts[i].p + at), x->bucket[bucket]};
		x->bucket[bucket] = &x->all[i];
		add_window(x, bucket, texts[i].p + at);
	}
	return x;
}

void needles_free(struct needles *x) { free(x); }

/* The text of one of these buckets whose window stands here; NULL. */
static const char *verify(const struct needles *x, unsigned buckets, const char *window, const char *at, const char *end)
{
	const uint32_t key = key_of(window);
	for (; buckets != 0; buckets &= buckets - 1)
		for (const struct needle *n = x->bucket[__builtin_ctz(buckets)]; n != NULL; n = n->next) {
			const bool inside = (size_t)(window - at) >= n->window && (size_t)(end - window) >= n->text.n - n->window;
			if (n->key == key && inside && memcmp(window - n->window, n->text.p, n->text.n) == 0)
				return window - n->window;
		}
	return NULL;
}

static unsigned buckets_at(const struct needles *x, const char *p)
{
	unsigned buckets = 0xff;
	for (size_t k = 0; k < WINDOW; k++)
		buckets &= x->low[k][(unsigned char)p[k] & 15] & x->high[k][(unsigned char)p[k] >> 4];
	return buckets;
}

/* Windows from `from` on. */
static const char *find_scalar(const struct needles *x, const char *from, const char *at, const char *end)
{
	for (; end - from >= WINDOW; from++) {
		const unsigned buckets = buckets_at(x, from);
		const char *found = buckets != 0 ? verify(x, buckets, from, at, end) : NULL;
		if (found != NULL)
			return found;
	}
	return NULL;
}

const char *needles_find_scalar(const struct needles *x, const char *at, const char *end) { return find_scalar(x, at, at, end); }

#if defined(__x86_64__)
#include <immintrin.h>

enum { VECTOR = 32, VECTORS = 2, BLOCK_STEP = VECTOR * VECTORS, BLOCK = BLOCK_STEP + WINDOW - 1 };

struct tables {
	__m256i low[WINDOW], high[WINDOW];
};

__attribute__((target("avx2"))) static inline __m256i both_halves(const uint8_t *table)
{
	return _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(const void *)table));
}

/* Byte i: the buckets with a text whose window has the byte at p + i + k in its place k. */
__attribute__((target("avx2"))) static inline __m256i buckets_by(const struct tables *t, const char *p, int k)
{
	const __m256i half = _mm256_set1_epi8(15), v = _mm256_loadu_si256((const __m256i *)(const void *)(p + k));
	return _mm256_and_si256(_mm256_shuffle_epi8(t->low[k], _mm256_and_si256(v, half)),
		_mm256_shuffle_epi8(t->high[k], _mm256_and_si256(_mm256_srli_epi16(v, 4), half)));
}

/* Byte i: the buckets that may have a window at p + i. */
__attribute__((target("avx2"))) static inline __m256i buckets_from(const struct tables *t, const char *p)
{
	return _mm256_and_si256(_mm256_and_si256(buckets_by(t, p, 0), buckets_by(t, p, 1)), buckets_by(t, p, 2));
}

/* Windows that begin at one of VECTOR bytes from `from`, of which `some` is told. */
__attribute__((target("avx2"))) static inline const char *find_in_vector(const struct needles *x, __m256i some, const char *from, const char *at,
	const char *end)
{
	_Alignas(VECTOR) uint8_t buckets[VECTOR];
	unsigned places = ~(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(some, _mm256_setzero_si256()));
	_mm256_store_si256((__m256i *)(void *)buckets, some);
	for (; places != 0; places &= places - 1) {
		const unsigned i = (unsigned)__builtin_ctz(places);
		const char *found = verify(x, buckets[i], from + i, at, end);
		if (found != NULL)
			return found;
	}
	return NULL;
}

/* Windows among the BLOCK bytes at `from`. */
__attribute__((target("avx2"))) static inline const char *find_in_block(const struct needles *x, const struct tables *t, const char *from, const char *at,
	const char *end)
{
	const __m256i first = buckets_from(t, from), second = buckets_from(t, from + VECTOR), both = _mm256_or_si256(first, second);
	if (_mm256_testz_si256(both, both))
		return NULL;
	const char *found = find_in_vector(x, first, from, at, end);
	return found != NULL ? found : find_in_vector(x, second, from + VECTOR, at, end);
}

__attribute__((target("avx2"))) static const char *find_avx2(const struct needles *x, const char *at, const char *end)
{
	struct tables t;
	const char *from = at, *found = NULL;
	if (end - at < BLOCK)
		return find_scalar(x, at, at, end);
	for (int k = 0; k < WINDOW; k++) {
		t.low[k] = both_halves(x->low[k]);
		t.high[k] = both_halves(x->high[k]);
	}
	for (; end - from >= BLOCK && found == NULL; from += BLOCK_STEP)
		found = find_in_block(x, &t, from, at, end);
	/* The last block looks at some places again. */
	return found == NULL && end - from >= WINDOW ? find_in_block(x, &t, end - BLOCK, at, end) : found;
}

const char *needles_find(const struct needles *x, const char *at, const char *end)
{
	return __builtin_cpu_supports("avx2") ? find_avx2(x, at, end) : find_scalar(x, at, at, end);
}
#else
const char *needles_find(const struct needles *x, const char *at, const char *end) { return find_scalar(x, at, at, end); }
#endif
