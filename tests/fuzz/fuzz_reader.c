/* Fuzzes the reader, plain and compressed: any bytes give the same lines, offsets and problems for every chunking; lines hold
 * no LF, follow each other in the stream, and what was not handed out is pending. The first byte of the input chooses options. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "ingest/reader.h"
#include "model/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct outcome {
	uint64_t lines, problems;
	struct source facts;
	int end;
};

static struct outcome read_all(str content, struct reader_options options)
{
	struct outcome o = {0};
	struct line l;
	uint64_t next = 0;
	int fd = memfd_create("input", 0);
	must(fd >= 0 && write(fd, content.p, content.n) == (ssize_t)content.n && lseek(fd, 0, SEEK_SET) == 0);
	struct reader *r = reader_new(fd, &options);
	must(reader_peek(r).n <= LIMIT_PROBE);
	while ((o.end = reader_next(r, &l)) > 0) {
		must(l.text.n <= LIMIT_LINE && l.text.n <= l.length && !memchr(l.text.p, '\n', l.text.n) && l.offset >= next);
		next = l.offset + l.length;
		o.lines = hash64_seed(l.text, o.lines ^ l.offset ^ l.number << 40);
	}
	reader_facts(r, &o.facts);
	must(o.facts.offset >= next && o.facts.offset <= o.facts.bytes && o.facts.complete == (o.end == 0));
	for (size_t i = 0; i < o.facts.problem_count; i++)
		o.problems = hash64_seed(str_z(o.facts.problems[i].text), o.problems ^ o.facts.problems[i].offset);
	o.facts.problems = NULL;
	reader_free(r);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	unsigned flags = data[0];
	str content = {(const char *)data + 1, size - 1};
	struct reader_options options = {.final = flags & 1, .force_text = flags & 2, .named = flags & 4, .archive_name = flags & 8};
	struct outcome whole = read_all(content, options);
	static const size_t chunks[] = {1, 2, 7, 61, 4096};
	for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		if (size > 4000 * chunks[i])
			continue;
		options.chunk = chunks[i];
		struct outcome part = read_all(content, options);
		must(part.end == whole.end && part.lines == whole.lines && part.facts.lines == whole.facts.lines);
		must(part.facts.offset == whole.facts.offset && part.facts.bytes == whole.facts.bytes && part.problems == whole.problems);
		must(part.facts.identity.head_hash == whole.facts.identity.head_hash && part.facts.identity.marker_hash == whole.facts.identity.marker_hash);
	}
	return 0;
}
