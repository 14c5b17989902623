/*
 * One line on stderr that is written over. Short runs show nothing: a line that flashes by only disturbs. Steps are counted
 * in bytes, not in time, because only main.c reads clocks.
 */
#include "cli/progress.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"

enum { STEP = 16 * 1024 * 1024, LONG_RUN = 4 * STEP, NAME_COLUMNS = 40 };

bool progress_init(struct progress *ret, const struct env *env, const char *choice)
{
	const str c = str_z(choice);
	*ret = (struct progress){.fd = env->err, .always = str_eq(c, S("always"))};
	ret->on = ret->always || ((c.n == 0 || str_eq(c, S("auto"))) && env->err_tty && !str_eq(str_z(env->term), S("dumb")));
	return ret->on;
}

static void show(const struct progress *p, const struct buf *line)
{
	/* Nothing depends on this line; a stderr that takes no more is no reason to stop. */
	if (write(p->fd, line->p, line->n) < 0)
		return;
}

void progress_update(void *context, uint64_t bytes_done, uint64_t bytes_total, str path)
{
	struct progress *p = context;
	if (!p->always && (bytes_total < LONG_RUN || (p->shown && bytes_done - p->last < STEP)))
		return;
	if (p->shown && bytes_done == p->last)
		return;
	struct buf line = {0};
	const uint64_t mib = 1024 * 1024;
	if (bytes_total)
		buf_printf(&line, "\r%3u %%  %llu of %llu MiB  ", (unsigned)(bytes_done < bytes_total ? bytes_done * 100 / bytes_total : 100),
			(unsigned long long)(bytes_done / mib), (unsigned long long)(bytes_total / mib));
	else
		buf_printf(&line, "\r%llu MiB  ", (unsigned long long)(bytes_done / mib));
	utf8_terminal(&line, utf8_cut(path, NAME_COLUMNS), false);
	buf_addz(&line, "\x1b[K");
	show(p, &line);
	buf_done(&line);
	p->shown = true;
	p->last = bytes_done;
}

void progress_done(struct progress *p)
{
	char wipe[] = "\r\x1b[K";
	if (p->shown)
		show(p, &(struct buf){.p = wipe, .n = sizeof wipe - 1});
	p->shown = false;
}
