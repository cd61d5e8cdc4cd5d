/* status.c: larder_archive_status: how far each restore is. Nothing is asked for, and no state is written. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "job.h"
#include "store.h"

struct looking {
	struct larder_store *store;      /* NULL: nobody is asked */
	const char *version;             /* NULL: the latest of each */
	struct larder_arena *arena;      /* of one object */
	uint64_t states[128], objects, bytes;
};

/* What is on its way may be there by now, and what was there gone. */
static int
state_now (struct looking *looking, const struct job_object *object, int *ret, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	*ret = (int) object->state;
	if (!looking->store || (object->state != JOB_ASKED && object->state != JOB_READY))
		return 0;
	arena_clear (looking->arena);
	int code = larder_stat (looking->store, looking->arena, object->key, looking->version, &info, error);
	*ret = code == LARDER_E_NOTFOUND ? JOB_FAILED : code == 0 ? (int) restore_seen (object, &info) : *ret;
	return code == LARDER_E_NOTFOUND ? 0 : code;
}

static int
count (void *context, const struct job_object *object, struct larder_error *error)
{
	struct looking *looking = context;
	int state, code = state_now (looking, object, &state, error);
	looking->states[state]++;
	looking->objects++;
	looking->bytes += object->length;
	return code;
}

static int
tell (const struct job *job, const struct looking *looking, larder_archive_job_fn fn, void *context, struct larder_error *error)
{
	const struct larder_archive_job told = restore_facts (job, looking->states, looking->objects, looking->bytes);
	return fn (context, &told, error);
}

static int
look_at (struct larder *larder, int folder, const char *id, bool ask, larder_archive_job_fn fn, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct job job = JOB_NONE;
	struct looking looking = { .arena = arena };
	int code = arena ? restore_open (&job, folder, id, true, error) : larder_fail_memory (error);
	if (code == 0 && ask)
		code = larder_store_open (larder, restore_text (&job, "store"), &looking.store, error);
	if (code == 0 && *restore_text (&job, "version"))
		looking.version = restore_text (&job, "version");
	if (code == 0)
		code = restore_each (&job, count, &looking, error);
	if (code == 0)
		code = tell (&job, &looking, fn, context, error);
	restore_close (&job);
	if (looking.store)
		larder_store_close (looking.store);
	return code;
}

int
larder_archive_status (struct larder *larder, const char *id, larder_archive_job_fn fn, void *context, struct larder_error *error)
{
	CLEANUP_CLOSE int folder = restore_folder (larder_state (larder), error);
	if (folder < 0 || id)
		return folder < 0 ? folder : look_at (larder, folder, id, true, fn, context, error);
	int copy = dup (folder), code = 0;
	DIR *jobs = copy >= 0 ? fdopendir (copy) : NULL;
	if (!jobs)
		return larder_fail_errno (error, errno, "cannot list the restores");
	for (struct dirent *entry; code == 0 && (entry = readdir (jobs));)
		if (*entry->d_name != '.')
			code = look_at (larder, folder, entry->d_name, false, fn, context, error);
	closedir (jobs);
	return code;
}
