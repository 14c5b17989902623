/* Bytes in fewer bytes: they come back, whatever they are; what is damaged or too long does not. */
#include "base/squeeze.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 1 << 20 };

static void comes_back(struct squeezer *s, str bytes, bool smaller)
{
	struct arena a = {0};
	const str squeezed = squeeze(s, bytes);
	assert_true(smaller ? squeezed.n < bytes.n / 2 : squeezed.n <= bytes.n + 1);
	const str got = unsqueeze(s, squeezed, MOST, &a);
	assert_non_null(got.p);
	assert_true(str_eq(got, bytes));
	assert_int_equal(got.p[got.n], 0);
	assert_null(unsqueeze(s, squeezed, bytes.n - 1, &a).p);
	arena_done(&a);
}

static struct buf sentences(size_t n)
{
	struct buf b = {0};
	while (b.n < n)
		buf_printf(&b, "call %zu of read_page on wiki hung for %zu s\n", b.n, b.n % 61);
	b.n = n;
	return b;
}

static void test_bytes_come_back(void **state)
{
	(void)state;
	struct squeezer s = {0};
	struct arena a = {0};
	struct buf noise = {0};
	uint64_t x = 1;
	for (size_t n = 0; n < 40000; n++, x = x * UINT64_C(6364136223846793005) + 1442695040888963407u)
		buf_byte(&noise, (char)(x >> 40));
	static const size_t lengths[] = {1, 100, 4000, 16 * 1024, 200000};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct buf text = sentences(lengths[i]);
		comes_back(&s, buf_str(&text), lengths[i] >= 16 * 1024);
		buf_done(&text);
	}
	comes_back(&s, buf_str(&noise), false);
	assert_int_equal(unsqueeze(&s, squeeze(&s, S("")), MOST, &a).n, 0);
	assert_non_null(unsqueeze(&s, squeeze(&s, S("")), MOST, &a).p);
	arena_done(&a);
	buf_done(&noise);
	squeezer_done(&s);
}

static void test_damage_is_seen(void **state)
{
	(void)state;
	struct squeezer s = {0}, other = {0};
	struct arena a = {0};
	struct buf text = sentences(50000);
	const str squeezed = squeeze(&s, buf_str(&text));
	assert_null(unsqueeze(&other, STR_NONE, MOST, &a).p);
	assert_null(unsqueeze(&other, S("\007x"), MOST, &a).p);
	assert_null(unsqueeze(&other, S("\001"), MOST, &a).p);
	for (size_t n = 1; n < squeezed.n; n += 97)
		assert_null(unsqueeze(&other, str_head(squeezed, n), MOST, &a).p);
	arena_done(&a);
	buf_done(&text);
	squeezer_done(&s);
	squeezer_done(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_come_back),
		cmocka_unit_test(test_damage_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
