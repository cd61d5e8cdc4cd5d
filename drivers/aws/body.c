/* body.c: a body of JSON. Pure. */
#include "body.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

char *
aws_json_text (struct larder_arena *arena, const json_t *json, size_t flags)
{
	char *dumped = json_dumps (json, flags), *text = arena_copy (arena, dumped);
	if (dumped)
		explicit_bzero (dumped, strlen (dumped));
	free (dumped);
	return text;
}

void
aws_request_json (struct aws_request *request, const char *type, json_t *body)
{
	request->body = aws_json_text (request->arena, body, JSON_COMPACT | JSON_SORT_KEYS);
	request->body_length = request->body ? strlen (request->body) : 0;
	request->failed = request->failed || !request->body;
	aws_request_header (request, "content-type", type);
	json_decref (body);
}

void
aws_request_target (struct aws_request *request, struct larder_arena *arena, const char *target, json_t *body)
{
	aws_request_begin (request, arena, "POST", NULL, NULL);
	aws_request_header (request, "x-amz-target", target);
	aws_request_json (request, "application/x-amz-json-1.1", body);
}
