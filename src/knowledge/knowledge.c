/* Loads all knowledge: what is built into the program first (knowledge/image.h), then each directory of the user, in order. Entries of
 * later documents replace earlier ones with the same id in place (knowledge/read.c).
 *
 * A fault in a user's file never stops a run: the file or entry is left out and noted in rules->problems, and the caller decides
 * on the exit code. Only a missing directory that was asked for is an error. As root, a directory that others could change is
 * refused; for other users it is warned about. */
#include "base/diag.h"
#include "base/hash.h"
#include "knowledge/entry.h"
#include "knowledge/files.h"
#include "knowledge/image.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void note_file_problem(struct rules *rules, const struct err *e)
{
	if (rules->problem_count++ == 0)
		rules->first_problem = *e;
	if (rules->problems.n < LIMIT_PROBLEMS)
		*vec_push(&rules->problems) = *e;
}

static void read_dir(struct rules *rules, const char *dir, const struct file_list *list)
{
	struct buf text = {0}, path = {0};
	struct tree_builder *b = tree_builder_new();
	for (size_t i = 0; i < list->names.n; i++) {
		struct err e = {0};
		str name = list->names.v[i];
		buf_reset(&text);
		buf_reset(&path);
		buf_printf(&path, "%s/%s", dir, name.p);
		buf_byte(&path, '\0');
		int rc = file_read(path.p, &text, &e);
		if (rc == 0)
			rc = tree_builder_add(b, path.p, buf_str(&text), &e);
		if (rc < 0)
			note_file_problem(rules, &e);
		if (file_shapes_reading(buf_str(&text)))
			rules->hash = hash64_seed(buf_str(&text), hash64_seed(name, rules->hash));
	}
	*vec_push(&rules->docs) = tree_builder_finish(b);
	buf_done(&text);
	buf_done(&path);
}

static int add_dir(struct rules *rules, const char *dir, bool required, struct err *reterr)
{
	struct file_list list = {0};
	struct stat st;
	const char *why;
	if (!required && stat(dir, &st) != 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return 0;
	if (file_dir_exposed(dir, &why)) {
		if (geteuid() == 0)
			return err_set(reterr, ERR_USAGE, "refusing the pattern directory %s as root: %s", dir, why);
		diag_warn("pattern directory %s: %s", dir, why);
	}
	int rc = file_list_make(&list, dir, reterr);
	if (rc == 0)
		read_dir(rules, dir, &list);
	file_list_done(&list);
	return rc;
}

int knowledge_open(struct rules *rules, const str *dirs, const bool *required, size_t dir_count, struct err *reterr)
{
	int rc = 0;
	rules->hash = knowledge_builtin_hash;
	*vec_push(&rules->docs) = &knowledge_builtin;
	for (size_t i = 0; rc == 0 && i < dir_count; i++) {
		char *dir = str_dupz(dirs[i]);
		rc = add_dir(rules, dir, required != NULL && required[i], reterr);
		free(dir);
	}
	return rc;
}

void knowledge_complete(struct rules *rules)
{
	if (rules->complete)
		return;
	rules->complete = true;
	image_load(&knowledge_image, &knowledge_builtin, rules);
	image_rest(&knowledge_image);
	if (rules->docs.n > 1) {
		image_own(rules);
		knowledge_read(rules, 1);
	}
}

int knowledge_load(struct rules *rules, const str *dirs, const bool *required, size_t dir_count, struct err *reterr)
{
	const int rc = knowledge_open(rules, dirs, required, dir_count, reterr);
	if (rc == 0)
		knowledge_complete(rules);
	return rc;
}
