/* pending.c: transfers that broke off, by their journals: told, gone on with, given up. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "pending.h"

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

const char *
found_member (const struct found *found, const char *name)
{
	return arena_copy (found->arena, json_string_value (json_object_get (found->head, name)));
}

/* ---- what it is -------------------------------------------------------------------------------- */

/* The same store may be another place under another profile. */
static const char *
find_problem (const struct found *found, const char *object, const char *address)
{
	struct larder_address parsed = { .size = sizeof parsed };
	struct larder_store *store = NULL;
	const char *here = NULL;
	if (larder_address_parse (found->larder, found->arena, object, &parsed, NULL) < 0 || !parsed.store)
		return strstr (object, "://") ? "give the --backend that it was begun with" : "this pipeline has no such store";
	if (larder_store_open (found->larder, parsed.store, &store, NULL) < 0)
		return "its store cannot be opened";
	bool elsewhere = store_url (store, found->arena, parsed.path, &here, NULL) == 0 && address && strcmp (here, address) != 0;
	larder_store_close (store);
	return elsewhere ? "it belongs to another profile" : NULL;
}

/* A source that cannot be reached from here is no reason against giving it up. */
static const char *
find_no_resume (const struct found *found)
{
	if (strchr (found->name, '-') && found->id)
		return "another run of the same transfer goes on without it: 'larder transfer gc' gives it up";
	if (strchr (found->name, '-'))
		return "an upload may be open whose id never came: 'larder transfer gc' looks for it";
	if (strcmp (found->kind, "stream") == 0)
		return "standard input cannot be gone on with: give it again";
	return strcmp (found->kind, "copy") == 0 ? find_problem (found, found->from, found_member (found, "path")) : NULL;
}

static void
read_found (struct found *found)
{
	const char *begun = found_member (found, "begun");
	char *path = arena_copy (found->arena, json_string_value (json_object_get (found->head, "path")));
	found->kind = found_member (found, "kind");
	found->from = found_member (found, "from");
	found->to = found_member (found, "to");
	found->id = found_member (found, "id");
	found->path = path && text_from_percent (path) ? path : NULL;
	if (!begun || text_time (begun, &found->begun) < 0)
		found->begun = 0;
	if (!found->kind || !found->from || !found->to || !found->path) {
		found->problem = "its journal is of no use";
		return;
	}
	bool down = strcmp (found->kind, "download") == 0;
	found->object = down ? found->from : found->to;
	if (down)
		found->to = found->path;
	else if (strcmp (found->kind, "upload") == 0)
		found->from = found->path;
	found->problem = find_problem (found, found->object, found_member (found, "address"));
	found->no_resume = find_no_resume (found);
}

/* Of a version to come, or damaged: what hangs on it is not known, so it stays, and is told. */
static void
read_unknown (struct found *found, const char *problem)
{
	found->kind = "unknown";
	found->from = found->object = found->name;
	found->to = "";
	found->problem = problem;
}

static int
each_name (struct found *found, found_fn each, void *context, struct larder_error *error)
{
	const char *problem = NULL;
	found->fd = openat (found->folder, found->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (found->fd < 0)
		return 0;                    /* ended meanwhile */
	found->running = flock (found->fd, LOCK_EX | LOCK_NB) < 0;
	found->head = journal_look (found->folder, found->name, &problem);
	int code = 0;
	if (found->head)
		read_found (found);
	else if (problem)
		read_unknown (found, problem);
	else if (!found->running)
		(void) unlinkat (found->folder, found->name, 0);     /* before its first piece: nothing hangs on it */
	if (found->kind)
		code = each (context, found, error);
	json_decref (found->head);
	if (found->fd >= 0)
		close (found->fd);
	return code;
}

int
found_each (struct larder *larder, found_fn each, void *context, struct larder_error *error)
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
	const struct larder_pending pending = {
		.size = sizeof pending, .kind = found->kind, .from = found->from, .to = found->to, .begun = found->begun, .running = found->running,
		.problem = found->problem, .no_resume = found->no_resume,
	};
	return telling->pending (telling->context, &pending);
}

int
larder_transfers_each (struct larder *larder, larder_pending_fn pending, void *context, struct larder_error *error)
{
	struct telling telling = { pending, context };
	return found_each (larder, tell_one, &telling, error);
}

/* ---- gone on with, given up -------------------------------------------------------------------- */

struct acting {
	struct transfer transfer;
	int64_t older_than;
	struct larder_error *error;
};

/* `also`: a reason of the one who asks. */
static bool
is_passed_over (struct acting *acting, const struct found *found, const char *also)
{
	const char *reason = found->running ? "it is running" : found->problem ? found->problem : also;
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
	if (is_passed_over (acting, found, found->no_resume))
		return 0;
	if (json_is_true (json_object_get (found->head, "planned"))) {
		count_skipped (&acting->transfer, found->object, "it is of a plan: 'larder apply' goes on with it");
		return 0;
	}
	struct larder_transfer request = {
		.size = sizeof request, .from = &found->from, .count = 1, .to = found->to, .version = found_member (found, "object_version"),
		.flags = (json_is_true (json_object_get (found->head, "create_only")) ? LARDER_CREATE_ONLY : 0)
			| (json_is_true (json_object_get (found->head, "move")) ? LARDER_MOVE : 0) | acting->transfer.request->flags,
		.attributes = {
			.size = sizeof request.attributes, .content_type = found_member (found, "content_type"), .content_encoding = found_member (found, "content_encoding"),
			.cache_control = found_member (found, "cache_control"), .content_disposition = found_member (found, "content_disposition"),
			.storage_class = found_member (found, "class"), .encryption = found_member (found, "encryption"), .metadata = metadata_of (found),
		},
	};
	request.attributes.metadata_given = request.attributes.metadata.count > 0;
	close (found->fd);                   /* the lock is the transfer's now */
	found->fd = -1;
	int code = larder_transfer (found->larder, &request, acting->transfer.event, acting->transfer.context, &sum, error);
	add_summary (&acting->transfer.sum, &sum);
	return code == LARDER_E_CANCELLED || code == LARDER_E_NOSPACE || larder_is_late (found->larder) ? code : 0;
}

static int
give_up_one (void *context, struct found *found, struct larder_error *error)
{
	struct acting *acting = context;
	struct transfer *transfer = &acting->transfer;
	struct larder_error why = LARDER_ERROR_INIT;
	const char *reason = NULL;
	bool dry = transfer->request->flags & LARDER_DRY_RUN;
	if (transfer_stopped (transfer))
		return larder_fail_cancelled (error);
	if (is_passed_over (acting, found, NULL))
		return 0;
	int code = found_give_up (found, dry, &reason, &why);
	if (code < 0)
		count_failed (transfer, found->object, NULL, &why, code, false);
	else if (code > 0)
		count_skipped (transfer, found->object, reason);
	if (code != 0)
		return 0;
	if (!dry && unlinkat (found->folder, found->name, 0) < 0)
		return larder_fail_errno (error, errno, "cannot remove the journal '%s'", found->name);
	count_event (transfer, &(struct larder_event) {
		.size = sizeof (struct larder_event), .from = found->object, .action = dry ? "would-remove" : "removed",
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
	int code = found_each (larder, each, &acting, error);
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
