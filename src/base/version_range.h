/* Dotted versions, numeric by part (2.1.97 < 2.1.105), and ranges of them. */
#ifndef MCPLOG_BASE_VERSION_RANGE_H
#define MCPLOG_BASE_VERSION_RANGE_H
#include "base/str.h"

int version_cmp(str a, str b);
/* Does a version lie in a range such as ">=2.1.105 <2.1.120"? All comparisons must hold; an empty range holds always. */
bool version_in(str version, str range);
#endif
