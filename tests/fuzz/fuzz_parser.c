/* Any bytes as a log, with and without excerpt mode's small size: no fault, every record's views readable. */
#include "knowledge/knowledge.h"
#include "parse/parser.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rules rules;
static bool ready;

static struct gate_answer gate(const void *context, enum body_class class, str head)
{
	const unsigned *mood = context;
	return (struct gate_answer){*mood == 0 || (*mood == 1 && (head.n + (size_t)class) % 2 == 0), (uint16_t)head.n, 0};
}

static void read_all(unsigned *sum, str s)
{
	for (size_t i = 0; i < s.n; i++)
		*sum += (unsigned char)s.p[i];
}

static void take(void *context, const struct record *r)
{
	const str all[] = {r->raw, r->body, r->server, r->session, r->cwd, r->version, r->tool, r->tool_use_id, r->frames};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		read_all(context, all[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned sum = 0;
	if (!ready && knowledge_load(&rules, NULL, NULL, 0, NULL) < 0)
		abort();
	ready = true;
	for (unsigned mood = 0; mood < 3; mood++) {
		str text = {(const char *)data, size};
		struct parser_options options = {.base = INSTANT_NONE, .path = mood == 2 ? S("mcp-logs-x-2026-11-20T11-10-53-890Z.jsonl") : STR_NONE,
			.probe = mood == 1 ? STR_NONE : text};
		struct parser *p = parser_new(&rules, &options, gate, &mood, take, &sum);
		uint64_t number = 0, offset = 0;
		while (text.n > 0) {
			str line = str_word(&text, '\n');
			char *copy = malloc(line.n + 1);
			if (line.n > 0)
				memcpy(copy, line.p, line.n);
			struct line l = {.text = {copy, line.n}, .number = ++number, .offset = offset, .length = line.n, .newline = true};
			parser_push(p, &l);
			free(copy);
			offset += line.n + 1;
		}
		parser_finish(p);
		struct source facts = {0};
		parser_facts(p, &facts);
		parser_free(p);
	}
	return sum == 0xdeadbeef;
}
