/*
 * Exit codes: one table for the order in which they win, one for what an error means to the caller. No other code leaves
 * the process.
 */
#include "cli/exit_code.h"

#include <signal.h>
#include <stddef.h>

#include "base/err.h"

static int rank(int code)
{
	static const int order[] = {EXIT_CODE_COMPLETE, EXIT_CODE_INPUT, EXIT_CODE_HIT, EXIT_CODE_USAGE, EXIT_CODE_OUTPUT, EXIT_CODE_BUSY};
	for (int i = 0; i < (int)(sizeof order / sizeof *order); i++)
		if (order[i] == code)
			return i;
	return (int)(sizeof order / sizeof *order);
}

int exit_code_worst(int a, int b)
{
	return rank(a) >= rank(b) ? a : b;
}

int exit_code_of(int err_code)
{
	static const struct {
		int error, code;
	} table[] = {
		{ERR_NONE, EXIT_CODE_COMPLETE}, {ERR_SYNTAX, EXIT_CODE_USAGE}, {ERR_SCHEMA, EXIT_CODE_USAGE},
		{ERR_USAGE, EXIT_CODE_USAGE},   {ERR_LIMIT, EXIT_CODE_INPUT},  {ERR_LOCKED, EXIT_CODE_BUSY},
		{ERR_STOPPED, EXIT_CODE_SIGNAL + SIGTERM},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].error == err_code)
			return table[i].code;
	return EXIT_CODE_OUTPUT;
}

int exit_code_of_signal(int number)
{
	return EXIT_CODE_SIGNAL + (number == SIGINT ? SIGINT : SIGTERM);
}
