/* settle.c: was it ours? After a lost reply, a condition that fails may have failed because of our own first try. The
 * object there is compared with what was sent: length, checksum (or etag), metadata and type. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "error.h"
#include "text.h"

static bool
same_text (const char *a, const char *b)
{
	return strcmp (a ? a : "", b ? b : "") == 0;
}

static const char *
value_of (const struct larder_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp (larder_pair_at (pairs, i)->name, name) == 0)
			return larder_pair_at (pairs, i)->value;
	return NULL;
}

static bool
same_metadata (const struct larder_pairs *asked, const struct larder_pairs *there)
{
	bool same = asked->count == there->count;
	for (size_t i = 0; same && i < asked->count; i++) {
		const char *value = value_of (there, larder_pair_at (asked, i)->name);
		same = value && strcmp (value, larder_pair_at (asked, i)->value) == 0;
	}
	return same;
}

/* What was asked for is there; a class that the server does not tell is taken for the one that was asked for. */
static bool
same_attributes (const struct larder_attributes *asked, const struct larder_info *there)
{
	const struct { const char *asked, *there; } texts[] = {
		{ asked->content_type, there->content_type }, { asked->content_encoding, there->content_encoding },
		{ asked->cache_control, there->cache_control }, { asked->content_disposition, there->content_disposition },
		{ there->storage_class ? asked->storage_class : NULL, there->storage_class },
	};
	bool same = same_metadata (&asked->metadata, &there->metadata) && (!asked->encryption || there->encryption);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		same = same && (!texts[i].asked || same_text (texts[i].asked, texts[i].there));
	return same;
}

static int
md5_add (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	(void) error;
	aws_md5_add (context, bytes, count);
	return 0;
}

/* 1 when the etag is the MD5 of the bytes. */
static int
same_etag (const struct larder_source *source, const char *etag, struct larder_error *error)
{
	char hex[33];
	struct aws_md5 *md5 = aws_md5_new ();
	if (!md5)
		return larder_fail_memory (error);
	int code = source_each (source, md5_add, md5, error);
	aws_md5_end (md5, hex);
	return code < 0 ? code : etag && strcmp (hex, etag) == 0;
}

static int
same_bytes (const struct larder_source *source, const struct s3_digest *digest, const struct larder_info *there, struct larder_error *error)
{
	if (there->length != source->length)
		return 0;
	if (digest->body.checksum && there->checksum && there->checksum_type == digest->body.checksum_type && !there->checksum_composite)
		return strcmp (digest->body.checksum, there->checksum) == 0;
	return same_etag (source, there->etag, error);
}

/* 1: there, 0: nothing there. */
static int
look (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const char *bucket, const char *key, struct larder_info *ret,
      struct larder_error *error)
{
	const struct larder_object object = { .size = sizeof object, .bucket = bucket, .key = key };
	exchange->body = NULL;
	exchange->payload_hash = NULL;
	exchange->writes = exchange->body_may_fail = false;
	exchange->done = NULL;
	int code = s3_head (s3, call, exchange, &object, ret, error);
	return code == LARDER_E_NOTFOUND ? 0 : code < 0 ? code : 1;
}

int
s3_settle_write (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_write *write,
                 const struct larder_source *source, const struct s3_digest *digest, struct larder_info *ret, struct larder_error *error)
{
	struct larder_info there = { .size = sizeof there };
	int code = look (s3, call, exchange, write->bucket, write->key, &there, error);
	if (code <= 0)
		return code;
	if (!same_attributes (&write->attributes, &there))
		return 0;
	code = same_bytes (source, digest, &there, error);
	if (code > 0)
		*ret = there;
	return code;
}

/* The etag of an object in parts: the MD5 of the parts' MD5s, and their number. False when they are no MD5s. */
static bool
etag_of_parts (const struct larder_finish *finish, char *ret, size_t room)
{
	char hex[33];
	struct aws_md5 *md5 = aws_md5_new ();
	bool known = md5 != NULL;
	for (size_t i = 0; known && i < finish->count; i++) {
		const struct larder_part *part = (const void *) ((const char *) finish->parts + i * finish->stride);
		unsigned char bytes[16];
		known = part->etag && text_from_hex (part->etag, bytes, sizeof bytes) == 0;
		if (known)
			aws_md5_add (md5, bytes, sizeof bytes);
	}
	if (md5)
		aws_md5_end (md5, hex);
	if (known)
		snprintf (ret, room, "%s-%zu", hex, finish->count);
	return known;
}

int
s3_settle_finish (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_finish *finish,
                  struct larder_info *ret, struct larder_error *error)
{
	char etag[64];
	struct larder_info there = { .size = sizeof there };
	int code = look (s3, call, exchange, finish->upload.bucket, finish->upload.key, &there, error);
	if (code <= 0)
		return code;
	bool same = there.length == finish->length && etag_of_parts (finish, etag, sizeof etag) && same_text (etag, there.etag);
	if (same)
		*ret = there;
	return same;
}
