/* template.c: keys and metadata from templates, forwards and backwards. */
#include "template.h"

#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "error.h"
#include "text.h"

int
template_check_id (const char *name, const char *value, struct larder_error *error)
{
	char next[120];
	if (!value || !*value) {
		bool flag = strcmp (name, "user") == 0 || strcmp (name, "job") == 0;
		snprintf (next, sizeof next, flag ? "give one: --%.40s NAME" : "give one: --value %.40s=…", name);
		return larder_fail_next (error, LARDER_E_INVALID, next, "%s is empty", name);
	}
	snprintf (next, sizeof next, "give another %.40s: it becomes one part of a key, without '/' and control bytes", name);
	if (strcmp (value, ".") == 0 || strcmp (value, "..") == 0)
		return larder_fail_next (error, LARDER_E_INVALID, next, "%s is '%s', which is a step in a path", name, value);
	for (const unsigned char *at = (const unsigned char *) value; *at; at++)
		if (*at == '/' || *at < 0x20 || *at == 0x7f)
			return larder_fail_next (error, LARDER_E_INVALID, next, *at == '/' ? "%s '%s' holds a '/'" : "%s '%s' holds a control byte", name, value);
	if (text_is_utf8 (value, strlen (value)))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "convert it to UTF-8, or give another", "%s is not UTF-8", name);
}

/* Value of {name}, or NULL. `room` is for numbers. */
static const char *
value_of (const struct template_values *values, const char *name, size_t length, char room[16])
{
	int year, month, day;
	text_year_month (values->time, &year, &month, &day);
#define IS(word) (length == sizeof word - 1 && memcmp (name, word, length) == 0)
	if (IS ("user"))
		return values->user;
	if (IS ("job"))
		return values->job;
	if (IS ("ext"))
		return values->ext;
	if (IS ("now"))
		return values->now;
	if (IS ("hash8") && values->digest) {
		snprintf (room, 16, "%.8s", values->digest);
		return room;
	}
	if (IS ("year") || IS ("month") || IS ("day")) {
		snprintf (room, 16, IS ("year") ? "%04d" : "%02d", IS ("year") ? year : IS ("month") ? month : day);
		return room;
	}
	for (size_t i = 0; i < values->more.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&values->more, i);
		if (strlen (pair->name) == length && memcmp (pair->name, name, length) == 0)
			return pair->value;
	}
	return NULL;
}

int
template_fill (struct larder_arena *arena, const char *template, const struct template_values *values, const char **ret, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 64 << 10);
	for (const char *at = template; *at; at++) {
		const char *close = *at == '{' ? strchr (at, '}') : NULL;
		if (!close) {
			buffer_add_char (&text, *at);
			continue;
		}
		char room[16];
		int length = (int) (close - at - 1);
		const char *value = value_of (values, at + 1, (size_t) length, room);
		if (!value) {
			int code = larder_fail (error, LARDER_E_INVALID, "template '%s' wants {%.*s}, which is not given", template, length, at + 1);
			char next[200];
			bool flag = strncmp (at, "{user}", 6) == 0 || strncmp (at, "{job}", 5) == 0;
			snprintf (next, sizeof next, flag ? "give --%.*s" : "give it: --value %.*s=…", length > 100 ? 100 : length, at + 1);
			larder_explain (error, LARDER_DETAIL_NEXT, next);
			return code;
		}
		buffer_add_text (&text, value);
		at = close;
	}
	const char *copy = text.failed ? NULL : arena_copy_bytes (arena, buffer_text (&text), text.length);
	if (!copy)
		return larder_fail_memory (error);
	*ret = copy;
	return 0;
}

/* ---- backwards --------------------------------------------------------------------------------- */

enum { CAPTURES_MOST = 16 };

struct capture { const char *name; size_t name_length; const char *at; size_t length; };
struct match { struct capture captures[CAPTURES_MOST]; size_t count; };

static const struct capture *
captured (const struct match *match, const char *name, size_t length)
{
	for (size_t i = 0; i < match->count; i++)
		if (match->captures[i].name_length == length && memcmp (match->captures[i].name, name, length) == 0)
			return &match->captures[i];
	return NULL;
}

static bool
is_name (const char *name, size_t length, const char *word)
{
	return strlen (word) == length && memcmp (name, word, length) == 0;
}

/* What a placeholder can have been filled with: numbers of the date and hashes have their digits, {ext} no dot, so that "a.b.png" has
 * job a.b, and no id is "." or "..". */
static bool
can_be (const char *name, size_t name_length, const char *value, size_t length)
{
	size_t digits = is_name (name, name_length, "year") ? 4 : is_name (name, name_length, "month") || is_name (name, name_length, "day") ? 2 : 0;
	if (digits)
		return length == digits && strspn (value, "0123456789") >= digits;
	if (is_name (name, name_length, "hash8"))
		return length == 8 && strspn (value, "0123456789abcdef") >= length;
	if (is_name (name, name_length, "ext"))
		return !memchr (value, '.', length);
	return !is_name (value, length, ".") && !is_name (value, length, "..");
}

/* A value is one component and never empty. Longest first. */
static bool
match_from (const char *template, const char *key, struct match *match)
{
	for (; *template && *template != '{'; template++, key++)
		if (*template != *key)
			return false;
	if (!*template)
		return !*key;
	const char *close = strchr (template, '}');
	size_t name_length = close ? (size_t) (close - template - 1) : 0, most = strcspn (key, "/");
	const struct capture *before = captured (match, template + 1, name_length);
	if (!close || match->count == CAPTURES_MOST)
		return false;
	for (size_t length = most; length > 0; length--) {
		if (!can_be (template + 1, name_length, key, length) || (before && (before->length != length || memcmp (before->at, key, length) != 0)))
			continue;
		size_t count = match->count;
		match->captures[match->count++] = (struct capture) { template + 1, name_length, key, length };
		if (match_from (close + 1, key + length, match))
			return true;
		match->count = count;
	}
	return false;
}

int
template_translate (struct larder_arena *arena, const char *template, const char *to, const char *key, const char **ret, struct larder_error *error)
{
	struct match match = { .count = 0 };
	if (!match_from (template, key, &match))
		return larder_fail (error, LARDER_E_INVALID, "key '%s' was not made by the template '%s'", key, template);
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 4096);
	for (const char *at = to; *at; at++) {
		const char *close = *at == '{' ? strchr (at, '}') : NULL;
		const struct capture *capture = close ? captured (&match, at + 1, (size_t) (close - at - 1)) : NULL;
		if (close && !capture)
			return larder_fail (error, LARDER_E_INVALID, "template '%s' wants {%.*s}, which '%s' does not hold", to, (int) (close - at - 1), at + 1, template);
		if (capture)
			buffer_add (&text, capture->at, capture->length);
		else
			buffer_add_char (&text, *at);
		at = close ? close : at;
	}
	*ret = text.failed ? NULL : arena_copy_bytes (arena, buffer_text (&text), text.length);
	return *ret ? 0 : larder_fail_memory (error);
}
