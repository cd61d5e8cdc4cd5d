/* list.c: one page of a listing. A token is the base64 form of what came last:
 * "k:KEY", "p:PREFIX" or "v:VERSION:MTIME:KEY", in capitals once a damaged record was passed over: the other keys
 * are listed, and the last page says INTEGRITY. */
#include "mock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "error.h"
#include "text.h"
#include "walk.h"

#define PAGE_MOST 1000
#define TOKEN_MOST (KEY_MOST + 128)

struct listing {
	const struct larder_list *request;
	struct larder_call *call;
	larder_item_fn item;
	void *context;
	struct walk walk;
	struct larder_arena *arena;             /* of the record at hand */
	uint32_t most, given;
	bool more;
	bool damaged;                           /* a record, on this page or one before */
	char from[TOKEN_MOST], *from_key;       /* the token, decoded; its key */
	char *from_version;                     /* versions of from_key up to this one came already */
	int64_t from_time;
	char last[TOKEN_MOST];                  /* what came last, as a token before base64 */
};

/* ---- tokens ---- */

static int
bad_token (struct larder_error *error)
{
	return larder_fail (error, LARDER_E_INVALID, "the token is not one that a page of this listing gave");
}

static int
token_read (struct listing *listing, const char *token, struct larder_error *error)
{
	size_t length;
	char *at = listing->from;
	if (text_from_base64 (token, at, sizeof listing->from - 1, &length) < 0 || length < 3 || strnlen (at, length) < length || at[1] != ':')
		return bad_token (error);
	at[length] = '\0';
	listing->from_key = at + 2;
	listing->damaged = *at >= 'A' && *at <= 'Z';
	if (listing->damaged)
		*at = (char) (*at - 'A' + 'a');
	if (*at == 'k')
		return 0;
	if (*at == 'p' && length - 2 <= KEY_MOST) {
		memcpy (listing->walk.skip, at + 2, length - 1);
		return 0;
	}
	char *time = *at == 'v' ? strchr (at + 2, ':') : NULL, *key = time ? strchr (time + 1, ':') : NULL;
	if (!key || !key[1])
		return bad_token (error);
	*time = *key = '\0';
	listing->from_version = at + 2;
	listing->from_time = strtoll (time + 1, NULL, 10);
	listing->from_key = key + 1;
	return 0;
}

static const char *
token_write (struct listing *listing, struct larder_error *error)
{
	size_t length = strlen (listing->last);
	char *token = larder_host->arena (listing->call, 4 * ((length + 2) / 3) + 1);
	if (!token)
		return larder_fail_memory (error), NULL;
	if (listing->damaged)
		*listing->last = (char) (*listing->last - 'a' + 'A');
	text_base64 (listing->last, length, token);
	return token;
}

/* ---- items ---- */

static int
give (struct listing *listing, const struct larder_info *info, struct larder_error *error)
{
	if (listing->given == listing->most) {
		listing->more = true;
		return 1;
	}
	int code = listing->item (listing->context, info, error);
	if (code != 0)
		return code;
	listing->given++;
	if (info->flags & LARDER_INFO_PREFIX)
		snprintf (listing->last, sizeof listing->last, "p:%s", info->key);
	else if (listing->request->versions)
		snprintf (listing->last, sizeof listing->last, "v:%s:%" PRId64 ":%s", info->version, info->mtime, info->key);
	else
		snprintf (listing->last, sizeof listing->last, "k:%s", info->key);
	return 0;
}

static int
give_group (struct listing *listing, size_t length, struct larder_error *error)
{
	char prefix[KEY_MOST + 1];
	memcpy (prefix, listing->walk.key, length);
	prefix[length] = '\0';
	struct larder_info info = { .size = sizeof info, .flags = LARDER_INFO_PREFIX, .key = prefix };
	int code = give (listing, &info, error);
	if (code == 0)
		memcpy (listing->walk.skip, prefix, length + 1);
	return code;
}

/* Index of the first version that has not come on an earlier page. */
static size_t
first_version (const struct listing *listing, const struct record *record)
{
	if (!listing->from_version || strcmp (listing->from_key, record->key) != 0)
		return 0;
	for (size_t i = 0; i < record->count; i++)
		if (strcmp (record->versions[i].id, listing->from_version) == 0 && record->versions[i].mtime == listing->from_time)
			return i + 1;
	size_t i = 0;
	while (i < record->count && record->versions[i].mtime >= listing->from_time)
		i++;
	return i;
}

static int
give_record (struct listing *listing, const struct record *record, struct larder_error *error)
{
	struct larder_info info;
	if (!listing->request->versions) {
		info_fill (listing->walk.bucket, record, record->versions, &info);
		return give (listing, &info, error);
	}
	int code = 0;
	for (size_t i = first_version (listing, record); code == 0 && i < record->count; i++) {
		info_fill (listing->walk.bucket, record, &record->versions[i], &info);
		code = give (listing, &info, error);
	}
	return code;
}

/* Bytes of the key that its group takes, or 0. */
static size_t
group_length (const struct larder_list *request, const char *key)
{
	if (!request->delimiter || !*request->delimiter)
		return 0;
	const char *found = strstr (key + strlen (request->prefix ? request->prefix : ""), request->delimiter);
	return found ? (size_t) (found - key) + strlen (request->delimiter) : 0;
}

static int
give_key (struct listing *listing, struct larder_error *error)
{
	const struct bucket *bucket = listing->walk.bucket;
	char path[KEY_PATH_ROOM];
	struct larder_error why = LARDER_ERROR_INIT;
	struct record record;
	arena_clear (listing->arena);
	int code = mock_cancelled (listing->call, error);
	if (code == 0)
		code = bucket_key (bucket, listing->walk.key, path, error);
	if (code == 0)
		code = record_look (bucket, path, listing->arena, &record, &why);
	if (code == LARDER_E_INTEGRITY) {
		larder_host->log (LARDER_LOG_WARN, "a listing of bucket '%s' leaves out '%s': its record is damaged", bucket->name, listing->walk.key);
		listing->damaged = true;
		return 0;
	}
	if (code < 0) {
		if (error && why.code)
			larder_give (error, &why);
		return code;
	}
	if (record.count == 0 || (!listing->request->versions && !record.versions[0].data))
		return 0;
	size_t group = group_length (listing->request, record.key);
	if (group > 0)
		return give_group (listing, group, error);
	return give_record (listing, &record, error);
}

/* ---- the page ---- */

static int
listing_begin (struct listing *listing, const struct bucket *bucket, struct larder_error *error)
{
	const struct larder_list *request = listing->request;
	struct walk *walk = &listing->walk;
	listing->most = request->most > 0 && request->most < PAGE_MOST ? request->most : PAGE_MOST;
	listing->arena = arena_new ();
	if (!listing->arena)
		return larder_fail_memory (error);
	int code = request->token ? token_read (listing, request->token, error) : 0;
	if (code < 0)
		return code;
	walk->bucket = bucket;
	walk->prefix = request->prefix ? request->prefix : "";
	walk->after = listing->from_key ? listing->from_key : request->start_after;
	walk->inclusive = listing->from_version != NULL;
	walk->batch = listing->most + 1;
	return walk_begin (walk, error);
}

static void
listing_end (struct listing *listing)
{
	walk_end (&listing->walk);
	arena_free (listing->arena);
}

int
mock_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context,
           struct larder_page *ret_page, struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	struct listing listing CLEANUP (listing_end) = { .request = request, .call = call, .item = item, .context = context };
	const struct mock *mock = self;
	/* where missing buckets are made, a look at one is its first use: it is empty, not an error */
	int code = bucket_open (mock, call, request->bucket, mock->create && !mock->read_only, &bucket, error);
	if (code == 0)
		code = listing_begin (&listing, &bucket, error);
	while (code == 0 && (code = walk_next (&listing.walk, error)) == 1)
		code = give_key (&listing, error);
	if (code < 0 || (code > 0 && !listing.more))
		return code;
	if (listing.damaged && !listing.more) {
		larder_fail (error, LARDER_E_INTEGRITY, "the listing of bucket '%s' leaves out objects whose record is damaged", bucket.name);
		larder_explain (error, LARDER_DETAIL_NEXT, "the log names them: write them again, or remove them");
		return LARDER_E_INTEGRITY;
	}
	struct larder_page page = { .size = sizeof page, .complete = !listing.more };
	if (listing.more && !(page.token = token_write (&listing, error)))
		return LARDER_E_LIMIT;
	larder_give (ret_page, &page);
	return 0;
}
