/* request.c: what AWS Backup is asked: REST with JSON bodies. Pure. */
#include "wire.h"

#include "body.h"

const char *
backup_text (const json_t *object, const char *name)
{
	const char *text = json_string_value (json_object_get (object, name));
	return text ? text : "";
}

void
backup_request (struct aws_request *request, struct larder_arena *arena, const char *method, const char *path, json_t *body, const struct larder_pair *query)
{
	aws_request_begin (request, arena, method, NULL, path);
	for (; query && query->name; query++)
		aws_request_query (request, query->name, query->value);
	if (body)
		aws_request_json (request, "application/json", body);
}
