/* settle.c: what a transfer left whose process died between its last step and the end of its journal. A copy takes that up; a sync finds
 * the target the same, and nothing to copy. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "parts.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "journal.h"
#include "store.h"
#include <larder/driver.h>

bool
settle_has (const struct transfer *transfer)
{
	int fd = journal_folder (transfer->state);
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (!folder) {
		cleanup_close_at (&fd);
		return false;
	}
	bool found = false;
	for (const struct dirent *entry; !found && (entry = readdir (folder));)
		found = entry->d_name[0] != '.';
	closedir (folder);
	return found;
}

/* The upload, where the store still has it, or the private file. False: the store did not give it up. */
static bool
clear (const struct item *item, const char *id)
{
	struct transfer *transfer = item->transfer;
	const struct larder_upload upload = { .size = sizeof upload, .bucket = transfer->store ? store_bucket (transfer->store) : NULL, .key = item->path, .id = id };
	if (transfer->store)
		return store_parts_abort (transfer->store, &upload, NULL) == 0;
	if (target_root (transfer, NULL) == 0)
		file_draft_discard (transfer->root, item->path, id);
	return true;
}

static int
what_of (struct item *item, struct journal_what *ret)
{
	struct transfer *transfer = item->transfer;
	if (transfer->store && item->store)
		return journal_what_copy (transfer, item, ret);
	return transfer->store ? journal_what_of (transfer, "upload", item, item->path, item->from, ret)
		: journal_what_of (transfer, "download", item, item->info.key, item->to, ret);
}

void
settle (struct item *item)
{
	struct transfer *transfer = item->transfer;
	struct journal journal = JOURNAL_NONE;
	struct journal_what what;
	if (transfer->unfinished && (transfer->store || item->store) && what_of (item, &what) == 0) {
		journal_open (&journal, transfer->state, &what);
		if (!journal.id || clear (item, journal.id))
			journal_remove (&journal);
		else
			journal_close (&journal);
	}
	count_unchanged (transfer);
}
