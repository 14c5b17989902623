/* Rows as JSON arrays: what is written comes back, SQLite reads the same, and damage is never read past its end. */
#include "store/json_row.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t numbers[] = {0, 1, 9, 10, 99, 100, 12345, 1779000006009, INT64_MAX, -1, -9, -10, INT64_MIN};
enum { NUMBERS = sizeof numbers / sizeof *numbers };
static const char *const texts[] = {"", "a", "toolu_01", "exactly8", "\"", "\\", "seven77\"", "a \"quoted\" text that is longer", "tab\tand\nline\x01\x1f", "\xff\xfe not UTF-8",
	"\xc3\xa4\xe6\x97\xa5", "[1,2]{\"a\":null}", "\x7f~!#[]^_` all beside what is special"};
enum { TEXTS = sizeof texts / sizeof *texts };

static void write_rows(struct buf *out)
{
	buf_byte(out, '[');
	struct row_out row = row_begin(out);
	for (size_t i = 0; i < NUMBERS; i++)
		row_int(&row, numbers[i]);
	row_end(&row);
	buf_byte(out, ',');
	row = row_begin(out);
	for (size_t i = 0; i < TEXTS; i++)
		row_text(&row, str_z(texts[i]));
	row_null(&row);
	row_json(&row, S("{\"a\":\"]}\\\"\",\"b\":[1]}"));
	row_count(&row, 7);
	row_null(&row);
	row_count(&row, 0);
	row_end(&row);
	buf_byte(out, ']');
}

static void rows_come_back(void **state)
{
	(void)state;
	struct buf out = {0};
	struct arena a = {0};
	write_rows(&out);
	struct row_in in = row_in_of(buf_str(&out));
	assert_true(row_next(&in));
	for (size_t i = 0; i < NUMBERS; i++)
		assert_int_equal(row_take_int(&in, 5), numbers[i]);
	assert_int_equal(row_take_int(&in, 5), 5); /* behind the end of the row all is absent */
	assert_null(row_take_json(&in).p);
	row_leave(&in);
	assert_true(row_next(&in));
	for (size_t i = 0; i < TEXTS; i++) {
		str back = row_take_text(&in, &a);
		assert_int_equal(back.n, strlen(texts[i]));
		assert_memory_equal(back.p, texts[i], back.n);
	}
	assert_null(row_take_text(&in, &a).p);
	assert_true(str_eq(row_take_json(&in), S("{\"a\":\"]}\\\"\",\"b\":[1]}")));
	assert_int_equal(row_take_int(&in, 0), 7);
	assert_false(row_more(&in)); /* a null and a 0 at the end were dropped */
	row_leave(&in);
	assert_false(row_next(&in));
	assert_false(in.bad);
	arena_done(&a);
	buf_done(&out);
}

static void sqlite_reads_the_same(void **state)
{
	(void)state;
	struct buf out = {0};
	sqlite3 *db;
	sqlite3_stmt *st;
	write_rows(&out);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT r.value ->> ?2 FROM json_each(?1) r WHERE r.key = ?3", -1, &st, NULL), SQLITE_OK);
	(void)sqlite3_bind_text(st, 1, out.p, (int)out.n, SQLITE_STATIC);
	for (int i = 0; i < NUMBERS + TEXTS; i++) {
		const bool number = i < NUMBERS;
		(void)sqlite3_bind_int(st, 2, number ? i : i - NUMBERS);
		(void)sqlite3_bind_int(st, 3, !number);
		assert_int_equal(sqlite3_step(st), SQLITE_ROW);
		if (number)
			assert_int_equal(sqlite3_column_int64(st, 0), numbers[i]);
		else
			assert_string_equal((const char *)sqlite3_column_text(st, 0), texts[i - NUMBERS]);
		(void)sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	(void)sqlite3_close(db);
	buf_done(&out);
}

static void bytes_come_back_in_both_forms(void **state)
{
	(void)state;
	unsigned char bytes[40], back[40];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 37 + 250);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		struct buf out = {0};
		struct row_out row = row_begin(&out);
		row_bytes(&row, bytes, n);
		row_end(&row);
		out.n--;
		buf_addz(&out, ",\"#");
		for (size_t i = 0; i < n; i++)
			buf_printf(&out, "%02X", bytes[i]);
		buf_addz(&out, "\"]");
		struct row_in in = row_in_of(buf_str(&out));
		for (int form = 0; form < 2; form++) {
			assert_int_equal(row_take_bytes(&in, back, sizeof back), n);
			assert_memory_equal(back, bytes, n);
		}
		assert_false(in.bad || row_more(&in));
		buf_done(&out);
	}
}

/* In a buffer that has no byte to spare, behind texts that move it. */
static void as_many_numbers_as_promised_have_room(void **state)
{
	(void)state;
	for (size_t text = 0; text < 300; text++) {
		struct buf out = {0};
		char long_text[300];
		memset(long_text, 'x', sizeof long_text);
		buf_byte(&out, '[');
		struct row_out row = row_begin(&out);
		row_text(&row, (str){long_text, text});
		row_json(&row, S("[]"));
		for (int i = 0; i < ROW_NUMBERS; i++)
			row_int(&row, INT64_MIN);
		row_end(&row);
		assert_true(out.n <= out.cap);
		buf_byte(&out, ']');
		struct row_in in = row_in_of(buf_str(&out));
		assert_true(row_next(&in));
		assert_int_equal(row_take_json(&in).n, text + 2);
		assert_int_equal(row_take_json(&in).n, 2);
		for (int i = 0; i < ROW_NUMBERS; i++)
			assert_int_equal(row_take_int(&in, 0), INT64_MIN);
		row_leave(&in);
		assert_true(!row_next(&in) && !in.bad);
		buf_done(&out);
	}
}

/* What stands in a file may be anything. The copy is as long as the text, so that a sanitizer sees a read behind it. */
static void look_through(const char *p, size_t n, bool *ret_bad)
{
	char *copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, p, n);
	struct arena a = {0};
	unsigned char bytes[8];
	struct row_in in = row_in_of((str){copy, n});
	for (; row_next(&in); row_leave(&in)) {
		for (int i = 0; i < 14; i++)
			(void)row_take_int(&in, 0);
		(void)row_take_text(&in, &a);
		(void)row_take_bytes(&in, bytes, sizeof bytes);
		(void)row_take_json(&in);
	}
	*ret_bad = in.bad;
	arena_done(&a);
	free(copy);
}

static void damage_is_found_and_does_no_harm(void **state)
{
	(void)state;
	struct buf out = {0};
	bool bad;
	write_rows(&out);
	look_through(out.p, out.n, &bad);
	assert_false(bad);
	for (size_t n = 0; n < out.n; n++) {
		look_through(out.p, n, &bad);
		assert_true(bad); /* a pack that was cut is no shorter pack */
	}
	for (size_t i = 0; i < out.n; i++)
		for (const char *c = "\"\\[]{},0n"; *c; c++) {
			const char was = out.p[i];
			out.p[i] = *c;
			look_through(out.p, out.n, &bad);
			out.p[i] = was;
		}
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_back),
		cmocka_unit_test(sqlite_reads_the_same),
		cmocka_unit_test(bytes_come_back_in_both_forms),
		cmocka_unit_test(as_many_numbers_as_promised_have_room),
		cmocka_unit_test(damage_is_found_and_does_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
