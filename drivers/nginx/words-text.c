/* words-text.c: values as nginx takes them. */
#include "site-text.h"
#include "words-text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "lines.h"
#include "text.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool
ng_members (struct larder_arena *arena, const struct lines *lines, const char *path, const char *set, struct ng_names *ret)
{
	size_t room = 0, length = strlen (path) + strlen (set);
	const char *begin = arena_printf (arena, "%s%s[", path, set);
	*ret = (struct ng_names) { NULL, 0 };
	for (size_t n = 0; begin && n < lines->count; n++) {
		const char *at = lines->at[n].path, *end = strncmp (at, begin, length + 1) == 0 ? strchr (at + length, ']') : NULL;
		const struct ng_name *last = ret->count ? &ret->at[ret->count - 1] : NULL;
		if (!end || (last && strncmp (last->path, at, (size_t) (end - at) + 1) == 0))
			continue;
		struct ng_name *all = arena_more (arena, ret->at, ret->count, &room, sizeof *all);
		if (!all)
			return false;
		ret->at = all;
		all[ret->count] = (struct ng_name) { path_member (arena, at + length), arena_copy_bytes (arena, at, (size_t) (end - at) + 1) };
		if (!all[ret->count].name || !all[ret->count].path)
			return false;
		ret->count++;
	}
	return begin;
}

void
ng_put_pattern (struct buffer *into, const char *text, bool question)
{
	for (; *text; text++)
		if (*text == '*')
			buffer_add_text (into, ".*");
		else if (*text == '?' && question)
			buffer_add_char (into, '.');
		else if (strchr (DIGITS LETTERS "/", *text))
			buffer_add_char (into, *text);
		else
			buffer_printf (into, "\\x%02x", (unsigned) (unsigned char) *text);
}

bool
ng_is_token (const char *text)
{
	return strcmp (text, "*") == 0 || (*text && strspn (text, DIGITS LETTERS "-_") == strlen (text));
}

bool
ng_is_number (const char *text)
{
	return *text && strlen (text) < 12 && strspn (text, DIGITS) == strlen (text);
}

bool
ng_is_quotable (const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char) *text < 0x20 || *text == 0x7f || strchr ("\"\\$", *text))
			return false;
	return text;
}

bool
ng_has_port (const char *address)
{
	const char *bracket = strrchr (address, ']'), *colon = strrchr (address, ':');
	return colon && (!bracket || colon > bracket);
}

/* ---- addresses ---- */

bool
ng_is_address (const char *text)
{
	const char *colon = ng_has_port (text) ? strrchr (text, ':') : NULL;
	size_t host = colon ? (size_t) (colon - text) : strlen (text);
	bool six = *text == '[' && host > 2 && text[host - 1] == ']' && strspn (text + 1, DIGITS "abcdefABCDEF:.") == host - 2;
	bool plain = host > 0 && strspn (text, DIGITS LETTERS "-.") == host;
	return (six || plain) && (!colon || (ng_is_number (colon + 1) && strlen (colon + 1) <= 5));
}

void
ng_host_of (const char *address, char *ret, size_t room)
{
	size_t skip = *address == '[', length = strcspn (address + skip, skip ? "]" : ":");
	length = length < room ? length : room - 1;
	memcpy (ret, address + skip, length);
	ret[length] = '\0';
}

const char *
ng_origin_url (const struct lines *lines)
{
	for (size_t n = 0; n < lines->count; n++)
		if (path_matches ("origin[*].url", lines->at[n].path))
			return lines->at[n].value;
	return NULL;
}

bool
ng_origin_of (struct larder_arena *arena, const char *url, struct ng_origin *ret)
{
	*ret = (struct ng_origin) { .path = "", .tls = strncmp (url, "https://", 8) == 0, .folder = strncmp (url, "file://", 7) == 0 };
	if (ret->folder) {
		char *folder = arena_copy (arena, url + 7);
		ret->base = folder;
		return folder && text_from_percent (folder) && *folder == '/' && ng_is_quotable (folder);
	}
	const char *host = ret->tls ? url + 8 : strncmp (url, "http://", 7) == 0 ? url + 7 : "";
	const char *path = host + strcspn (host, "/"), *address = arena_copy_bytes (arena, host, (size_t) (path - host));
	ret->base = arena_copy_bytes (arena, url, (size_t) (path - url));
	ret->path = path;
	return address && ret->base && ng_is_address (address) && strspn (path, DIGITS LETTERS "-._/") == strlen (path);
}
