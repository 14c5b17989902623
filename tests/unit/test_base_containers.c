/* base/str, buf, arena, vec, intern, map, hash: the containers everything stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/vec.h"
#include "chance.h"

#define assert_str(s, z) assert_true(str_eq((s), str_z(z)))

static void str_searches(void **state)
{
	(void)state;
	assert_int_equal(str_find(S("abcabd"), S("abd")), 3);
	assert_int_equal(str_find(S("abc"), S("abcd")), -1);
	assert_int_equal(str_find(S("abc"), S("")), 0);
	assert_int_equal(str_find(STR_NONE, S("a")), -1);
	assert_int_equal(str_find(S("a\0b"), S("\0b")), 1);
	assert_int_equal(str_chr(S("abc"), 'c'), 2);
	assert_int_equal(str_chr(STR_NONE, 'c'), -1);
	assert_true(str_cmp(S("a"), S("ab")) < 0);
	assert_true(str_cmp(S("b"), S("ab")) > 0);
	assert_int_equal(str_cmp(STR_NONE, S("")), 0);
	assert_true(str_cmp(S("\xff"), S("a")) > 0);
}

static void str_cuts(void **state)
{
	(void)state;
	str rest = S("one,,three");
	assert_str(str_word(&rest, ','), "one");
	assert_str(str_word(&rest, ','), "");
	assert_str(str_word(&rest, ','), "three");
	assert_int_equal(rest.n, 0);
	assert_str(str_word(&rest, ','), "");
	assert_str(str_trim(S(" \t\r\nx y\r\n")), "x y");
	assert_str(str_trim(S(" \t")), "");
	assert_str(str_from(S("abc"), 9), "");
	assert_null(str_from(STR_NONE, 3).p);
}

static void str_numbers(void **state)
{
	(void)state;
	uint64_t u;
	int64_t i;
	double d;
	assert_true(str_u64(S("18446744073709551615"), &u) && u == UINT64_MAX);
	assert_false(str_u64(S("18446744073709551616"), &u));
	assert_false(str_u64(S(""), &u));
	assert_false(str_u64(S("+1"), &u));
	assert_false(str_u64(S(" 1"), &u));
	assert_true(str_i64(S("-9223372036854775808"), &i) && i == INT64_MIN);
	assert_false(str_i64(S("9223372036854775808"), &i));
	assert_false(str_i64(S("-"), &i));
	assert_true(str_double(S("1391.608"), &d) && d > 1391.6079 && d < 1391.6081);
	assert_true(str_double(S("-2"), &d) && d < -1.9 && d > -2.1);
	assert_false(str_double(S("1."), &d));
	assert_false(str_double(S(".5"), &d));
	assert_false(str_double(S("1e5"), &d));
	assert_false(str_double(S("1,5"), &d));
	assert_false(str_double(S("nan"), &d));
}

static void buf_grows(void **state)
{
	(void)state;
	struct buf b = {0};
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	assert_int_equal(b.n, 10 * 2 + 90 * 3 + 900 * 4);
	buf_reset(&b);
	buf_add(&b, STR_NONE);
	buf_repeat(&b, '-', 3);
	buf_byte(&b, '\0');
	buf_addz(&b, "x");
	assert_true(str_eq(buf_str(&b), S("---\0x")));
	buf_done(&b);
	assert_null(b.p);
}

static void arena_keeps_and_resets(void **state)
{
	(void)state;
	struct arena a = {0};
	str kept[300];
	for (int i = 0; i < 300; i++)
		kept[i] = arena_printf(&a, "text number %d with some length to fill blocks", i);
	assert_str(kept[0], "text number 0 with some length to fill blocks");
	assert_str(kept[299], "text number 299 with some length to fill blocks");
	char *big = arena_alloc(&a, 1000000);
	assert_int_equal((uintptr_t)big % 16, 0);
	assert_int_equal(big[999999], 0);
	arena_reset(&a);
	size_t held = arena_size(&a);
	assert_true(held > 0 && held <= 256 * 1024 + 64);
	char *again = arena_alloc(&a, 10);
	assert_int_equal(again[9], 0);
	assert_str(arena_str(&a, S("copy")), "copy");
	assert_int_equal(arena_str(&a, S("z")).p[1], '\0');
	arena_done(&a);
	assert_int_equal(arena_size(&a), 0);
	assert_str(arena_str(&a, S("again")), "again");
	arena_done(&a);
}

static void vec_zeroes(void **state)
{
	(void)state;
	VEC(struct { int a; char *b; }) v = {0};
	for (int i = 0; i < 100; i++) {
		assert_null(vec_push(&v)->b);
		v.v[i].a = i;
		v.v[i].b = "x";
	}
	assert_int_equal(v.n, 100);
	assert_int_equal(v.v[63].a, 63);
	vec_free(&v);
	assert_null(v.v);
}

struct ordered {
	unsigned key, at;
};

static int key_order(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;
	return (x->key > y->key) - (x->key < y->key);
}

/* Little out of order, much, or not at all: equal ones stay in their order. */
static void vec_sorts(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		VEC(struct ordered) v = {0};
		const unsigned n = any(300), spread = 1 + any(round % 2 ? 8 : 1000);
		unsigned long long sum = 0, sorted = 0;
		for (unsigned i = 0; i < n; i++) {
			*vec_push(&v) = (struct ordered){i + any(spread), i};
			sum += v.v[i].key * (1ull + i);
		}
		vec_sort(&v, key_order);
		for (unsigned i = 0; i < n; i++) {
			sorted += v.v[i].key * (1ull + v.v[i].at);
			assert_true(i == 0 || v.v[i - 1].key < v.v[i].key || (v.v[i - 1].key == v.v[i].key && v.v[i - 1].at < v.v[i].at));
		}
		assert_true(sum == sorted);
		vec_free(&v);
	}
}

static void intern_gives_stable_ids(void **state)
{
	(void)state;
	struct intern t = {0};
	char name[32];
	assert_int_equal(intern_find(&t, S("x")), 0);
	assert_int_equal(intern_put(&t, S("")), 0);
	str first = {0};
	for (uint32_t i = 1; i <= 2000; i++) {
		int n = snprintf(name, sizeof name, "name-%u", i);
		assert_int_equal(intern_put(&t, (str){name, (size_t)n}), i);
		if (i == 1)
			first = intern_get(&t, 1);
	}
	assert_int_equal(intern_put(&t, S("name-1")), 1);
	assert_int_equal(intern_find(&t, S("name-2000")), 2000);
	assert_int_equal(intern_find(&t, S("name-2001")), 0);
	assert_ptr_equal(intern_get(&t, 1).p, first.p);
	assert_str(intern_get(&t, 77), "name-77");
	assert_str(intern_get(&t, 99999), "");
	assert_int_equal(t.n, 2001);
	intern_done(&t);
}

static void map_adds_and_removes(void **state)
{
	(void)state;
	struct map m = {0};
	uint32_t v = 0;
	assert_false(map_get(&m, 1, &v));
	assert_false(map_remove(&m, 1));
	for (uint64_t k = 0; k < 5000; k++)
		map_put(&m, k << 32, (uint32_t)k);
	assert_int_equal(m.n, 5000);
	map_put(&m, 0, 42);
	assert_true(map_get(&m, 0, &v) && v == 42);
	for (uint64_t k = 0; k < 5000; k += 2)
		assert_true(map_remove(&m, k << 32));
	assert_false(map_get(&m, UINT64_C(4) << 32, &v));
	assert_true(map_get(&m, UINT64_C(5) << 32, &v) && v == 5);
	/* Add and remove for ever: dead slots must not fill the table. */
	for (uint64_t k = 0; k < 100000; k++) {
		map_put(&m, UINT64_MAX - k, 1);
		assert_true(map_remove(&m, UINT64_MAX - k));
	}
	assert_int_equal(m.n, 2500);
	assert_true(m.cap <= 16384);
	map_done(&m);
}

/* Removed in any order, the last of them in a full table: what is left is found, and nothing stays dead in an empty one. */
static void map_forgets_what_was_removed(void **state)
{
	(void)state;
	enum { KEYS = 48, ROUNDS = 20000 };
	struct map m = {0};
	bool there[KEYS] = {false};
	uint32_t v, random = 1;
	for (int i = 0; i < ROUNDS; i++) {
		random = random * 1103515245 + 12345;
		const uint64_t k = (random >> 16) % KEYS;
		if (random >> 30 & 1)
			map_put(&m, k, (uint32_t)k);
		else
			assert_int_equal(map_remove(&m, k), there[k]);
		there[k] = random >> 30 & 1;
		for (uint64_t other = 0; other < KEYS; other++)
			assert_true(map_get(&m, other, &v) == there[other] && (!there[other] || v == other));
	}
	for (uint64_t k = 0; k < KEYS; k++)
		(void)map_remove(&m, k);
	assert_int_equal(m.n, 0);
	assert_int_equal(m.dead, 0);
	map_done(&m);
}

static void hash_is_the_same_everywhere(void **state)
{
	(void)state;
	char hex[33];
	hash128_hex(hash128(S("")), hex);
	assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
	assert_true(hash64(S("a")) != hash64_seed(S("a"), 1));
	assert_true(hash64(STR_NONE) == hash64(S("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(str_searches), cmocka_unit_test(str_cuts), cmocka_unit_test(str_numbers),
		cmocka_unit_test(buf_grows), cmocka_unit_test(arena_keeps_and_resets), cmocka_unit_test(vec_zeroes), cmocka_unit_test(vec_sorts),
		cmocka_unit_test(intern_gives_stable_ids), cmocka_unit_test(map_adds_and_removes), cmocka_unit_test(map_forgets_what_was_removed),
		cmocka_unit_test(hash_is_the_same_everywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
