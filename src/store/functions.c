/* What the user's SELECT may call (store/): a list of names, because "everything but the known bad ones" would trust each
 * later SQLite; and two aggregates that questions about latency need and SQLite 3.40 does not have.
 *
 * percentile() means what the function of that name means in newer SQLite: linear interpolation between the two nearest values.
 *
 * Refuses functions that load code, write files, tell about the library or make large blobs from nothing. */
#include "store/functions.h"
#include "base/vec.h"

static const char *const safe[] = {
	/* scalars */
	"abs", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "if", "ifnull", "iif", "instr", "length", "like", "likelihood",
	"likely", "lower", "ltrim", "max", "min", "nullif", "octet_length", "printf", "quote", "replace", "round", "rtrim", "sign", "substr",
	"substring", "trim", "typeof", "unicode", "unlikely", "upper",
	/* times */
	"date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff", "current_date", "current_time", "current_timestamp",
	/* numbers */
	"acos", "asin", "atan", "atan2", "ceil", "ceiling", "cos", "degrees", "exp", "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow",
	"power", "radians", "sin", "sqrt", "tan", "trunc",
	/* aggregates and windows */
	"avg", "count", "group_concat", "string_agg", "sum", "total", "percentile", "median", "row_number", "rank", "dense_rank", "percent_rank",
	"cume_dist", "ntile", "lag", "lead", "first_value", "last_value", "nth_value",
	/* JSON */
	"json", "json_array", "json_array_length", "json_extract", "json_object", "json_quote", "json_type", "json_valid", "json_group_array",
	"json_group_object", "->", "->>",
};

bool functions_allowed(const char *name)
{
	for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
		if (sqlite3_stricmp(name, safe[i]) == 0)
			return true;
	return false;
}

/* --- percentile, median --- */

struct values {
	VEC(double) all;
	double percent;
	bool wrong;
};

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static struct values *values_of(sqlite3_context *c, bool make)
{
	struct values **slot = sqlite3_aggregate_context(c, make ? sizeof *slot : 0);
	if (slot && !*slot && make)
		*slot = mem_new(sizeof **slot);
	return slot ? *slot : NULL;
}

static void step(sqlite3_context *c, int count, sqlite3_value **v)
{
	enum { MOST = 4 << 20 }; /* 32 MiB of numbers */
	struct values *all = values_of(c, true);
	if (!all)
		return;
	all->percent = count > 1 ? sqlite3_value_double(v[1]) : 50;
	const int type = sqlite3_value_numeric_type(v[0]);
	all->wrong = all->wrong || !(all->percent >= 0 && all->percent <= 100) || all->all.n == MOST;
	if (!all->wrong && (type == SQLITE_INTEGER || type == SQLITE_FLOAT))
		*vec_push(&all->all) = sqlite3_value_double(v[0]);
}

static void result(sqlite3_context *c)
{
	struct values *all = values_of(c, false);
	if (!all)
		return;
	if (all->wrong) {
		sqlite3_result_error(c, "percentile(Y, P): P is a number from 0 to 100, and there are at most 4 million Y", -1);
	} else if (all->all.n) {
		vec_sort(&all->all, by_value);
		const double at = all->percent / 100 * (double)(all->all.n - 1);
		const size_t below = (size_t)at, above = below + 1 < all->all.n ? below + 1 : below;
		const double *v = all->all.v;
		sqlite3_result_double(c, v[below] + (v[above] - v[below]) * (at - (double)below));
	}
	vec_free(&all->all);
	free(all);
}

int functions_add(struct sql *q, struct err *reterr)
{
	static const struct {
		const char *name;
		int arguments;
	} own[] = {{"percentile", 2}, {"median", 1}};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (sqlite3_create_function_v2(q->db, own[i].name, own[i].arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
				NULL, step, result, NULL) != SQLITE_OK)
			return sql_fail(q, reterr);
	return 0;
}
