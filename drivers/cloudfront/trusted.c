/* trusted.c: what the service tells of keys that edges hold signatures against. Pure. */
#include "wire.h"

#include "error.h"

int
cf_key_group_read (const char *body, size_t length, struct larder_arena *arena, const struct aws_node **ret_first, struct larder_error *error)
{
	struct aws_tree tree = { .arena = arena };
	struct aws_node *root;
	int code = aws_tree_read (&tree, body, length, "KeyGroup", &root, error);
	if (code < 0)
		return code;
	const struct aws_node *items = aws_node_find (root, "KeyGroupConfig/Items");
	if (!items)
		return larder_fail (error, LARDER_E_INTEGRITY, "the reply tells of no key group");
	*ret_first = aws_node_child (items, "PublicKey");
	return 0;
}

int
cf_public_key_read (const char *body, size_t length, struct larder_arena *arena, const char **ret_pem, struct larder_error *error)
{
	struct aws_tree tree = { .arena = arena };
	struct aws_node *root;
	int code = aws_tree_read (&tree, body, length, "PublicKey", &root, error);
	if (code < 0)
		return code;
	const char *pem = aws_node_text (root, "PublicKeyConfig/EncodedKey");
	if (!pem || !*pem)
		return larder_fail (error, LARDER_E_INTEGRITY, "the reply tells of no public key");
	*ret_pem = pem;
	return 0;
}
