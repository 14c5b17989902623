/* MCP names: one tool is written in several ways by clients, cache directories and configurations. */
#include "base/buf.h"
#include "model/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void canonical_form(void **state)
{
	static const struct {
		const char *name, *canonical;
	} cases[] = {
		{"", ""}, {"plain", "plain"}, {"with space", "with_space"}, {"with-dash", "with_dash"}, {"a.b/c:d", "a_b_c_d"}, {"A_1", "A_1"},
		{"claude.ai Notion", "claude_ai_Notion"}, {"\xc3\xbcml", "\xc3\xbcml"}, /* letters beyond ASCII stay as they are */
	};
	struct buf b = {0};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		name_canonical(&b, str_z(cases[i].name));
		if (!str_eq(buf_str(&b), str_z(cases[i].canonical)))
			fail_msg("%s became %.*s", cases[i].name, STR_ARG(buf_str(&b)));
	}
	buf_done(&b);
}

static void same_name(void **state)
{
	(void)state;
	assert_true(name_same(S("my server"), S("my_server")));
	assert_true(name_same(S("my-server"), S("my.server")));
	assert_true(name_same(S(""), S("")));
	assert_true(name_same(STR_NONE, S("")));
	assert_false(name_same(S("my server"), S("My server"))); /* case tells servers apart */
	assert_false(name_same(S("a"), S("ab")));
	assert_false(name_same(S("a1"), S("a2")));
}

static void full_names_are_recognised(void **state)
{
	(void)state;
	assert_true(name_is_tool(S("mcp__my_server__do_it"), S("my server"), S("do_it")));
	assert_true(name_is_tool(S("mcp__my-server__do_it"), S("my.server"), S("do-it")));
	assert_true(name_is_tool(S("mcp__a__b__c"), S("a__b"), S("c"))); /* both readings of a doubled underscore are possible */
	assert_true(name_is_tool(S("mcp__a__b__c"), S("a"), S("b__c")));
	assert_false(name_is_tool(S("mcp__a__b"), S("a"), S("bc")));
	assert_false(name_is_tool(S("mcp__a__bc"), S("a"), S("b")));
	assert_false(name_is_tool(S("mcp__a_-b"), S("a"), S("b"))); /* the separator is no name: it is not canonicalised */
	assert_false(name_is_tool(S("mcp_a__b"), S("a"), S("b")));
	assert_false(name_is_tool(S(""), S(""), S("")));
}

static void expect_split(const char *full, const char *server, const char *tool)
{
	str s = STR_NONE, t = STR_NONE;
	bool split = name_split(str_z(full), &s, &t);
	if (split != (server != NULL))
		fail_msg("%s %s", full, split ? "was split" : "was not split");
	if (split && (!str_eq(s, str_z(server)) || !str_eq(t, str_z(tool))))
		fail_msg("%s was split into %.*s and %.*s", full, STR_ARG(s), STR_ARG(t));
}

static void full_names_are_split(void **state)
{
	(void)state;
	expect_split("mcp__server__tool", "server", "tool");
	expect_split("mcp__server__a__b", "server", "a__b"); /* at the first separator */
	expect_split("mcp__se_rv-er__tool", "se_rv-er", "tool");
	expect_split("mcp__server__", NULL, NULL);
	expect_split("mcp____tool", NULL, NULL);
	expect_split("mcp__server", NULL, NULL);
	expect_split("mcp__", NULL, NULL);
	expect_split("mcp_tool", NULL, NULL);
	expect_split("Bash", NULL, NULL);
	expect_split("", NULL, NULL);
}

static void what_may_be_an_mcp_tool(void **state)
{
	(void)state;
	assert_true(name_is_mcp(S("mcp__server__tool")));
	assert_true(name_is_mcp(S("mcp_tool")));
	assert_true(name_is_general(S("mcp_tool")));
	assert_false(name_is_general(S("mcp__server__tool")));
	assert_false(name_is_mcp(S("Bash")));
	assert_false(name_is_mcp(S("mcp_tools")));
	assert_false(name_is_mcp(S("")));
}

static void hash_follows_the_canonical_form(void **state)
{
	(void)state;
	assert_true(name_hash(S("my server"), S("do-it")) == name_hash(S("my-server"), S("do_it")));
	assert_true(name_hash(S("a"), S("b")) != name_hash(S("b"), S("a")));
	assert_true(name_hash(S("ab"), S("c")) != name_hash(S("a"), S("bc")));
	assert_true(name_hash(S("a"), S("")) != name_hash(S(""), S("a")));
	assert_true(name_hash(S("a"), S("b")) != name_hash(S("A"), S("b")));
}

/* The hash takes eight bytes at a time: whatever byte stands wherever, it is that of the canonical form, and of no other one. */
static void hash_of_every_byte(void **state)
{
	(void)state;
	struct buf plain = {0};
	for (size_t n = 1; n <= 19; n++)
		for (size_t at = 0; at < n; at++)
			for (unsigned c = 0; c < 256; c++) {
				char name[20];
				memset(name, 'k', sizeof name);
				name[at] = (char)c;
				buf_reset(&plain);
				name_canonical(&plain, (str){name, n});
				const uint64_t hash = name_hash((str){name, n}, S("t"));
				assert_true(hash == name_hash(buf_str(&plain), S("t")));
				assert_int_equal(hash == name_hash((str){"kkkkkkkkkkkkkkkkkkk", n}, S("t")), name_same((str){name, n}, (str){"kkkkkkkkkkkkkkkkkkk", n}));
			}
	buf_done(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_form),
		cmocka_unit_test(same_name),
		cmocka_unit_test(full_names_are_recognised),
		cmocka_unit_test(full_names_are_split),
		cmocka_unit_test(what_may_be_an_mcp_tool),
		cmocka_unit_test(hash_follows_the_canonical_form),
		cmocka_unit_test(hash_of_every_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
