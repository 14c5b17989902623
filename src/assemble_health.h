/* The health of servers, from the calls, marks and uptimes of a picture. */
#ifndef MCPLOG_ASSEMBLE_HEALTH_H
#define MCPLOG_ASSEMBLE_HEALTH_H
#include "assemble_picture.h"

/* Adds the ages at which connections of the view ended otherwise than by the client's will. */
void health_sample_uptimes(struct picture_build *b, const struct session_view *v);
/* One per server of f, in its order; f->picture's calls and marks must be filled. Memory in the arena of the facts. */
const struct server_health *health_make(struct picture_build *b, const struct facts *f);
#endif
