/* The program's version; the build system may set it. */
#ifndef MCPLOG_MODEL_VERSION_H
#define MCPLOG_MODEL_VERSION_H
#ifndef MCPLOG_VERSION
#define MCPLOG_VERSION "0.1.0"
#endif
#endif
