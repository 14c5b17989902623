/* json_lines FILE: parses each line with jansson's json_loadb and frees it. The peer of the rows "transcripts" and "cache logs". */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	char *line = NULL;
	size_t room = 0;
	unsigned long good = 0;
	if (f == NULL)
		return 2;
	for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
		json_t *doc = json_loadb(line, (size_t)n, 0, NULL);
		good += doc != NULL;
		json_decref(doc);
	}
	free(line);
	(void)fclose(f);
	return printf("%lu\n", good) < 0;
}
