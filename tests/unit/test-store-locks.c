/* test-store-locks.c: the locks of a [lock] section as core's rooms use them: taken, renewed, given up also after a cancel, and what
 * a provider says that cannot be. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "arena.h"
#include "clock.h"
#include "folder.h"
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

static void
bench_begin (struct bench *bench, const char *section, const char *modules)
{
	char config[200], folder[4096], text[400];
	struct larder_error error = LARDER_ERROR_INIT;
	bench->folder = folder_make ();
	bench->lock = NULL;
	bench->arena = arena_new ();
	ck_assert_int_eq (mkdirat (bench->folder.fd, "profiles", 0755), 0);
	write_file (bench, "larder.ini", "[store \"s\"]\nbackend = b\nbucket = b\n");
	snprintf (text, sizeof text, "[backend \"b\"]\ndriver = localfs-mock\nroot = /nowhere\n[lock \"l\"]\n%s", section);
	char *here = strstr (text, "HERE");
	if (here)
		snprintf (here, sizeof text - (size_t) (here - text), "%s/locks\n", bench->folder.path);
	write_file (bench, "profiles/t.ini", text);
	snprintf (config, sizeof config, "%s/larder.ini", bench->folder.path);
	snprintf (folder, sizeof folder, "%s/%s", getenv ("TOP_BUILDDIR"), modules);
	const struct larder_settings settings = { .size = sizeof settings, .config = config, .profile = "t", .module_dir = folder };
	ck_assert_msg (larder_open (&settings, &bench->larder, &error) == 0, "%s", error.message);
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

#define FILE_LOCKS "driver = file\nroot = HERE"

START_TEST (life)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_lease lease = { .size = sizeof lease }, seen = { .size = sizeof seen };
	bench_open (&bench, FILE_LOCKS, ".libs");
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
	bench_open (&bench, FILE_LOCKS, ".libs");
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "sdxl", 60 * NS_PER_S, "", &lease, &error), 0);
	larder_cancel (bench.larder);
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "flux", 60 * NS_PER_S, "", &seen, &error), LARDER_E_CANCELLED);
	ck_assert_int_eq (lock_renew (bench.lock, bench.arena, &lease, &error), LARDER_E_CANCELLED);
	ck_assert_msg (lock_release (bench.lock, bench.arena, &lease, &error) == 0, "%s", error.message);
	char root[100];
	snprintf (root, sizeof root, "%s/locks", bench.folder.path);
	struct bench again;
	char section[200];
	snprintf (section, sizeof section, "driver = file\nroot = %s\n", root);
	bench_open (&again, section, ".libs");
	ck_assert_int_eq (lock_holder (again.lock, again.arena, "sdxl", &seen, &error), LARDER_E_NOTFOUND);
	bench_end (&again);
	bench_end (&bench);
}
END_TEST

START_TEST (senseless)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_lease lease = { .size = sizeof lease, .name = "sdxl", .token = "t" };
	bench_open (&bench, FILE_LOCKS, ".libs");
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "", NS_PER_S, "", &lease, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "[lock \"l\"]"));
	ck_assert_int_eq (lock_try (bench.lock, bench.arena, "sdxl", 0, "", &lease, &error), LARDER_E_INVALID);
	ck_assert_int_eq (lock_renew (bench.lock, bench.arena, &lease, &error), LARDER_E_INVALID);
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
	{ "m", FILE_LOCKS, LARDER_E_NOTFOUND, "no lock 'm'" },
	{ "l", "driver = fiel\n", LARDER_E_NOTFOUND, "[lock \"l\"]" },
	{ "l", "driver = file\n", LARDER_E_INVALID, "'root'" },
	{ "l", "driver = file\nroot = /dev/null/locks\n", LARDER_E_INVALID, "/dev/null/locks" },
	{ "l", "driver = file\nmode = rw\nroot = HERE", LARDER_E_INVALID, "'rw'" },
	{ "l", "driver = file\nmode = 466\nroot = HERE", LARDER_E_INVALID, "'466'" },
	{ "l", "driver = file\nstore = s\nroot = HERE", LARDER_E_INVALID, "store" },
	{ "l", "driver = file\nserver = here\nroot = HERE", LARDER_E_INVALID, "'server'" },
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
		{ "test-store-locks-life", life, 0 }, { "test-store-locks-cancelled", cancelled, 0 }, { "test-store-locks-senseless", senseless, 0 },
		{ "test-store-locks-lying", lying, COUNT_OF (lies) }, { "test-store-locks-opening", opening, COUNT_OF (failures) },
	};
	return unit_run ("store-locks", cases, COUNT_OF (cases));
}
