/* buffer.c: bytes that grow up to a named maximum. */
#include "buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buffer_init (struct buffer *buffer, size_t most)
{
	/* Room doubles and has a NUL on top: neither may wrap around. */
	*buffer = (struct buffer) { .most = most < SIZE_MAX / 4 ? most : SIZE_MAX / 4 };
}

void
buffer_free (struct buffer *buffer)
{
	bool secret = buffer->secret;
	if (secret && buffer->at)
		explicit_bzero (buffer->at, buffer->room);
	free (buffer->at);
	buffer_init (buffer, buffer->most);
	buffer->secret = secret;
}

void
buffer_cut (struct buffer *buffer, size_t length)
{
	buffer->length = length;
	buffer->failed = false;
	if (buffer->at)
		buffer->at[length] = '\0';
}

void
buffer_clear (struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
	if (buffer->at)
		buffer->at[0] = '\0';
}

/* What realloc leaves behind nobody wipes any more. */
static char *
grow (const struct buffer *buffer, size_t room)
{
	if (!buffer->secret)
		return realloc (buffer->at, room);
	char *at = malloc (room);
	if (at && buffer->at) {
		memcpy (at, buffer->at, buffer->length + 1);
		explicit_bzero (buffer->at, buffer->room);
		free (buffer->at);
	}
	return at;
}

/* Room for `count` more bytes and a NUL. */
static int
reserve (struct buffer *buffer, size_t count)
{
	if (buffer->failed || count > buffer->most || buffer->length > buffer->most - count) {
		buffer->failed = true;
		return -1;
	}
	size_t need = buffer->length + count + 1;
	if (need <= buffer->room)
		return 0;
	size_t room = buffer->room ? buffer->room * 2 : 64;
	if (room < need)
		room = need;
	if (room > buffer->most + 1)
		room = buffer->most + 1;
	char *at = grow (buffer, room);
	if (!at) {
		buffer->failed = true;
		return -1;
	}
	buffer->at = at;
	buffer->room = room;
	return 0;
}

int
buffer_add (struct buffer *buffer, const void *bytes, size_t count)
{
	if (reserve (buffer, count) < 0)
		return -1;
	if (count)
		memcpy (buffer->at + buffer->length, bytes, count);
	buffer->length += count;
	buffer->at[buffer->length] = '\0';
	return 0;
}

int
buffer_add_text (struct buffer *buffer, const char *text)
{
	return buffer_add (buffer, text, strlen (text));
}

int
buffer_add_char (struct buffer *buffer, char c)
{
	return buffer_add (buffer, &c, 1);
}

int
buffer_printf (struct buffer *buffer, const char *format, ...)
{
	va_list arguments, again;
	va_start (arguments, format);
	va_copy (again, arguments);
	char small[256];         /* most texts are short, and need not be printed twice */
	int length = vsnprintf (small, sizeof small, format, arguments);
	va_end (arguments);
	if (length < 0)
		buffer->failed = true;
	int status = length < 0 ? -1 : reserve (buffer, (size_t) length);
	if (status == 0 && (size_t) length < sizeof small)
		memcpy (buffer->at + buffer->length, small, (size_t) length + 1);
	else if (status == 0)
		vsnprintf (buffer->at + buffer->length, (size_t) length + 1, format, again);
	if (status == 0)
		buffer->length += (size_t) length;
	if (buffer->secret)
		explicit_bzero (small, sizeof small);
	va_end (again);
	return status;
}

const char *
buffer_text (const struct buffer *buffer)
{
	return buffer->at ? buffer->at : "";
}

int
buffer_each_line (struct buffer *line, const void *bytes, size_t count, buffer_line_fn each, void *context, struct larder_error *error)
{
	int code = 0;
	for (const char *at = bytes, *end = at + count; code == 0 && at < end;) {
		const char *newline = memchr (at, '\n', (size_t) (end - at)), *next = newline ? newline + 1 : end;
		if (buffer_add (line, at, (size_t) (next - at)) < 0 || newline) {
			code = each (context, error);
			buffer_clear (line);
		}
		at = next;
	}
	return code;
}
