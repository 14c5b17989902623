/* Runs a fuzz driver without libFuzzer: every file named, or standing in a directory named, is given to it once. So ordinary
 * test runs, with any compiler, replay what fuzzing found. Inputs are copied to the end of a block of their own, so that
 * AddressSanitizer sees a read behind them. A corpus that does not exist or is empty is a failure: it would prove nothing. */
#include "base/mem.h"
#include "base/vec.h"
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static unsigned run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (f == NULL || fstat(fileno(f), &st) != 0) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(1);
	}
	uint8_t *data = mem_new((size_t)st.st_size);
	size_t n = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 1;
}

static unsigned run_path(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, by_name);
	if (count < 0)
		return run_file(path);
	unsigned done = 0;
	for (int i = 0; i < count; i++) {
		char name[4096];
		snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			done += run_file(name);
		free(entries[i]);
	}
	free(entries);
	return done;
}

int main(int argc, char **argv)
{
	unsigned done = 0;
	for (int i = 1; i < argc; i++)
		done += run_path(argv[i]);
	printf("%u inputs\n", done);
	return done > 0 ? 0 : 1;
}
