/* Tracebacks: plain, chained, nested groups, siblings, boxes, cut ones. */
#include "parser_fixture.h"

static void plain_and_chained(void **state)
{
	(void)state;
	expect("INFO:     Started server process [1]\n"
	       "Traceback (most recent call last):\n"
	       "  File \"a.py\", line 15, in <module>\n"
	       "    import x  # noqa\n"
	       "           ^^^^^^^^\n"
	       "KeyError: 'a'\n"
	       "\n"
	       "The above exception was the direct cause of the following exception:\n"
	       "\n"
	       "Traceback (most recent call last):\n"
	       "  File \"b.py\", line 1, in f\n"
	       "pydantic_core._pydantic_core.ValidationError: 1 validation error for x\n"
	       "  Field required [type=missing]\n"
	       "INFO:     Shutting down\n",
		"1 server server -|Started server process [1]\n"
		"6 server traceback -|KeyError: 'a'\n"
		"12 server traceback -|pydantic_core._pydantic_core.ValidationError: 1 validation error for x\\n  Field required [type=missing]\n"
		"14 server server -|Shutting down\n");
}

static void nested_groups(void **state)
{
	(void)state;
	expect("ERROR:    Exception in ASGI application\n"
	       "  + Exception Group Traceback (most recent call last):\n"
	       "  |   File \"h11_impl.py\", line 403, in run_asgi\n"
	       "  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)\n"
	       "  +-+---------------- 1 ----------------\n"
	       "    | Exception Group Traceback (most recent call last):\n"
	       "    |   File \"sse.py\", line 131, in connect_sse\n"
	       "    | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n"
	       "    +-+---------------- 1 ----------------\n"
	       "      | Traceback (most recent call last):\n"
	       "      |   File \"session.py\", line 163, in _received_request\n"
	       "      | RuntimeError: Received request before initialization was complete\n"
	       "      +------------------------------------\n"
	       "    +---------------- 2 ----------------\n"
	       "    | Traceback (most recent call last):\n"
	       "    |   File \"memory.py\", line 4, in send\n"
	       "    | anyio.BrokenResourceError\n"
	       "    +------------------------------------\n"
	       "INFO:     Shutting down\n",
		"1 server server -|Exception in ASGI application\n"
		"12 server traceback -|RuntimeError: Received request before initialization was complete\n"
		"17 server traceback -|anyio.BrokenResourceError\n"
		"19 server server -|Shutting down\n");
}

struct frames {
	struct buf text;
};

static void take_frames(void *context, const struct record *r)
{
	struct frames *f = context;
	if (r->class == CLASS_TRACEBACK)
		buf_printf(&f->text, "%.*s=%.*s;", STR_ARG(r->body), STR_ARG(r->frames));
}

static void frames_of_each_leaf(void **state)
{
	(void)state;
	const str text = S("  + Exception Group Traceback (most recent call last):\n  |   File \"outer\"\n  | ExceptionGroup: e (2 sub-exceptions)\n"
			   "  +-+---------------- 1 ----------------\n    |   File \"one\"\n    | AError: 1\n    +---------------- 2 ----------------\n"
			   "    |   File \"two\"\n    | BError: 2\n    +------------------------------------\n");
	struct frames f = {{0}};
	struct setting setting = {0};
	struct parser_options options = {.base = INSTANT_NONE, .probe = text};
	struct parser *p = parser_new(&rules, &options, gate, &setting, take_frames, &f);
	push_lines(p, text, UINT64_MAX);
	parser_finish(p);
	buf_byte(&f.text, '\0');
	assert_string_equal(f.text.p, "AError: 1=  File \"outer\"\n  File \"one\"\n;BError: 2=  File \"outer\"\n  File \"two\"\n;");
	parser_free(p);
	buf_done(&f.text);
}

static void interleaved(void **state)
{
	(void)state;
	expect("ERROR:    Exception in ASGI application\n"
	       "Traceback (most recent call last):\n"
	       "  File \"a.py\", line 15, in <module>\n"
	       "INFO:     127.0.0.1:1 - \"POST /messages/ HTTP/1.1\" 202 Accepted\n"
	       "    raise x\n"
	       "TypeError: 'NoneType' object is not callable\n",
		"1 server server -|Exception in ASGI application\n"
		"4 server access -|127.0.0.1:1 - \"POST /messages/ HTTP/1.1\" 202 Accepted\n"
		"6 server traceback -|TypeError: 'NoneType' object is not callable\n");
}

static void cut_trees(void **state)
{
	(void)state;
	expect("ERROR:    Exception in ASGI application\n"
	       "  + Exception Group Traceback (most recent call last):\n"
	       "  |   File \"h11_impl.py\", line 403, in run_asgi\n"
	       "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n",
		"1 server server -|Exception in ASGI application\n"
		"4 server traceback - cut|ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n");
	expect("INFO:     Started server process [1]\nTraceback (most recent call last):\n  File \"a.py\", line 1\nINFO:     Shutting down\n",
		"1 server server -|Started server process [1]\n4 server server -|Shutting down\n2 server traceback - cut|\n");
}

static void boxes(void **state)
{
	(void)state;
	expect("INFO:     Started server process [1]\n"
	       "\xe2\x95\xad\xe2\x94\x80\xe2\x94\x80 Traceback (most recent call last) \xe2\x94\x80\xe2\x94\x80\xe2\x95\xae\n"
	       "\xe2\x94\x82 /app/x.py:137 in handle                \xe2\x94\x82\n"
	       "\xe2\x94\x82 \xe2\x9d\xb1 137 \xe2\x94\x82   raise RuntimeError(          \xe2\x94\x82\n"
	       "\xe2\x95\xb0\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x95\xaf\n"
	       "RuntimeError: in a box\n"
	       "INFO:     Shutting down\n",
		"1 server server -|Started server process [1]\n"
		"6 server traceback -|RuntimeError: in a box\n"
		"7 server server -|Shutting down\n");
	/* the same after somebody's editor took UTF-8 for Windows-1252 */
	expect("INFO:     Started server process [1]\n"
	       "\xc3\xa2\xe2\x80\xa2\xc2\xad\xc3\xa2\xe2\x80\x9d\xe2\x82\xac Traceback (most recent call last) \xc3\xa2\xe2\x80\x9d\xe2\x82\xac\n"
	       "\xc3\xa2\xe2\x80\x9d\xe2\x80\x9a /app/x.py:137 in handle \xc3\xa2\xe2\x80\x9d\xe2\x80\x9a\n"
	       "\xc3\xa2\xe2\x80\xa2\xc2\xb0\xc3\xa2\xe2\x80\x9d\xe2\x82\xac\n"
	       "ValueError: mojibake\n",
		"1 server server -|Started server process [1]\n5 server traceback -|ValueError: mojibake\n");
}

static void deep_and_long(void **state)
{
	(void)state;
	struct buf text = {0};
	buf_addz(&text, "ERROR:    Exception in ASGI application\n  + Exception Group Traceback (most recent call last):\n");
	for (int depth = 1; depth < 60; depth++)
		buf_printf(&text, "%*s| ExceptionGroup: e (1 sub-exception)\n%*s+-+---------------- 1 ----------------\n", 2 * depth, "", 2 * depth, "");
	for (int i = 0; i < 12000; i++)
		buf_printf(&text, "%*s|   File \"x\", line %d, in f\n", 120, "", i);
	buf_printf(&text, "%*s| RecursionError: too deep\nINFO:     Shutting down\n", 120, "");
	struct run run = run_text(buf_str(&text), &(struct setting){0});
	buf_byte(&run.out, '\0');
	assert_non_null(strstr(run.out.p, "cut|RecursionError: too deep\n"));
	assert_non_null(strstr(run.out.p, "|Shutting down\n"));
	assert_int_equal(run.count, 3);
	run_done(&run);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_and_chained), cmocka_unit_test(nested_groups), cmocka_unit_test(frames_of_each_leaf),
		cmocka_unit_test(interleaved), cmocka_unit_test(cut_trees), cmocka_unit_test(boxes), cmocka_unit_test(deep_and_long),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
