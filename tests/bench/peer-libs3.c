/* peer-libs3.c: libs3 as a peer: many objects at once through one request context of its own, as a program that uses the library
 * would. Its `s3` command does one object a process. Built by peers.py against Debian's libs3-dev, never by `make`.
 *
 *   peer-libs3 up|down|list|delete|version ENDPOINT BUCKET PREFIX FOLDER AT_ONCE      PREFIX ends with a set: bench/1000x64KiB/ */
#include <curl/curl.h>
#include <fcntl.h>
#include <libs3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 5                   /* as its command */
#define KEYS_MOST 1000

/* One request under way, and what it is about. */
struct slot { char key[300], path[500]; int fd; unsigned tries; };

static struct {
	const char *op, *prefix, *folder;
	S3BucketContext bucket;
	S3RequestContext *context;
	unsigned long count, next, running, listed;
	char keys[KEYS_MOST][300], marker[300];
	unsigned long page, taken;        /* keys of this page; those whose delete was begun */
	int more;
} work;

static void
fail (const char *what, const char *why)
{
	fprintf (stderr, "peer-libs3: %s: %s\n", what, why);
	_exit (1);
}

/* libs3 knows no option for the authority: it is set where its requests pass. */
CURLMcode __real_curl_multi_add_handle (CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_add_handle (CURLM *multi, CURL *easy);

CURLMcode
__wrap_curl_multi_add_handle (CURLM *multi, CURL *easy)
{
	const char *authority = secure_getenv ("AWS_CA_BUNDLE");
	if (authority)
		curl_easy_setopt (easy, CURLOPT_CAINFO, authority);
	return __real_curl_multi_add_handle (multi, easy);
}

/* ---- objects ---- */

static void begin (struct slot *slot);
static bool take (struct slot *slot);

static S3Status
properties (const S3ResponseProperties *unused, void *context)
{
	(void) unused;
	(void) context;
	return S3StatusOK;
}

static void
complete (S3Status status, const S3ErrorDetails *unused, void *context)
{
	struct slot *slot = context;
	(void) unused;
	work.running--;
	if (slot->fd >= 0)
		close (slot->fd);
	slot->fd = -1;
	if (S3_status_is_retryable (status) && ++slot->tries < TRIES)
		begin (slot);
	else if (status != S3StatusOK)
		fail (slot->key, S3_get_status_name (status));
	else if (take (slot))
		begin (slot);
}

static int
give (int room, char *into, void *context)
{
	return (int) read (((struct slot *) context)->fd, into, (size_t) room);
}

static S3Status
keep (int count, const char *bytes, void *context)
{
	return write (((struct slot *) context)->fd, bytes, (size_t) count) == count ? S3StatusOK : S3StatusAbortedByCallback;
}

static void
begin (struct slot *slot)
{
	static const S3ResponseHandler handler = { properties, complete };
	static const S3PutObjectHandler put = { { properties, complete }, give };
	static const S3GetObjectHandler get = { { properties, complete }, keep };
	struct stat facts;
	work.running++;
	if (strcmp (work.op, "delete") == 0)
		return S3_delete_object (&work.bucket, slot->key, work.context, &handler, slot);
	bool up = strcmp (work.op, "up") == 0;
	slot->fd = up ? open (slot->path, O_RDONLY | O_CLOEXEC) : open (slot->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (slot->fd < 0 || fstat (slot->fd, &facts) < 0)
		fail (slot->path, "open");
	if (up)
		S3_put_object (&work.bucket, slot->key, (uint64_t) facts.st_size, NULL, work.context, &put, slot);
	else
		S3_get_object (&work.bucket, slot->key, NULL, 0, 0, work.context, &get, slot);
}

/* The next object, if there is one. */
static bool
take (struct slot *slot)
{
	slot->tries = 0;
	if (strcmp (work.op, "delete") == 0) {
		if (work.taken == work.page)
			return false;
		snprintf (slot->key, sizeof slot->key, "%s", work.keys[work.taken++]);
		return true;
	}
	if (work.next == work.count)
		return false;
	unsigned long i = work.next++;
	snprintf (slot->key, sizeof slot->key, "%s%05lu/%08lu", work.prefix, i / 1000, i);
	snprintf (slot->path, sizeof slot->path, "%s/%05lu/%08lu", work.folder, i / 1000, i);
	return true;
}

static void
run (struct slot *slots, unsigned count)
{
	for (unsigned i = 0; i < count && take (&slots[i]); i++)
		begin (&slots[i]);
	while (work.running > 0)      /* those begun as others end */
		if (S3_runall_request_context (work.context) != S3StatusOK)
			fail ("run", "context");
}

/* ---- names ---- */

static S3Status
see (int more, const char *unused, int count, const S3ListBucketContent *contents, int prefixes, const char **names, void *context)
{
	(void) unused;
	(void) prefixes;
	(void) names;
	(void) context;
	for (int i = 0; i < count && work.page < KEYS_MOST; i++)
		snprintf (work.keys[work.page++], sizeof *work.keys, "%s", contents[i].key);
	work.more = more;
	return S3StatusOK;
}

static void
paged (S3Status status, const S3ErrorDetails *unused, void *context)
{
	(void) unused;
	(void) context;
	if (status != S3StatusOK)
		fail ("list", S3_get_status_name (status));
}

static void
each_page (struct slot *slots, unsigned count)
{
	static const S3ListBucketHandler handler = { { properties, paged }, see };
	do {
		work.page = work.taken = 0;
		S3_list_bucket (&work.bucket, work.prefix, *work.marker ? work.marker : NULL, NULL, KEYS_MOST, work.context, &handler, NULL);
		if (S3_runall_request_context (work.context) != S3StatusOK || (work.more && !work.page))
			fail ("list", "context");
		work.listed += work.page;
		if (work.page)
			memcpy (work.marker, work.keys[work.page - 1], sizeof work.marker);
		if (strcmp (work.op, "delete") == 0)
			run (slots, count);
	} while (work.more);
	printf ("%lu\n", work.listed);
}

static void
make_folders (void)
{
	char path[500];
	for (unsigned long i = 0; i * 1000 < work.count; i++) {
		snprintf (path, sizeof path, "%s/%05lu", work.folder, i);
		mkdir (path, 0777);
	}
}

int
main (int argc, char **argv)
{
	static struct slot slots[256];
	if (argc != 7)
		return fprintf (stderr, "usage: peer-libs3 OP ENDPOINT BUCKET PREFIX FOLDER AT_ONCE\n"), 2;
	work.op = argv[1], work.prefix = argv[4], work.folder = argv[5];
	const char *host = strstr (argv[2], "//"), *set = strchr (work.prefix, '/');
	unsigned count = (unsigned) strtoul (argv[6], NULL, 10);
	work.count = set ? strtoul (set + 1, NULL, 10) : 0;
	if (S3_initialize ("peer", S3_INIT_ALL, NULL) != S3StatusOK || S3_create_request_context (&work.context) != S3StatusOK)
		fail ("start", "libs3");
	if (strcmp (work.op, "version") == 0)
		return puts ("libs3"), 0;
	work.bucket = (S3BucketContext) { host ? host + 2 : argv[2], argv[3], strncmp (argv[2], "https", 5) == 0 ? S3ProtocolHTTPS : S3ProtocolHTTP,
	                                  S3UriStylePath, secure_getenv ("AWS_ACCESS_KEY_ID"), secure_getenv ("AWS_SECRET_ACCESS_KEY") };
	for (unsigned i = 0; i < 256; i++)
		slots[i].fd = -1;
	if (strcmp (work.op, "list") == 0 || strcmp (work.op, "delete") == 0)
		return each_page (slots, count < 256 ? count : 256), 0;
	if (strcmp (work.op, "down") == 0)
		make_folders ();
	run (slots, count < 256 ? count : 256);
	return 0;
}
