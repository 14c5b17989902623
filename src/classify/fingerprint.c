/* Stable ids of incidents (classify/): the same incident has the same id on every machine and in every
 * run. Made of session, normalised server, family, and the earliest affected call's toolUseId, else its start, else its order.
 * Not of cause, path, line, offset or as-of: a verdict may sharpen under the same id. */
#include "base/buf.h"
#include "base/hash.h"
#include "classify/internal.h"
#include "model/names.h"

static void add_anchor(struct judge *j, const struct finding *f, struct buf *b)
{
	const struct call *c = finding_first_call(f);
	char text[32];
	if (c && c->tool_use_id.n) {
		buf_add(b, c->tool_use_id);
	} else if (j->view->timed) {
		instant_format(c && c->started_at != INSTANT_NONE ? c->started_at : f->start, text);
		buf_addz(b, text);
	} else {
		size_t order = 0;
		for (size_t i = 0; i < j->findings.n && j->findings.v[i] != f; i++)
			order += !j->findings.v[i]->dropped && !j->findings.v[i]->cause->note;
		buf_printf(b, "#%zu", order);
	}
}

str fingerprint(struct judge *j, const struct finding *f)
{
	struct buf b = {0};
	char hex[33];
	buf_add(&b, j->view->session.n ? j->view->session : S("-"));
	buf_byte(&b, '\n');
	if (f->subject.server)
		name_canonical(&b, f->subject.server->name);
	buf_byte(&b, '\n');
	buf_add(&b, f->cause->group);
	buf_byte(&b, '\n');
	add_anchor(j, f, &b);
	hash128_hex(hash128(buf_str(&b)), hex);
	str id = arena_printf(j->a, "v1:%s", hex);
	buf_done(&b);
	return id;
}
