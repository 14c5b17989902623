/* Before the first stage of pass 1: one stream that holds several logs becomes several inputs, each with the name that carries facts
 * (a session's id, a cache log's server). Only standard input is read so; a file is one log. An issue that mcplog wrote is such a
 * stream with talk around it, in which causes are named that were ruled out: only its block of log lines counts.
 *
 * Invariants: a stream that is neither is not touched; bytes of a section are handed on as they are, but for
 * the blank line that `head` puts before the next head. It refuses to hold streams that do not fit into memory. */
#include "ingest/sections.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/limits.h"

enum { PEEK = 1024, PIPE_ENDS = 2, READ_SIZE = 256 * 1024 };

static const str open_mark = S_INIT("==> "), close_mark = S_INIT(" <==");

void section_head(struct buf *out, str name)
{
	buf_add(out, open_mark);
	for (size_t i = 0; i < name.n; i++)
		buf_byte(out, name.p[i] == '\n' || name.p[i] == '\r' ? ' ' : name.p[i]);
	buf_add(out, close_mark);
	buf_byte(out, '\n');
}

bool section_is_head(str line)
{
	line = str_trim_end(line);
	return line.n > open_mark.n + close_mark.n && str_starts(line, open_mark) && str_ends(line, close_mark);
}

bool section_next(str *rest, struct section *ret)
{
	if (rest->n == 0)
		return false;
	const str head = str_trim_end(str_word(rest, '\n'));
	if (!section_is_head(head))
		return false;
	ret->name = (str){head.p + open_mark.n, head.n - open_mark.n - close_mark.n};
	const char *start = rest->p;
	const char *end = start + rest->n;
	while (rest->n) {
		const char *line_start = rest->p;
		str after = *rest;
		if (section_is_head(str_word(&after, '\n'))) {
			end = line_start;
			break;
		}
		*rest = after;
	}
	ret->text = (str){start, (size_t)(end - start)};
	if (rest->n && str_ends(ret->text, S("\n\n")))
		ret->text.n--;
	return true;
}

/* Looks at the beginning of a pipe or file without taking it away. */
static ssize_t peek(int fd, char *ret_bytes, size_t n)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return pread(fd, ret_bytes, n, lseek(fd, 0, SEEK_CUR));
#ifdef __linux__
	int ends[PIPE_ENDS];
	if (!S_ISFIFO(st.st_mode) || pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	ssize_t got = tee(fd, ends[1], n, 0);
	if (got > 0)
		got = read(ends[0], ret_bytes, (size_t)got);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return got;
#else
	return -1;
#endif
}

/* A title, then the id of an incident near it: a report as Markdown. */
static bool is_issue(str beginning)
{
	return str_starts(beginning, S("# ")) && str_find(beginning, S("`v1:")) >= 0;
}

bool section_begins(int fd)
{
	char bytes[PEEK];
	if (isatty(fd)) /* what is pasted there ends soon, and is looked at as a whole */
		return true;
	const ssize_t got = peek(fd, bytes, sizeof bytes);
	if (got <= 0)
		return false;
	const str beginning = {bytes, (size_t)got};
	str rest = beginning;
	return section_is_head(str_word(&rest, '\n')) || is_issue(beginning);
}

static size_t fence_of(str line)
{
	size_t n = 0;
	while (n < line.n && line.p[n] == '`')
		n++;
	return n;
}

/* The first fenced block that begins with a head; *rest is behind it. */
static str block_of(str rest)
{
	while (rest.n) {
		const size_t fence = fence_of(str_word(&rest, '\n'));
		if (fence < 3)
			continue;
		const str inside = rest;
		size_t n = 0;
		for (bool closed = false; rest.n && !closed;) {
			n = (size_t)(rest.p - inside.p);
			const str line = str_trim_end(str_word(&rest, '\n'));
			closed = line.n >= fence && fence_of(line) == line.n;
			n = closed ? n : inside.n - rest.n;
		}
		str first = inside;
		if (n && section_is_head(str_word(&first, '\n')))
			return str_head(inside, n);
	}
	return STR_NONE;
}

str section_stream(str text)
{
	str rest = text;
	if (section_is_head(str_word(&rest, '\n')))
		return text;
	return is_issue(str_head(text, PEEK)) ? block_of(text) : STR_NONE;
}

bool section_read(int fd, struct buf *ret_text)
{
	while (ret_text->n <= LIMIT_SECTIONS) {
		buf_reserve(ret_text, READ_SIZE);
		const ssize_t got = read(fd, ret_text->p + ret_text->n, READ_SIZE);
		if (got == 0)
			return true;
		if (got < 0 && errno != EINTR)
			return false;
		ret_text->n += got > 0 ? (size_t)got : 0;
	}
	errno = EFBIG;
	return false;
}

static int write_all(int fd, str text)
{
	while (text.n) {
		const ssize_t n = write(fd, text.p, text.n);
		if (n < 0 && errno != EINTR)
			return -errno;
		text = str_from(text, n > 0 ? (size_t)n : 0);
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

int section_open(str text)
{
#ifdef __linux__
	const int fd = memfd_create("section", MFD_CLOEXEC);
#else
	char name[] = "/tmp/mcplog-XXXXXX";
	const int fd = mkstemp(name);
	if (fd >= 0)
		(void)unlink(name);
#endif
	if (fd < 0)
		return -errno;
	const int r = write_all(fd, text);
	if (r < 0)
		(void)close(fd);
	return r < 0 ? r : fd;
}
