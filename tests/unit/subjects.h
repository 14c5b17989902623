/* Every line of the shipped signatures' files, samples and all, and chance that is the same in every run. */
#ifndef MCPLOG_TESTS_SUBJECTS_H
#define MCPLOG_TESTS_SUBJECTS_H
#include "rules_fixture.h"

#include "base/buf.h"
#include "base/vec.h"
#include "knowledge/files.h"
#include "chance.h"

struct subjects {
	struct buf text;
	VEC(str) lines;
};

static void split_lines(struct subjects *s)
{
	str rest = buf_str(&s->text);
	while (rest.n > 0) {
		str line = str_trim(str_word(&rest, '\n'));
		if (str_starts(line, S("- line:")))
			line = str_trim(str_from(line, 7));
		if (line.n > 8)
			*vec_push(&s->lines) = line;
	}
}

static void read_subjects(struct subjects *s)
{
	struct file_list list = {0};
	struct err e;
	assert_int_equal(file_list_make(&list, MCPLOG_SOURCE "/patterns/signatures", &e), 0);
	for (size_t i = 0; i < list.names.n; i++) {
		char path[1024];
		(void)snprintf(path, sizeof path, "%s/patterns/signatures/%.*s", MCPLOG_SOURCE, STR_ARG(list.names.v[i]));
		assert_int_equal(file_read(path, &s->text, &e), 0);
	}
	file_list_done(&list);
	split_lines(s);
	assert_true(s->lines.n > 1000);
}

static void free_subjects(struct subjects *s)
{
	buf_done(&s->text);
	vec_free(&s->lines);
}
#endif
