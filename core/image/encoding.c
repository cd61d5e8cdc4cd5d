/* encoding.c: small texts of the pipeline that say how to encode. */
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"

static int
take_setting (struct encoding *encoding, const char *word, const char *whole, struct larder_error *error)
{
	int64_t number;
	if (strncmp (word, "quality=", 8) == 0 && text_int (word + 8, &number) == 0 && number >= 0 && number <= 100)
		encoding->quality = (int32_t) number;
	else if (strncmp (word, "effort=", 7) == 0 && text_int (word + 7, &number) == 0 && number >= 0 && number <= 9)
		encoding->effort = (int32_t) number;
	else if (strcmp (word, "lossless") == 0)
		encoding->lossless = true;
	else
		return larder_fail (error, LARDER_E_INVALID, "'%s' in '%s' is not quality=0…100, effort=0…9 or lossless", word, whole);
	return 0;
}

int
encoding_parse (const char *text, struct encoding *ret, struct larder_error *error)
{
	struct encoding encoding = { .quality = -1, .effort = -1 };
	char word[64];
	for (const char *at = text + strspn (text, " "); *at; at += strspn (at, " ")) {
		size_t length = strcspn (at, " ");
		if (length >= sizeof encoding.format)
			return larder_fail (error, LARDER_E_INVALID, "'%s' is not FORMAT [quality=N] [effort=N] [lossless]", text);
		memcpy (word, at, length);
		word[length] = '\0';
		int code = 0;
		if (!*encoding.format)
			snprintf (encoding.format, sizeof encoding.format, "%.31s", word);
		else
			code = take_setting (&encoding, word, text, error);
		if (code < 0)
			return code;
		at += length;
	}
	if (!*encoding.format)
		return larder_fail (error, LARDER_E_INVALID, "no format is named");
	*ret = encoding;
	return 0;
}

int
box_parse (const char *text, uint32_t *ret_width, uint32_t *ret_height, struct larder_error *error)
{
	unsigned width = 0, height = 0;
	int end = 0;
	if (sscanf (text, "%5ux%5u%n", &width, &height, &end) != 2 || text[end] || !width || !height)
		return larder_fail (error, LARDER_E_INVALID, "'%s' is not WIDTHxHEIGHT", text);
	*ret_width = width;
	*ret_height = height;
	return 0;
}

static int
buffer_sink_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct buffer *buffer = context;
	if (buffer_add (buffer, bytes, count) == 0)
		return 0;
	if (count <= buffer->most && buffer->length <= buffer->most - count)
		return larder_fail_memory (error);
	return larder_fail_next (error, LARDER_E_LIMIT, "raise 'max-file-size' of the pipeline, or make the picture smaller",
	                         "picture has more than %zu bytes once it is encoded", buffer->most);
}

void
buffer_sink (struct buffer *buffer, struct larder_sink *ret)
{
	*ret = (struct larder_sink) { .size = sizeof *ret, .context = buffer, .write = buffer_sink_write };
}

struct larder_decode
decode_of (const struct schema_pipeline *pipeline, uint64_t budget)
{
	struct larder_limits limits = {
		.size = sizeof limits, .width = (uint32_t) pipeline->max_width, .height = (uint32_t) pipeline->max_height,
		.pixels = pipeline->max_pixels, .memory = budget < pipeline->max_memory ? budget : pipeline->max_memory,
		.frames = (uint32_t) pipeline->max_frames, .metadata = pipeline->max_metadata, .scans = (uint32_t) pipeline->max_scans,
		.expansion = pipeline->max_expansion,
	};
	return (struct larder_decode) { .size = sizeof (struct larder_decode), .limits = limits };
}
