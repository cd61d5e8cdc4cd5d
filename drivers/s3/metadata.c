/* metadata.c: values of metadata to header texts and back, by RFC 2047. */
#include "metadata.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "text.h"

#define WORD_HEAD "=?UTF-8?B?"
#define WORD_TAIL "?="

static bool
looks_encoded (const char *value)
{
	size_t length = strlen (value);
	return length >= 4 && strncmp (value, "=?", 2) == 0 && strcmp (value + length - 2, "?=") == 0;
}

/* Servers and signatures keep it: no byte outside ASCII, no blank that a header may lose. */
static bool
is_plain (const char *value)
{
	size_t length = strlen (value);
	for (size_t i = 0; i < length; i++)
		if (value[i] < 0x20 || value[i] > 0x7e || (value[i] == ' ' && (i == 0 || i + 1 == length || value[i + 1] == ' ')))
			return false;
	return !looks_encoded (value);
}

size_t
s3_metadata_length (const char *value)
{
	size_t length = strlen (value);
	return is_plain (value) ? length : sizeof WORD_HEAD - 1 + (length + 2) / 3 * 4 + sizeof WORD_TAIL - 1;
}

const char *
s3_metadata_encode (struct larder_arena *arena, const char *value)
{
	if (is_plain (value))
		return arena_copy (arena, value);
	char *text = arena_alloc (arena, s3_metadata_length (value) + 1);
	if (!text)
		return NULL;
	memcpy (text, WORD_HEAD, sizeof WORD_HEAD - 1);
	size_t length = sizeof WORD_HEAD - 1;
	length += text_base64 (value, strlen (value), text + length);
	memcpy (text + length, WORD_TAIL, sizeof WORD_TAIL);
	return text;
}

/* ---- decoding ---- */

/* "_" is a blank, =XX a byte, all else itself. Bytes written, or -1. */
static long
decode_q (const char *text, size_t length, char *into)
{
	long count = 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '=') {
			if (i + 2 >= length)
				return -1;
			const char hex[3] = { text[i + 1], text[i + 2], '\0' };
			if (text_from_hex (hex, &into[count++], 1) < 0)
				return -1;
			i += 2;
		} else {
			into[count++] = (char) (text[i] == '_' ? ' ' : text[i]);
		}
	}
	return count;
}

static long
decode_b (struct larder_arena *arena, const char *text, size_t length, char *into)
{
	size_t count;
	const char *copy = arena_copy_bytes (arena, text, length);
	return copy && text_from_base64 (copy, into, length, &count) == 0 ? (long) count : -1;
}

/* One word at *at, moved behind it; bytes written, or -1 when there is none of a kind that we know. */
static long
decode_word (struct larder_arena *arena, const char **at, char *into)
{
	const char *start = *at, *kind, *text, *end;
	if (strncmp (start, "=?", 2) != 0 || !(kind = strchr (start + 2, '?')) || !kind[1] || kind[2] != '?')
		return -1;
	size_t set = (size_t) (kind - start - 2);
	if (!(set == 5 && strncasecmp (start + 2, "utf-8", 5) == 0) && !(set == 8 && strncasecmp (start + 2, "us-ascii", 8) == 0))
		return -1;
	text = kind + 3;
	end = strstr (text, WORD_TAIL);
	if (!end)
		return -1;
	*at = end + 2;
	if (kind[1] == 'q' || kind[1] == 'Q')
		return decode_q (text, (size_t) (end - text), into);
	return kind[1] == 'b' || kind[1] == 'B' ? decode_b (arena, text, (size_t) (end - text), into) : -1;
}

static bool
is_text (const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char) bytes[i] < 0x20 || bytes[i] == 0x7f)
			return false;
	return text_is_utf8 (bytes, length);
}

/* Words with nothing but blanks between them; anything else is the value as it stands. */
const char *
s3_metadata_decode (struct larder_arena *arena, const char *value)
{
	if (!looks_encoded (value))
		return arena_copy (arena, value);
	size_t count = 0;
	char *into = arena_alloc (arena, strlen (value) + 1);
	if (!into)
		return NULL;
	for (const char *at = value; *at; at += strspn (at, " \t")) {
		long step = decode_word (arena, &at, into + count);
		if (step < 0)
			return arena_copy (arena, value);
		count += (size_t) step;
	}
	into[count] = '\0';
	return is_text (into, count) ? into : arena_copy (arena, value);
}
