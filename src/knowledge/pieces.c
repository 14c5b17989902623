/* What patterns of one file have in common: `(?&name)` in a `match` stands for the text under `name` in the file's `pieces`.
 *
 * PCRE2 has the same notation for groups of the pattern itself, so a name that is no piece is left to it. A piece is text, put in where
 * it is named; it may not name others, so that whoever reads it sees all of it. */
#include "base/buf.h"
#include "knowledge/entry.h"

/* A place where a piece is named. */
struct reference {
	size_t at, end; /* in the text as written */
	str piece;
};

static bool is_piece(const struct tree_doc *d, uint32_t pieces, str name, str *ret_piece)
{
	for (uint32_t i = tree_first(d, pieces); i != 0; i = tree_next(d, i))
		if (str_eq(tree_key(d, i), name)) {
			*ret_piece = tree_text(d, i);
			return true;
		}
	return false;
}

/* The next one from `from` on. */
static bool next_reference(const struct tree_doc *d, uint32_t pieces, str text, size_t from, struct reference *ret)
{
	const str open = S("(?&");
	ptrdiff_t found, close;
	for (size_t at = from; (found = str_find(str_from(text, at), open)) >= 0;) {
		at += (size_t)found + open.n;
		if ((close = str_find(str_from(text, at), S(")"))) < 0)
			return false;
		*ret = (struct reference){.at = at - open.n, .end = at + (size_t)close + 1};
		if (is_piece(d, pieces, str_head(str_from(text, at), (size_t)close), &ret->piece))
			return true;
	}
	return false;
}

struct entry_pattern entry_pattern(struct rules *rules, const struct tree_doc *d, uint32_t node, uint32_t pieces)
{
	struct entry_pattern p = {.node = node, .pieces = pieces, .text = tree_text(d, node)};
	const str written = p.text;
	struct buf whole = {0};
	struct reference r;
	size_t from = 0;
	for (; next_reference(d, pieces, written, from, &r); from = r.end) {
		buf_add(&whole, str_head(str_from(written, from), r.at - from));
		buf_add(&whole, r.piece);
	}
	if (from > 0) {
		buf_add(&whole, str_from(written, from));
		p.text = arena_str(&rules->sets, buf_str(&whole));
	}
	buf_done(&whole);
	return p;
}

size_t entry_pattern_place(const struct tree_doc *d, const struct entry_pattern *p, size_t at)
{
	const str written = tree_text(d, p->node);
	struct reference r;
	size_t from = 0;
	while (next_reference(d, p->pieces, written, from, &r) && at >= r.at - from) {
		at -= r.at - from;
		if (at < r.piece.n)
			return r.at;
		at -= r.piece.n;
		from = r.end;
	}
	return from + at;
}
