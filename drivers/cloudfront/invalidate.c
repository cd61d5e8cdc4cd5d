/* invalidate.c: edges forget what they hold: begun, and asked about; and the other action, keys.c. */
#include "cloudfront.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "give.h"

enum { DOCUMENT_MOST = 16 << 20 };

static int
find (const struct cf_work *work, const char *identity, const char **ret_id, struct larder_error *error)
{
	struct cf_state state;
	int code = cf_find (work, identity, &state, error);
	*ret_id = state.id;
	if (code < 0 || state.id)
		return code;
	return larder_fail_next (error, LARDER_E_NOTFOUND, "larder infra apply makes it", "there is no distribution with the tag " CF_TAG " = %s", identity);
}

static int
begin (const struct cf_work *work, const char *id, const struct buffer *document, struct cf_invalidation *ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply;
	cf_request (&request, work->arena, "POST", arena_printf (work->arena, "distribution/%s/invalidation", id), NULL);
	cf_request_body (&request, document);
	int code = cf_ask (work, &request, "cannot begin an invalidation", "TooManyInvalidationsInProgress", &reply, error);
	if (code == 0 && reply.fault)
		return larder_fail (error, LARDER_E_NOTREADY, "as many invalidations are under way as the distribution takes");
	return code < 0 ? code : cf_invalidation_read (reply.body, reply.length, work->arena, ret, error);
}

/* "DISTRIBUTION/INVALIDATION" */
static int
give_token (const struct cf_work *work, const char *id, const struct cf_invalidation *begun, const char **ret, struct larder_error *error)
{
	*ret = give_text (work->call, arena_printf (work->arena, "%s/%s", id, begun->id));
	return *ret ? 0 : larder_fail_memory (error);
}

static int
invalidate (const struct cf_work *work, const struct larder_action *asked, const char **ret_token, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer document;
	struct cf_invalidation begun;
	const char *id = NULL;
	size_t taken = 0;
	buffer_init (&document, DOCUMENT_MOST);
	if (work->cloudfront->read_only)
		return larder_fail_read_only (error, work->cloudfront->name);
	int code = cf_document_invalidation (work->arena, asked, &taken, &document, error);
	if (code == 0 && !asked->ret_taken && taken < asked->arguments.count)
		return larder_fail (error, LARDER_E_LIMIT, "%zu paths are more than it takes at a time", asked->arguments.count);
	if (code == 0)
		code = find (work, asked->target, &id, error);
	if (code == 0)
		code = begin (work, id, &document, &begun, error);
	if (code == 0 && asked->ret_taken)
		*asked->ret_taken = taken;
	return code < 0 ? code : give_token (work, id, &begun, ret_token, error);
}

/* Is the key that signs one of the edges'? Done at once, and its token tells. */
static int
check_keys (const struct cf_work *work, const struct larder_action *asked, const char **ret_token, struct larder_error *error)
{
	const char *told;
	int code = cf_keys_check (work, asked, &told, error);
	if (code == 0)
		*ret_token = give_text (work->call, told);
	return code < 0 || *ret_token ? code : larder_fail_memory (error);
}

int
cf_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct cf_work work = { self, call, arena };
	struct larder_action asked = { .size = sizeof asked };
	larder_give (&asked, action);
	if (!arena)
		return larder_fail_memory (error);
	if (strcmp (asked.kind, "signing-key") == 0)
		return check_keys (&work, &asked, ret_token, error);
	return strcmp (asked.kind, "invalidate") == 0 ? invalidate (&work, &asked, ret_token, error) : larder_fail (error, LARDER_E_UNSUPPORTED, "CloudFront has no action '%s'", asked.kind);
}

int
cf_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct cf_work work = { self, call, arena };
	const char *slash = strchr (token, '/');
	struct larder_progress progress = { .size = sizeof progress, .percent = -1 };
	struct cf_invalidation now;
	struct aws_request request;
	struct aws_reply reply;
	if (strcmp (kind, "invalidate") != 0 || !slash)
		return larder_fail (error, LARDER_E_INVALID, "'%s' is no invalidation of CloudFront", token);
	if (!arena)
		return larder_fail_memory (error);
	cf_request (&request, arena, "GET", arena_printf (arena, "distribution/%.*s/invalidation%s", (int) (slash - token), token, slash), NULL);
	int code = cf_ask (&work, &request, "cannot look at the invalidation", NULL, &reply, error);
	if (code == 0)
		code = cf_invalidation_read (reply.body, reply.length, arena, &now, error);
	if (code < 0)
		return code;
	progress.state = strcmp (now.status, "Completed") == 0 ? LARDER_ACTION_DONE : LARDER_ACTION_RUNNING;
	larder_give (ret_progress, &progress);
	return 0;
}
