/* Records in which a signature that may match anywhere finds its text (parse/): the way into block.c when there are such signatures.
 *
 * They would want every record of their classes. Instead the reader's buffer is searched for their texts at once (base/needles.h). A record
 * that holds one is pushed line by line, and asked for with the whole gate; so is the last one of the buffer, as nobody knows how it goes
 * on. Those between, which end where the next one begins, are block.c's with the gate of all other signatures. An escape sequence counts
 * as a text, because it is not there any more when the record is matched. The results are those of parser_push (tests compare). */
#include "base/newline.h"
#include "parse/hot.h"

static bool is_head(const struct parser *p, const char *at, const char *end)
{
	return end - at >= MASK_BYTES && mask_words(&p->hot->masks[0], at);
}

/* The last head of from … before, which ends with a line or in one; else `from`. */
static const char *last_head(const struct parser *p, const char *from, const char *before, const char *end)
{
	for (const char *at = before - (before > from && before[-1] == '\n'); at > from;) {
		const char *lf = memrchr(from, '\n', (size_t)(at - from));
		at = lf != NULL ? lf + 1 : from;
		if (is_head(p, at, end))
			return at;
		if (lf == NULL)
			break;
		at = lf; /* the line before ends here */
	}
	return from;
}

/* The first text of at … end, NULL when there is none; `offset` is that of `at`. Bytes are searched once. */
static const char *next_text(struct parser *p, const char *at, const char *end, uint64_t offset)
{
	const char *from = at;
	if (offset < p->clear_from || offset > p->clear_to)
		p->clear_from = offset;
	else
		from = p->clear_to - offset < (uint64_t)(end - at) ? at + (p->clear_to - offset) : end;
	const char *text = needles_find(p->o.needles, from, end);
	const char *escape = memchr(from, 0x1b, (size_t)((text != NULL ? text : end) - from));
	text = escape != NULL ? escape : text;
	p->clear_to = offset + (uint64_t)((text != NULL ? text : end) - at);
	return text;
}

/* Pushes lines up to the first head behind `text`, or one that begins with NUL, which the reader takes off. */
static const char *push_record(struct parser *p, const char *at, const char *text, const char *end, uint64_t *line, uint64_t *offset)
{
	while (at < end && *at != '\0' && (at <= text || !is_head(p, at, end)) && p->hot != NULL) {
		const char *lf = newline_find(at, end), *stop = lf - (lf > at && lf[-1] == '\r');
		const struct line l = {.text = {at, (size_t)(stop - at)}, .number = (*line)++, .offset = *offset, .length = (size_t)(stop - at), .newline = true};
		parser_push(p, &l);
		*offset += (uint64_t)(lf + 1 - at);
		at = lf + 1;
	}
	return at;
}

size_t parser_block(struct parser *p, str text, uint64_t line, uint64_t offset, uint64_t *ret_lines)
{
	if (p->o.needles == NULL || p->hot == NULL || p->hot->format->after.n != 2)
		return block_pass(p, text, line, offset, ret_lines);
	const char *at = text.p, *last_lf = memrchr(text.p, '\n', text.n);
	const uint64_t first = line;
	const char *const end = last_lf != NULL ? last_lf + 1 : text.p;
	while (at < end && p->hot != NULL) {
		const char *found = next_text(p, at, end, offset);
		const char *head = last_head(p, at, found != NULL ? found + 1 : end, end);
		uint64_t lines;
		const size_t n = block_pass(p, (str){at, (size_t)(head - at)}, line, offset, &lines);
		at += n;
		offset += n;
		line += lines;
		if (at < head)
			break;
		at = push_record(p, at, found != NULL ? found : end, end, &line, &offset);
		if (at < end && *at == '\0')
			break;
	}
	*ret_lines = line - first;
	return (size_t)(at - text.p);
}
