/* yaml.c: YAML, a line at a time. A text is written as JSON writes it, which is YAML too. */
#include "yaml.h"

#include <inttypes.h>
#include <string.h>

#include "json.h"

static void
key_at (struct buffer *into, unsigned depth, const char *key)
{
	buffer_printf (into, "%*s%s:", (int) (2 * depth), "", key);
}

static void
quoted (struct buffer *into, const char *value)
{
	struct json json;
	json_begin (&json, into);
	json_put_text (&json, value);
	buffer_add_char (into, '\n');
}

void
yaml_open (struct buffer *into, unsigned depth, const char *key)
{
	key_at (into, depth, key);
	buffer_add_char (into, '\n');
}

void
yaml_text (struct buffer *into, unsigned depth, const char *key, const char *value)
{
	key_at (into, depth, key);
	buffer_add_char (into, ' ');
	quoted (into, value);
}

void
yaml_uint (struct buffer *into, unsigned depth, const char *key, uint64_t value)
{
	key_at (into, depth, key);
	buffer_printf (into, " %" PRIu64 "\n", value);
}

void
yaml_bool (struct buffer *into, unsigned depth, const char *key, bool value)
{
	key_at (into, depth, key);
	buffer_printf (into, " %s\n", value ? "true" : "false");
}

void
yaml_item (struct buffer *into, unsigned depth, const char *value)
{
	buffer_printf (into, "%*s- ", (int) (2 * depth), "");
	quoted (into, value);
}

void
yaml_lines (struct buffer *into, unsigned depth, const char *lines)
{
	while (*lines) {
		size_t length = strcspn (lines, "\n");
		buffer_printf (into, "%*s", (int) (2 * depth), "");
		buffer_add (into, lines, length);
		buffer_add_char (into, '\n');
		lines += length + (lines[length] == '\n');
	}
}
