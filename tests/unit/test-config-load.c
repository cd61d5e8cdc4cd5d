/* test-config-load.c: pipeline and profile merged, filled and checked; the strategy under all three profiles. */
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "config.h"
#include "schema.h"
#include "values.h"

static char folder[64];
static struct config *config;
static struct larder_error error;

static void
write_file (const char *name, const char *text)
{
	FILE *file = fopen (name, "w");
	ck_assert_ptr_nonnull (file);
	fputs (text, file);
	ck_assert_int_eq (fclose (file), 0);
}

static void
setup (void)
{
	snprintf (folder, sizeof folder, "/tmp/test-config-XXXXXX");
	ck_assert_ptr_nonnull (mkdtemp (folder));
	ck_assert_int_eq (chdir (folder), 0);
	ck_assert_int_eq (mkdir ("profiles", 0755), 0);
	write_file ("profiles/dev.ini", "[backend \"b\"]\ndriver = mock\nroot = /r\n");
	write_file ("profiles/prod.ini", "[backend \"b\"]\ndriver = s3\n");
	unsetenv ("LARDER_CONFIG");
	unsetenv ("LARDER_PROFILE");
	unsetenv ("LARDER_MEMORY");
	setenv ("HOME", folder, 1);
	unsetenv ("XDG_CONFIG_HOME");
	error = (struct larder_error) LARDER_ERROR_INIT;
	config = NULL;
}

static int
remove_one (const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void) facts, (void) type, (void) at;
	return remove (path);
}

static void
teardown (void)
{
	config_free (config);
	ck_assert_int_eq (chdir ("/"), 0);
	ck_assert_int_eq (nftw (folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int
load_text (const char *pipeline, const char *profile)
{
	write_file ("larder.ini", pipeline);
	if (profile)
		write_file ("profiles/dev.ini", profile);
	struct config_request request = { .config = "larder.ini", .profile = "dev" };
	return config_load (&request, &config, &error);
}

static const void *
section_struct (const char *kind, const char *name)
{
	const struct config_section *section;
	ck_assert_msg (config_find (config, kind, name, &section, &error) == 0, "%s", error.message);
	return config_struct (section);
}

/* ---- the strategy ------------------------------------------------------------------------------- */

static const char *const profiles[] = { "aws", "minio", "mock" };

/* A3: the same pipeline under each profile; every backend, lock and cdn is there. */
START_TEST (strategy)
{
	char path[512];
	snprintf (path, sizeof path, "%s/etc/larder.ini", getenv ("TOP_SRCDIR"));
	struct config_request request = { .config = path, .profile = profiles[_i] };
	ck_assert_msg (config_load (&request, &config, &error) == 0, "%s (%s)", error.message, error.next);
	ck_assert_str_eq (config_profile (config), profiles[_i]);
	const struct schema_store *images = section_struct ("store", "images");
	ck_assert_str_eq (images->bucket, "pingvas-studio-images");
	ck_assert (images->versioning);
	ck_assert_str_eq (images->tags[0], "Name=Generated Images");
	const struct schema_lifecycle *rule = section_struct ("lifecycle", images->lifecycle);
	ck_assert_str_eq (rule->id, "transition_to_glacier");
	ck_assert_str_eq (rule->transition[1], "120d DEEP_ARCHIVE");
	ck_assert_int_eq (rule->expire_noncurrent, INT64_C (30) * 86400 * 1000000000);
	const struct schema_pipeline *pipeline = section_struct ("pipeline", "image");
	ck_assert_str_eq (pipeline->key, "{user}/{year}/{month}/{job}.{ext}");
	ck_assert_str_eq (pipeline->strip[1], "text");
	ck_assert_int_eq (pipeline->quality, 95);
	const struct schema_cache *cache = section_struct ("cache", "models");
	ck_assert_int_eq (cache->lease, INT64_C (600) * 1000000000);
	ck_assert_str_eq (cache->prefixes[2], "flux/");
	const struct schema_replication *tokyo = section_struct ("replication", "tokyo");
	ck_assert_str_eq (tokyo->id, "ReplicateToTokyo");
	ck_assert_int_eq (tokyo->time_control, INT64_C (900) * 1000000000);
	section_struct ("backend", "objects-replica");
	section_struct ("lock", "models");
}
END_TEST

/* I3: each name of the strategy stands in the pipeline file, regions in aws.ini. */
START_TEST (strategy_names)
{
	static const char *const names[] = {
		"pingvas-studio-images", "pingvas-studio-models", "pingvas-studio-images-replica-tokyo", "transition_to_glacier", "GLACIER_IR", "DEEP_ARCHIVE",
		"https://pingvas.studio", "https://www.pingvas.studio", "S3-pingvas-studio-images", "Pingvas Studio Images CDN", "OAI for images bucket",
		"*/thumbnails/*", "PriceClass_200", "TLSv1.2_2021", "Images CDN", "efs-models-sg", "efs-models-pv", "efs-models-pvc", "efs-models-pvc-rw",
		"efs-sc", "model-sync-job", "model:download:lock:{name}", "ReplicateToTokyo", "STANDARD_IA", "efs-models-daily-backup", "daily_backup",
		"efs-models-selection", "cron(0 2 * * ? *)", "03:00-04:00", "pingvas-studio-final-snapshot", "postgresql", "Purpose=AI model cache",
		"Name=Generated Images", "Environment=production", "generalPurpose", "bursting", "INTELLIGENT_TIERING" };
	char path[512];
	static char text[1 << 16];
	snprintf (path, sizeof path, "%s/etc/larder.ini", getenv ("TOP_SRCDIR"));
	FILE *file = fopen (path, "r");
	ck_assert_ptr_nonnull (file);
	text[fread (text, 1, sizeof text - 1, file)] = '\0';
	fclose (file);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		ck_assert_msg (strstr (text, names[i]), "'%s' is not in etc/larder.ini", names[i]);
}
END_TEST

/* ---- merging ----------------------------------------------------------------------------------- */

#define STORE "[store \"s\"]\nbackend = b\nbucket = one\n"

struct seen { char text[8000]; };

static int
see (void *context, const struct larder_setting *setting)
{
	struct seen *seen = context;
	size_t length = strlen (seen->text);
	snprintf (seen->text + length, sizeof seen->text - length, "%s=%s@%s:%u%s\n", setting->key, setting->value, setting->file ? setting->file : "-", setting->line,
	          setting->winner ? "" : " lost");
	return 0;
}

START_TEST (profile_wins)
{
	ck_assert_msg (load_text (STORE, "[backend \"b\"]\ndriver = mock\n\n[store \"s\"]\nbucket = two # other\n") == 0, "%s", error.message);
	const struct schema_store *store = section_struct ("store", "s");
	ck_assert_str_eq (store->bucket, "two");
	struct seen seen = { "" };
	ck_assert_int_eq (config_explain (config, "store.s.bucket", NULL, see, &seen, &error), 0);
	ck_assert_str_eq (seen.text, "bucket=two@profiles/dev.ini:5\nbucket=one@larder.ini:3 lost\n");
}
END_TEST

/* A profile asks the environment for what the pipeline file may say, too: a variable that is not set takes nothing away. What is written empty does, and what has a default of its own. */
static const struct { const char *written, *purpose; } blanks[] = {
	{ "purpose = ${LARDER_TEST_NONE:-}", "one" }, { "purpose = ${LARDER_TEST_NONE:-} ; note", "one" }, { "purpose = ${LARDER_TEST_NONE:-}${LARDER_TEST_NONE:-}", "one" },
	{ "purpose = ${LARDER_TEST_SET:-}", "set" }, { "purpose = ${LARDER_TEST_NONE:-two}", "two" }, { "purpose =", "" }, { "purpose = \"\"", "" },
	{ "purpose = \"${LARDER_TEST_NONE:-}\"", "" },
};

START_TEST (blank_is_not_written)
{
	char profile[300];
	setenv ("LARDER_TEST_SET", "set", 1);
	unsetenv ("LARDER_TEST_NONE");
	snprintf (profile, sizeof profile, "[backend \"b\"]\ndriver = mock\n[store \"s\"]\n%s\n", blanks[_i].written);
	ck_assert_msg (load_text (STORE "purpose = one\n", profile) == 0, "%s", error.message);
	const struct schema_store *store = section_struct ("store", "s");
	ck_assert_str_eq (store->purpose, blanks[_i].purpose);
}
END_TEST

/* Where nothing else is written, either, the default holds; a misspelt key is one all the same, and what a section needs is missing. */
START_TEST (blank_alone)
{
	const struct config_section *section;
	unsetenv ("LARDER_TEST_NONE");
	ck_assert_msg (load_text (STORE "versioning = ${LARDER_TEST_NONE:-}\npurpose = ${LARDER_TEST_NONE:-}\nclass = x\n", NULL) == 0, "%s", error.message);
	const struct schema_store *store = section_struct ("store", "s");
	ck_assert (!store->versioning && !store->purpose);
	ck_assert_int_eq (config_find (config, "store", "s", &section, &error), 0);
	ck_assert (!config_given (section, "versioning") && !config_text (section, "purpose"));
	ck_assert_str_eq (config_next_key (section, "bucket"), "class");
	struct seen seen = { "" };
	ck_assert_int_eq (config_explain (config, "store.s.versioning", NULL, see, &seen, &error), 0);
	ck_assert_str_eq (seen.text, "versioning=no@-:0\n");
	seen.text[0] = '\0';
	ck_assert_int_eq (config_each (config, NULL, see, &seen, &error), 0);
	ck_assert (strstr (seen.text, "versioning=no@-:0\n") && !strstr (seen.text, "versioning=@"));
	config_free (config);
	config = NULL;
	ck_assert_int_eq (load_text (STORE "purpse = ${LARDER_TEST_NONE:-}\n", NULL), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "purpse"));
	ck_assert_int_eq (load_text ("[store \"s\"]\nbackend = b\nbucket = ${LARDER_TEST_NONE:-}\n", NULL), LARDER_E_INVALID);
}
END_TEST

START_TEST (explain_default)
{
	struct seen seen = { "" };
	ck_assert_int_eq (load_text (STORE, NULL), 0);
	ck_assert_int_eq (config_explain (config, "store.s.versioning", NULL, see, &seen, &error), 0);
	ck_assert_str_eq (seen.text, "versioning=no@-:0\n");
	ck_assert_int_eq (config_explain (config, "store.s.bukcet", NULL, see, &seen, &error), LARDER_E_NOTFOUND);
	ck_assert_ptr_nonnull (strstr (error.next, "bucket"));
	ck_assert_int_eq (config_explain (config, "store.t.bucket", NULL, see, &seen, &error), LARDER_E_NOTFOUND);
	ck_assert_int_eq (config_explain (config, "bucket", NULL, see, &seen, &error), LARDER_E_INVALID);
}
END_TEST

static bool
root_is_secret (void *context, const struct config_section *section, const char *key)
{
	(void) context;
	return strcmp (config_kind (section), "backend") == 0 && strcmp (key, "root") == 0;
}

START_TEST (secrets_hidden)
{
	struct seen seen = { "" };
	const struct config_modules modules = { NULL, root_is_secret, NULL };
	ck_assert_int_eq (load_text (STORE, "[backend \"b\"]\ndriver = mock\nroot = hunter2\n"), 0);
	ck_assert_int_eq (config_each (config, &modules, see, &seen, &error), 0);
	ck_assert_ptr_null (strstr (seen.text, "hunter2"));
	ck_assert_ptr_nonnull (strstr (seen.text, "root=(secret)@profiles/dev.ini:3"));
}
END_TEST

static const struct larder_option *
module_options (void *context, const struct config_section *section)
{
	static const struct larder_option options[] = {
		{ .key = "root", .type = LARDER_PATH }, { .key = "depth", .type = LARDER_INT, .def = "3" },
		{ .key = "inner", .type = LARDER_INT, .def = "4", .flags = LARDER_HIDDEN_OPTION }, { 0 }
	};
	(void) context;
	return strcmp (config_kind (section), "backend") == 0 ? options : NULL;
}

/* What nobody wrote is in force too: defaults of the schema, and of the module that a section is for. */
START_TEST (each_tells_defaults)
{
	struct seen seen = { "" };
	const struct config_modules modules = { NULL, NULL, module_options };
	ck_assert_int_eq (load_text (STORE, "[backend \"b\"]\ndriver = mock\nroot = /r\n"), 0);
	ck_assert_int_eq (config_each (config, &modules, see, &seen, &error), 0);
	ck_assert_ptr_nonnull (strstr (seen.text, "\nversioning=no@-:0\n"));
	ck_assert_ptr_nonnull (strstr (seen.text, "\nroot=/r@profiles/dev.ini:3\n"));
	ck_assert_ptr_null (strstr (seen.text, "\nroot=@-"));
	ck_assert_ptr_nonnull (strstr (seen.text, "\ndepth=3@-:0\n"));
	ck_assert_ptr_null (strstr (seen.text, "inner"));
}
END_TEST

START_TEST (explain_modules_key)
{
	struct seen seen = { "" };
	const struct config_modules modules = { NULL, NULL, module_options };
	ck_assert_int_eq (load_text (STORE, "[backend \"b\"]\ndriver = mock\n"), 0);
	ck_assert_int_eq (config_explain (config, "backend.b.depth", &modules, see, &seen, &error), 0);
	ck_assert_str_eq (seen.text, "depth=3@-:0\n");
	ck_assert_int_eq (config_explain (config, "backend.b.detph", &modules, see, &seen, &error), LARDER_E_NOTFOUND);
	ck_assert_str_eq (error.next, "did you mean 'depth'?");
	ck_assert_int_eq (config_explain (config, "backend.b.depth", NULL, see, &seen, &error), LARDER_E_NOTFOUND);
}
END_TEST

/* LARDER_* and flags reach [larder] only, and win in that order. */
START_TEST (environment_and_flags)
{
	struct larder_pair flag = { "jobs", "7" };
	write_file ("larder.ini", "[larder]\nmemory = 1MiB\njobs = 3\n" STORE);
	setenv ("LARDER_MEMORY", "2MiB", 1);
	setenv ("LARDER_JOBS", "5", 1);
	setenv ("LARDER_BUCKET", "x", 1);
	struct config_request request = { .profile = "dev", .flags = { &flag, 1, sizeof flag } };
	int code = config_load (&request, &config, &error);
	unsetenv ("LARDER_JOBS");
	unsetenv ("LARDER_BUCKET");
	ck_assert_msg (code == 0, "%s", error.message);
	const struct schema_larder *larder = section_struct ("larder", "");
	ck_assert_uint_eq (larder->memory, 2 << 20);
	ck_assert_int_eq (larder->jobs, 7);
	ck_assert_str_eq (((const struct schema_store *) section_struct ("store", "s"))->bucket, "one");
}
END_TEST

/* "not given", "empty" and a value are three things. */
START_TEST (given)
{
	ck_assert_msg (load_text (STORE "tags = a=1, b=2\npurpose =\n", "[backend \"b\"]\ndriver = mock\n[store \"s\"]\ntags =\n") == 0, "%s", error.message);
	const struct schema_store *store = section_struct ("store", "s");
	const struct config_section *section = config_next (config, "store", NULL);
	ck_assert_ptr_nonnull (store->tags);
	ck_assert_ptr_null (store->tags[0]);
	ck_assert_str_eq (store->purpose, "");
	ck_assert (config_given (section, "purpose"));
	ck_assert (!config_given (section, "class"));
	ck_assert_ptr_null (config_text (section, "class"));
}
END_TEST

/* ---- finding ----------------------------------------------------------------------------------- */

START_TEST (no_default_profile)
{
	write_file ("larder.ini", STORE);
	struct config_request request = { 0 };
	ck_assert_int_eq (config_load (&request, &config, &error), LARDER_E_INVALID);
	ck_assert_ptr_null (config);
	ck_assert_str_eq (error.next, "give one: --profile dev, prod");
	static const char *const more[] = { "z", "y", "x", "w", "v", "a", "c", "b" };
	for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
		char path[32];
		snprintf (path, sizeof path, "profiles/%s.ini", more[i]);
		write_file (path, "");
	}
	ck_assert_int_eq (config_load (&request, &config, &error), LARDER_E_INVALID);
	ck_assert_str_eq (error.next, "give one: --profile a, b, c, dev, prod, v, w, x, y, z");
	request.profile = "dve";
	ck_assert_int_eq (config_load (&request, &config, &error), LARDER_E_INVALID);
	ck_assert_str_eq (error.next, "did you mean 'dev'?");
	request.profile = "../profiles/dev";
	ck_assert_int_eq (config_load (&request, &config, &error), LARDER_E_INVALID);
	setenv ("LARDER_PROFILE", "dev", 1);
	request.profile = NULL;
	ck_assert_int_eq (config_load (&request, &config, &error), 0);
}
END_TEST

START_TEST (search_order)
{
	static const char *const places[] = { ".config/larder/larder.ini", "etc/larder.ini", "larder.ini", "given.ini" };
	struct config_request request = { .profile = "dev" };
	ck_assert_int_eq (config_load (&request, &config, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "LARDER_CONFIG"));
	for (int i = 0; i < 4; i++) {
		static const char *const folders[] = { ".config", ".config/larder", ".config/larder/profiles", "etc", "etc/profiles" };
		for (int j = 0; j < 5 && i == 0; j++)
			ck_assert_int_eq (mkdir (folders[j], 0755), 0);
		write_file (places[i], STORE);
		if (i == 0)
			write_file (".config/larder/profiles/dev.ini", "[backend \"b\"]\ndriver = m\n");
		if (i == 1)
			write_file ("etc/profiles/dev.ini", "[backend \"b\"]\ndriver = m\n");
		if (i == 3)
			setenv ("LARDER_CONFIG", "given.ini", 1);
		ck_assert_msg (config_load (&request, &config, &error) == 0, "%s", error.message);
		const char *path = config_path (config), *end = path + strlen (path) - strlen (places[i]);
		ck_assert_str_eq (end, places[i]);
		config_free (config);
		config = NULL;
	}
	request.config = "not-there.ini";
	ck_assert_int_eq (config_load (&request, &config, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "not-there.ini"));
}
END_TEST

START_TEST (file_too_large)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 2 << 20);
	buffer_add_text (&text, STORE);
	while (text.length <= 1 << 20)
		buffer_add_text (&text, "; a line that says nothing\n");
	ck_assert_int_eq (load_text (buffer_text (&text), NULL), LARDER_E_LIMIT);
}
END_TEST

#define PIPELINE STORE "[pipeline \"p\"]\nstore = s\n"
#define THUMBNAIL PIPELINE "thumbnail-store = s\n"

/* ---- refused: c-A05 ---------------------------------------------------------------------------- */

#define LIFECYCLE STORE "[lifecycle \"l\"]\n"
static const struct { const char *text; unsigned line; const char *message, *next; } refused[] = {
	{ STORE "bukcet = two\n", 4, "unknown key 'bukcet'", "'bucket'" },
	{ STORE "[stroe \"images\"]\n", 4, "unknown section kind 'stroe'", "[store" },
	{ STORE "[larder \"x\"]\n", 4, "takes no name", "" }, { "[store]\nbackend = b\n", 1, "needs a name", "" },
	{ "[codec]\nlevel = 1\n", 1, "needs a name", "" }, { STORE "[codce \"png\"]\n", 4, "unknown section kind 'codce'", "[codec" },
	{ "[store \"s\"]\nbackend = c\nbucket = x\n", 2, "backend 'c', which is not there", "'b'" },
	{ STORE "lifecycle = old\n[lifecycle \"gold\"]\n", 4, "lifecycle 'old'", "'gold'" }, { STORE "cors = c\n", 4, "cors 'c'", "add a section" },
	{ STORE "cdn = c\n", 4, "cdn 'c'", "" }, { STORE "replication = r\n", 4, "replication 'r'", "" }, { STORE "[store \"v\"]\nin = q\n", 5, "store 'q'", "" },
	{ STORE "[cache \"m\"]\nsource = q\n", 5, "store 'q'", "" }, { STORE "[cache \"m\"]\nlock = q\n", 5, "lock 'q'", "" },
	{ STORE "[pipeline \"p\"]\nstore = t\n", 5, "store 't'", "" }, { STORE "[cdn \"c\"]\nbehaviors = q\n", 5, "behavior 'q'", "" },
	{ STORE "[replication \"r\"]\nto = t\n", 5, "store 't'", "" }, { STORE "[filesystem \"f\"]\nbackup = t\n", 5, "backup 't'", "" },
	{ STORE "[backup \"f\"]\nbackend = t\n", 5, "backend 't'", "" }, { STORE "[database \"f\"]\nbackend = t\n", 5, "backend 't'", "" },
	{ "[store \"s\"]\nbucket = x\n", 1, "needs 'backend' and 'bucket', or 'in'", "" }, { STORE "in = s\n", 1, "beside", "" },
	{ STORE "[store \"v\"]\nin = s\n[store \"w\"]\nin = v\n", 6, "itself a view", "" },
	{ LIFECYCLE "transition = 30d\n", 5, "item '30d' is not AGE CLASS", "" }, { LIFECYCLE "transition = 0d A, soon B\n", 5, "item 'soon B'", "" },
	{ LIFECYCLE "transition = 1d glacier\n", 5, "item '1d glacier'", "" }, { LIFECYCLE "expire = -1d\n", 5, "'expire' is '-1d', expected a duration", "" },
	{ STORE "versioning = maybe\n", 4, "expected yes or no", "" }, { STORE "versioning = yes, no\n", 4, "'versioning'", "" },
	{ STORE "tags = a,,b\n", 4, "not a list", "" }, { STORE "purpose = \"a\", b\n", 4, "one value is expected", "" },
	{ STORE "[pipeline \"p\"]\nstore = s\nkey = {user}/x\n", 6, "no {job}", "" }, { STORE "[pipeline \"p\"]\nstore = s\nkey = {job\n", 6, "placeholder", "" },
	{ STORE "[pipeline \"p\"]\nstore = s\nkey = {job}}\n", 6, "'}' without", "" }, { STORE "[pipeline \"p\"]\nstore = s\nkey = /{job}\n", 6, "begins with '/'", "" },
	{ STORE "[pipeline \"p\"]\nstore = s\nthumbnail-store = s\nthumbnail-key = t\n", 7, "no {job}", "" },
	{ STORE "[pipeline \"p\"]\nstore = s\nthumbnail-store = s\nkey = {user}{job}.{ext}\n", 7, "side by side", "" },
	{ STORE "[pipeline \"p\"]\nstore = s\nthumbnail-store = s\nkey = {job}.{ext}\n", 7, "wants {user}", "" },
	{ STORE "[pipeline \"p\"]\nencode = png\n", 4, "'store' is missing", "" }, { STORE "[pipeline \"p\"]\nstore = s\nmax-frames = 0\n", 6, "out of the range", "" },
	{ STORE "[pipeline \"p\"]\nstore = s\ntrust = all\n", 6, "none|own", "" }, { STORE "[lock \"l\"]\nlease = 1s\n", 4, "has no 'driver'", "" },
	{ PIPELINE "strip = location, txet\n", 6, "unknown item 'txet'", "'text'" }, { PIPELINE "strip = everything\n", 6, "unknown item", "no, location, text, all" },
	{ PIPELINE "strip = no, text\n", 6, "'no' beside", "" }, { PIPELINE "key = {user}/{yaer}/{job}\n", 6, "unknown placeholder {yaer}", "'year'" },
	{ PIPELINE "values = shelf\nkey = {shlf}/{job}\n", 7, "unknown placeholder {shlf}", "'shelf'" },
	{ PIPELINE "values = user\n", 6, "always there", "" }, { PIPELINE "values = shelf, shelf\n", 6, "twice", "" },
	{ PIPELINE "values = Shelf\n", 6, "'Shelf'", "" },
	{ PIPELINE "values = shelf\nthumbnail-store = s\nthumbnail-key = {job}.webp\nkey = {job}-{shelf}\n", 9, "where one value ends", "'/'" },
	{ PIPELINE "key = {now}/{job}\n", 6, "unknown placeholder {now}", "" },
	{ PIPELINE "thumbnail-store = s\nthumbnail-key = {usr}/{job}.webp\nkey = {usr}/{job}.{ext}\n", 8, "unknown placeholder {usr}", "'user'" },
	{ PIPELINE "metadata = user_id\n", 6, "'user_id' is not NAME=TEMPLATE", "" }, { PIPELINE "metadata = User={user}\n", 6, "not NAME=TEMPLATE", "" },
	{ PIPELINE "metadata = a={user}, larder-sha256={job}\n", 6, "larder's own", "" }, { PIPELINE "metadata = a={user}, a={job}\n", 6, "'a' twice", "" },
	{ PIPELINE "thumbnail-key = {job}.webp\n", 6, "without 'thumbnail-store'", "name the store" }, { PIPELINE "thumbnail-fit = 8x8\n", 6, "without", "" },
	{ PIPELINE "thumbnail-encode = png\n", 6, "without", "" }, { THUMBNAIL "thumbnail-fit = 0x8\n", 7, "not WIDTHxHEIGHT", "" },
	{ THUMBNAIL "thumbnail-fit = 8x65536\n", 7, "not WIDTHxHEIGHT", "" }, { THUMBNAIL "thumbnail-fit = 8x8x\n", 7, "not WIDTHxHEIGHT", "" },
	{ THUMBNAIL "thumbnail-fit = 256\n", 7, "not WIDTHxHEIGHT", "" }, { THUMBNAIL "thumbnail-encode = jpeg\n", 7, "ends in '.webp', but", "" },
	{ THUMBNAIL "thumbnail-key = {user}/{job}.png\n", 7, "makes webp", "" }, { THUMBNAIL "thumbnail-encode = webp quality=101\n", 7, "quality=101", "" },
	{ PIPELINE "encode = png quality=90\n", 6, "png has no quality", "" }, { PIPELINE "encode = webp qualty=90\n", 6, "'qualty=90'", "'quality'" },
	{ PIPELINE "encode = webp effort=10\n", 6, "effort=10", "" }, { PIPELINE "encode = webp quality=\n", 6, "'quality='", "" },
	{ PIPELINE "encode = webp losless\n", 6, "'losless'", "'lossless'" }, { PIPELINE "encode = quality=9\n", 6, "no format", "" }, { PIPELINE "encode =\n", 6, "no format", "" },
	{ PIPELINE "background = #ffffff\n", 6, "not \"#rrggbb\"", "quote it" }, { PIPELINE "background = \"#12345g\"\n", 6, "'#12345g'", "" },
	{ PIPELINE "background = white\n", 6, "'white'", "" }, { STORE "expected-size = ten\n", 4, "not a size", "" },
	{ STORE "expected-rate = 1GB\n", 4, "SIZE/month", "" }, { STORE "expected-rate = 1GB/year\n", 4, "SIZE/month", "" }, { STORE "expected-rate = x/day\n", 4, "SIZE/month", "" },
	{ STORE "[filesystem \"f\"]\nexpected-size = x\n", 5, "not a size", "" }, { "[store \"s\"]\nbackend = b\nbucket =\n", 3, "'bucket' is empty", "" },
	{ "[store \"s\"]\nbackend = b\nbucket = a/b\n", 3, "no '/'", "" },
	{ THUMBNAIL "key = {year}/{month}/{user}-{job}.{ext}\n", 7, "'{user}-{job}'", "put a '/'" }, { THUMBNAIL "key = {user}/{month}/{year}-{job}.{ext}\n", 7, "'{year}-{job}'", "" },
	{ PIPELINE "metadata = a={nwo}\n", 6, "unknown placeholder {nwo}", "'now'" },
};

START_TEST (is_refused)
{
	char where[40];
	int code = load_text (refused[_i].text, NULL);
	ck_assert_msg (code == LARDER_E_INVALID, "%s: %d %s", refused[_i].text, code, error.message);
	snprintf (where, sizeof where, "larder.ini:%u: ", refused[_i].line);
	ck_assert_msg (strncmp (error.message, where, strlen (where)) == 0 && strstr (error.message, refused[_i].message), "%s: %s", refused[_i].text, error.message);
	ck_assert_msg (strstr (error.next, refused[_i].next), "%s: %s", refused[_i].text, error.next);
}
END_TEST

/* What is refused above has right neighbours. */
START_TEST (is_taken)
{
	ck_assert_msg (load_text (THUMBNAIL "encode = webp quality=0 effort=9 lossless\nthumbnail-encode = jpeg quality=100\nthumbnail-key = {user}/{job}.jpg\nthumbnail-fit = 1x65535\n"
	                          "background = \"#09afAF\"\nstrip = all\nmetadata = a-b_1={user}-{ext}{now}\n[store \"t\"]\nbackend = b\nbucket = c\nexpected-rate = 1GB/day\n", NULL) == 0,
	               "%s", error.message);
	config_free (config);
	config = NULL;
	ck_assert_msg (load_text (THUMBNAIL "key = {user}/{year}-{month}/{user}-{job}.{ext}\n", NULL) == 0, "%s", error.message);
}
END_TEST

/* c-D11: an age of 0 days is an age, not an absence. */
START_TEST (zero_days)
{
	ck_assert_msg (load_text (LIFECYCLE "transition = 0d GLACIER_IR, 90d DEEP_ARCHIVE\nexpire = 0d\n", NULL) == 0, "%s", error.message);
	const struct schema_lifecycle *rule = section_struct ("lifecycle", "l");
	ck_assert_str_eq (rule->transition[0], "0d GLACIER_IR");
	ck_assert_str_eq (rule->transition[1], "90d DEEP_ARCHIVE");
	ck_assert_str_eq (config_text (config_next (config, "lifecycle", NULL), "expire"), "0d");
	ck_assert_ptr_null (config_text (config_next (config, "lifecycle", NULL), "expire-noncurrent"));
}
END_TEST

START_TEST (free_keys)
{
	ck_assert_msg (load_text (STORE "x-owner = anyone\n", "[backend \"b\"]\ndriver = m\nx-note = 1\n") == 0, "%s", error.message);
}
END_TEST

/* ---- sections of modules ------------------------------------------------------------------------ */

struct driver_self { const char *root, *secret; int64_t parts; };
static const struct larder_option driver_options[] = {
	{ .key = "root", .type = LARDER_PATH, .at = offsetof (struct driver_self, root), .flags = LARDER_REQUIRED },
	{ .key = "secret", .type = LARDER_SECRET, .at = offsetof (struct driver_self, secret) },
	{ .key = "parts", .type = LARDER_INT, .at = offsetof (struct driver_self, parts), .def = "4", .min = 1, .max = 9 },
	{ 0 }
};
static const char *const skip[] = { "driver", NULL };

static int
fill (const char *keys, struct driver_self *self, struct larder_values **ret, const struct config_section **ret_section)
{
	char text[400];
	snprintf (text, sizeof text, "[backend \"b\"]\ndriver = m\n%s", keys);
	ck_assert_msg (load_text (STORE, text) == 0, "%s", error.message);
	*ret_section = config_next (config, "backend", NULL);
	return config_fill (*ret_section, driver_options, sizeof *driver_options, self, skip, ret, &error);
}

START_TEST (fill_good)
{
	struct driver_self self = { 0 };
	struct larder_values *values;
	const struct config_section *section;
	ck_assert_msg (fill ("root = /x ; here\nsecret = hunter2 #2\nx-a = b\n", &self, &values, &section) == 0, "%s", error.message);
	ck_assert_str_eq (self.root, "/x");
	ck_assert_str_eq (self.secret, "hunter2");
	ck_assert_int_eq (self.parts, 4);
	ck_assert_str_eq (values_text (values, "secret"), "");
	ck_assert_ptr_null (values_text (values, "parts"));
	ck_assert (config_comment_cut (section, "secret"));
	ck_assert (!config_comment_cut (section, "driver"));
	ck_assert_str_eq (config_where_key (section, "secret"), "profiles/dev.ini:4");
	values_free (values);
}
END_TEST

static const struct { const char *keys, *message, *next; } unfilled[] = {
	{ "rooot = hunter2\n", "profiles/dev.ini:3: unknown key 'rooot'", "'root'" }, { "parts = 2\n", "'root' is missing", "" },
	{ "root = /\nparts = 10\n", "profiles/dev.ini:4: 'parts' is '10', out of the range 1 to 9", "" },
	{ "root = /\nsecret = \"hunter2\", b\n", "profiles/dev.ini:4", "" }, { "root = /\nsercet = hunter2\n", "unknown key 'sercet'", "'secret'" },
};

START_TEST (fill_refused)
{
	struct driver_self self = { 0 };
	struct larder_values *values = NULL;
	const struct config_section *section;
	ck_assert_int_eq (fill (unfilled[_i].keys, &self, &values, &section), LARDER_E_INVALID);
	ck_assert_ptr_null (values);
	ck_assert_msg (strstr (error.message, unfilled[_i].message) && strstr (error.next, unfilled[_i].next), "%s (%s)", error.message, error.next);
	ck_assert_ptr_null (strstr (error.message, "hunter2"));
}
END_TEST

int
main (void)
{
	Suite *suite = suite_create ("test-config-load");
	TCase *tests = tcase_create ("test-config-load");
	tcase_add_checked_fixture (tests, setup, teardown);
	tcase_add_loop_test (tests, strategy, 0, 3);
	tcase_add_test (tests, strategy_names);
	tcase_add_test (tests, profile_wins);
	tcase_add_loop_test (tests, blank_is_not_written, 0, sizeof blanks / sizeof *blanks);
	tcase_add_test (tests, blank_alone);
	tcase_add_test (tests, explain_default);
	tcase_add_test (tests, secrets_hidden);
	tcase_add_test (tests, each_tells_defaults);
	tcase_add_test (tests, explain_modules_key);
	tcase_add_test (tests, environment_and_flags);
	tcase_add_test (tests, given);
	tcase_add_test (tests, no_default_profile);
	tcase_add_test (tests, search_order);
	tcase_add_test (tests, file_too_large);
	tcase_add_loop_test (tests, is_refused, 0, sizeof refused / sizeof *refused);
	tcase_add_test (tests, is_taken);
	tcase_add_test (tests, zero_days);
	tcase_add_test (tests, free_keys);
	tcase_add_test (tests, fill_good);
	tcase_add_loop_test (tests, fill_refused, 0, sizeof unfilled / sizeof *unfilled);
	suite_add_tcase (suite, tests);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
