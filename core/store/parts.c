/* parts.c: one object written in parts: what is checked before the driver is asked, and how an upload is given up. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "objects.h"

bool
store_has_parts (const struct larder_store *store)
{
	const struct larder_driver *driver = store->driver;
	return driver->parts_begin && driver->parts_write && driver->parts_finish && driver->parts_abort;
}

int
store_parts_begin (struct larder_store *store, struct larder_arena *arena, const struct larder_put *put, bool copied, struct larder_upload *ret_upload,
                   struct larder_error *error)
{
	struct larder_write write;
	int code = object_write (store, put, &write, error);
	write.copied = copied;
	if (code < 0)
		return code;
	struct larder_call call = larder_call_begin (store->larder, arena);
	instance_enter (store->instance);
	code = store->driver->parts_begin (store->instance->self, &call, &write, ret_upload, error);
	instance_leave (store->instance);
	return code;
}

int
store_parts_write (struct larder_store *store, struct larder_arena *arena, const struct larder_upload *upload, uint32_t number,
                   const struct larder_source *source, struct larder_part *ret_part, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (store->larder, arena);
	if (larder_is_cancelled (store->larder))
		return larder_fail_cancelled (error);
	instance_enter (store->instance);
	int code = store->driver->parts_write (store->instance->self, &call, upload, number, source, ret_part, error);
	instance_leave (store->instance);
	return code;
}

bool
store_has_parts_copy (const struct larder_store *store)
{
	return store_has_parts (store) && store->driver->parts_copy;
}

int
store_parts_copy (struct larder_store *store, struct larder_arena *arena, const struct larder_upload *upload, uint32_t number,
                  const struct larder_read *from, struct larder_part *ret_part, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (store->larder, arena);
	if (larder_is_cancelled (store->larder))
		return larder_fail_cancelled (error);
	instance_enter (store->instance);
	int code = store->driver->parts_copy (store->instance->self, &call, upload, number, from, ret_part, error);
	instance_leave (store->instance);
	return code;
}

/* An object without one of its parts would be a whole object to everybody. */
static int
check_parts (const char *key, const struct larder_part *parts, size_t count, uint64_t length, struct larder_error *error)
{
	static const char next[] = "nothing was published; put it again, and report this";
	uint64_t sum = 0;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].number != i + 1 || !parts[i].etag)
			return larder_fail_next (error, LARDER_E_INTEGRITY, next, "part %zu of '%s' is missing", i + 1, key);
		sum += parts[i].length;
	}
	if (count > 0 && sum == length)
		return 0;
	return larder_fail_next (error, LARDER_E_INTEGRITY, next, "the %zu parts of '%s' have %llu of %llu bytes", count, key,
	                         (unsigned long long) sum, (unsigned long long) length);
}

int
store_parts_finish (struct larder_store *store, struct larder_arena *arena, const struct larder_put *put, const struct larder_upload *upload,
                    const struct larder_part *parts, size_t count, uint64_t length, const uint64_t *crc64, struct larder_info *ret_info,
                    struct larder_error *error)
{
	char checksum[16];
	struct larder_finish finish = {
		.size = sizeof finish, .upload = *upload, .parts = parts, .count = count, .stride = sizeof *parts, .length = length,
		.condition = { sizeof finish.condition, put->create_only, put->if_match },
	};
	int code = check_parts (put->key, parts, count, length, error);
	if (code < 0)
		return code;
	if (crc64 && store->instance->caps & LARDER_CAP_CHECKSUM) {
		crc64nvme_text (*crc64, checksum);
		finish.checksum_type = LARDER_CHECKSUM_CRC64NVME;
		finish.checksum = checksum;
	}
	struct larder_call call = larder_call_begin (store->larder, arena);
	instance_enter (store->instance);
	code = store->driver->parts_finish (store->instance->self, &call, &finish, ret_info, error);
	instance_leave (store->instance);
	return code;
}

int
store_parts_list (struct larder_store *store, const struct larder_upload *upload, store_part_fn part, void *context, struct larder_error *error)
{
	if (!store->driver->parts_list)
		return object_fail_unsupported (store, "list the parts of an upload", error);
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	if (!arena)
		return larder_fail_memory (error);
	struct larder_call call = larder_call_begin (store->larder, arena);
	instance_enter (store->instance);
	int code = store->driver->parts_list (store->instance->self, &call, upload, part, context, error);
	instance_leave (store->instance);
	return code;
}

int
store_parts_abort (struct larder_store *store, const struct larder_upload *upload, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_CLOSE int timer = -1;
	struct larder_call call;
	int code = arena ? larder_call_last (store->larder, arena, &timer, &call, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	instance_enter (store->instance);
	code = store->driver->parts_abort (store->instance->self, &call, upload, error);
	instance_leave (store->instance);
	return code == LARDER_E_NOTFOUND ? 0 : code;
}

struct of_key { const char *key; store_upload_fn upload; void *context; };

/* A prefix has other keys, too. */
static int
one_of_key (void *context, const struct larder_upload *upload, struct larder_error *error)
{
	const struct of_key *wanted = context;
	return strcmp (upload->key, wanted->key) == 0 ? wanted->upload (wanted->context, upload, error) : 0;
}

/* Of a page. Whoever is told of one asks the same driver for its parts, or aborts it: of a driver that is for one call at a time that is not
 * before the page has ended. */
struct uploads { struct larder_arena *arena; const char *bucket; struct larder_upload *at; size_t count, room; };

static int
gather (void *context, const struct larder_upload *upload, struct larder_error *error)
{
	struct uploads *uploads = context;
	struct larder_upload *more = arena_more (uploads->arena, uploads->at, uploads->count, &uploads->room, sizeof *more);
	struct larder_upload kept = { .size = sizeof kept };
	larder_give (&kept, upload);
	kept.bucket = uploads->bucket;
	kept.key = arena_copy (uploads->arena, upload->key);
	kept.id = arena_copy (uploads->arena, upload->id);
	if (!more || !kept.key || !kept.id)
		return larder_fail_memory (error);
	uploads->at = more;
	uploads->at[uploads->count++] = kept;
	return 0;
}

static int
read_page (struct larder_store *store, const char *prefix, const char *token, struct uploads *uploads, struct larder_page *ret, struct larder_error *error)
{
	const struct larder_list list = { .size = sizeof list, .bucket = store_bucket (store), .prefix = prefix, .delimiter = "", .token = token };
	struct larder_call call = larder_call_begin (store->larder, uploads->arena);
	*ret = (struct larder_page) { .size = sizeof *ret };
	if (larder_is_cancelled (store->larder))
		return larder_fail_cancelled (error);
	instance_enter (store->instance);
	int code = store->driver->uploads_list (store->instance->self, &call, &list, gather, uploads, ret, error);
	instance_leave (store->instance);
	if (code == 0 && !ret->complete && (!ret->token || (token && strcmp (token, ret->token) == 0)))
		code = larder_fail (error, LARDER_E_INTEGRITY, "the list of open uploads has no end");
	return code;
}

static int
each_upload (struct larder_store *store, const char *prefix, store_upload_fn upload, void *context, struct larder_error *error)
{
	struct larder_page page = { .size = sizeof page };
	if (!store->driver->uploads_list)
		return object_fail_unsupported (store, "list open uploads", error);
	CLEANUP_ARENA struct larder_arena *arena = arena_new (), *before = arena_new ();
	int code = arena && before ? 0 : larder_fail_memory (error);
	while (code == 0 && !page.complete) {
		struct larder_arena *turn = before;      /* the token lives in the one of its page */
		before = arena;
		arena = turn;
		arena_clear (arena);
		struct uploads uploads = { .arena = arena, .bucket = store_bucket (store) };
		code = read_page (store, prefix, page.token, &uploads, &page, error);
		for (size_t n = 0; code == 0 && n < uploads.count; n++)
			code = upload (context, &uploads.at[n], error);
	}
	return code;
}

int
store_uploads (struct larder_store *store, const char *key, store_upload_fn upload, void *context, struct larder_error *error)
{
	struct of_key wanted = { key, upload, context };
	return each_upload (store, key, one_of_key, &wanted, error);
}

int
store_uploads_all (struct larder_store *store, store_upload_fn upload, void *context, struct larder_error *error)
{
	return each_upload (store, "", upload, context, error);
}
