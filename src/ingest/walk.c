/* The directory walk of source: every file below a directory, hidden ones included.
 *
 * Invariants: one directory is open at a time, reached from the root's descriptor, so names and depth have no limit and
 * cost is linear; regular files come first and symlinks after them, so that a file is known by its own name and a link to
 * it adds nothing; the result does not depend on the order in which the file system lists names.
 * It follows no symlink unless told to, opens no file, and reads no FIFO, socket or device. */
#include "ingest/walk.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct found {
	str path;
	struct file_identity identity;
	uint32_t owner;
};

struct walk {
	struct source_scan *scan;
	str root;
	int root_fd;
	struct buf path, below; /* of the name at hand */
	struct arena names;    /* of directories and links, for this walk only */
	VEC(str) directories;  /* below the root, still to be listed; "" is the root */
	VEC(str) links;
	VEC(struct found) files;
	struct map walked;     /* path_key of directories met: links make no loops */
	uint32_t left_out;     /* files whose names say that they are no logs */
	str left_out_first;
};

/* The whole path of a name below the root, kept with the list. */
static str whole(struct walk *w, str below)
{
	return below.n == 0 ? w->root : arena_str(&w->scan->list->arena, path_join(&w->path, w->root, below));
}

static void problem(struct walk *w, enum severity_class class, const char *code, str below, const char *format, int why)
{
	scan_problem(w->scan, class, code, whole(w, below), format, why);
}

static void add_file(struct walk *w, str below, const struct path_status *status)
{
	if (path_is_no_log(below) || (path_is_archive(below) && !path_is_log_archive(below))) {
		if (w->left_out++ == 0)
			w->left_out_first = arena_str(&w->names, below);
		return;
	}
	struct found *f = vec_push(&w->files);
	f->path = whole(w, below);
	f->identity = status->identity;
	f->owner = status->owner;
}

static void add_directory(struct walk *w, str below, const struct path_status *status)
{
	uint32_t unused;
	uint64_t key = path_key(&status->identity);
	if (map_get(&w->walked, key, &unused))
		return;
	map_put(&w->walked, key, 1);
	*vec_push(&w->directories) = arena_str(&w->names, below);
}

/* One name in a directory. False: it could not be looked at, and the rest of the directory cannot either. */
static bool add_entry(struct walk *w, int dir, str directory, str name)
{
	struct path_status status;
	str below = path_join(&w->below, directory, name);
	int r = path_stat(dir, name, false, &status);
	if (r == -ENOENT)
		return true; /* deleted between the listing and now */
	if (r < 0) {
		problem(w, PROBLEM_ERROR, r == -EACCES ? "unreadable-directory" : "unreadable", r == -EACCES ? directory : below, "cannot read %s", -r);
		return r != -EACCES;
	}
	if (status.type == PATH_FILE)
		add_file(w, below, &status);
	else if (status.type == PATH_DIRECTORY)
		add_directory(w, below, &status);
	else if (status.type == PATH_SYMLINK)
		*vec_push(&w->links) = arena_str(&w->names, below);
	else
		problem(w, PROBLEM_NOTE, "not-a-file", below, "%s is a pipe, socket or device, not a log file", 0);
	return true;
}

static void list_directory(struct walk *w, str below)
{
	str name = below.n == 0 ? S(".") : below;
	int flags = O_RDONLY | O_DIRECTORY;
	int fd = w->scan->follow ? path_open(w->root_fd, name, flags) : path_open_beneath(w->root_fd, name, flags);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		int why = fd < 0 ? -fd : errno;
		if (fd >= 0)
			(void)close(fd);
		if (why == ENOENT || why == ENOTDIR || why == ELOOP || why == EXDEV)
			problem(w, PROBLEM_NOTE, "gone", below, "%s was deleted while directories were listed", 0);
		else
			problem(w, PROBLEM_ERROR, "unreadable-directory", below, "cannot read %s", why);
		return;
	}
	for (;;) {
		errno = 0;
		struct dirent *e = readdir(d);
		if (!e) {
			if (errno != 0)
				problem(w, PROBLEM_ERROR, "unreadable-directory", below, "cannot read all of %s", errno);
			break;
		}
		str entry = str_z(e->d_name);
		if (!str_eq(entry, S(".")) && !str_eq(entry, S("..")) && !add_entry(w, fd, below, entry))
			break;
	}
	(void)closedir(d);
}

static bool is_listed(const struct walk *w, const struct map *own, const struct path_status *status)
{
	uint32_t unused;
	uint64_t key = path_key(&status->identity);
	return map_get(own, key, &unused) || map_get(&w->scan->seen, key, &unused) || map_get(&w->walked, key, &unused);
}

/* A symlink adds something only with --follow-symlinks; without, its target is in the list already or stays unread. */
static void look_at_link(struct walk *w, str below, const struct map *own)
{
	struct path_status status;
	int r = path_stat(w->root_fd, below, true, &status);
	if (r < 0) {
		if (r == -EACCES)
			problem(w, PROBLEM_NOTE, "symlink-outside", below, "symbolic link %s leads to a place that cannot be read", 0);
		else
			problem(w, PROBLEM_NOTE, "symlink-broken", below, "symbolic link %s leads nowhere", -r);
		return;
	}
	if (is_listed(w, own, &status))
		return;
	if (w->scan->follow && status.type == PATH_FILE) {
		add_file(w, below, &status);
	} else if (w->scan->follow && status.type == PATH_DIRECTORY) {
		add_directory(w, below, &status);
	} else if (status.type == PATH_FILE || status.type == PATH_DIRECTORY) {
		str path = whole(w, below);
		bool inside = path_is_below(w->root, path);
		scan_problem(w->scan, PROBLEM_NOTE, inside ? "not-a-log" : "symlink-outside", path,
			inside ? "symbolic link %s leads to something that is no log" :
				"symbolic link %s leaves the directory and was not followed (--follow-symlinks does)", 0);
	} else {
		problem(w, PROBLEM_NOTE, "not-a-file", below, "%s is a link to a pipe, socket or device, not a log file", 0);
	}
}

static void look_at_links(struct walk *w)
{
	struct map own = {0};
	for (size_t i = 0; i < w->files.n; i++)
		map_put(&own, path_key(&w->files.v[i].identity), 1);
	for (size_t i = 0; i < w->links.n; i++)
		look_at_link(w, w->links.v[i], &own);
	w->links.n = 0;
	map_done(&own);
}

static int compare_found(const void *a, const void *b)
{
	return str_cmp(((const struct found *)a)->path, ((const struct found *)b)->path);
}

static int compare_names(const void *a, const void *b)
{
	return str_cmp(*(const str *)a, *(const str *)b);
}

static int compare_problems(const void *a, const void *b)
{
	return str_cmp(((const struct input_problem *)a)->path, ((const struct input_problem *)b)->path);
}

/* Problems of this walk in order of their paths. False: something could not be listed. */
static bool sort_problems(struct source_list *l, size_t first)
{
	size_t errors = 0, n = l->problems.n - first;
	for (size_t i = first; i < l->problems.n; i++)
		errors += l->problems.v[i].problem.class == PROBLEM_ERROR;
	if (n > 0)
		qsort(l->problems.v + first, n, sizeof *l->problems.v, compare_problems);
	return errors == 0;
}

/* Sorted, so that of two hard links the first by name is the input. */
static void hand_over(struct walk *w, size_t first_problem)
{
	struct source_scan *s = w->scan;
	bool all_listed = sort_problems(s->list, first_problem);
	if (w->files.n > 0)
		qsort(w->files.v, w->files.n, sizeof *w->files.v, compare_found);
	for (size_t i = 0; i < w->files.n; i++) {
		struct found *f = &w->files.v[i];
		(void)scan_add(s, (struct input){.path = f->path, .identity = f->identity, .archive_name = path_is_archive(f->path),
			.root_n = (uint32_t)w->root.n}, f->owner);
	}
	if (w->left_out > 0) {
		problem(w, PROBLEM_NOTE, "not-a-log", w->left_out_first, "%s and others like it are programs, documents or settings by their names, no logs", 0);
		s->list->problems.v[s->list->problems.n - 1].problem.times = w->left_out;
	}
	if (w->files.n == 0 && all_listed)
		problem(w, s->options->require_files ? PROBLEM_ERROR : PROBLEM_WARN, "no-log-files", S(""),
			"no log files in %s (Claude Code writes debug logs only with --debug or after /debug since 2.1.71)", 0);
}

void walk_directory(struct source_scan *s, str root, int root_fd)
{
	struct walk w = {.scan = s, .root = root, .root_fd = root_fd};
	struct path_status status;
	size_t first_problem = s->list->problems.n;
	if (path_stat_fd(root_fd, &status) == 0)
		map_put(&w.walked, path_key(&status.identity), 1);
	*vec_push(&w.directories) = S("");
	while (w.directories.n > 0 || w.links.n > 0) {
		while (w.directories.n > 0)
			list_directory(&w, w.directories.v[--w.directories.n]);
		if (w.links.n > 0)
			qsort(w.links.v, w.links.n, sizeof *w.links.v, compare_names);
		look_at_links(&w);
	}
	hand_over(&w, first_problem);
	vec_free(&w.directories);
	vec_free(&w.links);
	vec_free(&w.files);
	map_done(&w.walked);
	buf_done(&w.path);
	buf_done(&w.below);
	arena_done(&w.names);
}
