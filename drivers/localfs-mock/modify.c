/* modify.c: removing, and changing what is known of a version: tags and class. */
#include "mock.h"

#include "error.h"

/* ---- remove ---- */

/* Without a version: the object goes, behind a delete marker where versions are kept. */
static int
remove_object (struct change *change, const struct larder_info **ret_info, struct larder_info *info, struct larder_error *error)
{
	const struct bucket *bucket = change->bucket;
	struct record *record = &change->record;
	bool others = false;
	for (size_t i = 0; i < record->count; i++)
		others = others || strcmp (record->versions[i].id, "null") != 0;
	if (!bucket->versioning && !others) {
		if (record->count == 0 && change->before.count == 0 && !change->damaged)
			return 0;
		record->count = 0;
		return change_commit (change, NULL, error);
	}
	struct version *marker = change_push (change, error);
	if (!marker)
		return LARDER_E_LIMIT;
	marker->data = NULL;
	int code = change_commit (change, NULL, error);
	info_fill (bucket, record, marker, info);
	*ret_info = info;
	return code;
}

static int
remove_version (struct change *change, const char *id, const struct larder_info **ret_info, struct larder_info *info,
                struct larder_error *error)
{
	struct record *record = &change->record;
	const struct version *version = record_find (record, id);
	if (!version)
		return 0;
	info_fill (change->bucket, record, version, info);
	*ret_info = info;
	record_drop (record, (size_t) (version - record->versions));
	return change_commit (change, NULL, error);
}

static int
remove_one (struct bucket *bucket, const struct larder_remove *item, size_t index, larder_removed_fn removed, void *context)
{
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	struct larder_error why = LARDER_ERROR_INIT;
	struct larder_info info;
	const struct larder_info *gone = NULL;
	int code = change_begin (bucket, item->key, !item->version && !item->if_match, &change, &why);
	if (code == 0 && item->if_match) {
		const struct version *version = record_find (&change.record, item->version);
		if (!version || !version->data || !etag_matches (version, item->if_match))
			code = larder_fail (&why, LARDER_E_CONFLICT, "'%s' in bucket '%s' has changed", item->key, bucket->name);
	}
	if (code == 0)
		code = item->version ? remove_version (&change, item->version, &gone, &info, &why) : remove_object (&change, &gone, &info, &why);
	return removed (context, index, code, code == 0 ? gone : NULL, code < 0 ? &why : NULL);
}

int
mock_remove (void *self, struct larder_call *call, const char *bucket_name, const struct larder_remove *items, size_t count,
             size_t stride, larder_removed_fn removed, void *context, struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	int code = bucket_open (self, call, bucket_name, true, &bucket, error);
	for (size_t i = 0; code == 0 && i < count; i++) {
		code = mock_cancelled (call, error);
		if (code == 0)
			code = remove_one (&bucket, (const struct larder_remove *) (const void *) ((const char *) items + i * stride), i, removed, context);
	}
	return code;
}

/* ---- tags and class ---- */

int
mock_tags_get (void *self, struct larder_call *call, const struct larder_object *object, struct larder_pairs *ret_tags,
               struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_VIEW struct view view = VIEW_NONE;
	int code = bucket_open (self, call, object->bucket, false, &bucket, error);
	if (code == 0)
		code = view_open (&bucket, object, false, &view, error);
	if (code < 0)
		return code;
	struct larder_info info = { .size = sizeof info, .metadata = view.version->tags }, kept = { .size = sizeof kept };
	code = info_give (call, &info, &kept, error);
	if (code == 0)
		*ret_tags = kept.metadata;
	return code;
}

int
version_begin (void *self, struct larder_call *call, const struct larder_object *object, struct bucket *bucket, struct change *change,
               struct version **ret, struct larder_error *error)
{
	int code = bucket_open (self, call, object->bucket, true, bucket, error);
	if (code == 0)
		code = change_begin (bucket, object->key, false, change, error);
	if (code < 0)
		return code;
	*ret = record_find (&change->record, object->version);
	return *ret && (*ret)->data ? 0 : larder_fail (error, LARDER_E_NOTFOUND, "no object '%s' in bucket '%s'", object->key, bucket->name);
}

static int
check_tags (const struct larder_pairs *tags, struct larder_error *error)
{
	if (tags->count > 10)
		return larder_fail (error, LARDER_E_LIMIT, "%zu tags, an object has at most 10", tags->count);
	for (size_t i = 0; i < tags->count; i++) {
		const struct larder_pair *tag = larder_pair_at (tags, i);
		if (!tag->name || !*tag->name || !tag->value || strlen (tag->name) > 512 || strlen (tag->value) > 1024)
			return larder_fail (error, LARDER_E_INVALID, "'%.64s' cannot be a tag", tag->name ? tag->name : "");
	}
	return 0;
}

int
mock_tags_set (void *self, struct larder_call *call, const struct larder_object *object, const struct larder_pairs *tags,
               struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	struct version *version;
	int code = check_tags (tags, error);
	if (code == 0)
		code = version_begin (self, call, object, &bucket, &change, &version, error);
	if (code < 0)
		return code;
	version->tags = *tags;
	return change_commit (&change, NULL, error);
}

int
mock_class_set (void *self, struct larder_call *call, const struct larder_object *object, const char *storage_class,
                struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	struct version *version;
	struct larder_attributes wanted = { .size = sizeof wanted, .storage_class = storage_class };
	int code = check_attributes (&wanted, error);
	if (code == 0)
		code = version_begin (self, call, object, &bucket, &change, &version, error);
	if (code < 0)
		return code;
	code = restore_check (&bucket, object->key, version, error);    /* it is a copy onto itself */
	if (code < 0)
		return code;
	version->attributes.storage_class = storage_class;
	version->restored_from = version->restored_until = 0;
	return change_commit (&change, NULL, error);
}
