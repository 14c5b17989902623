/* gen.c OUT MIB SEED [plain]: a synthetic debug log of a client, the same bytes for the same arguments, and its truth as JSON on stdout.
 *
 * A plain log has longer lines, some 125 bytes, and fewer calls, some 60 per MiB; one noise in nine begins as a signature does, else
 * one in three; and a third of the incidents.
 * Nine of ten lines are noise. Between them: healthy calls, connections, stderr of a stdio server; now and then a call whose stream
 * drops and that is cancelled, one whose server dies, one that never ends, a Python traceback; and traps: log text quoted inside
 * other records, lines of many kilobytes, records wrapped over two lines. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	uint64_t bytes, lines, calls, open, beats, cancelled, died, tracebacks, quoted;
} truth;
static struct {
	FILE *out;
	uint64_t state;
	int64_t now; /* ms since 1970-01-01 */
	bool plain;
} g;

static const struct {
	const char *name, *word;
} servers[] = {{"wiki", "SSE"}, {"issue-board", "HTTP"}, {"shell-kit", "stdio"}};
static const char *const tools[] = {"read_page", "list_items", "run_job", "search"};
static const char *const nouns[] = {"cache", "index", "prompt", "branch", "window", "schema", "worker", "header"};

static unsigned roll(unsigned n) /* 0 … n - 1 */
{
	g.state = g.state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((g.state >> 33) % n);
}

static const char *noun(void) { return nouns[roll(8)]; }

static void date(int64_t days, int *ret_month, int *ret_day) /* of 2026, which begins on day 20454 */
{
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int rest = (int)(days - 20454), month = 0;
	while (month < 11 && rest >= length[month])
		rest -= length[month++];
	*ret_month = month + 1;
	*ret_day = rest + 1;
}

static void count(int n)
{
	truth.bytes += (uint64_t)n;
	truth.lines++;
}

/* One record; the arguments are those of printf. */
#define RECORD(level, ...)                              \
	do {                                                \
		int n_ = stamp(level);                          \
		n_ += fprintf(g.out, __VA_ARGS__);              \
		count(n_ + fprintf(g.out, "\n"));               \
	} while (0)
#define LINE(...) count(fprintf(g.out, __VA_ARGS__))

static int stamp(const char *level)
{
	int month, day;
	int64_t ms = g.now % 86400000;
	date(g.now / 86400000, &month, &day);
	return fprintf(g.out, "2026-%02d-%02dT%02d:%02d:%02d.%03dZ [%s] ", month, day, (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
		(int)(ms % 1000), level);
}

static void usual_noise(void)
{
	switch (roll(9)) {
	case 0: RECORD("DEBUG", "[API REQUEST] /v1/messages source=repl_main_thread model=large-%u attempt=1", roll(9)); break;
	case 1: RECORD("DEBUG", "Temp file written successfully, size: %u bytes (/home/dev/.client.json)", roll(90000)); break;
	case 2: RECORD("DEBUG", "Getting matching hook commands for PreToolUse with query: Bash (%s)", noun()); break;
	case 3: RECORD("DEBUG", "Stream event delta index=%u text=\"%s %s %s %s\"", roll(40), noun(), noun(), noun(), noun()); break;
	case 4: RECORD("DEBUG", "Token count: input=%u output=%u", roll(9000), roll(4000)); break;
	case 5: RECORD("INFO", "[Stall] tool_dispatch_start tool=Read toolUseId=toolu_%08x permissionDecisionMs=1", roll(1u << 30)); break;
	case 6: RECORD("DEBUG", "[render] frame=%u %s %s took %u.%02ums", roll(90000), noun(), noun(), roll(9), roll(100)); break;
	case 7: RECORD("DEBUG", "MCP server \"%s\": tools/list returned %u tools", servers[roll(3)].name, roll(60)); break;
	default:
		RECORD("WARN", "Suggestions for %s: {", noun());
		LINE("  \"%s\": [\n", noun());
		LINE("    %u\n", roll(1000));
		LINE("  ]\n");
		LINE("}\n");
	}
}

#define SOURCES "/home/dev/projects/internal-services/src"
#define STATE "/home/dev/.config/client-data"

static uint64_t hex(void) { return (uint64_t)roll(1u << 31) << 24 ^ roll(1u << 31); }

/* Nothing that a signature begins with. */
static void plain_noise(void)
{
	const char *a = noun(), *b = noun();
	switch (roll(12)) {
	case 0:
		RECORD("DEBUG", "File history: snapshot %014" PRIx64 " taken, %u files tracked (kept as %014" PRIx64 "@v%u in " STATE "/history/%s)", hex(), roll(900),
			hex(), roll(30), a);
		break;
	case 1:
		RECORD("DEBUG", "Moving " STATE "/state/%s.json.tmp.%u.%013u to " STATE "/state/%s.json, %u bytes, mode 0600", a, roll(90000), roll(1u << 31), a,
			roll(90000));
		break;
	case 2:
		RECORD("DEBUG", "Permission rule for Bash(git diff %s): behaviour=ask source=projectSettings cwd=" SOURCES "/%s/%s matched=%u of %u rules", a, b, a, roll(3),
			roll(40));
		break;
	case 3:
		RECORD("DEBUG", "Diff of %s against %s: %u hunks, %u lines, took %u.%02ums in " SOURCES "/%s/%s.c", a, b, roll(20), roll(2000), roll(50), roll(100), b, a);
		break;
	case 4:
		RECORD("DEBUG", "Language server diagnostics: " SOURCES "/%s/%s_%s.ts errors=%u warnings=%u hints=%u version=%u pending=%u", a, b, a, roll(9), roll(30), roll(90),
			roll(400), roll(5));
		break;
	case 5:
		RECORD("DEBUG", "Shell: `git -C " SOURCES "/%s status --porcelain --branch` cwd=" SOURCES "/%s took %ums exit=0 bytes=%u", a, b, roll(300), roll(9000));
		break;
	case 6:
		RECORD("DEBUG", "Settings from the network: not modified, etag \"%014" PRIx64 "\", next in %us, url https://settings.example/v1/organisations/%014" PRIx64 "/%s",
			hex(), roll(3600), hex(), a);
		break;
	case 7:
		RECORD("DEBUG", "Context: %u of %u tokens used, turn %u, results of %s and %s dropped, model large-%u, cache read %u, cache written %u, reserve %u", roll(180000),
			200000u, roll(90), a, b, roll(9), roll(150000), roll(9000), 13000u);
		break;
	case 8: RECORD("DEBUG", "Watcher: changed " SOURCES "/%s/%s/%014" PRIx64 ".json (debounce %ums)", a, b, hex(), roll(500)); break;
	case 9:
		RECORD("DEBUG", "Telemetry: batch %014" PRIx64 " of %u events flushed in %ums, %u bytes gzip, queue %u, endpoint https://telemetry.example/v1/batches/%s", hex(),
			roll(60), roll(900), roll(20000), roll(10), a);
		break;
	case 10:
		RECORD("DEBUG", "Hook output of PostToolUse:%s parsed: {\"continue\":true,\"suppressOutput\":%s,\"reason\":\"%s %s %s\"} in %ums", a, roll(2) ? "true" : "false", b, a,
			noun(), roll(90));
		break;
	default:
		RECORD("WARN", "Settings of the %s hold a rule that nobody asks for:", a);
		LINE("  at " STATE "/settings.%s.json, rule %u of %u: Bash(%s %s:*)\n", b, roll(30), 30u, a, b);
	}
}

static void noise(void)
{
	g.now += 20 + roll(400);
	if (g.plain && roll(3))
		plain_noise();
	else
		usual_noise();
}

static void quoted(void) /* nothing of this happened */
{
	truth.quoted++;
	RECORD("DEBUG", "Tool result content: the log said");
	LINE("  MCP server \"wiki\": SSE connection dropped after 12s uptime\n");
	LINE("  MCP server \"wiki\": Tool 'read_page' still running (30s elapsed)\n");
	RECORD("DEBUG", "tool_result preview=\"[Stall] tool_dispatch_start tool=mcp__wiki__search toolUseId=toolu_quoted\"");
}

static void long_line(void)
{
	int n = stamp("DEBUG") + fprintf(g.out, "Image attachment data:image/png;base64,");
	for (unsigned i = 0, blocks = 200 + roll(4000); i < blocks; i++)
		n += fprintf(g.out, "%08x", roll(1u << 31));
	count(n + fprintf(g.out, "\n"));
}

static void connect(unsigned s)
{
	RECORD("DEBUG", "MCP server \"%s\": Starting connection with timeout of 30000ms", servers[s].name);
	g.now += 150;
	RECORD("DEBUG", "MCP server \"%s\": Successfully connected to %s server in 150ms", servers[s].name, s == 0 ? "sse" : s == 1 ? "http" : "stdio");
}

static void traceback(void)
{
	truth.tracebacks++;
	LINE("ERROR:    Exception in ASGI application\n");
	LINE("Traceback (most recent call last):\n");
	LINE("  File \"/app/mcp/server/session.py\", line 163, in _received_request\n");
	LINE("    raise RuntimeError(\n");
	LINE("RuntimeError: Received request before initialization was complete\n");
}

static const char *begin(unsigned s, char ret_id[40])
{
	const char *tool = tools[roll(4)];
	bool wrapped = roll(10) == 0;
	snprintf(ret_id, 40, "toolu_%08x%08x", roll(1u << 31), (unsigned)truth.calls);
	truth.calls++;
	RECORD("INFO", "[Stall] tool_dispatch_start tool=mcp__%s__%s%stoolUseId=%s permissionDecisionMs=%u", servers[s].name, tool,
		wrapped ? "\n                                  " : " ", ret_id, roll(20));
	truth.lines += wrapped;
	RECORD("DEBUG", "MCP server \"%s\": Calling MCP tool: %s", servers[s].name, tool);
	return tool;
}

static void end(unsigned s, const char *tool, const char *id, const char *outcome, int64_t ms)
{
	RECORD("INFO", "[Stall] tool_dispatch_end tool=mcp__%s__%s toolUseId=%s outcome=%s durationMs=%" PRId64, servers[s].name, tool, id, outcome, ms);
}

static int64_t beat(unsigned s, const char *tool, unsigned times)
{
	for (unsigned i = 1; i <= times; i++) {
		g.now += 30000;
		truth.beats++;
		RECORD("DEBUG", "MCP server \"%s\": Tool '%s' still running (%us elapsed)", servers[s].name, tool, 30 * i);
	}
	return 30000 * (int64_t)times;
}

static void healthy(void)
{
	char id[40];
	unsigned s = roll(3);
	const char *tool = begin(s, id);
	int64_t ms = 30 + roll(3000);
	g.now += ms;
	RECORD("DEBUG", "MCP server \"%s\": Tool '%s' completed successfully in %" PRId64 "ms", servers[s].name, tool, ms);
	end(s, tool, id, "ok", ms);
	if (s == 2 && roll(4) == 0)
		RECORD("ERROR", "MCP server \"shell-kit\" Server stderr: INFO %s done", noun());
}

static void cancelled(void)
{
	char id[40];
	const char *tool = begin(0, id);
	int64_t ms = 800;
	truth.cancelled++;
	g.now += ms;
	RECORD("DEBUG", "MCP server \"wiki\": SSE connection dropped after %us uptime", 100 + roll(9000));
	RECORD("DEBUG", "MCP server \"wiki\": Connection error: SSE error: undefined");
	ms += beat(0, tool, 2 + roll(20)) + 5000;
	g.now += 5000;
	RECORD("DEBUG", "[onCancel] source=local focusedInputDialog=undefined streamMode=tool-use");
	RECORD("DEBUG", "MCP server \"wiki\": Tool '%s' failed after %" PRId64 "s: MCP error -32001: user-cancel", tool, ms / 1000);
	end(0, tool, id, "error", ms);
	RECORD("ERROR", "McpError: McpError: MCP error -32001: user-cancel");
	g.now += 2000;
	connect(0);
}

static void died(void)
{
	char id[40];
	const char *tool = begin(2, id);
	truth.died++;
	g.now += 2000;
	RECORD("DEBUG", "MCP server \"shell-kit\": STDIO connection dropped after %us uptime", 100 + roll(9000));
	RECORD("DEBUG", "MCP server \"shell-kit\": Tool '%s' failed after 2s: MCP error -32000: Connection closed", tool);
	end(2, tool, id, "error", 2000);
	RECORD("ERROR", "McpError: McpError: MCP error -32000: Connection closed");
	g.now += 3000;
	connect(2);
}

static void left_open(void)
{
	char id[40];
	truth.open++;
	const char *tool = begin(0, id);
	g.now += 500;
	RECORD("DEBUG", "MCP server \"wiki\": SSE connection dropped after %us uptime", 100 + roll(9000));
	(void)beat(0, tool, 10);
	g.now += 3000;
	connect(0);
}

static void step(void)
{
	static const struct {
		unsigned of_100000[2]; /* the second one: of a plain log */
		void (*write)(void);
	} kinds[] = {{{900, 900}, healthy}, {{20, 5}, long_line}, {{6, 2}, cancelled}, {{4, 1}, died}, {{2, 1}, left_open}, {{4, 1}, traceback}, {{8, 4}, quoted}};
	unsigned n = roll(100000);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const unsigned some = kinds[i].of_100000[g.plain];
		if (n < some) {
			kinds[i].write();
			return;
		}
		n -= some;
	}
	noise();
}

int main(int argc, char **argv)
{
	g.plain = argc == 5 && strcmp(argv[4], "plain") == 0;
	if (argc != 4 + g.plain || (g.out = fopen(argv[1], "wb")) == NULL)
		return fprintf(stderr, "usage: gen OUT MIB SEED [plain]\n"), 2;
	uint64_t size = strtoull(argv[2], NULL, 10) << 20;
	g.state = strtoull(argv[3], NULL, 10) * 2 + 1;
	g.now = INT64_C(1767600000000);
	for (unsigned s = 0; s < 3; s++)
		connect(s);
	while (truth.bytes < size)
		step();
	if (fclose(g.out) != 0)
		return fprintf(stderr, "cannot write %s\n", argv[1]), 1;
	printf("{\"bytes\":%" PRIu64 ",\"lines\":%" PRIu64 ",\"calls\":%" PRIu64 ",\"open\":%" PRIu64 ",\"beats\":%" PRIu64 ",\"cancelled\":%" PRIu64
		",\"died\":%" PRIu64 ",\"tracebacks\":%" PRIu64 ",\"quoted\":%" PRIu64 "}\n",
		truth.bytes, truth.lines, truth.calls, truth.open, truth.beats, truth.cancelled, truth.died, truth.tracebacks, truth.quoted);
	return 0;
}
