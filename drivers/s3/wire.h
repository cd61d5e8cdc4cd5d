/* wire.h: S3's messages: requests built, replies read. Pure: no I/O, no clock, no state.
 *
 * Requests are checked against botocore's service model by tests/wire; readers against generated and
 * published bodies, fed in pieces. Outputs live in the arena given. */
#ifndef LARDER_S3_WIRE_H
#define LARDER_S3_WIRE_H

#include <larder/driver.h>
#include "aws.h"
#include "server.h"

/* ---- requests (request-*.c): 0, or the error of aws_request_check, or what the server's row refuses ----
 *
 * An empty bucket, key, version or upload id is INVALID: without it the request would mean something else. */

struct s3_body { uint32_t checksum_type; const char *checksum; };  /* base64, of the bytes that follow; NONE: not sent */

int s3_request_head (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                     const struct larder_object *object, struct larder_error *error);
/* A read of no bytes (length 0) is INVALID: that is a HEAD. */
int s3_request_get (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                    const struct larder_read *read, struct larder_error *error);
int s3_request_put (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                    const struct larder_write *write, const struct s3_body *body, struct larder_error *error);
/* When any attribute is set the server replaces all of them: give what is to stay, too. Storage class and encryption are
 * never taken over from the source. */
int s3_request_copy (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                     const struct larder_copy *copy, struct larder_error *error);
int s3_request_delete (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                       const char *bucket, const struct larder_remove *item, struct larder_error *error);
/* At most server->delete_most items, none with if_match, each key s3_key_fits_xml; see s3_server_delete_many. The request
 * carries the checksum of its body. */
int s3_request_delete_many (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                            const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
                            struct larder_error *error);
int s3_request_list (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                     const struct larder_list *list, struct larder_error *error);           /* objects or versions */
int s3_request_upload_begin (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                             const struct larder_write *write, struct larder_error *error);
int s3_request_upload_part (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                            const struct larder_upload *upload, uint32_t number, const struct s3_body *body, struct larder_error *error);
/* The range has an end, or is the whole object. */
int s3_request_upload_part_copy (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                                 const struct larder_upload *upload, uint32_t number, const struct larder_read *from,
                                 struct larder_error *error);
/* INTEGRITY unless the parts are 1 … n without gap and their lengths sum up to the whole. */
int s3_request_upload_complete (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                                const struct larder_finish *finish, struct larder_error *error);
int s3_request_upload_abort (struct aws_request *request, struct larder_arena *arena, const struct larder_upload *upload,
                             struct larder_error *error);
int s3_request_upload_parts (struct aws_request *request, struct larder_arena *arena, const struct larder_upload *upload,
                             uint32_t after, struct larder_error *error);
int s3_request_uploads (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                        const struct larder_list *list, struct larder_error *error);
int s3_request_tags_get (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                         const struct larder_object *object, struct larder_error *error);
int s3_request_tags_set (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                         const struct larder_object *object, const struct larder_pairs *tags, struct larder_error *error);
int s3_request_restore (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                        const struct larder_restore *restore, struct larder_error *error);
/* The first bucket of ours whose name begins so. Elsewhere than on AWS such a list has what one may look at, whoever owns it: UNSUPPORTED. */
int s3_request_buckets (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *prefix, struct larder_error *error);
int s3_request_bucket_head (struct aws_request *request, struct larder_arena *arena, const char *bucket, struct larder_error *error);
int s3_request_bucket_create (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                              const char *bucket, const char *region, struct larder_error *error);
int s3_request_versioning_get (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server,
                               const char *bucket, struct larder_error *error);

/* Removes the bucket, when nothing is in it. */
int s3_request_bucket_remove (struct aws_request *request, struct larder_arena *arena, const char *bucket, struct larder_error *error);
/* Settings of a bucket (setting.h). `least_size`: the header S3_LEAST_SIZE as the service told it with a lifecycle; without it the
 * service sets its own again. */
struct s3_setting;
struct buffer;
#define S3_LEAST_SIZE "x-amz-transition-default-minimum-object-size"
#define S3_LEAST_SIZE_PLAIN "all_storage_classes_128K"
int s3_request_setting_get (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket,
                            const struct s3_setting *setting, struct larder_error *error);
int s3_request_setting_put (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket,
                            const struct s3_setting *setting, const struct buffer *document, const char *least_size, struct larder_error *error);
int s3_request_setting_remove (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket,
                               const struct s3_setting *setting, struct larder_error *error);

/* ---- replies (reply-*.c) ------------------------------------------------------------------------ */

/* Facts in the headers of a HEAD or GET reply. For a range, info->length is the whole object's (Content-Range) and
 * `*ret_offset`, `*ret_count` what the body holds (both may be NULL). INTEGRITY when headers contradict each other. */
int s3_reply_info (int status, const struct larder_pairs *headers, struct larder_arena *arena, struct larder_info *ret,
                   uint64_t *ret_offset, uint64_t *ret_count, struct larder_error *error);
/* What the headers of a PUT, part, copy or finish reply say of what was stored: etag, version, checksum, encryption. */
int s3_reply_stored (const struct larder_pairs *headers, struct larder_arena *arena, struct larder_info *ret, struct larder_error *error);

/* Collected bodies. Root element of another name is INTEGRITY: a 200 that is not the promised reply. Keys and
 * prefixes are decoded only when the reply says <EncodingType>url. Items in the server's order, merged (objects,
 * prefixes; versions, markers) into byte order. */
int s3_reply_list (const char *body, size_t length, const struct s3_server *server, const struct larder_list *list, struct larder_arena *arena,
                   larder_item_fn item, void *context, struct larder_page *ret, struct larder_error *error);
int s3_reply_uploads (const char *body, size_t length, const struct larder_list *list, struct larder_arena *arena,
                      larder_upload_fn upload, void *context, struct larder_page *ret, struct larder_error *error);
/* `*ret_next`: number to go on after, 0 at the end. */
int s3_reply_parts (const char *body, size_t length, struct larder_arena *arena, larder_part_fn part, void *context,
                    uint32_t *ret_next, struct larder_error *error);
/* A result for each item that was asked for; an item the server did not speak of is UNAVAILABLE (Quiet is not used). INTEGRITY
 * in the end when the server speaks of a key that was not asked for. */
int s3_reply_deleted (const char *body, size_t length, const char *bucket, const struct larder_remove *items, size_t count,
                      size_t stride, larder_removed_fn removed, void *context, struct larder_arena *arena, struct larder_error *error);
int s3_reply_upload_id (const char *body, size_t length, struct larder_arena *arena, const char **ret, struct larder_error *error);
/* CopyObjectResult, CopyPartResult, CompleteMultipartUploadResult: etag, mtime, checksum. */
int s3_reply_result (const char *body, size_t length, const char *root, struct larder_arena *arena, struct larder_info *ret,
                     struct larder_error *error);
int s3_reply_tags (const char *body, size_t length, struct larder_arena *arena, struct larder_pairs *ret, struct larder_error *error);
/* "Enabled", "Suspended" or "". */
int s3_reply_versioning (const char *body, size_t length, struct larder_arena *arena, const char **ret, struct larder_error *error);

#endif
