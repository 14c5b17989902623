/* Where logs lie on a user's machine, and what they tell: patterns/places.yaml, for `mcplog doctor`. */
#ifndef MCPLOG_MODEL_LOG_PLACE_H
#define MCPLOG_MODEL_LOG_PLACE_H
#include "model/source.h"

enum { PLACE_PATHS = 8, PLACE_NAMES = 4 };
struct log_place {
	str id, title;
	enum source_kind kind;
	str paths[PLACE_PATHS];  /* with {home} {claude} {debug} {cache} {config} */
	unsigned path_count;
	str names[PLACE_NAMES];  /* ends of file names that count */
	unsigned name_count;
	str tells, missing;      /* what can be diagnosed with it; what cannot without it */
	str enable;              /* how it is switched on */
	str example;             /* a command, with {path} */
	bool main;               /* the one whose absence is worth advice */
};
#endif
