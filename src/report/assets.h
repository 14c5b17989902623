/* Style sheet and script of the HTML report: src/report/assets/, written as constants when the program is built. */
#ifndef MCPLOG_REPORT_ASSETS_H
#define MCPLOG_REPORT_ASSETS_H
#include "base/str.h"

extern const str asset_style, asset_script;
extern const str asset_script_hash; /* "sha256-…" of exactly these bytes, for the Content-Security-Policy */
#endif
