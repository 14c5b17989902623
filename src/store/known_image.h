/* All generations as few values of the database, beside their rows: reading a thousand rows costs as much as all else of a run with little
 * news. Written by the transaction that wrote rows of sources; a pure function of them. For store/ only. */
#ifndef MCPLOG_STORE_KNOWN_IMAGE_H
#define MCPLOG_STORE_KNOWN_IMAGE_H
#include "base/buf.h"
#include "store/known.h"

/* more: another value follows this one. */
void known_image_begin(struct buf *b, size_t count, bool more);
/* In order of ids, with facts. path, real_path: of the entry before; STR_NONE at first. */
void known_image_add(struct buf *b, const struct generation *g, str *path, str *real_path);
/* Adds to *k, in the order of the values. False when the bytes are damaged: what *k then holds is worth nothing. */
bool known_image_read(struct known_files *k, str bytes, bool *ret_more);
#endif
