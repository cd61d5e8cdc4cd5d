/* ops.c: operations as the promises use them: one call each, results copied before its arena is poisoned. */
#include "suite.h"

#include <stdlib.h>

#include "file.h"

void
broken (struct suite *suite, const char *format, ...)
{
	va_list arguments;
	if (suite->why[0])
		return;
	va_start (arguments, format);
	vsnprintf (suite->why, sizeof suite->why, format, arguments);
	va_end (arguments);
}

void
enter (struct suite *suite)
{
	if (suite->driver->threads != LARDER_THREADS_PARALLEL)
		pthread_mutex_lock (&suite->serial);
}

void
leave (struct suite *suite)
{
	if (suite->driver->threads != LARDER_THREADS_PARALLEL)
		pthread_mutex_unlock (&suite->serial);
}

/* splitmix64 */
uint64_t
next_random (uint64_t *state)
{
	uint64_t z = *state += UINT64_C (0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
fill_random (void *into, size_t count, uint64_t seed)
{
	unsigned char *at = into;
	for (uint64_t word = 0; count > 0; count--, word >>= 8) {
		if (word < 256)
			word = next_random (&seed) | UINT64_C (1) << 63;
		*at++ = (unsigned char) word;
	}
}

void
key_of (const struct suite *suite, const char *name, char ret[1100])
{
	snprintf (ret, 1100, "%s%s", suite->place, name);
}

static void
keep_text (char *to, size_t room, const char *from)
{
	snprintf (to, room, "%s", from ? from : "");
}

static void
keep_fact (const struct larder_info *info, struct fact *ret)
{
	*ret = (struct fact) { .flags = info->flags, .length = info->length, .mtime = info->mtime, .checksum_type = info->checksum_type,
	                       .pairs = info->metadata.count, .restore_state = info->restore_state, .restore_expiry = info->restore_expiry };
	keep_text (ret->key, sizeof ret->key, info->key);
	keep_text (ret->version, sizeof ret->version, info->version);
	keep_text (ret->etag, sizeof ret->etag, info->etag);
	keep_text (ret->storage_class, sizeof ret->storage_class, info->storage_class);
	keep_text (ret->checksum, sizeof ret->checksum, info->checksum);
	keep_text (ret->content_type, sizeof ret->content_type, info->content_type);
	keep_text (ret->content_encoding, sizeof ret->content_encoding, info->content_encoding);
	keep_text (ret->cache_control, sizeof ret->cache_control, info->cache_control);
	keep_text (ret->content_disposition, sizeof ret->content_disposition, info->content_disposition);
	for (size_t i = 0, used = 0; i < info->metadata.count && used < sizeof ret->metadata; i++) {
		const struct larder_pair *pair = larder_pair_at (&info->metadata, i);
		used += (size_t) snprintf (ret->metadata + used, sizeof ret->metadata - used, "%s=%s\n", pair->name, pair->value);
	}
}

static struct larder_write
write_request (const struct suite *suite, const char *key, const struct larder_attributes *attributes, const struct larder_condition *condition)
{
	struct larder_write request = { .size = sizeof request, .bucket = suite->bucket, .key = key };
	if (attributes)
		request.attributes = *attributes;
	if (condition)
		request.condition = *condition;
	request.attributes.size = sizeof request.attributes;
	request.condition.size = sizeof request.condition;
	return request;
}

int
op_write (struct suite *suite, const char *name, const void *bytes, size_t count, const struct larder_attributes *attributes,
          const struct larder_condition *condition, struct fact *ret)
{
	char key[1100];
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_info info = { .size = sizeof info };
	struct memory_source memory;
	struct larder_source source;
	key_of (suite, name, key);
	memory_source_begin (&memory, bytes, count, &source);
	const struct larder_write request = write_request (suite, key, attributes, condition);
	call_begin (&call);
	enter (suite);
	int code = suite->driver->write (suite->self, &call, &request, &source, &info, &error);
	leave (suite);
	if (code == 0 && ret)
		keep_fact (&info, ret);
	call_end (&call);
	return code;
}

int
op_write_source (struct suite *suite, const char *name, const struct larder_source *source, struct larder_error *error)
{
	char key[1100];
	struct larder_call call;
	struct larder_info info = { .size = sizeof info };
	key_of (suite, name, key);
	const struct larder_write request = write_request (suite, key, NULL, NULL);
	call_begin (&call);
	enter (suite);
	int code = suite->driver->write (suite->self, &call, &request, source, &info, error);
	leave (suite);
	call_end (&call);
	return code;
}

int
op_stat (struct suite *suite, const char *name, const char *version, struct fact *ret)
{
	char key[1100];
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_info info = { .size = sizeof info };
	key_of (suite, name, key);
	const struct larder_object object = { .size = sizeof object, .bucket = suite->bucket, .key = key, .version = version };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->stat (suite->self, &call, &object, &info, &error);
	leave (suite);
	if (code == 0 && ret)
		keep_fact (&info, ret);
	call_end (&call);
	return code;
}

struct reading { struct buffer *into; struct fact *fact; };

static int
reading_begin (void *context, const struct larder_info *info, struct larder_error *error)
{
	const struct reading *reading = context;
	(void) error;
	if (reading->fact)
		keep_fact (info, reading->fact);
	return 0;
}

static int
reading_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	const struct reading *reading = context;
	(void) error;
	return reading->into && buffer_add (reading->into, bytes, count) < 0 ? LARDER_E_LIMIT : 0;
}

int
op_read (struct suite *suite, const char *name, const char *version, uint64_t offset, uint64_t length, const char *if_match,
         struct buffer *into, struct fact *ret)
{
	char key[1100];
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	key_of (suite, name, key);
	struct reading reading = { into, ret };
	const struct larder_sink sink = { .size = sizeof sink, .context = &reading, .begin = reading_begin, .write = reading_write };
	const struct larder_read request = {
		.size = sizeof request, .object = { .size = sizeof request.object, .bucket = suite->bucket, .key = key, .version = version },
		.offset = offset, .length = length, .if_match = if_match,
	};
	if (into)
		buffer_clear (into);
	call_begin (&call);
	enter (suite);
	int code = suite->driver->read (suite->self, &call, &request, &sink, &error);
	leave (suite);
	call_end (&call);
	return code;
}

static int
removed_one (void *context, size_t index, int code, const struct larder_info *info, const struct larder_error *error)
{
	(void) index;
	(void) info;
	(void) error;
	*(int *) context = code;
	return 0;
}

/* The item's own outcome; 1 when it was not reported. */
int
op_remove (struct suite *suite, const char *name, const char *version, const char *if_match)
{
	char key[1100];
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	int outcome = 1;
	key_of (suite, name, key);
	const struct larder_remove item = { .size = sizeof item, .key = key, .version = version, .if_match = if_match };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->remove (suite->self, &call, suite->bucket, &item, 1, sizeof item, removed_one, &outcome, &error);
	leave (suite);
	call_end (&call);
	return code < 0 ? code : outcome;
}

int
op_copy (struct suite *suite, const char *from, const char *to, const struct larder_attributes *attributes,
         const struct larder_condition *condition, const char *if_match)
{
	char source[1100], target[1100];
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_info info = { .size = sizeof info };
	key_of (suite, from, source);
	key_of (suite, to, target);
	struct larder_copy request = { .size = sizeof request, .from = { sizeof request.from, suite->bucket, source, NULL },
	                               .bucket = suite->bucket, .key = target, .if_match = if_match };
	if (attributes)
		request.attributes = *attributes;
	if (condition)
		request.condition = *condition;
	request.attributes.size = sizeof request.attributes;
	request.condition.size = sizeof request.condition;
	call_begin (&call);
	enter (suite);
	int code = suite->driver->copy (suite->self, &call, &request, &info, &error);
	leave (suite);
	call_end (&call);
	return code;
}

static int
see (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct seen *seen = context;
	(void) error;
	struct fact *grown = realloc (seen->at, (seen->count + 1) * sizeof *grown);
	if (!grown)
		return LARDER_E_LIMIT;
	seen->at = grown;
	keep_fact (info, &seen->at[seen->count++]);
	return 0;
}

static int
by_key (const void *one, const void *other)
{
	return strcmp (((const struct fact *) one)->key, ((const struct fact *) other)->key);
}

/* `prefix` is below the suite's place; so is `after` when given. */
void
op_list (struct suite *suite, const char *prefix, const char *delimiter, const char *after, uint32_t most, bool versions,
         struct seen *ret)
{
	char whole[1100], above[1100];
	CLEANUP_BUFFER struct buffer token;
	key_of (suite, prefix, whole);
	if (after)
		key_of (suite, after, above);
	buffer_init (&token, 65536);
	*ret = (struct seen) { 0 };
	for (bool complete = false; !complete && ret->code == 0 && ret->pages < 5000; ret->pages++) {
		struct larder_call call;
		struct larder_error error = LARDER_ERROR_INIT;
		struct larder_page page = { .size = sizeof page };
		const struct larder_list request = {
			.size = sizeof request, .bucket = suite->bucket, .prefix = whole, .delimiter = delimiter ? delimiter : "",
			.start_after = after ? above : NULL, .token = token.length ? token.at : NULL, .most = most, .versions = versions,
		};
		size_t before = ret->count;
		call_begin (&call);
		enter (suite);
		ret->code = suite->driver->list (suite->self, &call, &request, see, ret, &page, &error);
		leave (suite);
		complete = page.complete;
		if (ret->code == 0 && ((!complete && (!page.token || !*page.token)) || (most && ret->count - before > most)))
			ret->lied = complete = true;
		buffer_clear (&token);
		if (!complete && ret->code == 0)
			buffer_add_text (&token, page.token);
		call_end (&call);
	}
	if (suite->caps & LARDER_CAP_ANY_ORDER && !versions && ret->count > 1)
		qsort (ret->at, ret->count, sizeof *ret->at, by_key);     /* as core would */
}

void
seen_free (struct seen *seen)
{
	free (seen->at);
	*seen = (struct seen) { 0 };
}

bool
is_there (struct suite *suite, const char *name, const void *bytes, size_t count)
{
	CLEANUP_BUFFER struct buffer got;
	struct fact fact = { .length = UINT64_MAX };
	buffer_init (&got, (size_t) 64 << 20);
	int code = op_read (suite, name, NULL, 0, LARDER_TO_END, NULL, &got, &fact);
	return code == 0 && fact.length == count && got.length == count && (count == 0 || memcmp (got.at, bytes, count) == 0);
}
