/* server.c: the rows of the capability table. One line a feature, one letter a server: data, not code. */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "buffer.h"
#include "error.h"
#include "text.h"

#define R S3_REFUSED
#define S S3_SUPPORTED
#define I S3_IGNORED
#define D S3_DESTRUCTIVE

/* aws: documented. minio (source of 2026-02-12, without a KMS), versitygw 1.8.0 and moto 5.2.5: measured. ceph: what its manual
 * lists and nothing else. other: what every such server has. */
#define FEATURES(X)                                               /*            aws minio vgw ceph moto other */        \
	X (S3_PUT_CREATE_ONLY, "put-create-only", "a write that must not replace",             S, S, S, R, S, R)           \
	X (S3_CREATE_OVER_MARKER, "create-over-marker", "a write that must not replace, over a delete marker", S, S, R, R, S, R) \
	X (S3_PUT_IF_MATCH, "put-if-match", "a write over a known object only",                S, S, S, R, S, R)           \
	X (S3_COMPLETE_CREATE_ONLY, "complete-create-only", "an upload that must not replace", S, S, S, R, S, R)           \
	X (S3_COMPLETE_IF_MATCH, "complete-if-match", "an upload over a known object only",    S, S, S, R, D, R)           \
	X (S3_COPY_CONDITION, "copy-condition", "a condition on the target of a copy",         S, D, D, R, D, R)           \
	X (S3_COPY_IF_MATCH, "copy-if-match", "a condition on the source of a copy",           S, S, S, R, I, R)           \
	X (S3_DELETE_IF_MATCH, "delete-if-match", "a removal of a known object only",          S, D, S, R, S, R)           \
	X (S3_CHECKSUM_CRC64NVME, "checksum-crc64nvme", "a CRC64NVME of an object",            S, S, S, R, S, R)           \
	X (S3_CHECKSUM_CRC32C, "checksum-crc32c", "a CRC32C of an object",                     S, S, S, R, S, R)           \
	X (S3_CHECKSUM_COMPARED, "checksum-compared", "a checksum to compare bytes with",      S, S, S, R, I, R)           \
	X (S3_CHECKSUM_MULTIPART, "checksum-multipart", "a checksum of a whole upload",        S, S, S, R, I, R)           \
	X (S3_COPY_PART_CHECKSUM, "copy-part-checksum", "a copied part in an upload with a checksum", S, R, D, R, I, R)      \
	X (S3_ABORT_TOLD, "abort-told", "an error for aborting what is no upload",             S, I, S, S, S, R)           \
	X (S3_MP_OBJECT_SIZE, "mp-object-size", "the size of a whole upload",                  S, I, S, R, I, R)           \
	X (S3_DELETE_MANY, "delete-many", "a list of keys to remove, kept safe by its hash",   S, I, S, R, I, R)           \
	X (S3_VERSIONS, "versions", "versions of objects",                                     S, S, S, S, S, R)           \
	X (S3_VERSION_ORDER, "version-order", "versions and delete markers in one order",      S, S, I, R, I, R)           \
	X (S3_CLASSES, "classes", "storage class",                                             S, R, I, R, S, R)           \
	X (S3_ENCRYPTION, "encryption", "encryption",                                          S, R, I, R, S, R)           \
	X (S3_ENCRYPTION_KMS, "encryption-kms", "encryption by a key service",                 S, R, I, R, S, R)           \
	X (S3_TAGGING, "tagging", "tags of objects",                                           S, S, S, S, S, R)           \
	X (S3_RESTORE, "restore", "a request to restore an archived object",                   S, R, R, R, S, R)           \
	X (S3_RAW_KEYS, "raw-keys", "a key with empty, '.' or '..' parts",                     S, D, D, R, S, R)           \
	X (S3_KEY_BESIDE_PREFIX, "key-beside-prefix", "a key 'a/b' listed beside 'a'",         S, I, R, R, S, R)           \
	X (S3_UPLOADS_LIST, "uploads-list", "a list of open uploads",                          S, I, S, S, S, R)           \
	X (S3_CHECKSUM_MODE, "checksum-mode", "a request to give checksums back",              S, S, S, R, S, R)           \
	X (S3_SDK_CHECKSUM_ALGORITHM, "sdk-checksum-algorithm", "a checksum only if its kind is said twice", I, I, I, R, S, R) \
	X (S3_BUCKET_LOCATION, "bucket-location", "a region for a new bucket",                 S, I, R, R, S, R)           \
	X (S3_BUCKET_ENCRYPTION, "bucket-encryption", "encryption of all of a bucket",         S, R, R, R, S, R)           \
	X (S3_BUCKET_ENCRYPTION_KMS, "bucket-encryption-kms", "encryption of all of a bucket by a key service", S, R, R, R, S, R) \
	X (S3_BUCKET_TAGGING, "bucket-tagging", "tags of buckets",                             S, S, S, R, S, R)           \
	X (S3_LIFECYCLE, "lifecycle", "rules of how long objects stay",                        S, S, R, R, S, R)           \
	X (S3_LIFECYCLE_CLASSES, "lifecycle-classes", "rules that move objects to other classes", S, R, R, R, S, R)        \
	X (S3_LIFECYCLE_SIZE, "lifecycle-size", "rules for objects over a size",               S, S, R, R, D, R)           \
	X (S3_LIFECYCLE_ABORT, "lifecycle-abort", "rules that remove uploads nobody ends",     S, R, R, R, S, R)           \
	X (S3_CORS, "cors", "rules for scripts of other sites",                                S, R, S, R, S, R)           \
	X (S3_PUBLIC_ACCESS, "public-access", "a block of public access",                      S, R, R, R, S, R)           \
	X (S3_OWNERSHIP, "ownership", "an owner of what others write",                         S, R, S, R, S, R)           \
	X (S3_TIERING, "intelligent-tiering", "tiers of archives within a class",              S, R, R, R, I, R)           \
	X (S3_POLICY, "policy", "bucket policies",                                             S, S, S, R, S, R)           \
	X (S3_POLICY_READERS, "policy-readers", "bucket policies that name a CDN",             S, R, R, R, S, R)           \
	X (S3_POLICY_SECRET, "policy-secret", "bucket policies that let in who sends a secret", R, S, S, R, R, R)          \
	X (S3_REPLICATION, "replication", "replication by the service",                        S, R, R, R, S, R)

#define NAME(feature, name, meaning, ...) [feature] = name,
#define MEANING(feature, name, meaning, ...) [feature] = meaning,
#define ROW_AWS(feature, name, meaning, aws, minio, vgw, ceph, moto, other) [feature] = aws,
#define ROW_MINIO(feature, name, meaning, aws, minio, vgw, ceph, moto, other) [feature] = minio,
#define ROW_VGW(feature, name, meaning, aws, minio, vgw, ceph, moto, other) [feature] = vgw,
#define ROW_CEPH(feature, name, meaning, aws, minio, vgw, ceph, moto, other) [feature] = ceph,
#define ROW_MOTO(feature, name, meaning, aws, minio, vgw, ceph, moto, other) [feature] = moto,
#define ROW_OTHER(feature, name, meaning, aws, minio, vgw, ceph, moto, other) [feature] = other,

static const char *const names[S3_FEATURES] = { FEATURES (NAME) };
static const char *const meanings[S3_FEATURES] = { FEATURES (MEANING) };

/* What the driver does where a server cannot; elsewhere it leaves the request out, or refuses. */
static const char *const instead[S3_FEATURES] = {
	[S3_CREATE_OVER_MARKER] = "versitygw keeps the removed object's etag with the marker, and compares If-Match with it: a create-only write that "
		"is refused looks whether the newest version is a marker, and then goes under the newest etag below it. Of several writers one gets "
		"through; two that both write the very bytes that were removed may both, as two versions. When no version is left that tells the "
		"etag, it stays refused",
	[S3_ABORT_TOLD] = "the parts of an upload are listed before it is aborted: that tells whether it is one",
	[S3_DELETE_MANY] = "where the hash of the list is not checked, keys go by list only over TLS or to this machine, else one by one",
	[S3_VERSION_ORDER] = "both list delete markers apart from versions; they are put back into order by the version ids of versitygw, which hold "
		"the time of each where the listing tells when it was replaced, and on moto by their times, which tell no two changes within a second apart",
	[S3_KEY_BESIDE_PREFIX] = "MinIO leaves 'a/b' out of every listing once 'a' is there. Before each write the folders of its key are looked "
		"for as objects (a HEAD each; one that was clear counts as clear for a second), and what is below it is listed (one LIST): two LISTs a "
		"picture with its thumbnail. Two writers at the same moment, one of 'a' and one of 'a/b', may both pass: that is not looked for "
		"again after the write, since it would double these requests, and what it found could not be taken back: MinIO removes under no "
		"condition. Credentials that may not list write unguarded, with a warning. `guard-keys = no` saves them where keys are made by one template",
};

/* Where the limit of metadata is not known, the narrowest of the known ones. */
static const struct s3_server rows[] = {
	{ .name = "aws", .title = "AWS", .state = { FEATURES (ROW_AWS) }, .metadata_most = 2048, .delete_most = 1000 },
	{ .name = "minio", .title = "MinIO", .state = { FEATURES (ROW_MINIO) }, .metadata_most = 2048, .metadata_prefix_counts = true,
	  .segment_most = 255, .delete_most = 1000, .reserved_suffix = "__XLDIR__" },
	{ .name = "versitygw", .title = "versitygw", .state = { FEATURES (ROW_VGW) }, .metadata_most = 2048, .segment_most = 255,
	  .delete_most = 1000, .keys_in_xml = true, .reserved_part = ".sgwtmp", .version_order = S3_ORDER_ID },
	{ .name = "ceph", .title = "Ceph", .state = { FEATURES (ROW_CEPH) }, .metadata_most = 2048, .metadata_prefix_counts = true,
	  .delete_most = 1000, .assumed = true },
	{ .name = "moto", .title = "moto", .state = { FEATURES (ROW_MOTO) }, .delete_most = 1000, .keys_in_xml = true,
	  .keys_in_a_line = true, .version_order = S3_ORDER_TIME },
	{ .name = "other", .title = "a server of unknown make", .state = { FEATURES (ROW_OTHER) }, .metadata_most = 2048,
	  .metadata_prefix_counts = true, .segment_most = 255, .delete_most = 1000, .keys_in_xml = true, .keys_in_a_line = true,
	  .assumed = true },
};

enum { ROWS = sizeof rows / sizeof *rows };

const struct s3_server *
s3_server_at (size_t i)
{
	return i < ROWS ? &rows[i] : NULL;
}

const char *
s3_feature_name (enum s3_feature feature)
{
	return feature < S3_FEATURES ? names[feature] : NULL;
}

const char *
s3_feature_meaning (enum s3_feature feature)
{
	return feature < S3_FEATURES ? meanings[feature] : NULL;
}

const char *
s3_feature_instead (enum s3_feature feature)
{
	return feature < S3_FEATURES ? instead[feature] : NULL;
}

static const char *const state_names[S3_STATES] = {
	[S3_REFUSED] = "refused", [S3_SUPPORTED] = "supported", [S3_IGNORED] = "ignored", [S3_DESTRUCTIVE] = "destructive",
};

const char *
s3_state_name (uint8_t state)
{
	return state < S3_STATES ? state_names[state] : NULL;
}

static int
no_row (const char *name, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer list;
	const char *known[ROWS];
	buffer_init (&list, 256);
	for (size_t i = 0; i < ROWS; i++) {
		known[i] = rows[i].name;
		buffer_printf (&list, "%s%s", i ? ", " : "one of ", rows[i].name);
	}
	const char *nearest = text_nearest (name, known, ROWS);
	if (nearest)
		larder_fail (error, LARDER_E_INVALID, "unknown server '%s'; did you mean '%s'?", name, nearest);
	else
		larder_fail (error, LARDER_E_INVALID, "unknown server '%s'", name);
	larder_explain (error, LARDER_DETAIL_NEXT, buffer_text (&list));
	return LARDER_E_INVALID;
}

int
s3_server_find (const char *name, bool custom_endpoint, const struct s3_server **ret, struct larder_error *error)
{
	if (!name)
		name = custom_endpoint ? "other" : "aws";
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp (rows[i].name, name) == 0)
			return *ret = &rows[i], 0;
	return no_row (name, error);
}

/* ---- what one server does otherwise ---- */

/* The index of a word of some length; -1. */
static int
index_of (const char *const *words, size_t count, const char *word, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen (words[i]) == length && memcmp (words[i], word, length) == 0)
			return (int) i;
	return -1;
}

static int
change (struct s3_server *row, const char *text, struct larder_error *error)
{
	size_t length = strcspn (text, "=");
	char name[64];
	int feature = index_of (names, S3_FEATURES, text, length);
	int state = text[length] ? index_of (state_names, S3_STATES, text + length + 1, strlen (text + length + 1)) : -1;
	if (feature >= 0 && state >= 0)
		return row->state[feature] = (uint8_t) state, 0;
	snprintf (name, sizeof name, "%.*s", (int) (length < 60 ? length : 60), text);
	const char *nearest = feature < 0 ? text_nearest (name, names, S3_FEATURES) : NULL;
	larder_fail (error, LARDER_E_INVALID, "features has '%.100s', which is not FEATURE=STATE%s%s", text, nearest ? "; did you mean " : "", nearest ? nearest : "");
	larder_explain (error, LARDER_DETAIL_NEXT, "states are refused, supported, ignored, destructive; `larder doctor --probe STORE` prints what fits");
	return LARDER_E_INVALID;
}

int
s3_server_change (const struct s3_server *row, const char *const *features, struct s3_server *ret, struct larder_error *error)
{
	int code = 0;
	*ret = *row;
	ret->base = row;
	for (; features && *features && code == 0; features++)
		code = change (ret, *features, error);
	return code;
}

/* A row counts as near when it is right of three quarters of what was found out. */
const struct s3_server *
s3_server_nearest (const uint8_t state[S3_FEATURES], const struct s3_server *own)
{
	const struct s3_server *best = NULL;
	size_t least = SIZE_MAX, known = 0;
	for (int feature = 0; feature < S3_FEATURES; feature++)
		known += state[feature] < S3_STATES;
	for (size_t i = 0; i < ROWS; i++) {
		size_t differ = 0;
		for (int feature = 0; feature < S3_FEATURES; feature++)
			differ += state[feature] < S3_STATES && state[feature] != rows[i].state[feature];
		if (!rows[i].assumed && (differ < least || (differ == least && &rows[i] == own))) {
			best = &rows[i];
			least = differ;
		}
	}
	return best && least * 4 <= known ? best : &rows[ROWS - 1];
}

int
s3_server_need (const struct s3_server *server, enum s3_feature feature, const char *value, struct larder_error *error)
{
	const char *tail = "";
	switch (server->state[feature]) {
	case S3_SUPPORTED:
		return 0;
	case S3_IGNORED:
		tail = " and does nothing about it";
		break;
	case S3_DESTRUCTIVE:
		tail = ", does nothing about it, and what it should protect is lost";
		break;
	default:
		break;
	}
	bool unknown = server->assumed && !*tail;         /* what `features` says of it is known */
	const char *head = unknown ? "it is not known what " : "", *verb = unknown ? "does with" : *tail ? "takes" : "refuses";
	larder_fail (error, LARDER_E_UNSUPPORTED, value ? "%s%s %s %s '%s'%s" : "%s%s %s %s%s%s", head, server->title, verb, meanings[feature],
	             value ? value : "", tail);
	larder_explain (error, LARDER_DETAIL_NEXT, unknown ? "'larder doctor --probe STORE' finds out what it can do; or name its make by 'server =' in its [backend] section"
	                : "leave it out for this server, or keep this in a store on a server that can");
	return LARDER_E_UNSUPPORTED;
}

uint32_t
s3_server_checksum (const struct s3_server *server)
{
	return s3_server_can (server, S3_CHECKSUM_CRC64NVME) ? LARDER_CHECKSUM_CRC64NVME
		: s3_server_can (server, S3_CHECKSUM_CRC32C) ? LARDER_CHECKSUM_CRC32C : LARDER_CHECKSUM_NONE;
}

/* http://127.x.x.x, http://localhost or http://[::1], with or without a port. */
static bool
is_this_machine (const char *endpoint)
{
	static const char scheme[] = "http://";
	if (strncmp (endpoint, scheme, sizeof scheme - 1) != 0)
		return false;
	const char *host = endpoint + sizeof scheme - 1;
	size_t length = *host == '[' ? strcspn (host, "]/") + 1 : strcspn (host, ":/");
	bool digits = strspn (host, "0123456789.") == length;
	return (digits && strncmp (host, "127.", 4) == 0) || (length == 9 && strncmp (host, "localhost", 9) == 0)
		|| (length == 5 && strncmp (host, "[::1]", 5) == 0);
}

bool
s3_server_delete_many (const struct s3_server *server, const char *endpoint)
{
	switch (server->state[S3_DELETE_MANY]) {
	case S3_SUPPORTED:
		return true;
	case S3_IGNORED:
		return !endpoint || strncmp (endpoint, "https://", 8) == 0 || is_this_machine (endpoint);
	default:
		return false;
	}
}
