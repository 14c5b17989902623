/* Where reports go (base/out.h): stdout, a device or pipe that was named, or a regular file that appears whole or not at all
 * (bad-inputs H4, H5, J7). For a file the bytes go to a temporary file in the same directory, created with O_EXCL; only after
 * everything was written and synced it takes the name. After an error nothing is left behind and an older file is untouched.
 *
 * Errors are remembered and come out at out_close. A reader that went away is no error: the rest is dropped. */
#include "base/out.h"
#include "base/buf.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUT_BUFFER = 64 * 1024 };

struct out {
	int fd;
	int error;      /* errno of the first failure */
	bool gone;      /* EPIPE: nobody reads any more */
	char *path;     /* NULL: stdout */
	char *temp;     /* NULL: written in place */
	struct buf pending;
};

static void write_all(struct out *o, str s)
{
	while (s.n > 0 && o->error == 0 && !o->gone) {
		ssize_t n = write(o->fd, s.p, s.n);
		if (n >= 0)
			s = str_from(s, (size_t)n);
		else if (errno == EPIPE)
			o->gone = true;
		else if (errno != EINTR)
			o->error = errno;
	}
}

static void flush(struct out *o)
{
	write_all(o, buf_str(&o->pending));
	buf_reset(&o->pending);
}

static void out_free(struct out *o)
{
	if (o->fd > STDERR_FILENO)
		close(o->fd);
	buf_done(&o->pending);
	free(o->path);
	free(o->temp);
	free(o);
}

/* Opens the temporary file, or the thing itself when it exists and is no regular file. */
static int open_path(struct out *o, unsigned mode)
{
	struct stat st;
	const bool there = stat(o->path, &st) == 0;
	if (there && !S_ISREG(st.st_mode))
		return open(o->path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (!there && errno != ENOENT) /* who knows what a rename would replace */
		return -1;
	struct buf name = {0};
	buf_printf(&name, "%s.XXXXXX", o->path);
	o->temp = str_dupz(buf_str(&name));
	buf_done(&name);
	int fd = mkostemp(o->temp, O_CLOEXEC);
	if (fd >= 0 && fchmod(fd, (mode_t)mode) != 0)
		o->error = errno;
	if (fd < 0) {
		free(o->temp);
		o->temp = NULL;
	}
	return fd;
}

int out_open(const char *path, unsigned mode, struct out **ret, struct err *reterr)
{
	struct out *o = mem_new(sizeof *o);
	o->fd = STDOUT_FILENO;
	if (path != NULL) {
		o->path = str_dupz(str_z(path));
		o->fd = open_path(o, mode);
	}
	if (o->fd < 0) {
		int rc = err_set(reterr, ERR_IO, "cannot write %s: %s", path, strerror(errno));
		err_hint(reterr, "choose another file for the output, in a directory that exists and may be written");
		out_free(o);
		return rc;
	}
	*ret = o;
	return 0;
}

void out_write(struct out *o, str s)
{
	if (o->pending.n + s.n > OUT_BUFFER)
		flush(o);
	if (s.n > OUT_BUFFER)
		write_all(o, s);
	else
		buf_add(&o->pending, s);
}

/* A rename is on disk only when its directory is. File systems that cannot sync a directory are not at fault. */
static void sync_directory(const char *path)
{
	char *dir = str_dupz(str_z(path));
	char *slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[slash == dir] = '\0';
	int fd = open(slash == NULL ? "." : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(dir);
}

static void finish_file(struct out *o)
{
	if (o->error == 0 && fsync(o->fd) != 0)
		o->error = errno;
	if (close(o->fd) != 0 && o->error == 0)
		o->error = errno;
	o->fd = -1;
	if (o->error == 0 && rename(o->temp, o->path) != 0)
		o->error = errno;
	if (o->error == 0)
		sync_directory(o->path);
	else
		unlink(o->temp);
}

int out_close(struct out *o, struct err *reterr)
{
	flush(o);
	if (o->temp != NULL)
		finish_file(o);
	else if (o->fd > STDERR_FILENO) {
		if (close(o->fd) != 0 && o->error == 0)
			o->error = errno;
		o->fd = -1;
	}
	int rc = 0;
	if (o->error != 0) {
		rc = err_set(reterr, ERR_IO, "write error on %s: %s", o->path == NULL ? "stdout" : o->path, strerror(o->error));
		err_hint(reterr, "the output is not complete; make room or choose another place and run again");
	}
	out_free(o);
	return rc;
}

int out_text(const char *path, unsigned mode, str text, struct err *reterr)
{
	struct out *o;
	const int r = out_open(path, mode, &o, reterr);
	if (r)
		return r;
	out_write(o, text);
	return out_close(o, reterr);
}
