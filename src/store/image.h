/* The bytes of a new database: built by mkschema_main.c when the program is built. */
#ifndef MCPLOG_STORE_IMAGE_H
#define MCPLOG_STORE_IMAGE_H
#include <stddef.h>

struct image_run { /* `length` bytes that stand at `at`; all others are 0 */
	size_t at, length;
};
struct image {
	size_t size;
	const unsigned char *bytes; /* of all runs, one after the other */
	const struct image_run *runs;
	size_t run_count;
};
extern const struct image store_image;
#endif
