/* Fuzzes everything between bytes and report: any bytes as one to three files of one folder, read through reader, parser, matcher,
 * redactor and tracker, joined, judged and written in every format. Files are divided by the byte 0x1e. No fault, and the same report
 * for another size of reads. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "knowledge/knowledge.h"
#include "pipeline.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 3 };
static const char *const names[FILES] = {"debug.txt", "server.log", "session.jsonl"};
static struct rules rules;
static char folder[] = "fuzz-pipeline-XXXXXX";
static char paths[FILES][64];

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void tidy(void)
{
	for (size_t i = 0; i < FILES; i++)
		(void)unlink(paths[i]);
	(void)rmdir(folder);
	knowledge_free(&rules);
}

static void prepare(void)
{
	if (paths[0][0])
		return;
	must(knowledge_load(&rules, NULL, NULL, 0, NULL) == 0 && mkdtemp(folder) != NULL);
	for (size_t i = 0; i < FILES; i++)
		(void)snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
	(void)atexit(tidy);
}

static void put(const char *path, str content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, content.p, content.n) == (ssize_t)content.n && close(fd) == 0);
}

static void report(size_t chunk, struct buf *json)
{
	static const char *const formats[] = {"text", "ndjson", "json"};
	const str path = str_z(folder);
	struct pipeline_options o = {.paths = &path, .path_count = 1, .db = ":memory:", .as_of = INSTANT_NONE, .final = true, .source = {.allow_root = true},
		.chunk = chunk};
	const struct report_options wanted = {.columns = 80, .since = INSTANT_NONE, .until = INSTANT_NONE};
	struct pipeline_result result;
	struct err e = {0};
	must(pipeline_run(&rules, &o, &result, &e) == 0);
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		buf_reset(json);
		report_find(str_z(formats[i]))->write(&result.facts, &rules, &wanted, json);
	}
	pipeline_result_done(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str rest = {(const char *)data, size};
	struct buf whole = {0}, parts = {0};
	prepare();
	for (size_t i = 0; i < FILES; i++) {
		str content = i + 1 < FILES ? str_word(&rest, '\x1e') : rest;
		if (content.n)
			put(paths[i], content);
		else
			(void)unlink(paths[i]);
	}
	report(0, &whole);
	report(7, &parts);
	must(str_eq(buf_str(&whole), buf_str(&parts)));
	buf_done(&whole);
	buf_done(&parts);
	return 0;
}
