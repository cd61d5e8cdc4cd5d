/* pending.c: transfers that broke off, by their journals: told, gone on with, given up. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "transfer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "journal.h"
#include "store.h"
#include "text.h"
#include <larder/driver.h>

/* One journal under look, locked unless its transfer runs. */
struct found {
	struct larder *larder;
	struct larder_arena *arena;
	int folder, fd;
	const char *name;
	bool running;
	json_t *head;
	const char *kind, *object, *path;   /* "upload", STORE:KEY, file */
	int64_t begun;
	const char *problem;                /* why it can be neither gone on with nor given up here */
};

typedef int (*found_fn) (void *context, struct found *found, struct larder_error *error);

static const char *
member (const struct found *found, const char *name)
{
	return arena_copy (found->arena, json_string_value (json_object_get (found->head, name)));
}

/* The same store may be another place under another profile. */
static const char *
find_problem (struct found *found, struct larder_address *object, struct larder_store **ret_store)
{
	const char *address = member (found, "address"), *here = NULL;
	if (larder_address_parse (found->larder, found->arena, found->object, object, NULL) < 0 || !object->store)
		return strstr (found->object, "://") ? "give the --backend that it was begun with" : "this pipeline has no such store";
	if (larder_store_open (found->larder, object->store, ret_store, NULL) < 0)
		return "its store cannot be opened";
	if (store_url (*ret_store, found->arena, object->path, &here, NULL) == 0 && address && strcmp (here, address) != 0)
		return "it belongs to another profile";
	return NULL;
}

static void
read_found (struct found *found)
{
	struct larder_address object = { .size = sizeof object };
	struct larder_store *store = NULL;
	const char *begun = member (found, "begun");
	char *path = arena_copy (found->arena, json_string_value (json_object_get (found->head, "path")));
	found->kind = member (found, "kind");
	found->object = member (found, found->kind && strcmp (found->kind, "upload") == 0 ? "to" : "from");
	found->path = path && text_from_percent (path) ? path : NULL;
	if (!begun || text_time (begun, &found->begun) < 0)
		found->begun = 0;
	found->problem = !found->object || !found->path ? "its journal is of no use" : find_problem (found, &object, &store);
	larder_store_close (store);
}

/* Without one whole line. Any other that cannot be read may be of a version to come, or damaged: what hangs on it is not known, so it stays. */
static bool
is_torn (int fd)
{
	char piece[4096];
	int64_t got = file_pread_all (fd, piece, sizeof piece, 0);
	return got == 0 || (got > 0 && got < (int64_t) sizeof piece && piece[0] == '{' && !memchr (piece, '\n', (size_t) got));
}

static int
each_name (struct found *found, found_fn each, void *context, struct larder_error *error)
{
	found->fd = openat (found->folder, found->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (found->fd < 0)
		return 0;                    /* ended meanwhile */
	found->running = flock (found->fd, LOCK_EX | LOCK_NB) < 0;
	found->head = journal_head (found->folder, found->name);
	int code = 0;
	if (found->head) {
		read_found (found);
		code = each (context, found, error);
	} else if (!found->running && is_torn (found->fd)) {
		(void) unlinkat (found->folder, found->name, 0);     /* before its first piece: nothing hangs on it */
	}
	json_decref (found->head);
	if (found->fd >= 0)
		close (found->fd);
	return code;
}

static int
each_found (struct larder *larder, found_fn each, void *context, struct larder_error *error)
{
	int folder = journal_folder (larder_state (larder));
	DIR *entries = folder < 0 ? NULL : fdopendir (folder);
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	int code = arena ? 0 : larder_fail_memory (error);
	for (const struct dirent *entry; code == 0 && entries && (entry = readdir (entries));) {
		size_t length = strlen (entry->d_name);
		struct found found = { .larder = larder, .arena = arena, .folder = dirfd (entries), .fd = -1, .name = entry->d_name };
		if (length > 8 && strcmp (entry->d_name + length - 8, ".journal") == 0)
			code = each_name (&found, each, context, error);
		arena_clear (arena);
	}
	if (entries)
		closedir (entries);
	else if (folder >= 0)
		close (folder);
	return code;
}

/* ---- told -------------------------------------------------------------------------------------- */

struct telling { larder_pending_fn pending; void *context; };

static int
tell_one (void *context, struct found *found, struct larder_error *error)
{
	const struct telling *telling = context;
	(void) error;
	bool upload = strcmp (found->kind, "upload") == 0;
	const struct larder_pending pending = {
		.size = sizeof pending, .kind = found->kind, .from = upload ? found->path : found->object, .to = upload ? found->object : found->path,
		.begun = found->begun, .running = found->running, .problem = found->problem,
	};
	return telling->pending (telling->context, &pending);
}

int
larder_transfers_each (struct larder *larder, larder_pending_fn pending, void *context, struct larder_error *error)
{
	struct telling telling = { pending, context };
	return each_found (larder, tell_one, &telling, error);
}

/* ---- gone on with, given up -------------------------------------------------------------------- */

struct acting {
	struct transfer transfer;
	int64_t older_than;
	struct larder_error *error;
};

static bool
is_passed_over (struct acting *acting, const struct found *found)
{
	const char *reason = found->running ? "it is running" : found->problem;
	if (!reason && clock_wall () - found->begun < acting->older_than)
		reason = "it is younger";
	if (reason)
		count_skipped (&acting->transfer, found->object ? found->object : found->name, reason);
	return reason;
}

static void
add_summary (struct larder_summary *to, const struct larder_summary *one)
{
	to->scanned += one->scanned;
	to->done += one->done;
	to->skipped += one->skipped;
	to->again += one->again;
	to->refused += one->refused;
	to->failed += one->failed;
	to->bytes += one->bytes;
	to->code = to->code ? to->code : one->code;
}

static struct larder_pairs
metadata_of (const struct found *found)
{
	const json_t *texts = json_object_get (found->head, "metadata");
	size_t count = json_array_size (texts) / 2;
	struct larder_pair *pairs = arena_alloc (found->arena, (count + 1) * sizeof *pairs);
	for (size_t i = 0; pairs && i < count; i++)
		pairs[i] = (struct larder_pair) { arena_copy (found->arena, json_string_value (json_array_get (texts, 2 * i))),
		                                  arena_copy (found->arena, json_string_value (json_array_get (texts, 2 * i + 1))) };
	return (struct larder_pairs) { pairs, pairs ? count : 0, sizeof *pairs };
}

static int
resume_one (void *context, struct found *found, struct larder_error *error)
{
	struct acting *acting = context;
	struct larder_summary sum = { .size = sizeof sum };
	if (transfer_stopped (&acting->transfer))
		return larder_fail_cancelled (error);
	if (is_passed_over (acting, found))
		return 0;
	if (json_is_true (json_object_get (found->head, "planned"))) {
		count_skipped (&acting->transfer, found->object, "it is of a plan: 'larder apply' goes on with it");
		return 0;
	}
	bool upload = strcmp (found->kind, "upload") == 0;
	const char *from = upload ? found->path : found->object;
	struct larder_transfer request = {
		.size = sizeof request, .from = &from, .count = 1, .to = upload ? found->object : found->path, .version = member (found, "object_version"),
		.flags = (json_is_true (json_object_get (found->head, "create_only")) ? LARDER_CREATE_ONLY : 0)
			| (json_is_true (json_object_get (found->head, "move")) ? LARDER_MOVE : 0) | acting->transfer.request->flags,
		.attributes = {
			.size = sizeof request.attributes, .content_type = member (found, "content_type"), .content_encoding = member (found, "content_encoding"),
			.cache_control = member (found, "cache_control"), .content_disposition = member (found, "content_disposition"),
			.storage_class = member (found, "class"), .encryption = member (found, "encryption"), .metadata = metadata_of (found),
		},
	};
	request.attributes.metadata_given = request.attributes.metadata.count > 0;
	close (found->fd);                   /* the lock is the transfer's now */
	found->fd = -1;
	int code = larder_transfer (found->larder, &request, acting->transfer.event, acting->transfer.context, &sum, error);
	add_summary (&acting->transfer.sum, &sum);
	return code == LARDER_E_CANCELLED || code == LARDER_E_NOSPACE ? code : 0;
}

/* The upload, or the private file. */
static void
clear_away (const struct found *found)
{
	struct larder_address object = { .size = sizeof object };
	struct larder_store *store = NULL;
	const char *id = member (found, "id"), *slash = strrchr (found->path, '/');
	if (strcmp (found->kind, "upload") == 0) {
		if (larder_address_parse (found->larder, found->arena, found->object, &object, NULL) < 0 || larder_store_open (found->larder, object.store, &store, NULL) < 0)
			return;
		const struct larder_upload upload = { .size = sizeof upload, .bucket = store_bucket (store), .key = object.path, .id = id };
		store_parts_abort (store, &upload);
		larder_store_close (store);
		return;
	}
	struct file_draft draft;
	const char *folder = arena_copy_bytes (found->arena, found->path, slash && slash > found->path ? (size_t) (slash - found->path) : 1);
	CLEANUP_CLOSE int root = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0 && slash && file_draft_again (&draft, root, slash + 1, id, 0600, false, NULL) == 0)
		file_draft_abort (&draft);
}

static int
give_up_one (void *context, struct found *found, struct larder_error *error)
{
	struct acting *acting = context;
	if (transfer_stopped (&acting->transfer))
		return larder_fail_cancelled (error);
	if (is_passed_over (acting, found))
		return 0;
	if (!(acting->transfer.request->flags & LARDER_DRY_RUN)) {
		clear_away (found);
		if (unlinkat (found->folder, found->name, 0) < 0)
			return larder_fail_errno (error, errno, "cannot remove the journal '%s'", found->name);
	}
	count_event (&acting->transfer, &(struct larder_event) {
		.size = sizeof (struct larder_event), .from = found->object,
		.action = acting->transfer.request->flags & LARDER_DRY_RUN ? "would-remove" : "removed",
	});
	return 0;
}

static int
act (struct larder *larder, found_fn each, int64_t older_than, uint32_t flags, larder_event_fn event, void *context,
     struct larder_summary *ret_summary, struct larder_error *error)
{
	const struct larder_transfer request = { .size = sizeof request, .flags = flags };
	struct acting acting = {
		.transfer = {
			.larder = larder, .request = &request, .event = event, .context = context, .root = -1, .mutex = PTHREAD_MUTEX_INITIALIZER,
			.sum = { .size = sizeof acting.transfer.sum },
		},
		.older_than = older_than,
	};
	int code = each_found (larder, each, &acting, error);
	return count_end (&acting.transfer, code, ret_summary, error);
}

int
larder_transfers_resume (struct larder *larder, uint32_t flags, larder_event_fn event, void *context, struct larder_summary *ret_summary,
                         struct larder_error *error)
{
	return act (larder, resume_one, 0, flags & LARDER_DRY_RUN, event, context, ret_summary, error);
}

int
larder_transfers_gc (struct larder *larder, int64_t older_than, uint32_t flags, larder_event_fn event, void *context,
                     struct larder_summary *ret_summary, struct larder_error *error)
{
	return act (larder, give_up_one, older_than, flags & LARDER_DRY_RUN, event, context, ret_summary, error);
}
