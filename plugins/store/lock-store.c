/* lock-store.c: leases as small objects of a store.
 *
 * Every change is a write under a condition that the service decides: only if there is none yet, or only over the state that
 * was read. Of two at once one is told CONFLICT. An object is never removed: the fence is in it. When a lease ends is in seen.c. */
#include "lock-store.h"

#include <stdio.h>

#include "error.h"

static const struct larder_option options[] = {
	{ .key = "prefix", .type = LARDER_STRING, .def = "locks/", .at = offsetof (struct locks, prefix), .help = "what the keys of the leases begin with" },
	{ .key = "machine", .type = LARDER_STRING, .flags = LARDER_HIDDEN_OPTION, .at = offsetof (struct locks, machine),
	  .help = "for tests: what the boot clock is taken to be the clock of" },
	{ .key = NULL }
};

static int
store_open (void *self, struct larder_call *call, const struct larder_lock_open *request, struct larder_error *error)
{
	struct locks *locks = self;
	struct larder_lock_open asked = { .size = sizeof asked };
	(void) call;
	larder_give (&asked, request);
	if (!asked.store)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "run it in a newer Larder", "the lock provider 'store' is given no store");
	if (!locks->prefix)
		locks->prefix = "";
	if (strlen (locks->prefix) > KEY_ROOM - LEASE_NAME_ROOM)
		return larder_fail (error, LARDER_E_INVALID, "'prefix' of the leases is too long");
	locks->store = asked.store;
	pthread_mutex_init (&locks->mutex, NULL);
	lease_boot (locks->machine, locks->boot);
	return 0;
}

static void
store_close (void *self)
{
	struct locks *locks = self;
	pthread_mutex_destroy (&locks->mutex);
}

/* ---- one lock ---------------------------------------------------------------------------------- */

/* As it is now; one never taken has no etag. */
static int
fetch (const struct locks *locks, struct larder_call *call, const char *name, struct kept *ret, struct larder_error *error)
{
	char file[LEASE_NAME_ROOM];
	const char *text;
	struct larder_error why = LARDER_ERROR_INIT;
	lease_name (name, file);
	(void) snprintf (ret->key, sizeof ret->key, "%s%s", locks->prefix, file);
	ret->etag = NULL;
	ret->record = (struct lease_record) { .name = name, .owner = "", .note = "" };
	int code = locks->store->read (locks->store->context, call, ret->key, &text, &ret->etag, &why);
	if (code == LARDER_E_NOTFOUND)
		return 0;
	if (code < 0) {
		if (error)
			larder_give (error, &why);
		return code;
	}
	if (lease_read (call, text, strlen (text), &ret->record) < 0)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "when no worker runs, remove the object", "object '%s' of lock '%s' is no lease", ret->key, name);
	return 0;
}

/* The next state, over the one that was read; CONFLICT when another was faster. */
static int
keep (const struct locks *locks, struct larder_call *call, struct kept *kept, struct lease_record *record, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 60000);
	record->turn = kept->record.turn + 1;
	lease_write (&text, record);
	if (text.failed)
		return larder_fail_memory (error);
	int code = locks->store->write (locks->store->context, call, kept->key, text.at, kept->etag, &kept->etag, error);
	if (code == 0)
		kept->record = *record;
	return code;
}

/* From before the request on: whoever watches counts from later. */
static void
set_end (const struct locks *locks, struct lease_record *record, int64_t length, const char *note)
{
	record->length = length;
	record->note = note ? note : "";
	record->boot = locks->boot;
	record->boot_end = larder_host->boot () + length;
}

/* ---- operations -------------------------------------------------------------------------------- */

static int
store_try_acquire (void *self, struct larder_call *call, const char *name, int64_t length, const char *note, struct larder_lease *ret_lease,
                   struct larder_error *error)
{
	struct locks *locks = self;
	struct kept kept;
	char token[TOKEN_ROOM], owner[OWNER_ROOM];
	int code = lease_check (name, length, note, error);
	if (code == 0 && larder_host->cancelled (call))
		code = lease_fail_cancelled (name, error);
	if (code == 0)
		code = fetch (locks, call, name, &kept, error);
	if (code < 0)
		return code;
	int64_t left = seen_left (locks, call, &kept);
	if (left > 0)
		return lease_fail_held (name, kept.record.note, left, error);
	struct lease_record record = kept.record;
	lease_token (token);
	lease_owner (token, owner);
	record.name = name;
	record.owner = owner;
	record.fence++;
	set_end (locks, &record, length, note);
	code = keep (locks, call, &kept, &record, error);
	if (code == LARDER_E_CONFLICT)
		return lease_fail_held (name, "somebody who was faster", length, error);
	return code < 0 ? code : lease_tell_taken (call, &kept.record, token, ret_lease, error);
}

/* CONFLICT unless it is ours and not over. */
static int
fetch_ours (struct locks *locks, struct larder_call *call, const struct larder_lease *lease, struct kept *ret, struct larder_error *error)
{
	int code = fetch (locks, call, lease->name, ret, error);
	if (code < 0)
		return code;
	return lease_owns (&ret->record, lease->token) && seen_left (locks, call, ret) > 0 ? 0 : lease_fail_lost (lease->name, error);
}

static int
store_renew (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)
{
	struct locks *locks = self;
	struct kept kept;
	int code = lease_check (lease->name, lease->length, lease->note, error);
	if (code == 0)
		code = fetch_ours (locks, call, lease, &kept, error);
	if (code < 0)
		return code;
	struct lease_record record = kept.record;
	set_end (locks, &record, lease->length, lease->note);
	code = keep (locks, call, &kept, &record, error);
	return code == LARDER_E_CONFLICT ? lease_fail_lost (lease->name, error) : code;
}

static int
store_release (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)
{
	struct locks *locks = self;
	struct kept kept;
	int code = fetch_ours (locks, call, lease, &kept, error);
	if (code == 0) {
		struct lease_record record = kept.record;
		record.owner = record.note = "";
		code = keep (locks, call, &kept, &record, error);
	}
	return code == LARDER_E_CONFLICT ? 0 : code;
}

static int
store_holder (void *self, struct larder_call *call, const char *name, struct larder_lease *ret_lease, struct larder_error *error)
{
	struct locks *locks = self;
	struct kept kept;
	int code = lease_check (name, 1, NULL, error);
	if (code == 0)
		code = fetch (locks, call, name, &kept, error);
	if (code < 0)
		return code;
	int64_t left = seen_left (locks, call, &kept);
	return left == 0 ? lease_fail_free (name, error) : lease_tell (call, &kept.record, left, ret_lease, error);
}

static const struct larder_lock lock = {
	.head = LARDER_LOCK_HEAD, .name = "store", .version = "0.1.0", .summary = "leases in a store with conditional writes",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct locks),
	.open = store_open, .close = store_close, .try_acquire = store_try_acquire, .renew = store_renew,
	.release = store_release, .holder = store_holder, .needs_store = true,
};
LARDER_LOCK (lock)
