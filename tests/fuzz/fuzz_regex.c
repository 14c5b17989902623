/* Fuzzes patterns and subjects together: the first line of the input is the pattern, the rest the subject. A pattern that
 * compiles must give the same answer from the interpreter and from machine code, unless one of them gave up. */
#include <stdlib.h>

#include "base/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str subject = {(const char *)data, size};
	str pattern = str_word(&subject, '\n');
	struct regex *r = NULL;
	struct err err = {0};
	if (regex_new(pattern, 0, &r, &err) != 0) {
		must(err.text[0] != '\0' && err.column > 0);
		return 0;
	}
	struct regex_match first = {.n = 0}, later = {.n = 0};
	int rc = regex_match(r, subject, &first), again = rc;
	for (int i = 0; i < 30 && rc >= 0; i++)
		again = regex_match(r, subject, &later);
	if (rc >= 0 && again >= 0)
		must(rc == again);
	if (rc == 1 && again == 1)
		for (unsigned i = 0; i < first.n; i++)
			must(first.group[i].p == later.group[i].p && first.group[i].n == later.group[i].n);
	regex_free(r);
	return 0;
}
