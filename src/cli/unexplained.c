/*
 * What unknown and patterns new --from have in common: the pass over the files, and a template turned into the skeleton of a
 * signature. The skeleton is proven by its own sample; what it means is left to whoever writes it, so it has the neutral kind
 * and is only counted until somebody says more.
 */
#include "cli/unexplained.h"

#include "base/drain.h"
#include "base/utf8.h"
#include "cli/exit_code.h"
#include "cli/inputs.h"
#include "cli/problems.h"

int unexplained_read(struct run *r, size_t first, struct unknown_result *ret, struct err *reterr)
{
	const struct opts *o = r->opts;
	struct unknown_options options = {
		.zone = r->zone,
		.source = {
			.follow_symlinks = opts_has(o, OPT_FOLLOW_SYMLINKS),
			.force_text = opts_has(o, OPT_FORCE_TEXT),
			.require_files = opts_has(o, OPT_REQUIRE_FILES),
			.allow_root = opts_has(o, OPT_ALLOW_ROOT),
		},
		.all = opts_has(o, OPT_ALL),
		.final = opts_has(o, OPT_FINAL),
		.no_redact = opts_has(o, OPT_NO_REDACT),
		.stop = r->env->stop,
	};
	str *paths;
	*ret = (struct unknown_result){0};
	int e = inputs_choose(r, first, &paths, &options.path_count, reterr);
	options.paths = paths;
	if (!e)
		e = unknown_run(&r->rules, &options, ret, reterr);
	if (e)
		return e;
	problems_tell(&r->rules, &ret->problems);
	if (ret->problems.incomplete)
		r->exit = exit_code_worst(r->exit, EXIT_CODE_INPUT);
	return 0;
}

/* --- the skeleton --- */

enum { NAMED_GROUPS = 4, FIXED = 4 };

struct pattern_out {
	struct buf *match, *fields;
	unsigned groups;
	size_t fixed;     /* characters that stand in every match */
};

static void literal(struct buf *out, char c)
{
	if (strchr("\\^$.|?*+()[]{}#/", c) && c)
		buf_byte(out, '\\');
	buf_byte(out, c);
}

/* A quoted YAML text. */
static void quoted(struct buf *out, str s)
{
	buf_byte(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			buf_byte(out, '\'');
		buf_byte(out, s.p[i]);
	}
	buf_byte(out, '\'');
}

static bool is_blank(char c) { return (unsigned char)c <= ' '; }

/* A word of the sample: its first `fixed` bytes become themselves, the rest what may stand in its place. */
static void word(struct pattern_out *p, str sample, size_t fixed, bool last)
{
	for (size_t i = 0; i < fixed; i++)
		literal(p->match, sample.p[i]);
	p->fixed += fixed;
	sample = str_from(sample, fixed);
	if (!sample.n)
		return;
	const char *any = last ? ".+" : "\\S+";
	if (p->groups == NAMED_GROUPS) {
		buf_addz(p->match, any);
		return;
	}
	p->groups++;
	buf_printf(p->match, "(?<x%u>%s)", p->groups, any);
	buf_printf(p->fields, "%sx%u: ", p->fields->n ? ", " : "", p->groups);
	quoted(p->fields, sample);
}

/* How much of a word can be written into a pattern: up to what redaction hid, or what YAML cannot hold. */
static size_t writable(str word, str raw)
{
	const ptrdiff_t hidden = str_find(word, S("[REDACTED"));
	const size_t most = hidden < 0 ? word.n : (size_t)hidden;
	size_t n = 0;
	while (n < most && word.p[n] == raw.p[n])
		n++;
	return n;
}

/* YAML cannot hold control characters in a block: in their place a '?', as many as there were bytes, and what stands there
 * varies in the pattern. */
static void printable(str s, struct buf *out)
{
	struct buf shown = {0};
	while (s.n) {
		uint32_t code;
		size_t n = utf8_next(s, &code);
		n = n ? n : 1;
		buf_reset(&shown);
		utf8_terminal(&shown, str_head(s, n), false);
		const bool good = str_eq(buf_str(&shown), str_head(s, n)) && s.p[0] != '\t';
		if (good)
			buf_add(out, str_head(s, n));
		else
			buf_repeat(out, '?', n);
		s = str_from(s, n);
	}
	buf_done(&shown);
}

/* Word by word; returns how many characters are fixed. What the masks say varies, what the template says varies, and what redaction took out. Where a quoted text
 * with blanks makes sample and template fall apart, the masks of the sample alone decide.
 * plain: nothing varies but what cannot be written down. */
static size_t pattern_of(const struct unknown_template *t, str sample, bool plain, struct buf *match, struct buf *fields)
{
	struct pattern_out p = {.match = match, .fields = fields};
	str words = t->text, raw = str_trim(t->sample);
	buf_byte(match, '^');
	while (sample.n) {
		size_t n = 0;
		while (n < sample.n && !is_blank(sample.p[n]))
			n++;
		const str one = str_head(sample, n), of_template = str_word(&words, ' ');
		struct buf masked = {0};
		drain_mask(one, &masked);
		const size_t fixed = writable(one, raw);
		const bool same = str_eq(buf_str(&masked), one) && (str_eq(of_template, one) || !drain_varies(of_template));
		sample = str_from(sample, n);
		raw = str_from(raw, n);
		const bool last = sample.n == 0;
		word(&p, one, same || plain ? fixed : 0, last);
		buf_done(&masked);
		size_t blanks = 0;
		while (blanks < sample.n && is_blank(sample.p[blanks]))
			blanks++;
		if (blanks)
			buf_addz(match, blanks == 1 ? " " : "\\s+");
		sample = str_from(sample, blanks);
		raw = str_from(raw, blanks);
	}
	return p.fixed;
}

void unexplained_skeleton(const struct unknown_template *t, const char *id, struct buf *out)
{
	struct buf match = {0}, fields = {0}, sample = {0};
	const bool error = t->class == CLASS_ERROR;
	printable(str_trim(t->sample), &sample);
	if (pattern_of(t, buf_str(&sample), false, &match, &fields) < FIXED) { /* it would match nearly everything */
		buf_reset(&match);
		buf_reset(&fields);
		(void)pattern_of(t, buf_str(&sample), true, &match, &fields);
	}
	buf_printf(out, "schema: mcplog.signatures/1\nsignatures:\n- id: %s\n", id);
	if (error)
		buf_addz(out, "  class: other            # an error class of patterns/kinds.yaml\n");
	else
		buf_addz(out, "  event: line.other       # a kind of patterns/kinds.yaml\n");
	buf_printf(out, "  in: [%s]\n", body_class_name(t->class));
	if (!error)
		buf_addz(out, "  keep: count             # event | mark | call | count: `event` when it tells something\n");
	buf_printf(out, "  match: |-\n    %.*s\n", STR_ARG(buf_str(&match)));
	buf_addz(out, "  meaning: what the line tells, in one sentence\n");
	buf_printf(out, "  constructed: true       # or `public:` with a link to where the line can be seen\n  samples:\n");
	buf_printf(out, "  - line: |-\n      %.*s\n", STR_ARG(buf_str(&sample)));
	buf_printf(out, "    is: {%s%.*s%s}\n", fields.n ? " " : "", STR_ARG(buf_str(&fields)), fields.n ? " " : "");
	buf_printf(out, "  - line: |-            # better: a real line that looks alike and means something else\n      it is not so that %.*s\n    is: no\n",
		STR_ARG(buf_str(&sample)));
	buf_done(&match);
	buf_done(&sample);
	buf_done(&fields);
}
