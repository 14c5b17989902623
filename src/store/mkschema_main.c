/* Host tool of the build: writes the bytes of a new database as a C file, so that a first run copies them instead of having SQLite
 * read fifty CREATE statements. The bytes are what migrate_create makes with the SQLite of the build; the file format is the same
 * in all versions, and migrate_check compares the schema at every opening.
 *
 * Most pages of a new database are empty: only runs of other bytes are written down. */
#include "base/buf.h"
#include "base/diag.h"
#include "base/out.h"
#include "store/image.h"
#include "store/migrate.h"

enum { GAP = 16, LINE = 24, WAL = 2, VERSIONS_AT = 18 };

static int make(struct sql *q, struct err *reterr)
{
	if (sqlite3_open_v2(":memory:", &q->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		return err_set(reterr, ERR_DB, "cannot open a database in memory");
	int r = sql_exec(q, "PRAGMA page_size = 4096", reterr);
	return r < 0 ? r : migrate_create(q, reterr);
}

/* Behind the last byte of the run at `at`: it ends where GAP zeros stand. */
static size_t run_end(const unsigned char *p, size_t n, size_t at)
{
	size_t zeros = 0, end = at;
	for (size_t i = at; i < n && zeros < GAP; i++) {
		zeros = p[i] ? 0 : zeros + 1;
		end = p[i] ? i + 1 : end;
	}
	return end;
}

static void put_image(struct buf *out, const unsigned char *p, size_t n)
{
	struct buf runs = {0};
	size_t count = 0, kept = 0;
	buf_addz(out, "/* Made by mcplog_mkschema. */\n#include \"store/image.h\"\n\nstatic const unsigned char bytes[] = {");
	for (size_t at = 0; at < n; at++) {
		if (!p[at])
			continue;
		size_t end = run_end(p, n, at);
		buf_printf(&runs, "\t{%zu, %zu},\n", at, end - at);
		for (size_t i = at; i < end; i++)
			buf_printf(out, "%s%u,", kept++ % LINE ? "" : "\n\t", p[i]);
		count++;
		at = end;
	}
	buf_printf(out, "\n};\nstatic const struct image_run runs[] = {\n%.*s};\nconst struct image store_image = {%zu, bytes, runs, %zu};\n", STR_ARG(buf_str(&runs)), n,
		count);
	buf_done(&runs);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	struct sql q = {.path = ":memory:"};
	struct buf out = {0};
	sqlite3_int64 n = 0;
	if (argc != 2) {
		diag_error("usage: mcplog_mkschema OUT.c");
		return 2;
	}
	int r = make(&q, &err);
	unsigned char *p = r < 0 ? NULL : sqlite3_serialize(q.db, "main", &n, 0);
	if (r == 0 && p == NULL)
		r = err_set(&err, ERR_DB, "this SQLite cannot serialise a database");
	if (r == 0) {
		p[VERSIONS_AT] = p[VERSIONS_AT + 1] = WAL; /* read and write version: journal mode WAL from the beginning */
		put_image(&out, p, (size_t)n);
		r = out_text(argv[1], 0644, buf_str(&out), &err);
	}
	sqlite3_free(p);
	sql_done(&q);
	buf_done(&out);
	if (r < 0)
		diag_err(&err);
	return r < 0 ? 1 : 0;
}
