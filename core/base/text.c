/* text.c: escaping, encoding, comparing text. */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

static const char hex_digits[] = "0123456789abcdef";

void
text_hex (const void *bytes, size_t count, char *ret)
{
	const unsigned char *at = bytes;
	for (size_t i = 0; i < count; i++) {
		*ret++ = hex_digits[at[i] >> 4];
		*ret++ = hex_digits[at[i] & 15];
	}
	*ret = '\0';
}

static int
hex_value (char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
text_from_hex (const char *text, void *ret, size_t count)
{
	unsigned char *into = ret;
	if (strlen (text) != count * 2)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int high = hex_value (text[2 * i]), low = hex_value (text[2 * i + 1]);
		if (high < 0 || low < 0)
			return -1;
		into[i] = (unsigned char) (high << 4 | low);
	}
	return 0;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
text_base64 (const void *bytes, size_t count, char *ret)
{
	const unsigned char *at = bytes;
	char *into = ret;
	for (size_t i = 0; i < count; i += 3) {
		size_t left = count - i;
		uint32_t group = (uint32_t) at[i] << 16 | (left > 1 ? (uint32_t) at[i + 1] << 8 : 0) | (left > 2 ? at[i + 2] : 0);
		*into++ = base64_digits[group >> 18];
		*into++ = base64_digits[group >> 12 & 63];
		*into++ = left > 1 ? base64_digits[group >> 6 & 63] : '=';
		*into++ = left > 2 ? base64_digits[group & 63] : '=';
	}
	*into = '\0';
	return (size_t) (into - ret);
}

int
text_from_base64 (const char *text, void *ret, size_t room, size_t *ret_count)
{
	size_t length = strlen (text), count = 0;
	unsigned char *into = ret;
	if (length % 4)
		return -1;
	size_t pad = length && text[length - 1] == '=' ? 1 + (text[length - 2] == '=') : 0;
	uint32_t group = 0;
	for (size_t i = 0; i < length; i++) {
		const char *digit = i < length - pad ? strchr (base64_digits, text[i]) : base64_digits;
		if (!digit || !*digit)
			return -1;
		group = group << 6 | (uint32_t) (digit - base64_digits);
		if (i % 4 == 3) {
			size_t bytes = i + 1 == length ? 3 - pad : 3;
			if (count + bytes > room || (bytes < 3 && group << (8 + 8 * bytes)))
				return -1;
			for (size_t b = 0; b < bytes; b++)
				into[count++] = (unsigned char) (group >> (16 - 8 * b));
			group = 0;
		}
	}
	*ret_count = count;
	return 0;
}

/* Length of the UTF-8 character at `at`, or 0 if it is none (RFC 3629: no surrogates, no overlong forms). */
static size_t
utf8_length (const unsigned char *at, size_t left)
{
	if (at[0] < 0x80)
		return 1;
	size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	if (at[0] < 0xc2 || at[0] > 0xf4 || left < length)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90)
	    || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

size_t
text_utf8_length (const char *text, size_t left)
{
	return left ? utf8_length ((const unsigned char *) text, left) : 0;
}

bool
text_is_utf8 (const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t step = utf8_length ((const unsigned char *) text + i, length - i);
		if (!step)
			return false;
		i += step;
	}
	return true;
}

/* Bidirectional controls could make one name look like another. */
static bool
is_hidden (const unsigned char *at, size_t length)
{
	if (length == 2)
		return at[0] == 0xc2 && at[1] < 0xa0;
	return length == 3 && at[0] == 0xe2
		&& ((at[1] == 0x80 && (at[2] == 0x8e || at[2] == 0x8f || (at[2] >= 0xa8 && at[2] <= 0xae)))
		    || (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

void
text_escape (struct buffer *into, const char *name)
{
	const unsigned char *at = (const unsigned char *) name;
	size_t left = strlen (name);
	while (left) {
		size_t plain = 0;        /* most names are ASCII, and added at once */
		while (plain < left && at[plain] >= 0x20 && at[plain] < 0x7f)
			plain++;
		buffer_add (into, at, plain);
		at += plain;
		left -= plain;
		size_t step = left ? utf8_length (at, left) : 0;
		if (!left)
			break;
		if (step && at[0] >= 0x20 && at[0] != 0x7f && !is_hidden (at, step)) {
			buffer_add (into, at, step);
		} else {
			step = step ? step : 1;
			for (size_t i = 0; i < step; i++)
				buffer_printf (into, "\\x%02x", at[i]);
		}
		at += step;
		left -= step;
	}
}

void
text_percent (struct buffer *into, const char *key)
{
	for (const unsigned char *at = (const unsigned char *) key; *at; at++) {
		bool plain = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || strchr ("-._~/", *at);
		if (plain)
			buffer_add_char (into, (char) *at);
		else
			buffer_printf (into, "%%%02X", *at);
	}
}

static unsigned
least (unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
text_distance (const char *a, const char *b)
{
	enum { MOST = 64 };
	size_t length_a = strlen (a), length_b = strlen (b);
	if (length_a >= MOST || length_b >= MOST)
		return 99;
	unsigned row[MOST], before[MOST], two[MOST] = { 0 };
	for (unsigned j = 0; j <= length_b; j++)
		before[j] = j;
	for (unsigned i = 1; i <= length_a; i++) {
		row[0] = i;
		for (unsigned j = 1; j <= length_b; j++) {
			row[j] = least (least (before[j], row[j - 1]) + 1, before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least (row[j], two[j - 2] + 1);   /* two letters swapped */
		}
		memcpy (two, before, sizeof two);
		memcpy (before, row, sizeof row);
	}
	return before[length_b];
}

const char *
text_nearest (const char *word, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	unsigned best = (unsigned) (strlen (word) / 3) + 2;
	for (size_t i = 0; i < count; i++) {
		unsigned distance = text_distance (word, words[i]);
		if (distance < best) {
			best = distance;
			nearest = words[i];
		}
	}
	return nearest;
}

void
text_suggest (char *ret, size_t room, const char *word, const char *const *words, size_t count)
{
	const char *nearest = word ? text_nearest (word, words, count) : NULL;
	size_t length = (size_t) (nearest ? snprintf (ret, room, "did you mean '%s'?", nearest) : snprintf (ret, room, "one of "));
	for (size_t i = 0; !nearest && i < count && length < room; i++)
		length += (size_t) snprintf (ret + length, room - length, "%s%s", i ? ", " : "", words[i]);
}

bool
text_begins (const char *text, const char *with)
{
	return strncmp (text, with, strlen (with)) == 0;
}

bool
text_ends (const char *text, const char *end)
{
	size_t length = strlen (text), tail = strlen (end);
	return length >= tail && strcmp (text + length - tail, end) == 0;
}

bool
text_is_listed (const char *list, const char *name)
{
	size_t length = strlen (name);
	for (const char *at = list; at && *at; at += strcspn (at, ","), at += *at == ',') {
		at += strspn (at, " ");
		if (strncmp (at, name, length) == 0 && (at[length] == '\0' || at[length] == ',' || at[length] == ' '))
			return true;
	}
	return false;
}

bool
text_is_name (const char *text, size_t most)
{
	static const char word[] = "{date}", day[] = "2025-11-03";
	const char *date = strstr (text, word);
	char before = '-';
	if ((*text >= '0' && *text <= '9') || strlen (text) + (date ? strlen (day) - strlen (word) : 0) > most)
		return false;
	for (const char *at = text; *at; at++) {
		bool known = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || (*at == '-' && before != '-');
		if (!known && (at != date || at == text))
			return false;
		if (at == date)
			at += strlen (word) - 1;
		before = *at;
	}
	return before != '-';
}

void
text_glob (struct buffer *into, const char *text)
{
	for (; *text; text++) {
		if (strchr ("*?[\\", *text))
			buffer_add_char (into, '\\');
		buffer_add_char (into, *text);
	}
}

bool
text_fits_star (const char *pattern, const char *text)
{
	const char *star = strchr (pattern, '*');
	size_t head = star ? (size_t) (star - pattern) : 0, tail = star ? strlen (star + 1) : 0, length = strlen (text);
	if (!star)
		return strcmp (pattern, text) == 0;
	return length >= head + tail && strncmp (pattern, text, head) == 0 && strcmp (star + 1, text + length - tail) == 0;
}

const char *
text_last (const char *path)
{
	const char *slash = strrchr (path, '/');
	return slash ? slash + 1 : path;
}

bool
text_from_percent (char *text)
{
	char *into = text;
	for (const char *at = text; *at; at++) {
		if (*at != '%') {
			*into++ = *at;
			continue;
		}
		int high = hex_value (at[1]), low = high < 0 ? -1 : hex_value (at[2]);
		if (low < 0 || high + low == 0)
			return false;
		*into++ = (char) (16 * high + low);
		at += 2;
	}
	*into = '\0';
	return true;
}
