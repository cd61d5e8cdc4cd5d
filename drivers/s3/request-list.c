/* request-list.c: requests of listings, and those about a bucket. Names are always asked for in URL encoding: XML cannot
 * carry all keys. Whether the server did so, its reply says. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "marker.h"

#define PAGE_MOST 1000

static const char *
unless_empty (const char *text)
{
	return text && *text ? text : NULL;
}

static void
add_most (struct aws_request *request, const char *name, uint32_t most)
{
	if (most)
		aws_request_query_uint (request, name, most < PAGE_MOST ? most : PAGE_MOST);
}

static int
read_token (struct aws_request *request, const struct larder_list *list, struct s3_token *ret, struct larder_error *error)
{
	*ret = (struct s3_token) { NULL, NULL, NULL };
	return list->token ? s3_token_split (request->arena, list->token, ret, error) : 0;
}

/* A page of a listing that goes on after two markers. */
static int
add_markers (struct aws_request *request, const struct larder_list *list, const char *other_name, struct larder_error *error)
{
	struct s3_token token;
	int code = read_token (request, list, &token, error);
	if (code < 0)
		return code;
	aws_request_query (request, "key-marker", list->token ? token.key : unless_empty (list->start_after));
	aws_request_query (request, other_name, token.other);
	return 0;
}

static int
list_versions (struct aws_request *request, const struct s3_server *server, const struct larder_list *list, struct larder_error *error)
{
	int code = s3_server_need (server, S3_VERSIONS, NULL, error);
	if (code < 0)
		return code;
	aws_request_query (request, "versions", "");
	return add_markers (request, list, "version-id-marker", error);
}

static int
list_objects (struct aws_request *request, const struct larder_list *list, struct larder_error *error)
{
	struct s3_token token;
	int code = read_token (request, list, &token, error);
	if (code < 0)
		return code;
	aws_request_query (request, "list-type", "2");
	aws_request_query (request, "start-after", list->token ? NULL : unless_empty (list->start_after));
	aws_request_query (request, "continuation-token", token.key);
	return 0;
}

int
s3_request_list (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const struct larder_list *list,
                 struct larder_error *error)
{
	int code = s3_begin_bucket (request, arena, "GET", list->bucket, error);
	if (code < 0)
		return code;
	code = list->versions ? list_versions (request, server, list, error) : list_objects (request, list, error);
	if (code < 0)
		return code;
	aws_request_query (request, "prefix", unless_empty (list->prefix));
	aws_request_query (request, "delimiter", unless_empty (list->delimiter));
	aws_request_query (request, "encoding-type", "url");
	add_most (request, "max-keys", list->most);
	return aws_request_check (request, error);
}

/* Sent, too, where the listing cannot be trusted (MinIO: only what the running server saw, and of a prefix only the whole key):
 * what it names is open, what it does not name may be. */
int
s3_request_uploads (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const struct larder_list *list,
                    struct larder_error *error)
{
	int code = server->state[S3_UPLOADS_LIST] == S3_IGNORED ? 0 : s3_server_need (server, S3_UPLOADS_LIST, NULL, error);
	if (code == 0)
		code = s3_begin_bucket (request, arena, "GET", list->bucket, error);
	if (code < 0)
		return code;
	aws_request_query (request, "uploads", "");
	aws_request_query (request, "prefix", unless_empty (list->prefix));
	aws_request_query (request, "encoding-type", "url");
	add_most (request, "max-uploads", list->most);
	code = add_markers (request, list, "upload-id-marker", error);
	return code == 0 ? aws_request_check (request, error) : code;
}

/* ---- buckets ---- */

int
s3_request_buckets (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *prefix, struct larder_error *error)
{
	int code = aws_server_has_all (server->name, error);
	if (code < 0)
		return code;
	aws_request_begin (request, arena, "GET", NULL, NULL);
	aws_request_query (request, "max-buckets", "1");
	aws_request_query (request, "prefix", unless_empty (prefix));
	return aws_request_check (request, error);
}

int
s3_request_bucket_head (struct aws_request *request, struct larder_arena *arena, const char *bucket, struct larder_error *error)
{
	int code = s3_begin_bucket (request, arena, "HEAD", bucket, error);
	return code == 0 ? aws_request_check (request, error) : code;
}

/* us-east-1 is what no region means, and refused when said. */
int
s3_request_bucket_create (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket,
                          const char *region, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer body;
	buffer_init (&body, S3_BODY_MOST);
	int code = s3_begin_bucket (request, arena, "PUT", bucket, error);
	if (code < 0)
		return code;
	if (!unless_empty (region) || strcmp (region, "us-east-1") == 0 || !s3_server_can (server, S3_BUCKET_LOCATION))
		return aws_request_check (request, error);
	buffer_add_text (&body, "<CreateBucketConfiguration xmlns=\"" S3_NAMESPACE "\">");
	s3_element (&body, "LocationConstraint", region);
	buffer_add_text (&body, "</CreateBucketConfiguration>");
	return s3_set_body (request, NULL, &body, error);
}

int
s3_request_versioning_get (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket,
                           struct larder_error *error)
{
	int code = s3_server_need (server, S3_VERSIONS, NULL, error);
	if (code == 0)
		code = s3_begin_bucket (request, arena, "GET", bucket, error);
	if (code < 0)
		return code;
	aws_request_query (request, "versioning", "");
	return aws_request_check (request, error);
}
