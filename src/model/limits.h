/* Every maximum of the program. Reaching one is a counted fact or a message, never undefined behaviour. */
#ifndef MCPLOG_MODEL_LIMITS_H
#define MCPLOG_MODEL_LIMITS_H
#include <stdint.h>

#define LIMIT_READ_BUFFER (256u * 1024)      /* one read(2) */
#define LIMIT_LINE (1024u * 1024)            /* bytes of a line kept; the rest is skipped and noted */
#define LIMIT_MATCH (64u * 1024)             /* bytes of a record that patterns see */
#define LIMIT_RECORD (1024u * 1024)          /* bytes of a folded record */
#define LIMIT_RECORD_LINES 10000u            /* lines of a folded record */
#define LIMIT_EXCERPT 400u                   /* bytes of a redacted line that are stored */
#define LIMIT_RAW_EXCERPT 1600u              /* bytes of a line that are looked at for it: a secret may end behind the excerpt */
#define LIMIT_PROBE (64u * 1024)             /* bytes looked at to tell log, text and binary apart */
#define LIMIT_EVENT_FIELDS 12u               /* named values of one event */
#define LIMIT_DURATION (INT64_C(20) * 365 * 86400 * 1000000) /* µs; a longer one is a damaged line, not a duration */
#define LIMIT_PROBLEMS 64u                   /* problems listed per source; more are counted */
#define LIMIT_INFLATE_RATIO 1000u            /* output : input of a compressed file */
#define LIMIT_INFLATE_FREE (64ull << 20)     /* output bytes before that ratio counts: small repetitive logs are no bombs */
#define LIMIT_INFLATE_BYTES (64ull << 30)    /* output bytes of a compressed file */
#define LIMIT_ZSTD_WINDOW_LOG 27             /* 128 MiB */
#define LIMIT_TRACE_LEAVES 16u               /* leaf exceptions kept of one traceback */
#define LIMIT_REGEX_MATCH 100000u            /* PCRE2 match limit */
#define LIMIT_REGEX_DEPTH 1000u
#define LIMIT_REGEX_HEAP_KIB (16u * 1024)
#define LIMIT_SECTIONS (256u << 20)          /* bytes of a stream that holds several logs */
#define LIMIT_EVIDENCE 64u                   /* evidence lines of one incident */
#define LIMIT_PICTURE_CALLS 100000u          /* calls kept for pictures and traces; more are counted */
#define LIMIT_PICTURE_MARKS 100000u          /* marks, the same */
#endif
