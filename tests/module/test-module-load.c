/* test-module-load.c: every fault of a module has its own message, nothing of a refused module remains, and
 * tables of other sizes than ours are cut or filled (c-A01, c-A02). */
#define LARDER_API_VERSION 0
#include <larder/codec.h>
#include <larder/driver.h>
#include <larder/lock.h>

#include "loading.h"
#include "arena.h"
#include "loaded.h"
#include "values.h"

static const struct fault { const char *file; int code; const char *says; } faults[] = {
	{ "driver-bad-no-entry.so", LARDER_E_INVALID, "module 'driver-bad-no-entry.so' has no symbol 'larder_module_entry'" },
	{ "driver-bad-null-entry.so", LARDER_E_INVALID, "module 'driver-bad-null-entry.so' hands over no table" },
	{ "driver-bad-future-abi.so", LARDER_E_UNSUPPORTED, "module 'driver-bad-future-abi.so' is for contract 7, newer than ours, 0" },
	{ "driver-bad-wrong-kind.so", LARDER_E_INVALID, "module 'driver-bad-wrong-kind.so' is of the wrong kind: it is a lock" },
	{ "driver-bad-unknown-kind.so", LARDER_E_INVALID, "module 'driver-bad-unknown-kind.so' is of an unknown kind (99)" },
	{ "driver-bad-null-open.so", LARDER_E_INVALID, "module 'driver-bad-null-open.so' lacks what a driver must have: open, list" },
	{ "driver-bad-other-name.so", LARDER_E_INVALID, "module 'driver-bad-other-name.so' calls itself 'another': its file would be 'driver-another.so'" },
	{ "driver-bad-name-letters.so", LARDER_E_INVALID, "module 'driver-bad-name-letters.so' has a name that is not of small letters, digits and '-'" },
	{ "driver-bad-no-name.so", LARDER_E_INVALID, "module 'driver-bad-no-name.so' has a name that is not of small letters, digits and '-'" },
	{ "driver-bad-size-zero.so", LARDER_E_INVALID, "module 'driver-bad-size-zero.so' has a table of an impossible size (0)" },
	{ "driver-bad-size-huge.so", LARDER_E_INVALID, "module 'driver-bad-size-huge.so' has a table of an impossible size (4294967296)" },
	{ "driver-bad-stride-zero.so", LARDER_E_INVALID, "module 'driver-bad-stride-zero.so' has options of an impossible stride (0)" },
	{ "driver-bad-retrieval-stride.so", LARDER_E_INVALID, "module 'driver-bad-retrieval-stride.so' has retrievals of an impossible stride (0)" },
	{ "driver-bad-resource-stride.so", LARDER_E_INVALID, "module 'driver-bad-resource-stride.so' has resources of an impossible stride (0)" },
	{ "driver-bad-option-outside.so", LARDER_E_INVALID, "module 'driver-bad-option-outside.so' has an option 'far' that cannot be" },
	{ "driver-bad-option-type.so", LARDER_E_INVALID, "module 'driver-bad-option-type.so' has an option 'odd' that cannot be" },
	{ "driver-bad-options-no-self.so", LARDER_E_INVALID, "module 'driver-bad-options-no-self.so' has options but no instance to hold them" },
	{ "driver-bad-self-huge.so", LARDER_E_INVALID, "module 'driver-bad-self-huge.so' wants an instance of an impossible size (4294967296)" },
	{ "driver-bad-undefined.so", LARDER_E_INVALID, "module 'driver-bad-undefined.so' cannot be loaded: undefined symbol: nobody_has_this" },
	{ "codec-bad-no-rows.so", LARDER_E_INVALID, "module 'codec-bad-no-rows.so' lacks what a codec must have: decode_begin, decode_rows, decode_end, "
	  "content_type and extension, one of encode_begin, encode_rows, encode_end" },
	{ "lock-bad-no-renew.so", LARDER_E_INVALID, "module 'lock-bad-no-renew.so' lacks what a lock provider must have: try_acquire, renew, release, holder" },
};

START_TEST (fault)
{
	const struct fault *at = &faults[_i];
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	const struct module *module = NULL;
	bench_begin (&bench);
	bench_put (&bench, at->file, NULL);
	ck_assert_int_eq (bench_load (&bench, at->file, &module, &error), at->code);
	ck_assert_int_eq (error.code, at->code);
	ck_assert_msg (strncmp (error.message, at->says, strlen (at->says)) == 0, "'%s' does not begin with '%s'", error.message, at->says);
	ck_assert_ptr_null (module);
	bench_end (&bench);
}
END_TEST

/* A file that is no module at all, by its bytes. */
static void
refuse_bytes (const char *file, const void *bytes, size_t count, const char *says)
{
	struct bench bench;
	struct larder_error error = LARDER_ERROR_INIT;
	const struct module *module = NULL;
	char path[512];
	bench_begin (&bench);
	bench_path (&bench, file, path);
	FILE *out = fopen (path, "w");
	ck_assert_ptr_nonnull (out);
	ck_assert_uint_eq (fwrite (bytes, 1, count, out), count);
	fclose (out);
	ck_assert_int_eq (bench_load (&bench, file, &module, &error), LARDER_E_INVALID);
	ck_assert_msg (strstr (error.message, says), "'%s' does not say '%s'", error.message, says);
	bench_end (&bench);
}

START_TEST (not_elf)
{
	static const char script[] = "#!/bin/sh\necho this is not a module, though it is long enough to have a header of ELF's size\n";
	refuse_bytes ("driver-script.so", script, sizeof script, "is not an ELF file");
	refuse_bytes ("driver-empty.so", "", 0, "is not an ELF file");
}
END_TEST

/* The head of driver-good.so with one byte changed. */
static void
refuse_changed (size_t at, unsigned char to, const char *says)
{
	unsigned char head[64];
	char path[4096];
	snprintf (path, sizeof path, "%s/tests/module/.libs/driver-good.so", getenv ("TOP_BUILDDIR"));
	FILE *in = fopen (path, "r");
	ck_assert_ptr_nonnull (in);
	ck_assert_uint_eq (fread (head, 1, sizeof head, in), sizeof head);
	fclose (in);
	head[at] = to;
	refuse_bytes ("driver-changed.so", head, sizeof head, says);
}

START_TEST (wrong_machine)
{
	refuse_changed (4, sizeof (void *) == 8 ? 1 : 2, "is built for another word size");
	refuse_changed (18, 99, "is built for another kind of machine");
	refuse_changed (16, 2, "is an ELF file, but not a shared object");
}
END_TEST

/* Cut anywhere, a module is refused; mapped, it would kill the process where its bytes are missing. */
START_TEST (cut_short)
{
	static unsigned char bytes[1 << 20];
	char path[4096];
	snprintf (path, sizeof path, "%s/tests/module/.libs/driver-good.so", getenv ("TOP_BUILDDIR"));
	FILE *in = fopen (path, "r");
	ck_assert_ptr_nonnull (in);
	size_t length = fread (bytes, 1, sizeof bytes, in);
	fclose (in);
	for (size_t cut = 64; cut < length; cut += length / 23)
		refuse_bytes ("driver-cut.so", bytes, cut, "is cut short");
	refuse_bytes ("driver-cut.so", bytes, length - 1, "is cut short");
}
END_TEST

START_TEST (missing)
{
	struct bench bench;
	struct registry *registry;
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	bench_begin (&bench);
	ck_assert_int_eq (registry_open (bench.folder, &registry, NULL), 0);
	ck_assert_int_eq (registry_load (registry, LARDER_KIND_CODEC, "nowhere", &module, &error), LARDER_E_NOTFOUND);
	ck_assert_ptr_nonnull (strstr (error.message, "codec-nowhere.so"));
	ck_assert_ptr_nonnull (strstr (error.message, bench.folder));
	ck_assert_str_ne (error.next, "");
	registry_close (registry);
	bench_end (&bench);
}
END_TEST

START_TEST (invalid_name)
{
	static const char *const names[] = { "", "../../etc/x", "Big", "a_b", "a.b", "a b" };
	static const char *const files[] = { "good.so", "driver-.so", "driver-Good.so", "driver-good.so.1", "driver-../x.so", "thing-good.so" };
	struct bench bench;
	struct registry *registry;
	const struct module *module = NULL;
	bench_begin (&bench);
	ck_assert_int_eq (registry_open (bench.folder, &registry, NULL), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		ck_assert_int_eq (registry_load (registry, LARDER_KIND_DRIVER, names[i], &module, NULL), LARDER_E_INVALID);
	registry_close (registry);
	bench_put (&bench, "driver-good.so", "driver-Good.so");
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		ck_assert_int_eq (bench_load (&bench, files[i], &module, NULL), LARDER_E_INVALID);
	ck_assert_int_eq (bench_marks (&bench), 0);
	bench_end (&bench);
}
END_TEST

static int
descriptors (void)
{
	int count = 0;
	DIR *folder = opendir ("/proc/self/fd");
	ck_assert_ptr_nonnull (folder);
	while (readdir (folder))
		count++;
	closedir (folder);
	return count;
}

/* c-A01: refused once and for all: one entry, no call afterwards, nothing registered, the others work. */
START_TEST (refused_for_good)
{
	struct bench bench;
	struct registry *registry;
	const struct module *module = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	bench_begin (&bench);
	bench_put (&bench, "driver-bad-future-abi.so", NULL);
	bench_put (&bench, "driver-good.so", NULL);
	bench_put (&bench, "codec-bad-no-rows.so", NULL);
	ck_assert_int_eq (registry_open (bench.folder, &registry, NULL), 0);
	int held = -1;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq (registry_load (registry, LARDER_KIND_DRIVER, "bad-future-abi", &module, &error), LARDER_E_UNSUPPORTED);
		ck_assert_ptr_nonnull (strstr (error.message, "contract 7"));
		ck_assert_ptr_null (module);
		ck_assert_int_eq (registry_codec_for (registry, "xxxx", 4, &module, NULL), LARDER_E_UNSUPPORTED);
		ck_assert (held < 0 || descriptors () == held);
		held = descriptors ();
	}
	ck_assert_int_eq (bench_marks (&bench), 1);   /* the constructor's; open would have left another */
	ck_assert_int_eq (registry_load (registry, LARDER_KIND_DRIVER, "good", &module, &error), 0);
	ck_assert_str_eq (module->name, "good");
	registry_close (registry);
	bench_end (&bench);
}
END_TEST

struct seen { char names[1024]; unsigned problems; };

static int
see (void *context, const struct larder_module_facts *facts)
{
	struct seen *seen = context;
	const char *slash = strrchr (facts->path, '/');
	size_t length = strlen (seen->names);
	snprintf (seen->names + length, sizeof seen->names - length, "%s%s ", slash + 1, facts->problem ? "!" : "");
	seen->problems += facts->problem != NULL;
	ck_assert_int_eq (facts->problem != NULL, facts->problem_code < 0);
	return 0;
}

/* In order of name, the broken ones with their problem, and only files that can be modules. */
START_TEST (folder)
{
	struct bench bench;
	struct registry *registry;
	struct seen seen = { 0 };
	bench_begin (&bench);
	bench_put (&bench, "driver-good.so", NULL);
	bench_put (&bench, "driver-odd-longer.so", NULL);
	bench_put (&bench, "lock-bad-no-renew.so", NULL);
	bench_put (&bench, "driver-bad-no-entry.so", NULL);
	bench_put (&bench, "driver-good.so", "libother.so.1");
	ck_assert_int_eq (registry_open (bench.folder, &registry, NULL), 0);
	ck_assert_int_eq (registry_each (registry, see, &seen, NULL), 0);
	ck_assert_str_eq (seen.names, "driver-bad-no-entry.so! driver-good.so driver-odd-longer.so lock-bad-no-renew.so! ");
	registry_close (registry);
	bench_end (&bench);
}
END_TEST

/* c-A02: one operation longer is cut. */
START_TEST (longer_table)
{
	struct bench bench;
	const struct module *module = NULL;
	struct instance *instance = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	bench_begin (&bench);
	bench_put (&bench, "driver-odd-longer.so", NULL);
	ck_assert_msg (bench_load (&bench, "driver-odd-longer.so", &module, &error) == 0, "%s", error.message);
	ck_assert_str_eq (module->options[0].key, "place");
	ck_assert_str_eq (module->options[1].key, "count");
	ck_assert_ptr_null (module->options[2].key);
	ck_assert_int_eq (instance_new (module, &instance, &error), 0);
	const struct { const char *place; int64_t count; } *self = instance->self;
	ck_assert_str_eq (self->place, "here");
	ck_assert_int_eq (self->count, 7);
	instance_free (instance);
	bench_end (&bench);
}
END_TEST

/* c-A02: what an older table does not have is unsupported, whatever bytes follow it. */
START_TEST (shorter_table)
{
	struct bench bench;
	const struct module *module = NULL;
	bench_begin (&bench);
	bench_put (&bench, "driver-odd-shorter.so", NULL);
	ck_assert_int_eq (bench_load (&bench, "driver-odd-shorter.so", &module, NULL), 0);
	ck_assert_ptr_null ((void *) (uintptr_t) module->driver->copy);
	ck_assert_ptr_null ((void *) (uintptr_t) module->driver->url);
	ck_assert_ptr_nonnull ((void *) (uintptr_t) module->driver->list);
	bench_end (&bench);
}
END_TEST

/* With numbers of later days: today's oldest is also the newest. */
START_TEST (abi_window)
{
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (abi_check ("driver-x.so", 3, 2, 4, &error), 0);
	ck_assert_int_eq (abi_check ("driver-x.so", 2, 2, 4, &error), 0);
	ck_assert_int_eq (abi_check ("driver-x.so", 4, 2, 4, &error), 0);
	ck_assert_int_eq (abi_check ("driver-x.so", 1, 2, 4, &error), LARDER_E_UNSUPPORTED);
	ck_assert_str_eq (error.message, "module 'driver-x.so' is for contract 1, too old: the oldest still taken is 2");
	ck_assert_int_eq (abi_check ("driver-x.so", 5, 2, 4, &error), LARDER_E_UNSUPPORTED);
	ck_assert_str_eq (error.message, "module 'driver-x.so' is for contract 5, newer than ours, 4");
}
END_TEST

static const char *
fact (const struct larder_module_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->facts.count; i++)
		if (strcmp (larder_pair_at (&facts->facts, i)->name, name) == 0)
			return larder_pair_at (&facts->facts, i)->value;
	return "(none)";
}

START_TEST (facts_of)
{
	struct bench bench;
	const struct module *module = NULL;
	struct larder_arena *arena = arena_new ();
	struct larder_module_facts facts = { .size = sizeof facts };
	bench_begin (&bench);
	bench_put (&bench, "driver-good.so", NULL);
	ck_assert_int_eq (bench_load (&bench, "driver-good.so", &module, NULL), 0);
	module_facts (module, arena, &facts);
	ck_assert_str_eq (facts.kind, "driver");
	ck_assert_str_eq (facts.name, "good");
	ck_assert_str_eq (facts.version, "1.2.3");
	ck_assert_str_eq (fact (&facts, "threads"), "parallel");
	ck_assert_str_eq (fact (&facts, "can_list"), "yes");
	ck_assert_str_eq (fact (&facts, "can_copy"), "no");
	ck_assert_str_eq (fact (&facts, "create_only"), "no");
	arena_free (arena);
	bench_end (&bench);
}
END_TEST

/* Two registries of one folder: the module is one, its registrations are two. */
START_TEST (two_registries)
{
	struct bench bench;
	const struct module *one = NULL, *two = NULL;
	bench_begin (&bench);
	bench_put (&bench, "driver-good.so", NULL);
	ck_assert_int_eq (bench_load (&bench, "driver-good.so", &one, NULL), 0);
	ck_assert_int_eq (bench_load (&bench, "driver-good.so", &two, NULL), 0);
	ck_assert_ptr_ne (one, two);
	ck_assert_ptr_eq (one->name, two->name);   /* the text stands in the one mapping */
	ck_assert_int_eq (bench_marks (&bench), 1);
	bench_end (&bench);
}
END_TEST

static void
add (Suite *suite, const char *name, const TTest *test)
{
	TCase *tcase = tcase_create (name);
	tcase_add_test (tcase, test);
	suite_add_tcase (suite, tcase);
}

int
main (void)
{
	Suite *suite = suite_create ("module-load");
	TCase *tcase = tcase_create ("test-module-load-fault");
	tcase_add_loop_test (tcase, fault, 0, (int) (sizeof faults / sizeof *faults));
	suite_add_tcase (suite, tcase);
	add (suite, "test-module-load-not-elf", not_elf);
	add (suite, "test-module-load-wrong-machine", wrong_machine);
	add (suite, "test-module-load-cut-short", cut_short);
	add (suite, "test-module-load-missing", missing);
	add (suite, "test-module-load-invalid-name", invalid_name);
	add (suite, "test-module-load-refused-for-good", refused_for_good);
	add (suite, "test-module-load-folder", folder);
	add (suite, "test-module-load-longer-table", longer_table);
	add (suite, "test-module-load-shorter-table", shorter_table);
	add (suite, "test-module-load-abi-window", abi_window);
	add (suite, "test-module-load-facts", facts_of);
	add (suite, "test-module-load-two-registries", two_registries);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed != 0;
}
