/* lists.c: promises about listings, against a model made of the same keys. */
#include "suite.h"


#include <stdlib.h>

#define OP(name) offsetof (struct larder_driver, name)

static const char *const all_names[] = {      /* in byte order */
	"l/a", "l/a!b", "l/a.b", "l/a/", "l/a/b", "l/a/b/c", "l/a/b/d", "l/a0", "l/b", "l/b//x", "l/b/x", "l/c/1/2/3", "l/c/1/2/4", "l/d",
	"l/e.f", "l/e.f/g", "l/\xc3\xa9", "l/\xf0\x9f\x98\x80",
};
#define NAMES (sizeof all_names / sizeof *all_names)

static bool
is_folder_too (const char *name)
{
	size_t length = strlen (name);
	for (size_t i = 0; i < NAMES; i++)
		if (strncmp (all_names[i], name, length) == 0 && all_names[i][length] == '/')
			return true;
	return false;
}

/* Those that this storage holds: no empty parts, no object in the place of a folder, where it does not promise so. */
static void
choose_names (struct suite *suite)
{
	suite->name_count = 0;
	for (size_t i = 0; i < NAMES; i++) {
		bool odd = strstr (all_names[i], "//") || all_names[i][strlen (all_names[i]) - 1] == '/';
		if ((!odd || suite->caps & LARDER_CAP_ANY_KEY) && (!is_folder_too (all_names[i]) || suite->caps & LARDER_CAP_KEY_BESIDE_PREFIX))
			suite->names[suite->name_count++] = all_names[i];
	}
}

static bool
prepare (struct suite *suite)
{
	choose_names (suite);
	for (size_t i = 0; i < suite->name_count; i++)
		if (op_stat (suite, suite->names[i], NULL, NULL) != 0 && op_write (suite, suite->names[i], suite->names[i], strlen (suite->names[i]), NULL, NULL, NULL) != 0) {
			broken (suite, "write of '%s'", suite->names[i]);
			return false;
		}
	return true;
}

/* What a listing must give: names, or groups, that start with prefix and come from keys above `after`. */
static size_t
model (const struct suite *suite, const char *prefix, const char *delimiter, const char *after, char (*ret)[64])
{
	size_t count = 0;
	for (size_t i = 0; i < suite->name_count; i++) {
		if (strncmp (suite->names[i], prefix, strlen (prefix)) != 0 || (after && strcmp (suite->names[i], after) <= 0))
			continue;
		const char *found = delimiter ? strstr (suite->names[i] + strlen (prefix), delimiter) : NULL;
		int length = found ? (int) (found - suite->names[i] + (long) strlen (delimiter)) : (int) strlen (suite->names[i]);
		char item[64];
		snprintf (item, sizeof item, "%s%.*s", found ? "=" : "", length, suite->names[i]);
		if (count == 0 || strcmp (ret[count - 1], item) != 0)
			memcpy (ret[count++], item, sizeof item);
	}
	return count;
}

static void
compare (struct suite *suite, const char *prefix, const char *delimiter, const char *after, uint32_t most)
{
	char want[NAMES][64];
	struct seen seen;
	size_t count = model (suite, prefix, delimiter, after, want), skip = strlen (suite->place);
	op_list (suite, prefix, delimiter, after, most, false, &seen);
	if (seen.code != 0)
		broken (suite, "prefix '%s', %u a page: code %d", prefix, most, seen.code);
	if (seen.lied)
		broken (suite, "prefix '%s', %u a page: over-full page, or neither complete nor a token", prefix, most);
	for (size_t i = 0; i < count && i < seen.count; i++) {
		char got[1200];
		snprintf (got, sizeof got, "%s%s", seen.at[i].flags & LARDER_INFO_PREFIX ? "=" : "", seen.at[i].key + skip);
		if (strcmp (got, want[i]) != 0)
			broken (suite, "prefix '%s' delimiter '%s' after '%s', %u a page: item %zu is '%s', not '%s'", prefix, delimiter ? delimiter : "",
			        after ? after : "", most, i, got, want[i]);
	}
	if (seen.count != count)
		broken (suite, "prefix '%s' delimiter '%s' after '%s', %u a page: %zu items, not %zu", prefix, delimiter ? delimiter : "", after ? after : "",
		        most, seen.count, count);
	seen_free (&seen);
}

static void
keep_order (struct suite *suite)
{
	if (prepare (suite))
		compare (suite, "l/", NULL, NULL, 0);
}

static void
keep_pages (struct suite *suite)
{
	if (prepare (suite))
		for (uint32_t most = 1; most <= suite->name_count + 1; most++)
			compare (suite, "l/", NULL, NULL, most);
}

static void
keep_prefix (struct suite *suite)
{
	static const char *const prefixes[] = { "l/a", "l/a/", "l/a/b", "l/b/", "l/b//", "l/c/1", "l/c/1/2/3", "l/e.f", "l/nothing", "l/\xc3" };
	if (prepare (suite))
		for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
			if (suite->caps & LARDER_CAP_ANY_KEY || (!strstr (prefixes[i], "//") && strcmp (prefixes[i], "l/\xc3") != 0))
				compare (suite, prefixes[i], NULL, NULL, 1000);
}

static void
keep_groups (struct suite *suite)
{
	static const char *const prefixes[] = { "l/", "l/a", "l/a/", "l/b/", "l/c/", "l/c/1/", "l/e", "" };
	static const uint32_t sizes[] = { 1, 2, 5, 1000 };
	if (prepare (suite))
		for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
			for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
				if (*prefixes[i])
					compare (suite, prefixes[i], "/", NULL, sizes[k]);
}

static void
keep_delimiters (struct suite *suite)
{
	if (prepare (suite)) {
		compare (suite, "l/", ".", NULL, 1000);
		compare (suite, "l/", "b", NULL, 4);
		compare (suite, "l/", "/1/", NULL, 4);
	}
}

static void
keep_start_after (struct suite *suite)
{
	if (suite->caps & LARDER_CAP_ANY_ORDER || !prepare (suite))
		return;
	for (size_t i = 0; i < suite->name_count; i++)
		compare (suite, "l/", NULL, suite->names[i], 1 + (uint32_t) (i % 3) * 4);
	compare (suite, "l/", NULL, "l/a/b!", 6);
	compare (suite, "l/b", NULL, "l/zzz", 6);
	compare (suite, "l/b", NULL, "a", 6);
}

static void
keep_list_facts (struct suite *suite)
{
	struct seen seen;
	size_t skip = strlen (suite->place);
	if (!prepare (suite))
		return;
	op_list (suite, "l/a", NULL, NULL, 1000, false, &seen);
	for (size_t i = 0; i < seen.count; i++) {
		struct fact fact, *listed = &seen.at[i];
		int code = op_stat (suite, listed->key + skip, NULL, &fact);
		if (code != 0 || fact.length != listed->length || strcmp (fact.etag, listed->etag) != 0 || fact.mtime / 1000000000 != listed->mtime / 1000000000)
			broken (suite, "'%s' is listed with length %llu and etag '%s', stat says %llu and '%s'", listed->key,
			        (unsigned long long) listed->length, listed->etag, (unsigned long long) fact.length, fact.etag);
	}
	if (seen.count == 0)
		broken (suite, "nothing was listed");
	seen_free (&seen);
}

static int
stop_second (void *context, const struct larder_info *info, struct larder_error *error)
{
	(void) info;
	(void) error;
	return ++*(int *) context == 2 ? LARDER_E_LIMIT : 0;
}

static void
keep_stopped (struct suite *suite)
{
	char prefix[1100];
	struct larder_call call;
	struct larder_page page = { .size = sizeof page };
	int count = 0;
	if (!prepare (suite))
		return;
	key_of (suite, "l/", prefix);
	const struct larder_list request = { .size = sizeof request, .bucket = suite->bucket, .prefix = prefix, .delimiter = "", .most = 9 };
	call_begin (&call);
	enter (suite);
	int code = suite->driver->list (suite->self, &call, &request, stop_second, &count, &page, NULL);
	leave (suite);
	call_end (&call);
	WANT_CODE (code, LARDER_E_LIMIT, "a listing whose reader stops it");
	WANT (count == 2, "the reader was called %d times after it had stopped", count - 2);
}

static void
keep_removed (struct suite *suite)
{
	struct seen seen;
	WANT_CODE (op_write (suite, "gone/a/b/c", "x", 1, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_write (suite, "gone/kept", "x", 1, NULL, NULL, NULL), 0, "write");
	WANT_CODE (op_remove (suite, "gone/a/b/c", NULL, NULL), 0, "remove");
	op_list (suite, "gone/", "/", NULL, 8, false, &seen);
	if (seen.code != 0 || seen.count != 1)
		broken (suite, "code %d, %zu items where one is", seen.code, seen.count);
	seen_free (&seen);
}

/* ---- versions ---- */

/* Does this bucket keep versions? */
static bool
is_versioned (struct suite *suite)
{
	struct fact fact;
	if (op_write (suite, "versions/probe", "x", 1, NULL, NULL, &fact) != 0 || !fact.version[0] || strcmp (fact.version, "null") == 0) {
		not_here (suite, "this bucket keeps no versions");
		return false;
	}
	return true;
}

static void
keep_versions (struct suite *suite)
{
	struct fact facts[3], old;
	CLEANUP_BUFFER struct buffer got;
	buffer_init (&got, 4096);
	if (!is_versioned (suite))
		return;
	for (int i = 0; i < 3; i++)
		WANT_CODE (op_write (suite, "versions/kept", &"abc"[i], 1, NULL, NULL, &facts[i]), 0, "write");
	for (int i = 0; i < 3; i++) {
		WANT (op_read (suite, "versions/kept", facts[i].version, 0, LARDER_TO_END, NULL, &got, &old) == 0 && got.length == 1 && *got.at == "abc"[i],
		      "version %d did not come back", i);
		WANT (strcmp (old.version, facts[i].version) == 0, "version %s is told as '%s'", facts[i].version, old.version);
	}
	WANT_CODE (op_remove (suite, "versions/kept", NULL, NULL), 0, "remove");
	WANT_CODE (op_stat (suite, "versions/kept", NULL, NULL), LARDER_E_NOTFOUND, "stat behind a delete marker");
	WANT_CODE (op_stat (suite, "versions/kept", facts[1].version, NULL), 0, "stat of an old version");
	WANT_CODE (op_remove (suite, "versions/kept", facts[1].version, NULL), 0, "remove of an old version");
	WANT_CODE (op_stat (suite, "versions/kept", facts[1].version, NULL), LARDER_E_NOTFOUND, "stat of a removed version");
	WANT_CODE (op_stat (suite, "versions/kept", facts[0].version, NULL), 0, "stat of another version");
}

static void
compare_versions (struct suite *suite, uint32_t most, char (*versions)[128])
{
	struct seen seen;
	op_list (suite, "versions/list", NULL, NULL, most, true, &seen);
	if (seen.code != 0 || seen.count != 6 || seen.lied)
		broken (suite, "%u a page: code %d, %zu versions, not 6", most, seen.code, seen.count);
	for (size_t i = 0; i < seen.count && i < 6; i++) {
		const struct fact *fact = &seen.at[i];
		bool latest = i == 0 || i == 4, marker = i == 0;
		if ((marker ? !(fact->flags & LARDER_INFO_DELETE_MARKER) : strcmp (fact->version, versions[i]) != 0)
		    || latest != ((fact->flags & LARDER_INFO_LATEST) != 0))
			broken (suite, "%u a page: item %zu is version '%s', flags %x", most, i, fact->version, fact->flags);
	}
	seen_free (&seen);
}

/* Newest first within a key: a delete marker, three versions; then another key with two. */
static void
keep_version_order (struct suite *suite)
{
	char versions[6][128];
	struct fact fact;
	if (!is_versioned (suite))
		return;
	for (int i = 3; i >= 1; i--) {
		WANT_CODE (op_write (suite, "versions/list", "x", 1, NULL, NULL, &fact), 0, "write");
		memcpy (versions[i], fact.version, sizeof fact.version);
	}
	WANT_CODE (op_remove (suite, "versions/list", NULL, NULL), 0, "remove");
	for (int i = 5; i >= 4; i--) {
		WANT_CODE (op_write (suite, "versions/list2", "x", 1, NULL, NULL, &fact), 0, "write");
		memcpy (versions[i], fact.version, sizeof fact.version);
	}
	for (uint32_t most = 1; most <= 7; most++)
		compare_versions (suite, most, versions);
}

static void
keep_versioning (struct suite *suite)
{
	struct larder_call call;
	struct fact fact;
	uint32_t state = UINT32_MAX;
	WANT_CODE (op_write (suite, "versions/probe", "x", 1, NULL, NULL, &fact), 0, "write");
	bool keeps = fact.version[0] && strcmp (fact.version, "null") != 0;
	call_begin (&call);
	enter (suite);
	int code = suite->driver->versioning (suite->self, &call, suite->bucket, &state, NULL);
	leave (suite);
	call_end (&call);
	WANT_CODE (code, 0, "versioning");
	WANT ((state == LARDER_VERSIONING_ON) == keeps, "it says %u where the version of an object is '%s'", state, fact.version);
}

const struct promise lists_promises[] = {
	{ "a listing has all keys in byte order", 0, 0, keep_order },
	{ "pages of every size join to the same listing", 0, 0, keep_pages },
	{ "a prefix selects", 0, 0, keep_prefix },
	{ "the delimiter '/' groups, each group once", 0, 0, keep_groups },
	{ "any text may be the delimiter", 0, 0, keep_delimiters },
	{ "start-after gives the keys above it only", 0, 0, keep_start_after },
	{ "a listing tells what stat tells", 0, 0, keep_list_facts },
	{ "a reader may stop a listing with a code", 0, 0, keep_stopped },
	{ "a removed object is not listed, nor is its group", 0, 0, keep_removed },
	{ "versions stay readable, and go one by one", 0, LARDER_CAP_VERSIONS, keep_versions },
	{ "versions and delete markers are listed, newest first", 0, LARDER_CAP_VERSIONS, keep_version_order },
	{ "versioning tells whether the bucket keeps versions", OP (versioning), 0, keep_versioning },
	{ NULL, 0, 0, NULL }
};
