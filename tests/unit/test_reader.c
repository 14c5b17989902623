/* Bytes to lines: the same lines and offsets for any chunking, bounded memory, honest problems (bad-inputs A14, A15, C, D). */
#include "base/buf.h"
#include "ingest/inflate.h"
#include "ingest/reader.h"
#include "ingest/sniff.h"
#include "model/limits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

struct outcome {
	struct buf lines; /* one line of text per line read */
	struct source facts;
	struct problem problems[8];
	struct buf peek;
	int end;          /* what the last reader_next gave */
};

static int file_of(str content)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t done = 0; done < content.n;) {
		ssize_t n = write(fd, content.p + done, content.n - done);
		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct outcome read_fd(int fd, const struct reader_options *options)
{
	struct outcome o = {0};
	struct reader *r = reader_new(fd, options);
	struct line l;
	buf_add(&o.peek, reader_peek(r));
	while ((o.end = reader_next(r, &l)) > 0) {
		buf_printf(&o.lines, "%llu@%llu+%llu%s ", (unsigned long long)l.number, (unsigned long long)l.offset, (unsigned long long)l.length,
			l.newline ? "" : "!");
		buf_add(&o.lines, str_head(l.text, 200));
		buf_byte(&o.lines, '\n');
	}
	assert_int_equal(reader_next(r, &l), o.end);
	reader_facts(r, &o.facts);
	assert_true(o.facts.problem_count <= 8);
	for (size_t i = 0; i < o.facts.problem_count; i++)
		o.problems[i] = o.facts.problems[i];
	o.facts.problems = NULL;
	reader_free(r);
	return o;
}

static struct outcome read_all(str content, struct reader_options options)
{
	return read_fd(file_of(content), &options);
}

static void done(struct outcome *o)
{
	buf_done(&o->lines);
	buf_done(&o->peek);
}

static const struct problem *find(const struct outcome *o, const char *code)
{
	for (size_t i = 0; i < o->facts.problem_count; i++)
		if (strcmp(o->problems[i].code, code) == 0)
			return &o->problems[i];
	return NULL;
}

static void assert_text(const struct buf *b, const char *expected)
{
	char *have = str_dupz(buf_str(b));
	assert_string_equal(have, expected);
	free(have);
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->lines.n, b->lines.n);
	assert_memory_equal(a->lines.p ? a->lines.p : "", b->lines.p ? b->lines.p : "", a->lines.n);
	assert_int_equal(a->end, b->end);
	assert_int_equal(a->facts.bytes, b->facts.bytes);
	assert_int_equal(a->facts.offset, b->facts.offset);
	assert_int_equal(a->facts.pending_bytes, b->facts.pending_bytes);
	assert_int_equal(a->facts.lines, b->facts.lines);
	assert_int_equal(a->facts.complete, b->facts.complete);
	assert_int_equal(a->facts.identity.head_hash, b->facts.identity.head_hash);
	assert_int_equal(a->facts.identity.head_len, b->facts.identity.head_len);
	assert_int_equal(a->facts.identity.marker_hash, b->facts.identity.marker_hash);
	assert_int_equal(a->facts.identity.marker_len, b->facts.identity.marker_len);
	assert_int_equal(a->facts.problem_count, b->facts.problem_count);
	for (size_t i = 0; i < a->facts.problem_count; i++) {
		assert_string_equal(a->problems[i].code, b->problems[i].code);
		assert_string_equal(a->problems[i].text, b->problems[i].text);
		assert_int_equal(a->problems[i].offset, b->problems[i].offset);
		assert_int_equal(a->problems[i].times, b->problems[i].times);
	}
}

/* Reads with every chunk size up to the whole (all of them when short), and wants one result. */
static struct outcome read_chunked(str content, struct reader_options options)
{
	struct outcome whole = read_all(content, options);
	for (size_t chunk = 1; chunk <= content.n + 1; chunk += chunk < 300 ? 1 : chunk) {
		options.chunk = chunk;
		struct outcome o = read_all(content, options);
		assert_same(&whole, &o);
		done(&o);
	}
	return whole;
}

static void test_lines(void **state)
{
	(void)state;
	struct outcome o = read_chunked(S("one\n\ntwo \xc3\xa4\nthree"), (struct reader_options){.final = true});
	assert_text(&o.lines, "1@0+3 one\n2@4+0 \n3@5+6 two \xc3\xa4\n4@12+5! three\n");
	assert_true(o.facts.complete);
	assert_int_equal(o.facts.offset, 17);
	assert_int_equal(o.facts.pending_bytes, 0);
	done(&o);
}

static void test_pending_last_line(void **state)
{
	(void)state;
	struct outcome o = read_chunked(S("one\nhalf a li"), (struct reader_options){.final = false});
	assert_text(&o.lines, "1@0+3 one\n");
	assert_int_equal(o.facts.offset, 4);
	assert_int_equal(o.facts.pending_bytes, 9);
	assert_int_equal(o.facts.lines, 1);
	assert_true(o.facts.complete);
	done(&o);
}

static void test_C2_line_ends(void **state)
{
	(void)state;
	struct outcome o = read_chunked(S("a\r\nb\rc\nd\r\r\n\v\f\xc2\x85\xe2\x80\xa8\n\r\ne\r"), (struct reader_options){.final = true});
	assert_text(&o.lines, "1@0+1 a\n2@3+3 b\rc\n3@7+2 d\r\n4@11+7 \v\f\xc2\x85\xe2\x80\xa8\n5@19+0 \n6@21+1! e\n");
	done(&o);
}

static void test_C3_nul_in_a_line(void **state)
{
	(void)state;
	static const char text[] = "a\0b\nc\0\n";
	struct outcome o = read_chunked((str){text, sizeof text - 1}, (struct reader_options){0});
	static const char expected[] = "1@0+3 a\0b\n2@4+2 c\0\n";
	assert_int_equal(o.lines.n, sizeof expected - 1);
	assert_memory_equal(o.lines.p, expected, sizeof expected - 1);
	assert_int_equal(o.facts.problem_count, 0);
	done(&o);
}

static void test_A14_nul_hole(void **state)
{
	(void)state;
	struct buf b = {0};
	buf_addz(&b, "before\n");
	buf_repeat(&b, '\0', 700);
	buf_addz(&b, "after\nmore\n");
	buf_repeat(&b, '\0', 3);
	buf_addz(&b, "end\n");
	struct outcome o = read_chunked(buf_str(&b), (struct reader_options){0});
	assert_text(&o.lines, "1@0+6 before\n2@7+5 after\n3@713+4 more\n4@718+3 end\n");
	const struct problem *p = find(&o, "nul-bytes");
	assert_non_null(p);
	assert_string_equal(p->text, "700 NUL bytes at offset 7 skipped");
	assert_int_equal(p->class, PROBLEM_NOTE);
	assert_int_equal(p->times, 2);
	assert_int_equal(p->line, 2);
	done(&o);
	buf_done(&b);
}

static void test_A14_sparse_hole_is_not_read(void **state)
{
	(void)state;
	int fd = file_of(S("before\n"));
	const off_t hole = (off_t)200 << 30;
	assert_int_equal(ftruncate(fd, hole), 0);
	assert_int_equal(pwrite(fd, "after\n", 6, hole), 6);
	struct reader_options options = {0};
	struct outcome o = read_fd(fd, &options);
	assert_text(&o.lines, "1@0+6 before\n2@7+5 after\n");
	assert_int_equal(o.facts.offset, hole + 6);
	assert_int_equal(o.facts.bytes, hole + 6);
	assert_true(o.facts.complete);
	done(&o);
}

static void test_A14_hole_at_the_end(void **state)
{
	(void)state;
	int fd = file_of(S("before\n"));
	const off_t size = (off_t)100 << 30;
	assert_int_equal(ftruncate(fd, size), 0);
	struct reader_options options = {.final = false};
	struct outcome o = read_fd(fd, &options);
	assert_text(&o.lines, "1@0+6 before\n");
	assert_int_equal(o.facts.offset, 7);
	assert_int_equal(o.facts.pending_bytes, size - 7);
	assert_int_equal(o.facts.identity.marker_len, 7);
	done(&o);
}

static void test_C5_byte_order_marks(void **state)
{
	(void)state;
	struct outcome o = read_chunked(S("\xef\xbb\xbf" "a\n\xef\xbb\xbf" "b\n"), (struct reader_options){0});
	assert_text(&o.lines, "1@3+1 a\n2@5+4 \xef\xbb\xbf" "b\n");
	assert_int_equal(o.facts.offset, 10);
	done(&o);
	const str wide[] = {S("\xff\xfe" "a\0b\0\n\0"), S("\xfe\xff\0a\0b\0\n"), S("2\0""0\0""2\0""6\0-\0""1\0""1\0-\0""2\0""0\0\n\0")};
	for (size_t i = 0; i < 3; i++) {
		o = read_chunked(wide[i], (struct reader_options){.final = true});
		assert_int_equal(o.lines.n, 0);
		assert_true(o.end < 0);
		assert_false(o.facts.complete);
		assert_non_null(find(&o, "utf-16"));
		assert_string_equal(o.problems[0].text, "looks like UTF-16, convert with iconv -f UTF-16");
		assert_int_equal(o.problems[0].class, PROBLEM_ERROR);
		done(&o);
	}
	o = read_chunked((str){"\xff\xfe\0\0a\0\0\0", 8}, (struct reader_options){.final = true});
	assert_non_null(find(&o, "utf-32"));
	done(&o);
}

static void long_line(struct buf *b, size_t n)
{
	buf_addz(b, "first\n");
	buf_repeat(b, 'x', n);
	buf_addz(b, "\r\nnext\n");
}

static void test_C6_long_lines(void **state)
{
	(void)state;
	static const size_t sizes[] = {LIMIT_LINE - 1, LIMIT_LINE, LIMIT_LINE + 1, LIMIT_LINE + 2, LIMIT_LINE + 4097, 3 * LIMIT_LINE, 5000001};
	static const size_t chunks[] = {0, 4096, 4099, 65536, LIMIT_LINE, 8 * LIMIT_LINE};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf b = {0};
		long_line(&b, sizes[i]);
		struct outcome first = {0};
		for (size_t j = 0; j < sizeof chunks / sizeof *chunks; j++) {
			struct outcome o = read_all(buf_str(&b), (struct reader_options){.chunk = chunks[j]});
			assert_int_equal(o.facts.lines, 3);
			assert_int_equal(find(&o, "line-too-long") != NULL, sizes[i] > LIMIT_LINE);
			if (j == 0) {
				first = o;
				char head[40], tail[64];
				(void)snprintf(head, sizeof head, "2@6+%zu xxx", sizes[i]);
				(void)snprintf(tail, sizeof tail, "\n3@%zu+4 next\n", sizes[i] + 8);
				assert_true(str_find(buf_str(&o.lines), str_z(head)) >= 0);
				assert_true(str_ends(buf_str(&o.lines), str_z(tail)));
				continue;
			}
			assert_same(&first, &o);
			done(&o);
		}
		if (sizes[i] > LIMIT_LINE) {
			assert_int_equal(first.problems[0].offset, 6);
			assert_int_equal(first.problems[0].line, 2);
			assert_int_equal(first.problems[0].class, PROBLEM_NOTE);
		}
		done(&first);
		buf_done(&b);
	}
}

static void test_C6_long_line_at_the_end(void **state)
{
	(void)state;
	struct buf b = {0};
	buf_addz(&b, "first\n");
	buf_repeat(&b, 'x', 2 * LIMIT_LINE);
	struct outcome o = read_all(buf_str(&b), (struct reader_options){.final = false});
	assert_text(&o.lines, "1@0+5 first\n");
	assert_int_equal(o.facts.pending_bytes, 2 * LIMIT_LINE);
	assert_int_equal(o.facts.offset, 6);
	assert_int_equal(o.facts.identity.marker_len, 6);
	done(&o);
	o = read_all(buf_str(&b), (struct reader_options){.final = true});
	assert_int_equal(o.facts.lines, 2);
	assert_int_equal(o.facts.pending_bytes, 0);
	assert_int_equal(o.facts.identity.marker_len, 4096);
	assert_non_null(find(&o, "line-too-long"));
	done(&o);
	buf_done(&b);
}

/* A line that grows for ever is not kept: 256 MiB through a pipe must not show in the memory of the process. */
static void test_C6_memory_is_bounded(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		static char block[65536];
		memset(block, 'x', sizeof block);
		(void)close(ends[0]);
		for (int i = 0; i < 4096; i++)
			if (write(ends[1], block, sizeof block) < 0)
				_exit(1);
		_exit(write(ends[1], "\nnext\n", 6) == 6 ? 0 : 1);
	}
	(void)close(ends[1]);
	struct rusage before, after;
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	struct reader_options options = {.final = true};
	struct outcome o = read_fd(ends[0], &options);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_int_equal(o.facts.lines, 2);
	assert_int_equal(o.facts.bytes, (256u << 20) + 6);
	assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
	done(&o);
}

static void test_C8_binary(void **state)
{
	(void)state;
	struct buf b = {0};
	uint32_t x = 12345;
	for (int i = 0; i < 50000; i++) {
		x = x * 1664525u + 1013904223u;
		buf_byte(&b, (char)(x >> 24));
	}
	struct outcome o = read_all(buf_str(&b), (struct reader_options){.named = true, .final = true});
	assert_int_equal(o.facts.lines, 0);
	assert_true(o.end < 0);
	assert_non_null(find(&o, "binary"));
	assert_int_equal(o.problems[0].class, PROBLEM_ERROR);
	assert_int_equal(o.peek.n, 0);
	done(&o);
	o = read_all(buf_str(&b), (struct reader_options){.named = false, .final = true});
	assert_int_equal(o.end, 0);
	assert_int_equal(o.problems[0].class, PROBLEM_NOTE);
	assert_true(o.facts.complete);
	done(&o);
	o = read_all(buf_str(&b), (struct reader_options){.named = true, .final = true, .force_text = true});
	assert_true(o.facts.lines > 100);
	done(&o);
	buf_done(&b);
}

static void test_C8_odd_logs_are_no_binaries(void **state)
{
	(void)state;
	static const char line[] = "2026-11-20T11:16:44.019Z [DEBUG] caf\xe9 \x1b[31mred\x1b[0m\n";
	struct buf b = {0};
	for (int i = 0; i < 4; i++)
		buf_add(&b, (str){line, sizeof line - 1});
	buf_repeat(&b, '\0', 3000);
	buf_add(&b, (str){line, sizeof line - 1});
	buf_add(&b, (str){"2026-11-20T11:16:44.019Z [DEBUG] \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\2\3\n", 62});
	struct outcome o = read_all(buf_str(&b), (struct reader_options){.named = true});
	assert_int_equal(o.facts.lines, 6);
	assert_null(find(&o, "binary"));
	done(&o);
	buf_done(&b);
}

/* A probe that ends where no memory is: a byte read too far is a crash. */
static void test_sniff_stays_inside(void **state)
{
	(void)state;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
	const str samples[] = {S("\x1f\x8b"), S("\x28\xb5\x2f\xfd"), S("\xfd" "7zXZ\0"), S("P*M\x18"), S("BZh91AY&SY"), S("\xff\xfe\0\0"), S("\0\0\0\0"),
		S("plain text\nwith lines\n"), S("\xef\xbb\xbf")};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		for (size_t n = 0; n <= samples[i].n; n++) {
			char *at = map + page - n;
			const char *name;
			memcpy(at, samples[i].p, n);
			(void)sniff_container((str){at, n}, &name);
			(void)sniff_content((str){at, n});
		}
	}
	assert_int_equal(munmap(map, 2 * page), 0);
}

static void gzip(struct buf *out, str content)
{
	z_stream z = {0};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
	size_t room = deflateBound(&z, content.n) + 64;
	buf_reserve(out, room);
	z.next_in = (unsigned char *)(uintptr_t)content.p;
	z.avail_in = (unsigned)content.n;
	z.next_out = (unsigned char *)out->p + out->n;
	z.avail_out = (unsigned)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += z.total_out;
	assert_int_equal(deflateEnd(&z), Z_OK);
}

static void zstd_frame(struct buf *out, str content, int window_log)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	if (window_log) {
		/* The size must stay unknown: a frame of known size has no window of its own. */
		(void)ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
		(void)ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log);
	}
	size_t room = ZSTD_compressBound(content.n) + 64;
	buf_reserve(out, room);
	ZSTD_inBuffer in = {content.p, content.n, 0};
	ZSTD_outBuffer to = {out->p + out->n, room, 0};
	if (window_log)
		assert_false(ZSTD_isError(ZSTD_compressStream2(c, &to, &in, ZSTD_e_flush)));
	size_t r = ZSTD_compressStream2(c, &to, &in, ZSTD_e_end);
	assert_int_equal(r, 0);
	out->n += to.pos;
	(void)ZSTD_freeCCtx(c);
}

static void numbered(struct buf *b, int from, int to)
{
	for (int i = from; i < to; i++)
		buf_printf(b, "line %d with some text %d\n", i, i * 7919 % 1000);
}

static void test_D1_gzip_members_and_garbage(void **state)
{
	(void)state;
	struct buf plain = {0}, packed = {0}, part = {0};
	numbered(&plain, 0, 60);
	numbered(&part, 0, 30);
	gzip(&packed, buf_str(&part));
	gzip(&packed, S(""));
	buf_reset(&part);
	numbered(&part, 30, 60);
	gzip(&packed, buf_str(&part));
	struct outcome a = read_all(buf_str(&plain), (struct reader_options){0});
	struct outcome b = read_chunked(buf_str(&packed), (struct reader_options){0});
	assert_same(&a, &b);
	done(&b);
	buf_addz(&packed, "garbage");
	b = read_chunked(buf_str(&packed), (struct reader_options){0});
	assert_int_equal(b.facts.lines, 60);
	assert_true(b.facts.complete);
	assert_non_null(find(&b, "trailing-garbage"));
	assert_int_equal(b.problems[0].class, PROBLEM_NOTE);
	assert_true(str_starts(str_z(b.problems[0].text), S("7 bytes")));
	done(&a);
	done(&b);
	buf_done(&plain);
	buf_done(&packed);
	buf_done(&part);
}

static void test_D2_truncated_gzip(void **state)
{
	(void)state;
	struct buf plain = {0}, packed = {0};
	numbered(&plain, 0, 60);
	gzip(&packed, buf_str(&plain));
	for (size_t n = 2; n < packed.n; n += 7) {
		struct outcome o = read_chunked((str){packed.p, n}, (struct reader_options){.now_s = 100000, .mtime_s = 100000 - 600});
		assert_true(o.end < 0);
		assert_false(o.facts.complete);
		assert_non_null(find(&o, "truncated-gzip"));
		assert_int_equal(o.problems[0].class, PROBLEM_ERROR);
		done(&o);
	}
	struct outcome o = read_all((str){packed.p, packed.n - 1}, (struct reader_options){0});
	assert_int_equal(o.facts.lines, 60);
	done(&o);
	o = read_all((str){packed.p, packed.n - 1}, (struct reader_options){.now_s = 100000, .mtime_s = 100000 - 599});
	assert_int_equal(o.facts.lines, 60);
	assert_int_equal(o.end, 0);
	assert_non_null(find(&o, "pending"));
	assert_int_equal(o.problems[0].class, PROBLEM_NOTE);
	done(&o);
	buf_done(&plain);
	buf_done(&packed);
}

static void test_D2_damaged_gzip(void **state)
{
	(void)state;
	struct buf plain = {0}, packed = {0};
	numbered(&plain, 0, 60);
	gzip(&packed, buf_str(&plain));
	packed.p[packed.n - 6] ^= 1; /* the checksum */
	struct outcome o = read_chunked(buf_str(&packed), (struct reader_options){0});
	assert_int_equal(o.facts.lines, 60);
	assert_true(o.end < 0);
	assert_non_null(find(&o, "corrupt-gzip"));
	done(&o);
	packed.p[2] = 9; /* no such method */
	o = read_chunked(buf_str(&packed), (struct reader_options){0});
	assert_int_equal(o.facts.lines, 0);
	assert_non_null(find(&o, "corrupt-gzip"));
	done(&o);
	buf_done(&plain);
	buf_done(&packed);
}

static void test_D3_bombs(void **state)
{
	(void)state;
	struct buf bomb = {0}, packed = {0};
	buf_repeat(&bomb, 'a', 100u << 20);
	memset(bomb.p + 1000, '\n', 1);
	gzip(&packed, buf_str(&bomb));
	struct outcome o = read_all(buf_str(&packed), (struct reader_options){.final = true});
	assert_true(o.end < 0);
	assert_int_equal(o.facts.lines, 1);
	assert_non_null(find(&o, "decompression-limit"));
	assert_true(str_find(str_z(find(&o, "decompression-limit")->text), S("decompression limit")) >= 0);
	done(&o);
	buf_reset(&packed);
	zstd_frame(&packed, buf_str(&bomb), 0);
	o = read_all(buf_str(&packed), (struct reader_options){.final = true});
	assert_non_null(find(&o, "decompression-limit"));
	done(&o);
	buf_done(&bomb);
	buf_done(&packed);
}

static void test_D4_zstd(void **state)
{
	(void)state;
	struct buf plain = {0}, packed = {0}, part = {0};
	numbered(&plain, 0, 60);
	buf_add(&packed, S("\x51\x2a\x4d\x18\x05\0\0\0skip!"));
	numbered(&part, 0, 30);
	zstd_frame(&packed, buf_str(&part), 0);
	buf_add(&packed, S("\x5f\x2a\x4d\x18\0\0\0\0"));
	buf_reset(&part);
	numbered(&part, 30, 60);
	zstd_frame(&packed, buf_str(&part), 0);
	struct outcome a = read_all(buf_str(&plain), (struct reader_options){0});
	struct outcome b = read_chunked(buf_str(&packed), (struct reader_options){0});
	assert_same(&a, &b);
	done(&b);
	b = read_chunked((str){packed.p, packed.n - 2}, (struct reader_options){0});
	assert_non_null(find(&b, "truncated-zstd"));
	assert_int_equal(b.facts.lines, 60);
	done(&b);
	packed.p[packed.n - 1] ^= 1;
	b = read_chunked(buf_str(&packed), (struct reader_options){0});
	assert_non_null(find(&b, "corrupt-zstd"));
	assert_int_equal(b.facts.lines, 60);
	done(&a);
	done(&b);
	buf_done(&plain);
	buf_done(&packed);
	buf_done(&part);
}

static void test_D4_zstd_window(void **state)
{
	(void)state;
	struct buf plain = {0}, packed = {0};
	numbered(&plain, 0, 60);
	zstd_frame(&packed, buf_str(&plain), 28);
	struct outcome o = read_all(buf_str(&packed), (struct reader_options){0});
	assert_true(o.end < 0);
	assert_non_null(find(&o, "decompression-limit"));
	done(&o);
	buf_done(&plain);
	buf_done(&packed);
}

static void test_D6_archives(void **state)
{
	(void)state;
	const str archives[] = {S("\xfd" "7zXZ\0\0\4\xe6"), S("BZh91AY&SYabc"), S("PK\3\4\24\0\0\0")};
	for (size_t i = 0; i < 3; i++) {
		struct outcome o = read_chunked(archives[i], (struct reader_options){.named = true});
		assert_true(o.end < 0);
		assert_non_null(find(&o, "archive"));
		assert_true(str_find(str_z(o.problems[0].text), S("not supported")) >= 0);
		assert_int_equal(o.problems[0].class, PROBLEM_ERROR);
		done(&o);
		o = read_all(archives[i], (struct reader_options){.archive_name = true});
		assert_int_equal(o.problems[0].class, PROBLEM_ERROR);
		done(&o);
		o = read_all(archives[i], (struct reader_options){0});
		assert_int_equal(o.problems[0].class, PROBLEM_NOTE);
		done(&o);
	}
}

/* The far side of a closed terminal gives what was written, then EIO: a read error that needs no special file system. */
static void test_A15_read_error(void **state)
{
	(void)state;
	int near = posix_openpt(O_RDWR | O_NOCTTY);
	char name[64];
	if (near < 0 || grantpt(near) != 0 || unlockpt(near) != 0)
		skip(); /* no terminals here: a bare chroot without /dev/pts */
	assert_int_equal(ptsname_r(near, name, sizeof name), 0);
	int far = open(name, O_RDWR | O_NOCTTY);
	struct termios mode;
	assert_int_equal(tcgetattr(far, &mode), 0);
	cfmakeraw(&mode);
	assert_int_equal(tcsetattr(far, TCSANOW, &mode), 0);
	assert_int_equal(write(far, "one\ntwo\nthr", 11), 11);
	assert_int_equal(close(far), 0);
	struct reader_options options = {.final = true};
	struct outcome o = read_fd(near, &options);
	assert_text(&o.lines, "1@0+3 one\n2@4+3 two\n");
	assert_int_equal(o.end, ERR_IO);
	assert_int_equal(o.facts.offset, 8);
	assert_false(o.facts.complete);
	const struct problem *p = find(&o, "read-error");
	assert_non_null(p);
	assert_int_equal(p->offset, 11);
	assert_int_equal(p->class, PROBLEM_ERROR);
	done(&o);
}

static void test_start_continues(void **state)
{
	(void)state;
	struct buf plain = {0}, packed = {0};
	numbered(&plain, 0, 4000);
	gzip(&packed, buf_str(&plain));
	struct outcome whole = read_all(buf_str(&plain), (struct reader_options){0});
	for (size_t i = 0; i < plain.n; i += 1 + i * 3) {
		const char *lf = memchr(plain.p + i, '\n', plain.n - i);
		uint64_t start = (uint64_t)(lf - plain.p) + 1;
		struct outcome a = read_all(buf_str(&plain), (struct reader_options){.start = start});
		struct outcome b = read_all(buf_str(&packed), (struct reader_options){.start = start, .chunk = 777});
		assert_int_equal(a.facts.identity.head_hash, whole.facts.identity.head_hash);
		assert_int_equal(a.facts.identity.marker_hash, whole.facts.identity.marker_hash);
		assert_same(&a, &b);
		char first[32];
		(void)snprintf(first, sizeof first, "1@%llu+", (unsigned long long)start);
		assert_true(a.lines.n == 0 || str_starts(buf_str(&a.lines), str_z(first)));
		done(&a);
		done(&b);
	}
	done(&whole);
	buf_done(&plain);
	buf_done(&packed);
}

static void test_empty(void **state)
{
	(void)state;
	struct outcome o = read_chunked(S(""), (struct reader_options){.final = true});
	assert_int_equal(o.facts.lines, 0);
	assert_int_equal(o.end, 0);
	assert_true(o.facts.complete);
	assert_int_equal(o.facts.problem_count, 0);
	done(&o);
}

/* Any bytes: no crash, one result for every chunking. */
static void test_C1_random_bytes(void **state)
{
	(void)state;
	static const char alphabet[] = "\n\n\r\0\0a\xc3\xa4\xef\xbb\xbf ";
	uint32_t x = 1;
	for (int round = 0; round < 300; round++) {
		char text[64];
		size_t n = (size_t)(round % 64);
		for (size_t i = 0; i < n; i++) {
			x = x * 1664525u + 1013904223u;
			text[i] = alphabet[(x >> 20) % (sizeof alphabet - 1)];
		}
		struct outcome o = read_chunked((str){text, n}, (struct reader_options){.final = round & 1, .force_text = true});
		done(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_pending_last_line),
		cmocka_unit_test(test_C2_line_ends),
		cmocka_unit_test(test_C3_nul_in_a_line),
		cmocka_unit_test(test_A14_nul_hole),
		cmocka_unit_test(test_A14_sparse_hole_is_not_read),
		cmocka_unit_test(test_A14_hole_at_the_end),
		cmocka_unit_test(test_C5_byte_order_marks),
		cmocka_unit_test(test_C6_long_lines),
		cmocka_unit_test(test_C6_long_line_at_the_end),
		cmocka_unit_test(test_C6_memory_is_bounded),
		cmocka_unit_test(test_C8_binary),
		cmocka_unit_test(test_C8_odd_logs_are_no_binaries),
		cmocka_unit_test(test_sniff_stays_inside),
		cmocka_unit_test(test_D1_gzip_members_and_garbage),
		cmocka_unit_test(test_D2_truncated_gzip),
		cmocka_unit_test(test_D2_damaged_gzip),
		cmocka_unit_test(test_D3_bombs),
		cmocka_unit_test(test_D4_zstd),
		cmocka_unit_test(test_D4_zstd_window),
		cmocka_unit_test(test_D6_archives),
		cmocka_unit_test(test_A15_read_error),
		cmocka_unit_test(test_start_continues),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_C1_random_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
