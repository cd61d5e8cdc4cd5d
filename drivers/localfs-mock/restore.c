/* restore.c: what is archived cannot be read until a copy was asked for, and is there; and cannot once that copy's days are over. The class stays. */
#include "mock.h"

#include "clock.h"
#include "error.h"
#include "retrievals.h"
#include "text.h"

/* Only what a class alone archives: which objects of the other are is told by the service, and here none. A restore takes the longest that the service says, so that who waits as long is done. `tier`: NULL for any. */
static const struct larder_retrieval *
retrieval_of (const struct version *version, const char *tier)
{
	const char *class = version->attributes.storage_class;
	for (size_t n = 0; class && retrievals[n].storage_class; n++)
		if (strcmp (class, "INTELLIGENT_TIERING") != 0 && strcmp (retrievals[n].storage_class, class) == 0 && (!tier || strcmp (retrievals[n].tier, tier) == 0))
			return &retrievals[n];
	return NULL;
}

uint32_t
restore_state (const struct version *version, int64_t now)
{
	if (now >= version->restored_until)
		return LARDER_RESTORE_NONE;
	return now < version->restored_from ? LARDER_RESTORE_RUNNING : LARDER_RESTORE_DONE;
}

int
restore_check (const struct bucket *bucket, const char *key, const struct version *version, struct larder_error *error)
{
	const struct larder_retrieval *archived = retrieval_of (version, NULL);
	uint32_t state = restore_state (version, bucket->now);
	if (!archived || state == LARDER_RESTORE_DONE)
		return 0;
	if (state == LARDER_RESTORE_NONE)
		return larder_fail_next (error, LARDER_E_NOTREADY, "restore the object first, and wait until that is done", "cannot read '%s' in bucket '%s': its class is %s", key, bucket->name, archived->storage_class);
	char time[32];
	return larder_fail_next (error, LARDER_E_NOTREADY, "wait until the restore is done", "cannot read '%s' in bucket '%s': its restore from %s is under way until %s", key, bucket->name, archived->storage_class,
		text_from_time (version->restored_from, time));
}

int64_t
midnight_after (int64_t from, int64_t days)
{
	int64_t until = from + days * NS_PER_DAY;
	return until - until % NS_PER_DAY + NS_PER_DAY;
}

/* The copy that is asked for; what is under way stays as it is, and what is there gets other days. */
static int
ask (const struct change *change, const struct larder_restore *request, struct version *version, struct larder_error *error)
{
	const char *tier = request->tier ? request->tier : "Standard";
	const struct larder_retrieval *archived = retrieval_of (version, NULL), *retrieval = retrieval_of (version, tier);
	int64_t now = change->bucket->now;
	if (!archived)
		return larder_fail_next (error, LARDER_E_CONFLICT, "it can be read as it is", "'%s' in bucket '%s' is not archived: its class is %s", request->object.key, change->bucket->name,
			version->attributes.storage_class ? version->attributes.storage_class : "STANDARD");
	if (!retrieval)
		return larder_fail_next (error, LARDER_E_INVALID, archived == &retrievals[0] ? "Expedited, Standard or Bulk" : "Standard or Bulk", "class %s has no tier '%.32s' for '%s' in bucket '%s'",
			archived->storage_class, tier, request->object.key, change->bucket->name);
	uint32_t state = restore_state (version, now);
	if (state == LARDER_RESTORE_NONE)
		version->restored_from = now + retrieval->within;
	if (state != LARDER_RESTORE_RUNNING)
		version->restored_until = midnight_after (state == LARDER_RESTORE_DONE ? now : version->restored_from, request->days);
	return 0;
}

int
mock_restore (void *self, struct larder_call *call, const struct larder_restore *request, struct larder_error *error)
{
	enum { DAYS_MOST = 30000 };
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	struct version *version;
	if (request->days < 1 || request->days > DAYS_MOST)
		return larder_fail_next (error, LARDER_E_INVALID, "say for how many days the copy is to be there, from 1", "'%s' in bucket '%s' cannot be restored for %u days", request->object.key,
			request->object.bucket, (unsigned) request->days);
	int code = version_begin (self, call, &request->object, &bucket, &change, &version, error);
	if (code == 0)
		code = ask (&change, request, version, error);
	return code < 0 ? code : change_commit (&change, NULL, error);
}
