/* Redacts texts for the tests beside it: reads texts that end with NUL from stdin, writes each one redacted, with its NUL. An argument
 * `privacy` uses that level. */
#include <stdio.h>

#include "knowledge/knowledge.h"
#include "redact/redact.h"

static void read_all(struct buf *text)
{
	size_t n;
	do {
		buf_reserve(text, 1 << 20);
		n = fread(text->p + text->n, 1, 1 << 20, stdin);
		text->n += n;
	} while (n > 0);
}

int main(int argc, char **argv)
{
	struct rules rules = {0};
	struct buf text = {0}, out = {0};
	if (knowledge_load(&rules, NULL, NULL, 0, NULL))
		return 2;
	struct redactor *redactor = argc > 1 && str_eq(str_z(argv[1]), S("privacy")) ? redactor_new_privacy(&rules) : redactor_new(&rules, false);
	read_all(&text);
	for (str rest = buf_str(&text); rest.n;) {
		const str one = str_word(&rest, 0);
		(void)redact(redactor, one, &out);
		buf_byte(&out, '\0');
	}
	const size_t written = fwrite(out.p, 1, out.n, stdout);
	const int code = written == out.n ? 0 : 4;
	redactor_free(redactor);
	knowledge_free(&rules);
	buf_done(&text);
	buf_done(&out);
	return code;
}
