/* sync-mode.c: one mode for all files and folders of a local destination, also for what was there before. What has another owner, or lies where modes
 * cannot be set, keeps its own where that suffices, which is told; where it does not, the run ends before anything is copied. */
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"

/* Before the copies: the first that cannot be set ends the run. */
struct giving { struct sync *sync; struct side *side; bool first; };

static int
set (const struct giving *giving, const char *path, int fd, struct larder_error *error)
{
	struct transfer *transfer = &giving->sync->transfer;
	int got = fd < 0 ? fd : file_set_mode (fd, transfer->mode);
	char reason[100];
	if (got < 0 && got != -ENOENT) {         /* who vanished meanwhile was never there */
		int code = larder_fail_errno (error, -got, "cannot set the mode of '%s' to %03o", path, (unsigned) transfer->mode);
		larder_explain (error, LARDER_DETAIL_NEXT, got == -EPERM ? "leave --mode out, or have its owner set it" : NULL);
		return code;
	}
	if (got == 1 && !giving->first) {
		snprintf (reason, sizeof reason, "it cannot be given the mode %03o, and has enough of it", (unsigned) transfer->mode);
		count_kept (transfer, path, reason);
	}
	return 0;
}

static int
give (const struct giving *giving, const char *key, struct larder_error *error)
{
	struct transfer *transfer = &giving->sync->transfer;
	CLEANUP_CLOSE int fd = file_open_beneath (giving->side->root, key, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct larder_error why = LARDER_ERROR_INIT;
	const char *path = target_join (transfer->arena, giving->side->name, key);
	int code = set (giving, path ? path : key, fd, giving->first ? error : &why);
	if (code < 0 && !giving->first)
		count_failed (transfer, path ? path : key, NULL, &why, code, false);
	return giving->first ? code : 0;
}

static int
walk (const struct giving *giving, struct larder_error *error)
{
	struct sync *sync = giving->sync;
	struct side *side = giving->side;
	int code = side_begin_local (side, &sync->transfer, sync->transfer.to, false, error);
	if (code < 0 || side->root < 0)
		return code;
	code = set (giving, side->name, side->root, error);
	while (code == 0 && !transfer_stopped (&sync->transfer) && (code = side_next (side, error)) == 1) {
		bool takes = side->at.kind != ENTRY_OTHER && (side->at.mode & 0777) != sync->transfer.mode && sync_takes (sync->request, side->at.key);
		code = takes ? give (giving, side->at.key, error) : 0;
	}
	return code < 0 ? code : 0;
}

int
sync_modes (struct sync *sync, bool first, struct larder_error *error)
{
	struct side *side = calloc (1, sizeof *side);
	if (!side)
		return larder_fail_memory (error);
	side->root = -1;
	int code = sync->transfer.request->flags & LARDER_DRY_RUN ? 0 : walk (&(struct giving) { sync, side, first }, error);
	side_end (side);
	free (side);
	return code;
}
