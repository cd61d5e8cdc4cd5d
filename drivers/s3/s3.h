/* s3.h: what the operations of this driver share. */
#ifndef LARDER_S3_S3_H
#define LARDER_S3_S3_H

#define LARDER_API_VERSION 0
#include <larder/driver.h>
#include <pthread.h>

#include "aws.h"
#include "server.h"
#include "wire.h"

#define S3_PUT_MOST (UINT64_C (5) << 30)       /* bytes of one PUT, part or copy */
#define S3_KNOWN_MOST 64
#define S3_CLEAR_MOST 1024

struct s3 {
	struct aws_settings aws;                   /* options */
	bool create, guard_keys;
	const char *const *buckets;                /* that `create` may make; NULL: any */
	uint64_t copy_most;
	const char *name;                          /* of the section */
	bool read_only;
	const char *const *features;               /* option: what this server does otherwise than its row */
	const struct s3_server *server;            /* the row, or `changed` */
	struct s3_server changed;
	struct aws_client *client;
	pthread_mutex_t mutex;                     /* of what follows */
	char known[S3_KNOWN_MOST][64];             /* buckets that answered: a 404 there speaks of the key */
	unsigned known_count;
	bool blind;                                /* guard.c: that it may not look has been said */
	struct { uint64_t hash; int64_t until; } clear[S3_CLEAR_MOST];   /* guard.c: folders */
};

/* ---- send.c: one exchange -------------------------------------------------------------------- */

struct s3_exchange {
	struct larder_arena *arena;                /* of this operation; freed with the exchange */
	struct aws_request request;
	const struct larder_source *body;
	const char *payload_hash;
	const struct http_receiver *receiver;
	bool body_may_fail;
	bool writes;                               /* may make a missing bucket, where the options say so */
	const char *what;                          /* "cannot write 'k' in bucket 'b'" */
	bool (*done) (void *context);              /* of struct aws_send, or NULL */
	void *done_context;
	struct aws_reply reply;
};

#define CLEANUP_EXCHANGE __attribute__ ((cleanup (s3_exchange_end)))
int s3_exchange_begin (struct s3_exchange *exchange, struct larder_error *error);
void s3_exchange_end (struct s3_exchange *exchange);
/* Begins messages: verb "write", and the key cut to a readable length. */
int s3_exchange_what (struct s3_exchange *exchange, const char *verb, const char *bucket, const char *key, struct larder_error *error);
/* The same for one object; INVALID where the server would take the key for another's. */
int s3_exchange_object (const struct s3 *s3, struct s3_exchange *exchange, const char *verb, const char *bucket, const char *key,
                        struct larder_error *error);
/* Any whole reply is 0; s3_exchange_fault words one that is not 2xx. */
int s3_exchange_send (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, struct larder_error *error);
bool s3_exchange_is_ok (const struct s3_exchange *exchange);
/* The bucket is missing, and a write would make it (create = yes). */
bool s3_exchange_makes_bucket (const struct s3 *s3, const struct s3_exchange *exchange);
int s3_exchange_fault (struct s3 *s3, struct s3_exchange *exchange, struct larder_error *error);
/* The same of a HEAD of a bucket: whose it is, where the service tells (owner.c). */
int s3_exchange_refused (struct s3 *s3, struct larder_call *call, struct s3_exchange *head, const char *bucket, struct larder_error *error);
/* Send, and fail unless the reply is 2xx. */
int s3_exchange_stored (struct s3 *s3, struct s3_exchange *exchange, struct larder_info *ret, struct larder_error *error);
int s3_exchange_do (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, struct larder_error *error);
/* The same; a refusal of that code is 0, too: it is as was asked for. */
int s3_exchange_do_or (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const char *forgiven, struct larder_error *error);
/* HEAD of an object into `ret` (texts in the exchange's arena); its failures are asked again as GET, since a HEAD has no words. */
int s3_head (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_object *object,
             struct larder_info *ret, struct larder_error *error);
/* CONFLICT unless the object has the etag that was wanted; NULL wants none. */
int s3_check_etag (const char *key, const char *wanted, const struct larder_info *found, struct larder_error *error);
/* What the server says of what it stored, where it says it of the same kind, against what was sent. */
int s3_check_stored (const char *key, uint32_t type, const char *sent, const struct larder_info *stored, struct larder_error *error);
/* Some servers take the request and leave the encryption out: INTEGRITY when it was asked for and there is no echo of it. */
int s3_check_encrypted (const char *key, const struct larder_attributes *asked, const char *echo, struct larder_error *error);
/* In the region of the backend; one that is ours already is 0, somebody else's CONFLICT. */
int s3_bucket_create (struct s3 *s3, struct larder_call *call, const char *bucket, struct larder_error *error);
/* Refuses a write in a read-only instance. */
int s3_check_writable (const struct s3 *s3, struct larder_error *error);
/* Copies every text of `info` to the call's memory and gives it to the caller's struct. */
int s3_give_info (struct larder_call *call, const struct larder_info *info, struct larder_info *ret, struct larder_error *error);
/* NULL for NULL and when there is no memory: *failed is set then. */
const char *s3_give_text (struct larder_call *call, const char *text, bool *failed);
struct larder_pairs s3_give_pairs (struct larder_call *call, const struct larder_pairs *pairs, bool *failed);

/* ---- digest.c: one pass over the bytes before they are sent ------------------------------------ */

struct s3_digest {
	struct s3_body body;                       /* what goes into the request */
	char checksum[16], sha256[65];
	const char *payload_hash;                  /* NULL where the bytes are not signed */
};

/* Compares with what the caller said of the bytes (INTEGRITY), computes what the server is told. */
int s3_digest (const struct s3 *s3, struct larder_call *call, const struct larder_source *source, uint32_t checksum_type, const char *checksum,
               struct s3_digest *ret, struct larder_error *error);

/* ---- settle.c: was it ours, after a reply was lost? ---------------------------------------------- */

/* 1: the object there is the one that `write` was to make; *ret are its facts. 0: it is not. */
int s3_settle_write (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_write *write,
                     const struct larder_source *source, const struct s3_digest *digest, struct larder_info *ret, struct larder_error *error);
int s3_settle_finish (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_finish *finish,
                      struct larder_info *ret, struct larder_error *error);

/* ---- revive.c: a delete marker that counts as an object --------------------------------------------- */

/* A create-only request was refused, perhaps because of one. */
bool s3_revive_wanted (const struct s3 *s3, const struct s3_exchange *exchange, const struct larder_condition *condition);
/* The etag under which such a marker can be replaced; NULL where the newest version is no marker. CONFLICT where no version is
 * left to tell it. */
int s3_revive_etag (struct s3 *s3, struct larder_call *call, const char *bucket, const char *key, struct larder_arena *arena,
                    const char **ret_etag, struct larder_error *error);

/* ---- guard.c -------------------------------------------------------------------------------------- */

/* CONFLICT, naming both keys, where the server would hide one of them: 'a' beside 'a/b' on MinIO. */
int s3_guard (struct s3 *s3, struct larder_call *call, const char *bucket, const char *key, struct larder_error *error);
/* An object went: its folders may be objects next. */
void s3_guard_forget (struct s3 *s3, const char *bucket, const char *key);

/* ---- resource.c ------------------------------------------------------------------------------------ */

extern const struct larder_resource_type s3_resources[];

/* ---- s3.c: the life of an instance ------------------------------------------------------------------ */

int s3_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error);
void s3_close (void *self);
int s3_caps (void *self, struct larder_call *call, uint64_t *caps, struct larder_error *error);

/* ---- the operations: see driver.h ----------------------------------------------------------------- */

int s3_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info, struct larder_error *error);
int s3_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error);
int s3_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
              struct larder_info *ret_info, struct larder_error *error);
int s3_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
               larder_removed_fn removed, void *context, struct larder_error *error);
int s3_list (void *self, struct larder_call *call, const struct larder_list *list, larder_item_fn item, void *context,
             struct larder_page *ret_page, struct larder_error *error);
int s3_copy (void *self, struct larder_call *call, const struct larder_copy *request, struct larder_info *ret_info, struct larder_error *error);
int s3_parts_begin (void *self, struct larder_call *call, const struct larder_write *request, struct larder_upload *ret_upload,
                    struct larder_error *error);
int s3_parts_write (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                    const struct larder_source *source, struct larder_part *ret_part, struct larder_error *error);
int s3_parts_copy (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number, const struct larder_read *from,
                   struct larder_part *ret_part, struct larder_error *error);
int s3_parts_finish (void *self, struct larder_call *call, const struct larder_finish *request, struct larder_info *ret_info,
                     struct larder_error *error);
int s3_parts_abort (void *self, struct larder_call *call, const struct larder_upload *upload, struct larder_error *error);
int s3_parts_list (void *self, struct larder_call *call, const struct larder_upload *upload, larder_part_fn part, void *context,
                   struct larder_error *error);
int s3_uploads_list (void *self, struct larder_call *call, const struct larder_list *request, larder_upload_fn upload, void *context,
                     struct larder_page *ret_page, struct larder_error *error);
int s3_tags_get (void *self, struct larder_call *call, const struct larder_object *object, struct larder_pairs *ret_tags, struct larder_error *error);
int s3_tags_set (void *self, struct larder_call *call, const struct larder_object *object, const struct larder_pairs *tags, struct larder_error *error);
int s3_class_set (void *self, struct larder_call *call, const struct larder_object *object, const char *storage_class, struct larder_error *error);
int s3_restore (void *self, struct larder_call *call, const struct larder_restore *request, struct larder_error *error);
int s3_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);
int s3_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error);
int s3_url (void *self, struct larder_call *call, const struct larder_url *request, const char **ret_url, struct larder_error *error);
int s3_versioning (void *self, struct larder_call *call, const char *bucket, uint32_t *ret_state, struct larder_error *error);
int s3_probe (void *self, struct larder_call *call, const struct larder_probe *request, larder_finding_fn finding, larder_advice_fn advice,
              void *context, struct larder_error *error);
int s3_check (void *self, struct larder_call *call, const char *bucket, larder_finding_fn finding, void *context, struct larder_error *error);

/* ---- the table --------------------------------------------------------------------------------------- */

/* What this driver and glacier, which begins its instance with a struct s3, have alike. Each adds who it is, how it opens and how it writes. */
#define S3_OPTIONS                                                                                                              \
	AWS_CLIENT_OPTIONS (struct s3, aws),                                                                                    \
	{ .key = "create", .type = LARDER_BOOL, .at = offsetof (struct s3, create), .def = "no",                                \
	  .help = "make a missing bucket at the first write" },                                                                 \
	{ .key = "copy-most", .type = LARDER_SIZE, .at = offsetof (struct s3, copy_most), .def = "5GiB",                        \
	  .min = 5 << 20, .max = INT64_C (5) << 30,                                                                             \
	  .help = "largest object that one request copies inside the service; beyond it goes in parts" },                       \
	{ .key = "guard-keys", .type = LARDER_BOOL, .at = offsetof (struct s3, guard_keys), .def = "yes",                       \
	  .help = "refuse keys that this kind of server would hide from its listings" },                                        \
	{ .key = "features", .type = LARDER_LIST, .at = offsetof (struct s3, features), .argument = "FEATURE=STATE,…",          \
	  .help = "what this server does otherwise than others of its kind; doctor --probe finds it out" }

#define S3_TABLE                                                                                                                \
	.head = LARDER_DRIVER_HEAD, .version = "0.1.0", .threads = LARDER_THREADS_PARALLEL,                                     \
	.caps_all = LARDER_CAP_CREATE_ONLY | LARDER_CAP_IF_MATCH | LARDER_CAP_VERSIONS | LARDER_CAP_METADATA                    \
	            | LARDER_CAP_CLASSES | LARDER_CAP_CHECKSUM | LARDER_CAP_RANGE | LARDER_CAP_REMOVE_IF_MATCH                  \
	            | LARDER_CAP_ANY_KEY | LARDER_CAP_KEY_BESIDE_PREFIX | LARDER_CAP_COPY_CREATE_ONLY,                          \
	.resources = s3_resources, .resource_stride = sizeof (struct larder_resource_type),                                     \
	.close = s3_close, .check = s3_check, .caps = s3_caps, .stat = s3_stat, .read = s3_read, .remove = s3_remove,           \
	.list = s3_list, .copy = s3_copy, .parts_write = s3_parts_write, .parts_copy = s3_parts_copy,                           \
	.parts_finish = s3_parts_finish, .parts_abort = s3_parts_abort, .parts_list = s3_parts_list,                            \
	.uploads_list = s3_uploads_list, .tags_get = s3_tags_get, .tags_set = s3_tags_set, .class_set = s3_class_set,           \
	.restore = s3_restore, .url = s3_url, .export_resource = s3_export, .policy = s3_policy,                                \
	.versioning = s3_versioning, .probe = s3_probe,                                                                         \
	.retrievals = retrievals, .retrieval_stride = sizeof (struct larder_retrieval)

#endif
