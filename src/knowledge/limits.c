/* patterns/limits.yaml: ages at which something between client and server is known to end idle connections, for the uptime
 * histogram of reports. Nothing judges by them: a limit is a name beside a bar. An entry with a known id replaces that one. */
#include "knowledge/entry.h"

enum { ID, SECONDS, WHAT, KEY_COUNT, SECONDS_MAX = 7 * 86400 };

static struct known_limit *place_of(struct rules *rules, str id)
{
	for (size_t i = 0; i < rules->limits.n; i++)
		if (str_eq(rules->limits.v[i].id, id))
			return &rules->limits.v[i];
	return vec_push(&rules->limits);
}

static void load_limit(struct rules *rules, const struct tree_doc *d, uint32_t entry)
{
	static const struct entry_key keys[KEY_COUNT] = {{"id", ENTRY_TEXT, true}, {"seconds", ENTRY_TEXT, true}, {"what", ENTRY_TEXT, true}};
	uint32_t nodes[KEY_COUNT];
	uint64_t seconds;
	str id;
	if (!entry_read(rules, d, entry, "limit", keys, KEY_COUNT, nodes) || !entry_id(rules, d, nodes[ID], &id))
		return;
	if (!str_u64(tree_text(d, nodes[SECONDS]), &seconds) || seconds < 1 || seconds > SECONDS_MAX) {
		knowledge_problem(rules, d, nodes[SECONDS], ERR_SCHEMA, "`seconds` must be a whole number from 1 to %d", SECONDS_MAX);
		return;
	}
	*place_of(rules, id) = (struct known_limit){id, (uint32_t)seconds, tree_text(d, nodes[WHAT])};
}

void knowledge_limits(struct rules *rules, const struct tree_doc *d, uint32_t root)
{
	uint32_t list = entry_list(rules, d, root, "limits", NULL);
	for (uint32_t i = tree_first(d, list); i != 0; i = tree_next(d, i))
		load_limit(rules, d, i);
}
