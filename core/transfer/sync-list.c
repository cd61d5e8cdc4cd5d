/* sync-list.c: keys in a file, one a line, percent-encoded: those that failed, and those that a run is for. A line that ends in
 * '/' stands for all below it; one that begins with '#' is for people, but for the one that says that the list is not all. */
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

enum { SORT_MEMORY = 1 << 20, LINE_MOST = 3 * SIDE_KEY_ROOM };

static const char ended[] = "# ended before its time: what was not tried is not in this list\n";

/* ---- those that failed ------------------------------------------------------------------------- */

int
sync_list_begin (struct sync *sync, struct larder_error *error)
{
	const char *path = sync->request->failed_to;
	if (!path || (sync->transfer.request->flags & LARDER_DRY_RUN))
		return 0;
	return target_draft (&sync->failed, path, false, error);
}

/* How much of it stands before the key, or 0. */
static size_t
begins_with (const char *address, const struct side *side)
{
	size_t length = side->name ? strlen (side->name) : 0;
	if (length == 0 || strncmp (address, side->name, length) != 0)
		return 0;
	return side->store || side->name[length - 1] == '/' ? length : address[length] == '/' ? length + 1 : 0;
}

void
sync_list_add (struct sync *sync, const char *address)
{
	CLEANUP_BUFFER struct buffer line;
	size_t from = begins_with (address, &sync->from), to = begins_with (address, &sync->to);
	buffer_init (&line, LINE_MOST);
	if (sync->failed.fd < 0)
		return;
	text_percent (&line, address + (from > to ? from : to));      /* one may lie below the other's name, by way of '..' */
	buffer_add_char (&line, '\n');
	int code = line.failed ? LARDER_E_LIMIT : file_draft_write (&sync->failed, line.at, line.length, NULL);
	if (sync->failed_code == 0)
		sync->failed_code = code;
}

int
sync_list_end (struct sync *sync, int code, struct larder_error *error)
{
	bool whole = code == 0 && !transfer_stopped (&sync->transfer);
	/* What --from names is then still what is to be done. */
	if (sync->failed.fd < 0 || (!whole && sync->request->only)) {
		file_draft_abort (&sync->failed);
		return code;
	}
	int failed = sync->failed_code;
	if (failed == 0 && !whole)
		failed = file_draft_write (&sync->failed, ended, sizeof ended - 1, NULL);
	if (failed == 0)
		failed = file_draft_publish (&sync->failed, FILE_REPLACE, whole ? error : NULL);
	else if (whole)
		larder_fail_next (error, failed, "free space or name another file; every failure was told, too", "cannot write '%s'", sync->request->failed_to);
	file_draft_abort (&sync->failed);
	return whole ? failed : code;
}

/* ---- those that a run is for ------------------------------------------------------------------- */

static int
take_line (struct sort *sort, char *line, const char *path, unsigned number, struct larder_error *error)
{
	line[strcspn (line, "\n")] = '\0';
	if (strncmp (line, ended, 7) == 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "run all of it again", "the run that wrote '%s' ended before its time: what it did not try is not in it", path);
	if (*line == '\0' || *line == '#')
		return 0;
	if (!text_from_percent (line))
		return larder_fail_next (error, LARDER_E_INVALID, "a key below the two trees, where %25 stands for '%'", "%s:%u: '%s' is not percent-encoded", path, number, line);
	return sort_add (sort, line, NULL, 0, error);
}

static int
read_list (struct sort *sort, const char *path, struct larder_error *error)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	ssize_t got;
	int code = 0;
	FILE *file = fopen (path, "re");
	if (!file)
		return larder_fail_errno (error, errno, "cannot read '%s'", path);
	for (unsigned number = 1; code == 0 && (got = getline (&line, &room, file)) > 0; number++)
		code = take_line (sort, line, path, number, error);
	if (code == 0 && ferror (file))
		code = larder_fail_errno (error, errno, "cannot read '%s'", path);
	(void) fclose (file);
	return code;
}

/* On to the next line; after the last there is none. */
static int
advance (struct side *side, struct larder_error *error)
{
	const void *with;
	size_t count;
	int code = sort_next (side->only, &side->pick, &with, &count, error);
	if (code == 0)
		side->pick = NULL;
	return code < 0 ? code : 0;
}

static int
begin_side (struct side *side, const char *path, struct larder_error *error)
{
	side->only = sort_new (SORT_MEMORY);
	if (!side->only)
		return larder_fail_memory (error);
	int code = read_list (side->only, path, error);
	return code == 0 ? advance (side, error) : code;
}

int
sync_list_read (struct sync *sync, struct larder_error *error)
{
	const char *path = sync->request->only;
	int code = path ? begin_side (&sync->from, path, error) : 0;
	return code == 0 && path ? begin_side (&sync->to, path, error) : code;
}

static bool
stands_for (const char *pick, const char *key)
{
	size_t length = strlen (pick);
	return strncmp (pick, key, length) == 0 && (key[length] == '\0' || pick[length - 1] == '/');
}

int
sync_list_takes (struct side *side, struct larder_error *error)
{
	int code = 0;
	if (!side->only)
		return 1;
	while (code == 0 && side->pick && !stands_for (side->pick, side->at.key) && strcmp (side->pick, side->at.key) < 0)
		code = advance (side, error);
	return code < 0 ? code : side->pick && stands_for (side->pick, side->at.key);
}
