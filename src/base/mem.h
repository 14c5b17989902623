/* Allocation that does not return on failure: mcplog then says so and leaves with exit code 4 (see diag_out_of_memory).
 * The database stays consistent, because its transaction is never committed. */
#ifndef MCPLOG_BASE_MEM_H
#define MCPLOG_BASE_MEM_H
#include <stddef.h>

void *mem_new(size_t n);                            /* zeroed; free() it */
void *mem_grow(void *p, size_t count, size_t size); /* realloc with overflow check; new bytes are not zeroed */
/* n bytes or more at the beginning of a page, not zeroed; free() it. */
enum { MEM_PAGE = 4096 };
void *mem_pages(size_t n);
void *mem_dup(const void *p, size_t n);
#endif
