/* Picks the advice that fits cause, transport, client version and whether a call still waits (classify/). Advice for a version range is given when the
 * version is known and lies in it; advice for an SDK range always, with the range shown, because logs seldom name the SDK. */
#include "base/version_range.h"
#include "classify/internal.h"

static bool transport_fits(const struct finding *f, str want)
{
	const struct view_server *s = f->subject.server;
	if (!want.n || !s)
		return true;
	if (str_eq(want, S("remote")))
		return !(s->transports & TRANSPORT_STDIO);
	return s->transport.p ? str_eq(s->transport, want) : !(s->transports & TRANSPORT_STDIO) || str_eq(want, S("stdio"));
}

static bool waits(const struct finding *f)
{
	for (size_t i = 0; i < f->calls.n; i++)
		if (f->calls.v[i]->ending == ENDING_STILL_OPEN)
			return true;
	return false;
}

static bool fits(const struct judge *j, const struct finding *f, const struct advice *ad)
{
	if (!str_eq(ad->cause, f->cause->id) || !transport_fits(f, ad->transport) || (ad->call.n && str_eq(ad->call, S("open")) != waits(f)))
		return false;
	return !ad->client.n || !j->view->client_version.n || version_in(j->view->client_version, ad->client);
}

static str applies(struct judge *j, const struct advice *ad)
{
	if (ad->client.n && ad->sdk.n)
		return arena_printf(j->a, "client %.*s, SDK %.*s", STR_ARG(ad->client), STR_ARG(ad->sdk));
	if (ad->client.n)
		return arena_printf(j->a, "client %.*s", STR_ARG(ad->client));
	return ad->sdk.n ? arena_printf(j->a, "SDK %.*s", STR_ARG(ad->sdk)) : STR_NONE;
}

void advice_fill(struct judge *j, const struct finding *f, struct incident *i)
{
	size_t n = 0;
	for (size_t k = 0; k < j->rules->advice.n; k++)
		n += fits(j, f, &j->rules->advice.v[k]);
	struct advice_line *v = arena_alloc(j->a, n * sizeof *v);
	size_t at = 0;
	for (int now = 1; now >= 0; now--)
		for (size_t k = 0; k < j->rules->advice.n; k++) {
			const struct advice *ad = &j->rules->advice.v[k];
			if (str_eq(ad->when, S("now")) == (now == 1) && fits(j, f, ad))
				v[at++] = (struct advice_line){wording_advice(j, f, ad->text), applies(j, ad), ad->see, now == 1};
		}
	i->advice = v;
	i->advice_count = at;
}
