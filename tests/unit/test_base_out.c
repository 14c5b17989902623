/* base/out, err, diag: files appear whole or not at all (J7); full and closed outputs are noticed (H4, H5); messages are
 * escaped (J9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/out.h"

struct place { /* a directory of its own */
	char dir[64], file[96];
};

static int place_make(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	snprintf(p->dir, sizeof p->dir, "test-out-XXXXXX"); /* in the working directory: the build folder */
	if (mkdtemp(p->dir) == NULL)
		return -1;
	snprintf(p->file, sizeof p->file, "%s/report", p->dir);
	*state = p;
	return 0;
}

static int place_remove(void **state)
{
	struct place *p = *state;
	unlink(p->file);
	int rc = rmdir(p->dir); /* fails when a temporary file was left behind */
	free(p);
	return rc;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void check_content(const char *path, const char *want)
{
	char text[256] = "";
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	assert_int_equal(n, strlen(want));
	assert_string_equal(text, want);
}

static void j7_file_appears_at_the_end(void **state)
{
	struct place *p = *state;
	struct out *o;
	struct err err = {0};
	struct stat st;
	put(p->file, "old");
	assert_int_equal(out_open(p->file, 0600, &o, &err), 0);
	out_write(o, S("new "));
	out_write(o, S("content"));
	check_content(p->file, "old");
	assert_int_equal(out_close(o, &err), 0);
	check_content(p->file, "new content");
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void large_output_is_complete(void **state)
{
	struct place *p = *state;
	struct out *o;
	struct stat st;
	struct buf big = {0};
	buf_repeat(&big, 'x', 200000);
	assert_int_equal(out_open(p->file, 0644, &o, NULL), 0);
	for (int i = 0; i < 3000; i++)
		out_write(o, S("0123456789"));
	out_write(o, buf_str(&big));
	out_write(o, S("end"));
	assert_int_equal(out_close(o, NULL), 0);
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_size, 230003);
	assert_int_equal(st.st_mode & 07777, 0644);
	buf_done(&big);
}

static void missing_directory_is_an_error(void **state)
{
	(void)state;
	struct out *o;
	struct err err = {0};
	assert_int_equal(out_open("no-such-directory/report", 0600, &o, &err), ERR_IO);
	assert_non_null(strstr(err.text, "no-such-directory/report"));
	assert_true(err.hint[0] != '\0');
}

static void h5_full_device(void **state)
{
	(void)state;
	struct out *o;
	struct err err = {0};
	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_int_equal(out_open("/dev/full", 0600, &o, &err), 0);
	out_write(o, S("text"));
	assert_int_equal(out_close(o, &err), ERR_IO);
	assert_non_null(strstr(err.text, "write error on /dev/full"));
}

/* Runs with stdout replaced by fd; gives what out_close said. */
static int close_on(int fd, struct err *err)
{
	struct out *o;
	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	dup2(fd, STDOUT_FILENO);
	int rc = out_open(NULL, 0600, &o, err);
	for (int i = 0; i < 20000; i++)
		out_write(o, S("0123456789"));
	rc = out_close(o, err);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	return rc;
}

static void h4_closed_pipe_is_quiet(void **state)
{
	(void)state;
	int ends[2];
	struct err err = {0};
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(close_on(ends[1], &err), 0);
	close(ends[1]);
}

static void h5_full_stdout(void **state)
{
	(void)state;
	struct err err = {0};
	int full = open("/dev/full", O_WRONLY);
	if (full < 0)
		skip();
	assert_int_equal(close_on(full, &err), ERR_IO);
	assert_non_null(strstr(err.text, "write error on stdout"));
	close(full);
}

static void errors_are_cut_at_a_character(void **state)
{
	(void)state;
	struct err e;
	char text[600];
	memset(text, 'a', sizeof text);
	memcpy(text + 510, "\xc3\xbc", 3);
	assert_int_equal(err_set(&e, ERR_IO, "%s", text), ERR_IO);
	assert_int_equal(strlen(e.text), 510);
	assert_int_equal(err_at(NULL, ERR_SCHEMA, "f", 1, 2, "x"), ERR_SCHEMA);
	err_hint(NULL, "x");
}

static void j9_messages_are_escaped(void **state)
{
	(void)state;
	int ends[2];
	char text[1024] = "";
	assert_int_equal(pipe(ends), 0);
	int saved = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	struct err e;
	err_at(&e, ERR_SYNTAX, "a\x1b.yaml", 3, 4, "odd %s", "thing");
	err_hint(&e, "fix\nit");
	snprintf(e.snippet, sizeof e.snippet, "\tab\xc3\xbc" "def");
	diag_err(&e);
	diag_warn("bad name %s", "x\x1b[2Jy\n");
	diag_quiet(true);
	diag_warn("not shown");
	diag_error("still shown");
	diag_quiet(false);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof text - 1) > 0);
	close(ends[0]);
	assert_string_equal(text,
		"mcplog: a\\x1b.yaml:3:4: odd thing\n"
		"  | \tab\xc3\xbc" "def\n"
		"  | \t  ^\n"
		"  help: fix\\x0ait\n"
		"mcplog: warning: bad name x\\x1b[2Jy\\x0a\n"
		"mcplog: still shown\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(j7_file_appears_at_the_end, place_make, place_remove),
		cmocka_unit_test_setup_teardown(large_output_is_complete, place_make, place_remove),
		cmocka_unit_test(missing_directory_is_an_error), cmocka_unit_test(h5_full_device), cmocka_unit_test(h4_closed_pipe_is_quiet),
		cmocka_unit_test(h5_full_stdout), cmocka_unit_test(errors_are_cut_at_a_character), cmocka_unit_test(j9_messages_are_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
