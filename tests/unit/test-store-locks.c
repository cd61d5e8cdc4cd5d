/* test-store-locks.c: the locks of a [lock] section as core's rooms use them: taken, renewed, given up also after a cancel, and what
 * a provider says that cannot be. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "arena.h"
#include "clock.h"
#include "folder.h"
#include "lock-store.h"
#include "locks.h"
#include "store.h"
#include "unit.h"

struct bench { struct folder folder; struct larder *larder; struct larder_arena *arena; struct lock *lock; };

static void
write_file (const struct bench *bench, const char *name, const char *text)
{
	char path[200];
	snprintf (path, sizeof path, "%s/%s", bench->folder.path, name);
	FILE *out = fopen (path, "w");
	ck_assert_ptr_nonnull (out);
	ck_assert_int_ge (fputs (text, out), 0);
	fclose (out);
}

/* HERE: a folder of the test's own. */
static void
put_here (const struct bench *bench, char *text, size_t room)
{
	char rest[400];
	for (char *here; (here = strstr (text, "HERE"));) {
		snprintf (rest, sizeof rest, "%s", here + 4);
		snprintf (here, room - (size_t) (here - text), "%s/here%s", bench->folder.path, rest);
	}
}

static void
handle_open (struct bench *bench, const char *modules)
{
	char config[200], folder[4096];
	struct larder_error error = LARDER_ERROR_INIT;
	snprintf (config, sizeof config, "%s/larder.ini", bench->folder.path);
	snprintf (folder, sizeof folder, "%s/%s", getenv ("TOP_BUILDDIR"), modules);
	const struct larder_settings settings = { .size = sizeof settings, .config = config, .profile = "t", .module_dir = folder };
	ck_assert_msg (larder_open (&settings, &bench->larder, &error) == 0, "%s", error.message);
}

static void
bench_begin (struct bench *bench, const char *section, const char *modules)
{
	char text[600];
	bench->folder = folder_make ();
	bench->lock = NULL;
	bench->arena = arena_new ();
	ck_assert_int_eq (mkdirat (bench->folder.fd, "profiles", 0755), 0);
	write_file (bench, "larder.ini", "[store \"s\"]\nbackend = b\nbucket = leases\n");
	snprintf (text, sizeof text, "[backend \"b\"]\ndriver = localfs-mock\ncreate = yes\nroot = HERE\n[lock \"l\"]\n%s", section);
	put_here (bench, text, sizeof text);
	write_file (bench, "profiles/t.ini", text);
	handle_open (bench, modules);
}

static void
bench_end (struct bench *bench)
{
	lock_close (bench->lock);
	arena_free (bench->arena);
	larder_close (bench->larder);
	folder_free (&bench->folder);
}

static void
bench_open (struct bench *bench, const char *section, const char *modules)
{
	struct larder_error error = LARDER_ERROR_INIT;
	bench_begin (bench, section, modules);
	ck_assert_msg (lock_open (bench->larder, "l", &bench->lock, &error) == 0, "%s", error.message);
}

static const char *const providers[] = { "driver = file\nroot = HERE/locks\n", "driver = store\nstore = s\n" };

START_TEST (life)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_lease lease = { .size = sizeof lease }, seen = { .size = sizeof seen };
	bench_open (&bench, providers[_i], ".libs");
	ck_assert_int_eq (lock_holder (bench.lock, bench.arena, "sdxl", &seen, &error), LARDER_E_NOTFOUND);
	ck_assert_msg (lock_try (bench.lock, bench.arena, "sdxl", 60 * NS_PER_S, "pod-1", &lease, &error) == 0, "%s", error.message);
	ck_assert_str_eq (lease.name, "sdxl");
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "sdxl", 60 * NS_PER_S, "pod-2", &seen, &error), LARDER_E_CONFLICT);
	ck_assert_ptr_nonnull (strstr (error.message, "pod-1"));
	lease.note = "pod-1: half";
	ck_assert_int_eq (lock_renew (bench.lock, bench.arena, &lease, &error), 0);
	ck_assert_int_eq (lock_holder (bench.lock, bench.arena, "sdxl", &seen, &error), 0);
	ck_assert_str_eq (seen.note, "pod-1: half");
	ck_assert_uint_eq (seen.fence, lease.fence);
	ck_assert_int_eq (lock_release (bench.lock, bench.arena, &lease, &error), 0);
	ck_assert_int_eq (lock_renew (bench.lock, bench.arena, &lease, &error), LARDER_E_CONFLICT);
	ck_assert_int_eq (lock_release (bench.lock, bench.arena, &lease, &error), 0);
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "sdxl", 60 * NS_PER_S, "pod-2", &seen, &error), 0);
	ck_assert_uint_gt (seen.fence, lease.fence);
	bench_end (&bench);
}
END_TEST

/* Ctrl-C: no new lease, no renewal; but what is held is given up. */
START_TEST (cancelled)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_lease lease = { .size = sizeof lease }, seen = { .size = sizeof seen };
	bench_open (&bench, providers[_i], ".libs");
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "sdxl", 60 * NS_PER_S, "", &lease, &error), 0);
	larder_cancel (bench.larder);
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "flux", 60 * NS_PER_S, "", &seen, &error), LARDER_E_CANCELLED);
	ck_assert_int_eq (lock_renew (bench.lock, bench.arena, &lease, &error), LARDER_E_CANCELLED);
	ck_assert_msg (lock_release (bench.lock, bench.arena, &lease, &error) == 0, "%s", error.message);
	lock_close (bench.lock);
	larder_close (bench.larder);
	handle_open (&bench, ".libs");
	ck_assert_int_eq (lock_open (bench.larder, "l", &bench.lock, &error), 0);
	ck_assert_int_eq (lock_holder (bench.lock, bench.arena, "sdxl", &seen, &error), LARDER_E_NOTFOUND);
	bench_end (&bench);
}
END_TEST

START_TEST (senseless)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_lease lease = { .size = sizeof lease, .name = "sdxl", .token = "t" };
	bench_open (&bench, providers[_i], ".libs");
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "", NS_PER_S, "", &lease, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "[lock \"l\"]"));
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "sdxl", 0, "", &lease, &error), LARDER_E_INVALID);
	ck_assert_int_eq (lock_renew (bench.lock, bench.arena, &lease, &error), LARDER_E_INVALID);
	bench_end (&bench);
}
END_TEST

/* What a provider gets for a store: conditions decided by the storage. */
START_TEST (conditions)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	const struct config_section *section;
	struct larder_store *store;
	struct larder_lock_store access;
	const char *first, *second, *text, *etag;
	int64_t written = 0;
	bench_begin (&bench, "driver = store\nstore = s\n", ".libs");
	struct larder_call call = larder_call_begin (bench.larder, bench.arena);
	ck_assert_int_eq (config_find (larder_configuration (bench.larder), "lock", "l", &section, &error), 0);
	ck_assert_int_eq (lock_store_open (bench.larder, section, &store, &access, &error), 0);
	ck_assert_int_eq (access.read (access.context, &call, "k", &text, &etag, &error), LARDER_E_NOTFOUND);
	ck_assert_int_eq (access.write (access.context, &call, "k", "one", NULL, &first, &error), 0);
	ck_assert_int_eq (access.write (access.context, &call, "k", "two", NULL, &second, &error), LARDER_E_CONFLICT);
	ck_assert_int_eq (access.write (access.context, &call, "k", "three", first, &second, &error), 0);
	ck_assert_int_eq (access.write (access.context, &call, "k", "four", first, &etag, &error), LARDER_E_CONFLICT);
	ck_assert_int_eq (access.read (access.context, &call, "k", &text, &etag, &error), 0);
	ck_assert_str_eq (text, "three");
	ck_assert_str_eq (etag, second);
	ck_assert_int_eq (access.written (access.context, &call, "k", &written, &error), 0);
	ck_assert_int_le (llabs (clock_wall () - written), 60 * NS_PER_S);
	char *longer = arena_alloc (bench.arena, 70000);
	memset (longer, 'x', 69999);
	ck_assert_int_eq (access.write (access.context, &call, "k", longer, second, &etag, &error), 0);
	ck_assert_int_eq (access.read (access.context, &call, "k", &text, &etag, &error), LARDER_E_LIMIT);
	larder_store_close (store);
	bench_end (&bench);
}
END_TEST

static const char *const lies[] = { "no-token", "empty-token", "no-fence", "over", "longer" };

START_TEST (lying)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_lease lease = { .size = sizeof lease };
	bench_open (&bench, "driver = lying\n", "tests/module/.libs");
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "truth", NS_PER_S, "", &lease, &error), 0);
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, lies[_i], NS_PER_S, "", &lease, &error), LARDER_E_UNAVAILABLE);
	ck_assert_ptr_nonnull (strstr (error.message, "but not how"));
	bench_end (&bench);
}
END_TEST

static const struct { const char *name, *section; int code; const char *says; } failures[] = {
	{ "m", "driver = file\nroot = HERE\n", LARDER_E_NOTFOUND, "no lock 'm'" },
	{ "l", "driver = fiel\n", LARDER_E_NOTFOUND, "[lock \"l\"]" },
	{ "l", "driver = file\n", LARDER_E_INVALID, "'root'" },
	{ "l", "driver = file\nroot = /dev/null/locks\n", LARDER_E_INVALID, "/dev/null/locks" },
	{ "l", "driver = file\nmode = rw\nroot = HERE\n", LARDER_E_INVALID, "'rw'" },
	{ "l", "driver = file\nmode = 466\nroot = HERE\n", LARDER_E_INVALID, "'466'" },
	{ "l", "driver = file\nstore = s\nroot = HERE\n", LARDER_E_INVALID, "store" },
	{ "l", "driver = store\n", LARDER_E_INVALID, "needs a store" },
	{ "l", "driver = store\nstore = s\nroot = HERE\n", LARDER_E_INVALID, "'root'" },
	{ "l", "driver = file\nserver = here\nroot = HERE\n", LARDER_E_INVALID, "'server'" },
};

START_TEST (opening)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	bench_begin (&bench, failures[_i].section, ".libs");
	int code = lock_open (bench.larder, failures[_i].name, &bench.lock, &error);
	ck_assert_msg (code == failures[_i].code && strstr (error.message, failures[_i].says), "%d '%s' does not say '%s'", code, error.message, failures[_i].says);
	bench_end (&bench);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-store-locks-life", life, COUNT_OF (providers) }, { "test-store-locks-cancelled", cancelled, COUNT_OF (providers) }, { "test-store-locks-senseless", senseless, COUNT_OF (providers) },
		{ "test-store-locks-conditions", conditions, 0 },
		{ "test-store-locks-lying", lying, COUNT_OF (lies) }, { "test-store-locks-opening", opening, COUNT_OF (failures) },
	};
	return unit_run ("store-locks", cases, COUNT_OF (cases));
}
