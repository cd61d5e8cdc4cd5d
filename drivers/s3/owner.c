/* owner.c: whose is a bucket that may not be looked at? S3 refuses a HEAD of another account's as one of ours without the right, and has no words there for credentials that are
 * wrong. The list of our own buckets has both; whoever may not have it is told all that may be. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "tree.h"

/* Names come in their order: the first that begins so is the bucket, where it is ours. */
static int
is_ours (struct s3 *s3, struct larder_call *call, const char *bucket, bool *ret, struct larder_error *error)
{
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	struct aws_tree tree;
	struct aws_node *root = NULL;
	const char *name;
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "look at", bucket, NULL, error);
	if (code == 0)
		code = s3_request_buckets (&exchange.request, exchange.arena, s3->server, bucket, error);
	if (code == 0)
		code = s3_exchange_do (s3, call, &exchange, error);
	tree = (struct aws_tree) { .arena = exchange.arena };
	if (code == 0)
		code = aws_tree_read (&tree, exchange.reply.body, exchange.reply.length, "ListAllMyBucketsResult", &root, error);
	name = code == 0 ? aws_node_text (root, "Buckets/Bucket/Name") : NULL;
	*ret = name && strcmp (name, bucket) == 0;
	return code;
}

/* What the list tells of a refusal; `why` is what it was itself refused for. */
static int
told_by_list (const char *bucket, int listed, bool ours, const struct larder_error *why, int code, struct larder_error *error)
{
	char next[200];
	snprintf (next, sizeof next, "the bucket is of this account, but these credentials lack s3:ListBucket on bucket '%.63s'", bucket);
	if (listed == 0 && !ours)
		return larder_fail_next (error, LARDER_E_CONFLICT, "choose another as bucket of the [store]: names are shared with everybody", "bucket '%.100s' is owned by another account", bucket);
	if (listed == 0)
		larder_explain (error, LARDER_DETAIL_NEXT, next);
	else if (listed == LARDER_E_DENIED && strcmp (why->provider, "AccessDenied") != 0 && error)
		larder_give (error, why);
	return code;
}

int
s3_exchange_refused (struct s3 *s3, struct larder_call *call, struct s3_exchange *head, const char *bucket, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	bool ours = false;
	int code = s3_exchange_fault (s3, head, error);
	int listed = code == LARDER_E_DENIED ? is_ours (s3, call, bucket, &ours, &why) : LARDER_E_UNSUPPORTED;
	return told_by_list (bucket, listed, ours, &why, code, error);
}
