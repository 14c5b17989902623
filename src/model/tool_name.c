/* MCP tool and server names (model/names.h). Pure functions; refuses to guess: a name that cannot be split is not split. */
#include "base/hash.h"
#include "model/names.h"

static char canonical(char c)
{
	bool keep = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
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

uint64_t name_hash(str server, str tool)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < server.n; i++)
		h = (h ^ (unsigned char)canonical(server.p[i])) * 0x100000001b3u;
	h = (h ^ 0xff) * 0x100000001b3u;
	for (size_t i = 0; i < tool.n; i++)
		h = (h ^ (unsigned char)canonical(tool.p[i])) * 0x100000001b3u;
	return h ^ h >> 29;
}
