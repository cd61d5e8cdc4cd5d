/* ledger.c: what one run of ingests wrote, a manifest for each bucket, where the pipeline asks for it. */
#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "store.h"

struct kept {
	struct kept *next;
	struct larder_store *store;      /* its own: jobs close theirs */
	struct manifest *manifest;
};

void
ledger_begin (struct ledger *ledger, struct larder *larder)
{
	*ledger = (struct ledger) { .larder = larder, .mutex = PTHREAD_MUTEX_INITIALIZER };
}

static struct kept *
find (const struct ledger *ledger, const struct larder_store *of)
{
	struct kept *at = ledger->first;
	while (at && (store_instance (at->store) != store_instance (of) || strcmp (store_bucket (at->store), store_bucket (of)) != 0))
		at = at->next;
	return at;
}

static int
add (struct ledger *ledger, const struct larder_store *of, struct kept **ret, struct larder_error *error)
{
	struct kept *kept = calloc (1, sizeof *kept);
	int code = kept ? larder_store_open (ledger->larder, store_name (of), &kept->store, error) : larder_fail_memory (error);
	if (code == 0)
		code = manifest_new (&kept->manifest, ledger->larder, kept->store, "ingest", error);
	if (code < 0) {
		larder_store_close (kept ? kept->store : NULL);
		free (kept);
		return code;
	}
	kept->next = ledger->first;
	*ret = ledger->first = kept;
	return 0;
}

int
ledger_open (struct ledger *ledger, const struct larder_store *of, struct manifest **ret, struct larder_error *error)
{
	pthread_mutex_lock (&ledger->mutex);
	struct kept *kept = find (ledger, of);
	int code = kept ? 0 : add (ledger, of, &kept, error);
	*ret = code == 0 ? kept->manifest : NULL;
	pthread_mutex_unlock (&ledger->mutex);
	return code;
}

void
ledger_replaces (struct ledger *ledger, const struct larder_store *store, const char *key)
{
	CLEANUP_FREE char *address = NULL;
	if (!ledger || !ledger->replaces)
		return;
	if (asprintf (&address, "%s%s", store_prefix (store), key) < 0)
		address = NULL;
	pthread_mutex_lock (&ledger->mutex);
	ledger->replaces (ledger->context, address);
	pthread_mutex_unlock (&ledger->mutex);
}

/* What a run ended with is not all that went wrong: each manifest that is not where it belongs is named. */
static int
fail_too (int code, const struct larder_error *why, struct larder_error *error)
{
	if (code == 0 && error)
		larder_give (error, why);
	if (code == 0 || !error)
		return code ? code : why->code;
	error_add (error, "; and ");
	error_add (error, why->message);
	return code;
}

int
ledger_end (struct ledger *ledger, int code, struct larder_error *error)
{
	while (ledger->first) {
		struct kept *kept = ledger->first;
		struct larder_error why = LARDER_ERROR_INIT;
		if (kept->manifest && manifest_end (kept->manifest, &why) < 0)
			code = fail_too (code, &why, error);
		manifest_free (kept->manifest);
		larder_store_close (kept->store);
		ledger->first = kept->next;
		free (kept);
	}
	pthread_mutex_destroy (&ledger->mutex);
	return code;
}
