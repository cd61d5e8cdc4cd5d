/* reply-list.c: a page of a listing: objects and prefixes, or versions and delete markers. All of it is read and judged
 * before the first item is given. */
#include "reply.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "marker.h"

struct entry {
	struct larder_info info;
	size_t order;             /* in the reply */
	bool has_length;
};

struct listing {
	const struct larder_list *list;
	struct s3_rows rows;      /* struct entry */
	size_t inside;            /* of an entry's path, with the '/' behind it; 0: between entries */
	bool url;                 /* names are encoded; said at any place of the reply */
	bool has_end, truncated;
	const char *token, *key_marker, *version_marker;
};

static int
add_entry (struct listing *listing, const char *path, uint32_t flags, struct larder_error *error)
{
	struct entry *entry = s3_row_add (&listing->rows);
	if (!entry)
		return larder_fail_memory (error);
	listing->inside = strlen (path) + 1;
	entry->info.size = sizeof entry->info;
	entry->info.flags = flags;
	entry->order = listing->rows.count;
	return 0;
}

/* A thousand entries of seven fields a page. Byte by byte: libc would load 32 bytes at once, which waits for those just written. */
static inline bool
is (const char *name, const char *wanted)
{
	for (; *name && *name == *wanted; name++, wanted++)
		;
	return *name == *wanted;
}

static int
on_begin (void *context, const char *path, struct larder_error *error)
{
	struct listing *listing = context;
	if (listing->inside)
		return 0;
	if (is (path, "CommonPrefixes"))
		return add_entry (listing, path, LARDER_INFO_PREFIX, error);
	if (!listing->list->versions)
		return is (path, "Contents") ? add_entry (listing, path, LARDER_INFO_LATEST, error) : 0;
	if (is (path, "Version"))
		return add_entry (listing, path, 0, error);
	return is (path, "DeleteMarker") ? add_entry (listing, path, LARDER_INFO_DELETE_MARKER, error) : 0;
}

static int
read_restore (struct larder_info *info, const char *name, const char *text, struct larder_error *error)
{
	bool running = false;
	if (is (name, "RestoreExpiryDate")) {
		info->restore_state = LARDER_RESTORE_DONE;
		return s3_time (name, text, &info->restore_expiry, error);
	}
	int code = is (name, "IsRestoreInProgress") ? s3_yes_no (name, text, &running, error) : 0;
	if (running)
		info->restore_state = LARDER_RESTORE_RUNNING;
	return code;
}

static int
read_latest (struct larder_info *info, const char *text, struct larder_error *error)
{
	bool latest;
	int code = s3_yes_no ("IsLatest", text, &latest, error);
	if (code == 0 && latest)
		info->flags |= LARDER_INFO_LATEST;
	return code;
}

static int
read_field (struct listing *listing, const char *name, const char *text, struct larder_error *error)
{
	static const char restore[] = "RestoreStatus/";
	struct entry *entry = s3_row_last (&listing->rows);
	struct larder_info *info = &entry->info;
	if (is (name, info->flags & LARDER_INFO_PREFIX ? "Prefix" : "Key"))
		return s3_text (listing->rows.arena, text, &info->key, error);
	if (info->flags & LARDER_INFO_PREFIX)
		return 0;
	if (is (name, "Size")) {
		entry->has_length = true;
		return s3_number (name, text, &info->length, error);
	}
	if (is (name, "LastModified"))
		return s3_time (name, text, &info->mtime, error);
	if (is (name, "ETag"))
		return s3_etag (listing->rows.arena, text, &info->etag, error);
	if (is (name, "StorageClass"))
		return *text ? s3_text (listing->rows.arena, text, &info->storage_class, error) : 0;
	if (is (name, "VersionId"))
		return *text ? s3_text (listing->rows.arena, text, &info->version, error) : 0;
	if (is (name, "IsLatest"))
		return read_latest (info, text, error);
	return strncmp (name, restore, sizeof restore - 1) == 0 ? read_restore (info, name + sizeof restore - 1, text, error) : 0;
}

static int
read_page (struct listing *listing, const char *name, const char *text, struct larder_error *error)
{
	if (strcmp (name, "IsTruncated") == 0) {
		listing->has_end = true;
		return s3_yes_no (name, text, &listing->truncated, error);
	}
	if (strcmp (name, "EncodingType") == 0) {
		listing->url = strcmp (text, "url") == 0;
		return listing->url || !*text ? 0 : s3_odd (error, "EncodingType is '%s'", text);
	}
	if (!*text)
		return 0;
	if (strcmp (name, "NextContinuationToken") == 0)
		return s3_text (listing->rows.arena, text, &listing->token, error);
	if (strcmp (name, "NextKeyMarker") == 0)
		return s3_text (listing->rows.arena, text, &listing->key_marker, error);
	return strcmp (name, "NextVersionIdMarker") == 0 ? s3_text (listing->rows.arena, text, &listing->version_marker, error) : 0;
}

static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct listing *listing = context;
	if (!listing->inside)
		return strchr (path, '/') ? 0 : read_page (listing, path, text, error);
	if (path[listing->inside - 1])
		return read_field (listing, path + listing->inside, text, error);
	listing->inside = 0;
	return 0;
}

/* ---- judging ---- */

static int
decode (struct listing *listing, const char **name, struct larder_error *error)
{
	if (!listing->url || !*name)
		return 0;
	const char *plain = s3_url_decode (listing->rows.arena, *name);
	return plain ? (*name = plain, 0) : s3_odd (error, "'%s' is not URL-encoded", *name);
}

static int
judge_entry (struct listing *listing, struct entry *entry, struct larder_error *error)
{
	struct larder_info *info = &entry->info;
	const char *prefix = listing->list->prefix ? listing->list->prefix : "";
	int code = decode (listing, &info->key, error);
	if (code < 0)
		return code;
	if (!info->key || !*info->key)
		return s3_odd (error, "an item has no name");
	if (strncmp (info->key, prefix, strlen (prefix)) != 0)
		return s3_odd (error, "it lists '%s', which does not begin with '%s'", info->key, prefix);
	if (info->flags & LARDER_INFO_PREFIX)
		return 0;
	if (!entry->has_length && !(info->flags & LARDER_INFO_DELETE_MARKER))
		return s3_odd (error, "it lists '%s' without a size", info->key);
	if (listing->list->versions && !info->version)
		return s3_odd (error, "it lists a version of '%s' without its id", info->key);
	return 0;
}

/* Behind what the page before ended with: a server that loses its place would list for ever, or leave out. */
static int
judge_order (const struct listing *listing, const char *last, struct larder_error *error)
{
	const struct entry *first = listing->rows.count ? s3_row_at (&listing->rows, 0) : NULL;
	if (!first || !last)
		return 0;
	int order = strcmp (first->info.key, last);
	if (order > 0 || (order == 0 && listing->list->versions))
		return 0;
	return s3_untrue (error, "a page begins with '%s', the one before it ended with '%s'", first->info.key, last);
}

static int
judge_end (const struct listing *listing, const struct s3_token *before, const struct s3_token *next, struct larder_error *error)
{
	if (!listing->has_end)
		return s3_untrue (error, "it does not say whether more follows");
	if (!listing->truncated)
		return listing->token ? s3_untrue (error, "nothing follows, but it says where") : 0;
	if (!next->key)
		return s3_untrue (error, "more follows, but it does not say where");
	if (before->key && strcmp (before->key, next->key) == 0 && strcmp (before->other ? before->other : "", next->other ? next->other : "") == 0)
		return s3_untrue (error, "the listing would go on where it was: it has no end");
	return 0;
}

/* Of items in order. */
static int
judge_page (struct listing *listing, struct larder_page *page, struct larder_error *error)
{
	const struct larder_list *list = listing->list;
	struct s3_token before = { NULL, NULL, NULL }, next;
	int code = list->token ? s3_token_split (listing->rows.arena, list->token, &before, error) : 0;
	if (code == 0)
		code = judge_order (listing, before.last, error);
	if (code == 0)
		code = decode (listing, &listing->key_marker, error);
	if (code < 0)
		return code;
	next.last = listing->rows.count ? ((const struct entry *) s3_row_last (&listing->rows))->info.key : before.last;
	next.key = list->versions ? listing->key_marker : listing->token;
	next.other = list->versions ? listing->version_marker : NULL;
	code = judge_end (listing, &before, &next, error);
	if (code < 0)
		return code;
	page->complete = !listing->truncated;
	page->token = page->complete ? NULL : s3_token_join (listing->rows.arena, &next);
	return page->complete || page->token ? 0 : larder_fail_memory (error);
}

/* Such an id begins with its time, ten letters of 32: on a server where the time that is listed of an old version is that of its
 * replacement. Other ids leave the time as it is. */
static void
time_from_id (struct larder_info *info)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	int64_t time = 0;
	for (size_t i = 0; i < 26; i++) {
		const char *at = info->version && info->version[i] ? strchr (letters, info->version[i]) : NULL;
		if (!at || (i == 0 && at - letters > 7))
			return;
		if (i < 10)
			time = time * 32 + (at - letters);
	}
	if (!info->version[26] && time <= INT64_MAX / (NS_PER_S / 1000))
		info->mtime = time * (NS_PER_S / 1000);
}

/* Is version a newer than version b, by their ids? */
static int
compare_ids (const char *a, const char *b)
{
	bool null_a = !a || strcmp (a, "null") == 0, null_b = !b || strcmp (b, "null") == 0;
	return null_a || null_b ? null_a - null_b : strcmp (b, a);
}

static int
compare_age (const struct entry *one, const struct entry *two, uint32_t how)
{
	int order = how == S3_ORDER_ID ? compare_ids (one->info.version, two->info.version)
		: how == S3_ORDER_TIME ? (one->info.mtime < two->info.mtime) - (one->info.mtime > two->info.mtime) : 0;
	return order ? order : one->order < two->order ? -1 : 1;
}

/* Byte order of the names; the newest version first. */
static int
compare (const void *a, const void *b, void *how)
{
	const struct entry *one = a, *two = b;
	int order = strcmp (one->info.key, two->info.key);
	if (order)
		return order;
	unsigned latest_one = one->info.flags & LARDER_INFO_LATEST, latest_two = two->info.flags & LARDER_INFO_LATEST;
	if (latest_one != latest_two)
		return latest_one ? -1 : 1;
	return compare_age (one, two, *(const uint32_t *) how);
}

static bool
in_order (const struct s3_rows *rows, uint32_t *how)
{
	for (size_t i = 1; i < rows->count; i++)
		if (compare (s3_row_at (rows, i - 1), s3_row_at (rows, i), how) > 0)
			return false;
	return true;
}

static bool
is_before (const struct larder_list *list, const struct larder_info *info)
{
	const char *after = list->start_after;
	return after && !(info->flags & LARDER_INFO_PREFIX) && strcmp (info->key, after) <= 0;
}

int
s3_reply_list (const char *body, size_t length, const struct s3_server *server, const struct larder_list *list, struct larder_arena *arena,
               larder_item_fn item, void *context, struct larder_page *ret, struct larder_error *error)
{
	uint32_t how = list->versions ? server->version_order : S3_ORDER_LISTED;
	struct listing listing = { .list = list, .rows = { .arena = arena, .each = sizeof (struct entry) } };
	struct s3_rows *rows = &listing.rows;
	struct larder_page page = { .size = sizeof page };
	const struct s3_reader reader = { on_begin, on_end, &listing };
	int code = s3_reply_read (body, length, list->versions ? "ListVersionsResult" : "ListBucketResult", &reader, error);
	for (size_t i = 0; i < rows->count && code == 0; i++) {
		struct entry *entry = s3_row_at (rows, i);
		code = judge_entry (&listing, entry, error);
		if (how == S3_ORDER_ID)
			time_from_id (&entry->info);
	}
	if (code == 0 && !in_order (rows, &how))
		qsort_r (rows->at, rows->count, rows->each, compare, &how);
	if (code == 0)
		code = judge_page (&listing, &page, error);
	for (size_t i = 0; i < rows->count && code == 0; i++) {
		const struct entry *entry = s3_row_at (rows, i);
		if (!is_before (list, &entry->info))
			code = item (context, &entry->info, error);
	}
	if (code == 0)
		larder_give (ret, &page);
	return code;
}
