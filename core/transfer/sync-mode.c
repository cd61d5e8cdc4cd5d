/* sync-mode.c: one mode for all files and folders of a local destination, also for what was there before. */
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"

static void
give (struct sync *sync, struct side *side, const char *key)
{
	struct transfer *transfer = &sync->transfer;
	CLEANUP_CLOSE int fd = file_open_beneath (side->root, key, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	int errnum = fd < 0 ? -fd : fchmod (fd, sync->request->mode) < 0 ? errno : 0;
	if (errnum == 0)
		return;
	struct larder_error error = LARDER_ERROR_INIT;
	const char *path = target_join (transfer->arena, side->name, key);
	int code = larder_fail_errno (&error, errnum, "cannot set the mode of '%s'", path ? path : key);
	count_failed (transfer, path ? path : key, NULL, &error, code, false);
}

static int
walk (struct sync *sync, struct side *side, struct larder_error *error)
{
	int code = side_begin_local (side, &sync->transfer, sync->transfer.to, false, error);
	if (code < 0 || side->root < 0)
		return code;
	if (fchmod (side->root, sync->request->mode) < 0)
		return larder_fail_errno (error, errno, "cannot set the mode of '%s'", side->name);
	while (!transfer_stopped (&sync->transfer) && (code = side_next (side, error)) == 1)
		if (side->at.kind != ENTRY_OTHER && (side->at.mode & 0777) != sync->request->mode && sync_takes (sync->request, side->at.key))
			give (sync, side, side->at.key);
	return code < 0 ? code : 0;
}

int
sync_modes (struct sync *sync, struct larder_error *error)
{
	struct side *side = calloc (1, sizeof *side);
	if (!side)
		return larder_fail_memory (error);
	side->root = -1;
	int code = sync->transfer.request->flags & LARDER_DRY_RUN ? 0 : walk (sync, side, error);
	side_end (side);
	free (side);
	return code;
}
