/* Shared by hot.c and block.c: a line whose head is the one that the file's lines have. */
#ifndef MCPLOG_PARSE_HOT_H
#define MCPLOG_PARSE_HOT_H
#include "base/word.h"
#include "parse/parts.h"
#include <endian.h>

/* Do the first n bytes agree, n >= 8? Few, so that a call would cost more. */
static inline bool hot_same(const char *a, const char *b, size_t n)
{
	size_t i = 0;
	while (i + 8 < n && word_load(a + i) == word_load(b + i))
		i += 8;
	return i + 8 >= n && word_load(a + n - 8) == word_load(b + n - 8);
}

/* Does the time text a (24 bytes) stand before b? Bytes as numbers, high ones first. */
static inline bool hot_earlier(const char *a, const char *b)
{
	for (unsigned i = 0; i < 24; i += 8) {
		uint64_t x = word_load(a + i), y = word_load(b + i);
		if (x != y)
			return be64toh(x) < be64toh(y);
	}
	return false;
}

/* The time text of a record at `at` is now the last one; settled: the tally has it already. */
void hot_remember(struct parser *p, const char *text, bool settled);
/* The time of a record that is opened. The hot record before it need not be read when it is not the first one and not later: this
 * one's time takes its place. False: it is no time. */
bool hot_instant(struct parser *p, const char *text, instant *ret_at);
enum level hot_level(struct parser *p, str text);
/* Opens the line as the record of flow 0; false: its time cannot be read. */
bool hot_open(struct parser *p, struct flow *f, const struct line *l, str body, const struct known_split *split);
/* A record that nobody wants is open. */
void hot_drop(struct flow *f, uint64_t line, uint64_t offset, uint32_t lines);
/* parser_block for lines in which no needle stands. */
size_t block_pass(struct parser *p, str text, uint64_t line, uint64_t offset, uint64_t *ret_lines);
#endif
