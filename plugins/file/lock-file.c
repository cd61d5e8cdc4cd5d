/* lock-file.c: leases in a folder that its users share: a disk of one machine, or an NFS mount of many.
 *
 * A lease is a record in a file of its lock, changed under a lock of the kernel that is held for the time of one change; so
 * whoever dies or is stopped loses the lease at its end, and nobody need clean up. The record stays when the lease is over:
 * the fence is in it, and never goes back. When a lease ends is in times.c. */
#include "lock-file.h"

#include <errno.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"

#define CLEANUP_LOCK_FILE CLEANUP (lock_file_close)

static const struct larder_option options[] = {
	{ .key = "root", .type = LARDER_PATH, .flags = LARDER_REQUIRED, .at = offsetof (struct locks, root),
	  .help = "folder of the leases, made when it is missing" },
	{ .key = "mode", .type = LARDER_STRING, .at = offsetof (struct locks, mode_text), .argument = "OCTAL",
	  .help = "mode of its files whatever the umask; without it whoever may use the folder may use them" },
	{ .key = "machine", .type = LARDER_STRING, .flags = LARDER_HIDDEN_OPTION, .at = offsetof (struct locks, machine),
	  .help = "for tests: what the boot clock is taken to be the clock of" },
	{ .key = NULL }
};

/* ---- operations -------------------------------------------------------------------------------- */

static int
file_open (void *self, struct larder_call *call, const struct larder_lock_open *request, struct larder_error *error)
{
	struct locks *locks = self;
	(void) call, (void) request;
	locks->folder = -1;
	lease_boot (locks->machine, locks->boot);
	return place_open (locks, error);
}

static void
file_close (void *self)
{
	struct locks *locks = self;
	cleanup_close_at (&locks->folder);
}

static int
fail_time (const struct lock_file *file, int64_t status, struct larder_error *error)
{
	return larder_fail_errno (error, (int) -status, "cannot ask for the time at the file of lock '%s'", file->name);
}

/* A changed record, in force when this returns 0. */
static int
set (const struct locks *locks, struct lock_file *file, struct lease_record *record, int64_t length, const char *note, struct larder_error *error)
{
	int status = times_set (locks, file, record, length);
	record->note = note ? note : "";
	return status < 0 ? fail_time (file, status, error) : slots_write (locks, file, record, error);
}

static int
file_try_acquire (void *self, struct larder_call *call, const char *name, int64_t length, const char *note, struct larder_lease *ret_lease,
                  struct larder_error *error)
{
	const struct locks *locks = self;
	CLEANUP_LOCK_FILE struct lock_file file = LOCK_FILE_NONE;
	char token[TOKEN_ROOM], owner[OWNER_ROOM];
	int code = lease_check (name, length, note, error);
	if (code == 0 && larder_host->cancelled (call))
		code = lease_fail_cancelled (name, error);
	if (code == 0)
		code = place_take (locks, call, name, false, &file, error);
	if (code < 0)
		return code;
	int64_t left = times_left (locks, &file, false);
	if (left != 0)
		return left < 0 ? fail_time (&file, left, error) : lease_fail_held (name, file.record.note, left, error);
	struct lease_record record = file.record;
	lease_token (token);
	lease_owner (token, owner);
	record.name = name;
	record.owner = owner;
	record.fence++;
	code = set (locks, &file, &record, length, note, error);
	return code < 0 ? code : lease_tell_taken (call, &file.record, token, ret_lease, error);
}

/* The file when the lease is ours and not over; CONFLICT. */
static int
take_ours (const struct locks *locks, struct larder_call *call, const struct larder_lease *lease, struct lock_file *ret, struct larder_error *error)
{
	int code = place_take (locks, call, lease->name, false, ret, error);
	if (code < 0)
		return code;
	int64_t left = times_left (locks, ret, false);
	if (left < 0)
		return fail_time (ret, left, error);
	return left > 0 && lease_owns (&ret->record, lease->token) ? 0 : lease_fail_lost (lease->name, error);
}

static int
file_renew (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)
{
	CLEANUP_LOCK_FILE struct lock_file file = LOCK_FILE_NONE;
	int code = lease_check (lease->name, lease->length, lease->note, error);
	if (code == 0)
		code = take_ours (self, call, lease, &file, error);
	if (code < 0)
		return code;
	struct lease_record record = file.record;
	return set (self, &file, &record, lease->length, lease->note, error);
}

static int
file_release (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)
{
	CLEANUP_LOCK_FILE struct lock_file file = LOCK_FILE_NONE;
	int code = take_ours (self, call, lease, &file, error);
	if (code < 0)
		return code == LARDER_E_CONFLICT ? 0 : code;
	struct lease_record record = file.record;
	record.owner = record.note = "";
	return slots_write (self, &file, &record, error);
}

static int
file_holder (void *self, struct larder_call *call, const char *name, struct larder_lease *ret_lease, struct larder_error *error)
{
	CLEANUP_LOCK_FILE struct lock_file file = LOCK_FILE_NONE;
	int code = lease_check (name, 1, NULL, error);
	if (code == 0)
		code = place_take (self, call, name, true, &file, error);
	if (code < 0)
		return code;
	int64_t left = times_left (self, &file, true);
	return left == 0 ? lease_fail_free (name, error) : lease_tell (call, &file.record, left, ret_lease, error);
}

static const struct larder_lock lock = {
	.head = LARDER_LOCK_HEAD, .name = "file", .version = "0.1.0", .summary = "leases in a shared folder",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct locks),
	.open = file_open, .close = file_close, .try_acquire = file_try_acquire, .renew = file_renew,
	.release = file_release, .holder = file_holder,
};
LARDER_LOCK (lock)
