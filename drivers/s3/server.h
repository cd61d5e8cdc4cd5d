/* server.h: the capability table: what each kind of server does with each optional part of S3. Data, not code.
 * Measured; doc/dev/servers.md says how. */
#ifndef LARDER_S3_SERVER_H
#define LARDER_S3_SERVER_H

#include <larder/types.h>

enum s3_state {
	S3_REFUSED = 0,       /* answered with an error: say so before sending */
	S3_SUPPORTED = 1,
	S3_IGNORED = 2,       /* answered 2xx without effect: never relied upon */
	S3_DESTRUCTIVE = 3,   /* does something else that loses data: never sent */
	S3_STATES
};

enum s3_feature {
	S3_PUT_CREATE_ONLY,          /* If-None-Match: * on PutObject */
	S3_CREATE_OVER_MARKER,       /* that, and of an upload, where the newest version is a delete marker */
	S3_PUT_IF_MATCH,
	S3_COMPLETE_CREATE_ONLY,
	S3_COMPLETE_IF_MATCH,
	S3_COPY_CONDITION,           /* conditions on the destination of CopyObject */
	S3_COPY_IF_MATCH,            /* condition on the source of CopyObject and UploadPartCopy */
	S3_DELETE_IF_MATCH,
	S3_CHECKSUM_CRC64NVME,       /* header checksum, kept with the object */
	S3_CHECKSUM_CRC32C,          /* and CRC32, SHA-1, SHA-256, which go with it everywhere */
	S3_CHECKSUM_COMPARED,        /* bytes that do not match their checksum are refused */
	S3_CHECKSUM_MULTIPART,       /* full-object checksum of a multipart upload is right */
	S3_COPY_PART_CHECKSUM,       /* UploadPartCopy into an upload that was begun with a checksum */
	S3_ABORT_TOLD,               /* AbortMultipartUpload of an unknown upload is 404 */
	S3_MP_OBJECT_SIZE,           /* x-amz-mp-object-size */
	S3_DELETE_MANY,              /* DeleteObjects; IGNORED: the body's hash is not checked */
	S3_VERSIONS,
	S3_VERSION_ORDER,            /* markers among the versions, newest first */
	S3_CLASSES,                  /* storage classes other than STANDARD */
	S3_ENCRYPTION,               /* x-amz-server-side-encryption AES256, echoed */
	S3_ENCRYPTION_KMS,
	S3_TAGGING,
	S3_RESTORE,
	S3_RAW_KEYS,                 /* any key is stored as given */
	S3_KEY_BESIDE_PREFIX,        /* "a" and "a/b" at once, both listed */
	S3_UPLOADS_LIST,             /* bucket-wide listing of open uploads can be trusted */
	S3_CHECKSUM_MODE,            /* x-amz-checksum-mode on GET and HEAD */
	S3_SDK_CHECKSUM_ALGORITHM,   /* x-amz-sdk-checksum-algorithm must be sent for a checksum to be kept */
	S3_BUCKET_LOCATION,          /* LocationConstraint of CreateBucket */
	S3_BUCKET_ENCRYPTION,        /* settings of a bucket, each by its sub-resource */
	S3_BUCKET_ENCRYPTION_KMS,
	S3_BUCKET_TAGGING,
	S3_LIFECYCLE,
	S3_LIFECYCLE_CLASSES,        /* Transition to a class of AWS */
	S3_LIFECYCLE_SIZE,           /* ObjectSizeGreaterThan; DESTRUCTIVE: lost, and the rule is for all objects then */
	S3_LIFECYCLE_ABORT,          /* AbortIncompleteMultipartUpload */
	S3_CORS,
	S3_PUBLIC_ACCESS,
	S3_OWNERSHIP,
	S3_TIERING,                  /* archive tiers of Intelligent-Tiering; elsewhere their DELETE is one of the bucket */
	S3_POLICY,
	S3_POLICY_READERS,           /* principals of a CDN */
	S3_POLICY_SECRET,            /* who sends it is let in without an account, and nobody else */
	S3_REPLICATION,
	S3_FEATURES
};

/* What tells which of two versions of a key is newer. */
enum s3_version_order {
	S3_ORDER_LISTED,                        /* their place in the listing */
	S3_ORDER_ID,                            /* markers are listed apart; ids begin with their time, but for the one called null */
	S3_ORDER_TIME                           /* markers are listed apart; their times */
};

struct s3_server {
	const char *name;                       /* value of `server =` */
	const char *title;                      /* for messages: "MinIO" */
	uint8_t state[S3_FEATURES];             /* enum s3_state */
	uint32_t metadata_most;                 /* bytes of user metadata; 0 unknown */
	bool metadata_prefix_counts;            /* "x-amz-meta-" counts toward it */
	uint32_t segment_most;                  /* longest part of a key between slashes; 0 none */
	uint32_t delete_most;                   /* keys of one DeleteObjects */
	bool keys_in_xml;                       /* some listings give keys as XML only: no control bytes */
	bool keys_in_a_line;                    /* no line breaks in keys */
	const char *reserved_suffix;            /* of a part of a key: listed as another; or NULL */
	const char *reserved_part;              /* a part of a key of that name: never listed; or NULL */
	uint32_t version_order;                 /* enum s3_version_order */
	bool assumed;                           /* not measured: REFUSED means not known */
	const struct s3_server *base;           /* of a row that was changed: what it was made of; else NULL */
};

/* The row of a name; "aws" for NULL without custom endpoint, "other" for NULL with one. INVALID lists the rows. */
int s3_server_find (const char *name, bool custom_endpoint, const struct s3_server **ret, struct larder_error *error);
static inline bool s3_server_can (const struct s3_server *server, enum s3_feature feature) { return server->state[feature] == S3_SUPPORTED; }
/* A row with other states for some features: "put-if-match=refused", … ended by NULL. INVALID names what is no feature or no state. */
int s3_server_change (const struct s3_server *row, const char *const *features, struct s3_server *ret, struct larder_error *error);
static inline const struct s3_server *s3_server_base (const struct s3_server *row) { return row->base ? row->base : row; }
/* The measured row with the fewest differences from what was found (a state of S3_STATES or more: not found out), `own` where
 * several have as few; `other` where none is near. */
const struct s3_server *s3_server_nearest (const uint8_t state[S3_FEATURES], const struct s3_server *own);
/* The rows and features, for the script that prints doc/dev/servers.md. */
const struct s3_server *s3_server_at (size_t i);           /* NULL after the last */
const char *s3_feature_name (enum s3_feature feature);
const char *s3_state_name (uint8_t state);                 /* "supported" */
const char *s3_feature_meaning (enum s3_feature feature);
const char *s3_feature_instead (enum s3_feature feature);  /* what the driver does where a server cannot; or NULL */

/* UNSUPPORTED, worded by the row, unless the state is SUPPORTED: "MinIO refuses storage class 'GLACIER'", "versitygw takes
 * storage class 'GLACIER' and does nothing about it". `value` is the word in quotes, or NULL. */
int s3_server_need (const struct s3_server *server, enum s3_feature feature, const char *value, struct larder_error *error);
/* Checksum to compute for what is written: CRC64NVME, else CRC32C, else NONE. */
uint32_t s3_server_checksum (const struct s3_server *server);
/* May keys go into one DeleteObjects? Where the server does not check the body's hash, only if nobody on the way can
 * change the list: https, or a server on this machine. `endpoint` is the custom one, or NULL. */
bool s3_server_delete_many (const struct s3_server *server, const char *endpoint);
/* XML 1.0 can carry the key: others go by single DELETEs. */
bool s3_key_fits_xml (const char *key);

/* INVALID (with the reason and the server's name) for a key that this server would store as another or could not hold
 * apart: MinIO "//", "/lead", "./", "../", segments over 255 bytes; versitygw likewise. Everywhere: empty, over 1024 bytes,
 * not UTF-8. */
int s3_server_key (const struct s3_server *server, const char *key, struct larder_error *error);
/* For requests that only look: INVALID for a key under which this server is known to give another object. */
int s3_server_key_alone (const struct s3_server *server, const char *key, struct larder_error *error);
/* INVALID for names that no header can have, values with control characters; LIMIT over the server's limit. */
int s3_server_metadata (const struct s3_server *server, const struct larder_pairs *metadata, struct larder_error *error);

#endif
