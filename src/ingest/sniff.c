/* Tells compressed, archived, UTF-16 and binary input from text by its first bytes.
 *
 * A log may hold NUL bytes, holes of them, escape sequences, Latin-1 and torn lines, and is still a log. Binary is only what
 * has many bytes that no text has *and* whose lines do not begin with text. Names of files play no part here. */
#include "ingest/sniff.h"

#define MAGIC(literal) literal, sizeof(literal) - 1

static const struct {
	enum sniff kind;
	const char *name;
	size_t at;
	const char *magic;
	size_t n;
} containers[] = {
	{SNIFF_GZIP, "gzip", 0, MAGIC("\x1f\x8b")},
	{SNIFF_ZSTD, "zstd", 0, MAGIC("\x28\xb5\x2f\xfd")},
	{SNIFF_ARCHIVE, "xz", 0, MAGIC("\xfd" "7zXZ\0")},
	{SNIFF_ARCHIVE, "bzip2", 4, MAGIC("1AY&SY")},
	{SNIFF_ARCHIVE, "zip", 0, MAGIC("PK\x03\x04")},
	{SNIFF_ARCHIVE, "zip", 0, MAGIC("PK\x05\x06")},
	{SNIFF_ARCHIVE, "tar", 257, MAGIC("ustar")},
	{SNIFF_ARCHIVE, "7z", 0, MAGIC("7z\xbc\xaf\x27\x1c")},
	{SNIFF_ARCHIVE, "rar", 0, MAGIC("Rar!\x1a\x07")},
	{SNIFF_ARCHIVE, "lz4", 0, MAGIC("\x04\x22\x4d\x18")},
	{SNIFF_ARCHIVE, "compress", 0, MAGIC("\x1f\x9d")},
	/* These begin like text, so that the look at their bytes could take them for it. */
	{SNIFF_BINARY, "an SQLite database", 0, MAGIC("SQLite format 3\0")},
	{SNIFF_BINARY, "a PDF document", 0, MAGIC("%PDF-")},
	{SNIFF_BINARY, "a program", 0, MAGIC("\x7f" "ELF")},
	{SNIFF_BINARY, "a picture", 0, MAGIC("\x89PNG\r\n")},
	{SNIFF_BINARY, "a picture", 0, MAGIC("GIF8")},
};

enum sniff sniff_container(str first, const char **ret_name)
{
	for (size_t i = 0; i < sizeof containers / sizeof *containers; i++) {
		if (!str_starts(str_from(first, containers[i].at), (str){containers[i].magic, containers[i].n}))
			continue;
		*ret_name = containers[i].name;
		return containers[i].kind;
	}
	str skippable = str_from(first, 1);
	if (first.n >= 4 && (first.p[0] & 0xf0) == 0x50 && str_starts(skippable, S("\x2a\x4d\x18"))) {
		*ret_name = "zstd";
		return SNIFF_ZSTD;
	}
	return SNIFF_TEXT;
}

/* UTF-16 without a byte order mark: nearly every other byte is NUL. */
static bool is_wide(str probe)
{
	size_t nul[2] = {0, 0}, pairs = str_head(probe, 1024).n / 2;
	if (!memchr(probe.p, '\0', 2 * pairs))
		return false;
	for (size_t i = 0; i < 2 * pairs; i++)
		nul[i & 1] += probe.p[i] == '\0';
	size_t more = nul[0] > nul[1] ? nul[0] : nul[1], less = nul[0] > nul[1] ? nul[1] : nul[0];
	return pairs >= 8 && more * 10 >= pairs * 7 && less * 20 <= pairs;
}

static bool is_text_byte(unsigned char c)
{
	return (c >= 0x20 && c != 0x7f) || (c >= '\a' && c <= '\r') || c == 0x1b;
}

/* Adds how many bytes no text has, and how many are not ASCII. In stretches whose counts fit into bytes, which compilers turn into vectors. */
static void count_bytes(str text, size_t *strange, size_t *high)
{
	enum { STRETCH = 128 };
	for (; text.n > 0; text = str_from(text, STRETCH)) {
		const size_t n = text.n < STRETCH ? text.n : STRETCH;
		uint8_t odd = 0, top = 0;
		for (size_t i = 0; i < n; i++) {
			const unsigned char c = (unsigned char)text.p[i];
			odd = (uint8_t)(odd + !is_text_byte(c));
			top = (uint8_t)(top + (c >> 7));
		}
		*strange += odd;
		*high += top;
	}
}

/* Of the lines that have one, how many heads of up to 12 bytes are printable? */
static bool lines_begin_with_text(str probe)
{
	size_t good = 0, all = 0;
	while (probe.n > 0) {
		const char *lf = memchr(probe.p, '\n', probe.n);
		str line = {probe.p, lf ? (size_t)(lf - probe.p) : probe.n};
		probe = str_from(probe, line.n + 1);
		while (line.n > 0 && *line.p == '\0')
			line = str_from(line, 1);
		str head = str_head(line, 12);
		if (head.n < 4)
			continue;
		size_t i = 0;
		while (i < head.n && is_text_byte((unsigned char)head.p[i]) && (unsigned char)head.p[i] < 0x80)
			i++;
		all++;
		good += i == head.n;
	}
	return all == 0 || good * 2 > all;
}

static bool is_binary(str probe)
{
	enum { HOLE = 64, ENOUGH = 4096 }; /* a longer run of NULs is a hole in a log, or padding: it proves nothing */
	size_t strange = 0, all = 0, high = 0;
	/* Nearly every binary file has a NUL soon; without one its beginning is enough. Run for every file, so it must be cheap. */
	if (!memchr(probe.p, '\0', probe.n))
		probe = str_head(probe, ENOUGH);
	for (str rest = probe; rest.n > 0;) {
		const char *nul = memchr(rest.p, '\0', rest.n);
		const str text = {rest.p, nul ? (size_t)(nul - rest.p) : rest.n};
		size_t run = text.n;
		while (run < rest.n && rest.p[run] == '\0')
			run++;
		run -= text.n;
		count_bytes(text, &strange, &high);
		strange += run < HOLE ? run : 0;
		all += text.n + (run < HOLE ? run : 0);
		rest = str_from(rest, text.n + run);
	}
	return strange * 20 > all && (high > 0 || strange * 4 > all) && !lines_begin_with_text(probe);
}

enum sniff sniff_content(str probe)
{
	if (probe.n == 0)
		return SNIFF_TEXT;
	if (str_starts(probe, S("\xff\xfe\0\0")) || str_starts(probe, S("\0\0\xfe\xff")))
		return SNIFF_UTF32;
	if (str_starts(probe, S("\xff\xfe")) || str_starts(probe, S("\xfe\xff")) || is_wide(probe))
		return SNIFF_UTF16;
	return is_binary(probe) ? SNIFF_BINARY : SNIFF_TEXT;
}
