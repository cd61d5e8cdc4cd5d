/* json.c: writing JSON, one value after the other. */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

void
json_begin (struct json *json, struct buffer *into)
{
	*json = (struct json) { .into = into };
}

/* The comma before a value, unless it follows its name. */
static void
before (struct json *json)
{
	if (json->named) {
		json->named = false;
		return;
	}
	if (json->comma[json->depth])
		buffer_add_char (json->into, ',');
	json->comma[json->depth] = true;
}

static void
open_with (struct json *json, char c)
{
	before (json);
	buffer_add_char (json->into, c);
	assert (json->depth + 1 < sizeof json->comma / sizeof *json->comma);
	json->comma[++json->depth] = false;
}

static void
close_with (struct json *json, char c)
{
	assert (json->depth > 0);
	json->depth--;
	buffer_add_char (json->into, c);
}

void json_put_object (struct json *json) { open_with (json, '{'); }
void json_put_object_end (struct json *json) { close_with (json, '}'); }
void json_put_array (struct json *json) { open_with (json, '['); }
void json_put_array_end (struct json *json) { close_with (json, ']'); }

static void
quoted (struct buffer *into, const char *text)
{
	buffer_add_char (into, '"');
	for (size_t left = strlen (text); left;) {
		size_t step = text_utf8_length (text, left);
		unsigned char c = (unsigned char) *text;
		if (!step) {
			buffer_add_text (into, "\\ufffd");
			step = 1;
		} else if (c == '"' || c == '\\') {
			buffer_printf (into, "\\%c", c);
		} else if (c < 0x20 || c == 0x7f) {
			buffer_printf (into, "\\u%04x", c);
		} else {
			buffer_add (into, text, step);
		}
		text += step;
		left -= step;
	}
	buffer_add_char (into, '"');
}

void
json_put_name (struct json *json, const char *name)
{
	before (json);
	quoted (json->into, name);
	buffer_add_char (json->into, ':');
	json->named = true;
}

void
json_put_text (struct json *json, const char *value)
{
	before (json);
	if (value)
		quoted (json->into, value);
	else
		buffer_add_text (json->into, "null");
}

void
json_put_uint (struct json *json, uint64_t value)
{
	before (json);
	buffer_printf (json->into, "%" PRIu64, value);
}

void
json_put_int (struct json *json, int64_t value)
{
	before (json);
	buffer_printf (json->into, "%" PRId64, value);
}

void
json_put_real (struct json *json, double value)
{
	before (json);
	if (!isfinite (value)) {
		buffer_add_text (json->into, "null");
		return;
	}
	char text[64];
	snprintf (text, sizeof text, "%.15g", value);
	if (strtod (text, NULL) != value)
		snprintf (text, sizeof text, "%.17g", value);
	/* An application's locale may write the point otherwise, even in several bytes. */
	for (const char *at = text; *at;) {
		size_t plain = strspn (at, "+-0123456789e");
		buffer_add (json->into, at, plain);
		at += plain;
		if (*at)
			buffer_add_char (json->into, '.');
		at += strcspn (at, "+-0123456789e");
	}
}

void
json_put_bool (struct json *json, bool value)
{
	before (json);
	buffer_add_text (json->into, value ? "true" : "false");
}

void
json_member (struct json *json, const char *name, const char *value)
{
	if (!value)
		return;
	json_put_name (json, name);
	json_put_text (json, value);
}

void
json_member_bytes (struct json *json, const char *name, const char *value)
{
	json_member (json, name, value);
	size_t length = value ? strlen (value) : 0;
	if (!length || text_is_utf8 (value, length))
		return;
	char long_name[64];
	snprintf (long_name, sizeof long_name, "%s_b64", name);
	char *encoded = malloc (4 * ((length + 2) / 3) + 1);
	if (!encoded) {
		json->into->failed = true;
		return;
	}
	text_base64 (value, length, encoded);
	json_member (json, long_name, encoded);
	free (encoded);
}

void
json_member_uint (struct json *json, const char *name, uint64_t value)
{
	json_put_name (json, name);
	json_put_uint (json, value);
}

void
json_member_bool (struct json *json, const char *name, bool value)
{
	json_put_name (json, name);
	json_put_bool (json, value);
}
