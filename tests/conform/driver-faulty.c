/* driver-faulty.c: a store in memory that keeps every promise but the one named by its option `fault`, a list.
 *
 * Proves that larder-driver-test bites. Each fault is narrow, often to the keys of one promise, so that exactly
 * one line of the suite must fail. It keeps versions of keys with "/versions/" in them. */
#include "faulty.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checksum.h"
#include "error.h"
#include "file.h"

#define PIECE ((size_t) 256 << 10)
#define TAKEN ((size_t) 16 << 10)      /* of a source at a time: between two looks whether all is cancelled it may sleep for each KiB */

static const struct larder_option options[] = {
	{ .key = "fault", .type = LARDER_LIST, .def = "none", .at = offsetof (struct faulty, fault), .help = "the promises to break" },
	{ .key = "left-alone", .type = LARDER_STRING, .def = "x", .at = offsetof (struct faulty, left_alone), .help = "never given: its text must stay untold" },
	{ .key = NULL }
};

/* ---- the store ---- */

bool
breaks (const struct faulty *self, const char *fault, const char *key, const char *word)
{
	const char *const *broken = self->fault;
	while (broken && *broken && strcmp (*broken, fault) != 0)
		broken++;
	return broken && *broken && (!word || strstr (key, word));
}

int
check_place (const char *bucket, const char *key, const struct faulty *self, struct larder_error *error)
{
	if (strchr (bucket, '/'))
		return larder_fail (error, LARDER_E_INVALID, "'%s' cannot be a bucket", bucket);
	if (strcmp (bucket, "larder-conformance") != 0) {
		larder_fail (error, LARDER_E_NOTFOUND, "no bucket '%s'", bucket);
		if (!breaks (self, "no-next", NULL, NULL))
			larder_explain (error, LARDER_DETAIL_NEXT, "there is only one bucket: larder-conformance");
		return LARDER_E_NOTFOUND;
	}
	if (!*key)
		return larder_fail (error, breaks (self, "empty-key", NULL, NULL) ? LARDER_E_NOTFOUND : LARDER_E_INVALID, "an empty key");
	return 0;
}

struct item *
find (const struct faulty *self, const char *key, const char *version)
{
	char folded[1100];
	bool folds = breaks (self, "key-slashes", key, "/k/") || breaks (self, "key-shadow", key, "/h/");
	const char *twice = folds ? strstr (key, "//") : NULL;
	if (twice) {
		snprintf (folded, sizeof folded, "%.*s%s", (int) (twice - key), key, twice + 1);
		key = folded;
	}
	for (struct item *item = self->items; item; item = item->next)
		if (strcmp (item->key, key) == 0 && !item->ghost) {
			if (!version)
				return item->marker ? NULL : item;
			if (strcmp (item->version, version) == 0)
				return item;
		}
	return NULL;
}

static int
set (struct larder_arena *arena, const char **to, const char *given, const char *base)
{
	*to = arena_copy (arena, given ? given : base);
	return *to || !(given || base) ? 0 : -1;
}

static int
set_pairs (struct larder_arena *arena, struct larder_pairs *to, const struct larder_pairs *from)
{
	struct larder_pair *at = arena_alloc (arena, (from->count + 1) * sizeof *at);
	if (!at)
		return -1;
	for (size_t i = 0; i < from->count; i++)
		at[i] = (struct larder_pair) { arena_copy (arena, larder_pair_at (from, i)->name), arena_copy (arena, larder_pair_at (from, i)->value) };
	*to = (struct larder_pairs) { at, from->count, sizeof *at };
	return 0;
}

struct item *
item_new (const char *key, const struct larder_attributes *given, const struct item *base)
{
	static const struct larder_attributes none = { .size = sizeof none };
	const struct larder_attributes *old = base ? &base->attributes : &none;
	struct item *item = calloc (1, sizeof *item);
	struct larder_arena *arena = item ? arena_new () : NULL;
	if (!arena)
		return free (item), NULL;
	item->arena = arena;
	item->key = arena_copy (arena, key);
	struct larder_attributes *to = &item->attributes;
	if (!item->key || set (arena, &to->content_type, given->content_type, old->content_type) < 0
	    || set (arena, &to->content_encoding, given->content_encoding, old->content_encoding) < 0
	    || set (arena, &to->cache_control, given->cache_control, old->cache_control) < 0
	    || set (arena, &to->content_disposition, given->content_disposition, old->content_disposition) < 0
	    || set (arena, &to->storage_class, given->storage_class, old->storage_class) < 0
	    || set_pairs (arena, &to->metadata, given->metadata_given || given->metadata.count ? &given->metadata : &old->metadata) < 0
	    || (base && set_pairs (arena, &item->tags, &base->tags) < 0))
		return item_free (item), NULL;
	return item;
}

void
item_free (struct item *item)
{
	if (!item)
		return;
	arena_free (item->arena);
	free (item->bytes);
	free (item);
}

void
item_fill (struct faulty *self, struct item *item)
{
	uint64_t crc = crc64nvme (0, item->bytes, item->length);
	snprintf (item->etag, sizeof item->etag, "%016llx", breaks (self, "same-etag", item->key, "/etag") ? 0 : (unsigned long long) crc);
	crc64nvme_text (crc, item->checksum);
	if (breaks (self, "own-etags", NULL, NULL))     /* no fault: an etag need not be a digest */
		snprintf (item->etag, sizeof item->etag, "own-%llu", (unsigned long long) self->serial);
	item->mtime = larder_host->store_now ();
	snprintf (item->version, sizeof item->version, "v%08llu", (unsigned long long) ++self->serial);
}

void
item_insert (struct faulty *self, struct item *item)
{
	struct item **at = &self->items;
	while (*at && strcmp ((*at)->key, item->key) < 0)
		at = &(*at)->next;
	bool versioned = strstr (item->key, "/versions/") != NULL;
	if (!versioned)
		snprintf (item->version, sizeof item->version, "null");
	while (!versioned && *at && strcmp ((*at)->key, item->key) == 0) {
		struct item *old = *at;
		*at = old->next;
		item_free (old);
	}
	item->next = *at;
	*at = item;
}

static const char *
keep (struct larder_call *call, const char *text)
{
	char *copy = text ? larder_host->arena (call, strlen (text) + 1) : NULL;
	return copy ? memcpy (copy, text, strlen (text) + 1) : NULL;
}

int
give (struct larder_call *call, const struct item *item, struct larder_info *ret, struct larder_error *error)
{
	const struct larder_attributes *attributes = &item->attributes;
	struct larder_info info = {
		.size = sizeof info, .length = item->length, .mtime = item->mtime, .key = keep (call, item->key), .version = keep (call, item->version),
		.etag = keep (call, item->etag), .checksum_type = LARDER_CHECKSUM_CRC64NVME, .checksum = keep (call, item->checksum),
		.storage_class = keep (call, attributes->storage_class ? attributes->storage_class : "STANDARD"),
		.restore_state = item->restored ? LARDER_RESTORE_DONE : LARDER_RESTORE_NONE, .restore_expiry = item->restored,
		.content_type = keep (call, attributes->content_type), .content_encoding = keep (call, attributes->content_encoding),
		.cache_control = keep (call, attributes->cache_control), .content_disposition = keep (call, attributes->content_disposition),
	};
	size_t count = attributes->metadata.count;
	struct larder_pair *at = larder_host->arena (call, (count + 1) * sizeof *at);
	if (!at || !info.key)
		return larder_fail_memory (error);
	for (size_t i = 0; i < count; i++) {
		const struct larder_pair *pair = larder_pair_at (&attributes->metadata, i);
		at[i] = (struct larder_pair) { keep (call, pair->name), keep (call, pair->value) };
	}
	info.metadata = (struct larder_pairs) { at, count, sizeof *at };
	larder_give (ret, &info);
	return 0;
}

int
condition (struct faulty *self, const char *key, const struct larder_condition *wanted, const char *ignored, struct larder_error *error)
{
	const struct item *item = find (self, key, NULL);
	if (ignored)
		return 0;
	if ((wanted->create_only && item) || (wanted->if_match && (!item || strcmp (item->etag, wanted->if_match) != 0)))
		return larder_fail (error, LARDER_E_CONFLICT, "the condition for '%s' is not met", key);
	return 0;
}

/* ---- life ---- */

static int
faulty_open (void *context, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct faulty *self = context;
	const char *told = larder_host->option (self, "fault");
	(void) call;
	(void) request;
	if (larder_host->option (self, "left-alone") || (!told && strcmp (self->fault[0], "none") != 0))
		return larder_fail (error, LARDER_E_INVALID, "the host does not tell which options were given");
	pthread_mutex_init (&self->lock, NULL);
	return faulty_thing_new (self) < 0 ? larder_fail (error, LARDER_E_LIMIT, "no memory") : 0;
}

static void
faulty_close (void *context)
{
	struct faulty *self = context;
	free (self->thing);
	for (struct item *next, *item = self->items; item; item = next) {
		next = item->next;
		item_free (item);
	}
	for (struct upload *next, *upload = self->uploads; upload; upload = next) {
		next = upload->next;
		for (unsigned i = 0; i < upload->count; i++)
			free (upload->parts[i].bytes);
		item_free (upload->item);
		free (upload);
	}
	pthread_mutex_destroy (&self->lock);
}

static int
faulty_check (void *context, struct larder_call *call, const char *bucket, larder_finding_fn finding, void *to, struct larder_error *error)
{
	(void) call;
	(void) error;
	return finding (to, breaks (context, "check", NULL, NULL) ? LARDER_FAIL : LARDER_PASS, "bucket", bucket, NULL);
}

/* ---- objects ---- */

static int
absent (const struct faulty *self, const char *key, struct larder_info *ret, struct larder_error *error)
{
	if (breaks (self, "touch-output", key, "/missing/of/outputs"))
		ret->length = 0;
	if (breaks (self, "no-message", key, "/missing/of/errors"))
		return LARDER_E_NOTFOUND;
	return larder_fail (error, breaks (self, "missing-code", key, "/missing") ? LARDER_E_UNAVAILABLE : LARDER_E_NOTFOUND, "no object '%s'", key);
}

static int
faulty_stat (void *context, struct larder_call *call, const struct larder_object *object, struct larder_info *ret, struct larder_error *error)
{
	struct faulty *self = context;
	int code = check_place (object->bucket, object->key, self, error);
	if (code < 0)
		return code;
	pthread_mutex_lock (&self->lock);
	const struct item *item = find (self, object->key, object->version);
	if (item && !item->marker && breaks (self, "beyond-size", item->key, "/sizes"))
		memset ((char *) ret + ret->size, 0, 8);
	code = item && !item->marker ? give (call, item, ret, error) : absent (self, object->key, ret, error);
	if (code == 0 && breaks (self, "short-lived", object->key, "/texts/")) {
		snprintf (self->etag, sizeof self->etag, "%s", item->etag);
		ret->etag = self->etag;
	}
	if (code == 0 && breaks (self, "stat-time", object->key, "/facts"))
		ret->mtime /= 1000000000;
	pthread_mutex_unlock (&self->lock);
	return code;
}

/* The range of the item, copied under the lock; the torn one in two halves. */
static char *
extract (struct faulty *self, const struct larder_read *request, const struct item *item, size_t *ret_count)
{
	uint64_t left = request->offset < item->length ? item->length - request->offset : 0;
	*ret_count = (size_t) (request->length < left ? request->length : left);
	if (breaks (self, "range-by-one", item->key, "/ranges") && request->length == 1 && left > 1)
		*ret_count = 2;
	char *copy = malloc (*ret_count + 1);
	if (copy && *ret_count)
		memcpy (copy, item->bytes + request->offset, *ret_count);
	if (copy && breaks (self, "flip-bit", item->key, "/bytes") && *ret_count == 4095)
		copy[77] ^= 1;
	if (copy && breaks (self, "torn-read", item->key, "/overwritten")) {
		pthread_mutex_unlock (&self->lock);
		usleep (500);
		pthread_mutex_lock (&self->lock);
		const struct item *now = find (self, request->object.key, NULL);
		memcpy (copy, now->bytes, now->length / 2);
	}
	return copy;
}

static int
deliver (const struct faulty *self, const struct larder_sink *sink, const struct larder_info *info, const char *bytes, size_t count,
         struct larder_error *error)
{
	int code = sink->begin ? sink->begin (sink->context, info, error) : 0;
	if (code == 0 && sink->begin && breaks (self, "begin-twice", NULL, NULL))
		code = sink->begin (sink->context, info, error);
	if (breaks (self, "begin-ignored", NULL, NULL))
		code = 0;
	for (size_t piece; code == 0 && count > 0; bytes += piece, count -= piece) {
		piece = count < PIECE ? count : PIECE;
		code = sink->write (sink->context, bytes, piece, error);
		if (breaks (self, "sink-ignored", NULL, NULL))
			code = 0;
	}
	return code;
}

static int
faulty_read (void *context, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error)
{
	struct faulty *self = context;
	const char *key = request->object.key;
	struct larder_info info = { .size = sizeof info };
	char *bytes = NULL;
	size_t count = 0;
	int code = check_place (request->object.bucket, key, self, error);
	if (code < 0)
		return code;
	pthread_mutex_lock (&self->lock);
	const struct item *item = find (self, key, breaks (self, "versions", key, NULL) ? NULL : request->object.version);
	if (!item || item->marker)
		code = absent (self, key, &info, error);
	else if (request->if_match && strcmp (request->if_match, item->etag) != 0 && !breaks (self, "read-if-match", NULL, NULL))
		code = larder_fail (error, LARDER_E_CONFLICT, "'%s' has changed", key);
	else if (request->offset > item->length && item->length > 0 && !breaks (self, "range-end", NULL, NULL))
		code = larder_fail (error, LARDER_E_INVALID, "'%s' ends before", key);
	else if ((code = check_restored (self, item, error)) == 0)
		code = give (call, item, &info, error);
	if (code == 0 && !(bytes = extract (self, request, item, &count)))
		code = larder_fail_memory (error);
	pthread_mutex_unlock (&self->lock);
	if (code == 0)
		code = deliver (self, sink, &info, bytes, count, error);
	free (bytes);
	return code;
}

/* All bytes of a source; the faults about sources are here. */
int
slurp (struct faulty *self, struct larder_call *call, const char *key, const struct larder_source *source, char **ret, struct larder_error *error)
{
	char *bytes = calloc (1, source->length + 2), more;
	int64_t got = 0;
	int code = bytes ? 0 : larder_fail_memory (error);
	if (code == 0 && !source->pread && !breaks (self, "no-rewind", NULL, NULL))
		code = source->rewind (source->context, error);
	for (uint64_t done = 0; code == 0 && done < source->length; done += (uint64_t) got) {
		uint64_t want = source->length - done < TAKEN ? source->length - done : TAKEN;
		if (larder_host->cancelled (call) && !breaks (self, "cancel", NULL, NULL))
			code = larder_fail (error, LARDER_E_CANCELLED, "cancelled");
		else if ((got = source_pread (source, bytes + done, (size_t) want, done, error)) < 0)
			code = breaks (self, "failed-source", key, "/failed-source") ? 0 : (int) got;
		else if ((uint64_t) got < want && !breaks (self, "short-source", NULL, NULL))
			code = larder_fail (error, LARDER_E_INTEGRITY, "the source of '%s' ended early", key);
		if (got <= 0 || (uint64_t) got < want)
			break;
	}
	if (code == 0 && source_pread (source, &more, 1, source->length, NULL) > 0 && !breaks (self, "long-source", NULL, NULL))
		code = larder_fail (error, LARDER_E_INTEGRITY, "the source of '%s' gives more", key);
	if (code < 0)
		return free (bytes), code;
	*ret = bytes;
	return 0;
}

static int
checksum (const struct faulty *self, const struct larder_write *request, const struct item *item, struct larder_error *error)
{
	if (!request->checksum || strcmp (request->checksum, item->checksum) == 0 || breaks (self, "checksum", NULL, NULL))
		return 0;
	return larder_fail (error, LARDER_E_INTEGRITY, "'%s' has another checksum", item->key);
}

/* Faults that change what is stored. */
static void
spoil (struct faulty *self, struct item *item)
{
	struct larder_attributes *attributes = &item->attributes;
	const struct item *old = find (self, item->key, NULL);
	if (breaks (self, "metadata", NULL, NULL) && attributes->metadata.count > 8)
		attributes->metadata.count = 8;
	if (breaks (self, "old-metadata", item->key, "/metadata-change") && old && !attributes->metadata.count)
		set_pairs (item->arena, &attributes->metadata, &old->attributes.metadata);
	if (breaks (self, "class", item->key, "/class"))
		attributes->storage_class = NULL;
	if (breaks (self, "model", item->key, "/m/") && ++self->model_writes % 5 == 0)
		item->bytes[item->length / 2] ^= 1;
}

static int
faulty_write (void *context, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
              struct larder_info *ret, struct larder_error *error)
{
	struct faulty *self = context;
	const char *key = request->key;
	char *bytes = NULL;
	int code = check_place (request->bucket, key, self, error);
	if (code == 0 && source->length == 0 && breaks (self, "no-empty", key, "/empty"))
		code = larder_fail (error, LARDER_E_INVALID, "nothing to write");
	if (code == 0)
		code = slurp (self, call, key, source, &bytes, error);
	if (code < 0) {
		const struct item *old = find (self, key, NULL);
		if (old && breaks (self, "old-object", key, "/old-object"))
			old->bytes[0] ^= 1;
		return code;
	}
	struct item *item = item_new (key, &request->attributes, NULL);
	if (!item)
		return free (bytes), larder_fail_memory (error);
	item->bytes = bytes;
	item->length = (size_t) source->length;
	const char *ignored = breaks (self, "create-only", key, "/create-only") || breaks (self, "if-match", key, "/if-match") ? key : NULL;
	bool racy = breaks (self, "create-race", key, "/create-race/") || breaks (self, "match-race", key, "/match-race");
	pthread_mutex_lock (&self->lock);
	code = condition (self, key, &request->condition, ignored, error);
	if (racy) {
		pthread_mutex_unlock (&self->lock);
		usleep (1000);
		pthread_mutex_lock (&self->lock);
	}
	item_fill (self, item);
	code = code < 0 ? code : checksum (self, request, item, error);
	if (code == 0) {
		spoil (self, item);
		item_insert (self, item);
		code = give (call, item, ret, error);
	} else
		item_free (item);
	pthread_mutex_unlock (&self->lock);
	return code;
}

static int
remove_one (struct faulty *self, const struct larder_remove *request, struct larder_error *error)
{
	struct item **at = &self->items, *item = find (self, request->key, request->version);
	if (request->if_match && (!item || strcmp (item->etag, request->if_match) != 0) && !breaks (self, "remove-if-match", NULL, NULL))
		return larder_fail (error, LARDER_E_CONFLICT, "'%s' has changed", request->key);
	if (!item)
		return breaks (self, "remove-absent", request->key, "/remove/") ? larder_fail (error, LARDER_E_NOTFOUND, "no '%s'", request->key) : 0;
	if (breaks (self, "ghost", request->key, "/gone/")) {
		item->ghost = true;
		return 0;
	}
	if (strstr (request->key, "/versions/") && !request->version) {
		struct item *marker = item_new (request->key, &(struct larder_attributes) { 0 }, NULL);
		item_fill (self, marker);
		marker->marker = true;
		item_insert (self, marker);
		return 0;
	}
	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	item_free (item);
	return 0;
}

static int
faulty_remove (void *context, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
               larder_removed_fn removed, void *to, struct larder_error *error)
{
	struct faulty *self = context;
	(void) call;
	int code = check_place (bucket, "any", self, error);
	for (size_t i = 0; code == 0 && i < count; i++) {
		struct larder_error why = LARDER_ERROR_INIT;
		pthread_mutex_lock (&self->lock);
		int outcome = remove_one (self, (const void *) ((const char *) items + i * stride), &why);
		pthread_mutex_unlock (&self->lock);
		code = removed (to, i, outcome, NULL, outcome < 0 ? &why : NULL);
	}
	return code;
}

static struct item *
copied (struct faulty *self, const struct larder_copy *request, const struct item *from)
{
	static const struct larder_attributes none = { .size = sizeof none };
	struct item *item = item_new (request->key, breaks (self, "copy-replace", NULL, NULL) ? &none : &request->attributes, from);
	char *bytes = item ? malloc (from->length + 1) : NULL;
	if (!bytes)
		return item_free (item), NULL;
	item->bytes = memcpy (bytes, from->bytes, from->length);
	item->length = from->length;
	if (breaks (self, "copy-metadata", NULL, NULL) && item->length > (8 << 20))
		item->attributes.metadata.count = 0;
	item_fill (self, item);
	return item;
}

static int
faulty_copy (void *context, struct larder_call *call, const struct larder_copy *request, struct larder_info *ret, struct larder_error *error)
{
	struct faulty *self = context;
	int code = check_place (request->bucket, request->key, self, error);
	if (code < 0)
		return code;
	pthread_mutex_lock (&self->lock);
	const struct item *from = find (self, request->from.key, request->from.version);
	struct item *item = NULL;
	code = !from ? larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", request->from.key) : condition (self, request->key, &request->condition, NULL, error);
	code = code == 0 ? check_restored (self, from, error) : code;
	if (code == 0 && request->if_match && strcmp (request->if_match, from->etag) != 0 && !breaks (self, "copy-condition", NULL, NULL))
		code = larder_fail (error, LARDER_E_CONFLICT, "'%s' has changed", request->from.key);
	if (code == 0 && !(item = copied (self, request, from)))
		code = larder_fail_memory (error);
	if (code == 0) {
		item_insert (self, item);
		code = give (call, item, ret, error);
	}
	pthread_mutex_unlock (&self->lock);
	return code;
}

/* ---- more ---- */

static int
faulty_tags_set (void *context, struct larder_call *call, const struct larder_object *object, const struct larder_pairs *tags, struct larder_error *error)
{
	struct item *item = find (context, object->key, object->version);
	(void) call;
	if (!item)
		return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", object->key);
	return set_pairs (item->arena, &item->tags, tags) < 0 ? larder_fail_memory (error) : 0;
}

static int
faulty_tags_get (void *context, struct larder_call *call, const struct larder_object *object, struct larder_pairs *ret, struct larder_error *error)
{
	const struct item *item = find (context, object->key, object->version);
	if (!item)
		return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", object->key);
	struct larder_pair *at = larder_host->arena (call, (item->tags.count + 1) * sizeof *at);
	for (size_t i = 0; i < item->tags.count; i++)
		at[i] = (struct larder_pair) { keep (call, larder_pair_at (&item->tags, i)->name), keep (call, larder_pair_at (&item->tags, i)->value) };
	*ret = (struct larder_pairs) { at, item->tags.count - (breaks (context, "tags", NULL, NULL) ? 1 : 0), sizeof *at };
	return 0;
}

static int
faulty_class_set (void *context, struct larder_call *call, const struct larder_object *object, const char *class, struct larder_error *error)
{
	struct item *item = find (context, object->key, object->version);
	(void) call;
	if (!item)
		return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", object->key);
	if (breaks (context, "class-set", NULL, NULL))
		item->attributes.metadata.count = 0;
	return set (item->arena, &item->attributes.storage_class, class, NULL) < 0 ? larder_fail_memory (error) : 0;
}

static int
faulty_url (void *context, struct larder_call *call, const struct larder_url *request, const char **ret, struct larder_error *error)
{
	(void) error;
	(void) request;
	*ret = keep (call, breaks (context, "url", NULL, NULL) ? "memory://a b" : "memory://a%20b");
	return 0;
}

static int
faulty_versioning (void *context, struct larder_call *call, const char *bucket, uint32_t *ret_state, struct larder_error *error)
{
	(void) call;
	(void) bucket;
	(void) error;
	*ret_state = breaks (context, "versioning", NULL, NULL) ? LARDER_VERSIONING_NEVER : LARDER_VERSIONING_ON;
	return 0;
}

static int
faulty_caps (void *self, struct larder_call *call, uint64_t *caps, struct larder_error *error)
{
	(void) call;
	(void) error;
	*caps &= breaks (self, "any-order", NULL, NULL) ? UINT64_MAX : ~(uint64_t) LARDER_CAP_ANY_ORDER;     /* no fault, where it is said */
	return 0;
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "faulty", .version = "0.1.0", .summary = "a store in memory that breaks one promise",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct faulty),
	.caps_all = LARDER_CAP_CREATE_ONLY | LARDER_CAP_IF_MATCH | LARDER_CAP_VERSIONS | LARDER_CAP_METADATA | LARDER_CAP_CLASSES
	            | LARDER_CAP_CHECKSUM | LARDER_CAP_RANGE | LARDER_CAP_REMOVE_IF_MATCH | LARDER_CAP_ANY_KEY
	            | LARDER_CAP_KEY_BESIDE_PREFIX | LARDER_CAP_COPY_CREATE_ONLY | LARDER_CAP_ANY_ORDER,
	.open = faulty_open, .close = faulty_close, .caps = faulty_caps, .check = faulty_check, .stat = faulty_stat, .read = faulty_read, .write = faulty_write,
	.remove = faulty_remove, .list = faulty_list, .copy = faulty_copy, .parts_begin = faulty_parts_begin, .parts_write = faulty_parts_write,
	.parts_copy = faulty_parts_copy, .parts_finish = faulty_parts_finish, .parts_abort = faulty_parts_abort, .parts_list = faulty_parts_list,
	.uploads_list = faulty_uploads_list, .tags_get = faulty_tags_get, .tags_set = faulty_tags_set, .class_set = faulty_class_set,
	.restore = faulty_restore, .url = faulty_url, .versioning = faulty_versioning, .probe = faulty_probe, .resources = faulty_resources, .resource_stride = sizeof *faulty_resources,
};
LARDER_DRIVER (driver)
