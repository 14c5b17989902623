/* Servers that log objects. For format_json.c, to which the lines belong. */
#ifndef MCPLOG_PARSE_FORMAT_OBJECT_H
#define MCPLOG_PARSE_FORMAT_OBJECT_H
#include "parse/parts.h"

/* The record of a server's object, but for its place; its body may lie in f->decoded. False: it is none. */
bool object_record(struct flow *f, const struct text_line *t, const struct json *doc, struct record *r);
/* The traceback of such an object, in a member of its own or behind the message: its leaves are records, as in a log of lines. */
void object_trace(struct flow *f, const struct text_line *t, const struct record *r, const struct json *doc);
#endif
