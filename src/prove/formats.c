/* Proves line-shaped formats: the byte mask lets the sample pass, the regex matches, the groups are what the sample says, and the
 * time can be read by the template. A near miss must fail at the mask or at the regex. */
#include "base/buf.h"
#include "base/instant.h"
#include "base/nearest.h"
#include "prove/sample.h"
#include <stdio.h>

static bool mask_fits(str mask, str line)
{
	size_t at = 0;
	for (size_t i = 0; i < mask.n; i++, at++) {
		char c = at < line.n ? line.p[at] : '\0', m = mask.p[i];
		bool digit = str_is_digit(c), letter = str_is_letter(c);
		bool escaped = m == '\\' && i + 1 < mask.n;
		if (escaped)
			m = mask.p[++i];
		if (at >= line.n || (!escaped && m == 'd' ? !digit : !escaped && m == 'a' ? !letter : c != m))
			return false;
	}
	return true;
}

/* `head` may hold several masks with '|' between. */
static bool head_fits(str head, str line)
{
	if (head.n == 0)
		return true;
	while (head.p != NULL && head.n > 0)
		if (mask_fits(str_word(&head, '|'), line))
			return true;
	return false;
}

static str group_named(const struct regex *r, const struct regex_match *m, str name, bool *ret_known)
{
	*ret_known = false;
	for (unsigned g = 1; g <= regex_group_count(r) && g < REGEX_GROUPS; g++)
		if (str_eq(regex_group_name(r, g), name)) {
			*ret_known = true;
			if (g < m->n && m->group[g].p != NULL)
				return m->group[g];
		}
	return STR_NONE;
}

static void compare_groups(struct proof *p, const struct format *f, const struct sample *s, const struct regex_match *m)
{
	for (uint32_t i = tree_first(p->doc, s->is); i != 0; i = tree_next(p->doc, i)) {
		bool known;
		str name = tree_key(p->doc, i), want = tree_text(p->doc, i), got = group_named(f->regex, m, name, &known);
		if (!known)
			prove_note(p, PROVE_ERROR, i, NULL, "the sample wants a group `%.*s`, but the pattern has none", STR_ARG(name));
		else if (!str_eq(want, got))
			prove_note(p, PROVE_ERROR, i, NULL, "the sample wants `%.*s` to be `%.*s`, but it is `%.*s`", STR_ARG(name), STR_ARG(str_head(want, 100)),
				STR_ARG(str_head(got, 100)));
	}
}

static void check_time(struct proof *p, const struct format *f, const struct sample *s, const struct regex_match *m)
{
	bool known, zoned, dated;
	instant at;
	str time = group_named(f->regex, m, S("time"), &known);
	char template[128];
	if (!known || time.n == 0 || str_eq(f->time, S("inherit")))
		return;
	(void)snprintf(template, sizeof template, "%.*s", STR_ARG(f->time));
	bool good = f->time.n == 0 ? instant_iso(time, &at, &zoned) : instant_template(template, time, INSTANT_NONE, &at, &zoned, &dated);
	if (!good)
		prove_note_in(p, s->line, (size_t)(time.p - s->text.p), "see `time` in patterns/README.md", "the time `%.*s` cannot be read by the template `%s`",
			STR_ARG(str_head(time, 60)), f->time.n == 0 ? "ISO 8601" : template);
}

static void test_sample(struct proof *p, const struct format *f, const struct sample *s, bool *used)
{
	struct regex_match m;
	str line = s->text;
	ptrdiff_t newline = str_chr(line, '\n');
	if (newline >= 0)
		line = str_head(line, (size_t)newline);
	bool head = head_fits(f->head, line), matched = regex_match(f->regex, line, &m) == 1;
	p->report->samples++;
	if (s->no) {
		if (head && matched)
			prove_note_in(p, s->line, m.group[0].n, NULL, "the near miss matches, up to the caret");
		return;
	}
	if (!matched) {
		str rest;
		char hint[200];
		size_t end = prove_furthest(f->match, REGEX_ANCHORED, line, &rest);
		(void)snprintf(hint, sizeof hint, "here the pattern goes on with: %.*s", STR_ARG(str_head(rest, 120)));
		prove_note_in(p, s->line, end, hint, "the sample does not match; the pattern gets as far as the caret");
		return;
	}
	if (!head)
		prove_note_in(p, s->line, 0, "in `head` d is a digit, a is a letter, \\d and \\a are these letters, anything else is itself",
			"the regex matches, but the sample does not begin as `head` says");
	for (unsigned g = 1; g < m.n; g++)
		used[g] = used[g] || m.group[g].p != NULL;
	compare_groups(p, f, s, &m);
	check_time(p, f, s, &m);
}

/* Behind `after` and blanks the body begins, whatever it says: so an inner format may be split by the memory of an earlier line. */
static void check_after(struct proof *p, const struct format *f, const struct sample *s)
{
	static const char *const bodies[] = {"x", "\"quoted\": text", ": again: ", "[0] x", "(x)"};
	struct regex_match m;
	if (f->after.n == 0 || s->no || regex_match(f->regex, s->text, &m) != 1)
		return;
	str head = str_head(s->text, m.group[0].n);
	while (head.n > 0 && (head.p[head.n - 1] == ' ' || head.p[head.n - 1] == '\t') && !str_ends(head, f->after))
		head.n--;
	if (!str_ends(head, f->after))
		return;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct buf line = {0};
		buf_add(&line, head);
		buf_add(&line, str_z(bodies[i]));
		if (regex_match(f->regex, buf_str(&line), &m) != 1 || m.group[0].n != head.n)
			prove_note(p, PROVE_ERROR, tree_get(p->doc, f->node, "after"), NULL, "behind `after` the body would not begin if it were `%s`", bodies[i]);
		buf_done(&line);
	}
}

static void prove_one(struct proof *p, struct format *f)
{
	struct err e = {0};
	bool used[REGEX_GROUPS] = {false};
	size_t matching = 0, misses = 0, bytes;
	uint32_t match = tree_get(p->doc, f->node, "match");
	if (f->regex == NULL && regex_new(f->match, REGEX_ANCHORED, &f->regex, &e) < 0) {
		prove_note_in(p, match, e.column > 0 ? e.column - 1 : 0, NULL, "the pattern does not compile: %s", e.text);
		return;
	}
	p->report->formats++;
	for (uint32_t i = tree_first(p->doc, tree_get(p->doc, f->node, "samples")); i != 0; i = tree_next(p->doc, i)) {
		struct sample s;
		if (!sample_read(p, i, &s))
			continue;
		*(s.no ? &misses : &matching) += 1;
		test_sample(p, f, &s, used);
		check_after(p, f, &s);
		if (!s.no && !prove_speed(f->regex, s.text, 2048, &bytes))
			prove_note(p, PROVE_ERROR, match, NULL, "the pattern reaches the step limit on a text of %zu bytes", bytes);
		else if (matching == 1 && !s.no)
			prove_hostile(p, f->regex, false, s.text);
	}
	if (matching == 0)
		prove_note(p, PROVE_ERROR, f->node, "add `samples` with a line as it stands in a log, and `is: { … }`", "no sample that matches");
	if (misses == 0)
		prove_note(p, PROVE_ERROR, f->node, "add a line that looks alike but is of another format, with `is: no`", "no near miss");
	for (unsigned g = 1; matching > 0 && g <= regex_group_count(f->regex) && g < REGEX_GROUPS; g++)
		if (regex_group_name(f->regex, g).n > 0 && !used[g])
			prove_note(p, PROVE_ERROR, match, NULL, "no sample exercises the group `%.*s`", STR_ARG(regex_group_name(f->regex, g)));
	if (p->options->lint && f->head.n == 0)
		prove_note(p, PROVE_WARNING, f->node, "give `head`, a byte mask of the line's beginning", "no `head`: the regex is tried on every line of an unknown file");
}

static void check_split(struct proof *p, const struct format *f)
{
	for (unsigned i = 0; i < f->split_count; i++) {
		struct nearest n = nearest_start(f->split[i]);
		bool found = false;
		for (size_t k = 0; k < p->rules->formats.n; k++) {
			found = found || str_eq(p->rules->formats.v[k].id, f->split[i]);
			nearest_offer(&n, p->rules->formats.v[k].id);
		}
		if (!found)
			prove_note(p, PROVE_ERROR, tree_get(p->doc, f->node, "split"), NULL, "`split` names an unknown format `%.*s`%s%.*s", STR_ARG(f->split[i]),
				nearest_result(&n).p != NULL ? "; did you mean " : "", STR_ARG(nearest_result(&n)));
	}
}

void prove_formats(struct proof *p)
{
	for (size_t i = 0; i < p->rules->formats.n; i++) {
		struct format *f = &p->rules->formats.v[i];
		if (!prove_wanted(p, f->id, f->doc))
			continue;
		p->doc = f->doc;
		p->node = f->node;
		p->id = f->id;
		prove_one(p, f);
		check_split(p, f);
		for (size_t k = 0; k < i; k++)
			if (str_eq(p->rules->formats.v[k].id, f->id))
				prove_note(p, PROVE_ERROR, f->node, NULL, "the id was used before");
	}
}
