/* key-path.c: object keys as file names and back.
 *
 * The rule, component by component of the key (components are what '/' separates; the last one is the
 * file, the others are folders):
 *
 * - Control bytes, DEL, '%', and a '.' at the start of a name become %XX (capitals). An empty name is "%e".
 *   All other bytes stay, UTF-8 too.
 * - A file is written plainly if the name has a '.', else with a '%' behind it; a folder plainly if it has
 *   none, else with a '%' behind it. So "a" lies beside "a/b", and "v1.2" beside "v1.2/x".
 * - As soon as a name has CHUNK bytes it is cut: it becomes a folder "NAME%+", and the rest of the component
 *   goes into it as a name of its own (which may be empty).
 *
 * No other name starts with '.', so private files are free to. A '%' is always followed by two hex digits,
 * 'e', '+' or the end: the parts cannot be confused, and the rule can be undone. A cut depends only on
 * the bytes before it, so no name is the start of a chunk's name: keys in a chunk folder are neighbours in
 * byte order, and a walk in order of the decoded names ('/' behind folders) meets all keys in byte order.
 * No name is longer than CHUNK + 4 bytes; no path longer than three times the key and a few bytes. */
#include "key-path.h"

#include <stdbool.h>
#include <string.h>

#define CHUNK 198

struct path {
	char *at;
	size_t length;
	size_t name;            /* where the current name starts */
};

static bool
is_escaped (unsigned char c, bool first)
{
	return c < 0x20 || c == 0x7f || c == '%' || (c == '.' && first);
}

static void
put (struct path *path, const char *text)
{
	size_t count = strlen (text);
	memcpy (path->at + path->length, text, count);
	path->length += count;
}

static void
put_byte (struct path *path, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	if (is_escaped (c, path->length == path->name)) {
		path->at[path->length++] = '%';
		path->at[path->length++] = digits[c >> 4];
		path->at[path->length++] = digits[c & 15];
	} else
		path->at[path->length++] = (char) c;
}

static void
put_component (struct path *path, const char *text, size_t count, bool folder)
{
	path->name = path->length;
	for (size_t i = 0; i < count; i++) {
		put_byte (path, (unsigned char) text[i]);
		if (path->length - path->name >= CHUNK) {
			put (path, "%+/");
			path->name = path->length;
		}
	}
	if (path->length == path->name)
		put (path, "%e");
	bool dot = memchr (path->at + path->name, '.', path->length - path->name) != NULL;
	if (dot == folder)
		put (path, "%");
	if (folder)
		put (path, "/");
}

/* The folders of text, and how many of its bytes they took. */
static size_t
put_folders (struct path *path, const char *text)
{
	const char *from = text;
	for (const char *slash; (slash = strchr (from, '/')); from = slash + 1)
		put_component (path, from, (size_t) (slash - from), true);
	return (size_t) (from - text);
}

int
key_path_encode (const char *key, char ret[KEY_PATH_ROOM])
{
	size_t length = strnlen (key, KEY_MOST + 1);
	if (length == 0 || length > KEY_MOST)
		return -1;
	struct path path = { .at = ret };
	size_t folders = put_folders (&path, key);
	put_component (&path, key + folders, length - folders, false);
	ret[path.length] = '\0';
	return 0;
}

int
key_path_folders (const char *prefix, char ret[KEY_PATH_ROOM])
{
	if (strnlen (prefix, KEY_MOST + 1) > KEY_MOST)
		return -1;
	struct path path = { .at = ret };
	size_t taken = put_folders (&path, prefix);
	ret[path.length] = '\0';
	return (int) taken;
}

static int
digit (char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undo the escapes of `count` bytes; *ret_last is where the last byte's form began. -1 if put_byte never writes that. */
static int
unescape (const char *name, size_t count, char *ret, size_t *ret_length, size_t *ret_last)
{
	size_t length = 0;
	*ret_last = 0;
	for (size_t i = 0; i < count; i++) {
		unsigned char c = (unsigned char) name[i];
		*ret_last = i;
		if (c == '%') {
			int high = i + 2 < count ? digit (name[i + 1]) : -1, low = i + 2 < count ? digit (name[i + 2]) : -1;
			c = (unsigned char) (high * 16 + low);
			if (high < 0 || low < 0 || c == 0 || !is_escaped (c, i == 0))
				return -1;
			i += 2;
		} else if (c == '/' || is_escaped (c, i == 0))
			return -1;
		ret[length++] = (char) c;
	}
	*ret_length = length;
	return 0;
}

static enum key_name
decode_chunk (const char *name, size_t count, char *ret, size_t *ret_length)
{
	size_t last;
	if (count < CHUNK || unescape (name, count, ret, ret_length, &last) < 0 || last >= CHUNK)
		return KEY_NAME_FOREIGN;
	return KEY_NAME_CHUNK;
}

enum key_name
key_name_decode (const char *name, char ret[KEY_FRAGMENT_ROOM], size_t *ret_length)
{
	size_t count = strnlen (name, CHUNK + 5), last;
	if (count == 0 || count > CHUNK + 4)
		return KEY_NAME_FOREIGN;
	if (count > 2 && memcmp (name + count - 2, "%+", 2) == 0)
		return decode_chunk (name, count - 2, ret, ret_length);
	bool mark = name[count - 1] == '%';
	count -= mark;
	bool folder = (memchr (name, '.', count) != NULL) == mark;
	if (count == 2 && memcmp (name, "%e", 2) == 0)
		*ret_length = 0;
	else if (count == 0 || count >= CHUNK || unescape (name, count, ret, ret_length, &last) < 0)
		return KEY_NAME_FOREIGN;
	if (folder)
		ret[(*ret_length)++] = '/';
	return folder ? KEY_NAME_FOLDER : KEY_NAME_FILE;
}

int
key_path_decode (const char *path, char ret[KEY_MOST + 1])
{
	size_t length = 0;
	for (;;) {
		char name[256], fragment[KEY_FRAGMENT_ROOM];
		const char *slash = strchr (path, '/');
		size_t count = slash ? (size_t) (slash - path) : strlen (path), got;
		if (count >= sizeof name)
			return -1;
		memcpy (name, path, count);
		name[count] = '\0';
		enum key_name kind = key_name_decode (name, fragment, &got);
		if (kind == KEY_NAME_FOREIGN || (kind == KEY_NAME_FILE) != (slash == NULL) || length + got > KEY_MOST)
			return -1;
		memcpy (ret + length, fragment, got);
		length += got;
		if (!slash)
			break;
		path = slash + 1;
	}
	ret[length] = '\0';
	return length > 0 ? 0 : -1;
}
