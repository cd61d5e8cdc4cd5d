/* pending-give-up.c: what hangs on a journal: the open upload, or the private file, and an upload whose id never came. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "pending.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "journal.h"
#include "store.h"
#include <larder/driver.h>

/* ---- known by its id ---------------------------------------------------------------------------- */

static void
remove_private (const struct found *found)
{
	const char *slash = strrchr (found->path, '/');
	const char *folder = arena_copy_bytes (found->arena, found->path, slash && slash > found->path ? (size_t) (slash - found->path) : 1);
	CLEANUP_CLOSE int root = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0 && slash)
		file_draft_discard (root, slash + 1, found->id);
}

/* ---- asked for, never answered ------------------------------------------------------------------- */

/* S3 tells of an open upload its key and when it began, and nothing that we could have said of it. So it is taken for ours when it is of
 * this very key, began when we asked (clocks may differ by a minute; a request, with its further tries, takes a quarter of an hour at most),
 * has no part, for whoever does not know its id sends none, and is in no journal. Another writer's would lose no byte: it has had an hour to
 * send its first. */
#define BEFORE (60 * NS_PER_S)
#define AFTER (15 * 60 * NS_PER_S)
#define LEAST_AGE (3600 * NS_PER_S)

struct looking {
	const struct found *found;
	struct larder_store *store;
	bool dry;
	bool doubtful;                  /* one without a part is open that began at another time */
};

/* Is it in another journal of this folder? */
static bool
is_known (const struct found *found, const char *id)
{
	int fd = openat (found->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir (fd);
	bool known = false;
	if (!entries) {
		cleanup_close_at (&fd);
		return true;
	}
	for (const struct dirent *entry; !known && (entry = readdir (entries));) {
		const char *problem;
		json_t *head = entry->d_name[0] == '.' ? NULL : journal_look (found->folder, entry->d_name, &problem);
		const char *other = json_string_value (json_object_get (head, "id"));
		known = other && strcmp (other, id) == 0;
		json_decref (head);
	}
	closedir (entries);
	return known;
}

static int
on_part (void *context, const struct larder_part *part, struct larder_error *error)
{
	(void) part;
	(void) error;
	*(bool *) context = true;
	return 0;
}

static int
on_upload (void *context, const struct larder_upload *upload, struct larder_error *error)
{
	struct looking *looking = context;
	const struct found *found = looking->found;
	bool parts = false;
	int code = store_parts_list (looking->store, upload, on_part, &parts, error);
	if (code == LARDER_E_NOTFOUND || (code == 0 && (parts || is_known (found, upload->id))))
		return 0;
	if (code < 0)
		return code;
	if (upload->started < found->begun - BEFORE || upload->started > found->begun + AFTER) {
		looking->doubtful = true;
		return 0;
	}
	return looking->dry ? 0 : store_parts_abort (looking->store, upload, error);
}

static int
look_for_lost (const struct found *found, struct larder_store *store, const char *key, bool dry, const char **ret_reason, struct larder_error *error)
{
	struct looking looking = { .found = found, .store = store, .dry = dry };
	if (clock_wall () - found->begun < LEAST_AGE) {
		*ret_reason = "an upload may be open whose id never came; it is looked for an hour after it began";
		return 1;
	}
	int code = store_uploads (store, key, on_upload, &looking, error);
	*ret_reason = "an upload without a part is open that began at another time: if it is nobody's, abort it by its id";
	return code == 0 && looking.doubtful ? 1 : code;
}

/* ---- either ------------------------------------------------------------------------------------- */

int
found_give_up (const struct found *found, bool dry, const char **ret_reason, struct larder_error *error)
{
	struct larder_address object = { .size = sizeof object };
	struct larder_store *store = NULL;
	if (strcmp (found->kind, "download") == 0) {
		if (!dry)
			remove_private (found);
		return 0;
	}
	int code = larder_address_parse (found->larder, found->arena, found->object, &object, error);
	if (code == 0)
		code = larder_store_open (found->larder, object.store, &store, error);
	if (code < 0)
		return code;
	const struct larder_upload upload = { .size = sizeof upload, .bucket = store_bucket (store), .key = object.path, .id = found->id };
	if (!found->id)
		code = look_for_lost (found, store, object.path, dry, ret_reason, error);
	else if (!dry)
		code = store_parts_abort (store, &upload, error);
	larder_store_close (store);
	return code;
}
