/* request.c: what AWS Backup is asked: REST with JSON bodies. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

const char *
backup_text (const json_t *object, const char *name)
{
	const char *text = json_string_value (json_object_get (object, name));
	return text ? text : "";
}

void
backup_request (struct aws_request *request, struct larder_arena *arena, const char *method, const char *path, json_t *body, const char *token)
{
	aws_request_begin (request, arena, method, NULL, path);
	aws_request_query (request, "nextToken", token);
	if (!body)
		return;
	char *text = json_dumps (body, JSON_COMPACT | JSON_SORT_KEYS);
	request->body = arena_copy (arena, text);
	request->body_length = text ? strlen (text) : 0;
	request->failed = request->failed || !request->body;
	aws_request_header (request, "content-type", "application/json");
	free (text);
	json_decref (body);
}
