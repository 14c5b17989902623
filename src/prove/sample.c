/* Samples and findings. A finding about a sample points into the sample's text: block scalars keep their text at one column, so the
 * source line can be shown without reading the file again, also for knowledge that is built into the program. */
#include "prove/sample.h"
#include "base/utf8.h"
#include <stdarg.h>
#include <stdio.h>

enum { SHOWN_COLUMNS = 150 };

static struct prove_finding *add_finding(struct proof *p, enum prove_level level)
{
	struct prove_finding *f = vec_push(&p->report->findings);
	f->level = level;
	f->id = p->id;
	if (level == PROVE_ERROR)
		p->report->errors++;
	else
		p->report->warnings++;
	return f;
}

static void fill(struct proof *p, struct prove_finding *f, uint32_t node, const char *hint, const char *text)
{
	const struct tree *n = &p->doc->nodes[node];
	const char *file = n->file < p->doc->file_count ? p->doc->files[n->file] : "";
	(void)err_at(&f->err, ERR_SCHEMA, file, n->line, n->column, "%.*s: %s", STR_ARG(p->id), text);
	if (hint != NULL)
		err_hint(&f->err, "%s", hint);
}

void prove_note(struct proof *p, enum prove_level level, uint32_t node, const char *hint, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	fill(p, add_finding(p, level), node, hint, text);
}

static void show_line(struct err *e, unsigned indent, str line, size_t offset)
{
	if (indent + offset < SHOWN_COLUMNS) {
		str shown = utf8_limit(line, sizeof e->snippet - 1 - indent);
		(void)snprintf(e->snippet, sizeof e->snippet, "%*s%.*s", (int)indent, "", STR_ARG(shown));
		return;
	}
	size_t used = strlen(e->text);
	size_t before = offset < 40 ? offset : 40;
	(void)snprintf(e->text + used, sizeof e->text - used, "; behind “…%.*s”", (int)before, line.p + offset - before);
}

void prove_note_in(struct proof *p, uint32_t node, size_t offset, const char *hint, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	struct prove_finding *f = add_finding(p, PROVE_ERROR);
	fill(p, f, node, hint, text);
	str rest = tree_text(p->doc, node), line = str_word(&rest, '\n');
	while (offset > line.n && rest.n > 0) {
		offset -= line.n + 1;
		line = str_word(&rest, '\n');
		f->err.line++;
	}
	unsigned indent = f->err.column > 0 ? f->err.column - 1 : 0;
	size_t columns = 0;
	for (size_t i = 0; i < offset && i < line.n; i++)
		columns += ((unsigned char)line.p[i] & 0xc0) != 0x80;
	f->err.column += (unsigned)columns;
	show_line(&f->err, indent, line, offset < line.n ? offset : line.n);
}

bool sample_read(struct proof *p, uint32_t entry, struct sample *ret)
{
	*ret = (struct sample){.line = tree_get(p->doc, entry, "line"), .is = tree_get(p->doc, entry, "is")};
	if (ret->line == 0 || ret->is == 0) {
		prove_note(p, PROVE_ERROR, entry, NULL, "a sample has `line` and `is`");
		return false;
	}
	ret->text = tree_text(p->doc, ret->line);
	const struct tree *is = &p->doc->nodes[ret->is];
	str word = tree_text(p->doc, ret->is);
	ret->no = is->type == TREE_TEXT && !is->quoted && (str_eq(word, S("no")) || str_eq(word, S("false")));
	return true;
}

bool prove_wanted(const struct proof *p, str id, const struct tree_doc *d)
{
	if (p->options->only_user && d->texts == NULL)
		return false;
	return p->options->only_id.n == 0 || str_eq(p->options->only_id, id);
}
