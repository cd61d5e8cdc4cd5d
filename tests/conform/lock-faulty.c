/* lock-faulty.c: a lock provider that keeps every promise but the one named by its option `fault`.
 *
 * Proves that larder-lock-test bites. A lock is a file in a folder: one record, read and written under an OFD lock that
 * nobody holds for longer than that. Each fault is narrowed to the locks of one promise by a word of their names. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LARDER_API_VERSION 0
#include <larder/lock.h>

#include "checksum.h"
#include "random.h"
#include "text.h"

enum { NOTE_MOST = 2000 };

struct faulty { const char *folder, *fault; char scratch[40], left[400]; };

struct record { uint64_t fence; int64_t until; char token[40], note[NOTE_MOST]; };

static const struct larder_option options[] = {
	{ .key = "folder", .type = LARDER_PATH, .flags = LARDER_REQUIRED, .at = offsetof (struct faulty, folder), .help = "where the leases are" },
	{ .key = "fault", .type = LARDER_STRING, .def = "none", .at = offsetof (struct faulty, fault), .help = "the promise to break" },
	{ .key = NULL }
};

/* Is this fault switched on, and the lock one it is about? */
static bool
breaks (const struct faulty *self, const char *fault, const char *name, const char *word)
{
	return strcmp (self->fault, fault) == 0 && strstr (name, word);
}

static int64_t
now (const struct faulty *self, const char *name)
{
	if (breaks (self, "asks-store", name, ":stores"))
		(void) larder_host->store_now ();
	return breaks (self, "wall-clock", name, ":wall") ? larder_host->wall () : larder_host->boot ();
}

/* ---- the file ---- */

static void
path_of (const struct faulty *self, const char *name, char ret[400])
{
	struct sha256 sha;
	unsigned char digest[32];
	char hex[65];
	sha256_begin (&sha);
	bool fold = breaks (self, "fold-names", name, ":names");
	for (const char *c = name; *c; c++)
		sha256_add (&sha, fold && *c >= 'A' && *c <= 'Z' ? &(char) { *c + 32 } : c, 1);
	if (breaks (self, "per-process", name, ":process"))
		sha256_add (&sha, &(pid_t) { getpid () }, sizeof (pid_t));
	sha256_end (&sha, digest);
	text_hex (digest, breaks (self, "one-lock", name, ":beside") ? 0 : sizeof digest, hex);
	snprintf (ret, 400, "%.300s/lease-%s", self->folder, hex);
}

/* The record, held until it is closed; a descriptor or a code. */
static int
take (const struct faulty *self, const char *name, struct record *ret, struct larder_error *error)
{
	char path[400];
	struct flock whole = { .l_type = F_WRLCK };
	path_of (self, name, path);
	int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return larder_fail (error, LARDER_E_UNAVAILABLE, "cannot open the lease of '%s': %s", name, strerror (errno));
	bool race = breaks (self, "race", name, ":race");
	while (!race && fcntl (fd, F_OFD_SETLKW, &whole) < 0 && errno == EINTR)
		;
	*ret = (struct record) { 0 };
	if (pread (fd, ret, sizeof *ret, 0) != sizeof *ret)
		*ret = (struct record) { 0 };
	if (race)
		(void) nanosleep (&(struct timespec) { 0, 20000000 }, NULL);
	return fd;
}

static int
put (int fd, const struct record *record, const char *name, struct larder_error *error)
{
	ssize_t written = pwrite (fd, record, sizeof *record, 0);
	(void) close (fd);
	return written == sizeof *record ? 0 : larder_fail (error, LARDER_E_NOSPACE, "cannot write the lease of '%s'", name);
}

static char *
copy (struct larder_call *call, const char *text)
{
	char *to = larder_host->arena (call, strlen (text) + 1);
	if (to)
		memcpy (to, text, strlen (text) + 1);
	return to;
}

static void
set_note (const struct faulty *self, struct record *record, const char *name, const char *note)
{
	bool cut = breaks (self, "cut-note", name, ":notes");
	snprintf (record->note, sizeof record->note, "%.*s", cut ? 100 : NOTE_MOST - 1, note ? note : "");
}

/* ---- operations ---- */

static int
faulty_open (void *self, struct larder_call *call, const struct larder_lock_open *request, struct larder_error *error)
{
	const struct faulty *me = self;
	struct stat st;
	(void) call, (void) request;
	if (stat (me->folder, &st) < 0 || !S_ISDIR (st.st_mode))
		return larder_fail (error, LARDER_E_NOTFOUND, "no folder '%s'", me->folder);
	return 0;
}

static void
faulty_close (void *self)
{
	const struct faulty *me = self;
	struct record record;
	int fd = *me->left ? take (me, me->left, &record, NULL) : -1;
	if (fd < 0)
		return;
	record.until = INT64_MAX;
	(void) put (fd, &record, me->left, NULL);
}

static void
misbehave (struct faulty *self, const char *name)
{
	if (breaks (self, "prints", name, ":prints"))
		(void) puts ("lock-faulty was here");
	if (breaks (self, "leaks", name, ":token"))
		(void) larder_host->alloc (100);
	if (breaks (self, "close-keeps", name, ":closing"))
		snprintf (self->left, sizeof self->left, "%s", name);
}

static void
new_token (const struct faulty *self, const char *name, struct record *record)
{
	unsigned char secret[16];
	random_bytes (secret, sizeof secret);
	if (breaks (self, "same-token", name, ":tokens"))
		memset (secret, 7, sizeof secret);
	text_hex (secret, breaks (self, "no-token", name, ":token") && !strstr (name, ":tokens") ? 0 : sizeof secret, record->token);
}

static int64_t
end_of (const struct faulty *self, const char *name, int64_t length)
{
	length = breaks (self, "early-end", name, ":expiry") ? length / 2 : breaks (self, "never-ends", name, ":expiry") ? length * 1000 : length;
	return now (self, name) + length;
}

/* What try_acquire and holder tell. */
static int
tell (struct faulty *self, struct larder_call *call, const char *name, const struct record *record, const char *token,
      struct larder_lease *ret, struct larder_error *error)
{
	struct larder_lease lease = {
		.size = sizeof lease, .name = copy (call, name), .token = token ? copy (call, token) : NULL, .fence = record->fence,
		.length = record->until - now (self, name), .note = copy (call, record->note),
	};
	if (!lease.name || !lease.note || (token && !lease.token))
		return larder_fail (error, LARDER_E_LIMIT, "out of memory");
	if (token && breaks (self, "short-lived", name, ":arena")) {
		snprintf (self->scratch, sizeof self->scratch, "%s", token);
		lease.token = self->scratch;
	}
	if (breaks (self, "newer-struct", name, ":sizes"))
		memcpy (ret, &lease, sizeof lease);
	else
		larder_give (ret, &lease);
	return 0;
}

static int
refuse (const struct faulty *self, const char *name, const struct record *record, struct larder_lease *ret, struct larder_error *error)
{
	if (breaks (self, "touch-output", name, ":untouched"))
		ret->fence = record->fence;
	if (breaks (self, "no-message", name, ":worded"))
		return larder_fail (error, LARDER_E_CONFLICT, "no");
	return larder_fail (error, LARDER_E_CONFLICT, "'%s' is held by '%s'", name, record->note);
}

static int
faulty_try_acquire (void *at, struct larder_call *call, const char *name, int64_t length, const char *note,
                    struct larder_lease *ret_lease, struct larder_error *error)
{
	struct faulty *self = at;
	struct record record;
	bool cancelled = larder_host->cancelled (call);
	misbehave (self, name);
	if (cancelled && !breaks (self, "cancel-takes", name, ":cancel"))
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	int fd = take (self, name, &record, error);
	if (fd < 0)
		return fd;
	if (record.until > now (self, name) && !breaks (self, "double", name, ":held")) {
		(void) close (fd);
		return refuse (self, name, &record, ret_lease, error);
	}
	new_token (self, name, &record);
	record.fence = breaks (self, "fence-again", name, ":fence") && record.until == 0 ? 1 : record.fence + 1;
	record.until = end_of (self, name, length);
	set_note (self, &record, name, note);
	int code = put (fd, &record, name, error);
	if (code == 0 && cancelled)
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	if (breaks (self, "late-answer", name, ":late") && record.fence == 1)
		(void) poll (NULL, 0, (int) (length / 4 * 3 / 1000000));
	return code == 0 ? tell (self, call, name, &record, record.token, ret_lease, error) : code;
}

/* Whether the record is the caller's, or a fault lets it pass. */
static bool
is_ours (const struct faulty *self, const struct record *record, const struct larder_lease *lease)
{
	const char *name = lease->name;
	if (record->until <= now (self, name))
		return (record->until == 0 && breaks (self, "renew-released", name, ":lost")) || (record->until && breaks (self, "renew-ended", name, ":ended"));
	return strcmp (record->token, lease->token) == 0 || breaks (self, "old-holder", name, ":late");
}

static int
faulty_renew (void *at, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)
{
	struct faulty *self = at;
	struct record record;
	(void) call;
	int fd = take (self, lease->name, &record, error);
	if (fd < 0)
		return fd;
	if (!is_ours (self, &record, lease) && !breaks (self, "renew-foreign", lease->name, ":foreign")) {
		(void) close (fd);
		return larder_fail (error, LARDER_E_CONFLICT, "'%s' is no longer ours", lease->name);
	}
	int64_t end = end_of (self, lease->name, lease->length);
	record.until = breaks (self, "renew-adds", lease->name, ":renew") ? record.until + lease->length : end;
	if (!breaks (self, "renew-note", lease->name, ":renew"))
		set_note (self, &record, lease->name, lease->note);
	return put (fd, &record, lease->name, error);
}

static int
faulty_release (void *at, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)
{
	struct faulty *self = at;
	struct record record;
	(void) call;
	int fd = take (self, lease->name, &record, error);
	if (fd < 0)
		return fd;
	bool ours = is_ours (self, &record, lease);
	if (!ours && breaks (self, "release-error", lease->name, ":twice")) {
		(void) close (fd);
		return larder_fail (error, LARDER_E_CONFLICT, "'%s' is no longer ours", lease->name);
	}
	if ((ours && !breaks (self, "release-nothing", lease->name, ":release")) || breaks (self, "release-foreign", lease->name, ":stranger"))
		record.until = 0;
	return put (fd, &record, lease->name, error);
}

static int
faulty_holder (void *at, struct larder_call *call, const char *name, struct larder_lease *ret_lease, struct larder_error *error)
{
	struct faulty *self = at;
	struct record record;
	int fd = take (self, name, &record, error);
	if (fd < 0)
		return fd;
	(void) close (fd);
	if (record.until <= now (self, name) && !breaks (self, "ghost-holder", name, ":nobody"))
		return larder_fail (error, LARDER_E_NOTFOUND, "nobody holds '%s'", name);
	return tell (self, call, name, &record, breaks (self, "tells-token", name, ":holder") ? record.token : NULL, ret_lease, error);
}

static const struct larder_lock lock = {
	.head = LARDER_LOCK_HEAD, .name = "faulty", .version = "0", .summary = "breaks one promise on demand",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct faulty),
	.open = faulty_open, .close = faulty_close, .try_acquire = faulty_try_acquire, .renew = faulty_renew,
	.release = faulty_release, .holder = faulty_holder,
};
LARDER_LOCK (lock)
