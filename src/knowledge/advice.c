/* patterns/advice/: what to do about a cause, by client version, SDK version, transport and whether a call waits, for classify/. Entries have no id:
 * those of later files are added behind the others. Whether the named cause exists is checked by `patterns test`, because causes
 * may come from a file that is read later. */
#include "knowledge/entry.h"

static const struct entry_key keys[] = {
	{"cause", ENTRY_TEXT, true},
	{"when", ENTRY_TEXT, true},
	{"client", ENTRY_TEXT, false},
	{"sdk", ENTRY_TEXT, false},
	{"transport", ENTRY_TEXT, false},
	{"call", ENTRY_TEXT, false},
	{"text", ENTRY_TEXT, true},
	{"see", ENTRY_TEXT, false},
};
enum { CAUSE, WHEN, CLIENT, SDK, TRANSPORT, CALL, TEXT, SEE, KEY_COUNT };
_Static_assert(sizeof keys / sizeof *keys == KEY_COUNT, "keys and their names differ");

static const char *const when_names[] = {"now", "later"};
static const char *const call_names[] = {"open", "over"};
static const char *const transport_names[] = {"sse", "http", "stdio", "remote", "ws", "claudeai-proxy"};

/* ">=2.1.187 <2.1.300": comparisons of dotted numbers, all of which must hold. */
static bool is_range(str text)
{
	while (text.n > 0) {
		str word = str_word(&text, ' ');
		size_t i = 0;
		while (i < word.n && (word.p[i] == '<' || word.p[i] == '>' || word.p[i] == '='))
			i++;
		bool good = i <= 2 && i < word.n;
		for (; good && i < word.n; i++)
			good = str_is_digit(word.p[i]) || word.p[i] == '.';
		if (!good)
			return false;
	}
	return true;
}

static bool check_range(struct rules *rules, const struct tree_doc *d, uint32_t node)
{
	if (node == 0 || is_range(tree_text(d, node)))
		return true;
	knowledge_problem(rules, d, node, ERR_SCHEMA, "`%.*s` is no version range: write comparisons such as '>=2.1.187 <2.1.300'",
		STR_ARG(str_head(tree_text(d, node), 60)));
	return false;
}

static void load_advice(struct rules *rules, const struct tree_doc *d, uint32_t entry)
{
	uint32_t nodes[KEY_COUNT];
	unsigned index;
	if (!entry_read(rules, d, entry, "piece of advice", keys, KEY_COUNT, nodes) ||
		!entry_name(rules, d, nodes[WHEN], "value of `when`", when_names, sizeof when_names / sizeof *when_names, &index) ||
		!check_range(rules, d, nodes[CLIENT]) || !check_range(rules, d, nodes[SDK]))
		return;
	if (nodes[TRANSPORT] != 0 &&
		!entry_name(rules, d, nodes[TRANSPORT], "transport", transport_names, sizeof transport_names / sizeof *transport_names, &index))
		return;
	if (nodes[CALL] != 0 && !entry_name(rules, d, nodes[CALL], "value of `call`", call_names, sizeof call_names / sizeof *call_names, &index))
		return;
	*vec_push(&rules->advice) = (struct advice){
		.cause = tree_text(d, nodes[CAUSE]),
		.when = tree_text(d, nodes[WHEN]),
		.client = tree_text(d, nodes[CLIENT]),
		.sdk = tree_text(d, nodes[SDK]),
		.transport = tree_text(d, nodes[TRANSPORT]),
		.call = tree_text(d, nodes[CALL]),
		.text = tree_text(d, nodes[TEXT]),
		.see = tree_text(d, nodes[SEE]),
		.where = entry_where(d, entry),
	};
}

void knowledge_advice(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	uint32_t list = entry_list(rules, d, root, "advice", NULL);
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i))
		load_advice(rules, d, i);
}
