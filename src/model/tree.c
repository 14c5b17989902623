/* Reading a YAML tree (model/tree.h): chains of siblings in an array. Every function accepts node 0 and gives nothing for it,
 * so that look-ups can be chained without tests in between. */
#include "model/tree.h"

static const struct tree *node_at(const struct tree_doc *d, uint32_t node) { return node < d->node_count ? &d->nodes[node] : &d->nodes[0]; }

uint32_t tree_first(const struct tree_doc *d, uint32_t list_or_map) { return list_or_map == 0 ? 0 : node_at(d, list_or_map)->child; }

uint32_t tree_next(const struct tree_doc *d, uint32_t node) { return node == 0 ? 0 : node_at(d, node)->next; }

uint32_t tree_get(const struct tree_doc *d, uint32_t map, const char *key)
{
	if (map == 0 || node_at(d, map)->type != TREE_MAP)
		return 0;
	str want = str_z(key);
	for (uint32_t i = tree_first(d, map); i != 0; i = tree_next(d, i))
		if (str_eq(tree_key(d, i), want))
			return i;
	return 0;
}

str tree_key(const struct tree_doc *d, uint32_t node)
{
	const struct tree *n = node_at(d, node);
	return (str){d->words + n->key, n->key == 0 ? 0 : n->key_size};
}

str tree_text(const struct tree_doc *d, uint32_t node)
{
	const struct tree *n = node_at(d, node);
	const bool text = node != 0 && n->type == TREE_TEXT;
	return (str){d->words + (text ? n->text : 0), text ? n->text_size : 0};
}

str tree_get_text(const struct tree_doc *d, uint32_t map, const char *key) { return tree_text(d, tree_get(d, map, key)); }

size_t tree_count(const struct tree_doc *d, uint32_t list_or_map)
{
	size_t n = 0;
	for (uint32_t i = tree_first(d, list_or_map); i != 0; i = tree_next(d, i))
		n++;
	return n;
}
