/* request.c: what AWS Backup is asked: REST with JSON bodies. Pure. */
#include "wire.h"

#include <string.h>

#include "arena.h"
#include "body.h"

const char *
backup_text (const json_t *object, const char *name)
{
	const char *text = json_string_value (json_object_get (object, name));
	return text ? text : "";
}

void
backup_request (struct aws_request *request, struct larder_arena *arena, const char *method, const char *path, json_t *body, const char *token)
{
	const char *query = strchr (path, '?'), *value = query ? strchr (query, '=') : NULL;
	const char *name = value ? arena_copy_bytes (arena, query + 1, (size_t) (value - query - 1)) : NULL;
	aws_request_begin (request, arena, method, NULL, value ? arena_copy_bytes (arena, path, (size_t) (query - path)) : path);
	if (name)
		aws_request_query (request, name, value + 1);
	aws_request_query (request, "nextToken", token);
	if (body)
		aws_request_json (request, "application/json", body);
}
