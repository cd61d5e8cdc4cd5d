/* answers.c: promises about what comes back, and about what the provider may touch. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void
notes (struct suite *suite)
{
	static char longer[1001];
	memset (longer, 'n', sizeof longer - 1);
	const char *const texts[] = { "", "two\nlines\tand \"quotes\" 'of' \\ both = kinds", "gr\xc3\xbc\xc3\x9f" "e \xe6\x9d\xbe", "{\"json\":[1]}", longer };
	struct held lease, seen;
	WANT_CODE (op_acquire (suite, suite->self, "notes", LONG, NULL, &lease), 0, "a try without a note");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		WANT_CODE (op_renew (suite, suite->self, &lease, LONG, texts[i]), 0, "renew");
		WANT_CODE (op_holder (suite, suite->other, "notes", &seen), 0, "holder");
		WANT (strcmp (seen.note, texts[i]) == 0, "the note '%.60s' comes back as '%.60s'", texts[i], seen.note);
	}
}

/* Nobody need give up anything at close: the lease ends when it ends. */
static void
closing (struct suite *suite)
{
	void *third = NULL;
	if (instance_open (suite, &third) < 0) {
		broken (suite, "a third instance cannot be opened");
		return;
	}
	int code = op_acquire (suite, third, "closing", SHORT, "", NULL);
	instance_close (suite, third);
	WANT_CODE (code, 0, "the try");
	WANT_CODE (op_acquire_at_last (suite, suite->self, "closing", NULL), 0, "a try seconds after the end of a closed instance's lease");
}

struct guarded { struct larder_lease lease; unsigned char guard[64]; };

static bool
guard_is (const struct guarded *guarded)
{
	for (size_t i = 0; i < sizeof guarded->guard; i++)
		if (guarded->guard[i] != 0x5a)
			return false;
	return true;
}

/* A caller whose lease ends behind the token. */
static void
sizes (struct suite *suite)
{
	char name[TEXT_MOST];
	struct larder_call call;
	struct guarded given;
	struct held lease = { .token = "" }, seen;
	size_t size = offsetof (struct larder_lease, fence);
	name_of (suite, "sizes", name);
	for (unsigned i = 0; i < 2; i++) {
		memset (&given, 0x5a, sizeof given);
		given.lease.size = size;
		call_begin (&call, false);
		int code = i == 0 ? suite->lock->try_acquire (suite->self, &call, name, LONG, "note", &given.lease, NULL)
		                  : suite->lock->holder (suite->self, &call, name, &given.lease, NULL);
		if (code == 0 && i == 0 && given.lease.token)
			snprintf (lease.token, sizeof lease.token, "%s", given.lease.token);
		call_end (&call);
		WANT_CODE (code, 0, i == 0 ? "the try" : "holder");
		struct guarded fresh;
		memset (&fresh, 0x5a, sizeof fresh);
		WANT (given.lease.size == size, "the caller's size is now %zu", given.lease.size);
		WANT (guard_is (&given) && memcmp ((char *) &given + size, (char *) &fresh + size, sizeof given.lease - size) == 0,
		      "%s fills more than the caller's struct has", i == 0 ? "try_acquire" : "holder");
	}
	WANT_CODE (op_holder (suite, suite->self, "sizes", &seen), 0, "holder");
	snprintf (lease.name, sizeof lease.name, "%s", name);
	lease.fence = seen.fence;
	remember (suite, suite->self, &lease);
}

/* Another lock and another call in between. */
static void
arena (struct suite *suite)
{
	char name[TEXT_MOST], token[TEXT_MOST];
	struct larder_call call;
	struct larder_lease lease = { .size = sizeof lease };
	name_of (suite, "arena", name);
	call_begin (&call, false);
	int code = suite->lock->try_acquire (suite->self, &call, name, LONG, "a note of its own", &lease, NULL);
	snprintf (token, sizeof token, "%s", code == 0 && lease.token ? lease.token : "");
	int more = op_acquire (suite, suite->self, "arena-more", LONG, "another note", NULL);
	if (code != 0 || more != 0)
		broken (suite, "the tries: codes %d and %d", code, more);
	else if (strcmp (lease.token, token) != 0 || strcmp (lease.name, name) != 0 || (lease.note && strcmp (lease.note, "a note of its own") != 0))
		broken (suite, "the texts of a lease changed while its call was open");
	if (code == 0)
		remember_lease (suite, suite->self, &(struct larder_lease) { .name = name, .token = token, .fence = lease.fence });
	call_end (&call);
}

static void
untouched (struct suite *suite)
{
	char name[TEXT_MOST];
	struct larder_call call;
	struct larder_lease lease, before;
	name_of (suite, "untouched", name);
	for (unsigned i = 0; i < 2; i++) {
		memset (&lease, 0x5a, sizeof lease);
		lease.size = sizeof lease;
		before = lease;
		call_begin (&call, false);
		int code = i == 0 ? suite->lock->holder (suite->self, &call, name, &lease, NULL)
		                  : suite->lock->try_acquire (suite->self, &call, name, LONG, "", &lease, NULL);
		call_end (&call);
		WANT (code < 0, "%s gives %d where it fails", i == 0 ? "holder" : "try_acquire", code);
		WANT (memcmp (&lease, &before, sizeof lease) == 0, "%s failed, and wrote into the lease", i == 0 ? "holder" : "try_acquire");
		if (i == 0)
			WANT_CODE (op_acquire (suite, suite->other, "untouched", LONG, "", NULL), 0, "the try");
	}
}

static void
worded (struct suite *suite)
{
	char name[TEXT_MOST];
	struct larder_call call;
	struct larder_lease lease = { .size = sizeof lease };
	name_of (suite, "worded", name);
	for (unsigned i = 0; i < 2; i++) {
		struct larder_error error = LARDER_ERROR_INIT;
		if (i == 1)
			WANT_CODE (op_acquire (suite, suite->other, "worded", LONG, "pod-9", NULL), 0, "the try");
		call_begin (&call, false);
		int code = i == 0 ? suite->lock->holder (suite->self, &call, name, &lease, &error)
		                  : suite->lock->try_acquire (suite->self, &call, name, LONG, "", &lease, &error);
		int mute = i == 0 ? suite->lock->holder (suite->self, &call, name, &lease, NULL)
		                  : suite->lock->try_acquire (suite->self, &call, name, LONG, "", &lease, NULL);
		call_end (&call);
		WANT (code < 0 && code == mute, "the codes are %d, and %d without an error to fill", code, mute);
		WANT (error.code == code && strstr (error.message, "worded"), "the message '%.100s' does not name the lock", error.message);
	}
}

static void
wall (struct suite *suite)
{
	struct held lease, seen;
	WANT_CODE (op_acquire (suite, suite->self, "wall", LONG, "", &lease), 0, "the try");
	for (unsigned i = 0; i < 2; i++) {
		int64_t jump = (i ? -1 : 1) * 24 * 60 * LONG;
		host_wall_jump (jump);
		int held = op_acquire (suite, suite->other, "wall", LONG, "", NULL);
		int told = op_holder (suite, suite->other, "wall", &seen);
		int renewed = op_renew (suite, suite->self, &lease, LONG, "");
		host_wall_jump (-jump);
		const char *way = i ? "back" : "ahead";
		WANT (held == LARDER_E_CONFLICT, "the clock went %s a day: a second try gives %d", way, held);
		WANT (told == 0 && seen.length > 0 && seen.length <= LONG, "the clock went %s a day: %lld ns are left of 60 s (%d)", way, (long long) seen.length, told);
		WANT (renewed == 0, "the clock went %s a day: renew gives %d", way, renewed);
	}
}

/* Only ages of objects may use it: a mock moves it by days. */
static void
stores (struct suite *suite)
{
	struct held lease;
	WANT_CODE (op_acquire (suite, suite->self, "stores", LONG, "", &lease), 0, "the try");
	WANT_CODE (op_renew (suite, suite->self, &lease, LONG, ""), 0, "renew");
	WANT_CODE (op_release (suite, suite->self, &lease), 0, "release");
	WANT (!host_store_asked (), "it asks for the clock of stores, which is not for leases");
}

static void
cancel (struct suite *suite)
{
	char name[TEXT_MOST];
	struct larder_call call;
	struct larder_lease lease = { .size = sizeof lease };
	name_of (suite, "cancel", name);
	int64_t start = clock_boot ();
	call_begin (&call, true);
	int code = suite->lock->try_acquire (suite->self, &call, name, LONG, "", &lease, NULL);
	if (code == 0)
		remember_lease (suite, suite->self, &lease);
	call_end (&call);
	int64_t took = clock_boot () - start;
	WANT (took < NS_PER_S, "a cancelled try takes %lld ms", (long long) (took / 1000000));
	WANT (code == 0 || code == LARDER_E_CANCELLED, "a cancelled try gives %d", code);
	int next = op_acquire (suite, suite->other, "cancel", LONG, "", NULL);
	WANT (next == (code == 0 ? LARDER_E_CONFLICT : 0), "a cancelled try gives %d, and the next one %d", code, next);
}

/* What the operations wrote to standard output and error; or -1. */
static int64_t
printed (struct suite *suite)
{
	struct held lease;
	struct stat st;
	int memory = memfd_create ("printed", MFD_CLOEXEC), out = dup (STDOUT_FILENO), err = dup (STDERR_FILENO);
	if (memory < 0 || out < 0 || err < 0)
		return -1;
	(void) fflush (NULL);
	(void) dup2 (memory, STDOUT_FILENO);
	(void) dup2 (memory, STDERR_FILENO);
	int code = op_acquire (suite, suite->self, "prints", LONG, "", &lease);
	(void) op_acquire (suite, suite->other, "prints", LONG, "", NULL);
	if (code == 0)
		(void) op_renew (suite, suite->self, &lease, LONG, "");
	(void) op_holder (suite, suite->self, "prints", NULL);
	if (code == 0)
		(void) op_release (suite, suite->self, &lease);
	(void) fflush (NULL);
	(void) dup2 (out, STDOUT_FILENO);
	(void) dup2 (err, STDERR_FILENO);
	int64_t count = fstat (memory, &st) == 0 ? st.st_size : -1;
	(void) close (memory);
	(void) close (out);
	(void) close (err);
	return count;
}

static void
prints (struct suite *suite)
{
	int64_t count = printed (suite);
	WANT (count == 0, "it printed %lld bytes", (long long) count);
}

static void
memory (struct suite *suite)
{
	instance_close (suite, suite->self);
	instance_close (suite, suite->other);
	suite->self = suite->other = NULL;
	WANT (host_live () == suite->live_before, "%zu bytes are left after close", host_live () - suite->live_before);
}

const struct promise answers_promises[] = {
	{ "notes of any text come back", notes },
	{ "a lease of a closed instance ends by itself", closing },
	{ "structs of an older caller are filled no further than their size", sizes },
	{ "texts of a call live as long as its arena", arena },
	{ "outputs are untouched by a failure", untouched },
	{ "a failure names the lock, and does without a place to say it", worded },
	{ "a jump of the wall clock changes no lease", wall },
	{ "the clock of stores is left alone", stores },
	{ "a cancelled try ends within a second, and holds only if it says so", cancel },
	{ "nothing is printed", prints },
	{ "memory is given back", memory },   /* the last: it closes the instances */
	{ NULL, NULL }
};
