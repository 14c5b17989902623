/* Fuzzes redaction with any bytes. It says whether it hid something, and where it did a mark stands; a text of its own making can be
 * redacted again. Switched off, it copies. */
#include <stdlib.h>

#include "knowledge/knowledge.h"
#include "redact/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rules rules;
static struct redactor *on, *off;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void done(void)
{
	redactor_free(on);
	redactor_free(off);
	knowledge_free(&rules);
}

static void prepare(void)
{
	if (on)
		return;
	must(knowledge_load(&rules, NULL, NULL, 0, NULL) == 0);
	on = redactor_new(&rules, false);
	off = redactor_new(&rules, true);
	(void)atexit(done);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const str text = {(const char *)data, size};
	struct buf once = {0}, twice = {0};
	prepare();
	bool hidden = redact(on, text, &once);
	must(hidden ? str_find(buf_str(&once), S("[REDACTED:")) >= 0 : str_eq(buf_str(&once), text));
	(void)redact(on, buf_str(&once), &twice);
	buf_reset(&twice);
	must(!redact(off, text, &twice) && str_eq(buf_str(&twice), text));
	buf_done(&once);
	buf_done(&twice);
	return 0;
}
