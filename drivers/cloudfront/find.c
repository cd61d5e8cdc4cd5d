/* find.c: a distribution by its tag, with all that is known of it. */
#include "cloudfront.h"

#include <string.h>

#include "arena.h"
#include "error.h"

static const char *
text_of (const struct aws_node *node, const char *path)
{
	const char *text = node ? aws_node_text (node, path) : NULL;
	return text ? text : "";
}

/* ---- tags ---- */

/* `*ret` NULL: the distribution is gone. */
static int
read_tags (const struct cf_work *work, const char *arn, struct aws_node **ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply;
	struct aws_tree tree = { .arena = work->arena };
	struct aws_node *root;
	*ret = NULL;
	cf_request (&request, work->arena, "GET", "tagging", NULL);
	aws_request_query (&request, "Resource", arn);
	int code = cf_ask (work, &request, "cannot read the tags of a distribution", "NoSuchResource", &reply, error);
	if (code < 0 || reply.fault)
		return code;
	code = aws_tree_read (&tree, reply.body, reply.length, "Tags", &root, error);
	if (code < 0)
		return code;
	*ret = aws_node_child (root, "Items") ? aws_node_child (root, "Items") : root;
	return 0;
}

static bool
is_ours (const struct aws_node *tags, const char *identity)
{
	const char *value = cf_tag (tags, CF_TAG);
	return value && strcmp (value, identity) == 0;
}

/* ---- which one ---- */

struct found { const char *id; struct aws_node *tags; };

static int
look_at (const struct cf_work *work, const struct aws_node *summary, const char *identity, struct found *found, struct larder_error *error)
{
	struct aws_node *tags;
	const char *id = text_of (summary, "Id");
	int code = read_tags (work, text_of (summary, "ARN"), &tags, error);
	const char *whose = code == 0 && tags ? cf_tag (tags, CF_TAG) : NULL;
	if (whose && !cf_known (work->cloudfront, &work->cloudfront->seen, whose))
		cf_remember (work->cloudfront, &work->cloudfront->seen, whose, id);
	if (code < 0 || !tags || !is_ours (tags, identity))
		return code;
	if (found->id)
		return larder_fail_next (error, LARDER_E_CONFLICT, "remove one of them, or its tag", "two distributions have the tag " CF_TAG " = %s: %s and %s", identity, found->id, id);
	*found = (struct found) { id, tags };
	return 0;
}

static int
look_at_page (const struct cf_work *work, const char *marker, const char *identity, struct found *found, const char **ret_next, struct larder_error *error)
{
	static const struct cf_list list = { "distribution", "DistributionList", "DistributionSummary", "cannot list the distributions" };
	const struct aws_node *one;
	int code = cf_ask_page (work, &list, marker, &one, ret_next, error);
	for (; code == 0 && one; one = aws_node_again (one))
		code = look_at (work, one, identity, found, error);
	return code;
}

/* ---- all of it ---- */

static int
look_at_access (const struct cf_work *work, const struct aws_node *origin, struct cf_state *state, struct larder_error *error)
{
	const char *kind, *id;
	struct cf_access access = { .origin = text_of (origin, "Id") }, *kept;
	if (!cf_access_of (origin, &kind, &id))
		return 0;
	int code = cf_access_look (work, kind, id, &access, error);
	if (code <= 0)
		return code;
	kept = arena_alloc (work->arena, sizeof *kept);
	if (!kept)
		return larder_fail_memory (error);
	*kept = access;
	kept->next = state->access;
	state->access = kept;
	return 0;
}

static int
read_distribution (const struct cf_work *work, const struct found *found, struct cf_state *ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply;
	struct aws_node *root;
	cf_request (&request, work->arena, "GET", arena_printf (work->arena, "distribution/%s", found->id), NULL);
	int code = cf_ask (work, &request, "cannot look at the distribution", "NoSuchDistribution", &reply, error);
	if (code < 0 || reply.fault)
		return code;
	ret->tree = (struct aws_tree) { .arena = work->arena };
	code = aws_tree_read (&ret->tree, reply.body, reply.length, "Distribution", &root, error);
	if (code < 0)
		return code;
	ret->config = aws_node_child (root, "DistributionConfig");
	ret->etag = aws_reply_header (&reply, "etag");
	if (!ret->config || !ret->etag)
		return larder_fail (error, LARDER_E_INTEGRITY, "the reply tells of no distribution, or without an etag");
	ret->id = found->id;
	ret->tags = found->tags;
	ret->arn = text_of (root, "ARN");
	ret->status = text_of (root, "Status");
	ret->domain = text_of (root, "DomainName");
	return 0;
}

/* ---- by its id, once that is known ---- */

const char *
cf_known (struct cloudfront *cloudfront, struct cf_known *const *list, const char *identity)
{
	pthread_mutex_lock (&cloudfront->mutex);
	const struct cf_known *known = *list;
	while (known && strcmp (known->identity, identity) != 0)
		known = known->next;
	pthread_mutex_unlock (&cloudfront->mutex);
	return known ? known->id : NULL;
}

void
cf_remember (struct cloudfront *cloudfront, struct cf_known **list, const char *identity, const char *id)
{
	pthread_mutex_lock (&cloudfront->mutex);
	struct cf_known *known = arena_alloc (cloudfront->arena, sizeof *known);
	if (known) {
		*known = (struct cf_known) { arena_copy (cloudfront->arena, identity), arena_copy (cloudfront->arena, id), *list };
		*list = known->identity && known->id ? known : known->next;
	}
	pthread_mutex_unlock (&cloudfront->mutex);
}

/* `ret->id` NULL: it is gone, or ours no more. */
static int
find_known (const struct cf_work *work, const char *identity, const char *id, struct cf_state *ret, struct larder_error *error)
{
	struct found found = { .id = id };
	int code = read_distribution (work, &found, ret, error);
	if (code == 0 && ret->id)
		code = read_tags (work, ret->arn, &ret->tags, error);
	if (code < 0 || !ret->id || (ret->tags && is_ours (ret->tags, identity)))
		return code;
	*ret = (struct cf_state) { .id = NULL };
	return 0;
}

static int
find_among_all (const struct cf_work *work, const char *identity, struct cf_state *ret, struct larder_error *error)
{
	struct found found = { .id = NULL };
	const char *marker = NULL;
	int code;
	do
		code = look_at_page (work, marker, identity, &found, &marker, error);
	while (code == 0 && marker);
	if (code == 0 && found.id)
		code = read_distribution (work, &found, ret, error);
	if (code == 0 && ret->id)
		cf_remember (work->cloudfront, &work->cloudfront->known, identity, ret->id);
	return code;
}

int
cf_find (const struct cf_work *work, const char *identity, struct cf_state *ret, struct larder_error *error)
{
	const char *id = cf_known (work->cloudfront, &work->cloudfront->known, identity);
	*ret = (struct cf_state) { .id = NULL };
	int code = id ? find_known (work, identity, id, ret, error) : 0;
	if (code == 0 && !ret->id)
		code = find_among_all (work, identity, ret, error);
	const struct aws_node *items = ret->id ? aws_node_find (ret->config, "Origins/Items") : NULL;
	for (const struct aws_node *one = items ? aws_node_child (items, "Origin") : NULL; code == 0 && one; one = aws_node_again (one))
		code = look_at_access (work, one, ret, error);
	return code;
}

int
cf_owner (const struct cf_work *work, const char *id, const char *identity, enum cf_owner *ret, struct larder_error *error)
{
	struct found found = { .id = id };
	struct cf_state state = { .id = NULL };
	*ret = CF_NOBODY;
	int code = read_distribution (work, &found, &state, error);
	if (code < 0 || !state.id)
		return code;
	code = read_tags (work, state.arn, &found.tags, error);
	if (code == 0 && found.tags)
		*ret = is_ours (found.tags, identity) ? CF_OURS : CF_OTHERS;
	return code;
}
