/* SQLite's way to the disk, with the write-ahead log in large pieces. For store/ only. */
#ifndef MCPLOG_STORE_GATHER_H
#define MCPLOG_STORE_GATHER_H
#include <sqlite3.h>

/* Name of a VFS for sqlite3_open_v2, which is there from the first call to the end of the process; NULL: SQLite's own must do. */
const char *gather_vfs(void);
#endif
