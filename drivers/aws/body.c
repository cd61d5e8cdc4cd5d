/* body.c: a body of JSON. Pure. */
#include "body.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

void
aws_request_json (struct aws_request *request, const char *type, json_t *body)
{
	char *text = json_dumps (body, JSON_COMPACT | JSON_SORT_KEYS);
	request->body = text ? arena_copy (request->arena, text) : NULL;
	request->body_length = text ? strlen (text) : 0;
	request->failed = request->failed || !request->body;
	aws_request_header (request, "content-type", type);
	free (text);
	json_decref (body);
}

void
aws_request_target (struct aws_request *request, struct larder_arena *arena, const char *target, json_t *body)
{
	aws_request_begin (request, arena, "POST", NULL, NULL);
	aws_request_header (request, "x-amz-target", target);
	aws_request_json (request, "application/x-amz-json-1.1", body);
}
