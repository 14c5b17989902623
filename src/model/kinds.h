/* Event kinds that the mechanism itself speaks of. patterns/kinds.yaml describes them and all others; kinds of user
 * patterns get numbers from KIND_COUNT on. The order is not part of any contract. */
#ifndef MCPLOG_MODEL_KINDS_H
#define MCPLOG_MODEL_KINDS_H

#define KIND_LIST(X)                                                                                              \
	X(NONE, "none")                                                                                               \
	/* calls, client side */                                                                                      \
	X(CALL_DISPATCH, "call.dispatch")        /* dispatched by the client, permission decided: tool, id, perm */   \
	X(CALL_DISPATCH_END, "call.dispatch-end")/* end of the dispatch: id, outcome, ms */                           \
	X(CALL_SENT, "call.sent")                /* request written: server, tool */                                  \
	X(CALL_BEAT, "call.beat")                /* still running: server, tool, elapsed */                           \
	X(CALL_COMPLETED, "call.completed")      /* answer received: server, tool, dur */                             \
	X(CALL_FAILED, "call.failed")            /* ended in error: server, tool, dur, err */                         \
	X(CALL_RETRY, "call.retry")              /* the failed line before is not final: server, tool */              \
	X(CALL_ABORTING, "call.aborting")        /* the client's watchdog gives up: server, tool */                   \
	X(TOOL_ERROR_TEXT, "tool.error-text")    /* the tool's own error text */                                       \
	X(ERROR_TWIN, "error.twin")              /* an error object printed once more */                               \
	X(CALL_ERROR_TWIN, "call.error-twin")    /* "… tool error (Nms): …": tool, ms, err or code/type */            \
	X(CALL_APP_ERROR, "call.app-error")      /* the answer of a tool that failed, before its failed line: server, text */ \
	X(CALL_APP_TWIN, "call.app-twin")        /* a twin that knows the error was the tool's answer: tool, ms */    \
	X(CALL_UNKNOWN_TOOL, "call.unknown-tool")/* the call never left: tool, id */                                  \
	X(CALL_TOOL_GONE, "call.tool-gone")      /* tool not found, its server left: tool */                          \
	X(CALL_HOOK_PRE, "call.hook-pre")        /* old clients: hooks before the call: tool (full name) */           \
	X(CALL_HOOK_POST, "call.hook-post")      /* old clients: hooks after it, also on Esc */                       \
	X(CALL_BACKGROUNDED, "call.backgrounded")/* moved to the background: name, task */                            \
	X(CANCEL_USER, "cancel.user")            /* Esc: source, mode */                                              \
	X(PERMISSION_ASKED, "permission.asked")  /* a prompt was shown: tool */                                       \
	X(TOOL_USE, "transcript.tool-use")       /* tool, id */                                                       \
	X(TOOL_RESULT, "transcript.tool-result") /* id, outcome, err */                                               \
	/* connections, client side */                                                                                \
	X(CONNECT_START, "connect.start")        /* server, limit (ms) */                                             \
	X(CONNECT_OK, "connect.ok")              /* server, transport */                                              \
	X(CONNECT_CAPABILITIES, "connect.capabilities") /* what a server that is connected can do: server */          \
	X(CONNECT_FAILED, "connect.failed")      /* server, ms, err */                                                \
	X(CONNECT_ERROR, "connect.error")        /* the reason of a failed connect, printed once more */               \
	X(CONNECT_RETRY, "connect.retry")        /* the client tries again: server, n, m, ms */                       \
	X(TRANSPORT_INIT, "transport.init")      /* server, transport, url */                                         \
	X(TRANSPORT_DROPPED, "transport.dropped")/* server, transport, uptime */                                      \
	X(TRANSPORT_ERROR, "transport.error")    /* detail of a drop, or alone: server, err */                        \
	X(TRANSPORT_RESET, "transport.reset")    /* newer clients' detail line of a drop: cut */                       \
	X(TRANSPORT_REFUSED, "transport.refused")/* the same: nothing listens */                                       \
	X(TRANSPORT_CLOSING, "transport.closing")/* the client closes: server, why */                                 \
	X(TRANSPORT_CLOSED, "transport.closed")  /* end of a connection object: server, uptime, how */                \
	X(RECONNECT_START, "reconnect.start")                                                                         \
	X(RECONNECT_OK, "reconnect.ok")                                                                               \
	X(RECONNECT_FAILED, "reconnect.failed")                                                                       \
	X(RECONNECT_GAVE_UP, "reconnect.gave-up") /* … and does not try again: server, n */                           \
	X(REMOTE_TRACE, "transport.remote-trace")/* proves that the server is remote ("No token data found") */       \
	X(TOOLS_LIST_FAILED, "tools-list.failed")/* server, err */                                                    \
	X(SERVER_STDERR, "stdio.stderr")         /* proves that the server is stdio: server, text */                  \
	/* the client itself */                                                                                       \
	X(CLIENT_EXIT, "client.exit")            /* the client is leaving */                                          \
	X(CLIENT_VERSION, "client.version")      /* version */                                                        \
	X(API_REQUEST, "api.request")            /* request to the model */                                           \
	/* server side */                                                                                             \
	X(SERVER_STARTED, "server.started")      /* pid */                                                            \
	X(SERVER_STOPPING, "server.stopping")                                                                         \
	X(SERVER_STOPPED, "server.stopped")                                                                           \
	X(REQUEST_PROCESSED, "request.processed")/* the handler was reached: request */                               \
	X(HTTP_ACCESS, "http.access")            /* method, path, http, session, port */                              \
	X(PY_PREINIT, "py.preinit")              /* a request met a session without initialize, which died of it */    \
	X(PY_PREINIT_WARNING, "py.preinit-warning") /* the same, refused */                                             \
	X(PY_TRACEBACK, "py.traceback")          /* a traceback no leaf signature explains: leaf */                   \
	/* excerpts */                                                                                                \
	X(CLIENT_ERROR, "client.error")          /* what a program that is a client of MCP says of its own failure */  \
	X(WIRE_ERROR, "wire.error")              /* a JSON-RPC error answer */                                         \
	X(ERROR_TEXT, "error.text")              /* an error text that stands alone: err */

enum kind {
#define X(id, name) KIND_##id,
	KIND_LIST(X)
#undef X
	KIND_COUNT
};
#endif
