/* request.h: what the files that build requests share. */
#ifndef LARDER_S3_REQUEST_H
#define LARDER_S3_REQUEST_H

#include "wire.h"
#include "checksum-name.h"

#define S3_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"
#define S3_BODY_MOST (4 << 20)

struct buffer;

/* Begin a request; INVALID for an empty bucket or key: the request would be one to the service or to the bucket. */
int s3_begin_object (struct aws_request *request, struct larder_arena *arena, const char *method, const char *bucket, const char *key,
                     struct larder_error *error);
int s3_begin_bucket (struct aws_request *request, struct larder_arena *arena, const char *method, const char *bucket,
                     struct larder_error *error);
/* And its version, if one is given. */
int s3_begin_version (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *method,
                      const struct larder_object *object, struct larder_error *error);
int s3_begin_upload (struct aws_request *request, struct larder_arena *arena, const char *method, const struct larder_upload *upload,
                     struct larder_error *error);
/* A header whose value is an etag, in quotes; NULL adds nothing. */
void s3_header_etag (struct aws_request *request, const char *name, const char *etag);
/* Content type and so on, class, encryption, metadata. */
int s3_add_attributes (struct aws_request *request, const struct s3_server *server, const struct larder_attributes *attributes,
                       struct larder_error *error);
int s3_add_condition (struct aws_request *request, const struct s3_server *server, const struct larder_condition *condition,
                      enum s3_feature create_only, enum s3_feature if_match, struct larder_error *error);
int s3_add_copy_source (struct aws_request *request, const struct s3_server *server, const struct larder_object *from, const char *if_match,
                        struct larder_error *error);
/* The header of a checksum, where the row says it is kept. */
void s3_add_checksum (struct aws_request *request, const struct s3_server *server, uint32_t type, const char *checksum);
/* A body of our own; with its checksum, as the row says, unless the server is NULL. */
int s3_set_body (struct aws_request *request, const struct s3_server *server, const struct buffer *body, struct larder_error *error);
/* <name>text</name> */
void s3_element (struct buffer *into, const char *name, const char *text);
bool s3_keeps_checksum (const struct s3_server *server, uint32_t type);

#endif
