/* more.c: promises about attributes, copies, tags, classes and addresses. */
#include "suite.h"

#include <sys/eventfd.h>
#include <stdlib.h>

#define OP(name) offsetof (struct larder_driver, name)

static const struct larder_pair pairs[] = {
	{ "user_id", "u-17" }, { "job-id", "job 42" }, { "uploaded_at", "2025-11-03T04:05:06.000000" }, { "empty-not", "x" }, { "percent", "100%" },
	{ "equals", "a=b;c" }, { "a.b", "dots" }, { "long", "0123456789012345678901234567890123456789012345678901234567890123456789" },
	{ "last", "the ninth" },
};

static struct larder_attributes
attributes_of (size_t count)
{
	return (struct larder_attributes) {
		.size = sizeof (struct larder_attributes), .content_type = "image/png", .content_encoding = "identity",
		.cache_control = "max-age=60, public", .content_disposition = "attachment; filename=\"a b.png\"",
		.metadata = { pairs, count, sizeof *pairs },
	};
}

static bool
same_attributes (const struct fact *a, const struct fact *b)
{
	return strcmp (a->content_type, b->content_type) == 0 && strcmp (a->content_encoding, b->content_encoding) == 0
	       && strcmp (a->cache_control, b->cache_control) == 0 && strcmp (a->content_disposition, b->content_disposition) == 0;
}

static bool
has_pairs (const struct fact *fact, size_t count)
{
	char line[256], all[4200];
	snprintf (all, sizeof all, "\n%s", fact->metadata);
	for (size_t i = 0; i < count; i++) {
		snprintf (line, sizeof line, "\n%s=%s\n", pairs[i].name, pairs[i].value);
		if (!strstr (all, line))
			return false;
	}
	return fact->pairs == count;
}

static void
keep_metadata (struct suite *suite)
{
	struct fact stat, read;
	const struct larder_attributes given = attributes_of (9);
	WANT_CODE (op_write (suite, "metadata", "x", 1, &given, NULL, NULL), 0, "write");
	WANT_CODE (op_stat (suite, "metadata", NULL, &stat), 0, "stat");
	WANT_CODE (op_read (suite, "metadata", NULL, 0, LARDER_TO_END, NULL, NULL, &read), 0, "read");
	WANT (has_pairs (&stat, 9), "metadata came back as: %.200s", stat.metadata);
	WANT (has_pairs (&read, 9), "read tells other metadata than stat: %.200s", read.metadata);
	WANT (strcmp (stat.content_type, given.content_type) == 0 && strcmp (stat.content_encoding, given.content_encoding) == 0
	      && strcmp (stat.cache_control, given.cache_control) == 0 && strcmp (stat.content_disposition, given.content_disposition) == 0,
	      "attributes came back as '%s' '%s' '%s' '%s'", stat.content_type, stat.content_encoding, stat.cache_control, stat.content_disposition);
}

static void
keep_metadata_change (struct suite *suite)
{
	struct fact stat;
	const struct larder_attributes given = attributes_of (3);
	WANT_CODE (op_write (suite, "metadata-change", "x", 1, &given, NULL, NULL), 0, "write");
	WANT_CODE (op_write (suite, "metadata-change", "y", 1, NULL, NULL, NULL), 0, "write without metadata");
	WANT_CODE (op_stat (suite, "metadata-change", NULL, &stat), 0, "stat");
	WANT (stat.pairs == 0 && strcmp (stat.cache_control, "") == 0, "the old object's metadata stayed: %.200s", stat.metadata);
}

/* c-T06: at every size, also where a driver copies in another way. */
static void
keep_copy (struct suite *suite)
{
	static const size_t sizes[] = { 0, 1, 1 << 20, 12 << 20 };
	const struct larder_attributes given = attributes_of (3);
	char *bytes = malloc (12 << 20);
	for (size_t i = 0; bytes && i < sizeof sizes / sizeof *sizes && !suite->why[0]; i++) {
		struct fact from, to;
		fill_random (bytes, sizes[i], suite->seed + i);
		if (op_write (suite, "copy/from", bytes, sizes[i], &given, NULL, NULL) != 0 || op_copy (suite, "copy/from", "copy/to", NULL, NULL, NULL) != 0
		    || op_stat (suite, "copy/from", NULL, &from) != 0 || op_stat (suite, "copy/to", NULL, &to) != 0)
			broken (suite, "copy of %zu bytes failed", sizes[i]);
		else if (!is_there (suite, "copy/to", bytes, sizes[i]))
			broken (suite, "a copy of %zu bytes has other bytes", sizes[i]);
		else if ((suite->caps & LARDER_CAP_METADATA) && (!same_attributes (&from, &to) || !has_pairs (&from, 3) || !has_pairs (&to, 3)))
			broken (suite, "a copy of %zu bytes has other attributes: '%s' '%s' %.100s", sizes[i], to.content_type, to.cache_control, to.metadata);
	}
	free (bytes);
}

static void
keep_copy_replaced (struct suite *suite)
{
	static const struct larder_pair other = { "other", "pair" };
	struct fact to;
	const struct larder_attributes given = attributes_of (3);
	const struct larder_attributes type = { .size = sizeof type, .content_type = "text/plain" };
	const struct larder_attributes metadata = { .size = sizeof metadata, .metadata_given = true, .metadata = { &other, 1, sizeof other } };
	WANT_CODE (op_write (suite, "replace/from", "x", 1, &given, NULL, NULL), 0, "write");
	WANT_CODE (op_copy (suite, "replace/from", "replace/type", &type, NULL, NULL), 0, "copy with another type");
	WANT_CODE (op_stat (suite, "replace/type", NULL, &to), 0, "stat");
	WANT (strcmp (to.content_type, "text/plain") == 0, "the type given became '%s'", to.content_type);
	WANT (strcmp (to.cache_control, given.cache_control) == 0 && has_pairs (&to, 3), "what was not given changed: '%s' %.100s", to.cache_control, to.metadata);
	WANT_CODE (op_copy (suite, "replace/from", "replace/meta", &metadata, NULL, NULL), 0, "copy with other metadata");
	WANT_CODE (op_stat (suite, "replace/meta", NULL, &to), 0, "stat");
	WANT (strcmp (to.metadata, "other=pair\n") == 0 && strcmp (to.content_type, "image/png") == 0, "it became '%s' %.100s", to.content_type, to.metadata);
}

static void
keep_copy_conditions (struct suite *suite)
{
	const struct larder_condition only = { .size = sizeof only, .create_only = true };
	WANT_CODE (op_write (suite, "condition/from", "x", 1, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_copy (suite, "condition/missing", "condition/to", NULL, NULL, NULL), LARDER_E_NOTFOUND, "copy of what is not there");
	WANT_CODE (op_copy (suite, "condition/from", "condition/to", NULL, NULL, "another-etag"), LARDER_E_CONFLICT, "copy with another etag");
	WANT_CODE (op_stat (suite, "condition/to", NULL, NULL), LARDER_E_NOTFOUND, "stat after it");
	if (!(suite->caps & LARDER_CAP_COPY_CREATE_ONLY))
		return;
	WANT_CODE (op_copy (suite, "condition/from", "condition/to", NULL, &only, NULL), 0, "create-only copy where nothing is");
	WANT_CODE (op_copy (suite, "condition/from", "condition/to", NULL, &only, NULL), LARDER_E_CONFLICT, "create-only copy where an object is");
}

static int
class_call (struct suite *suite, const char *name, const char *class)
{
	char key[1100];
	struct larder_call call;
	key_of (suite, name, key);
	const struct larder_object object = { .size = sizeof object, .bucket = suite->bucket, .key = key };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->class_set (suite->self, &call, &object, class, NULL);
	leave (suite);
	call_end (&call);
	return code;
}

static void
keep_classes (struct suite *suite)
{
	struct fact fact;
	const struct larder_attributes given = { .size = sizeof given, .storage_class = "STANDARD_IA" };
	WANT_CODE (op_write (suite, "class", "x", 1, &given, NULL, NULL), 0, "write");
	WANT_CODE (op_stat (suite, "class", NULL, &fact), 0, "stat");
	WANT (strcmp (fact.storage_class, "STANDARD_IA") == 0, "the class is told as '%s'", fact.storage_class);
}

static void
keep_class_set (struct suite *suite)
{
	struct fact fact;
	const struct larder_attributes given = attributes_of (3);
	WANT_CODE (op_write (suite, "class-set", "x", 1, &given, NULL, NULL), 0, "write");
	WANT_CODE (class_call (suite, "class-set", "STANDARD_IA"), 0, "class_set");
	WANT_CODE (op_stat (suite, "class-set", NULL, &fact), 0, "stat");
	WANT (strcmp (fact.storage_class, "STANDARD_IA") == 0 && has_pairs (&fact, 3) && is_there (suite, "class-set", "x", 1),
	      "class '%s', or bytes or metadata changed", fact.storage_class);
	WANT_CODE (class_call (suite, "class-set/missing", "STANDARD_IA"), LARDER_E_NOTFOUND, "class_set of what is not there");
}

static int
restore_call (struct suite *suite, const char *name)
{
	char key[1100];
	struct larder_call call;
	key_of (suite, name, key);
	const struct larder_restore request = { .size = sizeof request, .object = { sizeof request.object, suite->bucket, key, NULL }, .days = 1 };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->restore (suite->self, &call, &request, NULL);
	leave (suite);
	call_end (&call);
	return code;
}

/* Of a storage that takes the class: whether its restores take hours or none, what stat tells is what read does. */
static void
keep_restore (struct suite *suite)
{
	struct fact fact;
	const struct larder_attributes given = { .size = sizeof given, .storage_class = "GLACIER" };
	int code = op_write (suite, "restore", "x", 1, &given, NULL, NULL);
	if (code == LARDER_E_UNSUPPORTED || code == LARDER_E_INVALID)
		return;
	WANT_CODE (code, 0, "write");
	WANT_CODE (op_read (suite, "restore", NULL, 0, LARDER_TO_END, NULL, NULL, NULL), LARDER_E_NOTREADY, "read of what is archived");
	WANT_CODE (op_copy (suite, "restore", "restore/copy", NULL, NULL, NULL), LARDER_E_NOTREADY, "copy of what is archived");
	WANT_CODE (op_stat (suite, "restore", NULL, &fact), 0, "stat");
	WANT (fact.restore_state == LARDER_RESTORE_NONE && strcmp (fact.storage_class, "GLACIER") == 0, "restore %u of class '%s' before it was asked for", fact.restore_state, fact.storage_class);
	WANT_CODE (restore_call (suite, "restore"), 0, "restore");
	WANT_CODE (restore_call (suite, "restore"), 0, "restore, asked for already");
	WANT_CODE (op_stat (suite, "restore", NULL, &fact), 0, "stat");
	bool done = fact.restore_state == LARDER_RESTORE_DONE;
	WANT (done ? fact.restore_expiry > fact.mtime : fact.restore_state == LARDER_RESTORE_RUNNING, "restore %u, until %lld", fact.restore_state, (long long) fact.restore_expiry);
	WANT (strcmp (fact.storage_class, "GLACIER") == 0, "a restore made class '%s' of it", fact.storage_class);
	WANT_CODE (op_read (suite, "restore", NULL, 0, LARDER_TO_END, NULL, NULL, NULL), done ? 0 : LARDER_E_NOTREADY, "read, as stat tells");
	WANT_CODE (restore_call (suite, "restore/missing"), LARDER_E_NOTFOUND, "restore of what is not there");
}

static void
keep_tags (struct suite *suite)
{
	char key[1100];
	struct larder_call call;
	static const struct larder_pair tags[] = { { "kind", "holiday" }, { "for", "all + sundry: 1/2 = @_.-" } };
	const struct larder_pairs given = { tags, 2, sizeof *tags };
	struct larder_pairs got = { NULL, 0, 0 };
	WANT_CODE (op_write (suite, "tags", "x", 1, NULL, NULL, NULL), 0, "write");
	key_of (suite, "tags", key);
	const struct larder_object object = { .size = sizeof object, .bucket = suite->bucket, .key = key };
	call_begin (&call);
	enter (suite);
	int set = suite->driver->tags_set (suite->self, &call, &object, &given, NULL);
	int get = suite->driver->tags_get (suite->self, &call, &object, &got, NULL);
	leave (suite);
	size_t found = 0;
	for (size_t i = 0; get == 0 && i < got.count; i++)
		for (size_t k = 0; k < 2; k++)
			found += strcmp (larder_pair_at (&got, i)->name, tags[k].name) == 0 && strcmp (larder_pair_at (&got, i)->value, tags[k].value) == 0;
	call_end (&call);
	WANT_CODE (set, 0, "tags_set");
	WANT_CODE (get, 0, "tags_get");
	WANT (found == 2 && got.count == 2, "%zu tags came back, %zu as given", got.count, found);
}

static void
keep_url (struct suite *suite)
{
	char key[1100], kept[4096] = "";
	struct larder_call call;
	const char *url = NULL;
	WANT_CODE (op_write (suite, "url/a b%.png", "x", 1, NULL, NULL, NULL), 0, "write");
	key_of (suite, "url/a b%.png", key);
	const struct larder_url request = { .size = sizeof request, .object = { sizeof request.object, suite->bucket, key, NULL }, .method = "GET" };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->url (suite->self, &call, &request, &url, NULL);
	leave (suite);
	if (code == 0 && url)
		snprintf (kept, sizeof kept, "%s", url);
	call_end (&call);
	WANT_CODE (code, 0, "url");
	WANT (strstr (kept, "://") && !strpbrk (kept, " \"<>"), "'%s' is not an encoded address", kept);
}

static int
count_findings (void *context, uint32_t verdict, const char *what, const char *detail, const char *next)
{
	unsigned *counts = context;
	(void) detail;
	(void) next;
	counts[verdict == LARDER_PASS ? 0 : verdict == LARDER_WARN || verdict == LARDER_NOTE ? 1 : 2]++;
	return what && *what ? 0 : LARDER_E_INVALID;
}

static void
keep_check (struct suite *suite)
{
	struct larder_call call;
	struct seen seen;
	unsigned counts[3] = { 0 };
	WANT_CODE (op_write (suite, "a-check", "x", 1, NULL, NULL, NULL), 0, "write");
	call_begin (&call);
	enter (suite);
	int code = suite->driver->check (suite->self, &call, suite->bucket, count_findings, counts, NULL);
	leave (suite);
	call_end (&call);
	WANT_CODE (code, 0, "check");
	WANT (counts[0] > 0 && counts[2] == 0, "%u findings pass, %u fail", counts[0], counts[2]);
	op_list (suite, "a-check", NULL, NULL, 6, false, &seen);
	size_t count = seen.count;
	seen_free (&seen);
	WANT (count == 1, "the check left something behind");
}

/* ---- probe ---- */

struct probing { struct larder_call clean; unsigned cleaned, advised; };

static struct larder_call *
begin_clean (void *context)
{
	struct probing *probing = context;
	probing->cleaned++;
	return &probing->clean;
}

static int
probe_finding (void *context, uint32_t verdict, const char *what, const char *detail, const char *next)
{
	(void) context;
	(void) detail;
	(void) next;
	return what && *what && verdict != LARDER_FAIL ? 0 : LARDER_E_INVALID;
}

static int
probe_advice (void *context, const char *key, const char *value)
{
	struct probing *probing = context;
	probing->advised++;
	return key && *key && value && !strpbrk (value, "\r\n") ? 0 : LARDER_E_INVALID;
}

static int
probe (struct suite *suite, bool cancelled, struct probing *ret)
{
	char prefix[1100];
	struct larder_call call;
	key_of (suite, "probe/scratch/", prefix);
	*ret = (struct probing) { .cleaned = 0 };
	const struct larder_probe request = { .size = sizeof request, .bucket = suite->bucket, .prefix = prefix, .clean = begin_clean, .context = ret };
	call_begin (&call);
	call_begin (&ret->clean);
	call.cancelled = cancelled;
	call.cancel_fd = eventfd (cancelled, EFD_CLOEXEC);
	enter (suite);
	int code = suite->driver->probe (suite->self, &call, &request, probe_finding, probe_advice, ret, NULL);
	leave (suite);
	call_end (&call);
	call_end (&ret->clean);
	return code;
}

static size_t
count_below (struct suite *suite, const char *name)
{
	struct seen seen;
	op_list (suite, name, NULL, NULL, 100, suite->caps & LARDER_CAP_VERSIONS, &seen);
	size_t count = seen.count;
	seen_free (&seen);
	return count;
}

static void
keep_probe (struct suite *suite)
{
	struct probing probing;
	WANT_CODE (op_write (suite, "probe/scratc", "x", 1, NULL, NULL, NULL), 0, "write");
	size_t before = count_below (suite, "probe/");
	WANT_CODE (probe (suite, false, &probing), 0, "probe");
	WANT (probing.advised > 0, "a probe advises nothing");
	WANT (probing.cleaned <= 1, "a probe asked %u times for a call to clean by", probing.cleaned);
	WANT (count_below (suite, "probe/") == before && op_stat (suite, "probe/scratc", NULL, NULL) == 0, "a probe changed more than its own keys, or left some");
	int code = probe (suite, true, &probing);
	WANT (code == LARDER_E_CANCELLED && probing.advised == 0, "a probe that was cancelled: %d, %u pieces of advice", code, probing.advised);
	WANT (count_below (suite, "probe/") == before, "a probe that was cancelled left something behind");
}

const struct promise more_promises[] = {
	{ "attributes and metadata come back as given", 0, LARDER_CAP_METADATA, keep_metadata },
	{ "a new object has none of the old one's metadata", 0, LARDER_CAP_METADATA, keep_metadata_change },
	{ "a copy has bytes and attributes of its source, at every size", OP (copy), 0, keep_copy },
	{ "a copy changes the attributes given and no others", OP (copy), LARDER_CAP_METADATA, keep_copy_replaced },
	{ "a copy's conditions are kept", OP (copy), 0, keep_copy_conditions },
	{ "the storage class given is told", 0, LARDER_CAP_CLASSES, keep_classes },
	{ "class_set changes the class alone", OP (class_set), LARDER_CAP_CLASSES, keep_class_set },
	{ "what is archived is read once it is restored", OP (restore), LARDER_CAP_CLASSES, keep_restore },
	{ "tags come back as given", OP (tags_set), 0, keep_tags },
	{ "an object has an address", OP (url), 0, keep_url },
	{ "check finds a good bucket good", OP (check), 0, keep_check },
	{ "probe advises, and leaves all as it was, also when it is cancelled", OP (probe), 0, keep_probe },
	{ NULL, 0, 0, NULL }
};
