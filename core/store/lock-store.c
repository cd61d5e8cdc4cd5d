/* lock-store.c: the store of a lock provider that keeps its leases in one. Straight to the driver with the operation's own call: a
 * lease is given up also when the handle is cancelled. */
#include "lock-store.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include "arena.h"
#include "error.h"
#include "file.h"
#include "handle.h"
#include "objects.h"

enum { RECORD_MOST = 64 << 10, TRIES = 3 };

struct slurp { struct larder_arena *arena; const char *key; char *text; size_t length, room; const char *etag; };

static int
slurp_begin (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct slurp *slurp = context;
	if (info->length >= RECORD_MOST)
		return larder_fail (error, LARDER_E_LIMIT, "object '%s' is no lock: it has %llu bytes", slurp->key, (unsigned long long) info->length);
	if (!info->etag)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the store says no etag of '%s'", slurp->key);
	slurp->room = (size_t) info->length;
	slurp->length = 0;
	slurp->text = arena_alloc (slurp->arena, slurp->room + 1);
	slurp->etag = arena_copy (slurp->arena, info->etag);
	return slurp->text && slurp->etag ? 0 : larder_fail_memory (error);
}

static int
slurp_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct slurp *slurp = context;
	if (!slurp->text || count > slurp->room - slurp->length)
		return larder_fail (error, LARDER_E_INTEGRITY, "object '%s' has more bytes than were told", slurp->key);
	memcpy (slurp->text + slurp->length, bytes, count);
	slurp->length += count;
	return 0;
}

static int
read_record (void *context, struct larder_call *call, const char *key, const char **ret_text, const char **ret_etag, struct larder_error *error)
{
	struct larder_store *store = context;
	struct slurp slurp = { .arena = call->arena, .key = key };
	const struct larder_sink sink = { .size = sizeof sink, .context = &slurp, .begin = slurp_begin, .write = slurp_write };
	const struct larder_read read = { .size = sizeof read, .object = { sizeof read.object, store->bucket, key, NULL }, .length = LARDER_TO_END };
	int code = LARDER_E_RETRY;
	instance_enter (store->instance);
	for (unsigned i = 0; i < TRIES && code == LARDER_E_RETRY; i++)
		code = store->driver->read (store->instance->self, call, &read, &sink, error);
	instance_leave (store->instance);
	if (code == LARDER_E_RETRY)
		return larder_fail (error, LARDER_E_UNAVAILABLE, "object '%s%s' broke off %d times", store->prefix, key, TRIES);
	if (code == 0 && (!slurp.text || slurp.length != slurp.room))
		return larder_fail (error, LARDER_E_INTEGRITY, "object '%s%s' came short", store->prefix, key);
	if (code < 0)
		return code;
	*ret_text = slurp.text;
	*ret_etag = slurp.etag;
	return 0;
}

static int
write_record (void *context, struct larder_call *call, const char *key, const char *text, const char *if_match, const char **ret_etag,
              struct larder_error *error)
{
	struct larder_store *store = context;
	struct memory_source memory;
	struct larder_source source;
	struct larder_info info = { .size = sizeof info };
	const struct larder_write write = {
		.size = sizeof write, .bucket = store->bucket, .key = key, .attributes = { .size = sizeof write.attributes, .content_type = "application/json" },
		.condition = { .size = sizeof write.condition, .create_only = !if_match, .if_match = if_match },
	};
	memory_source_begin (&memory, text, strlen (text), &source);
	instance_enter (store->instance);
	int code = store->driver->write (store->instance->self, call, &write, &source, &info, error);
	instance_leave (store->instance);
	if (code < 0)
		return code;
	if (!info.etag)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "the store says no etag of '%s%s'", store->prefix, key);
	*ret_etag = info.etag;
	return 0;
}

static int
written_when (void *context, struct larder_call *call, const char *key, int64_t *ret_time, struct larder_error *error)
{
	struct larder_store *store = context;
	struct larder_info info = { .size = sizeof info };
	const struct larder_object object = { .size = sizeof object, .bucket = store->bucket, .key = key };
	instance_enter (store->instance);
	int code = store->driver->stat (store->instance->self, call, &object, &info, error);
	instance_leave (store->instance);
	if (code == 0)
		*ret_time = info.mtime;
	return code;
}

int
lock_store_open (struct larder *larder, const struct config_section *section, struct larder_store **ret, struct larder_lock_store *ret_access,
                 struct larder_error *error)
{
	const char *name = config_text (section, "store");
	const uint64_t needed = LARDER_CAP_CREATE_ONLY | LARDER_CAP_IF_MATCH;
	struct larder_store *store;
	int code = larder_store_open (larder, name, &store, error);
	if (code < 0)
		return code;
	if (larder->settings.flags & LARDER_READ_ONLY)
		code = object_fail_read_only (store, error);
	else if ((store_caps (store) & needed) != needed)
		code = larder_fail_next (error, LARDER_E_UNSUPPORTED, "choose a store whose server has conditional writes, or another provider of locks",
			"store '%s' does not decide conditions, so it can keep no locks", name);
	if (code < 0) {
		larder_store_close (store);
		return code;
	}
	*ret = store;
	*ret_access = (struct larder_lock_store) {
		.size = sizeof *ret_access, .context = store, .read = read_record, .write = write_record, .written = written_when,
	};
	return 0;
}
