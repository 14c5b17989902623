/* Row ids: the same file gives the same ids in whatever order files are read. A source's key is a hash in [0, 2^62); what
 * stands at `offset` of that source has the id key + offset + part. So ids of one source are in file order (rows are
 * appended, a source is one range of rows, no index is needed), and id - key leads back to the place in the file.
 * `part` tells things of one record apart (leaves of a traceback, blocks of a message); a record is longer than its parts
 * are many, so parts of one record never reach the next. A call has the id of its first line's event. */
#ifndef MCPLOG_MODEL_IDS_H
#define MCPLOG_MODEL_IDS_H
#include <stdint.h>

#define SOURCE_KEY_BITS 62

static inline int64_t row_id(uint64_t generation_key, uint64_t offset, unsigned part)
{
	return (int64_t)((generation_key + offset + part) & INT64_MAX);
}
#endif
