/* json-text.c: texts of JSON that may be no UTF-8. */
#include "json-text.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "text.h"

const char *
json_text (struct larder_arena *arena, const json_t *line, const char *name)
{
	char coded[32];
	size_t length;
	snprintf (coded, sizeof coded, "%s_b64", name);
	const char *bytes = json_string_value (json_object_get (line, coded)), *text = json_string_value (json_object_get (line, name));
	if (!bytes)
		return arena_copy (arena, text);
	char *plain = arena_alloc (arena, strlen (bytes) + 1);
	return plain && text_from_base64 (bytes, plain, strlen (bytes), &length) == 0 && strlen (plain) == length ? plain : NULL;
}
