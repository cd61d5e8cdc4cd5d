/* lines-file.c: lines in a file: a head, then a path, a tab and its value by the line. */
#include "lines-file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"

#define HEAD "larder-resource 1\n"
enum { FILE_MOST = 4 << 20 };

int
lines_file_path (const char *folder, const char *identity, char ret[512], struct larder_error *error)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t at = (size_t) snprintf (ret, 512, "%s/", folder), begun = at;
	for (; *identity && at < 500 && at - begun < 250; identity++) {
		unsigned char c = (unsigned char) *identity;
		if (c > ' ' && c < 127 && c != '/' && c != '%' && (c != '.' || at > begun))
			ret[at++] = (char) c;
		else {
			ret[at++] = '%';
			ret[at++] = hex[c >> 4];
			ret[at++] = hex[c & 15];
		}
	}
	ret[at] = '\0';
	return *identity || at == begun ? larder_fail (error, LARDER_E_INVALID, "'%.60s' is no name for a resource here", identity) : 0;
}

static int
damaged (const char *path, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "remove it, and apply again", "the file '%s' of a resource is damaged", path);
}

static int
add_lines (char *text, const char *path, struct lines *lines, struct larder_error *error)
{
	char *rest = text, *one;
	while ((one = strsep (&rest, "\n")) && rest) {
		char *tab = strchr (one, '\t');
		if (!tab)
			return damaged (path, error);
		*tab = '\0';
		lines_add (lines, one, tab + 1);
	}
	return *one ? damaged (path, error) : lines_sort (lines, error);
}

int
lines_file_read (int root, const char *path, struct lines *lines, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	int code = file_slurp_if_there (root, path, FILE_MOST, &text, &length, error);
	if (code <= 0)
		return code;
	if (strlen (text) != length || strncmp (text, HEAD, strlen (HEAD)) != 0)
		return damaged (path, error);
	code = add_lines (text + strlen (HEAD), path, lines, error);
	return code < 0 ? code : 1;
}

int
lines_file_write (int root, const char *path, const struct lines *lines, bool durable, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, FILE_MOST);
	buffer_add_text (&text, HEAD);
	for (size_t n = 0; n < lines->count; n++) {
		if (strpbrk (lines->at[n].path, "\t\n") || strchr (lines->at[n].value, '\n'))
			return larder_fail (error, LARDER_E_INVALID, "'%s' has a line end in it", lines->at[n].path);
		buffer_printf (&text, "%s\t%s\n", lines->at[n].path, lines->at[n].value);
	}
	if (text.failed)
		return larder_fail (error, LARDER_E_LIMIT, "the settings of '%s' are too long", path);
	int code = file_make_parents (root, path, 0755, durable, error);
	return code < 0 ? code : file_publish (root, path, text.at, text.length, 0644, FILE_REPLACE, durable, error);
}

int
lines_file_remove (int root, const char *path, struct larder_error *error)
{
	return unlinkat (root, path, 0) < 0 && errno != ENOENT && errno != ENOTDIR ? larder_fail_errno (error, errno, "cannot remove '%s'", path) : 0;
}

struct each { int root; const char *folder; struct larder_arena *arena; lines_file_fn each; void *context; };

static int
one_name (void *context, const char *name, struct larder_error *error)
{
	const struct each *all = context;
	struct lines lines;
	char path[600];
	if (*name == '.')
		return 0;                              /* being written */
	lines_begin (&lines, all->arena);
	snprintf (path, sizeof path, "%s/%s", all->folder, name);
	int code = lines_file_read (all->root, path, &lines, error);
	return code <= 0 ? code : all->each (all->context, name, &lines, error);
}

int
lines_file_each (int root, const char *folder, struct larder_arena *arena, lines_file_fn each, void *context, struct larder_error *error)
{
	struct each all = { root, folder, arena, each, context };
	return file_each_name (root, folder, one_name, &all, error);
}
