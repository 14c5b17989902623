/* Signs have one column on every terminal (no emoji, nothing of ambiguous width but box lines), and an ASCII twin. */
#include "report/signs.h"

static const struct sign marks[MARK_COUNT] = {
	[MARK_NONE] = {"·", ".", "mark", INK_PLAIN},
	[MARK_CONNECT] = {"◦", "o", "connected", INK_GREEN},
	[MARK_RECONNECT] = {"◦", "o", "reconnected", INK_GREEN},
	[MARK_CONNECT_FAILED] = {"✗", "x", "connect failed", INK_RED},
	[MARK_DROP] = {"✗", "x", "dropped", INK_RED},
	[MARK_CLOSE] = {"│", "|", "closed", INK_PLAIN},
	[MARK_SESSION_LOST] = {"✗", "x", "session lost", INK_RED},
	[MARK_CANCEL] = {"⊘", "C", "cancelled", INK_YELLOW},
	[MARK_TIMEOUT] = {"✗", "T", "time-out", INK_RED},
	[MARK_START] = {"▴", "^", "started", INK_GREEN},
	[MARK_RESTART] = {"▴", "^", "restarted", INK_YELLOW},
	[MARK_STOP] = {"▾", "v", "stopped", INK_YELLOW},
	[MARK_EXCEPTION] = {"!", "!", "exception", INK_RED},
	[MARK_ERROR] = {"!", "!", "error", INK_YELLOW},
	[MARK_PERMISSION] = {"?", "?", "permission", INK_YELLOW},
	[MARK_HANDLED] = {"•", "*", "reached the handler", INK_CYAN},
	[MARK_RETRY] = {"↻", "r", "retried", INK_YELLOW},
	[MARK_BACKGROUND] = {"↓", "b", "to the background", INK_PLAIN},
	[MARK_EXIT] = {"■", "E", "client leaves", INK_PLAIN},
};
static const struct sign bars[] = {
	[BAR_PERMISSION] = {"░", ".", "waits for a permission", INK_YELLOW},
	[BAR_RUN] = {"━", "=", "waits for the answer", INK_CYAN},
	[BAR_HANDLED] = {"█", "#", "at the server's handler", INK_CYAN},
	[BAR_CONNECTED] = {"─", "-", "connected", INK_GREEN},
	[BAR_DOWN] = {"·", ".", "down, as far as the log tells", INK_RED},
};
static const struct sign answered = {"✓", "+", "answered", INK_GREEN}, failed = {"✗", "x", "failed", INK_RED}, open = {"▸", ">", "still open", INK_YELLOW},
	aside = {"↓", "b", "in the background", INK_PLAIN};

const struct sign *sign_of_mark(enum mark_kind k) { return &marks[k < MARK_COUNT ? k : MARK_NONE]; }

const struct sign *sign_of_bar(enum bar_style s) { return &bars[s]; }

const struct sign *sign_of_end(const struct picture_call *c)
{
	if (c->open)
		return &open;
	if (c->call.outcome == OUTCOME_OK)
		return &answered;
	return c->call.outcome == OUTCOME_BACKGROUNDED ? &aside : &failed;
}

static void add_words(const struct picture_mark *m, unsigned times, struct buf *out)
{
	char age[32];
	if (times > 1)
		buf_printf(out, "%u × ", times);
	buf_addz(out, sign_of_mark(m->kind)->word);
	if (m->uptime_s > 0 && times <= 1) {
		duration_format(m->uptime_s * SECOND, age);
		buf_printf(out, ", %s old", age);
	}
}

void sign_words(const struct drawing *d, const struct picture_mark *m, unsigned times, struct buf *out)
{
	add_words(m, times, out);
	if (m->time == INSTANT_NONE && d->timed)
		buf_addz(out, " (no clock)");
}

void sign_sentence(const struct picture_mark *m, struct buf *out)
{
	const str word = str_z(sign_of_mark(m->kind)->word);
	const size_t before = out->n;
	add_words(m, 1, out);
	if (str_eq(m->what, word))
		return;
	if (out->n - before == word.n && str_find(m->what, word) >= 0)
		out->n = before;
	else
		buf_addz(out, ": ");
	buf_add(out, m->what);
}
