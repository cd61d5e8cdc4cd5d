/* objects.c: promises about objects that are read. */
#include "suite.h"

#include <stdlib.h>


static void
keep_bytes (struct suite *suite)
{
	static const size_t sizes[] = { 1, 2, 4095, 65537, 1 << 20, (3 << 20) + 1 };
	char *bytes = malloc (4 << 20);
	for (size_t i = 0; bytes && i < sizeof sizes / sizeof *sizes && !suite->why[0]; i++) {
		fill_random (bytes, sizes[i], suite->seed + i);
		int code = op_write (suite, "bytes", bytes, sizes[i], NULL, NULL, NULL);
		if (code != 0 || !is_there (suite, "bytes", bytes, sizes[i]))
			broken (suite, "%zu bytes did not come back (code %d)", sizes[i], code);
	}
	free (bytes);
}

/* c-T10: an object of no bytes is one. */
static void
keep_empty (struct suite *suite)
{
	struct fact fact;
	WANT_CODE (op_write (suite, "empty", "", 0, NULL, NULL, &fact), 0, "writing an empty object");
	WANT (is_there (suite, "empty", "", 0), "an empty object is not there");
	WANT_CODE (op_stat (suite, "empty", NULL, &fact), 0, "stat of an empty object");
	WANT (fact.length == 0, "its length is %llu", (unsigned long long) fact.length);
}

static void
keep_facts (struct suite *suite)
{
	struct fact written, stat, read;
	WANT_CODE (op_write (suite, "facts", "hello", 5, NULL, NULL, &written), 0, "write");
	WANT_CODE (op_stat (suite, "facts", NULL, &stat), 0, "stat");
	WANT_CODE (op_read (suite, "facts", NULL, 0, LARDER_TO_END, NULL, NULL, &read), 0, "read");
	char key[1100];
	key_of (suite, "facts", key);
	WANT (strcmp (stat.key, key) == 0 && strcmp (read.key, key) == 0, "the key is told as '%s' and '%s'", stat.key, read.key);
	WANT (stat.length == 5 && read.length == 5, "the length is told as %llu and %llu", (unsigned long long) stat.length,
	      (unsigned long long) read.length);
	WANT (stat.etag[0] && strcmp (stat.etag, read.etag) == 0 && (!written.etag[0] || strcmp (stat.etag, written.etag) == 0),
	      "three etags of one object: '%s' '%s' '%s'", written.etag, stat.etag, read.etag);
	WANT (!strchr (stat.etag, '"'), "the etag %s has quotes", stat.etag);
	WANT (stat.mtime > INT64_C (1000000000000000000) && stat.mtime == read.mtime, "mtime %lld is no time in ns", (long long) stat.mtime);
}

static void
keep_etag (struct suite *suite)
{
	struct fact before, after;
	WANT_CODE (op_write (suite, "etag", "one", 3, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_stat (suite, "etag", NULL, &before), 0, "stat");
	WANT_CODE (op_write (suite, "etag", "two", 3, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_stat (suite, "etag", NULL, &after), 0, "stat");
	WANT (strcmp (before.etag, after.etag) != 0, "other bytes, same etag '%s'", before.etag);
}

static void
keep_missing (struct suite *suite)
{
	WANT_CODE (op_stat (suite, "missing", NULL, NULL), LARDER_E_NOTFOUND, "stat of a missing object");
	WANT_CODE (op_read (suite, "missing", NULL, 0, LARDER_TO_END, NULL, NULL, NULL), LARDER_E_NOTFOUND, "read of a missing object");
}

static void
keep_missing_bucket (struct suite *suite)
{
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_info info = { .size = sizeof info };
	const struct larder_object object = { .size = sizeof object, .bucket = "larder-no-such-bucket-7c1", .key = "key" };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->stat (suite->self, &call, &object, &info, &error);
	leave (suite);
	call_end (&call);
	WANT_CODE (code, LARDER_E_NOTFOUND, "stat in a missing bucket");
	WANT (error.next[0], "the error '%s' names no next step", error.message);
}

static void
keep_errors (struct suite *suite)
{
	char key[1100];
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_info info = { .size = sizeof info };
	key_of (suite, "missing/of/errors", key);
	const struct larder_object object = { .size = sizeof object, .bucket = suite->bucket, .key = key };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->stat (suite->self, &call, &object, &info, &error);
	int again = suite->driver->stat (suite->self, &call, &object, &info, NULL);
	leave (suite);
	call_end (&call);
	WANT (code < 0 && error.code == code && error.message[0], "code %d, but the error says %d '%s'", code, error.code, error.message);
	WANT (again == code, "without a place for the error the code is %d, not %d", again, code);
	WANT (error.size == sizeof error, "the error's size was changed to %zu", error.size);
}

static void
keep_outputs (struct suite *suite)
{
	char key[1100];
	struct larder_call call;
	struct larder_info info, before;
	key_of (suite, "missing/of/outputs", key);
	memset (&before, 0x5a, sizeof before);
	before.size = sizeof before;
	info = before;
	const struct larder_object object = { .size = sizeof object, .bucket = suite->bucket, .key = key };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->stat (suite->self, &call, &object, &info, NULL);
	leave (suite);
	call_end (&call);
	WANT (code < 0 && memcmp (&info, &before, sizeof info) == 0, "stat failed, and wrote into its output");
}

/* A caller that is older than the module has shorter structs. */
static void
keep_sizes (struct suite *suite)
{
	char key[1100];
	struct larder_call call;
	struct { struct larder_info info; unsigned char guard[64]; } old;
	WANT_CODE (op_write (suite, "sizes", "12345", 5, NULL, NULL, NULL), 0, "write");
	key_of (suite, "sizes", key);
	memset (&old, 0x5a, sizeof old);
	old.info.size = offsetof (struct larder_info, key) + sizeof (char *);
	size_t size = old.info.size;
	const struct larder_object object = { .size = sizeof object, .bucket = suite->bucket, .key = key };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->stat (suite->self, &call, &object, &old.info, NULL);
	leave (suite);
	bool kept = code == 0 && old.info.key && strcmp (old.info.key, key) == 0 && old.info.length == 5;
	call_end (&call);
	WANT_CODE (code, 0, "stat with a shorter struct");
	for (size_t i = size; i < sizeof old; i++)
		WANT (((unsigned char *) &old)[i] == 0x5a, "a struct of %zu bytes was written at byte %zu", size, i);
	WANT (old.info.size == size && kept, "a shorter struct was not filled");
}

static void
keep_texts (struct suite *suite)
{
	char one[1100], two[1100];
	struct larder_call first, second;
	struct larder_info a = { .size = sizeof a }, b = { .size = sizeof b };
	WANT_CODE (op_write (suite, "texts/one", "1", 1, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_write (suite, "texts/two", "22", 2, NULL, NULL, NULL), 0, "write");
	key_of (suite, "texts/one", one);
	key_of (suite, "texts/two", two);
	const struct larder_object object_a = { sizeof object_a, suite->bucket, one, NULL }, object_b = { sizeof object_b, suite->bucket, two, NULL };
	call_begin (&first);
	call_begin (&second);
	enter (suite);
	int code_a = suite->driver->stat (suite->self, &first, &object_a, &a, NULL);
	int code_b = suite->driver->stat (suite->self, &second, &object_b, &b, NULL);
	leave (suite);
	char etag[128] = "";
	if (code_b == 0)
		snprintf (etag, sizeof etag, "%s", b.etag);
	call_end (&second);
	bool kept = code_a == 0 && strcmp (a.key, one) == 0 && a.etag && strcmp (a.etag, etag) != 0 && a.etag[0] != (char) 0xa5;
	call_end (&first);
	WANT (code_a == 0 && code_b == 0, "stat: codes %d and %d", code_a, code_b);
	WANT (kept, "texts of one call did not outlive another call");
}

static void
keep_ranges (struct suite *suite)
{
	static const struct { uint64_t offset, length; } ranges[] = {
		{ 0, 1 }, { 0, 10 }, { 9, 1 }, { 3, 4 }, { 9, 100 }, { 0, LARDER_TO_END }, { 5, LARDER_TO_END }, { 5, 0 }, { 0, 11 }, { 9, LARDER_TO_END - 1 },
	};
	CLEANUP_BUFFER struct buffer got;
	buffer_init (&got, 1 << 20);
	WANT_CODE (op_write (suite, "ranges", "0123456789", 10, NULL, NULL, NULL), 0, "write");
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		uint64_t offset = ranges[i].offset, length = ranges[i].length, left = 10 - offset, want = length < left ? length : left;
		struct fact fact;
		int code = op_read (suite, "ranges", NULL, offset, length, NULL, &got, &fact);
		WANT (code == 0 && got.length == want && (want == 0 || memcmp (got.at, "0123456789" + offset, (size_t) want) == 0),
		      "bytes %llu + %llu of 10: code %d, %zu bytes", (unsigned long long) offset, (unsigned long long) length, code, got.length);
		WANT (fact.length == 10, "in a range, the length is told as %llu, not as the object's", (unsigned long long) fact.length);
	}
}

static void
keep_range_end (struct suite *suite)
{
	CLEANUP_BUFFER struct buffer got;
	buffer_init (&got, 1 << 20);
	WANT_CODE (op_write (suite, "range-end", "0123456789", 10, NULL, NULL, NULL), 0, "write");
	int code = op_read (suite, "range-end", NULL, 10, 5, NULL, &got, NULL);
	WANT ((code == 0 || code == LARDER_E_INVALID) && got.length == 0, "a range at the end: code %d, %zu bytes", code, got.length);
	WANT_CODE (op_read (suite, "range-end", NULL, 11, 5, NULL, &got, NULL), LARDER_E_INVALID, "a range behind the end");
	WANT (got.length == 0, "a range behind the end gave bytes");
}

static void
keep_read_if_match (struct suite *suite)
{
	CLEANUP_BUFFER struct buffer got;
	struct fact fact;
	buffer_init (&got, 1 << 20);
	WANT_CODE (op_write (suite, "read-if-match", "old", 3, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_stat (suite, "read-if-match", NULL, &fact), 0, "stat");
	WANT_CODE (op_read (suite, "read-if-match", NULL, 0, LARDER_TO_END, fact.etag, &got, NULL), 0, "read with the right etag");
	WANT_CODE (op_write (suite, "read-if-match", "new", 3, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_read (suite, "read-if-match", NULL, 0, LARDER_TO_END, fact.etag, &got, NULL), LARDER_E_CONFLICT, "read with an old etag");
	WANT (got.length == 0, "a read with an old etag gave bytes");
}

/* ---- sinks ---- */

struct picky { int begin_code, write_code; unsigned begins, writes, early; size_t bytes; };

static int
picky_begin (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct picky *picky = context;
	(void) info;
	(void) error;
	picky->begins++;
	return picky->begin_code;
}

static int
picky_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct picky *picky = context;
	(void) bytes;
	(void) error;
	picky->early += picky->begins == 0;
	picky->writes++;
	picky->bytes += count;
	return picky->write_code;
}

static int
read_picky (struct suite *suite, const char *name, struct picky *picky, bool begin)
{
	char key[1100];
	struct larder_call call;
	key_of (suite, name, key);
	const struct larder_sink sink = { .size = sizeof sink, .context = picky, .begin = begin ? picky_begin : NULL, .write = picky_write };
	const struct larder_read request = { .size = sizeof request, .object = { sizeof request.object, suite->bucket, key, NULL },
	                                     .length = LARDER_TO_END };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->read (suite->self, &call, &request, &sink, NULL);
	leave (suite);
	call_end (&call);
	return code;
}

static void
keep_sink_order (struct suite *suite)
{
	struct picky picky = { 0 };
	WANT_CODE (op_write (suite, "sink", "0123456789", 10, NULL, NULL, NULL), 0, "write");
	WANT_CODE (read_picky (suite, "sink", &picky, true), 0, "read");
	WANT (picky.begins == 1 && picky.early == 0 && picky.bytes == 10, "begin came %u times, %u writes before it, %zu bytes", picky.begins,
	      picky.early, picky.bytes);
	picky = (struct picky) { .begins = 1 };
	WANT_CODE (read_picky (suite, "sink", &picky, false), 0, "read into a sink without begin");
	WANT (picky.bytes == 10, "a sink without begin got %zu bytes", picky.bytes);
}

static void
keep_sink_refusal (struct suite *suite)
{
	struct picky picky = { .begin_code = LARDER_E_LIMIT };
	WANT_CODE (op_write (suite, "sink-refusal", "0123456789", 10, NULL, NULL, NULL), 0, "write");
	WANT_CODE (read_picky (suite, "sink-refusal", &picky, true), LARDER_E_LIMIT, "read into a sink that refuses in begin");
	WANT (picky.writes == 0, "a sink that refused in begin was given bytes");
}

static void
keep_sink_failure (struct suite *suite)
{
	char *bytes = calloc (1, 2 << 20);
	int code = bytes ? op_write (suite, "sink-failure", bytes, 2 << 20, NULL, NULL, NULL) : -1;
	free (bytes);
	WANT_CODE (code, 0, "write");
	struct picky picky = { .write_code = LARDER_E_NOSPACE };
	WANT_CODE (read_picky (suite, "sink-failure", &picky, true), LARDER_E_NOSPACE, "read into a sink that fails");
	WANT (picky.writes == 1, "a sink that failed was called again");
}

/* ---- keys ---- */

static const char *const hostile[] = {
	"k/a", "k/a/b", "k/a/", "k/a//b", "k//", "k/..", "k/../x", "k/.", "k/./x", "k/...", "k/.hidden", "k/a.b", "k/a.b/c", "k/ space ", "k/%", "k/%25",
	"k/%2F", "k/a%", "k/a+b", "k/a?b=c&d", "k/a#b", "k/new\nline", "k/tab\t", "k/\x01", "k/\x7f", "k/back\\slash", "k/quote\"'", "k/*", "k/[x]", "k/~",
	"k/$HOME", "k/-rf", "k/\xf0\x9f\x98\x80.png", "k/\xc3\xa9", "k/e\xcc\x81", "k/A", "k/.larder/meta", "k/CON", "k/a:b", "k/<b>", "k/;|", "k/.tmp-1",
};
#define HOSTILE (sizeof hostile / sizeof *hostile)

/* 1024 bytes, the most that S3 allows. */
static void
longest (const struct suite *suite, char fill, char *ret)
{
	size_t room = 1024 - strlen (suite->place);
	memset (ret, fill, room);
	for (size_t i = 250; fill != 'x' && i < room; i += 250)
		ret[i] = '/';
	ret[room] = '\0';
}

static void
keep_keys (struct suite *suite)
{
	char name[1100], text[16];
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < HOSTILE + 2; i++) {
			const char *key = i < HOSTILE ? hostile[i] : name;
			if (i >= HOSTILE)
				longest (suite, i == HOSTILE ? 'x' : 'y', name);
			int count = snprintf (text, sizeof text, "%zu", i);
			int code = pass == 0 ? op_write (suite, key, text, (size_t) count, NULL, NULL, NULL) : 0;
			WANT (code == 0, "write of key '%.60s': code %d", key, code);
			WANT (pass == 0 || is_there (suite, key, text, (size_t) count), "key '%.60s' did not come back as written", key);
		}
}

static bool
is_refusal (int code)
{
	return code == LARDER_E_INVALID || code == LARDER_E_UNSUPPORTED || code == LARDER_E_LIMIT || code == LARDER_E_CONFLICT;
}

/* Whatever the storage cannot hold it refuses; what it takes stays apart from all others. */
static void
keep_apart (struct suite *suite)
{
	bool taken[HOSTILE];
	char name[64], text[16];
	unsigned count = 0;
	for (size_t i = 0; i < HOSTILE; i++) {
		snprintf (name, sizeof name, "h%s", hostile[i] + 1);
		int code = op_write (suite, name, text, (size_t) snprintf (text, sizeof text, "%zu", i), NULL, NULL, NULL);
		WANT (code == 0 || is_refusal (code), "write of key '%.60s': code %d", name, code);
		taken[i] = code == 0;
		count += taken[i];
	}
	for (size_t i = 0; i < HOSTILE; i++) {
		snprintf (name, sizeof name, "h%s", hostile[i] + 1);
		WANT (!taken[i] || is_there (suite, name, text, (size_t) snprintf (text, sizeof text, "%zu", i)),
		      "key '%.60s' was taken, and did not come back as written", name);
	}
	struct seen seen;
	op_list (suite, "h/", NULL, NULL, 1000, false, &seen);
	if (seen.count != count)
		broken (suite, "%u keys were taken, %zu are listed", count, seen.count);
	seen_free (&seen);
}

static void
keep_bad_keys (struct suite *suite)
{
	struct larder_call call;
	struct larder_info info = { .size = sizeof info };
	const struct larder_object object = { .size = sizeof object, .bucket = suite->bucket, .key = "" };
	const struct larder_object upper = { .size = sizeof object, .bucket = "../escape", .key = "key" };
	call_begin (&call);
	enter (suite);
	int key = suite->driver->stat (suite->self, &call, &object, &info, NULL);
	int bucket = suite->driver->stat (suite->self, &call, &upper, &info, NULL);
	leave (suite);
	call_end (&call);
	WANT_CODE (key, LARDER_E_INVALID, "an empty key");
	WANT_CODE (bucket, LARDER_E_INVALID, "the bucket '../escape'");
}

const struct promise objects_promises[] = {
	{ "an object comes back byte for byte, at every size", 0, 0, keep_bytes },
	{ "an object of no bytes is an object", 0, 0, keep_empty },
	{ "stat, read and write tell the same facts", 0, 0, keep_facts },
	{ "other bytes have another etag", 0, 0, keep_etag },
	{ "a missing object is NOTFOUND", 0, 0, keep_missing },
	{ "a missing bucket is NOTFOUND with a next step", 0, 0, keep_missing_bucket },
	{ "a failure says what it is, and does without a place to say it", 0, 0, keep_errors },
	{ "outputs are untouched by a failure", 0, 0, keep_outputs },
	{ "structs of an older caller are filled no further than their size", 0, 0, keep_sizes },
	{ "texts of a call live as long as its arena", 0, 0, keep_texts },
	{ "a range gives its bytes: first, last, none, beyond the end", 0, LARDER_CAP_RANGE, keep_ranges },
	{ "a range behind the end is INVALID", 0, LARDER_CAP_RANGE, keep_range_end },
	{ "a read with another etag is CONFLICT before the first byte", 0, 0, keep_read_if_match },
	{ "a sink's begin comes once, before the bytes, and may be absent", 0, 0, keep_sink_order },
	{ "a sink may refuse in begin", 0, 0, keep_sink_refusal },
	{ "a sink that fails ends the read with its code", 0, 0, keep_sink_failure },
	{ "every key that S3 allows is stored, and none is taken for another", 0, LARDER_CAP_ANY_KEY | LARDER_CAP_KEY_BESIDE_PREFIX, keep_keys },
	{ "a key that cannot be held is refused, and each one taken is listed", 0, 0, keep_apart },
	{ "an empty key and an impossible bucket are INVALID", 0, 0, keep_bad_keys },
	{ NULL, 0, 0, NULL }
};
