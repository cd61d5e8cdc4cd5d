/* ingest-run.c: one ingest or sweep in a process of its own, for tests that kill it.
 *
 *   ingest-run CONFIG PROFILE ingest FILE USER JOB [overwrite] [format=F]
 *   ingest-run CONFIG PROFILE sweep
 *   ingest-run CONFIG PROFILE stat STORE KEY
 *   ingest-run CONFIG PROFILE cat STORE KEY
 *   ingest-run CONFIG PROFILE audit STORE      reads every object that a listing gives: "KEY SHA256 DIGEST IMAGE THUMBNAIL TYPE USER"
 *
 * One line on stdout: "new|already|replaced KEY THUMBNAIL-KEY", "removed N", what stat tells; ingest adds
 * "peak KIB kB". On failure a line on stderr and the tool's exit code. The time of every job is 2026-11-01, so that
 * keys are known. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "error.h"
#include "text.h"
#include "job.h"

/* Of this program alone: what a parent gets from wait4 includes the parent's own size before exec. */
static void
say_peak (void)
{
	char line[256];
	FILE *file = fopen ("/proc/self/status", "r");
	while (file && fgets (line, sizeof line, file))
		if (strncmp (line, "VmHWM:", 6) == 0)
			printf ("peak %s", line + 6);
	if (file)
		fclose (file);
}

static int
ingest (struct larder *larder, struct larder_arena *arena, int argc, char **argv, struct larder_error *error)
{
	static const char *const words[] = { "new", "already", "replaced", "would" };
	struct larder_ingest request = {
		.size = sizeof request, .file = argv[4], .user = argv[5], .job = argv[6], .at = INT64_C (1793491200) * 1000000000,
	};
	struct larder_ingested result = { .size = sizeof result };
	for (int i = 7; i < argc; i++) {
		request.overwrite |= strcmp (argv[i], "overwrite") == 0;
		if (strncmp (argv[i], "format=", 7) == 0)
			request.format = argv[i] + 7;
	}
	int code = larder_ingest (larder, arena, &request, &result, error);
	if (code == 0)
		printf ("%s %s %s %ux%u %ux%u\n", words[result.stored], result.key, result.thumbnail_key, result.width, result.height, result.thumbnail_width,
		        result.thumbnail_height);
	if (code == 0 && result.note)
		printf ("note %s\n", result.note);
	return code;
}

static const char *
value_of (const struct larder_info *info, const char *name)
{
	for (size_t i = 0; i < info->metadata.count; i++)
		if (strcmp (larder_pair_at (&info->metadata, i)->name, name) == 0)
			return larder_pair_at (&info->metadata, i)->value;
	return "-";
}

static void
print_facts (const struct larder_info *info)
{
	printf ("%s %s %s %s %s\n", value_of (info, META_DIGEST), value_of (info, META_IMAGE), value_of (info, META_THUMBNAIL),
	        info->content_type ? info->content_type : "-", value_of (info, "user_id"));
}

static int
stat_object (struct larder *larder, struct larder_arena *arena, char **argv, struct larder_error *error)
{
	struct larder_store *store = NULL;
	struct larder_info info = { .size = sizeof info };
	int code = larder_store_open (larder, argv[4], &store, error);
	if (code == 0)
		code = larder_stat (store, arena, argv[5], NULL, &info, error);
	if (code == 0)
		print_facts (&info);
	larder_store_close (store);
	return code;
}

static int
to_stdout (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	(void) context;
	return fwrite (bytes, 1, count, stdout) == count ? 0 : larder_fail (error, LARDER_E_NOSPACE, "cannot write to stdout");
}

static int
cat_object (struct larder *larder, char **argv, struct larder_error *error)
{
	struct larder_store *store = NULL;
	struct larder_get get = { .size = sizeof get, .key = argv[5], .length = UINT64_MAX };
	struct larder_sink sink = { .size = sizeof sink, .write = to_stdout };
	int code = larder_store_open (larder, argv[4], &store, error);
	if (code == 0)
		code = larder_get (store, &get, &sink, error);
	larder_store_close (store);
	return code;
}

struct audit { struct larder_arena *arena; const char *keys[64]; size_t count; };

static int
audit_key (void *context, const struct larder_info *info)
{
	struct audit *audit = context;
	if (audit->count == sizeof audit->keys / sizeof *audit->keys)
		return LARDER_E_LIMIT;
	audit->keys[audit->count] = arena_copy (audit->arena, info->key);
	return audit->keys[audit->count++] ? 0 : LARDER_E_LIMIT;
}

static int
to_digest (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	(void) error;
	sha256_add (context, bytes, count);
	return 0;
}

static int
audit_object (struct larder_store *store, struct larder_arena *arena, const char *key, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	struct larder_get get = { .size = sizeof get, .key = key, .length = UINT64_MAX };
	struct sha256 sha;
	struct larder_sink sink = { .size = sizeof sink, .context = &sha, .write = to_digest };
	unsigned char digest[32];
	char hex[65];
	sha256_begin (&sha);
	int code = larder_stat (store, arena, key, NULL, &info, error);
	if (code == 0)
		code = larder_get (store, &get, &sink, error);
	if (code < 0)
		return code;
	sha256_end (&sha, digest);
	text_hex (digest, sizeof digest, hex);
	printf ("%s %s ", key, hex);
	print_facts (&info);
	return 0;
}

static int
audit (struct larder *larder, struct larder_arena *arena, char **argv, struct larder_error *error)
{
	struct larder_store *store = NULL;
	struct audit audit = { .arena = arena };
	struct larder_listing listing = { .size = sizeof listing, .prefix = "", .delimiter = "" };
	int code = larder_store_open (larder, argv[4], &store, error);
	if (code == 0)
		code = larder_list (store, &listing, audit_key, &audit, error);
	for (size_t i = 0; i < audit.count && code == 0; i++)
		code = audit_object (store, arena, audit.keys[i], error);
	larder_store_close (store);
	return code;
}

static int
run (struct larder *larder, struct larder_arena *arena, int argc, char **argv, struct larder_error *error)
{
	struct larder_summary sum = { .size = sizeof sum };
	if (strcmp (argv[3], "ingest") == 0 && argc >= 7)
		return ingest (larder, arena, argc, argv, error);
	if (strcmp (argv[3], "stat") == 0 && argc == 6)
		return stat_object (larder, arena, argv, error);
	if (strcmp (argv[3], "cat") == 0 && argc == 6)
		return cat_object (larder, argv, error);
	if (strcmp (argv[3], "audit") == 0 && argc == 5)
		return audit (larder, arena, argv, error);
	int code = larder_images_gc (larder, NULL, 0, 0, NULL, NULL, &sum, error);
	if (code == 0)
		printf ("removed %llu\n", (unsigned long long) sum.done);
	return code;
}

int
main (int argc, char **argv)
{
	if (argc < 4)
		return 64;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_settings settings = { .size = sizeof settings, .config = argv[1], .profile = argv[2] };
	struct larder *larder = NULL;
	struct larder_arena *arena = larder_arena_new ();
	int code = larder_open (&settings, &larder, &error);
	if (code == 0)
		code = run (larder, arena, argc, argv, &error);
	if (code < 0)
		fprintf (stderr, "%s: %s\nnext: %s\n", larder_code_name (code), error.message, error.next);
	if (strcmp (argv[3], "ingest") == 0)
		say_peak ();
	larder_close (larder);
	larder_arena_free (arena);
	return larder_exit_code (code);
}
