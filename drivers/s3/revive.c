/* revive.c: a write that must not replace, where the newest version is a delete marker and the server takes that for an
 * object. It keeps the removed object's etag with the marker, and looks at both under one lock: so the write may replace
 * what has that etag, and of several writers one gets through. One case stays open: an object that was written meanwhile
 * of the very bytes that were removed has that etag too, and becomes an older version. */
#include "s3.h"

#include <string.h>

#include "arena.h"
#include "error.h"

bool
s3_revive_wanted (const struct s3 *s3, const struct s3_exchange *exchange, const struct larder_condition *condition)
{
	return condition->create_only && exchange->reply.status == 412 && !s3_server_can (s3->server, S3_CREATE_OVER_MARKER);
}

/* Versions of one key, newest first. */
struct removed { const char *key; struct larder_arena *arena; bool marker; const char *etag; };

static int
note_version (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct removed *removed = context;
	bool is_marker = info->flags & LARDER_INFO_DELETE_MARKER;
	if (strcmp (info->key, removed->key) != 0)
		return 0;
	if (info->flags & LARDER_INFO_LATEST)
		removed->marker = is_marker;
	if (is_marker || removed->etag || !info->etag)
		return 0;
	removed->etag = arena_copy (removed->arena, info->etag);
	return removed->etag ? 0 : larder_fail_memory (error);
}

static int
fail_unknown (const struct s3 *s3, const char *key, struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_CONFLICT, "'%.200s' was removed, and its delete marker counts as an object on %s", key, s3->server->title);
	larder_explain (error, LARDER_DETAIL_NEXT, "remove that marker: larder ls --versions shows its version, larder rm --version takes it away");
	return code;
}

int
s3_revive_etag (struct s3 *s3, struct larder_call *call, const char *bucket, const char *key, struct larder_arena *arena, const char **ret_etag,
                struct larder_error *error)
{
	struct removed removed = { .key = key, .arena = arena };
	struct larder_page page = { .size = sizeof page };
	const struct larder_list list = { .size = sizeof list, .bucket = bucket, .prefix = key, .delimiter = "", .most = 1000, .versions = true };
	int code = s3_list (s3, call, &list, note_version, &removed, &page, error);
	if (code < 0)
		return code;
	if (removed.marker && !removed.etag)
		return fail_unknown (s3, key, error);
	*ret_etag = removed.marker ? removed.etag : NULL;
	return 0;
}
