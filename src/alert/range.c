/* Threshold ranges (see range.h), in whole millionths, so that no locale and no rounding comes in. */
#include "alert/range.h"

/* "-12.5" to millionths. */
static bool take_number(str s, int64_t *ret)
{
	const bool negative = str_starts(s, S("-"));
	uint64_t whole = 0, part = 0;
	s = str_from(s, negative);
	const ptrdiff_t dot = str_chr(s, '.');
	const str head = dot < 0 ? s : str_head(s, (size_t)dot);
	if (!str_u64(head, &whole) || whole > UINT64_C(1000000000000))
		return false;
	if (dot >= 0) {
		const str tail = str_from(s, (size_t)dot + 1);
		if (!tail.n || tail.n > 6 || !str_u64(tail, &part))
			return false;
		for (size_t i = tail.n; i < 6; i++)
			part *= 10;
	}
	*ret = (int64_t)(whole * 1000000 + part);
	if (negative)
		*ret = -*ret;
	return true;
}

bool alert_range_parse(str s, struct alert_range *ret)
{
	struct alert_range r = {.set = true};
	if (s.n == 0 || s.n >= sizeof r.text)
		return false;
	memcpy(r.text, s.p, s.n);
	r.inside = str_starts(s, S("@"));
	s = str_from(s, r.inside);
	const ptrdiff_t colon = str_chr(s, ':');
	const str start = colon < 0 ? S("0") : str_head(s, (size_t)colon), end = colon < 0 ? s : str_from(s, (size_t)colon + 1);
	r.no_start = str_eq(start, S("~"));
	r.no_end = colon >= 0 && end.n == 0;
	if (start.n && !r.no_start && !take_number(start, &r.start))
		return false;
	if (!r.no_end && !take_number(end, &r.end))
		return false;
	if (!r.no_start && !r.no_end && r.start > r.end)
		return false;
	*ret = r;
	return true;
}

bool alert_range_hit(const struct alert_range *r, int64_t value)
{
	if (!r->set)
		return false;
	const bool within = (r->no_start || value >= r->start) && (r->no_end || value <= r->end);
	return within == r->inside;
}
