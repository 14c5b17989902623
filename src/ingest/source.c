/* First stage of pass 1: paths as given → inputs to read. The only stage that opens log files.
 *
 * Invariants: nothing is lost silently, every path ends as an input, as a duplicate of one, or as a problem; no open blocks
 * (a FIFO is never opened); each inode is read once, under the first name it was met by; what is found in a directory is
 * reached without following symlinks unless the user asked for it.
 * It refuses the program's own database and output as input, and, for root, files of other users. */
#include "ingest/source.h"

#include "base/mem.h"
#include "base/hash.h"
#include "ingest/sections.h"
#include "ingest/inflate.h"
#include "ingest/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT_ROOM = 100 }; /* bytes of a path shown inside a sentence of problem.text */

struct shown {
	char text[TEXT_ROOM + 8];
};

/* The end of a long path says more than its beginning. */
static struct shown shorten(str path)
{
	struct shown shown;
	const char *mark = "";
	if (path.n > TEXT_ROOM) {
		mark = "…";
		path = str_from(path, path.n - TEXT_ROOM);
		while (path.n > 0 && ((unsigned char)*path.p & 0xc0) == 0x80)
			path = str_from(path, 1);
	}
	(void)snprintf(shown.text, sizeof shown.text, "%s%.*s", mark, STR_ARG(path));
	return shown;
}

void scan_problem(struct source_scan *s, enum severity_class class, const char *code, str path, const char *format, int errno_value)
{
	struct shown shown = shorten(path);
	struct input_problem *p = vec_push(&s->list->problems);
	*p = (struct input_problem){.path = path, .problem = {.code = code, .class = class, .times = 1}};
	int n = snprintf(p->problem.text, sizeof p->problem.text, format, shown.text);
	if (errno_value != 0 && n > 0 && (size_t)n < sizeof p->problem.text)
		(void)snprintf(p->problem.text + n, sizeof p->problem.text - (size_t)n, ": %s", strerror(errno_value));
}

bool scan_add(struct source_scan *s, struct input in, uint32_t owner)
{
	uint32_t unused;
	uint64_t key = path_key(&in.identity);
	if (map_get(&s->refused, key, &unused)) {
		scan_problem(s, PROBLEM_NOTE, "own-file", in.path, "%s is the database or the output of this run, not a log", 0);
		return false;
	}
	if (map_get(&s->seen, key, &unused))
		return false;
	map_put(&s->seen, key, 1);
	if (s->as_root && owner != 0 && !s->options->allow_root) {
		scan_problem(s, PROBLEM_ERROR, "foreign-owner", in.path, "cannot read %s: it belongs to another user; run as that user or give --allow-root", 0);
		return false;
	}
	*vec_push(&s->list->inputs) = in;
	return true;
}

/* Several logs in one stream. The same text twice is one input. */
static void add_sections(struct source_scan *s, str text)
{
	struct section part;
	uint32_t unused;
	while (section_next(&text, &part)) {
		struct input in = {.path = part.name, .named = true, .is_stdin = true, .content = part.text.n ? part.text : S("")};
		in.identity = (struct file_identity){.ino = hash64_seed(part.text, hash64(part.name)), .size = part.text.n};
		if (map_get(&s->seen, path_key(&in.identity), &unused))
			continue;
		map_put(&s->seen, path_key(&in.identity), 1);
		*vec_push(&s->list->inputs) = in;
	}
}

/* Whole lines count, as in a log that is read as it comes. */
static void cut_short(struct source_scan *s, struct buf *text, int why)
{
	char told[96];
	(void)snprintf(told, sizeof told, "read error at byte %zu of standard input (%%s)", text->n);
	scan_problem(s, PROBLEM_ERROR, "read-error", S("-"), told, why);
	while (text->n && text->p[text->n - 1] != '\n')
		text->n--;
}

/* True when standard input was read here: it held sections, or seemed to. */
static bool read_sections(struct source_scan *s)
{
	struct buf text = {0};
	if (!section_begins(STDIN_FILENO))
		return false;
	if (!section_read(STDIN_FILENO, &text))
		cut_short(s, &text, errno);
	const str all = arena_str(&s->list->arena, buf_str(&text)), sections = section_stream(all);
	if (sections.n)
		add_sections(s, sections);
	else
		*vec_push(&s->list->inputs) = (struct input){.path = S("-"), .named = true, .is_stdin = true, .content = all};
	buf_done(&text);
	return true;
}

static void add_stdin(struct source_scan *s)
{
	for (size_t i = 0; i < s->list->inputs.n; i++)
		if (s->list->inputs.v[i].is_stdin)
			return;
	if (s->options->stdin_text.p) {
		add_sections(s, s->options->stdin_text);
		return;
	}
	if (read_sections(s))
		return;
	*vec_push(&s->list->inputs) = (struct input){.path = S("-"), .named = true, .is_stdin = true};
}

static void add_directory(struct source_scan *s, str path)
{
	int fd = path_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | (s->as_root && s->options->allow_root ? O_NOFOLLOW : 0));
	if (fd < 0) {
		scan_problem(s, PROBLEM_ERROR, "unreadable-directory", path, "cannot read %s", -fd);
		return;
	}
	walk_directory(s, path, fd);
	(void)close(fd);
}

/* Standard input under its other names: the same open file, whatever it is. */
static bool is_stdin_name(str path)
{
	return str_eq(path, S("-")) || str_eq(path, S("/dev/stdin")) || str_eq(path, S("/dev/fd/0")) || str_eq(path, S("/proc/self/fd/0"));
}

static int add_path(struct source_scan *s, str path, struct err *reterr)
{
	struct path_status status;
	uint32_t unused;
	if (is_stdin_name(path)) {
		if (!s->options->stdin_text.p && path_stat_fd(STDIN_FILENO, &status) == 0 && map_get(&s->refused, path_key(&status.identity), &unused))
			return err_set(reterr, ERR_USAGE, "standard input is the database or the output of this run, not a log");
		add_stdin(s);
		return 0;
	}
	int r = path_stat(AT_FDCWD, path, true, &status);
	if (r < 0) {
		bool missing = r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
		scan_problem(s, PROBLEM_ERROR, missing ? "missing" : "unreadable", path, "cannot read %s", -r);
		return 0;
	}
	if (map_get(&s->refused, path_key(&status.identity), &unused)) {
		int code = err_set(reterr, ERR_USAGE, "%s is the database or the output of this run, not a log", shorten(path).text);
		err_hint(reterr, "name the log files, or another file with --db or -o");
		return code;
	}
	if (status.type == PATH_DIRECTORY)
		add_directory(s, path);
	else if (status.type == PATH_FILE)
		(void)scan_add(s, (struct input){.path = path, .identity = status.identity, .named = true, .archive_name = path_is_archive(path)}, status.owner);
	else
		scan_problem(s, PROBLEM_ERROR, "not-a-file", path, "cannot read %s: not a regular file, use - for standard input", 0);
	return 0;
}

/* The files that must not be read, by identity: any other name of them is refused too. */
static void collect_refused(struct source_scan *s)
{
	struct path_status status;
	for (size_t i = 0; i < s->options->refuse_count; i++)
		if (s->options->refuse[i].n > 0 && path_stat(AT_FDCWD, s->options->refuse[i], true, &status) == 0 && status.type == PATH_FILE)
			map_put(&s->refused, path_key(&status.identity), 1);
	if (path_stat_fd(STDOUT_FILENO, &status) == 0 && status.type == PATH_FILE)
		map_put(&s->refused, path_key(&status.identity), 1);
}

int source_list_make(struct source_list *l, const str *paths, size_t count, const struct source_options *options, struct err *reterr)
{
	bool as_root = geteuid() == 0;
	struct source_scan s = {.list = l, .options = options, .as_root = as_root, .follow = options->follow_symlinks && !(as_root && options->allow_root)};
	collect_refused(&s);
	int r = 0;
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_path(&s, arena_str(&l->arena, paths[i]), reterr);
	map_done(&s.seen);
	map_done(&s.refused);
	for (size_t i = 0; i < l->problems.n && options->own_places && l->inputs.n > 0; i++)
		if (l->problems.v[i].problem.class == PROBLEM_WARN && str_eq(str_z(l->problems.v[i].problem.code), S("no-log-files")))
			l->problems.v[i].problem.class = PROBLEM_NOTE;
	return r;
}

void source_list_done(struct source_list *l)
{
	vec_free(&l->inputs);
	vec_free(&l->problems);
	arena_done(&l->arena);
}

void source_default_paths(struct arena *a, str home, str config_dir, str debug_dir, str cache_home, str *ret_paths, size_t cap, size_t *ret_count)
{
	const struct {
		str base;
		const char *below;
	} places[] = {
		{debug_dir, ""},
		{config_dir, "/debug"},
		{config_dir, "/projects"},
		{config_dir.n > 0 ? STR_NONE : home, "/.claude/debug"},
		{config_dir.n > 0 ? STR_NONE : home, "/.claude/projects"},
		{cache_home, "/claude-cli-nodejs"},
		{cache_home.n > 0 ? STR_NONE : home, "/.cache/claude-cli-nodejs"},
		{home, "/Library/Caches/claude-cli-nodejs"},
	};
	size_t n = 0;
	for (size_t i = 0; i < sizeof places / sizeof *places && n < cap; i++) {
		struct path_status status;
		if (places[i].base.n == 0)
			continue;
		str path = arena_printf(a, "%.*s%s", STR_ARG(places[i].base), places[i].below);
		if (path_stat(AT_FDCWD, path, true, &status) == 0)
			ret_paths[n++] = path;
	}
	*ret_count = n;
}

/* A file found in a directory: from that directory's descriptor, so that no symlink that appeared meanwhile is followed. */
static int open_found(const struct input *in, const struct source_options *options, int flags)
{
	str root = str_head(in->path, in->root_n), below = str_from(in->path, in->root_n);
	while (below.n > 0 && below.p[0] == '/')
		below = str_from(below, 1);
	if (options->follow_symlinks && !(geteuid() == 0 && options->allow_root))
		return path_open(AT_FDCWD, in->path, flags);
	int dir = path_open(AT_FDCWD, root, O_PATH | O_DIRECTORY);
	if (dir < 0)
		return dir;
	int fd = path_open_beneath(dir, below, flags);
	(void)close(dir);
	return fd;
}

int source_open(const struct input *in, const struct source_options *options, int *ret_fd, struct err *reterr)
{
	struct path_status status;
	if (in->content.p) {
		const int content = section_open(in->content);
		if (content < 0)
			return err_set(reterr, ERR_IO, "cannot read %s: %s", shorten(in->path).text, strerror(-content));
		*ret_fd = content;
		return 0;
	}
	if (in->is_stdin) {
		*ret_fd = STDIN_FILENO;
		return 0;
	}
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (geteuid() == 0 && options->allow_root ? O_NOFOLLOW : 0);
	int fd = in->root_n > 0 ? open_found(in, options, flags) : path_open(AT_FDCWD, in->path, flags);
	if (fd < 0)
		return err_set(reterr, ERR_IO, "cannot read %s: %s", shorten(in->path).text, strerror(-fd));
	int r = path_stat_fd(fd, &status);
	if (r == 0 && status.type == PATH_FILE) {
		*ret_fd = fd;
		return 0;
	}
	(void)close(fd);
	if (r < 0)
		return err_set(reterr, ERR_IO, "cannot read %s: %s", shorten(in->path).text, strerror(-r));
	return err_set(reterr, ERR_IO, "cannot read %s: not a regular file, use - for standard input", shorten(in->path).text);
}

void source_open_problem(const struct input *in, const struct err *e, struct problem *ret)
{
	struct path_status status;
	bool gone = !in->named && path_stat(AT_FDCWD, in->path, false, &status) == -ENOENT;
	*ret = (struct problem){.code = gone ? "gone" : "unreadable", .class = gone ? PROBLEM_NOTE : PROBLEM_ERROR, .times = 1};
	if (gone)
		(void)snprintf(ret->text, sizeof ret->text, "%s was deleted before it could be read", shorten(in->path).text);
	else
		(void)snprintf(ret->text, sizeof ret->text, "%.*s", (int)(sizeof ret->text - 1), e->text);
}

void source_refresh(int fd, struct file_identity *identity)
{
	struct path_status status;
	if (path_stat_fd(fd, &status) == 0 && status.type == PATH_FILE)
		*identity = status.identity;
}

uint64_t source_common(int fd, str other, uint64_t from, uint64_t to, uint64_t *ret_line)
{
	enum { CHUNK = 64 * 1024 };
	int second = path_open(AT_FDCWD, other, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	*ret_line = from;
	if (second < 0)
		return from;
	char *a = mem_grow(NULL, 2, CHUNK), *b = a + CHUNK;
	uint64_t at = from;
	bool same = true;
	while (same && at < to) {
		const size_t want = to - at < CHUNK ? (size_t)(to - at) : CHUNK;
		const size_t x = raw_pread(fd, a, want, at), y = raw_pread(second, b, want, at), n = x < y ? x : y;
		size_t i = 0;
		for (; i < n && a[i] == b[i]; i++)
			if (a[i] == '\n')
				*ret_line = at + i + 1;
		same = i == want;
		at += i;
	}
	free(a);
	(void)close(second);
	return at;
}
