/* Finding inputs: every path ends as an input, a duplicate or a problem; nothing blocks (bad-inputs A). Each test works in
 * an own directory below $TMPDIR, or below the working directory. */
#include "ingest/source.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	int dir, old; /* the working directory and the one before */
	char name[64];
};

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st, (void)kind, (void)where;
	return remove(path);
}

static int set_up(void **state)
{
	static struct place p;
	const char *base = getenv("TMPDIR");
	(void)snprintf(p.name, sizeof p.name, "%.40s/source.XXXXXX", base ? base : ".");
	p.old = open(".", O_RDONLY | O_DIRECTORY);
	if (p.old < 0 || !mkdtemp(p.name) || chdir(p.name) != 0)
		return -1;
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	const struct place *p = *state;
	int r = fchdir(p->old) == 0 && close(p->old) == 0 ? 0 : -1;
	return nftw(p->name, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 ? r : -1;
}

static void put(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(close(fd), 0);
}

static const struct source_options plain;

static struct source_list list(const char *path, struct source_options options)
{
	struct source_list l = {0};
	struct err e = {0};
	str s = str_z(path);
	assert_int_equal(source_list_make(&l, &s, 1, &options, &e), 0);
	return l;
}

/* All inputs, one a line, then all problems as "CODE path". */
static void assert_list(struct source_list *l, const char *expected)
{
	struct buf b = {0};
	for (size_t i = 0; i < l->inputs.n; i++) {
		buf_add(&b, l->inputs.v[i].path);
		buf_byte(&b, '\n');
	}
	for (size_t i = 0; i < l->problems.n; i++) {
		const struct problem *p = &l->problems.v[i].problem;
		buf_printf(&b, "%c:%s ", "NWE"[p->class], p->code);
		buf_add(&b, l->problems.v[i].path);
		buf_byte(&b, '\n');
	}
	buf_byte(&b, '\0');
	assert_string_equal(b.p, expected);
	buf_done(&b);
	source_list_done(l);
}

static void test_A1_missing(void **state)
{
	(void)state;
	put("there.txt", "x\n");
	struct source_list l = {0};
	struct err e = {0};
	const str paths[] = {S("missing.txt"), S("there.txt"), S("there.txt/below"), S("")};
	assert_int_equal(source_list_make(&l, paths, 4, &plain, &e), 0);
	assert_string_equal(l.problems.v[0].problem.text, "cannot read missing.txt: No such file or directory");
	assert_list(&l, "there.txt\nE:missing missing.txt\nE:missing there.txt/below\nE:missing \n");
}

static void test_A2_empty_directory(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("d/e", 0755), 0);
	struct source_list l = list("d", plain);
	assert_true(str_starts(str_z(l.problems.v[0].problem.text), S("no log files in d")));
	assert_list(&l, "W:no-log-files d\n");
	l = list("d", (struct source_options){.require_files = true});
	assert_list(&l, "E:no-log-files d\n");
	put("d/program.js", "x");
	l = list("d", plain);
	assert_list(&l, "N:not-a-log d/program.js\nW:no-log-files d\n");
}

/* ~/.claude is full of documents that quote logs; what somebody saved of an issue is one. */
static void test_documents(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("d/e", 0755), 0);
	put("d/CLAUDE.md", "x\n");
	put("d/e/plan.md", "x\n");
	put("d/e/.md", "x\n");
	put("d/issue.md", "x\n");
	struct source_list l = list("d", plain);
	assert_int_equal(l.problems.v[0].problem.times, 2);
	assert_list(&l, "d/e/.md\nd/issue.md\nN:not-a-log d/CLAUDE.md\n");
	l = list("d/CLAUDE.md", plain);
	assert_list(&l, "d/CLAUDE.md\n");
}

static void test_A3_A4_unreadable(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("d/closed", 0755), 0);
	assert_int_equal(mkdir("d/no-x", 0755), 0);
	put("d/a.txt", "x\n");
	put("d/no-x/b.txt", "x\n");
	assert_int_equal(chmod("d/a.txt", 0), 0);
	assert_int_equal(chmod("d/closed", 0), 0);
	assert_int_equal(chmod("d/no-x", 0600), 0);
	if (geteuid() != 0) {
		struct source_list l = list("d", plain);
		int fd = -1;
		struct err e = {0};
		assert_int_equal(source_open(&l.inputs.v[0], &plain, &fd, &e), ERR_IO);
		assert_string_equal(e.text, "cannot read d/a.txt: Permission denied");
		struct problem p;
		source_open_problem(&l.inputs.v[0], &e, &p);
		assert_string_equal(p.code, "unreadable");
		assert_int_equal(p.class, PROBLEM_ERROR);
		assert_list(&l, "d/a.txt\nE:unreadable-directory d/closed\nE:unreadable-directory d/no-x\n");
	}
	assert_int_equal(chmod("d/closed", 0700), 0);
	assert_int_equal(chmod("d/no-x", 0700), 0);
	if (geteuid() == 0) {
		print_message("run as root: modes do not keep root out, only the open part was skipped\n");
		struct source_list l = list("d", plain);
		assert_list(&l, "d/a.txt\nd/no-x/b.txt\n");
	}
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(close(fd), 0);
}

static void test_A5_no_regular_files(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("d/x.txt", 0755), 0);
	put("d/x.txt/in.txt", "x\n");
	assert_int_equal(mkfifo("d/fifo.txt", 0644), 0);
	make_socket("d/socket.txt");
	struct source_list l = list("d", plain);
	assert_list(&l, "d/x.txt/in.txt\nN:not-a-file d/fifo.txt\nN:not-a-file d/socket.txt\n");
	l = list("d/fifo.txt", plain);
	assert_string_equal(l.problems.v[0].problem.text, "cannot read d/fifo.txt: not a regular file, use - for standard input");
	assert_list(&l, "E:not-a-file d/fifo.txt\n");
	l = list("d/socket.txt", plain);
	assert_list(&l, "E:not-a-file d/socket.txt\n");
	l = list("/dev/null", plain);
	assert_list(&l, "E:not-a-file /dev/null\n");
	l = list("d/x.txt", plain);
	assert_list(&l, "d/x.txt/in.txt\n");
	/* A file that became a FIFO after it was listed must not block. */
	put("late.txt", "x\n");
	l = list("late.txt", plain);
	assert_int_equal(unlink("late.txt"), 0);
	assert_int_equal(mkfifo("late.txt", 0644), 0);
	int fd = -1;
	struct err e = {0};
	assert_int_equal(source_open(&l.inputs.v[0], &plain, &fd, &e), ERR_IO);
	source_list_done(&l);
}

static void test_A6_A8_once(void **state)
{
	(void)state;
	char absolute[4200];
	assert_int_equal(mkdir("d", 0755), 0);
	put("d/b.txt", "x\n");
	assert_int_equal(link("d/b.txt", "d/c.txt"), 0);
	assert_int_equal(symlink("b.txt", "d/a-latest"), 0);
	assert_non_null(getcwd(absolute, 4000));
	(void)strncat(absolute, "/d/b.txt", 10);
	assert_int_equal(symlink(absolute, "d/latest"), 0);
	struct source_list l = list("d", plain);
	assert_list(&l, "d/b.txt\n");
	const str twice[] = {S("d/latest"), S("d"), S("d/c.txt")};
	struct err e = {0};
	struct source_list m = {0};
	assert_int_equal(source_list_make(&m, twice, 3, &plain, &e), 0);
	assert_list(&m, "d/latest\n");
}

static void test_A7_broken_links(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	put("d/a.txt", "x\n");
	assert_int_equal(symlink("nowhere", "d/dangling"), 0);
	assert_int_equal(symlink("loop2", "d/loop1"), 0);
	assert_int_equal(symlink("loop1", "d/loop2"), 0);
	assert_int_equal(symlink("..", "d/up"), 0);
	assert_int_equal(symlink(".", "d/self"), 0);
	struct source_list l = list("d", plain);
	assert_list(&l, "d/a.txt\nN:symlink-broken d/dangling\nN:symlink-broken d/loop1\nN:symlink-broken d/loop2\nN:symlink-outside d/up\n");
	l = list("d/dangling", plain);
	assert_list(&l, "E:missing d/dangling\n");
	l = list("d/loop1", plain);
	assert_list(&l, "E:missing d/loop1\n");
}

static void test_A8_links_that_leave(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("other", 0755), 0);
	put("d/a.txt", "x\n");
	put("other/o.txt", "x\n");
	put("secret.txt", "x\n");
	assert_int_equal(symlink("../secret.txt", "d/s.txt"), 0);
	assert_int_equal(symlink("../other", "d/o"), 0);
	assert_int_equal(symlink("../d", "other/back"), 0);
	struct source_list l = list("d", plain);
	assert_list(&l, "d/a.txt\nN:symlink-outside d/o\nN:symlink-outside d/s.txt\n");
	l = list("d", (struct source_options){.follow_symlinks = true});
	assert_list(&l, "d/a.txt\nd/o/o.txt\nd/s.txt\n");
}

/* What was a file when it was listed, and is a link when it is opened, is not followed. */
static void test_A8_link_put_in_place(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("d/sub", 0755), 0);
	assert_int_equal(mkdir("other", 0755), 0);
	put("d/a.txt", "x\n");
	put("d/sub/b.txt", "x\n");
	put("other/b.txt", "secret\n");
	struct source_list l = list("d", plain);
	assert_int_equal(l.inputs.n, 2);
	assert_int_equal(unlink("d/a.txt"), 0);
	assert_int_equal(symlink("../other/b.txt", "d/a.txt"), 0);
	assert_int_equal(rename("d/sub", "d/was"), 0);
	assert_int_equal(symlink("../other", "d/sub"), 0);
	for (size_t i = 0; i < 2; i++) {
		int fd = -1;
		struct err e = {0};
		assert_int_equal(source_open(&l.inputs.v[i], &plain, &fd, &e), ERR_IO);
	}
	source_list_done(&l);
}

static void test_A9_odd_names(void **state)
{
	(void)state;
	char long_name[256], path[300];
	memset(long_name, 'n', 255);
	long_name[255] = '\0';
	const char *const names[] = {"-rf", "a b.txt", "esc\x1b[31m.txt", "line\nbreak.txt", "\xff\xfe.txt", "..hidden", long_name};
	assert_int_equal(mkdir("d", 0755), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "d/%s", names[i]);
		put(path, "x\n");
	}
	struct source_list l = list("d", plain);
	assert_int_equal(l.inputs.n, sizeof names / sizeof *names);
	assert_int_equal(l.problems.n, 0);
	for (size_t i = 0; i < l.inputs.n; i++) {
		int fd = -1;
		struct err e = {0};
		assert_int_equal(source_open(&l.inputs.v[i], &plain, &fd, &e), 0);
		assert_int_equal(close(fd), 0);
	}
	source_list_done(&l);
}

/* A path longer than PATH_MAX, found and opened. */
static void test_A9_long_path(void **state)
{
	(void)state;
	int here = open(".", O_RDONLY | O_DIRECTORY);
	char name[201];
	memset(name, 'd', 200);
	name[200] = '\0';
	for (int i = 0; i < 30; i++) {
		assert_int_equal(mkdir(name, 0755), 0);
		assert_int_equal(chdir(name), 0);
	}
	put("deep.txt", "x\n");
	assert_int_equal(fchdir(here), 0);
	struct source_list l = list(name, plain);
	assert_int_equal(l.inputs.n, 1);
	assert_int_equal(l.problems.n, 0);
	assert_int_equal(l.inputs.v[0].path.n, 30 * 201 + 8);
	int fd = -1;
	struct err e = {0};
	assert_int_equal(source_open(&l.inputs.v[0], &plain, &fd, &e), 0);
	assert_int_equal(close(fd), 0);
	/* By its own name too. */
	struct source_list m = {0};
	assert_int_equal(source_list_make(&m, &l.inputs.v[0].path, 1, &plain, &e), 0);
	assert_int_equal(m.inputs.n, 1);
	assert_int_equal(source_open(&m.inputs.v[0], &plain, &fd, &e), 0);
	assert_int_equal(close(fd), 0);
	source_list_done(&m);
	source_list_done(&l);
	for (int i = 0; i < 30; i++)
		assert_int_equal(chdir(name), 0);
	assert_int_equal(unlink("deep.txt"), 0);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(chdir(".."), 0);
		assert_int_equal(rmdir(name), 0);
	}
	assert_int_equal(close(here), 0);
}

static void test_A10_gone(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	put("d/a.txt", "x\n");
	put("b.txt", "x\n");
	struct source_list l = {0};
	struct err e = {0};
	const str paths[] = {S("d"), S("b.txt")};
	assert_int_equal(source_list_make(&l, paths, 2, &plain, &e), 0);
	assert_int_equal(unlink("d/a.txt"), 0);
	assert_int_equal(unlink("b.txt"), 0);
	int fd = -1;
	struct problem p;
	assert_int_equal(source_open(&l.inputs.v[0], &plain, &fd, &e), ERR_IO);
	source_open_problem(&l.inputs.v[0], &e, &p);
	assert_string_equal(p.code, "gone");
	assert_int_equal(p.class, PROBLEM_NOTE);
	assert_int_equal(source_open(&l.inputs.v[1], &plain, &fd, &e), ERR_IO);
	source_open_problem(&l.inputs.v[1], &e, &p);
	assert_string_equal(p.code, "unreadable");
	assert_int_equal(p.class, PROBLEM_ERROR);
	source_list_done(&l);
}

static void test_A13_empty_files(void **state)
{
	(void)state;
	put("a.txt", "");
	put("b.txt", "");
	struct source_list l = {0};
	struct err e = {0};
	const str paths[] = {S("a.txt"), S("b.txt")};
	assert_int_equal(source_list_make(&l, paths, 2, &plain, &e), 0);
	assert_list(&l, "a.txt\nb.txt\n");
}

static void test_A16_many_files(void **state)
{
	(void)state;
	char path[64];
	assert_int_equal(mkdir("d", 0755), 0);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(path, sizeof path, "d/%02d", i);
		assert_int_equal(mkdir(path, 0755), 0);
		for (int j = 0; j < 100; j++) {
			(void)snprintf(path, sizeof path, "d/%02d/%03d.txt", i, j);
			put(path, "");
		}
	}
	struct source_list l = list("d", plain);
	assert_int_equal(l.inputs.n, 2000);
	for (size_t i = 1; i < l.inputs.n; i++)
		assert_true(str_cmp(l.inputs.v[i - 1].path, l.inputs.v[i].path) < 0);
	source_list_done(&l);
}

static void test_A18_stdin(void **state)
{
	(void)state;
	struct source_list l = {0};
	struct err e = {0};
	const str paths[] = {S("-"), S("/dev/stdin")};
	assert_int_equal(source_list_make(&l, paths, 2, &plain, &e), 0);
	int fd = -1;
	assert_true(l.inputs.v[0].is_stdin);
	assert_int_equal(source_open(&l.inputs.v[0], &plain, &fd, &e), 0);
	assert_int_equal(fd, 0);
	assert_list(&l, "-\n");
}

static void test_A22_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	put("d/a.txt", "x\n");
	put("d/timeline", "x\n");
	const str refuse[] = {S("d/timeline"), S("d/not-there"), S("")};
	struct source_options options = {.refuse = refuse, .refuse_count = 3};
	struct source_list l = list("d", options);
	assert_list(&l, "d/a.txt\nN:own-file d/timeline\n");
	struct err e = {0};
	const str named[] = {S("d/../d/timeline")};
	struct source_list m = {0};
	assert_int_equal(source_list_make(&m, named, 1, &options, &e), ERR_USAGE);
	assert_true(str_find(str_z(e.text), S("d/../d/timeline")) >= 0);
	source_list_done(&m);
}

static void test_D6_archive_names(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	put("d/app.log.xz", "x\n");
	put("d/app.log.1.bz2", "x\n");
	put("d/debug.TXT.zip", "x\n");
	put("d/backup.tar", "x\n");
	put("d/app.log.2.gz", "x\n");
	struct source_list l = list("d", plain);
	assert_int_equal(l.inputs.n, 4);
	assert_true(l.inputs.v[0].archive_name);  /* app.log.1.bz2 */
	assert_false(l.inputs.v[1].archive_name); /* app.log.2.gz */
	assert_true(l.inputs.v[2].archive_name);
	assert_true(l.inputs.v[3].archive_name);
	assert_list(&l, "d/app.log.1.bz2\nd/app.log.2.gz\nd/app.log.xz\nd/debug.TXT.zip\nN:not-a-log d/backup.tar\n");
}

static void test_H9_other_owner(void **state)
{
	(void)state;
	put("mine.txt", "x\n");
	if (geteuid() != 0)
		return; /* only root can have files of others at hand */
	put("theirs.txt", "x\n");
	assert_int_equal(chown("theirs.txt", 1000, 1000), 0);
	struct source_list l = list("theirs.txt", plain);
	assert_list(&l, "E:foreign-owner theirs.txt\n");
	l = list("theirs.txt", (struct source_options){.allow_root = true});
	assert_list(&l, "theirs.txt\n");
}

static void test_default_paths(void **state)
{
	(void)state;
	struct arena a = {0};
	str paths[8];
	size_t n = 99;
	source_default_paths(&a, S(""), S(""), S(""), S(""), paths, 8, &n);
	assert_int_equal(n, 0);
	assert_int_equal(mkdir("home", 0755), 0);
	assert_int_equal(mkdir("home/.claude", 0755), 0);
	assert_int_equal(mkdir("home/.claude/debug", 0755), 0);
	assert_int_equal(mkdir("home/.cache", 0755), 0);
	assert_int_equal(mkdir("home/.cache/claude-cli-nodejs", 0755), 0);
	assert_int_equal(mkdir("config", 0755), 0);
	assert_int_equal(mkdir("config/projects", 0755), 0);
	source_default_paths(&a, S("home"), S(""), S(""), S(""), paths, 8, &n);
	assert_int_equal(n, 2);
	assert_true(str_eq(paths[0], S("home/.claude/debug")));
	assert_true(str_eq(paths[1], S("home/.cache/claude-cli-nodejs")));
	source_default_paths(&a, S("home"), S("config"), S(""), S(""), paths, 8, &n);
	assert_int_equal(n, 2);
	assert_true(str_eq(paths[0], S("config/projects")));
	arena_done(&a);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_A1_missing),
		IN_PLACE(test_A2_empty_directory),
		IN_PLACE(test_documents),
		IN_PLACE(test_A3_A4_unreadable),
		IN_PLACE(test_A5_no_regular_files),
		IN_PLACE(test_A6_A8_once),
		IN_PLACE(test_A7_broken_links),
		IN_PLACE(test_A8_links_that_leave),
		IN_PLACE(test_A8_link_put_in_place),
		IN_PLACE(test_A9_odd_names),
		IN_PLACE(test_A9_long_path),
		IN_PLACE(test_A10_gone),
		IN_PLACE(test_A13_empty_files),
		IN_PLACE(test_A16_many_files),
		IN_PLACE(test_A18_stdin),
		IN_PLACE(test_A22_refused),
		IN_PLACE(test_D6_archive_names),
		IN_PLACE(test_H9_other_owner),
		IN_PLACE(test_default_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
