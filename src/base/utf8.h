/* Text that came from logs, made safe for where it goes. Bytes in, bytes out; never fails. */
#ifndef MCPLOG_BASE_UTF8_H
#define MCPLOG_BASE_UTF8_H
#include "base/buf.h"

/* For terminals: C0 but TAB, DEL, C1 (raw and encoded), bidi controls, zero-width characters and invalid
 * bytes are written as \x1b, \u202e, \xNN. LF is escaped too unless keep_lf. */
void utf8_terminal(struct buf *out, str s, bool keep_lf);
/* For JSON: the inside of a string, ASCII only; invalid bytes become \ufffd; 0x7f and U+2028 escaped. No quotes added. */
void utf8_json(struct buf *out, str s);
/* Columns on a terminal (wide characters 2, combining 0). Invalid bytes count 1. */
size_t utf8_width(str s);
/* The longest prefix of at most `columns` columns, cut at a character boundary. */
str utf8_cut(str s, size_t columns);
/* At most `bytes` bytes, not in the middle of a character. */
str utf8_limit(str s, size_t bytes);
/* Length of the valid character at s.p, or 0 when invalid; *ret_code its code point. */
size_t utf8_next(str s, uint32_t *ret_code);
#endif
