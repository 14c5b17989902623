/* Proves redactions: samples go through the real redactor with all rules, because that is what stands between a log and a report.
 * `is` is the redacted line, or `no` when nothing in the line may be hidden. */
#include "prove/sample.h"
#include "redact/redact.h"

static void test_sample(struct proof *p, struct redactor *r, const struct sample *s)
{
	struct buf out = {0};
	str want = s->no ? s->text : tree_text(p->doc, s->is);
	(void)redact(r, s->text, &out);
	p->report->samples++;
	str got = buf_str(&out);
	size_t same = 0;
	while (same < got.n && same < want.n && got.p[same] == want.p[same])
		same++;
	if (!str_eq(got, want))
		prove_note_in(p, s->line, same < s->text.n ? same : s->text.n, NULL, "the line becomes `%.*s`, but the sample wants `%.*s`",
			STR_ARG(str_head(got, 150)), STR_ARG(str_head(want, 150)));
	buf_done(&out);
}

static void prove_one(struct proof *p, struct redactor *redactor, struct redaction *r)
{
	size_t matching = 0, misses = 0;
	struct err e = {0};
	if (r->regex == NULL && regex_new(r->match, 0, &r->regex, &e) < 0) {
		prove_note_in(p, tree_get(p->doc, r->node, "match"), e.column > 0 ? e.column - 1 : 0, NULL, "the pattern does not compile: %s", e.text);
		return;
	}
	p->report->redactions++;
	for (uint32_t i = tree_first(p->doc, tree_get(p->doc, r->node, "samples")); i != 0; i = tree_next(p->doc, i)) {
		struct sample s;
		size_t bytes;
		if (!sample_read(p, i, &s))
			continue;
		*(s.no ? &misses : &matching) += 1;
		test_sample(p, redactor, &s);
		if (!s.no && !prove_speed(r->regex, s.text, 2048, &bytes))
			prove_note(p, PROVE_ERROR, tree_get(p->doc, r->node, "match"), NULL, "the pattern reaches the step limit on a text of %zu bytes", bytes);
		else if (matching == 1 && !s.no)
			prove_hostile(p, r->regex, true, s.text);
	}
	if (matching == 0)
		prove_note(p, PROVE_ERROR, r->node, "add a sample whose `is` is the redacted line", "no sample that is redacted");
	if (misses == 0)
		prove_note(p, PROVE_ERROR, r->node, "add a line that looks alike but holds no secret, with `is: no`", "no near miss");
}

void prove_redactions(struct proof *p)
{
	struct redactor *redactor = redactor_new(p->rules, false), *privacy = redactor_new_privacy(p->rules);
	for (size_t i = 0; i < p->rules->redactions.n; i++) {
		struct redaction *r = &p->rules->redactions.v[i];
		if (!prove_wanted(p, r->id, r->doc))
			continue;
		p->doc = r->doc;
		p->node = r->node;
		p->id = r->id;
		prove_one(p, r->privacy ? privacy : redactor, r);
	}
	redactor_free(redactor);
	redactor_free(privacy);
}
