/* mock-disk.c: what localfs-mock does on the disk, beyond the contract of every driver. Prints TAP. Usage: mock-disk MODULE FOLDER */
#include "driver/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *module, *folder;
static char root[4096];

void
not_here (struct suite *suite, const char *why)
{
	(void) suite;
	(void) why;
}

/* An instance on FOLDER/NAME with further options, "" for none. */
static void
start_as (struct suite *suite, const char *name, const char *create, const char *versioning, bool read_only)
{
	static char options[4][4200];
	char *given[] = { options[0], options[1], options[2], options[3] };
	*suite = (struct suite) { .bucket = "disk", .place = "", .read_only = read_only };
	snprintf (root, sizeof root, "%s/%s", folder, name);
	(void) mkdir (root, 0755);
	snprintf (options[0], sizeof options[0], "root=%s", root);
	snprintf (options[1], sizeof options[1], "create=%s", create);
	snprintf (options[2], sizeof options[2], "versioning=%s", versioning);
	snprintf (options[3], sizeof options[3], "fsync=no");
	if (suite_load (suite, module, given, 4) < 0)
		exit (2);
}

static void
start (struct suite *suite, const char *name, const char *create, const char *versioning)
{
	start_as (suite, name, create, versioning, false);
}

static const char *
path (const char *below)
{
	static char text[8300];
	snprintf (text, sizeof text, "%s/disk/%s", root, below);
	return text;
}

static bool
file_is (const char *below, const char *wanted)
{
	char text[64] = "";
	int fd = open (path (below), O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read (fd, text, sizeof text - 1);
	if (fd >= 0)
		close (fd);
	return got >= 0 && strcmp (text, wanted) == 0;
}

static void
put_file (const char *below, const char *text, int flags)
{
	int fd = open (path (below), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	if (fd < 0 || write (fd, text, strlen (text)) < 0)
		exit (2);
	close (fd);
}

static bool LARDER_PRINTF (1, 2)
run_shell (const char *format, ...)
{
	char command[9000];
	va_list arguments;
	va_start (arguments, format);
	vsnprintf (command, sizeof command, format, arguments);
	va_end (arguments);
	FILE *pipe = popen (command, "r");
	return pipe && pclose (pipe) == 0;
}

/* With what it says. */
static int
plain_stat (struct suite *suite, const char *key, struct larder_error *error)
{
	struct larder_call call;
	struct larder_info info = { .size = sizeof info };
	const struct larder_object object = { .size = sizeof object, .bucket = suite->bucket, .key = key };
	call_begin (&call);
	int code = suite->driver->stat (suite->self, &call, &object, &info, error);
	call_end (&call);
	return code;
}

/* ---- cases ---- */

static void
missing_bucket (struct suite *suite)
{
	struct larder_error error = LARDER_ERROR_INIT;
	start (suite, "missing-bucket", "no", "no");
	const struct larder_source source = { .size = sizeof source };
	WANT_CODE (op_write_source (suite, "a.png", &source, &error), LARDER_E_NOTFOUND, "write without create");
	WANT (strcmp (error.next, "larder infra apply, or create = yes in the profile") == 0, "next step '%s'", error.next);
	WANT (access (path (""), F_OK) < 0, "a folder was made");
}

static void
readable (struct suite *suite)
{
	start (suite, "readable", "yes", "no");
	WANT_CODE (op_write (suite, "u/a.png", "one", 3, NULL, NULL, NULL), 0, "write");
	WANT (file_is ("u/a.png", "one"), "the object is not readable as a file");
	WANT_CODE (op_write (suite, "u/a.png", "two", 3, NULL, NULL, NULL), 0, "write");
	WANT (file_is ("u/a.png", "two"), "the readable file was not replaced");
	WANT_CODE (op_remove (suite, "u/a.png", NULL, NULL), 0, "remove");
	WANT (access (path ("u"), F_OK) < 0, "a removed object left a readable file or folder");
}

static void
repaired (struct suite *suite)
{
	start (suite, "repaired", "yes", "no");
	WANT_CODE (op_write (suite, "u/a.png", "one", 3, NULL, NULL, NULL), 0, "write");
	WANT (unlink (path ("u/a.png")) == 0 && rmdir (path ("u")) == 0, "unlink");
	WANT (is_there (suite, "u/a.png", "one", 3), "the object hangs on its readable file");
	WANT_CODE (op_stat (suite, "u/a.png", NULL, NULL), 0, "stat");
	WANT (file_is ("u/a.png", "one"), "stat did not repair the readable file");
}

/* A file of somebody's own in a readable file's place stays, whatever happens to the object. */
static void
not_ours (struct suite *suite)
{
	struct fact fact;
	start (suite, "not-ours", "yes", "no");
	WANT_CODE (op_write (suite, "u/a.png", "one", 3, NULL, NULL, NULL), 0, "write");
	put_file ("u/b.png", "mine", 0);
	WANT_CODE (op_write (suite, "u/b.png", "two", 3, NULL, NULL, NULL), 0, "write over a file that is not ours");
	WANT (is_there (suite, "u/b.png", "two", 3) && file_is ("u/b.png", "mine"), "a foreign file was replaced by a write");
	WANT_CODE (op_stat (suite, "u/b.png", NULL, &fact), 0, "stat");
	WANT (file_is ("u/b.png", "mine"), "a foreign file was replaced by stat");
	WANT_CODE (op_remove (suite, "u/b.png", NULL, NULL), 0, "remove");
	WANT (file_is ("u/b.png", "mine"), "a foreign file was removed with the object");
	WANT (unlink (path ("u/a.png")) == 0, "unlink");
	put_file ("u/a.png", "mine", 0);
	WANT_CODE (op_write (suite, "u/a.png", "two", 3, NULL, NULL, NULL), 0, "write");
	WANT (is_there (suite, "u/a.png", "two", 3) && file_is ("u/a.png", "mine"), "a file that took the readable one's place was replaced");
	WANT (unlink (path ("u/a.png")) == 0 && symlink ("b.png", path ("u/a.png")) == 0, "symlink");
	WANT_CODE (op_remove (suite, "u/a.png", NULL, NULL), 0, "remove");
	WANT (file_is ("u/a.png", "mine"), "a foreign link was removed with the object");
}

/* `create` takes an empty folder, and one whose making was cut short, but none with other files in it. */
static void
folder_in_use (struct suite *suite)
{
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_source source = { .size = sizeof source };
	start (suite, "folder-in-use", "yes", "no");
	WANT (mkdir (path (""), 0755) == 0, "mkdir");
	put_file ("mine.txt", "mine", 0);
	WANT_CODE (op_write_source (suite, "a.png", &source, &error), LARDER_E_CONFLICT, "a write into a folder that is no bucket");
	WANT (strcmp (error.next, "give another root, or empty the folder") == 0, "next step '%s'", error.next);
	WANT (file_is ("mine.txt", "mine") && access (path (".larder"), F_OK) < 0, "something was made in it");
	WANT (unlink (path ("mine.txt")) == 0, "unlink");
	WANT_CODE (op_write (suite, "a.png", "one", 3, NULL, NULL, NULL), 0, "a write into an empty folder");
	WANT (unlink (path (".larder/bucket")) == 0, "unlink");
	WANT_CODE (op_write (suite, "a.png", "two", 3, NULL, NULL, NULL), 0, "a write where making was cut short");
}

/* As after cp -a, which makes files of their own of hard links. */
static void
copied (struct suite *suite)
{
	static const struct larder_pair pair = { "user_id", "u1" };
	const struct larder_attributes attributes = { .size = sizeof attributes, .content_type = "image/png", .metadata = { &pair, 1, sizeof pair } };
	struct fact fact;
	start (suite, "copied-from", "yes", "yes");
	WANT_CODE (op_write (suite, "u/a.png", "one", 3, &attributes, NULL, NULL), 0, "write");
	WANT_CODE (op_write (suite, "u/a.png", "two", 3, &attributes, NULL, NULL), 0, "write");
	suite_unload (suite);
	WANT (run_shell ("cp -a '%s' '%s/copied-to' && rm -rf '%s'", root, folder, root), "cp -a");
	start (suite, "copied-to", "no", "no");
	WANT (is_there (suite, "u/a.png", "two", 3), "the object did not survive cp -a");
	WANT_CODE (op_stat (suite, "u/a.png", NULL, &fact), 0, "stat");
	WANT (strcmp (fact.metadata, "user_id=u1\n") == 0 && strcmp (fact.content_type, "image/png") == 0, "its metadata did not: %s", fact.metadata);
}

static void
damage (const char *below)
{
	if (chmod (path (below), 0644) < 0)
		exit (2);
	put_file (below, "x", O_APPEND);
}

/* One damaged record costs that object alone: all others are listed, before INTEGRITY ends the last page. */
static void
damaged_record (struct suite *suite)
{
	start (suite, "damaged", "yes", "no");
	for (const char *const *name = (const char *const[]) { "u/a.png", "u/b.png", "u/c.png", "u/d.png", NULL }; *name; name++)
		WANT_CODE (op_write (suite, *name, "one", 3, NULL, NULL, NULL), 0, "write");
	damage (".larder/meta/u/b.png");
	WANT_CODE (op_stat (suite, "u/b.png", NULL, NULL), LARDER_E_INTEGRITY, "stat of a damaged record");
	for (uint32_t most = 1; most < 5; most++) {
		struct seen seen;
		op_list (suite, "u/", NULL, NULL, most, most == 2, &seen);
		int code = seen.code;
		bool others = seen.count == 3 && strstr (seen.at[0].key, "u/a.png") && strstr (seen.at[1].key, "u/c.png")
		              && strstr (seen.at[2].key, "u/d.png");
		seen_free (&seen);
		WANT_CODE (code, LARDER_E_INTEGRITY, "a listing with a damaged record");
		WANT (others, "pages of %u: not all other keys are listed", (unsigned) most);
	}
}

/* Bytes that are not as many as were written: stat says so, a listing tells what the record does, and a write heals. */
static void
damaged_bytes (struct suite *suite)
{
	struct seen seen;
	start (suite, "damaged-bytes", "yes", "no");
	for (const char *const *name = (const char *const[]) { "u/a.png", "u/b.png", NULL }; *name; name++)
		WANT_CODE (op_write (suite, *name, "one", 3, NULL, NULL, NULL), 0, "write");
	WANT (run_shell ("cd '%s' && chmod u+w .larder/data/u/* && truncate -s 2 .larder/data/u/a.png* && rm .larder/data/u/b.png*", path ("")), "shell");
	for (const char *const *name = (const char *const[]) { "u/a.png", "u/b.png", NULL }; *name; name++) {
		struct larder_error error = LARDER_ERROR_INIT;
		WANT_CODE (plain_stat (suite, *name, &error), LARDER_E_INTEGRITY, "stat of damaged bytes");
		WANT (strstr (error.message, *name) && strstr (error.next, "remove the object"), "'%s', next step '%s'", error.message, error.next);
	}
	op_list (suite, "u/", NULL, NULL, 5, false, &seen);
	size_t count = seen.code == 0 ? seen.count : 99;
	seen_free (&seen);
	WANT (count == 2, "the listing does not tell what the records do");
	WANT_CODE (op_write (suite, "u/a.png", "two", 3, NULL, NULL, NULL), 0, "write over damaged bytes");
	WANT (is_there (suite, "u/a.png", "two", 3), "it is not there");
	WANT_CODE (op_remove (suite, "u/b.png", NULL, NULL), 0, "remove with damaged bytes");
	WANT_CODE (op_stat (suite, "u/b.png", NULL, NULL), LARDER_E_NOTFOUND, "stat after it");
}

static int
count_files (const char *below)
{
	char command[8400];
	int count = -1;
	snprintf (command, sizeof command, "find '%s' -type f | wc -l", path (below));
	FILE *pipe = popen (command, "r");
	if (!pipe || fscanf (pipe, "%d", &count) != 1 || pclose (pipe) != 0)
		exit (2);
	return count;
}

static void
damaged_replaced (struct suite *suite)
{
	struct seen seen;
	const struct larder_condition only = { .size = sizeof only, .create_only = true };
	start (suite, "damaged-replaced", "yes", "no");
	for (const char *const *name = (const char *const[]) { "u/a.png", "u/b.png", NULL }; *name; name++) {
		char meta[64];
		WANT_CODE (op_write (suite, *name, "one", 3, NULL, NULL, NULL), 0, "write");
		snprintf (meta, sizeof meta, ".larder/meta/%s", *name);
		damage (meta);
	}
	WANT_CODE (op_remove (suite, "u/a.png", "null", NULL), LARDER_E_INTEGRITY, "remove of one version with a damaged record");
	WANT_CODE (op_write (suite, "u/a.png", "two", 3, NULL, &only, NULL), LARDER_E_INTEGRITY, "create-only over a damaged record");
	WANT_CODE (op_write (suite, "u/a.png", "two", 3, NULL, NULL, NULL), 0, "write over a damaged record");
	WANT (is_there (suite, "u/a.png", "two", 3) && file_is ("u/a.png", "two"), "it is not there");
	WANT_CODE (op_remove (suite, "u/b.png", NULL, NULL), 0, "remove with a damaged record");
	WANT_CODE (op_stat (suite, "u/b.png", NULL, NULL), LARDER_E_NOTFOUND, "stat after it");
	WANT (access (path ("u/b.png"), F_OK) < 0, "the readable file stays");
	WANT (count_files (".larder/data") == 1, "bytes of before stay");
	op_list (suite, "u/", NULL, NULL, 5, false, &seen);
	size_t count = seen.code == 0 ? seen.count : 99;
	seen_free (&seen);
	WANT (count == 1, "the listing is not whole again");
}

/* All names, kinds, sizes, contents and times of change below `root`, as one number. */
static unsigned
snapshot (void)
{
	char command[9000];
	unsigned sum = 0;
	snprintf (command, sizeof command, "cd '%s' && { find . -printf '%%p %%y %%s %%i %%T@ %%C@\\n' | sort; find . -type f -exec cat {} +; } | cksum", root);
	FILE *pipe = popen (command, "r");
	if (!pipe || fscanf (pipe, "%u", &sum) != 1 || pclose (pipe) != 0)
		exit (2);
	return sum;
}

/* Whatever is asked of it, a read-only instance leaves the disk alone; a lost readable file and a missing bucket included. */
static void
read_only (struct suite *suite)
{
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_source source = { .size = sizeof source };
	struct suite writer;
	struct seen seen;
	start (&writer, "read-only", "yes", "no");
	int code = op_write (&writer, "u/a.png", "one", 3, NULL, NULL, NULL);
	suite_unload (&writer);
	WANT (code == 0 && unlink (path ("u/a.png")) == 0, "write");
	unsigned before = snapshot ();
	start_as (suite, "read-only", "yes", "no", true);
	WANT (is_there (suite, "u/a.png", "one", 3), "it does not read");
	WANT_CODE (op_stat (suite, "u/a.png", NULL, NULL), 0, "stat");
	op_list (suite, "u/", NULL, NULL, 5, false, &seen);
	size_t count = seen.code == 0 ? seen.count : 99;
	seen_free (&seen);
	WANT (count == 1, "it does not list");
	WANT_CODE (op_write_source (suite, "u/b.png", &source, &error), LARDER_E_DENIED, "write");
	WANT (strstr (error.message, "read-only") && *error.next, "'%s', next step '%s'", error.message, error.next);
	WANT_CODE (op_remove (suite, "u/a.png", NULL, NULL), LARDER_E_DENIED, "remove");
	WANT_CODE (op_copy (suite, "u/a.png", "u/c.png", NULL, NULL, NULL), LARDER_E_DENIED, "copy");
	suite->bucket = "another";
	WANT_CODE (op_write_source (suite, "u/b.png", &source, &error), LARDER_E_DENIED, "write into a missing bucket");
	op_list (suite, "", NULL, NULL, 5, false, &seen);
	code = seen.code;
	seen_free (&seen);
	WANT_CODE (code, LARDER_E_NOTFOUND, "list of a missing bucket");
	WANT (snapshot () == before, "the disk was touched");
}

static void
foreign_files (struct suite *suite)
{
	struct seen seen;
	start (suite, "foreign", "yes", "no");
	WANT_CODE (op_write (suite, "u/a.png", "one", 3, NULL, NULL, NULL), 0, "write");
	put_file (".larder/meta/u/.nfs000", "x", 0);
	put_file (".larder/meta/u/%zz", "x", 0);
	op_list (suite, "u/", NULL, NULL, 5, false, &seen);
	size_t count = seen.code == 0 ? seen.count : 99;
	seen_free (&seen);
	WANT (count == 1, "files that are no records are listed");
}

/* A link that someone put into a key's place leads nowhere. */
static void
beneath (struct suite *suite)
{
	start (suite, "beneath", "yes", "no");
	WANT_CODE (op_write (suite, "u/a.png", "one", 3, NULL, NULL, NULL), 0, "write");
	WANT (symlink ("/", path (".larder/meta/evil")) == 0 && symlink (folder, path (".larder/data/evil")) == 0, "symlink");
	WANT (op_write (suite, "evil/stolen.png", "x", 1, NULL, NULL, NULL) < 0, "a write went through a link");
	char stolen[4200];
	snprintf (stolen, sizeof stolen, "%s/stolen.png", folder);
	WANT (access (stolen, F_OK) < 0 && access ("/stolen.png", F_OK) < 0, "a file appeared outside of the root");
}

static void
no_space (struct suite *suite)
{
	char *bytes = calloc (1, 1 << 20);
	struct rlimit was, low;
	start (suite, "no-space", "yes", "no");
	WANT_CODE (op_write (suite, "u/a.png", "one", 3, NULL, NULL, NULL), 0, "write");
	getrlimit (RLIMIT_FSIZE, &was);
	low = (struct rlimit) { .rlim_cur = 300000, .rlim_max = was.rlim_max };
	(void) signal (SIGXFSZ, SIG_IGN);
	(void) setrlimit (RLIMIT_FSIZE, &low);
	int code = op_write (suite, "u/a.png", bytes, 1 << 20, NULL, NULL, NULL);
	(void) setrlimit (RLIMIT_FSIZE, &was);
	free (bytes);
	WANT_CODE (code, LARDER_E_NOSPACE, "a write beyond the space there is");
	WANT (is_there (suite, "u/a.png", "one", 3), "it harmed the object of before");
	WANT (rmdir (path (".larder/tmp")) == 0, "it left a private file");
	WANT_CODE (op_write (suite, "u/a.png", "two", 3, NULL, NULL, NULL), 0, "write after it");
}

/* Versions stay when a bucket stops keeping new ones; then there is one "null" version. */
static void
suspended (struct suite *suite)
{
	struct seen seen;
	struct fact fact;
	start (suite, "suspended", "yes", "yes");
	WANT_CODE (op_write (suite, "a.png", "one", 3, NULL, NULL, NULL), 0, "write");
	put_file (".larder/bucket", "larder-bucket 1\nversioning suspended\n", O_TRUNC);
	for (int i = 0; i < 3; i++)
		WANT_CODE (op_write (suite, "a.png", &"two"[i], 1, NULL, NULL, &fact), 0, "write");
	WANT (strcmp (fact.version, "null") == 0, "the version is '%s'", fact.version);
	op_list (suite, "a", NULL, NULL, 5, true, &seen);
	size_t before = seen.count;
	seen_free (&seen);
	WANT_CODE (op_remove (suite, "a.png", NULL, NULL), 0, "remove");
	op_list (suite, "a", NULL, NULL, 5, true, &seen);
	size_t after = seen.count;
	bool marker = after > 0 && seen.at[0].flags & LARDER_INFO_DELETE_MARKER && strcmp (seen.at[0].version, "null") == 0;
	seen_free (&seen);
	WANT (before == 2 && after == 2 && marker, "%zu versions before a removal, %zu after", before, after);
	WANT_CODE (op_stat (suite, "a.png", NULL, NULL), LARDER_E_NOTFOUND, "stat after it");
}

static void
left_over (struct suite *suite)
{
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	start (suite, "left-over", "yes", "no");
	WANT_CODE (op_write (suite, "a.png", "one", 3, NULL, NULL, NULL), 0, "write");
	put_file (".larder/tmp/0123", "crashed", 0);
	put_file (".larder/tmp/4567", "just begun", 0);
	WANT (utimensat (AT_FDCWD, path (".larder/tmp/0123"), old, 0) == 0, "utimensat");
	suite_unload (suite);
	start (suite, "left-over", "yes", "no");
	WANT_CODE (op_write (suite, "a.png", "two", 3, NULL, NULL, NULL), 0, "write");
	WANT (access (path (".larder/tmp/0123"), F_OK) < 0, "a private file of a dead process stays");
	WANT (access (path (".larder/tmp/4567"), F_OK) == 0, "a young private file was swept");
}

int
main (int argc, char **argv)
{
	static const struct { const char *name; void (*run) (struct suite *suite); } cases[] = {
		{ "missing-bucket", missing_bucket }, { "readable", readable }, { "repaired", repaired },
		{ "not-ours", not_ours }, { "folder-in-use", folder_in_use }, { "copied", copied },
		{ "damaged-record", damaged_record }, { "damaged-bytes", damaged_bytes }, { "read-only", read_only },
		{ "damaged-replaced", damaged_replaced }, { "foreign-files", foreign_files }, { "beneath", beneath }, { "no-space", no_space },
		{ "suspended", suspended }, { "left-over", left_over },
	};
	int failed = 0, count = (int) (sizeof cases / sizeof *cases);
	if (argc < 3)
		return 2;
	module = argv[1];
	folder = argv[2];
	printf ("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		struct suite suite;
		cases[i].run (&suite);
		suite_unload (&suite);
		failed += suite.why[0] != '\0';
		printf ("%s %d - conform-mock-disk-%s\n%s%s%s", suite.why[0] ? "not ok" : "ok", i + 1, cases[i].name, suite.why[0] ? "# " : "", suite.why,
		        suite.why[0] ? "\n" : "");
		fflush (stdout);
	}
	return failed ? 1 : 0;
}
