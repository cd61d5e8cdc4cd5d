/* put.c: writes under a condition. Some servers take the condition and do not look at it; for them we look before, which
 * two writers at once may both pass. The result's note says so, and the commit looks again at its end. */
#include "job.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "error.h"

static bool
is_decided (const struct larder_store *store, const struct larder_put *put)
{
	uint64_t caps = store_caps (store);
	return (!put->create_only || caps & LARDER_CAP_CREATE_ONLY) && (!put->if_match || caps & LARDER_CAP_IF_MATCH);
}

static int
look_first (struct job *job, struct larder_store *store, const struct larder_put *put, struct larder_error *error)
{
	struct larder_info there = { .size = sizeof there };
	int code = larder_stat (store, job->scratch, put->key, NULL, &there, error);
	if (code < 0 && code != LARDER_E_NOTFOUND)
		return code;
	bool met = put->create_only ? code == LARDER_E_NOTFOUND : code == 0 && there.etag && strcmp (there.etag, put->if_match) == 0;
	return met ? 0 : larder_fail (error, LARDER_E_CONFLICT, "the condition for '%s' is not met", put->key);
}

static struct manifest *
manifest_of (const struct job *job, const struct larder_store *store)
{
	return store == job->images ? job->images_manifest : job->thumbnails_manifest;
}

int
job_put (struct job *job, struct larder_store *store, const struct larder_put *put, const struct larder_source *source,
         struct larder_info *ret_info, struct larder_error *error)
{
	struct larder_put plain = *put;
	if (!is_decided (store, put)) {
		int code = look_first (job, store, put, error);
		if (code < 0)
			return code;
		plain.create_only = false;
		plain.if_match = NULL;
	}
	if (!put->create_only)
		ledger_replaces (job->ledger, store, put->key);
	int code = larder_put (store, job->scratch, &plain, source, ret_info, error);
	if (code == 0) {
		struct larder_info stored = *ret_info;
		stored.length = source->length;
		manifest_add (manifest_of (job, store), put->key, &stored);
	}
	return code;
}

void
job_removed (struct job *job, const struct larder_store *store, const char *key)
{
	manifest_removed (manifest_of (job, store), key);
}
