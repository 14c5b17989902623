/*
 * What doctor found, as text for people and as JSON. The words about logs come from patterns/places.yaml; those about the
 * database from store/.
 */
#include "base/json.h"
#include "cli/doctor.h"
#include "model/version.h"
#include "report/page.h"

static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};

static void put_size(struct page *p, uint64_t bytes)
{
	size_t unit = 0;
	double n = (double)bytes;
	while (n >= 1024 && unit + 1 < sizeof units / sizeof *units) {
		n /= 1024;
		unit++;
	}
	page_printf(p, INK_PLAIN, unit ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

static void section(struct page *p, const char *title)
{
	page_literal(p, INK_BOLD, title);
	page_end(p);
}

static void field(struct page *p, const char *name, str text, enum ink ink)
{
	if (!text.n)
		return;
	page_to(p, 4);
	page_literal(p, INK_DIM, name);
	page_to(p, 16);
	page_wrap(p, ink, text, 16, 0);
}

static str example_of(const struct found_place *f, struct buf *out)
{
	str rest = f->place->example;
	const ptrdiff_t at = str_find(rest, S("{path}"));
	buf_reset(out);
	if (at < 0) {
		buf_add(out, rest);
		return buf_str(out);
	}
	const bool blank = str_chr(f->path, ' ') >= 0;
	buf_printf(out, "%.*s%s%.*s%s%.*s", (int)at, rest.p, blank ? "'" : "", STR_ARG(f->path), blank ? "'" : "", STR_ARG(str_from(rest, (size_t)at + 6)));
	return buf_str(out);
}

static void one_place(struct page *p, const struct found_place *f)
{
	struct buf text = {0};
	page_to(p, 2);
	page_text(p, f->files ? INK_GREEN : f->place->main ? INK_YELLOW : INK_DIM, f->files ? S("yes") : S("no "));
	page_literal(p, INK_PLAIN, "  ");
	page_text(p, INK_BOLD, f->place->title);
	if (f->files) {
		page_printf(p, INK_PLAIN, ": %llu file%s, ", (unsigned long long)f->files, page_plural(f->files));
		put_size(p, f->bytes);
	}
	page_end(p);
	if (f->files) {
		char newest[32];
		page_clock(f->newest, newest);
		buf_printf(&text, "%s UTC, %.*s", newest, STR_ARG(f->newest_path));
		field(p, "newest", buf_str(&text), INK_PLAIN);
		buf_reset(&text);
		buf_printf(&text, "%.*s%s%.*s", STR_ARG(f->first_version), str_eq(f->first_version, f->last_version) ? "" : " - ",
			STR_ARG(str_eq(f->first_version, f->last_version) ? STR_NONE : f->last_version));
		field(p, "clients", buf_str(&text), INK_PLAIN);
		field(p, "tells", f->place->tells, INK_PLAIN);
		field(p, "try", example_of(f, &text), INK_CYAN);
	} else {
		field(p, "place", f->path.n ? f->path : f->wanted, INK_PLAIN);
		field(p, "would tell", f->place->tells, INK_PLAIN);
		field(p, "missing", f->place->missing, INK_PLAIN);
		field(p, "switch on", f->place->enable, f->place->main ? INK_YELLOW : INK_PLAIN);
	}
	if (f->unreadable) {
		buf_reset(&text);
		buf_printf(&text, "%.*s%s", STR_ARG(f->problem), f->unreadable > 1 ? " (and more)" : "");
		field(p, "unreadable", buf_str(&text), INK_RED);
	}
	buf_done(&text);
}

/* Sessions went on after the last debug log: it is off now, whatever lies there from before. */
static const struct found_place *gone_quiet(const struct doctor *d)
{
	const struct found_place *main_place = NULL;
	instant newest = INSTANT_NONE;
	for (size_t i = 0; i < d->found_count; i++) {
		const struct found_place *f = &d->found[i];
		if (f->place->main)
			main_place = f;
		else if ((f->place->kind == SOURCE_TRANSCRIPT || f->place->kind == SOURCE_MCP_CACHE) && f->newest > newest)
			newest = f->newest;
	}
	return main_place && main_place->files && newest != INSTANT_NONE && newest - main_place->newest > HOUR ? main_place : NULL;
}

static void logs(struct page *p, const struct doctor *d)
{
	section(p, "Logs");
	for (size_t i = 0; i < d->found_count; i++)
		one_place(p, &d->found[i]);
	const struct found_place *quiet = gone_quiet(d);
	if (quiet) {
		page_to(p, 2);
		page_literal(p, INK_YELLOW, "The newest session wrote no debug log. ");
		page_wrap(p, INK_PLAIN, quiet->place->enable, 4, 0);
	}
	page_end(p);
}

static void state_of(const struct store_health *h, struct buf *out)
{
	if (h->version < h->newest_version)
		buf_printf(out, "schema %d, this program writes %d: the next analysis keeps a copy and brings it up to date", h->version, h->newest_version);
	else
		buf_printf(out, "schema %d, journal mode %.*s, SQLite %s", h->version, STR_ARG(h->journal_mode), h->sqlite_version);
}

static void database(struct page *p, const struct doctor *d)
{
	const struct store_health *h = &d->store;
	struct buf text = {0};
	char when[32];
	section(p, "Timeline");
	field(p, "file", h->path, INK_PLAIN);
	if (h->fault.n) {
		field(p, "unusable", h->fault, INK_RED);
		field(p, "help", h->hint, INK_PLAIN);
	} else if (!h->exists) {
		field(p, "state", S("not there yet: mcplog analyze makes it"), INK_PLAIN);
	} else {
		page_to(p, 4);
		page_literal(p, INK_DIM, "size");
		page_to(p, 16);
		put_size(p, h->bytes + h->wal_bytes);
		page_printf(p, INK_PLAIN, ", %llu source%s, %llu call%s, %llu incident%s", (unsigned long long)h->sources, page_plural(h->sources),
			(unsigned long long)h->calls, page_plural(h->calls), (unsigned long long)h->incidents, page_plural(h->incidents));
		page_end(p);
		state_of(h, &text);
		field(p, "state", buf_str(&text), h->version < h->newest_version ? INK_YELLOW : INK_PLAIN);
		field(p, "integrity", h->integrity, str_eq(h->integrity, S("ok")) ? INK_GREEN : INK_RED);
		if (h->last_run != INSTANT_NONE) {
			page_clock(h->last_run, when);
			buf_reset(&text);
			buf_printf(&text, "%s UTC", when);
			field(p, "last run", buf_str(&text), INK_PLAIN);
		}
	}
	if (h->locked) {
		buf_reset(&text);
		buf_printf(&text, "another mcplog%s is writing now", h->lock_pid ? "" : " (or another program)");
		if (h->lock_pid)
			buf_printf(&text, ": process %llu", (unsigned long long)h->lock_pid);
		field(p, "lock", buf_str(&text), INK_YELLOW);
	}
	field(p, "warning", h->warning, INK_YELLOW);
	page_end(p);
	buf_done(&text);
}

void doctor_text(const struct doctor *d, struct buf *out)
{
	static const struct facts none = {0};
	struct page p;
	page_init(&p, &none, &d->run->report, out);
	logs(&p, d);
	database(&p, d);
	section(&p, "Self-test");
	page_to(&p, 4);
	if (d->self_fault.n) {
		page_wrap(&p, INK_RED, d->self_fault, 4, 0);
	} else {
		page_literal(&p, INK_GREEN, "passed: ");
		page_text(&p, INK_PLAIN, S("the hanging call of a known log was found, "));
		page_text(&p, INK_PLAIN, d->self_cause);
		page_end(&p);
	}
	page_done(&p);
}

/* --- JSON --- */

static void json_text_member(struct json_out *w, const char *key, str s)
{
	json_key(w, key);
	if (s.n)
		json_str(w, s);
	else
		json_null(w);
}

static void json_time(struct json_out *w, const char *key, instant at)
{
	char text[32] = "";
	if (at != INSTANT_NONE)
		instant_format(at, text);
	json_text_member(w, key, str_z(text));
}

static void json_count(struct json_out *w, const char *key, uint64_t n)
{
	json_key(w, key);
	json_num(w, (int64_t)n);
}

static void json_place(struct json_out *w, const struct found_place *f)
{
	json_open(w, '{');
	json_text_member(w, "id", f->place->id);
	json_text_member(w, "title", f->place->title);
	json_key(w, "found");
	json_bool(w, f->files > 0);
	json_text_member(w, "path", f->path.n ? f->path : f->wanted);
	json_count(w, "files", f->files);
	json_count(w, "bytes", f->bytes);
	json_count(w, "unreadable", f->unreadable);
	json_count(w, "known", f->known);
	json_time(w, "newest", f->newest);
	json_text_member(w, "first_version", f->first_version);
	json_text_member(w, "last_version", f->last_version);
	json_text_member(w, "tells", f->place->tells);
	json_text_member(w, "missing", f->place->missing);
	json_text_member(w, "switch", f->place->enable);
	json_close(w, '}');
}

static void json_store(struct json_out *w, const struct store_health *h)
{
	json_open(w, '{');
	json_text_member(w, "path", h->path);
	json_key(w, "exists");
	json_bool(w, h->exists);
	json_key(w, "usable");
	json_bool(w, !h->fault.n);
	json_text_member(w, "fault", h->fault);
	json_count(w, "bytes", h->bytes);
	json_count(w, "wal_bytes", h->wal_bytes);
	json_count(w, "schema", (uint64_t)h->version);
	json_count(w, "newest_schema", (uint64_t)h->newest_version);
	json_key(w, "locked");
	json_bool(w, h->locked);
	json_text_member(w, "journal_mode", h->journal_mode);
	json_text_member(w, "integrity", h->integrity);
	json_text_member(w, "warning", h->warning);
	json_count(w, "sources", h->sources);
	json_count(w, "calls", h->calls);
	json_count(w, "incidents", h->incidents);
	json_time(w, "last_run", h->last_run);
	json_close(w, '}');
}

void doctor_json(const struct doctor *d, struct buf *out)
{
	struct json_out w = {.out = out, .pretty = true};
	json_open(&w, '{');
	json_text_member(&w, "schema", S("mcplog.doctor/1"));
	json_text_member(&w, "version", str_z(MCPLOG_VERSION));
	json_key(&w, "debug_log_off");
	json_bool(&w, gone_quiet(d) != NULL);
	json_key(&w, "logs");
	json_open(&w, '[');
	for (size_t i = 0; i < d->found_count; i++)
		json_place(&w, &d->found[i]);
	json_close(&w, ']');
	json_key(&w, "timeline");
	json_store(&w, &d->store);
	json_key(&w, "self_test");
	json_open(&w, '{');
	json_key(&w, "passed");
	json_bool(&w, !d->self_fault.n);
	json_text_member(&w, "fault", d->self_fault);
	json_close(&w, '}');
	json_close(&w, '}');
	buf_byte(out, '\n');
}
