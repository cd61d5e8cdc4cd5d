/* site.c: a [cdn] as files below sites/ID/: its lines, and what nginx reads, which is made of them. */
#include "nginx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "lines-file.h"
#include "random.h"
#include "site-text.h"
#include "text.h"
#include "words.h"

#define SITES "sites"
enum { SECRET_BYTES = 32, SECRET_MOST = 1024, PATH_ROOM = 128 };

void
ng_site_id (const char *identity, char ret[NG_ID_ROOM])
{
	char digest[65];
	sha256_hex (identity, strlen (identity), digest);
	memcpy (ret, digest, NG_ID_ROOM - 1);
	ret[NG_ID_ROOM - 1] = '\0';
}

static void
path_in (const char *id, const char *name, char ret[PATH_ROOM])
{
	snprintf (ret, PATH_ROOM, SITES "/%s/%s", id, name);
}

int
ng_site_lines (int root, const char *id, struct lines *ret, struct larder_error *error)
{
	char path[PATH_ROOM];
	path_in (id, "lines", path);
	return root < 0 ? 0 : lines_file_read (root, path, ret, error);
}

static int
take_id (void *context, const char *name, struct larder_error *error)
{
	struct ng_ids *ids = context;
	if (strlen (name) != NG_ID_ROOM - 1 || strspn (name, "0123456789abcdef") != NG_ID_ROOM - 1)
		return 0;
	void *all = arena_more (ids->arena, ids->at, ids->count, &ids->room, sizeof *ids->at);
	if (!all)
		return larder_fail_memory (error);
	ids->at = all;
	memcpy (ids->at[ids->count++], name, NG_ID_ROOM);
	return 0;
}

static int
by_id (const void *one, const void *other)
{
	return strcmp (one, other);
}

int
ng_sites (int root, struct larder_arena *arena, struct ng_ids *ret, struct larder_error *error)
{
	*ret = (struct ng_ids) { .arena = arena };
	int code = root < 0 ? 0 : file_each_name (root, SITES, take_id, ret, error);
	if (ret->count)
		qsort (ret->at, ret->count, sizeof *ret->at, by_id);
	return code;
}

/* ---- what nginx is told ---- */

static int
text_of (const struct nginx *nginx, const char *identity, const struct lines *lines, struct buffer *into, struct larder_error *error)
{
	char id[NG_ID_ROOM];
	ng_site_id (identity, id);
	const struct ng_site site = { id, identity, nginx->clear, nginx->origin_ca };
	return ng_site_text (&site, lines, into, error);
}

/* Does what nginx reads say what the lines say, and is all of it there? */
static bool
is_as_written (const struct nginx *nginx, int root, const char *identity, const struct lines *lines)
{
	char id[NG_ID_ROOM], path[PATH_ROOM];
	CLEANUP_FREE char *there = NULL;
	CLEANUP_BUFFER struct buffer text;
	size_t length = 0;
	struct stat about;
	buffer_init (&text, NG_TEXT_MOST);
	ng_site_id (identity, id);
	path_in (id, "site.conf", path);
	bool same = text_of (nginx, identity, lines, &text, NULL) == 0 && file_slurp_if_there (root, path, NG_TEXT_MOST, &there, &length, NULL) == 1 && length == text.length
		&& memcmp (there, text.at, length) == 0;
	path_in (id, "secret.conf", path);
	return same && fstatat (root, path, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

/* ---- reading ---- */

static int
copy_secret (void *argument, void **ret_object, struct larder_error *error)
{
	*ret_object = strdup (argument);
	return *ret_object ? 0 : larder_fail_memory (error);
}

static void
forget_secret (void *secret)
{
	explicit_bzero (secret, strlen (secret));
	free (secret);
}

/* By its digest; the secret itself is where whoever sets up the bucket finds it by that, and in no line. */
static int
tell_principal (struct nginx *nginx, int root, const char *id, struct lines *lines, struct larder_error *error)
{
	char path[PATH_ROOM], digest[65];
	CLEANUP_FREE char *secret = NULL;
	void *shared;
	size_t length;
	path_in (id, "secret", path);
	int code = file_slurp_if_there (root, path, SECRET_MOST, &secret, &length, error);
	if (code <= 0)
		return code;
	sha256_hex (secret, length, digest);
	const char *principal = arena_printf (lines->arena, "referer sha256:%s", digest);
	code = principal ? larder_host->share (principal, copy_secret, forget_secret, secret, &shared, error) : larder_fail_memory (error);
	explicit_bzero (secret, length);
	lines_add (lines, "principal", principal);
	return code < 0 ? code : ng_keep (nginx, principal, error);
}

static int
site_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state, struct larder_error *error)
{
	struct nginx *nginx = self;
	char id[NG_ID_ROOM];
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct lines lines;
	(void) call;
	if (!arena)
		return larder_fail_memory (error);
	CLEANUP_CLOSE int root = ng_root (nginx, false, error);
	if (root < 0 && errno != ENOENT)
		return larder_fail_errno (error, errno, "cannot open the root '%s' of backend '%s'", nginx->path, nginx->name);
	lines_begin (&lines, arena);
	ng_site_id (resource->identity, id);
	int code = ng_site_lines (root, id, &lines, error);
	*ret_state = code > 0 ? LARDER_RESOURCE_READY : LARDER_RESOURCE_ABSENT;
	if (code <= 0)
		return code;
	if (!is_as_written (nginx, root, resource->identity, &lines))
		lines_add (&lines, "otherwise", "what nginx reads says something else");
	lines_add (&lines, "id", id);
	code = tell_principal (self, root, id, &lines, error);
	if (code == 0)
		code = lines_sort (&lines, error);
	return code < 0 ? code : lines_tell (&lines, line, context, error);
}

/* ---- writing ---- */

static bool
is_secret (const char *text, size_t length)
{
	return text && length == 2 * SECRET_BYTES && strspn (text, "0123456789abcdef") == length;
}

static int
write_secret (int root, const char *id, const char *secret, struct larder_error *error)
{
	char path[PATH_ROOM];
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 1024);
	text.secret = true;
	ng_secret_text (secret, &text);
	path_in (id, "secret.conf", path);
	return text.failed ? larder_fail_memory (error) : file_publish (root, path, text.at, text.length, 0600, FILE_REPLACE, true, error);
}

/* What it sends to the origin, by which that knows it: made once, and told to nobody. */
static int
make_secret (int root, const char *id, struct larder_error *error)
{
	unsigned char bytes[SECRET_BYTES];
	char path[PATH_ROOM], secret[2 * SECRET_BYTES + 1];
	CLEANUP_FREE char *there = NULL;
	size_t length = 0;
	path_in (id, "secret", path);
	int code = file_slurp_if_there (root, path, SECRET_MOST, &there, &length, error);
	if (code < 0)
		return code;
	bool made = !is_secret (there, length);
	if (made)
		random_bytes (bytes, sizeof bytes);
	made ? text_hex (bytes, sizeof bytes, secret) : (void) memcpy (secret, there, sizeof secret);
	if (there)
		explicit_bzero (there, length);
	code = made ? file_publish (root, path, secret, sizeof secret - 1, 0600, FILE_REPLACE, true, error) : 0;
	if (code == 0)
		code = write_secret (root, id, secret, error);
	explicit_bzero (secret, sizeof secret);
	explicit_bzero (bytes, sizeof bytes);
	return code;
}

/* Of its domain and all its other names. */
static int
certify (int root, const char *id, const struct lines *lines, struct larder_error *error)
{
	const char *below, **names = arena_alloc (lines->arena, (lines->count + 2) * sizeof *names);
	char host[256];
	size_t count = 0;
	const char *domain = lines_value (lines, "domain");
	if (!names)
		return larder_fail_memory (error);
	ng_host_of (domain ? domain : "", host, sizeof host);
	names[count++] = host;
	for (size_t n = 0; n < lines->count; n++)
		if ((names[count] = path_member_of (lines->arena, lines->at[n].path, "alias", &below)))
			count++;
	return ng_certify (root, id, names, error);
}

static int
write_files (const struct nginx *nginx, int root, const char *identity, const struct lines *lines, struct larder_error *error)
{
	char id[NG_ID_ROOM], path[PATH_ROOM];
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, NG_TEXT_MOST);
	ng_site_id (identity, id);
	path_in (id, "site.conf", path);
	int code = text_of (nginx, identity, lines, &text, error);
	if (code == 0)
		code = file_make_parents (root, path, 0700, true, error);
	if (code == 0)
		code = make_secret (root, id, error);
	if (code == 0)
		code = certify (root, id, lines, error);
	if (code == 0)
		code = file_publish (root, path, text.at, text.length, 0600, FILE_REPLACE, true, error);
	path_in (id, "lines", path);
	return code < 0 ? code : lines_file_write (root, path, lines, true, error);
}

/* One that runs goes on by what was written, and not at all where nothing is left to serve. */
static int
follow (struct nginx *nginx, struct larder_call *call, int root, bool any, struct larder_error *error)
{
	struct ng_state state;
	const char *done;
	int code = ng_state (nginx, call, &state, error);
	if (code < 0 || !state.pid)
		return code;
	return any ? ng_up (nginx, call, root, &done, error) : ng_down (nginx, call, root, &done, error);
}

static int
check_change (const struct nginx *nginx, struct larder_call *call, struct larder_error *error)
{
	return larder_host->cancelled (call) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : ng_check_writable (nginx, error);
}

static int
site_write (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct nginx *nginx = self;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct lines lines;
	int code = arena ? check_change (nginx, call, error) : larder_fail_memory (error);
	lines_begin (&lines, arena);
	if (code == 0)
		code = lines_take (&lines, resource->desired, error);
	pthread_mutex_lock (&nginx->mutex);
	CLEANUP_CLOSE int root = code < 0 ? code : ng_root (nginx, true, error);
	CLEANUP_CLOSE int held = root < 0 ? root : ng_lock (call, root, error);
	code = held < 0 ? held : write_files (nginx, root, resource->identity, &lines, error);
	if (code == 0)
		code = follow (nginx, call, root, true, error);
	pthread_mutex_unlock (&nginx->mutex);
	return code;
}

/* Under the lock, as who writes another at once would have nginx go on, and this one end it. */
static int
remove_files (struct nginx *nginx, struct larder_call *call, int root, const char *identity, struct larder_error *error)
{
	char id[NG_ID_ROOM], path[PATH_ROOM];
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct ng_ids left = { NULL, 0, 0, NULL };
	ng_site_id (identity, id);
	snprintf (path, sizeof path, SITES "/%s", id);
	file_remove_tree (root, path);
	int code = arena ? ng_sites (root, arena, &left, error) : larder_fail_memory (error);
	return code < 0 ? code : follow (nginx, call, root, left.count > 0, error);
}

static int
site_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct nginx *nginx = self;
	int code = check_change (nginx, call, error);
	CLEANUP_CLOSE int root = code < 0 ? -1 : ng_root (nginx, false, error);
	if (code < 0 || root < 0)
		return code;
	pthread_mutex_lock (&nginx->mutex);
	CLEANUP_CLOSE int held = ng_lock (call, root, error);
	code = held < 0 ? held : remove_files (nginx, call, root, resource->identity, error);
	pthread_mutex_unlock (&nginx->mutex);
	return code;
}

/* ---- what it can be told ---- */

/* What says no to something has no need of anything. */
static int
site_supports (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error)
{
	static const struct { const char *path, *only, *why; } rows[] = {
		{ "behavior[*].query", "no", "a query never gets to the store, which would take it for an order" },
		{ "behavior[*].cookies", "no", "cookies never get to the store" },
		{ "geo", "none", "whoever asks is on this machine" },
		{ "enabled", "yes", "larder dev down stops it" },
		{ "ipv6", "no", "it answers where its domain says" },
	};
	(void) self, (void) resource;
	if (!line || !line->value)
		return 0;
	for (size_t n = 0; n < sizeof rows / sizeof *rows; n++)
		if (path_matches (rows[n].path, line->path) && strcmp (line->value, rows[n].only) != 0)
			return larder_fail (error, LARDER_E_UNSUPPORTED, "%s", rows[n].why);
	if (path_matches ("behavior[*].method[*]", line->path) && !strstr (line->path, ".method[GET]") && !strstr (line->path, ".method[HEAD]") && !strstr (line->path, ".method[OPTIONS]"))
		return larder_fail (error, LARDER_E_UNSUPPORTED, "nothing is written through it");
	if (strcmp (line->path, "http-version") == 0 && strstr (line->value, "3"))
		return larder_fail (error, LARDER_E_UNSUPPORTED, "it answers by HTTP/2 at the newest");
	return 0;
}

/* The sections alone make it: what they say no more goes. */
#define OURS LARDER_PATH_OURS
static const struct larder_path_rule paths[] = {
	{ "alias[*]", LARDER_BOOL, OURS, "host name" },
	{ "behavior[*].cached-method[*]", LARDER_BOOL, OURS, "methods whose replies are kept" },
	{ "behavior[*].compress", LARDER_BOOL, OURS | LARDER_PATH_OPTIONAL, "compress what can be" },
	{ "behavior[*].cookies", LARDER_BOOL, OURS | LARDER_PATH_OPTIONAL, "forward cookies" },
	{ "behavior[*].cors", LARDER_BOOL, OURS, "scripts of other sites are told apart: they are in each" },
	{ "behavior[*].default-ttl", LARDER_INT, OURS | LARDER_PATH_OPTIONAL, "seconds" },
	{ "behavior[*].max-ttl", LARDER_INT, OURS | LARDER_PATH_OPTIONAL, "seconds" },
	{ "behavior[*].method[*]", LARDER_BOOL, OURS, "methods" },
	{ "behavior[*].min-ttl", LARDER_INT, OURS | LARDER_PATH_OPTIONAL, "seconds" },
	{ "behavior[*].order", LARDER_INT, OURS | LARDER_PATH_OPTIONAL, "which pattern is tried first" },
	{ "behavior[*].origin", LARDER_STRING, OURS | LARDER_PATH_OPTIONAL, "what it asks" },
	{ "behavior[*].query", LARDER_BOOL, OURS | LARDER_PATH_OPTIONAL, "forward the query" },
	{ "behavior[*].viewer", LARDER_STRING, OURS | LARDER_PATH_OPTIONAL, "what plain HTTP gets" },
	{ "comment", LARDER_STRING, OURS, "comment" },
	{ "cors[*].expose[*]", LARDER_BOOL, OURS, "headers that scripts see" },
	{ "cors[*].header[*]", LARDER_BOOL, OURS, "headers that may be sent" },
	{ "cors[*].max-age", LARDER_INT, OURS, "seconds" },
	{ "cors[*].method[*]", LARDER_BOOL, OURS, "methods" },
	{ "cors[*].origin[*]", LARDER_BOOL, OURS, "who may ask" },
	{ "domain", LARDER_STRING, OURS | LARDER_PATH_REQUIRED, "where it answers" },
	{ "enabled", LARDER_BOOL, OURS | LARDER_PATH_OPTIONAL, "serves at all" },
	{ "geo", LARDER_STRING, OURS | LARDER_PATH_OPTIONAL, "geographic restriction" },
	{ "http-version", LARDER_STRING, OURS | LARDER_PATH_OPTIONAL, "newest version of HTTP" },
	{ "id", LARDER_STRING, LARDER_PATH_COMPUTED, "its folder" },
	{ "ipv6", LARDER_BOOL, OURS | LARDER_PATH_OPTIONAL, "answers on IPv6" },
	{ "key-group", LARDER_STRING, OURS, "keys of signed URLs: all is refused, as no signature can be looked at" },
	{ "origin[*].access", LARDER_STRING, OURS, "by a secret, whichever it says" },
	{ "origin[*].access-comment", LARDER_STRING, OURS, "comment of it" },
	{ "origin[*].bucket", LARDER_STRING, OURS | LARDER_PATH_OPTIONAL, "what it serves" },
	{ "origin[*].domain", LARDER_STRING, OURS | LARDER_PATH_REQUIRED, "where that is" },
	{ "origin[*].url", LARDER_STRING, OURS | LARDER_PATH_REQUIRED, "and how it is asked" },
	{ "otherwise", LARDER_STRING, OURS, "somebody changed what nginx reads" },
	{ "principal", LARDER_STRING, LARDER_PATH_COMPUTED, "as whom it reads" },
	{ "tag[*]", LARDER_STRING, OURS, "tag" },
	{ "tls", LARDER_STRING, OURS | LARDER_PATH_OPTIONAL, "least version" },
	{ NULL }
};

static const struct larder_words words[] = {
	ONE_OF ("behavior[*].cached-method[*]", "GET|HEAD|OPTIONS"),
	ONE_OF ("behavior[*].method[*]", "GET|HEAD|OPTIONS|PUT|POST|PATCH|DELETE"),
	ONE_OF ("behavior[*].viewer", "redirect-to-https|https-only|allow-all"),
	ONE_OF ("geo", "none|whitelist *|blacklist *"),
	ONE_OF ("http-version", "http1.1|http2|http3|http2and3"),
	ONE_OF ("origin[*].access", "oac|oai"),
	ONE_OF ("tls", "TLSv1|TLSv1_2016|TLSv1.1_2016|TLSv1.2_2018|TLSv1.2_2019|TLSv1.2_2021|TLSv1.2_2025|TLSv1.3_2025"),
	{ 0 }
};

const struct larder_resource_type ng_resources[] = {
	{ .name = "cdn", .summary = "what nginx serves on this machine", .paths = paths, .path_stride = sizeof *paths, .read = site_read, .create = site_write, .update = site_write,
	  .remove = site_remove, .supports = site_supports, .words = words, .words_stride = sizeof *words },
	{ 0 }
};
