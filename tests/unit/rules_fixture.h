/* The built-in knowledge, loaded once for a whole test program: load_rules and free_rules are its group's setup and teardown. */
#ifndef MCPLOG_TESTS_RULES_FIXTURE_H
#define MCPLOG_TESTS_RULES_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "knowledge/knowledge.h"

static struct rules rules;

static int load_rules(void **state)
{
	struct err e;
	(void)state;
	return knowledge_load(&rules, NULL, NULL, 0, &e);
}

static int free_rules(void **state)
{
	(void)state;
	knowledge_free(&rules);
	return 0;
}

static inline uint16_t class_of(const char *name)
{
	uint32_t id = intern_find(&rules.classes, str_z(name));
	if (name && !id)
		fail_msg("there is no class %s", name);
	return (uint16_t)id;
}
#endif
