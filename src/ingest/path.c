/* Names and identities of files, below source and walk.
 *
 * Names are bytes: nothing here assumes UTF-8, a maximum length, or that a name has no newline. Endings say only what need
 * not be opened at all; what a file is, its first bytes decide (sniff). */
#include "ingest/path.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

enum { STEP = PATH_MAX - 2 }; /* longest part of a path given to one system call */

/* Opens the directories of an over-long path one part at a time. The rest, one that fits, is left in ret_name. */
static int open_parts(int dir, str path, char ret_name[PATH_MAX])
{
	int at = dir;
	char part[PATH_MAX];
	while (path.n > STEP) {
		size_t n = STEP;
		while (n > 0 && path.p[n] != '/')
			n--;
		if (n == 0)
			n = path.p[0] == '/' ? 1 : STEP; /* one name of that length: the system call says no */
		memcpy(part, path.p, n);
		part[n] = '\0';
		int next = openat(at, part, O_PATH | O_DIRECTORY | O_CLOEXEC);
		int why = errno;
		if (at != dir)
			(void)close(at);
		if (next < 0)
			return -why;
		at = next;
		path = str_from(path, n);
		while (path.n > 1 && path.p[0] == '/')
			path = str_from(path, 1);
	}
	memcpy(ret_name, path.p, path.n);
	ret_name[path.n] = '\0';
	return at;
}

int path_open(int dir, str path, int flags)
{
	char name[PATH_MAX];
	int at = open_parts(dir, path, name);
	if (at < 0 && at != AT_FDCWD)
		return at;
	int fd = openat(at, name, flags | O_CLOEXEC);
	int why = errno;
	if (at != dir)
		(void)close(at);
	return fd < 0 ? -why : fd;
}

#ifdef SYS_openat2
static int open_beneath(int dir, const char *name, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS,
	};
	long fd = syscall(SYS_openat2, dir, name, &how, sizeof how);
	return fd < 0 ? -errno : (int)fd;
}
#else
static int open_beneath(int dir, const char *name, int flags)
{
	(void)dir, (void)name, (void)flags;
	return -ENOSYS;
}
#endif

int path_open_beneath(int dir, str path, int flags)
{
	char name[PATH_MAX];
	if (path.n <= STEP) {
		memcpy(name, path.p, path.n);
		name[path.n] = '\0';
		int fd = open_beneath(dir, name, flags);
		if (fd != -ENOSYS && fd != -EPERM) /* EPERM: a sandbox that knows no openat2 */
			return fd;
	}
	return path_open(dir, path, flags | O_NOFOLLOW);
}

static int64_t nanoseconds(struct statx_timestamp t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int stat_at(int dir, const char *name, int flags, struct path_status *ret)
{
	struct statx x;
	if (statx(dir, name, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, &x) != 0)
		return -errno;
	*ret = (struct path_status){
		.identity = {
			.dev = makedev(x.stx_dev_major, x.stx_dev_minor),
			.ino = x.stx_ino,
			.size = x.stx_size,
			.btime_ns = x.stx_mask & STATX_BTIME ? nanoseconds(x.stx_btime) : 0,
			.mtime_ns = nanoseconds(x.stx_mtime),
			.ctime_ns = nanoseconds(x.stx_ctime),
		},
		.type = S_ISREG(x.stx_mode) ? PATH_FILE : S_ISDIR(x.stx_mode) ? PATH_DIRECTORY : S_ISLNK(x.stx_mode) ? PATH_SYMLINK : PATH_OTHER,
		.owner = x.stx_uid,
	};
	return 0;
}

int path_stat(int dir, str path, bool follow, struct path_status *ret)
{
	char name[PATH_MAX];
	int at = open_parts(dir, path, name);
	if (at < 0 && at != AT_FDCWD)
		return at;
	int r = stat_at(at, name, follow ? 0 : AT_SYMLINK_NOFOLLOW, ret);
	if (at != dir)
		(void)close(at);
	return r;
}

int path_stat_fd(int fd, struct path_status *ret)
{
	return stat_at(fd, "", AT_EMPTY_PATH, ret);
}

bool path_is_below(str root, str path)
{
	char *root_z = str_dupz(root), *path_z = str_dupz(path);
	char *real_root = realpath(root_z, NULL), *real_path = realpath(path_z, NULL);
	str above = str_z(real_root), below = str_z(real_path);
	bool is = above.n > 0 && str_starts(below, above) && (str_ends(above, S("/")) || str_starts(str_from(below, above.n), S("/")));
	free(real_root);
	free(real_path);
	free(root_z);
	free(path_z);
	return is;
}

uint64_t path_key(const struct file_identity *id)
{
	uint64_t pair[2] = {id->dev, id->ino};
	return hash64((str){(const char *)pair, sizeof pair});
}

#define E(text) S_INIT(text)
static const str archives[] = {E(".xz"), E(".bz2"), E(".zip"), E(".tar"), E(".tgz"), E(".txz"), E(".tbz2"), E(".tar.gz"), E(".tar.zst"), E(".7z"),
	E(".rar"), E(".lz4"), E(".lzma"), {NULL, 0}};
static const str logs[] = {E(".log"), E(".txt"), E(".jsonl"), E(".json"), E(".ndjson"), E(".out"), E(".err"), {NULL, 0}};
static const str no_logs[] = {
	E(".js"), E(".mjs"), E(".cjs"), E(".ts"), E(".tsx"), E(".jsx"), E(".py"), E(".pyc"), E(".c"), E(".h"), E(".cc"), E(".cpp"), E(".rs"), E(".go"),
	E(".java"), E(".class"), E(".rb"), E(".so"), E(".o"), E(".a"), E(".sh"), E(".css"), E(".html"), E(".map"), E(".wasm"), E(".node"), E(".exe"),
	E(".dll"), E(".dylib"), E(".png"), E(".jpg"), E(".jpeg"), E(".gif"), E(".svg"), E(".webp"), E(".ico"), E(".mp3"), E(".mp4"), E(".wav"), E(".mov"),
	E(".woff"), E(".woff2"), E(".ttf"), E(".pdf"), E(".db"), E(".db-wal"), E(".db-shm"), E(".sqlite"), E(".sqlite3"), E(".toml"), E(".yaml"),
	E(".yml"), {NULL, 0},
};
static const str documents[] = {E(".md"), E(".markdown"), E(".mdx"), E(".rst"), {NULL, 0}};
#undef E

/* The length of the ending of `list` that the name has, or 0; a name that is nothing but an ending has none. */
static size_t ending(str name, const str *list)
{
	const char last = name.n ? (char)(name.p[name.n - 1] | 0x20) : 0; /* tells nearly all apart */
	for (; list->n; list++) {
		const str e = *list;
		size_t i = 0;
		if ((e.p[e.n - 1] | 0x20) != last || name.n <= e.n)
			continue;
		while (i < e.n && (name.p[name.n - e.n + i] | 0x20) == (e.p[i] | 0x20))
			i++;
		if (i == e.n)
			return e.n;
	}
	return 0;
}

static str base_name(str path)
{
	size_t n = path.n;
	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return str_from(path, n);
}

bool path_is_archive(str path)
{
	return ending(base_name(path), archives) > 0;
}

bool path_is_log_archive(str path)
{
	str name = base_name(path);
	size_t n = ending(name, archives);
	if (n == 0)
		return false;
	name.n -= n;
	while (name.n > 0 && (str_is_digit(name.p[name.n - 1]) || name.p[name.n - 1] == '-'))
		name.n--; /* app.log.1, app.log-20260517 */
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	return ending(name, logs) > 0;
}

/* Documents quote logs without being any: README.md, and what lies in folders (plans, skills, clones in ~/.claude). A report that
 * somebody pasted, issue.md, lies where the user points at. */
static bool is_document(str below)
{
	str name = base_name(below);
	name.n -= ending(name, documents);
	if (name.p + name.n == below.p + below.n)
		return false;
	if (name.p != below.p)
		return true;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] >= 'a' && name.p[i] <= 'z')
			return false;
	return true;
}

bool path_is_no_log(str below)
{
	return ending(base_name(below), no_logs) > 0 || is_document(below);
}

str path_join(struct buf *b, str directory, str name)
{
	buf_reset(b);
	buf_add(b, directory);
	if (directory.n > 0 && directory.p[directory.n - 1] != '/')
		buf_byte(b, '/');
	buf_add(b, name);
	return buf_str(b);
}
