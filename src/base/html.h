/* HTML pages inside texts: a proxy's or a framework's answer where JSON was to come. Names of tags in any letter case. */
#ifndef MCPLOG_BASE_HTML_H
#define MCPLOG_BASE_HTML_H
#include "base/str.h"

ptrdiff_t html_find(str text); /* where a page begins (`<!doctype`, else `<html`), or -1 */
bool html_ends(str text);      /* it holds `</html>` */
/* What the page is about: the text of its first <pre>, else <title>, else <h1>; STR_NONE without. Express writes an error's text
 * into <pre> and nothing but "Error" into the title. */
str html_subject(str text);
#endif
