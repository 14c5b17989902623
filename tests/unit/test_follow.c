/* What follow must tell: growth, new names, links, rotation and deletion, in directories, of named files and of paths that come
 * later. Events of inotify are there when the system call that made them returns, so nothing here waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "ingest/follow.h"

struct world {
	char root[64];
	struct follow *follow;
	struct follow_changes changes;
	char text[256]; /* of the last path that was made */
};

static const char *at(struct world *w, const char *name)
{
	(void)snprintf(w->text, sizeof w->text, "%s/%s", w->root, name);
	return w->text;
}

static void append(struct world *w, const char *name)
{
	const int fd = open(at(w, name), O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x\n", 2), 2);
	close(fd);
}

static void begin(struct world *w, const char *name, bool links)
{
	const str path = str_z(at(w, name));
	w->follow = follow_new(&path, 1, links, 0);
	assert_true(follow_fd(w->follow) >= 0);
	assert_int_equal(follow_poll_s(w->follow), 0);
	assert_string_equal(follow_why_polling(w->follow), "");
}

/* Was the file named since the last look? */
static bool told(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->changes.paths.n; i++)
		if (str_eq(w->changes.paths.v[i], str_z(at(w, name))))
			return true;
	return false;
}

static void look(struct world *w)
{
	follow_changes_reset(&w->changes);
	follow_take(w->follow, &w->changes);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	(void)snprintf(w->root, sizeof w->root, "follow-XXXXXX");
	*state = w;
	return mkdtemp(w->root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;
	follow_free(w->follow);
	follow_changes_done(&w->changes);
	(void)nftw(w->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

static void growth_names_the_file_and_needs_no_listing(void **state)
{
	struct world *w = *state;
	append(w, "a.txt");
	begin(w, "", false);
	append(w, "a.txt");
	look(w);
	assert_true(told(w, "a.txt"));
	assert_false(w->changes.list);
	look(w);
	assert_int_equal(w->changes.paths.n, 0);
}

static void a_new_file_asks_for_a_listing(void **state)
{
	struct world *w = *state;
	begin(w, "", false);
	append(w, "b.txt");
	look(w);
	assert_true(w->changes.list);
}

static void a_file_in_a_new_directory_is_followed(void **state)
{
	struct world *w = *state;
	begin(w, "", false);
	assert_int_equal(mkdir(at(w, "s"), 0700), 0);
	assert_int_equal(mkdir(at(w, "s/t"), 0700), 0);
	append(w, "s/t/c.txt");
	look(w);
	assert_true(w->changes.list);
	append(w, "s/t/c.txt");
	look(w);
	assert_true(told(w, "s/t/c.txt"));
}

static void rename_and_deletion_ask_for_a_listing(void **state)
{
	struct world *w = *state;
	append(w, "d.txt");
	begin(w, "", false);
	char to[256];
	(void)snprintf(to, sizeof to, "%s/d.txt.1", w->root);
	assert_int_equal(rename(at(w, "d.txt"), to), 0);
	look(w);
	assert_true(w->changes.list);
	assert_int_equal(unlink(to), 0);
	look(w);
	assert_true(w->changes.list);
}

static void a_directory_that_moved_is_followed_under_its_new_name(void **state)
{
	struct world *w = *state;
	assert_int_equal(mkdir(at(w, "old"), 0700), 0);
	append(w, "old/e.txt");
	begin(w, "", false);
	char to[256];
	(void)snprintf(to, sizeof to, "%s/new", w->root);
	assert_int_equal(rename(at(w, "old"), to), 0);
	look(w);
	assert_true(w->changes.list);
	append(w, "new/e.txt");
	look(w);
	assert_true(told(w, "new/e.txt"));
	assert_false(told(w, "old/e.txt"));
}

static void a_relinked_latest_asks_for_a_listing(void **state)
{
	struct world *w = *state;
	append(w, "1.txt");
	append(w, "2.txt");
	assert_int_equal(symlink("1.txt", at(w, "latest")), 0);
	begin(w, "", false);
	assert_int_equal(unlink(at(w, "latest")), 0);
	assert_int_equal(symlink("2.txt", at(w, "latest")), 0);
	look(w);
	assert_true(w->changes.list);
}

static void a_named_link_follows_what_it_leads_to(void **state)
{
	struct world *w = *state;
	assert_int_equal(mkdir(at(w, "far"), 0700), 0);
	append(w, "far/1.txt");
	append(w, "far/2.txt");
	assert_int_equal(symlink("far/1.txt", at(w, "latest")), 0);
	begin(w, "latest", false);
	append(w, "far/1.txt");
	look(w);
	assert_true(told(w, "latest"));
	append(w, "far/2.txt");
	look(w);
	assert_int_equal(w->changes.paths.n, 0);
	assert_int_equal(unlink(at(w, "latest")), 0);
	assert_int_equal(symlink("far/2.txt", at(w, "latest")), 0);
	look(w);
	assert_true(w->changes.list);
	append(w, "far/2.txt");
	look(w);
	assert_true(told(w, "latest"));
}

static void a_named_file_does_not_wake_for_its_neighbours(void **state)
{
	struct world *w = *state;
	append(w, "f.txt");
	append(w, "g.txt");
	begin(w, "f.txt", false);
	append(w, "g.txt");
	append(w, "h.txt");
	look(w);
	assert_int_equal(w->changes.paths.n, 0);
	assert_false(w->changes.list);
	assert_int_equal(unlink(at(w, "f.txt")), 0);
	append(w, "f.txt");
	look(w);
	assert_true(w->changes.list);
	append(w, "f.txt");
	look(w);
	assert_true(told(w, "f.txt"));
}

static void a_path_that_comes_later_is_found(void **state)
{
	struct world *w = *state;
	begin(w, "deep/er/log.txt", false);
	assert_int_equal(mkdir(at(w, "deep"), 0700), 0);
	look(w);
	assert_int_equal(mkdir(at(w, "deep/er"), 0700), 0);
	look(w);
	append(w, "deep/er/log.txt");
	look(w);
	assert_true(w->changes.list);
	append(w, "deep/er/log.txt");
	look(w);
	assert_true(told(w, "deep/er/log.txt"));
}

static void links_in_a_tree_count_only_when_asked_for(void **state)
{
	struct world *w = *state;
	assert_int_equal(mkdir(at(w, "in"), 0700), 0);
	assert_int_equal(mkdir(at(w, "out"), 0700), 0);
	append(w, "out/i.txt");
	assert_int_equal(symlink("../out", at(w, "in/dir")), 0);
	assert_int_equal(symlink("..", at(w, "in/loop")), 0);
	assert_int_equal(symlink("../out/i.txt", at(w, "in/file")), 0);
	begin(w, "in", false);
	append(w, "out/i.txt");
	look(w);
	assert_int_equal(w->changes.paths.n, 0);
	follow_free(w->follow);
	begin(w, "in", true);
	append(w, "out/i.txt");
	look(w);
	assert_true(told(w, "in/file"));
}

static void asked_to_poll_it_opens_no_inotify(void **state)
{
	struct world *w = *state;
	const str path = str_z(w->root);
	w->follow = follow_new(&path, 1, false, 7);
	assert_int_equal(follow_fd(w->follow), -1);
	assert_int_equal(follow_poll_s(w->follow), 7);
	assert_string_equal(follow_why_polling(w->follow), "");
	append(w, "j.txt");
	look(w);
	assert_false(w->changes.list);
}

static void without_a_descriptor_it_polls_and_says_why(void **state)
{
	struct world *w = *state;
	const str path = str_z(w->root);
	struct rlimit before, none;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	w->follow = follow_new(&path, 1, false, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(follow_fd(w->follow), -1);
	assert_int_equal(follow_poll_s(w->follow), FOLLOW_POLL_S);
	assert_string_not_equal(follow_why_polling(w->follow), "");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(growth_names_the_file_and_needs_no_listing), CASE(a_new_file_asks_for_a_listing), CASE(a_file_in_a_new_directory_is_followed),
		CASE(rename_and_deletion_ask_for_a_listing), CASE(a_directory_that_moved_is_followed_under_its_new_name),
		CASE(a_relinked_latest_asks_for_a_listing), CASE(a_named_link_follows_what_it_leads_to),
		CASE(a_named_file_does_not_wake_for_its_neighbours), CASE(a_path_that_comes_later_is_found),
		CASE(links_in_a_tree_count_only_when_asked_for), CASE(asked_to_poll_it_opens_no_inotify),
		CASE(without_a_descriptor_it_polls_and_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
