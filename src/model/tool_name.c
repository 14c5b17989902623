/* MCP tool and server names (model/names.h). Pure functions; refuses to guess: a name that cannot be split is not split. */
#include "base/hash.h"
#include "base/word.h"
#include "model/names.h"

static char canonical(char c)
{
	bool keep = str_is_digit(c) || str_is_letter(c) || (unsigned char)c >= 0x80;
	return keep ? c : '_';
}

void name_canonical(struct buf *out, str name)
{
	for (size_t i = 0; i < name.n; i++)
		buf_byte(out, canonical(name.p[i]));
}

bool name_same(str a, str b)
{
	if (a.n != b.n)
		return false;
	if (a.n == 0 || memcmp(a.p, b.p, a.n) == 0)
		return true;
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] != b.p[i] && canonical(a.p[i]) != canonical(b.p[i]))
			return false;
	return true;
}

bool name_is_tool(str full, str server, str tool)
{
	size_t n = 5 + server.n + 2 + tool.n;
	return full.n == n && str_starts(full, S("mcp__")) && name_same(str_head(str_from(full, 5), server.n), server) &&
		str_starts(str_from(full, 5 + server.n), S("__")) && name_same(str_from(full, 7 + server.n), tool);
}

bool name_split(str full, str *ret_server, str *ret_tool)
{
	if (!str_starts(full, S("mcp__")))
		return false;
	str rest = str_from(full, 5);
	ptrdiff_t at = str_find(rest, S("__"));
	if (at <= 0)
		return false;
	*ret_server = str_head(rest, (size_t)at);
	*ret_tool = str_from(rest, (size_t)at + 2);
	return ret_tool->n > 0;
}

bool name_is_general(str tool) { return str_eq(tool, S("mcp_tool")); }

bool name_is_mcp(str tool) { return str_starts(tool, S("mcp__")) || name_is_general(tool); }

/* --- the hash: every event of a call is looked up by it, so names are taken eight bytes at a time --- */

/* canonical() of each byte. Sums of seven-bit bytes do not reach their neighbours; their top bits are the answers. */
static uint64_t canonical_word(uint64_t w)
{
	const uint64_t low = w & WORD_EACH(0x7f), folded = low | WORD_EACH(0x20);
	const uint64_t digit = (low + WORD_EACH(0x80 - '0')) & ~(low + WORD_EACH(0x7f - '9'));
	const uint64_t letter = (folded + WORD_EACH(0x80 - 'a')) & ~(folded + WORD_EACH(0x7f - 'z'));
	const uint64_t keep = (((digit | letter | w) & WORD_EACH(0x80)) >> 7) * 0xff;
	return (w & keep) | (WORD_EACH('_') & ~keep);
}

static uint64_t load(const char *p, size_t n)
{
	uint64_t w = 0;
	uint32_t half[2];
	if (n >= 8)
		return word_load(p);
	if (n >= 4) { /* two halves that may overlap; the length is hashed too */
		memcpy(&half[0], p, 4);
		memcpy(&half[1], p + n - 4, 4);
		return half[0] | (uint64_t)half[1] << 32;
	}
	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return w;
}

static uint64_t mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

static uint64_t add_name(uint64_t h, str name)
{
	for (size_t at = 0; at < name.n; at += 8)
		h = mix(h, canonical_word(load(name.p + at, name.n - at)));
	return mix(h, name.n);
}

uint64_t name_hash(str server, str tool) { return add_name(add_name(0, server), tool); }
