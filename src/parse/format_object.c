/* A server that logs objects, one a line (see format_object.h): the members of the usual libraries under their usual names.
 *
 * An answered HTTP request becomes the text that a web framework prints of it, so that the signatures of access logs read it. Refuses
 * objects that have neither a time nor a level: they are data, not a log. */
#include "parse/format_object.h"
#include "base/json.h"

void object_trace(struct flow *f, const struct text_line *t, const struct record *r, const struct json *doc)
{
	static const char *const members[] = {"exc_info", "exception", "traceback", "stack_trace", "text"};
	const struct record place = {.line = t->line, .offset = t->offset, .at = r->at, .server = r->server};
	str text = STR_NONE;
	for (size_t i = 0; i < sizeof members / sizeof *members && text.n == 0; i++)
		text = json_text(json_get(doc, members[i]));
	if (text.n == 0)
		text = r->body;
	if (str_chr(text, '\n') >= 0)
		emit_lines(f->p, &place, text);
}

/* Members that loguru prints as objects have their plain form inside. */
static const struct json *plain_form(const struct json *v, const char *member) { return json_is_object(v) ? json_get(v, member) : v; }

/* The first of these members that is there, in the object itself or in one of its objects. */
static const struct json *member_of(const struct json *doc, const char *const *inside, const char *const *names)
{
	const struct json *v = NULL;
	for (size_t i = 0; names[i] != NULL && v == NULL; i++)
		v = json_get(doc, names[i]);
	for (size_t k = 0; inside[k] != NULL && v == NULL; k++)
		for (size_t i = 0; names[i] != NULL && v == NULL; i++)
			v = json_get(json_get(doc, inside[k]), names[i]);
	return v;
}

/* An answered HTTP request whose parts are members (pino-http, caddy, traefik, nginx with escape=json). */
struct request {
	str method, path;
	int64_t status;
};

static bool is_method(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 'A' || s.p[i] > 'Z')
			return false;
	return s.n > 0 && s.n <= 7;
}

static bool find_request(const struct json *doc, struct request *ret)
{
	static const char *const asked[] = {"request", "req", "httpRequest", "http", NULL}, *const answered[] = {"response", "res", "httpRequest", "http", NULL},
		*const methods[] = {"method", "request_method", "requestMethod", "RequestMethod", NULL},
		*const paths[] = {"originalUrl", "uri", "url", "path", "request_uri", "requestUrl", "RequestPath", NULL},
		*const states[] = {"statusCode", "status", "status_code", "DownstreamStatus", NULL};
	const struct json *status = member_of(doc, answered, states);
	uint64_t number = 0;
	*ret = (struct request){json_text(member_of(doc, asked, methods)), json_text(member_of(doc, asked, paths)), 0};
	if (!json_int(status, &ret->status) && str_u64(json_text(status), &number) && number < 1000)
		ret->status = (int64_t)number; /* some write it as a text */
	return is_method(ret->method) && ret->path.n > 0 && ret->path.p[0] == '/' && ret->status >= 100 && ret->status <= 599;
}

/* Put together as a web framework prints it. Where it was logged as an error, what was said of it stands in front. */
static void put_request(struct flow *f, const struct request *q, struct record *r)
{
	struct buf *b = &f->decoded;
	str rest = r->body;
	const str said = str_word(&rest, '\n');
	buf_reset(b);
	if (r->level == LEVEL_ERROR && r->body.n > 0)
		buf_printf(b, "%.*s, request: ", STR_ARG(said));
	else
		r->class = CLASS_ACCESS;
	buf_printf(b, "%.*s %.*s %d", STR_ARG(q->method), STR_ARG(str_head(q->path, 2048)), (int)q->status);
	r->body = buf_str(b);
}

/* A server that logs objects: the usual names of the usual libraries. Loguru puts them into one of their own, beside the line as text. */
bool object_record(struct flow *f, const struct text_line *t, const struct json *doc, struct record *r)
{
	static const char *const texts[] = {"msg", "message", "event", "text", "@m", "@mt", "Message"},
		*const times[] = {"time", "timestamp", "ts", "@timestamp", "asctime", "@t", "Timestamp"},
		*const levels[] = {"level", "levelname", "severity", "log.level", "@l", "LogLevel"};
	*r = (struct record){.kind = SOURCE_SERVER, .class = CLASS_SERVER, .at = INSTANT_NONE, .server = t->server};
	const struct json *record = json_get(doc, "record"), *of = json_is_object(record) ? record : doc;
	struct request request;
	int64_t number;
	for (size_t i = 0; i < sizeof texts / sizeof *texts && r->body.n == 0; i++)
		r->body = json_text(json_get(of, texts[i]));
	for (size_t i = 0; i < sizeof times / sizeof *times && r->at == INSTANT_NONE; i++)
		r->at = json_instant(plain_form(json_get(of, times[i]), "repr"));
	for (size_t i = 0; i < sizeof levels / sizeof *levels && r->level == LEVEL_NONE; i++) {
		const struct json *level = plain_form(json_get(of, levels[i]), "name");
		r->level = json_int(level, &number) ? (number >= 50 ? LEVEL_ERROR : number >= 40 ? LEVEL_WARN : number >= 30 ? LEVEL_INFO : LEVEL_DEBUG) :
			level_find(json_text(level));
	}
	if (r->at == INSTANT_NONE && r->level == LEVEL_NONE)
		return false;
	if (find_request(doc, &request))
		put_request(f, &request, r);
	if (r->body.n == 0)
		return false;
	if (r->at == INSTANT_NONE)
		r->at = t->at;
	return true;
}
