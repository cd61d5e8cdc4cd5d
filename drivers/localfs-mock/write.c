/* write.c: whole objects in, and copies of them. */
#include "mock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

#define PIECE ((size_t) 256 << 10)
#define METADATA_MOST 2048      /* bytes of names and values together, as S3 counts */
#define SWEEP_EVERY 256

/* ---- staging ---- */

struct sums {
	uint64_t crc64;
	uint32_t crc32c;
	uint32_t wanted;
	struct sha256 sha;
};

static void
sums_add (struct sums *sums, const void *bytes, size_t count)
{
	sums->crc64 = crc64nvme (sums->crc64, bytes, count);
	if (sums->wanted == LARDER_CHECKSUM_CRC32C)
		sums->crc32c = crc32c (sums->crc32c, bytes, count);
	sha256_add (&sums->sha, bytes, count);
}

static int
sums_compare (const struct sums *sums, const unsigned char sha[32], const char *wanted, struct larder_error *error)
{
	char have[64];
	if (sums->wanted == LARDER_CHECKSUM_CRC32C) {
		unsigned char big[4] = { (unsigned char) (sums->crc32c >> 24), (unsigned char) (sums->crc32c >> 16),
		                         (unsigned char) (sums->crc32c >> 8), (unsigned char) sums->crc32c };
		text_base64 (big, sizeof big, have);
	} else if (sums->wanted == LARDER_CHECKSUM_SHA256)
		text_base64 (sha, 32, have);
	else
		crc64nvme_text (sums->crc64, have);
	return strcmp (have, wanted) == 0 ? 0 : larder_fail (error, LARDER_E_INTEGRITY, "the bytes have the checksum %s, not %s", have, wanted);
}

/* All bytes of the source, no more and no fewer. */
static int
pour (const struct bucket *bucket, const struct larder_source *source, const struct temp *temp, struct sums *sums, struct larder_error *error)
{
	CLEANUP_FREE char *piece = malloc (PIECE);
	if (!piece)
		return larder_fail_memory (error);
	for (uint64_t done = 0;;) {
		int code = mock_cancelled (bucket->call, error);
		if (code < 0)
			return code;
		uint64_t left = source->length - done;
		size_t want = left < PIECE ? (size_t) left : PIECE;
		int64_t may = bucket->within ? (int64_t) want : larder_host->pace_bytes (bucket->call, want, error);
		if (may < 0)
			return (int) may;
		want = (size_t) may;
		int64_t got = source_pread (source, piece, left ? want : 1, done, error);
		if (got < 0)
			return (int) got;
		if (left == 0)
			return got == 0 ? 0 : larder_fail (error, LARDER_E_INTEGRITY, "the source gave more than the %llu bytes it announced",
			                                   (unsigned long long) source->length);
		if ((size_t) got < want)
			return larder_fail (error, LARDER_E_INTEGRITY, "the source ended after %llu of %llu bytes",
			                    (unsigned long long) (done + (uint64_t) got), (unsigned long long) source->length);
		code = file_write_all (temp->fd, piece, want);
		if (code < 0)
			return larder_fail_errno (error, -code, "cannot write to bucket '%s'", bucket->name);
		sums_add (sums, piece, want);
		larder_host->progress (bucket->call, want);
		done += want;
	}
}

static int
stage_bytes (const struct bucket *bucket, const struct larder_source *source, uint32_t checksum_type, const char *checksum,
             struct temp *temp, struct staged *ret, struct larder_error *error)
{
	struct sums sums = { .wanted = checksum ? checksum_type : LARDER_CHECKSUM_NONE };
	unsigned char sha[32];
	if (checksum && checksum_type != LARDER_CHECKSUM_CRC64NVME && checksum_type != LARDER_CHECKSUM_CRC32C && checksum_type != LARDER_CHECKSUM_SHA256)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "checksums of kind %u cannot be compared here", (unsigned) checksum_type);
	sha256_begin (&sums.sha);
	int code = !source->pread && source->rewind ? source->rewind (source->context, error) : 0;
	if (code == 0)
		code = temp_open (bucket, temp, error);
	if (code == 0)
		code = pour (bucket, source, temp, &sums, error);
	if (code < 0)
		return code;
	sha256_end (&sums.sha, sha);
	code = checksum ? sums_compare (&sums, sha, checksum, error) : 0;
	if (code < 0)
		return code;
	*ret = (struct staged) { .length = source->length, .crc = sums.crc64 };
	text_hex (sha, 16, ret->etag);
	crc64nvme_text (sums.crc64, ret->checksum);
	return temp_settle (bucket, temp, error);
}

int
stage (const struct bucket *bucket, const struct larder_source *source, uint32_t checksum_type, const char *checksum,
       struct temp *temp, struct staged *ret, struct larder_error *error)
{
	int code = stage_bytes (bucket, source, checksum_type, checksum, temp, ret, error);
	if (code == LARDER_E_NOSPACE)
		file_explain_room (temp->fd >= 0 ? temp->fd : bucket->truth, source->length, error);
	return code;
}

/* ---- attributes ---- */

static bool
is_plain (const char *text)
{
	for (const unsigned char *at = (const unsigned char *) text; *at; at++)
		if (*at < 0x20 || *at == 0x7f)
			return false;
	return true;
}

static int
refused (int code, struct larder_error *error, const char *next)
{
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

int
check_attributes (const struct larder_attributes *attributes, struct larder_error *error)
{
	const char *texts[] = { attributes->content_type, attributes->content_encoding, attributes->cache_control,
	                        attributes->content_disposition, attributes->encryption };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i] && !is_plain (texts[i]))
			return larder_fail (error, LARDER_E_INVALID, "control bytes in the attribute '%.40s'", texts[i]);
	const char *class = attributes->storage_class;
	if (class && (!*class || strspn (class, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != strlen (class)))
		return larder_fail (error, LARDER_E_INVALID, "'%.64s' cannot be a storage class", class);
	size_t total = 0;
	for (size_t i = 0; i < attributes->metadata.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&attributes->metadata, i);
		if (!pair->name || !*pair->name || strchr (pair->name, ' ') || !is_plain (pair->name))
			return refused (larder_fail (error, LARDER_E_INVALID, "metadata cannot have the name '%.64s'", pair->name ? pair->name : ""),
			                error, "take a name without spaces and control bytes");
		if (!pair->value || !is_plain (pair->value))
			return refused (larder_fail (error, LARDER_E_INVALID, "the value of metadata '%.64s' holds a control byte", pair->name),
			                error, "take it out: metadata travels as headers of HTTP");
		total += strlen (pair->name) + strlen (pair->value);
	}
	if (total > METADATA_MOST)
		return refused (larder_fail (error, LARDER_E_LIMIT, "metadata of %zu bytes, at most %d are kept", total, METADATA_MOST),
		                error, "give less of it, or store it as an object of its own");
	return 0;
}

static int
set_text (struct larder_arena *arena, const char *from, const char **to)
{
	if (!from)
		return 0;
	*to = arena_copy (arena, from);
	return *to ? 0 : -1;
}

static int
set_metadata (struct larder_arena *arena, const struct larder_pairs *from, struct larder_pairs *to)
{
	if (pairs_copy (arena, from, to) < 0)
		return -1;
	for (size_t i = 0; i < to->count; i++)
		for (char *at = (char *) (size_t) to->at[i].name; *at; at++)
			if (*at >= 'A' && *at <= 'Z')
				*at = (char) (*at - 'A' + 'a');
	return 0;
}

/* What is given replaces what the version has. */
int
attributes_set (struct larder_arena *arena, const struct larder_attributes *from, struct version *version, struct larder_error *error)
{
	struct larder_attributes *to = &version->attributes;
	if (set_text (arena, from->content_type, &to->content_type) < 0 || set_text (arena, from->content_encoding, &to->content_encoding) < 0
	    || set_text (arena, from->cache_control, &to->cache_control) < 0
	    || set_text (arena, from->content_disposition, &to->content_disposition) < 0
	    || set_text (arena, from->storage_class, &to->storage_class) < 0 || set_text (arena, from->encryption, &to->encryption) < 0)
		return larder_fail_memory (error);
	if (from->metadata.count > 0 || from->metadata_given)
		return set_metadata (arena, &from->metadata, &to->metadata) < 0 ? larder_fail_memory (error) : 0;
	return 0;
}

/* ---- publishing ---- */

int
publish (struct bucket *bucket, const char *key, const struct larder_condition *condition, const struct larder_attributes *attributes,
         const struct larder_pairs *tags, struct temp *temp, const struct staged *staged, struct larder_info *ret_info,
         struct larder_error *error)
{
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	struct larder_info info;
	int code = change_begin (bucket, key, !condition->create_only && !condition->if_match, &change, error);
	if (code == 0)
		code = change_condition (&change, condition, error);
	if (code < 0)
		return code;
	struct version *version = change_push (&change, error);
	if (!version)
		return LARDER_E_LIMIT;
	version->length = staged->length;
	version->etag = staged->etag;
	version->checksum = staged->checksum;
	if (tags)
		version->tags = *tags;
	code = attributes ? attributes_set (change.arena, attributes, version, error) : 0;
	info_fill (bucket, &change.record, version, &info);
	if (code == 0)
		code = info_give (bucket->call, &info, ret_info, error);
	return code < 0 ? code : change_commit (&change, temp, error);
}

int
mock_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
            struct larder_info *ret_info, struct larder_error *error)
{
	struct mock *mock = self;
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_TEMP struct temp temp = TEMP_NONE;
	struct staged staged;
	char path[KEY_PATH_ROOM];
	int code = check_attributes (&request->attributes, error);
	if (code == 0)
		code = bucket_open (mock, call, request->bucket, true, &bucket, error);
	if (code == 0)
		code = bucket_key (&bucket, request->key, path, error);
	if (code < 0)
		return code;
	if (__atomic_fetch_add (&mock->writes, 1, __ATOMIC_RELAXED) % SWEEP_EVERY == 0)
		temp_sweep (&bucket);
	code = stage (&bucket, source, request->checksum_type, request->checksum, &temp, &staged, error);
	if (code < 0)
		return code;
	return publish (&bucket, request->key, &request->condition, &request->attributes, NULL, &temp, &staged, ret_info, error);
}

/* ---- copies ---- */

static int64_t
extract_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	const struct extract *extract = context;
	uint64_t left = offset < extract->length ? extract->length - offset : 0;
	int64_t got = file_pread_all (extract->fd, into, left < count ? (size_t) left : count, extract->offset + offset);
	return got < 0 ? larder_fail_errno (error, (int) -got, "cannot read '%s'", extract->key) : got;
}

void
extract_source (struct extract *extract, struct larder_source *ret)
{
	*ret = (struct larder_source) { .size = sizeof *ret, .context = extract, .length = extract->length, .pread = extract_pread };
}

/* The source's values, then what the request replaces. */
static int
merge (struct larder_arena *arena, const struct version *from, const struct larder_attributes *over, struct larder_attributes *ret,
       struct larder_error *error)
{
	struct version merged = { .attributes = from->attributes };
	int code = attributes_set (arena, over, &merged, error);
	*ret = merged.attributes;
	ret->metadata_given = true;
	return code;
}

int
mock_copy (void *self, struct larder_call *call, const struct larder_copy *request, struct larder_info *ret_info,
           struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket from = BUCKET_NONE, to = BUCKET_NONE;
	CLEANUP_VIEW struct view view = VIEW_NONE;
	CLEANUP_TEMP struct temp temp = TEMP_NONE;
	struct larder_attributes attributes;
	struct larder_source source;
	struct staged staged;
	char path[KEY_PATH_ROOM];
	int code = check_attributes (&request->attributes, error);
	if (code == 0)
		code = bucket_open (self, call, request->from.bucket, false, &from, error);
	if (code == 0)
		code = bucket_open_beside (self, call, request->bucket, true, &to, error);
	if (code == 0)
		code = bucket_key (&to, request->key, path, error);
	if (code == 0)
		code = view_open (&from, &request->from, true, &view, error);
	if (code < 0)
		return code;
	if (request->if_match && !etag_matches (view.version, request->if_match))
		return larder_fail (error, LARDER_E_CONFLICT, "'%s' in bucket '%s' has changed", request->from.key, from.name);
	struct extract extract = { .fd = view.fd, .length = view.version->length, .key = request->from.key };
	extract_source (&extract, &source);
	to.within = true;
	code = merge (view.arena, view.version, &request->attributes, &attributes, error);
	if (code == 0)
		code = stage (&to, &source, LARDER_CHECKSUM_CRC64NVME, view.version->checksum, &temp, &staged, error);
	if (code < 0)
		return code;
	return publish (&to, request->key, &request->condition, &attributes, &view.version->tags, &temp, &staged, ret_info, error);
}
