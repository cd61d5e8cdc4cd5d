/* driver-versioned.c: versions in memory, on pages of a wished length. It goes on from the item that a page ended with, and fails
 * where that is gone; it fails a removal that would bring an old version to light, if it is to. It is for one call at a time. */
#include "fixture.h"

#include <stdio.h>

struct row { char key[16], version[24], etag[24]; bool marker; };

struct state {
	const char *const *versions;     /* "key:7" or "key:7m", newest first within a key: a version's name is its time in seconds */
	int64_t page, markers;
	const char *stuck;
	bool strict;
	uint32_t keeps;                  /* enum larder_versioning, or 3: it does not tell */
	int64_t broken, pages;           /* the page that fails; those so far */
	struct row *rows;
	size_t count, room;
	const char *const *uploads;      /* keys, in order; the id of each is its key */
	uint32_t aborted;                /* of these, a bit each */
};

static const struct larder_option options[] = {
	{ .key = "versions", .type = LARDER_LIST, .at = offsetof (struct state, versions), .help = "what is there" },
	{ .key = "page", .type = LARDER_INT, .at = offsetof (struct state, page), .min = 1, .max = 1000, .def = "1000", .help = "items on a page" },
	{ .key = "markers", .type = LARDER_INT, .at = offsetof (struct state, markers), .min = 0, .max = 100000, .help = "delete markers on top of a key 'many'" },
	{ .key = "uploads", .type = LARDER_LIST, .at = offsetof (struct state, uploads), .help = "keys of open uploads" },
	{ .key = "stuck", .type = LARDER_STRING, .at = offsetof (struct state, stuck), .help = "version or upload that nobody may remove" },
	{ .key = "strict", .type = LARDER_BOOL, .at = offsetof (struct state, strict), .def = "no", .help = "no old version may come to light" },
	{ .key = "keeps", .type = LARDER_ENUM, .at = offsetof (struct state, keeps), .values = "never|on|suspended|denied", .def = "on", .help = "versioning" },
	{ .key = "broken", .type = LARDER_INT, .at = offsetof (struct state, broken), .help = "number of the page that fails" },
	{ 0 }
};

FIXTURE_DRIVER_OPS

static int
insert (struct state *state, size_t at, const char *key, const char *version, const char *etag, bool marker)
{
	if (state->count == state->room) {
		size_t room = state->room ? 2 * state->room : 64;
		struct row *rows = realloc (state->rows, room * sizeof *rows);
		if (!rows)
			return LARDER_E_LIMIT;
		state->rows = rows;
		state->room = room;
	}
	memmove (state->rows + at + 1, state->rows + at, (state->count++ - at) * sizeof *state->rows);
	struct row *row = &state->rows[at];
	*row = (struct row) { .marker = marker };
	snprintf (row->key, sizeof row->key, "%s", key);
	snprintf (row->version, sizeof row->version, "%s", version);
	snprintf (row->etag, sizeof row->etag, "%s", etag);
	return 0;
}

static void
versioned_close (void *self)
{
	free (((struct state *) self)->rows);
}

static int
versioned_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct state *state = self;
	char key[16], version[24];
	int code = 0;
	(void) call;
	(void) request;
	for (const char *const *at = state->versions; at && *at && code == 0; at++) {
		if (sscanf (*at, "%15[^:]:%15[0-9]", key, version) != 2)
			return larder_fail (error, LARDER_E_INVALID, "'%s' is no version", *at);
		code = insert (state, state->count, key, version, version, (*at)[strlen (*at) - 1] == 'm');
	}
	for (int64_t i = state->markers; i >= 0 && state->markers > 0 && code == 0; i--) {
		snprintf (version, sizeof version, "%lld", (long long) i + 1);
		code = insert (state, state->count, "many", version, version, i > 0);
	}
	return code < 0 ? larder_fail (error, code, "no memory") : 0;
}

static bool
is_latest (const struct state *state, size_t at)
{
	return at == 0 || strcmp (state->rows[at - 1].key, state->rows[at].key) != 0;
}

static struct larder_info
info_of (const struct state *state, size_t at)
{
	const struct row *row = &state->rows[at];
	return (struct larder_info) {
		.size = sizeof (struct larder_info), .key = row->key, .version = row->version, .etag = row->marker ? NULL : row->etag, .length = !row->marker,
		.mtime = atoll (row->version) * INT64_C (1000000000),
		.flags = (is_latest (state, at) ? LARDER_INFO_LATEST : 0) | (row->marker ? LARDER_INFO_DELETE_MARKER : 0),
	};
}

/* NULL for a version: the latest. */
static size_t
find (const struct state *state, const char *key, const char *version)
{
	size_t i = 0;
	while (i < state->count && (strcmp (state->rows[i].key, key) != 0 || (version && strcmp (state->rows[i].version, version) != 0)))
		i++;
	return i;
}

static int
versioned_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info, struct larder_error *error)
{
	struct state *state = self;
	size_t at = find (state, object->key, object->version);
	bool there = at < state->count && !state->rows[at].marker;
	struct larder_info info = there ? info_of (state, at) : (struct larder_info) { 0 };
	char *etag = there ? larder_host->arena (call, sizeof state->rows->etag) : NULL;
	if (etag)
		memcpy (etag, state->rows[at].etag, sizeof state->rows->etag);
	if (!etag)
		return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", object->key);
	info.etag = etag;
	info.key = info.version = NULL;
	larder_give (ret_info, &info);
	return 0;
}

/* A copy is the newest: above all that were given, and all copies of before. */
static int
versioned_copy (void *self, struct larder_call *call, const struct larder_copy *request, struct larder_info *ret_info, struct larder_error *error)
{
	struct state *state = self;
	char version[24], etag[24];
	(void) call;
	(void) ret_info;
	size_t from = find (state, request->from.key, request->from.version), to = find (state, request->key, NULL);
	int code = from < state->count && !state->rows[from].marker ? 0 : larder_fail (error, LARDER_E_NOTFOUND, "no version '%s'", request->from.version);
	if (code == 0) {
		snprintf (version, sizeof version, "%zu", 1000 + state->count);
		memcpy (etag, state->rows[from].etag, sizeof etag);
		code = insert (state, to, request->key, version, etag, false);
	}
	return code;
}

static int
remove_one (struct state *state, const struct larder_remove *item, struct larder_error *error)
{
	size_t at = find (state, item->key, item->version);
	char version[24];
	snprintf (version, sizeof version, "%zu", 1000 + state->count);
	if (!item->version)
		return insert (state, at, item->key, version, "", true);
	if (at == state->count)
		return 0;
	if (state->stuck && strcmp (item->version, state->stuck) == 0)
		return larder_fail (error, LARDER_E_DENIED, "version '%s' is held", item->version);
	if (state->strict && is_latest (state, at) && at + 1 < state->count && !is_latest (state, at + 1))
		return larder_fail (error, LARDER_E_INTEGRITY, "an old version of '%s' comes to light", item->key);
	memmove (state->rows + at, state->rows + at + 1, (--state->count - at) * sizeof *state->rows);
	return 0;
}

static int
versioned_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
                  larder_removed_fn removed, void *context, struct larder_error *error)
{
	struct state *state = self;
	int code = 0;
	(void) call;
	(void) bucket;
	(void) error;
	for (size_t i = 0; i < count && code == 0; i++) {
		struct larder_error why = LARDER_ERROR_INIT;
		int outcome = remove_one (state, (const struct larder_remove *) (const void *) ((const char *) items + i * stride), &why);
		code = removed (context, i, outcome, NULL, outcome < 0 ? &why : NULL);
	}
	return code;
}

/* The token is "key/version" of the item before. */
static int
versioned_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context,
                struct larder_page *ret_page, struct larder_error *error)
{
	struct state *state = self;
	char key[16], version[24], *token = larder_host->arena (call, 64);
	size_t at = 0, given = 0, last = 0;
	if (++state->pages == state->broken)
		return larder_fail (error, LARDER_E_UNAVAILABLE, "the service is away");
	if (request->token) {
		if (sscanf (request->token, "%15[^/]/%23s", key, version) != 2 || (at = find (state, key, version)) == state->count)
			return larder_fail (error, LARDER_E_INVALID, "'%s', where the page before ended, is gone", request->token);
		at++;
	}
	for (; at < state->count && given < (size_t) state->page; at++) {
		if (strncmp (state->rows[at].key, request->prefix, strlen (request->prefix)) != 0)
			continue;
		struct larder_info info = info_of (state, at);
		int code = item (context, &info, error);
		if (code)
			return code;
		given++;
		last = at;
	}
	struct larder_page page = { .size = sizeof page, .complete = at == state->count };
	if (!page.complete) {
		snprintf (token, 64, "%s/%s", state->rows[last].key, state->rows[last].version);
		page.token = token;
	}
	larder_give (ret_page, &page);
	return 0;
}

/* ---- uploads ---- */

static bool
is_aborted (const struct state *state, uint32_t n)
{
	return state->aborted >> n & 1;
}

static int
versioned_abort (void *self, struct larder_call *call, const struct larder_upload *upload, struct larder_error *error)
{
	struct state *state = self;
	(void) call;
	if (state->stuck && strcmp (upload->id, state->stuck) == 0)
		return larder_fail (error, LARDER_E_DENIED, "nobody may abort '%s'", upload->id);
	uint32_t n = 0;
	while (state->uploads && state->uploads[n] && strcmp (state->uploads[n], upload->id) != 0)
		n++;
	if (!state->uploads || !state->uploads[n] || is_aborted (state, n))
		return larder_fail (error, LARDER_E_NOTFOUND, "no upload '%s'", upload->id);
	state->aborted |= UINT32_C (1) << n;
	return 0;
}

/* The token is the key before. */
static int
versioned_uploads (void *self, struct larder_call *call, const struct larder_list *request, larder_upload_fn upload, void *context, struct larder_page *ret_page, struct larder_error *error)
{
	const struct state *state = self;
	struct larder_page page = { .size = sizeof page, .complete = true };
	int64_t given = 0;
	int code = 0;
	(void) call;
	for (uint32_t n = 0; state->uploads && state->uploads[n] && code == 0 && page.complete; n++) {
		const char *key = state->uploads[n];
		const struct larder_upload open = { .size = sizeof open, .bucket = request->bucket, .key = key, .id = key };
		if (is_aborted (state, n) || (request->token && strcmp (key, request->token) <= 0))
			continue;
		page.complete = given < state->page;
		if (page.complete) {
			given++;
			page.token = key;
			code = upload (context, &open, error);
		}
	}
	page.token = page.complete ? NULL : page.token;
	larder_give (ret_page, &page);
	return code;
}

static int
versioned_versioning (void *self, struct larder_call *call, const char *bucket, uint32_t *ret_state, struct larder_error *error)
{
	const struct state *state = self;
	(void) call;
	(void) bucket;
	if (state->keeps > LARDER_VERSIONING_SUSPENDED)
		return larder_fail (error, LARDER_E_DENIED, "you may not ask");
	*ret_state = state->keeps;
	return 0;
}

#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = {
	FIXTURE_DRIVER ("versioned"), .caps_all = LARDER_CAP_VERSIONS, .options = options, .self_size = sizeof (struct state), .open = versioned_open,
	.close = versioned_close, .stat = versioned_stat, .remove = versioned_remove, .list = versioned_list, .copy = versioned_copy,
	.versioning = versioned_versioning, .parts_abort = versioned_abort, .uploads_list = versioned_uploads, .threads = LARDER_THREADS_SERIAL,
};
LARDER_DRIVER (driver)
