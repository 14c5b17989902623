/* Changes below paths, from the kernel (see follow.h). Stands beside the stages: it wakes `watch`, which then runs them.
 *
 * One inotify watch per directory, none per file: a file's events come from its directory, so a thousand files cost no more
 * than their folders. A named file is watched in its directory too, which sees it rotated, deleted and made again; a named
 * symlink also where it leads. A path that does not exist is awaited in the nearest directory above it that does.
 *
 * Invariants: a change that the kernel tells is never lost: a new directory is listed only after its watch stands, lost events
 * (queue overflow, moved directories) ask for a new listing. Whatever cannot be watched (limits of the system, network file
 * systems, names longer than PATH_MAX) is polled instead.
 * It opens no log file and follows symlinks only when told to. */
#include "ingest/follow.h"

#include "base/buf.h"
#include "base/map.h"
#include "ingest/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

enum place_kind {
	PLACE_TREE,    /* a directory whose files are logs */
	PLACE_FILE,    /* a file that was named, or that a followed symlink leads to */
	PLACE_NAME,    /* the directory of a named path, or of what a symlink leads to: there it is replaced */
	PLACE_AWAITED, /* the directory above a path that does not exist */
	PLACE_KINDS
};
enum {
	IN_LOG = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB,
	IN_NAMES = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO,
	IN_SELF = IN_DELETE_SELF | IN_MOVE_SELF,
};
static const uint32_t events_of[PLACE_KINDS] = {
	[PLACE_TREE] = IN_LOG | IN_NAMES | IN_SELF | IN_ONLYDIR,
	[PLACE_FILE] = IN_LOG | IN_SELF,
	[PLACE_NAME] = IN_NAMES | IN_ONLYDIR,
	[PLACE_AWAITED] = IN_NAMES | IN_ONLYDIR,
};

struct place {
	int wd;
	uint32_t next;       /* of the same wd: index + 1 */
	enum place_kind kind;
	str path;            /* as shown */
	str name;            /* PLACE_NAME: the only name that matters */
};

struct follow {
	int fd;              /* -1: polling only */
	unsigned poll_s;
	bool links;          /* follow symlinks */
	const char *why;
	struct arena paths_arena, arena; /* arena: of the places */
	str *paths;
	size_t path_count;
	VEC(struct place) places;
	struct map by_wd;    /* wd -> index + 1 of its first place */
	struct buf scratch;
	bool stale;          /* the places no longer fit: make them anew */
};

static void poll_because(struct follow *f, const char *why)
{
	if (f->poll_s == 0)
		f->poll_s = FOLLOW_POLL_S;
	if (*f->why == '\0')
		f->why = why;
}

static void no_inotify(struct follow *f, const char *why)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
	poll_because(f, why);
}

/* Writes of other machines make no events here. */
static bool is_remote(const char *path)
{
	static const long remote[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, FUSE_SUPER_MAGIC, V9FS_MAGIC,
		CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC, CODA_SUPER_MAGIC};
	struct statfs fs;
	if (statfs(path, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
		if (fs.f_type == remote[i])
			return true;
	return false;
}

static bool is_known(const struct follow *f, int wd, enum place_kind kind, str path, str name)
{
	uint32_t at = 0;
	(void)map_get(&f->by_wd, (uint64_t)wd, &at);
	for (; at; at = f->places.v[at - 1].next) {
		const struct place *p = &f->places.v[at - 1];
		/* A directory is a tree once, whatever links lead to it. */
		if (p->kind == kind && (kind == PLACE_TREE || (str_eq(p->path, path) && str_eq(p->name, name))))
			return true;
	}
	return false;
}

/* False: it is watched already, or cannot be. */
static bool add_place(struct follow *f, enum place_kind kind, str path, str name, bool follow_last)
{
	uint32_t first = 0;
	if (f->fd < 0)
		return false;
	const str kept = arena_str(&f->arena, path);
	const int wd = inotify_add_watch(f->fd, kept.p, events_of[kind] | IN_MASK_ADD | (follow_last ? 0u : (uint32_t)IN_DONT_FOLLOW));
	if (wd < 0) {
		if (errno == ENOSPC || errno == ENOMEM)
			no_inotify(f, "the system's limit of inotify watches is reached (fs.inotify.max_user_watches)");
		else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			poll_because(f, "a directory cannot be watched");
		return false;
	}
	if (is_remote(kept.p))
		poll_because(f, "a directory is on a network file system");
	if (is_known(f, wd, kind, path, name))
		return false;
	(void)map_get(&f->by_wd, (uint64_t)wd, &first);
	struct place *p = vec_push(&f->places);
	*p = (struct place){.wd = wd, .next = first, .kind = kind, .path = kept, .name = arena_str(&f->arena, name)};
	map_put(&f->by_wd, (uint64_t)wd, (uint32_t)f->places.n);
	return true;
}

static str parent(str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	while (path.n > 0 && path.p[path.n - 1] != '/')
		path.n--;
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	return path.n ? path : S(".");
}

static str last_name(str path)
{
	size_t at = path.n;
	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return str_from(path, at);
}

/* Where the path really lies, so that its replacement there is seen; a symlink's own directory tells of the link only. */
static void add_real_name(struct follow *f, str path)
{
	char *real = realpath(arena_str(&f->arena, path).p, NULL);
	if (!real)
		return;
	(void)add_place(f, PLACE_NAME, parent(str_z(real)), last_name(str_z(real)), true);
	free(real);
}

static void add_link(struct follow *f, str path, str *ret_directory)
{
	struct path_status status;
	if (path_stat(AT_FDCWD, path, true, &status) != 0)
		return;
	if (status.type == PATH_DIRECTORY) {
		*ret_directory = arena_str(&f->arena, path);
	} else if (status.type == PATH_FILE) {
		(void)add_place(f, PLACE_FILE, path, STR_NONE, true);
		add_real_name(f, path);
	}
}

/* What the name in a watched directory adds: a directory to go down to, or empty. */
static str look_at(struct follow *f, int dir, str in, str name)
{
	struct path_status status;
	str below = STR_NONE;
	if (path_stat(dir, name, false, &status) != 0)
		return STR_NONE;
	const str path = path_join(&f->scratch, in, name);
	if (status.type == PATH_DIRECTORY)
		below = arena_str(&f->arena, path);
	else if (status.type == PATH_SYMLINK && f->links)
		add_link(f, arena_str(&f->arena, path), &below);
	return below;
}

/* The directory and all below it. Names that come while it is listed make events, because the watch stands first. */
static void add_tree(struct follow *f, str root)
{
	VEC(str) todo = {0};
	*vec_push(&todo) = arena_str(&f->arena, root);
	while (todo.n > 0) {
		const str in = todo.v[--todo.n];
		if (!add_place(f, PLACE_TREE, in, STR_NONE, f->links || str_eq(in, root)))
			continue;
		DIR *d = opendir(in.p);
		if (!d) {
			poll_because(f, "a directory cannot be listed");
			continue;
		}
		for (struct dirent *e; (e = readdir(d)) != NULL;) {
			const str name = str_z(e->d_name);
			const str below = str_eq(name, S(".")) || str_eq(name, S("..")) ? STR_NONE : look_at(f, dirfd(d), in, name);
			if (below.n > 0)
				*vec_push(&todo) = below;
		}
		(void)closedir(d);
	}
	vec_free(&todo);
}

static void await(struct follow *f, str path)
{
	struct path_status status;
	for (str dir = parent(path);; dir = parent(dir)) {
		if (path_stat(AT_FDCWD, dir, true, &status) == 0 && status.type == PATH_DIRECTORY) {
			(void)add_place(f, PLACE_AWAITED, dir, STR_NONE, true);
			return;
		}
		if (str_eq(dir, S("/")) || str_eq(dir, S(".")))
			return;
	}
}

static void add_path(struct follow *f, str path)
{
	struct path_status status;
	if (path_stat(AT_FDCWD, path, true, &status) != 0) {
		await(f, path);
		return;
	}
	if (status.type == PATH_DIRECTORY)
		add_tree(f, path);
	else
		(void)add_place(f, PLACE_FILE, path, STR_NONE, true);
	(void)add_place(f, PLACE_NAME, parent(path), last_name(path), true);
	if (path_stat(AT_FDCWD, path, false, &status) == 0 && status.type == PATH_SYMLINK)
		add_real_name(f, path);
}

static void make_places(struct follow *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	map_done(&f->by_wd);
	f->places.n = 0;
	arena_done(&f->arena);
	f->stale = false;
	f->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->fd < 0)
		no_inotify(f, "inotify is not available (fs.inotify.max_user_instances)");
	for (size_t i = 0; i < f->path_count && f->fd >= 0; i++)
		add_path(f, f->paths[i]);
}

struct follow *follow_new(const str *paths, size_t count, bool follow_symlinks, unsigned poll_s)
{
	struct follow *f = mem_new(sizeof *f);
	f->fd = -1;
	f->why = "";
	f->links = follow_symlinks;
	f->poll_s = poll_s;
	f->paths = arena_alloc(&f->paths_arena, (count + 1) * sizeof *f->paths);
	for (size_t i = 0; i < count; i++)
		f->paths[f->path_count++] = arena_str(&f->paths_arena, paths[i]);
	if (poll_s == 0)
		make_places(f);
	return f;
}

void follow_free(struct follow *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		(void)close(f->fd);
	map_done(&f->by_wd);
	vec_free(&f->places);
	buf_done(&f->scratch);
	arena_done(&f->arena);
	arena_done(&f->paths_arena);
	free(f);
}

int follow_fd(const struct follow *f)
{
	return f->fd;
}

unsigned follow_poll_s(const struct follow *f)
{
	return f->poll_s;
}

const char *follow_why_polling(const struct follow *f)
{
	return f->why;
}

static void add_changed(struct follow_changes *ret, str path)
{
	/* A writer of many small lines makes many events. */
	if (ret->paths.n > 0 && str_eq(ret->paths.v[ret->paths.n - 1], path))
		return;
	*vec_push(&ret->paths) = arena_str(&ret->arena, path);
}

/* Something in the directory of a tree. */
static void in_tree(struct follow *f, const struct place *p, uint32_t mask, str name, struct follow_changes *ret)
{
	const bool directory = (mask & IN_ISDIR) != 0;
	const str path = path_join(&f->scratch, p->path, name);
	if (!(mask & IN_NAMES)) {
		if (!directory)
			add_changed(ret, path);
		return;
	}
	ret->list = true;
	if (directory && (mask & (IN_CREATE | IN_MOVED_TO)))
		add_tree(f, arena_str(&f->arena, path));
	else if (f->links || (directory && (mask & IN_MOVED_FROM)))
		f->stale = true;
}

static void happened(struct follow *f, const struct place *p, uint32_t mask, str name, struct follow_changes *ret)
{
	const bool moved = (mask & IN_MOVE_SELF) != 0, gone = (mask & (IN_DELETE_SELF | IN_IGNORED)) != 0;
	if (moved || gone) {
		/* A directory that is gone from a tree needs nothing more: its parent told of it. */
		ret->list = true;
		f->stale |= moved || p->kind != PLACE_TREE;
	} else if (p->kind == PLACE_TREE) {
		in_tree(f, p, mask, name, ret);
	} else if (p->kind == PLACE_FILE) {
		add_changed(ret, p->path);
	} else if ((mask & IN_NAMES) && (p->kind == PLACE_AWAITED || str_eq(p->name, name))) {
		ret->list = f->stale = true;
	}
}

static void dispatch(struct follow *f, const struct inotify_event *e, struct follow_changes *ret)
{
	uint32_t at = 0;
	if (e->mask & IN_Q_OVERFLOW) {
		ret->list = f->stale = true;
		return;
	}
	if (!map_get(&f->by_wd, (uint64_t)e->wd, &at))
		return;
	const str name = e->len > 0 ? str_z(e->name) : STR_NONE;
	while (at) {
		const struct place p = f->places.v[at - 1]; /* places may move meanwhile */
		at = p.next;
		happened(f, &p, e->mask, name, ret);
	}
	if (e->mask & IN_IGNORED)
		(void)map_remove(&f->by_wd, (uint64_t)e->wd);
}

void follow_take(struct follow *f, struct follow_changes *ret)
{
	_Alignas(struct inotify_event) char events[32 * 1024];
	while (f->fd >= 0) {
		const ssize_t n = read(f->fd, events, sizeof events);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (const char *p = events; p < events + n;) {
			const struct inotify_event *e = (const void *)p;
			p += sizeof *e + e->len;
			dispatch(f, e, ret);
		}
	}
	if (f->stale)
		make_places(f);
}

void follow_changes_reset(struct follow_changes *c)
{
	c->paths.n = 0;
	c->list = false;
	arena_reset(&c->arena);
}

void follow_changes_done(struct follow_changes *c)
{
	vec_free(&c->paths);
	arena_done(&c->arena);
}
