/* Fuzzes what a user's pattern file can do: any bytes as the only file of a directory of patterns. The tree builder and every
 * loader may refuse it with a problem that has a place and a text; they never fault, and the built-in knowledge stays whole. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "knowledge/knowledge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "fuzz-yaml-XXXXXX";

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void tidy(void)
{
	if (chdir(folder) == 0) {
		(void)unlink("user.yaml");
		if (chdir("..") == 0)
			(void)rmdir(folder);
	}
}

static void prepare(void)
{
	static bool ready;
	if (ready)
		return;
	ready = true;
	must(mkdtemp(folder) != NULL);
	(void)atexit(tidy);
}

static void put(str content)
{
	char path[64];
	memcpy(path, folder, sizeof folder - 1);
	memcpy(path + sizeof folder - 1, "/user.yaml", sizeof "/user.yaml");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, content.p, content.n) == (ssize_t)content.n && close(fd) == 0);
}

static bool is_yaml(str content)
{
	struct err e = {0};
	struct tree_builder *b = tree_builder_new();
	bool good = tree_builder_add(b, "user.yaml", content, &e) == 0;
	must(good || e.text[0]);
	tree_doc_free(tree_builder_finish(b));
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const str content = {(const char *)data, size};
	struct rules rules = {0};
	struct err e = {0};
	const bool required = true;
	prepare();
	if (!is_yaml(content))
		return 0;
	put(content);
	const str dir = str_z(folder);
	must(knowledge_load(&rules, &dir, &required, 1, &e) == 0);
	for (size_t i = 0; i < rules.problems.n; i++)
		must(rules.problems.v[i].text[0] && rules.problems.v[i].line > 0);
	must(rules.signatures.n > 100 && rules.causes.n > 30);
	knowledge_free(&rules);
	return 0;
}
