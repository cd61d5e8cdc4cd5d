/* driver-hello.c: a whole storage driver in one file: one bucket, in memory, gone when the instance closes.
 *
 * Read it beside driver.h. It has the operations that a driver must have and no others; what it leaves NULL, larder
 * answers for it ("driver 'hello' cannot …"). Build it with the Makefile beside it, try it with `make check`, then put
 *
 *     [backend "objects"]
 *     driver = hello
 *     bucket = pictures
 *
 * into a profile. The order is that of all drivers: instance, options, helpers, operations, table, registration. */
#define LARDER_API_VERSION 0
#include <larder/driver.h>

#include <stdio.h>

/* ---- the instance ------------------------------------------------------------------------------ */

struct object {
	struct object *next;             /* in byte order of keys, as listings must be */
	char *key;
	char etag[40];
	int64_t mtime;
	uint64_t length;
	unsigned char bytes[];
};

/* One for each [backend] section. Core allocates it zeroed and fills the options before open. Nothing of a
 * driver lives outside: two sections are two instances. */
struct hello {
	const char *bucket;              /* options: kept by core until after close */
	uint64_t capacity;
	struct object *objects;
	uint64_t used;
};

/* Core parses, checks ranges, fills the fields, and makes help and "did you mean" of this table. */
static const struct larder_option options[] = {
	{ .key = "bucket", .type = LARDER_STRING, .flags = LARDER_REQUIRED, .at = offsetof (struct hello, bucket),
	  .help = "name of the one bucket" },
	{ .key = "capacity", .type = LARDER_SIZE, .def = "64MiB", .at = offsetof (struct hello, capacity), .min = 1, .max = INT64_MAX,
	  .help = "bytes it holds at the most" },
	{ 0 }
};

/* ---- helpers ----------------------------------------------------------------------------------- */

enum { PIECE = 64 << 10 };

/* Every operation begins with it. A message names its subject in '', has no full stop, and the next step apart. */
static int
check_place (const struct hello *hello, const char *bucket, const char *key, struct larder_error *error)
{
	if (strchr (bucket, '/'))
		return larder_fail (error, LARDER_E_INVALID, "'%s' cannot be a bucket's name", bucket);
	if (strcmp (bucket, hello->bucket) != 0) {
		int code = larder_fail (error, LARDER_E_NOTFOUND, "no bucket '%s', only '%s'", bucket, hello->bucket);
		larder_explain (error, LARDER_DETAIL_NEXT, "write bucket = … in the [backend] section as the store has it");
		return code;
	}
	return *key ? 0 : larder_fail (error, LARDER_E_INVALID, "a key cannot be empty");
}

/* Where the key is, or would be put. */
static struct object **
find (struct hello *hello, const char *key)
{
	struct object **at = &hello->objects;
	while (*at && strcmp ((*at)->key, key) < 0)
		at = &(*at)->next;
	return at;
}

static bool
is_there (struct object *const *at, const char *key)
{
	return *at && strcmp ((*at)->key, key) == 0;
}

static int
find_version (struct hello *hello, const struct larder_object *wanted, struct object **ret, struct larder_error *error)
{
	int code = check_place (hello, wanted->bucket, wanted->key, error);
	if (code < 0)
		return code;
	struct object **at = find (hello, wanted->key);
	if (wanted->version || !is_there (at, wanted->key))
		return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s' in bucket '%s'", wanted->key, wanted->bucket);
	*ret = *at;
	return 0;
}

static void
free_object (struct hello *hello, struct object *object)
{
	hello->used -= object->length;
	larder_host->free (object->key);
	larder_host->free (object);
}

static void
take_out (struct hello *hello, struct object **at)
{
	struct object *object = *at;
	*at = object->next;
	free_object (hello, object);
}

/* What we know of an object. Its texts live in the call's arena: ours may be gone before the caller looks.
 * In a sink's begin or a listing they need only live during the call, so there `call` is NULL and they are ours. */
static int
tell (struct larder_call *call, const struct object *object, struct larder_info *ret_info, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info, .flags = LARDER_INFO_LATEST, .length = object->length, .mtime = object->mtime,
	                            .key = object->key, .etag = object->etag };
	if (call) {
		size_t count = strlen (object->key) + 1;
		char *texts = larder_host->arena (call, count + sizeof object->etag);
		if (!texts)
			return larder_fail (error, LARDER_E_LIMIT, "out of memory");
		info.key = memcpy (texts, object->key, count);
		info.etag = memcpy (texts + count, object->etag, sizeof object->etag);
	}
	larder_give (ret_info, &info);   /* no further than the caller's struct goes */
	return 0;
}

/* ---- life -------------------------------------------------------------------------------------- */

static int
hello_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	const struct hello *hello = self;
	(void) call;
	if (strchr (hello->bucket, '/'))
		return larder_fail (error, LARDER_E_INVALID, "'%s' of [backend \"%s\"] cannot be a bucket's name", hello->bucket, request->name);
	return 0;
}

static void
hello_close (void *self)
{
	struct hello *hello = self;
	while (hello->objects)
		take_out (hello, &hello->objects);
}

/* ---- objects ----------------------------------------------------------------------------------- */

static int
hello_stat (void *self, struct larder_call *call, const struct larder_object *wanted, struct larder_info *ret_info, struct larder_error *error)
{
	struct object *object = NULL;
	int code = find_version (self, wanted, &object, error);
	return code < 0 ? code : tell (call, object, ret_info, error);
}

static int
hello_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error)
{
	struct object *object = NULL;
	struct larder_info info = { .size = sizeof info };
	int code = find_version (self, &request->object, &object, error);
	if (code < 0)
		return code;
	if (request->if_match && strcmp (request->if_match, object->etag) != 0)
		return larder_fail (error, LARDER_E_CONFLICT, "object '%s' is another one by now", object->key);
	if (request->offset > object->length)
		return larder_fail (error, LARDER_E_INVALID, "object '%s' ends before byte %llu", object->key, (unsigned long long) request->offset);
	uint64_t left = object->length - request->offset;
	if (left > request->length)
		left = request->length;
	tell (NULL, object, &info, NULL);
	code = sink->begin ? sink->begin (sink->context, &info, error) : 0;
	for (uint64_t done = 0; code == 0 && done < left;) {
		size_t count = left - done < PIECE ? (size_t) (left - done) : PIECE;
		if (larder_host->cancelled (call))
			return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
		code = sink->write (sink->context, object->bytes + request->offset + done, count, error);
		larder_host->progress (call, count);
		done += count;
	}
	return code;
}

/* All bytes that the source has announced, and proof that it has no more. */
static int
take_bytes (struct larder_call *call, const struct larder_source *source, struct object *object, struct larder_error *error)
{
	unsigned char beyond;
	int code = source->pread || !source->rewind ? 0 : source->rewind (source->context, error);
	for (uint64_t done = 0; code == 0 && done <= source->length;) {
		uint64_t left = source->length - done;
		size_t count = left < PIECE ? (size_t) left : PIECE;
		void *into = left ? (void *) (object->bytes + done) : &beyond;
		if (larder_host->cancelled (call))
			return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
		int64_t got = source->pread ? source->pread (source->context, into, left ? count : 1, done, error)
			: source->read (source->context, into, left ? count : 1, error);
		if (got < 0)
			return (int) got;
		if (got == 0 && left == 0)
			return 0;
		if (got == 0 || left == 0)
			return larder_fail (error, LARDER_E_INTEGRITY, "source of '%s' has %s bytes than it said", object->key, left ? "fewer" : "more");
		done += (uint64_t) got;
	}
	return code;
}

/* Other bytes, other etag: FNV-1a of the bytes, and their number. */
static void
set_etag (struct object *object)
{
	uint64_t hash = UINT64_C (14695981039346656037);
	for (uint64_t i = 0; i < object->length; i++)
		hash = (hash ^ object->bytes[i]) * UINT64_C (1099511628211);
	snprintf (object->etag, sizeof object->etag, "%016llx-%llx", (unsigned long long) hash, (unsigned long long) object->length);
}

static int
new_object (struct hello *hello, struct larder_call *call, const char *key, const struct larder_source *source, struct object **ret,
            struct larder_error *error)
{
	if (source->length > hello->capacity - hello->used) {
		int code = larder_fail (error, LARDER_E_NOSPACE, "no room for '%s': %llu of %llu bytes are in use", key,
		                        (unsigned long long) hello->used, (unsigned long long) hello->capacity);
		larder_explain (error, LARDER_DETAIL_NEXT, "raise capacity = … in the [backend] section");
		return code;
	}
	struct object *object = larder_host->alloc (sizeof *object + (size_t) source->length);
	char *copy = larder_host->alloc (strlen (key) + 1);
	int code = object && copy ? 0 : larder_fail (error, LARDER_E_LIMIT, "out of memory");
	if (code == 0) {
		object->key = memcpy (copy, key, strlen (key) + 1);
		object->length = source->length;
		object->mtime = larder_host->store_now ();
		code = take_bytes (call, source, object, error);
		set_etag (object);
	}
	if (code < 0) {
		larder_host->free (copy);
		larder_host->free (object);
		return code;
	}
	hello->used += object->length;
	*ret = object;
	return 0;
}

/* All or nothing: the old object stays until the new one is whole. */
static int
hello_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
             struct larder_info *ret_info, struct larder_error *error)
{
	struct hello *hello = self;
	struct object *object = NULL;
	int code = check_place (hello, request->bucket, request->key, error);
	if (code < 0)
		return code;
	struct object **at = find (hello, request->key);
	bool there = is_there (at, request->key);
	if (there && request->condition.create_only)
		return larder_fail (error, LARDER_E_CONFLICT, "object '%s' is there already", request->key);
	if (request->condition.if_match && (!there || strcmp ((*at)->etag, request->condition.if_match) != 0))
		return larder_fail (error, LARDER_E_CONFLICT, "object '%s' is another one by now", request->key);
	code = new_object (hello, call, request->key, source, &object, error);
	if (code == 0 && (code = tell (call, object, ret_info, error)) < 0)
		free_object (hello, object);
	if (code < 0)
		return code;
	if (there)
		take_out (hello, at);
	object->next = *at;
	*at = object;
	return 0;
}

/* Items come `stride` bytes apart, which is not sizeof when core is newer than we are. */
static int
hello_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
              larder_removed_fn removed, void *context, struct larder_error *error)
{
	struct hello *hello = self;
	(void) call;
	int code = check_place (hello, bucket, "any", error);
	for (size_t i = 0; code == 0 && i < count; i++) {
		const struct larder_remove *item = (const struct larder_remove *) (const void *) ((const char *) items + i * stride);
		struct larder_error why = LARDER_ERROR_INIT;
		struct object **at = find (hello, item->key);
		int outcome = check_place (hello, bucket, item->key, &why);
		if (outcome == 0 && !item->version && is_there (at, item->key)) {
			if (item->if_match && strcmp ((*at)->etag, item->if_match) != 0)
				outcome = larder_fail (&why, LARDER_E_CONFLICT, "object '%s' is another one by now", item->key);
			else
				take_out (hello, at);
		}
		code = removed (context, i, outcome, NULL, outcome < 0 ? &why : NULL);
	}
	return code;
}

/* ---- listing ----------------------------------------------------------------------------------- */

/* The group that a key belongs to is the key's beginning up to and with the first delimiter after the prefix:
 * its length, or 0. */
static size_t
group_length (const struct larder_list *request, const char *key)
{
	const char *found = *request->delimiter ? strstr (key + strlen (request->prefix), request->delimiter) : NULL;
	return found ? (size_t) (found - key) + strlen (request->delimiter) : 0;
}

/* Has the listing passed this key? `token` is the last item given, 'g' before a group, 'k' before a key. */
static bool
is_passed (const struct larder_list *request, const char *token, const char *key)
{
	if (token)
		return token[0] == 'g' ? strncmp (key, token + 1, strlen (token + 1)) <= 0 : strcmp (key, token + 1) <= 0;
	return request->start_after && strcmp (key, request->start_after) <= 0;
}

static int
give_item (const struct larder_list *request, const struct object *object, char *token, larder_item_fn item, void *context,
           struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	size_t group = group_length (request, object->key), length = group ? group : strlen (object->key);
	token[0] = group ? 'g' : 'k';
	memcpy (token + 1, object->key, length);
	token[1 + length] = '\0';
	if (group) {
		info.flags = LARDER_INFO_PREFIX;
		info.key = token + 1;
	} else {
		tell (NULL, object, &info, NULL);
	}
	return item (context, &info, error);
}

/* One page. The token needs no memory of ours between pages: it says all that the next page must know. */
static int
hello_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context,
            struct larder_page *ret_page, struct larder_error *error)
{
	struct hello *hello = self;
	int code = check_place (hello, request->bucket, "any", error);
	uint32_t most = request->most ? request->most : 1000, count = 0;
	size_t longest = 0;
	for (const struct object *object = hello->objects; object; object = object->next)
		longest = strlen (object->key) > longest ? strlen (object->key) : longest;
	char *token = code < 0 ? NULL : larder_host->arena (call, longest + 2);
	if (!token)
		return code < 0 ? code : larder_fail (error, LARDER_E_LIMIT, "out of memory");
	struct larder_page page = { .size = sizeof page, .complete = true };
	for (const struct object *object = hello->objects; object && page.complete; object = object->next) {
		if (strncmp (object->key, request->prefix, strlen (request->prefix)) != 0
		    || is_passed (request, count ? token : request->token, object->key))
			continue;
		if (count == most) {
			page.complete = false;
			page.token = token;
		} else if ((code = give_item (request, object, token, item, context, error)) != 0) {
			return code;
		}
		count++;
	}
	larder_give (ret_page, &page);
	return 0;
}

/* ---- the table --------------------------------------------------------------------------------- */

/* SERIAL: core lets one call at a time into each instance, so nothing here needs a lock. */
static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "hello", .version = "1.0.0", .summary = "one bucket in memory, an example",
	.threads = LARDER_THREADS_SERIAL, .options = options, .self_size = sizeof (struct hello),
	.caps_all = LARDER_CAP_CREATE_ONLY | LARDER_CAP_IF_MATCH | LARDER_CAP_RANGE | LARDER_CAP_REMOVE_IF_MATCH
	            | LARDER_CAP_ANY_KEY | LARDER_CAP_KEY_BESIDE_PREFIX,
	.open = hello_open, .close = hello_close,
	.stat = hello_stat, .read = hello_read, .write = hello_write, .remove = hello_remove, .list = hello_list,
};
LARDER_DRIVER (driver)
