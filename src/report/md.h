/* Markdown for GitHub: the one place that makes text from logs safe for it. Everything is made safe for terminals first. */
#ifndef MCPLOG_REPORT_MD_H
#define MCPLOG_REPORT_MD_H
#include "base/buf.h"
#include "model/verdict.h"

/* Prose on one line: no markup, no HTML, no @mention, no #reference comes out of it. */
void md_text(struct buf *out, str s);
/* A code span on one line, also inside a table; an em dash when s is empty. */
void md_code(struct buf *out, str s);
/* At most `bytes` of s as a code span. */
void md_code_short(struct buf *out, str s, size_t bytes);
/* A fenced block whose fence is longer than any run of backticks inside. `text` keeps its lines. */
void md_fence(struct buf *out, const char *language, str text);
/* A link destination, for http and https only; else md_text. */
void md_link(struct buf *out, str url);
/* "dir/debug.txt:5", of a path only its last two pieces; nothing without a place. False then. */
bool md_place(struct buf *out, const struct line_ref *at);
/* Labels and messages of Mermaid diagrams: letters, digits and what none of its grammars knows; at most `columns` wide. */
void md_mermaid(struct buf *out, str s, size_t columns);
#endif
