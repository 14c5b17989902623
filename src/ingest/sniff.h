/* What a file is, by its first bytes. Knows containers and encodings, not log formats. */
#ifndef MCPLOG_INGEST_SNIFF_H
#define MCPLOG_INGEST_SNIFF_H
#include "base/str.h"

enum { SNIFF_BYTES = 512 }; /* enough for every magic number, the tar header's included */
enum sniff { SNIFF_TEXT, SNIFF_GZIP, SNIFF_ZSTD, SNIFF_ARCHIVE, SNIFF_UTF16, SNIFF_UTF32, SNIFF_BINARY };

/* By magic numbers, on raw bytes: SNIFF_GZIP, _ZSTD, _ARCHIVE ("xz"), _BINARY ("a picture") with *ret_name, else SNIFF_TEXT. */
enum sniff sniff_container(str first, const char **ret_name);
/* Encodings and binary data, on decompressed bytes: SNIFF_UTF16, _UTF32, _BINARY, else SNIFF_TEXT. */
enum sniff sniff_content(str probe);
#endif
