/* s3-requests.c: prints every kind of S3 request, for every row of the capability table, as one line of JSON each: what would
 * be sent, or why it is not. test-s3-requests.py compares them with golden lines and with botocore's service model. */
#define LARDER_API_VERSION 0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "json.h"
#include "setting.h"
#include "wire.h"

#define B "pictures"
#define ODD_KEY "a b/\xc3\xa4+%41&=?#\\:*|~'()\n\x01.png"
#define HASH "rosUhgp5mIg="

/* What a builder fills. */
struct desk {
	const struct s3_server *server;
	struct larder_arena *arena;
	struct aws_request request;
	struct larder_error error;
};

static const struct larder_pair pairs[] = { { "user_id", "u1" }, { "job-id", "\xec\x9d\xb4\xeb\xa6\x84" }, { "note", " a  b " }, { "word", "=?UTF-8?Q?x?=" }, { "none", "" } };
static const struct larder_pair tag_pairs[] = { { "team", "a & <b>" }, { "\xc3\xa4", "" } };
static const struct larder_attributes all_attributes = {
	.size = sizeof all_attributes, .content_type = "image/png", .content_encoding = "gzip", .cache_control = "max-age=60",
	.content_disposition = "attachment; filename=\"x.png\"", .metadata = { pairs, 5, sizeof *pairs }, .metadata_given = true
};

static struct larder_object
object (const char *key, const char *version)
{
	return (struct larder_object) { .size = sizeof (struct larder_object), .bucket = B, .key = key, .version = version };
}

static struct larder_upload
upload (void)
{
	return (struct larder_upload) { .size = sizeof (struct larder_upload), .bucket = B, .key = ODD_KEY, .id = "id+/=&1" };
}

/* ---- objects ---- */

static int
head (struct desk *d, const char *key, const char *version)
{
	struct larder_object one = object (key, version);
	return s3_request_head (&d->request, d->arena, d->server, &one, &d->error);
}

static int head_plain (struct desk *d) { return head (d, "u/1.png", NULL); }
static int head_odd_version (struct desk *d) { return head (d, ODD_KEY, "3/L4+&="); }
static int head_no_key (struct desk *d) { return head (d, "", NULL); }

static int
get (struct desk *d, uint64_t offset, uint64_t length, const char *version, const char *if_match)
{
	struct larder_read read = { .size = sizeof read, .object = object ("u/1.png", version), .offset = offset, .length = length, .if_match = if_match };
	return s3_request_get (&d->request, d->arena, d->server, &read, &d->error);
}

static int get_whole (struct desk *d) { return get (d, 0, LARDER_TO_END, NULL, NULL); }
static int get_rest (struct desk *d) { return get (d, 5, LARDER_TO_END, "v1", "e1"); }
static int get_range (struct desk *d) { return get (d, 5, 10, NULL, "e1-2"); }
static int get_far_range (struct desk *d) { return get (d, UINT64_MAX - 3, 10, NULL, NULL); }
static int get_nothing (struct desk *d) { return get (d, 5, 0, NULL, NULL); }

static int
put (struct desk *d, const char *key, const struct larder_attributes *attributes, bool create_only, const char *if_match)
{
	const struct s3_body body = { s3_server_checksum (d->server), HASH };
	struct larder_write write = { .size = sizeof write, .bucket = B, .key = key, .condition = { .create_only = create_only, .if_match = if_match } };
	if (attributes)
		write.attributes = *attributes;
	return s3_request_put (&d->request, d->arena, d->server, &write, &body, &d->error);
}

static int put_plain (struct desk *d) { return put (d, ODD_KEY, NULL, false, NULL); }
static int put_all (struct desk *d) { return put (d, "u/1.png", &all_attributes, false, NULL); }
static int put_create_only (struct desk *d) { return put (d, "u/1.png", NULL, true, NULL); }
static int put_if_match (struct desk *d) { return put (d, "u/1.png", NULL, false, "e1"); }
static int put_both (struct desk *d) { return put (d, "u/1.png", NULL, true, "e1"); }
static int put_class (struct desk *d) { return put (d, "u/1.png", &(struct larder_attributes) { .storage_class = "GLACIER_IR" }, false, NULL); }
static int put_standard (struct desk *d) { return put (d, "u/1.png", &(struct larder_attributes) { .storage_class = "STANDARD" }, false, NULL); }
static int put_encryption (struct desk *d) { return put (d, "u/1.png", &(struct larder_attributes) { .encryption = "AES256" }, false, NULL); }
static int put_kms (struct desk *d) { return put (d, "u/1.png", &(struct larder_attributes) { .encryption = "aws:kms" }, false, NULL); }
static int put_not_ascii (struct desk *d) { return put (d, "u/1.png", &(struct larder_attributes) { .content_disposition = "attachment; filename=\xc3\xa4" }, false, NULL); }
static int put_blank_end (struct desk *d) { return put (d, "u/1.png", &(struct larder_attributes) { .cache_control = "no-cache " }, false, NULL); }
static int put_injection (struct desk *d) { return put (d, "u/1.png", &(struct larder_attributes) { .content_type = "a\r\nx: y" }, false, NULL); }

static int
put_other_hash (struct desk *d)
{
	const struct s3_body body = { LARDER_CHECKSUM_SHA256, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" };
	struct larder_write write = { .size = sizeof write, .bucket = B, .key = "k" };
	return s3_request_put (&d->request, d->arena, d->server, &write, &body, &d->error);
}

static int
put_no_hash (struct desk *d)
{
	const struct s3_body body = { LARDER_CHECKSUM_NONE, NULL };
	struct larder_write write = { .size = sizeof write, .bucket = B, .key = "k" };
	return s3_request_put (&d->request, d->arena, d->server, &write, &body, &d->error);
}

static int
copy (struct desk *d, const char *version, const char *if_match, const struct larder_attributes *attributes, bool create_only)
{
	struct larder_copy copy = { .size = sizeof copy, .from = object (ODD_KEY, version), .bucket = "other", .key = "to/1.png",
	                            .if_match = if_match, .condition = { .create_only = create_only } };
	copy.from.bucket = "source";
	if (attributes)
		copy.attributes = *attributes;
	return s3_request_copy (&d->request, d->arena, d->server, &copy, &d->error);
}

static int copy_plain (struct desk *d) { return copy (d, NULL, NULL, NULL, false); }
static int copy_version (struct desk *d) { return copy (d, "v+1", NULL, NULL, false); }
static int copy_if_match (struct desk *d) { return copy (d, NULL, "e1", NULL, false); }
static int copy_replace (struct desk *d) { return copy (d, NULL, NULL, &all_attributes, false); }
static int copy_no_metadata (struct desk *d) { return copy (d, NULL, NULL, &(struct larder_attributes) { .metadata_given = true }, false); }
static int copy_class (struct desk *d) { return copy (d, NULL, NULL, &(struct larder_attributes) { .storage_class = "GLACIER" }, false); }
static int copy_create_only (struct desk *d) { return copy (d, NULL, NULL, NULL, true); }
static int copy_empty_version (struct desk *d) { return copy (d, "", NULL, NULL, false); }

static int
remove_one (struct desk *d, const char *key, const char *version, const char *if_match)
{
	const struct larder_remove item = { .size = sizeof item, .key = key, .version = version, .if_match = if_match };
	return s3_request_delete (&d->request, d->arena, d->server, B, &item, &d->error);
}

static int delete_plain (struct desk *d) { return remove_one (d, ODD_KEY, NULL, NULL); }
static int delete_version (struct desk *d) { return remove_one (d, "k", "null", NULL); }
static int delete_if_match (struct desk *d) { return remove_one (d, "k", NULL, "e1"); }
static int delete_version_if_match (struct desk *d) { return remove_one (d, ODD_KEY, "v+1/&", "e1"); }
static int delete_no_key (struct desk *d) { return remove_one (d, "", NULL, NULL); }
static int delete_no_version (struct desk *d) { return remove_one (d, "k", "", NULL); }

static int
remove_many (struct desk *d, const struct larder_remove *items, size_t count)
{
	return s3_request_delete_many (&d->request, d->arena, d->server, B, items, count, sizeof *items, &d->error);
}

static int delete_many (struct desk *d) { return remove_many (d, (const struct larder_remove[]) { { .key = "a b+%41" }, { .key = "<&>\"'\n\t\r" }, { .key = "\xc3\xa4" } }, 3); }
static int delete_many_versions (struct desk *d) { return remove_many (d, (const struct larder_remove[]) { { .key = "a", .version = "v1" }, { .key = "a", .version = "null" } }, 2); }
static int delete_many_condition (struct desk *d) { return remove_many (d, (const struct larder_remove[]) { { .key = "a", .if_match = "e" } }, 1); }
static int delete_many_control (struct desk *d) { return remove_many (d, (const struct larder_remove[]) { { .key = "a\x01" } }, 1); }
static int delete_many_none (struct desk *d) { return remove_many (d, (const struct larder_remove[]) { { .key = "a" } }, 0); }

static int
delete_too_many (struct desk *d)
{
	static const struct larder_remove item = { .key = "a" };
	return s3_request_delete_many (&d->request, d->arena, d->server, B, &item, 1001, 0, &d->error);
}

static int
tags_get (struct desk *d, const char *version)
{
	struct larder_object one = object ("k", version);
	return s3_request_tags_get (&d->request, d->arena, d->server, &one, &d->error);
}

static int tags_get_version (struct desk *d) { return tags_get (d, "v1"); }
static int tags_get_plain (struct desk *d) { return tags_get (d, NULL); }
static int tags_get_no_version (struct desk *d) { return tags_get (d, ""); }

static int
tags_set (struct desk *d, const char *version, size_t count, size_t stride)
{
	const struct larder_pairs tags = { tag_pairs, count, stride };
	struct larder_object one = object ("k", version);
	return s3_request_tags_set (&d->request, d->arena, d->server, &one, &tags, &d->error);
}

static int tags_two (struct desk *d) { return tags_set (d, NULL, 2, sizeof *tag_pairs); }
static int tags_version (struct desk *d) { return tags_set (d, "v 1", 2, sizeof *tag_pairs); }
static int tags_none (struct desk *d) { return tags_set (d, NULL, 0, sizeof *tag_pairs); }
static int tags_many (struct desk *d) { return tags_set (d, NULL, 11, 0); }

static int
restore (struct desk *d, const char *version, uint32_t days, const char *tier)
{
	const struct larder_restore ask = { .size = sizeof ask, .object = object ("k", version), .days = days, .tier = tier };
	return s3_request_restore (&d->request, d->arena, d->server, &ask, &d->error);
}

static int restore_bulk (struct desk *d) { return restore (d, NULL, 7, "Bulk"); }
static int restore_version (struct desk *d) { return restore (d, "v1", 7, NULL); }
static int restore_for_good (struct desk *d) { return restore (d, NULL, 0, "Standard"); }

/* ---- lists and buckets ---- */

static int
list (struct desk *d, struct larder_list list)
{
	list.size = sizeof list;
	list.bucket = B;
	return s3_request_list (&d->request, d->arena, d->server, &list, &d->error);
}

static int list_all (struct desk *d) { return list (d, (struct larder_list) { .prefix = "", .delimiter = "" }); }
static int list_folder (struct desk *d) { return list (d, (struct larder_list) { .prefix = "a b/\xc3\xa4+", .delimiter = "/", .start_after = "a b/\xc3\xa4+x\x01", .most = 10 }); }
static int list_next (struct desk *d) { return list (d, (struct larder_list) { .start_after = "b", .token = "b%20&1%2F%2B%3D%26x&", .most = 5000 }); }
static int list_versions (struct desk *d) { return list (d, (struct larder_list) { .prefix = "a", .versions = true }); }
static int list_versions_next (struct desk *d) { return list (d, (struct larder_list) { .token = "a&a%20%26%2B/b[x:y]&v%2F1", .versions = true, .most = 3 }); }
static int list_versions_key (struct desk *d) { return list (d, (struct larder_list) { .token = "&a%20%26&", .versions = true }); }
static int list_versions_folder (struct desk *d) { return list (d, (struct larder_list) { .prefix = "a b/", .delimiter = "/", .start_after = "a b/\xc3\xa4+", .versions = true, .most = 1 }); }
static int list_bad_token (struct desk *d) { return list (d, (struct larder_list) { .token = "nonsense", .versions = true }); }
static int list_bad_token_2 (struct desk *d) { return list (d, (struct larder_list) { .token = "a&b&c&d" }); }

static int
uploads (struct desk *d, const char *prefix, const char *token)
{
	const struct larder_list list = { .size = sizeof list, .bucket = B, .prefix = prefix, .token = token, .most = 100 };
	return s3_request_uploads (&d->request, d->arena, d->server, &list, &d->error);
}

static int uploads_all (struct desk *d) { return uploads (d, "", NULL); }
static int uploads_next (struct desk *d) { return uploads (d, "a", "&a%2Fb&id1"); }
static int uploads_next_key (struct desk *d) { return uploads (d, "a b/\xc3\xa4+", "&a%20%26&"); }
static int uploads_bad_token (struct desk *d) { return uploads (d, "", "nonsense"); }
static int buckets (struct desk *d) { return s3_request_buckets (&d->request, d->arena, d->server, B, &d->error); }
static int bucket_head (struct desk *d) { return s3_request_bucket_head (&d->request, d->arena, B, &d->error); }
static int bucket_no_name (struct desk *d) { return s3_request_bucket_head (&d->request, d->arena, "", &d->error); }
static int bucket_create (struct desk *d) { return s3_request_bucket_create (&d->request, d->arena, d->server, B, "us-east-1", &d->error); }
static int bucket_create_far (struct desk *d) { return s3_request_bucket_create (&d->request, d->arena, d->server, B, "ap-northeast-2", &d->error); }
static int versioning_get (struct desk *d) { return s3_request_versioning_get (&d->request, d->arena, d->server, B, &d->error); }

static int bucket_remove (struct desk *d) { return s3_request_bucket_remove (&d->request, d->arena, B, &d->error); }

/* ---- settings of a bucket ---- */

/* All that a line can say of one. */
static const struct larder_line said[] = {
	{ 0, "cors[a].expose[etag]", "yes" }, { 0, "cors[a].header[*]", "yes" }, { 0, "cors[a].max-age", "60" }, { 0, "cors[a].method[GET]", "yes" }, { 0, "cors[a].origin[https://a&b]", "yes" },
	{ 0, "encryption", "aws:kms" }, { 0, "encryption-key", "key" }, { 0, "ownership", "BucketOwnerEnforced" }, { 0, "public-access", "blocked" },
	{ 0, "reader[cdn]", "cloudfront arn:aws:cloudfront::1:distribution/E" }, { 0, "reader[old]", "arn:aws:iam::cloudfront:user/E" }, { 0, "role", "arn:aws:iam::1:role/r" },
	{ 0, "tag[a <b>]", "c & d" }, { 0, "tiering", "90d ARCHIVE_ACCESS, 180d DEEP_ARCHIVE_ACCESS" }, { 0, "tls-only", "yes" }, { 0, "versioning", "no" },
};
static const struct larder_line rules[][10] = {
	{ { 0, "rule[m].expire", "90" }, { 0, "rule[m].expire-noncurrent", "30" }, { 0, "rule[m].larger-than", "131072" }, { 0, "rule[m].prefix", "a/" },
	  { 0, "rule[m].status", "enabled" }, { 0, "rule[m].tag", "n=v" }, { 0, "rule[m].transition[GLACIER_IR].days", "0" }, { 0, "rule[u].abort-uploads", "7" }, { 0, "rule[u].status", "disabled" } },
	{ { 0, "rule[m].class", "STANDARD_IA" }, { 0, "rule[m].delete-markers", "no" }, { 0, "rule[m].priority", "1" }, { 0, "rule[m].status", "enabled" }, { 0, "rule[m].to", "copies" },
	  { 0, "rule[m].within-seconds", "900" } },
};

static int
put_setting (struct desk *d, const struct s3_setting *setting)
{
	CLEANUP_BUFFER struct buffer document;
	struct lines lines;
	const struct s3_place place = { .bucket = B, .partition = "aws", .region = "us-east-1" };
	const struct larder_line *own = rules[strcmp (setting->name, "replication") == 0];
	buffer_init (&document, 1 << 20);
	lines_begin (&lines, d->arena);
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		lines_add (&lines, said[i].path, said[i].value);
	for (; own->path; own++)
		lines_add (&lines, own->path, own->value);
	int code = lines_sort (&lines, &d->error);
	if (code == 0)
		code = setting->write (&place, &lines, "", 0, &document, &d->error);
	return code < 0 ? code : s3_request_setting_put (&d->request, d->arena, d->server, B, setting, &document, strcmp (setting->name, "lifecycle") ? NULL : "varies_by_storage_class", &d->error);
}

#define SETTING(n) \
	static int get_##n (struct desk *d) { return s3_request_setting_get (&d->request, d->arena, d->server, B, s3_setting_at (n), &d->error); } \
	static int put_##n (struct desk *d) { return put_setting (d, s3_setting_at (n)); } \
	static int remove_##n (struct desk *d) { return s3_request_setting_remove (&d->request, d->arena, d->server, B, s3_setting_at (n), &d->error); }
SETTING (0) SETTING (1) SETTING (2) SETTING (3) SETTING (4) SETTING (5) SETTING (6) SETTING (7) SETTING (8) SETTING (9)
#define CASES(n, get, put, remove) { get, "setting", get_##n }, { put, "setting", put_##n }, { remove, "setting", remove_##n }

/* ---- uploads ---- */

static int
upload_begin (struct desk *d)
{
	const struct larder_write write = { .size = sizeof write, .bucket = B, .key = ODD_KEY, .attributes = all_attributes, .condition = { .create_only = true } };
	return s3_request_upload_begin (&d->request, d->arena, d->server, &write, &d->error);
}

static int
upload_begin_copied (struct desk *d)
{
	const struct larder_write write = { .size = sizeof write, .bucket = B, .key = "k", .copied = true };
	return s3_request_upload_begin (&d->request, d->arena, d->server, &write, &d->error);
}

static int
part (struct desk *d, uint32_t number, const char *id)
{
	const struct s3_body body = { s3_server_checksum (d->server), HASH };
	struct larder_upload to = upload ();
	to.id = id ? id : to.id;
	return s3_request_upload_part (&d->request, d->arena, d->server, &to, number, &body, &d->error);
}

static int part_first (struct desk *d) { return part (d, 1, NULL); }
static int part_last (struct desk *d) { return part (d, 10000, NULL); }
static int part_zero (struct desk *d) { return part (d, 0, NULL); }
static int part_beyond (struct desk *d) { return part (d, 10001, NULL); }
static int part_no_id (struct desk *d) { return part (d, 1, ""); }

static int
part_copy (struct desk *d, uint64_t offset, uint64_t length, const char *version, const char *if_match)
{
	const struct larder_read from = { .size = sizeof from, .object = object (ODD_KEY, version), .offset = offset, .length = length, .if_match = if_match };
	struct larder_upload to = upload ();
	return s3_request_upload_part_copy (&d->request, d->arena, d->server, &to, 2, &from, &d->error);
}

static int part_copy_whole (struct desk *d) { return part_copy (d, 0, LARDER_TO_END, NULL, NULL); }
static int part_copy_range (struct desk *d) { return part_copy (d, 5 << 20, 5 << 20, "v1", "e1"); }
static int part_copy_nothing (struct desk *d) { return part_copy (d, 5, 0, NULL, NULL); }
static int part_copy_no_version (struct desk *d) { return part_copy (d, 0, 5, "", NULL); }
static int part_copy_open (struct desk *d) { return part_copy (d, 5, LARDER_TO_END, NULL, NULL); }

static int
complete (struct desk *d, size_t count, uint64_t length, uint32_t second, struct larder_condition condition)
{
	const struct larder_part parts[] = {
		{ .number = 1, .length = 5 << 20, .etag = "aa", .checksum_type = s3_server_checksum (d->server), .checksum = HASH },
		{ .number = second, .length = 7, .etag = "bb", .checksum_type = s3_server_checksum (d->server), .checksum = HASH },
	};
	const struct larder_finish finish = { .size = sizeof finish, .upload = upload (), .parts = parts, .count = count, .stride = sizeof *parts,
	                                      .length = length, .condition = condition, .checksum_type = s3_server_checksum (d->server), .checksum = HASH };
	return s3_request_upload_complete (&d->request, d->arena, d->server, &finish, &d->error);
}

#define WHOLE ((5 << 20) + 7)
static int complete_plain (struct desk *d) { return complete (d, 2, WHOLE, 2, (struct larder_condition) { 0 }); }
static int complete_create_only (struct desk *d) { return complete (d, 2, WHOLE, 2, (struct larder_condition) { .create_only = true }); }
static int complete_if_match (struct desk *d) { return complete (d, 2, WHOLE, 2, (struct larder_condition) { .if_match = "e1" }); }
static int complete_gap (struct desk *d) { return complete (d, 2, WHOLE, 3, (struct larder_condition) { 0 }); }
static int complete_short (struct desk *d) { return complete (d, 2, WHOLE + 1, 2, (struct larder_condition) { 0 }); }
static int complete_none (struct desk *d) { return complete (d, 0, 0, 2, (struct larder_condition) { 0 }); }

static int
upload_abort (struct desk *d)
{
	struct larder_upload one = upload ();
	return s3_request_upload_abort (&d->request, d->arena, &one, &d->error);
}

static int
abort_no_id (struct desk *d)
{
	struct larder_upload one = upload ();
	one.id = "";
	return s3_request_upload_abort (&d->request, d->arena, &one, &d->error);
}

static int
parts_list (struct desk *d)
{
	struct larder_upload one = upload ();
	return s3_request_upload_parts (&d->request, d->arena, &one, 0, &d->error);
}

static int
parts_list_after (struct desk *d)
{
	struct larder_upload one = upload ();
	return s3_request_upload_parts (&d->request, d->arena, &one, 1000, &d->error);
}

/* ---- printing ---- */

static const struct { const char *operation, *name; int (*build) (struct desk *d); } cases[] = {
	{ "HeadObject", "plain", head_plain }, { "HeadObject", "odd key, version", head_odd_version }, { "HeadObject", "no key", head_no_key },
	{ "GetObject", "whole", get_whole }, { "GetObject", "rest of a version", get_rest }, { "GetObject", "range", get_range },
	{ "GetObject", "range to the end of numbers", get_far_range }, { "GetObject", "nothing", get_nothing },
	{ "PutObject", "odd key", put_plain }, { "PutObject", "all attributes", put_all }, { "PutObject", "create only", put_create_only },
	{ "PutObject", "if match", put_if_match }, { "PutObject", "both conditions", put_both }, { "PutObject", "class", put_class },
	{ "PutObject", "class STANDARD", put_standard }, { "PutObject", "encryption", put_encryption }, { "PutObject", "kms", put_kms },
	{ "PutObject", "attribute not ASCII", put_not_ascii }, { "PutObject", "attribute with a blank end", put_blank_end },
	{ "PutObject", "attribute with a line end", put_injection }, { "PutObject", "sha256", put_other_hash }, { "PutObject", "no checksum", put_no_hash },
	{ "CopyObject", "odd source", copy_plain }, { "CopyObject", "version", copy_version }, { "CopyObject", "if match", copy_if_match },
	{ "CopyObject", "replace", copy_replace }, { "CopyObject", "no metadata", copy_no_metadata }, { "CopyObject", "class", copy_class },
	{ "CopyObject", "create only", copy_create_only }, { "CopyObject", "empty version", copy_empty_version },
	{ "DeleteObject", "odd key", delete_plain }, { "DeleteObject", "version", delete_version }, { "DeleteObject", "if match", delete_if_match },
	{ "DeleteObject", "version, if match", delete_version_if_match }, { "DeleteObject", "no key", delete_no_key }, { "DeleteObject", "empty version", delete_no_version },
	{ "DeleteObjects", "odd keys", delete_many }, { "DeleteObjects", "versions", delete_many_versions },
	{ "DeleteObjects", "condition", delete_many_condition }, { "DeleteObjects", "control character", delete_many_control },
	{ "DeleteObjects", "none", delete_many_none }, { "DeleteObjects", "1001", delete_too_many },
	{ "GetObjectTagging", "version", tags_get_version }, { "GetObjectTagging", "plain", tags_get_plain },
	{ "GetObjectTagging", "empty version", tags_get_no_version }, { "PutObjectTagging", "two", tags_two }, { "PutObjectTagging", "version", tags_version }, { "PutObjectTagging", "none", tags_none },
	{ "PutObjectTagging", "eleven", tags_many }, { "RestoreObject", "plain", restore_bulk }, { "RestoreObject", "version, no tier", restore_version }, { "RestoreObject", "for good", restore_for_good },
	{ "ListObjectsV2", "all", list_all }, { "ListObjectsV2", "folder", list_folder }, { "ListObjectsV2", "next page", list_next },
	{ "ListObjectVersions", "first page", list_versions }, { "ListObjectVersions", "next page", list_versions_next },
	{ "ListObjectVersions", "next page, no version", list_versions_key }, { "ListObjectVersions", "folder, after a key", list_versions_folder },
	{ "ListObjectVersions", "bad token", list_bad_token }, { "ListObjectsV2", "bad token", list_bad_token_2 },
	{ "ListMultipartUploads", "all", uploads_all }, { "ListMultipartUploads", "next page", uploads_next },
	{ "ListMultipartUploads", "next page, no upload", uploads_next_key }, { "ListMultipartUploads", "bad token", uploads_bad_token },
	{ "ListBuckets", "ours", buckets }, { "HeadBucket", "plain", bucket_head }, { "HeadBucket", "no name", bucket_no_name }, { "CreateBucket", "us-east-1", bucket_create },
	{ "CreateBucket", "other region", bucket_create_far }, { "GetBucketVersioning", "plain", versioning_get },
	{ "CreateMultipartUpload", "all attributes", upload_begin }, { "CreateMultipartUpload", "copied", upload_begin_copied }, { "UploadPart", "first", part_first }, { "UploadPart", "last", part_last },
	{ "UploadPart", "zero", part_zero }, { "UploadPart", "beyond", part_beyond }, { "UploadPart", "no upload", part_no_id },
	{ "UploadPartCopy", "whole", part_copy_whole }, { "UploadPartCopy", "range", part_copy_range }, { "UploadPartCopy", "open end", part_copy_open },
	{ "UploadPartCopy", "no bytes", part_copy_nothing }, { "UploadPartCopy", "empty version", part_copy_no_version },
	{ "CompleteMultipartUpload", "plain", complete_plain }, { "CompleteMultipartUpload", "create only", complete_create_only },
	{ "CompleteMultipartUpload", "if match", complete_if_match }, { "CompleteMultipartUpload", "gap", complete_gap },
	{ "CompleteMultipartUpload", "short", complete_short }, { "CompleteMultipartUpload", "no parts", complete_none },
	{ "AbortMultipartUpload", "plain", upload_abort }, { "AbortMultipartUpload", "no upload", abort_no_id },
	{ "ListParts", "first page", parts_list }, { "ListParts", "next page", parts_list_after },
	{ "DeleteBucket", "plain", bucket_remove },
	CASES (0, "GetBucketOwnershipControls", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls"),
	CASES (1, "GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"),
	CASES (2, "GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption"), CASES (3, "GetBucketVersioning", "PutBucketVersioning", "DeleteBucketVersioning"),
	CASES (4, "GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging"),
	CASES (5, "GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"), CASES (6, "GetBucketCors", "PutBucketCors", "DeleteBucketCors"),
	CASES (7, "GetBucketIntelligentTieringConfiguration", "PutBucketIntelligentTieringConfiguration", "DeleteBucketIntelligentTieringConfiguration"),
	CASES (8, "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"), CASES (9, "GetBucketReplication", "PutBucketReplication", "DeleteBucketReplication"),
};

static void
put_pairs (struct json *json, const char *name, const struct larder_pair *at, size_t count)
{
	json_put_name (json, name);
	json_put_array (json);
	for (size_t i = 0; i < count; i++) {
		json_put_array (json);
		json_put_text (json, at[i].name);
		json_put_text (json, at[i].value);
		json_put_array_end (json);
	}
	json_put_array_end (json);
}

static void
print_case (size_t i, struct desk *desk)
{
	CLEANUP_BUFFER struct buffer line;
	struct json json;
	buffer_init (&line, 1 << 20);
	json_begin (&json, &line);
	json_put_object (&json);
	json_member (&json, "operation", cases[i].operation);
	json_member (&json, "case", cases[i].name);
	json_member (&json, "server", desk->server->name);
	int code = cases[i].build (desk);
	if (code < 0) {
		json_put_name (&json, "code");
		json_put_int (&json, code);
		json_member (&json, "message", desk->error.message);
		json_member (&json, "next", desk->error.next);
	} else {
		const struct aws_request *request = &desk->request;
		json_member (&json, "method", request->method);
		json_member (&json, "bucket", request->bucket);
		json_member (&json, "path", request->path);
		put_pairs (&json, "query", request->query, request->query_count);
		put_pairs (&json, "headers", request->headers, request->header_count);
		json_member (&json, "body", request->body);
	}
	json_put_object_end (&json);
	puts (buffer_text (&line));
}

int
main (void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t row = 0; s3_server_at (row); row++) {
			CLEANUP_ARENA struct larder_arena *arena = arena_new ();
			struct desk desk = { .server = s3_server_at (row), .arena = arena, .error = LARDER_ERROR_INIT };
			print_case (i, &desk);
		}
	return 0;
}
