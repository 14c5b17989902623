/* Finds and reads pattern files, for the loader (the user's directories) and for mkpatterns (the built-in ones).
 *
 * Order is part of the meaning of patterns (the first signature wins), so names are sorted by bytes over the whole relative
 * path: locale and directory order have no say. Links to directories are not followed: a loop would never end. */
#include "knowledge/files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 8, FILE_MAX = 16 * 1024 * 1024 };

void file_list_done(struct file_list *l)
{
	vec_free(&l->names);
	arena_done(&l->arena);
}

static int compare_names(const void *a, const void *b)
{
	const str *x = a, *y = b;
	return str_cmp(*x, *y);
}

static bool is_pattern_file(str name)
{
	return str_ends(name, S(".yaml")) || str_ends(name, S(".yml"));
}

/* `prefix` is the path of fd relative to the root, with a slash behind it, or empty. Takes fd. */
static int walk(struct file_list *l, int fd, str prefix, unsigned depth, const char *shown, struct err *reterr)
{
	DIR *d = fdopendir(fd);
	if (d == NULL) {
		(void)close(fd);
		return err_set(reterr, ERR_IO, "cannot read the pattern directory %s: %s", shown, strerror(errno));
	}
	int rc = 0;
	for (struct dirent *e; rc == 0 && (e = readdir(d)) != NULL;) {
		struct stat st;
		str name = str_z(e->d_name);
		if (name.p[0] == '.' || fstatat(dirfd(d), name.p, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			int child = openat(dirfd(d), name.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
			str below = arena_printf(&l->arena, "%.*s%s/", STR_ARG(prefix), name.p);
			if (child < 0)
				rc = err_set(reterr, ERR_IO, "cannot read the pattern directory %s/%s: %s", shown, below.p, strerror(errno));
			else
				rc = walk(l, child, below, depth + 1, shown, reterr);
		} else if (!S_ISDIR(st.st_mode) && is_pattern_file(name)) {
			*vec_push(&l->names) = arena_printf(&l->arena, "%.*s%s", STR_ARG(prefix), name.p);
		}
	}
	(void)closedir(d);
	return rc;
}

int file_list_make(struct file_list *l, const char *dir, struct err *reterr)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		int rc = err_set(reterr, ERR_IO, "cannot open the pattern directory %s: %s", dir, strerror(errno));
		err_hint(reterr, "give a directory with YAML files below it, such as the one of `mcplog patterns new`");
		return rc;
	}
	int rc = walk(l, fd, (str){"", 0}, 0, dir, reterr);
	if (l->names.n > 1)
		qsort(l->names.v, l->names.n, sizeof *l->names.v, compare_names);
	return rc;
}

int file_read(const char *path, struct buf *out, struct err *reterr)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		const char *why = fd < 0 ? strerror(errno) : "it is no ordinary file";
		if (fd >= 0)
			(void)close(fd);
		return err_at(reterr, ERR_IO, path, 0, 0, "cannot read the pattern file: %s", why);
	}
	int rc = 0;
	for (;;) {
		buf_reserve(out, 64 * 1024);
		ssize_t n = read(fd, out->p + out->n, 64 * 1024);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = err_at(reterr, ERR_IO, path, 0, 0, "cannot read the pattern file: %s", strerror(errno));
		if (n <= 0)
			break;
		out->n += (size_t)n;
		if (out->n > FILE_MAX) {
			rc = err_at(reterr, ERR_LIMIT, path, 0, 0, "pattern file is larger than %d MiB", FILE_MAX / 1024 / 1024);
			break;
		}
	}
	(void)close(fd);
	return rc;
}

bool file_shapes_reading(str text)
{
	static const char *const apart[] = {"schema: mcplog.queries/", "schema: mcplog.places/"};
	for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
		const ptrdiff_t at = str_find(text, str_z(apart[i]));
		if (at == 0 || (at > 0 && text.p[at - 1] == '\n'))
			return false;
	}
	return true;
}

bool file_dir_exposed(const char *dir, const char **ret_why)
{
	struct stat link, st;
	if (lstat(dir, &link) != 0 || stat(dir, &st) != 0)
		return false;
	uid_t self = geteuid();
	*ret_why = NULL;
	if (st.st_mode & S_IWOTH)
		*ret_why = "others may write to it";
	else if (S_ISLNK(link.st_mode))
		*ret_why = "it is a symbolic link";
	else if (st.st_uid != self && st.st_uid != 0)
		*ret_why = "it belongs to another user";
	return *ret_why != NULL;
}
