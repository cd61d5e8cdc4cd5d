/* reply.c: EC2's XML as JSON, so that both services are read alike. Pure. */
#include "wire.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "tree.h"

/* NULL: no memory, or members and items in one element. */
static json_t *
json_of (const struct aws_node *node)
{
	if (!node->first)
		return json_string (node->text);
	json_t *ret = strcmp (node->first->name, "item") == 0 ? json_array () : json_object ();
	int code = 0;
	for (const struct aws_node *child = node->first; code == 0 && child; child = child->next)
		code = strcmp (child->name, "item") == 0 ? json_array_append_new (ret, json_of (child)) : json_object_set_new (ret, child->name, json_of (child));
	if (code == 0)
		return ret;
	json_decref (ret);
	return NULL;
}

int
ec2_read (struct larder_arena *arena, const char *action, const char *body, size_t length, json_t **ret, struct larder_error *error)
{
	struct aws_tree tree = { .arena = arena };
	struct aws_node *root;
	const char *name = arena_printf (arena, "%sResponse", action);
	int code = name ? aws_tree_read (&tree, body, length, name, &root, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	*ret = json_of (root);
	if (json_is_object (*ret))
		return 0;
	json_decref (*ret);
	*ret = NULL;
	return larder_fail_next (error, LARDER_E_INTEGRITY, "look whether something else than EC2 answers at that endpoint", "the reply tells of nothing");
}
