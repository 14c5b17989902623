/* The status of a check, from the book of alerts alone (see judge.h), so that it can also be told while another run is writing. */
#include "alert/judge.h"

#include "base/hash.h"

static int worse_first(const void *x, const void *y)
{
	const struct alert *a = x, *b = y;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->level != b->level)
		return a->level > b->level ? -1 : 1;
	if (a->oldest != b->oldest)
		return a->oldest > b->oldest ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static uint32_t count_incidents(const struct alert_book *book, const struct alert *al)
{
	uint32_t n = 0;
	for (size_t i = 0; i < book->members.n; i++)
		n += book->members.v[i].alert == al->id;
	return n;
}

static void raise_to(struct alert_judgement *j, enum alert_level level)
{
	if (level > j->level)
		j->level = level;
}

static void weigh(struct alert_judgement *j, const struct alert_book *book, const struct alert *al, instant now)
{
	if (al->kind == ALERT_INCIDENT)
		j->incidents += count_incidents(book, al);
	if (al->kind != ALERT_STUCK)
		return;
	raise_to(j, al->level == ALERT_NONE ? ALERT_WARNING : al->level);
	if (al->active_at < now)
		return; /* over, and kept for a while */
	j->stuck += al->calls;
	if (al->oldest > j->oldest)
		j->oldest = al->oldest;
}

void alert_judge(const struct alert_book *book, instant now, const struct alert_range *warn, const struct alert_range *crit, struct arena *a,
	struct alert_judgement *ret)
{
	*ret = (struct alert_judgement){.firing = arena_alloc(a, (book->alerts.n + 1) * sizeof *ret->firing)};
	for (size_t i = 0; i < book->alerts.n; i++)
		if (book->alerts.v[i].phase == ALERT_FIRING) {
			ret->firing[ret->count++] = book->alerts.v[i];
			weigh(ret, book, &book->alerts.v[i], now);
		}
	if (ret->count > 1)
		qsort(ret->firing, ret->count, sizeof *ret->firing, worse_first);
	if (alert_range_hit(crit, (int64_t)ret->incidents * 1000000))
		raise_to(ret, ALERT_CRITICAL);
	else if (alert_range_hit(warn, (int64_t)ret->incidents * 1000000))
		raise_to(ret, ALERT_WARNING);
	for (size_t i = 0; i < ret->count; i++) {
		const int64_t one[3] = {ret->firing[i].id, (int64_t)ret->firing[i].kind, (int64_t)ret->firing[i].level};
		ret->key = hash64_seed((str){(const char *)one, sizeof one}, ret->key);
	}
	ret->key = hash64_seed(S(""), ret->key + (uint64_t)ret->level);
}
