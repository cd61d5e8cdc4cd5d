/* ingest-files.c: the files that operands of `larder image ingest` name. */
#include "ingest.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "error.h"
#include "line.h"

static const char *const extensions[] = { "png", "webp", "jpg", "jpeg", "jpe", "gif", "avif", "heic", "tif", "tiff", "bmp", "jxl", "apng" };

static bool
looks_like_picture (const char *name)
{
	const char *dot = strrchr (name, '.');
	for (size_t i = 0; dot && i < sizeof extensions / sizeof *extensions; i++)
		if (strcasecmp (dot + 1, extensions[i]) == 0)
			return true;
	return false;
}

static int
add (struct intake *intake, const char *path, struct larder_error *error)
{
	if ((intake->count & (intake->count - 1)) == 0) {
		size_t room = intake->count ? 2 * intake->count : 1;
		char **files = realloc (intake->files, room * sizeof *files);
		if (!files)
			return larder_fail_memory (error);
		intake->files = files;
	}
	char *copy = strdup (path);
	if (!copy)
		return larder_fail_memory (error);
	intake->files[intake->count++] = copy;
	return 0;
}

static void
skip (struct intake *intake, const char *path, const char *reason)
{
	intake->cli->summary.scanned++;
	intake->cli->summary.skipped++;
	if (intake->cli->globals.json) {
		struct line line;
		json_line (intake->cli, &line, "picture");
		json_member (&line.json, "action", "skipped");
		json_member_bytes (&line.json, "file", path);
		json_member (&line.json, "reason", reason);
		json_line_end (intake->cli, &line);
	} else {
		say (intake->cli, "skipped %s: %s", path, reason);
	}
}

static int
by_name (const FTSENT **a, const FTSENT **b)
{
	return strcmp ((*a)->fts_name, (*b)->fts_name);
}

static int
add_entry (struct intake *intake, const FTSENT *entry, struct larder_error *error)
{
	switch (entry->fts_info) {
	case FTS_D:
	case FTS_DP:
		return 0;
	case FTS_F:
		if (looks_like_picture (entry->fts_name))
			return add (intake, entry->fts_path, error);
		skip (intake, entry->fts_path, "not a picture by its name");
		return 0;
	case FTS_SL:
	case FTS_SLNONE:
		skip (intake, entry->fts_path, "a link");
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS: {
		struct larder_error one = LARDER_ERROR_INIT;
		int code = larder_fail_errno (&one, entry->fts_errno, "cannot read '%s'", entry->fts_path);
		item_failed (intake->cli, entry->fts_path, &one, code, false);
		return 0;
	}
	default:
		skip (intake, entry->fts_path, "not a regular file");
		return 0;
	}
}

static int
add_folder (struct intake *intake, char *path, struct larder_error *error)
{
	char *roots[] = { path, NULL };
	FTS *walk = fts_open (roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, by_name);
	if (!walk)
		return larder_fail_errno (error, errno, "cannot read '%s'", path);
	int code = 0;
	for (FTSENT *entry; code == 0 && !cli_stopped (intake->cli) && (entry = fts_read (walk));)
		code = add_entry (intake, entry, error);
	fts_close (walk);
	return code;
}

int
intake_files (struct intake *intake, struct larder_error *error)
{
	struct cli *cli = intake->cli;
	int code = 0;
	for (int i = 0; code == 0 && i < cli->operands; i++) {
		struct stat facts;
		char *path = cli->operand[i];
		bool folder = strcmp (path, "-") != 0 && stat (path, &facts) == 0 && S_ISDIR (facts.st_mode);
		if (folder && !intake->flags->recursive) {
			code = larder_fail (error, LARDER_E_INVALID, "'%s' is a folder", path);
			larder_explain (error, LARDER_DETAIL_NEXT, "add --recursive to take in the pictures below it");
		} else {
			code = folder ? add_folder (intake, path, error) : add (intake, path, error);
		}
	}
	return code;
}
