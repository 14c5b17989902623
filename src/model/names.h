/* MCP names as clients write them: `mcp__<server>__<tool>`, where the server is normalised (every byte that is no letter,
 * digit, `_` or `-` becomes `_`), directories of cache logs (becomes `-`), and names as configured. All are compared through
 * one canonical form. */
#ifndef MCPLOG_MODEL_NAMES_H
#define MCPLOG_MODEL_NAMES_H
#include "base/buf.h"
#include "base/str.h"

/* Canonical form: every byte but letters and digits becomes '_'. Appends to *out. */
void name_canonical(struct buf *out, str name);
/* Same canonical form? Linear, no allocation. */
bool name_same(str a, str b);
/* Is `full` = mcp__<server>__<tool>, canonically? */
bool name_is_tool(str full, str server, str tool);
/* Splits `mcp__server__tool` at the first `__` behind the server. False when it is no MCP tool name. */
bool name_split(str full, str *ret_server, str *ret_tool);
/* Could it be an MCP tool at all: `mcp__…`, or the general name that newer clients write? */
bool name_is_mcp(str tool);
bool name_is_general(str tool);
uint64_t name_hash(str server, str tool); /* of the canonical forms */
#endif
