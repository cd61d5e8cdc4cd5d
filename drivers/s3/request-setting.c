/* request-setting.c: requests about a bucket itself: its removal, and its settings. Nothing that the row does not have is ever built:
 * with a sub-resource that a server does not know, PUT makes a bucket and DELETE removes it. */
#include "request.h"
#include "setting.h"

#include <string.h>

#include "buffer.h"
#include "error.h"

static int
begin (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *method, const char *bucket, const struct s3_setting *setting,
       struct larder_error *error)
{
	int code = s3_server_need (server, setting->feature, NULL, error);
	if (code == 0)
		code = s3_begin_bucket (request, arena, method, bucket, error);
	if (code == 0)
		aws_request_query (request, setting->name, "");
	if (code == 0 && setting->id)
		aws_request_query (request, "id", setting->id);
	return code;
}

int
s3_request_setting_get (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket, const struct s3_setting *setting,
                        struct larder_error *error)
{
	int code = begin (request, arena, server, "GET", bucket, setting, error);
	return code == 0 ? aws_request_check (request, error) : code;
}

int
s3_request_setting_put (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket, const struct s3_setting *setting,
                        const struct buffer *document, const char *least_size, struct larder_error *error)
{
	int code = begin (request, arena, server, "PUT", bucket, setting, error);
	if (code < 0)
		return code;
	aws_request_header (request, S3_LEAST_SIZE, least_size);
	return s3_set_body (request, setting->id ? NULL : server, document, error);       /* AWS takes no checksum of such */
}

int
s3_request_setting_remove (struct aws_request *request, struct larder_arena *arena, const struct s3_server *server, const char *bucket, const struct s3_setting *setting,
                           struct larder_error *error)
{
	if (setting->stays)
		return larder_fail (error, LARDER_E_INVALID, "%s of a bucket is changed, never removed", setting->name);
	int code = begin (request, arena, server, "DELETE", bucket, setting, error);
	return code == 0 ? aws_request_check (request, error) : code;
}

int
s3_request_bucket_remove (struct aws_request *request, struct larder_arena *arena, const char *bucket, struct larder_error *error)
{
	int code = s3_begin_bucket (request, arena, "DELETE", bucket, error);
	return code == 0 ? aws_request_check (request, error) : code;
}
