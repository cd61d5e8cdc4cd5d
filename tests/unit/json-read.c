/* json-read.c: jansson behind other names. */
#include "json-read.h"

#include <jansson.h>

struct json_t *
read_json (const char *text)
{
	return json_loads (text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
}

void read_free (struct json_t *root) { json_decref (root); }
const struct json_t *read_member (const struct json_t *object, const char *name) { return json_object_get (object, name); }
const char *read_text (const struct json_t *value) { return json_string_value (value); }
double read_real (const struct json_t *value) { return json_number_value (value); }
