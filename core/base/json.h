/* json.h: writing JSON, one value after the other, into a buffer. Texts that are not UTF-8 become
 * valid by \ufffd; json_member_bytes then adds NAME_b64 with the true bytes. Reading is jansson's. */
#ifndef LARDER_BASE_JSON_H
#define LARDER_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include "buffer.h"

struct json { struct buffer *into; unsigned depth; bool comma[32]; bool named; };

void json_begin (struct json *json, struct buffer *into);
void json_put_object (struct json *json);          /* { */
void json_put_object_end (struct json *json);
void json_put_array (struct json *json);
void json_put_array_end (struct json *json);
void json_put_name (struct json *json, const char *name);
void json_put_text (struct json *json, const char *value);   /* NULL writes null */
void json_put_uint (struct json *json, uint64_t value);
void json_put_int (struct json *json, int64_t value);
void json_put_real (struct json *json, double value);
void json_put_bool (struct json *json, bool value);
/* name and value in one; the text form leaves out NULL. */
void json_member (struct json *json, const char *name, const char *value);
void json_member_bytes (struct json *json, const char *name, const char *value);
void json_member_uint (struct json *json, const char *name, uint64_t value);
void json_member_bool (struct json *json, const char *name, bool value);

#endif
