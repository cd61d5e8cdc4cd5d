/* check.c: does an edge serve what the store has? Asked as a viewer asks, by the driver of the [cdn]; and the store, for what it has. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>
#include <larder/driver.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "checksum.h"
#include "clock.h"
#include "error.h"
#include "store.h"
#include "text.h"

#define WAIT_MOST (30 * 60 * NS_PER_S)
#define SIGNED_FOR (5 * 60 * NS_PER_S)
#define CLOCKS_APART (60 * NS_PER_S)         /* what two clocks may differ by, and a reply take on its way */

/* What somebody got: the store's own reader, or a viewer. `there`: an object. */
struct got { bool there; struct sha256 sha; char digest[65]; uint64_t length; const char *etag; struct larder_viewed viewed; int64_t asked, at; };

struct checking {
	struct larder_store *store;
	struct larder_arena *arena;
	struct larder_cdn_check asked;
	const struct config_section *cdn;
	struct instance *viewer;
	const char *url;
	int64_t began, pause;            /* of waiting */
	bool told_clock;
	larder_checked_fn checked;
	void *context;
	int code;                        /* of the first that failed */
	struct larder_error *error;
};

/* ---- what is told ---- */

static int
tell (struct checking *checking, uint32_t verdict, const char *what, const char *detail, const char *next)
{
	const struct larder_checked one = {
		.size = sizeof one, .backend = config_name (checking->cdn), .store = store_name (checking->store), .verdict = verdict, .what = what, .detail = detail ? detail : "", .next = next,
	};
	int code = checking->checked ? checking->checked (checking->context, &one) : 0;
	return code < 0 ? larder_fail_cancelled (checking->error) : 0;
}

/* It decides how the check ends, unless something did before. */
static int
fail (struct checking *checking, int code, const char *what, const char *detail, const char *next)
{
	if (checking->code == 0)
		checking->code = larder_fail_next (checking->error, code, next, "%s: %s", checking->asked.key, detail);
	return tell (checking, LARDER_FAIL, what, detail, next);
}

/* ---- what each has ---- */

static int
take (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct got *got = context;
	(void) error;
	sha256_add (&got->sha, bytes, count);
	got->length += count;
	return 0;
}

static void
got_begins (struct got *got)
{
	*got = (struct got) { .viewed = { .size = sizeof got->viewed }, .asked = clock_wall () };
	sha256_begin (&got->sha);
}

/* What was read of it before is not read again while it is as it was. */
static int
look_into_store (struct checking *checking, struct got *ret, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	const struct larder_get request = { .size = sizeof request, .key = checking->asked.key, .length = LARDER_TO_END };
	const struct larder_sink sink = { .size = sizeof sink, .context = ret, .write = take };
	int code = larder_stat (checking->store, checking->arena, checking->asked.key, NULL, &info, error);
	if (code == 0 && ret->there && ret->etag && info.etag && strcmp (ret->etag, info.etag) == 0)
		return 0;
	got_begins (ret);
	if (code == 0)
		code = larder_get (checking->store, &request, &sink, error);
	if (code < 0)
		return code == LARDER_E_NOTFOUND ? 0 : code;
	sha256_end_hex (&ret->sha, ret->digest);
	ret->there = true, ret->etag = info.etag;
	return 0;
}

static int
view (struct checking *checking, const char *url, const struct larder_pair *header, struct got *ret, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (store_larder (checking->store), checking->arena);
	const struct larder_view request = { .size = sizeof request, .method = "GET", .url = url, .headers = { header, header ? 1 : 0, sizeof *header } };
	const struct larder_sink sink = { .size = sizeof sink, .context = ret, .write = take };
	got_begins (ret);
	instance_enter (checking->viewer);
	int code = checking->viewer->module->driver->view (checking->viewer->self, &call, &request, &sink, &ret->viewed, error);
	instance_leave (checking->viewer);
	sha256_end_hex (&ret->sha, ret->digest);
	ret->there = ret->viewed.status == 200, ret->at = clock_wall ();
	return code;
}

static const char *
header_of (const struct got *got, const char *name)
{
	for (size_t n = 0; n < got->viewed.headers.count; n++) {
		const struct larder_pair *pair = larder_pair_at (&got->viewed.headers, n);
		if (strcmp (pair->name, name) == 0)
			return pair->value;
	}
	return NULL;
}

static bool
same (const struct got *edge, const struct got *store)
{
	return edge->there == store->there && (!edge->there || strcmp (edge->digest, store->digest) == 0);
}

/* ---- findings ---- */

static bool
is_signed (const struct checking *checking)
{
	return ((const struct schema_cdn *) config_struct (checking->cdn))->key_group;
}

/* Is what signs one of the edges' keys? Their service is asked, which no viewer asks: where it cannot be, what the edges do has to tell. By one that is not
 * nobody is let in, and there is nothing more to see. */
static int
find_key (struct checking *checking)
{
	const char *told;
	struct larder_error why = LARDER_ERROR_INIT;
	if (!is_signed (checking))
		return 0;
	int code = cdn_check_key (store_larder (checking->store), checking->viewer, checking->arena, ((const struct schema_cdn *) config_struct (checking->cdn))->key_group, &told, &why);
	if (code == 0)
		return tell (checking, LARDER_PASS, "key", told, NULL);
	if (code == LARDER_E_CANCELLED || code == LARDER_E_UNSUPPORTED)
		return code == LARDER_E_CANCELLED ? larder_fail_cancelled (checking->error) : 0;
	if (code != LARDER_E_INVALID)
		return tell (checking, LARDER_NOTE, "key", arena_printf (checking->arena, "it cannot be held against the group's: %s", why.message), NULL);
	code = fail (checking, code, "key", why.message, why.next);
	return code < 0 ? code : checking->code;
}

static int
find_status (struct checking *checking, const struct got *edge, const struct got *store)
{
	char text[80];
	int status = edge->viewed.status;
	snprintf (text, sizeof text, store->there ? "%d" : "%d, and the store has no such object", status);
	if (edge->there || !store->there)
		return tell (checking, edge->there && !store->there ? LARDER_NOTE : LARDER_PASS, "status", text, NULL);
	snprintf (text, sizeof text, "the edge answers %d, and the store has it", status);
	return fail (checking, status == 403 || status == 401 ? LARDER_E_DENIED : status == 404 ? LARDER_E_NOTFOUND : status >= 500 ? LARDER_E_UNAVAILABLE : LARDER_E_INTEGRITY, "status", text,
		status != 403 ? "what was missing lately is remembered for some seconds: --wait"
		: is_signed (checking) ? "the private key must be the other half of signing-key-id, that one of the key-group, and the clock of this machine right; larder infra plan tells by whom the bucket is read"
		: "larder infra plan tells by whom the bucket is read; what was missing lately is remembered for some seconds");
}

/* Where a signature is asked for, who has none is refused. */
static int
find_unsigned (struct checking *checking)
{
	struct got got;
	const char *url;
	char text[80];
	if (!is_signed (checking))
		return 0;
	int code = larder_url (checking->store, checking->arena, checking->asked.key, &url, checking->error);
	if (code == 0)
		code = view (checking, url, NULL, &got, checking->error);
	if (code < 0)
		return code;
	snprintf (text, sizeof text, got.there ? "it is served to everybody" : "%d without one", got.viewed.status);
	return got.there ? fail (checking, LARDER_E_CONFLICT, "signature", text, "larder infra apply gives its edges the key-group that the [cdn] names") : tell (checking, LARDER_PASS, "signature", text, NULL);
}

static int
find_bytes (struct checking *checking, const struct got *edge, const struct got *store)
{
	char text[200];
	if (!edge->there)
		return 0;
	if (!store->there)
		snprintf (text, sizeof text, "the edge serves %" PRIu64 " bytes, and the store has no such object", edge->length);
	else if (same (edge, store))
		snprintf (text, sizeof text, "the store's, %" PRIu64 ", SHA-256 %.16s", edge->length, edge->digest);
	else
		snprintf (text, sizeof text, "the edge serves %" PRIu64 " bytes, SHA-256 %.16s; the store has %" PRIu64 ", %.16s", edge->length, edge->digest, store->length, store->digest);
	if (same (edge, store))
		return tell (checking, LARDER_PASS, "bytes", text, NULL);
	return fail (checking, LARDER_E_INTEGRITY, "bytes", text, "larder cdn invalidate has the edges forget it; --wait looks until they serve what the store has");
}

static int
find_cache (struct checking *checking, const struct got *edge)
{
	char text[300];
	const char *hit = header_of (edge, "x-cache"), *age = header_of (edge, "age"), *ttl = header_of (edge, "cache-control"), *expires = header_of (edge, "expires");
	hit = hit ? hit : header_of (edge, "x-cache-status");
	snprintf (text, sizeof text, "%.150s%s%.40s%s", hit ? hit : "it does not say", age ? ", kept for " : "", age ? age : "", age ? " s" : "");
	int code = tell (checking, LARDER_NOTE, "cache", text, NULL);
	if (code < 0)
		return code;
	snprintf (text, sizeof text, "%.150s%s%.80s", ttl ? ttl : expires ? "" : "as its behavior says: the answer has no cache-control", !ttl && expires ? "until " : "", !ttl && expires ? expires : "");
	return tell (checking, LARDER_NOTE, "ttl", text, NULL);
}

/* Without quotes and the mark of a weak one. */
static const char *
bare (struct larder_arena *arena, const char *etag)
{
	const char *begin = etag + (strncmp (etag, "W/", 2) == 0 ? 2 : 0);
	begin += *begin == '"';
	return arena_copy_bytes (arena, begin, strcspn (begin, "\""));
}

static int
find_etag (struct checking *checking, const struct got *edge, const struct got *store)
{
	const char *told = header_of (edge, "etag"), *is = told ? bare (checking->arena, told) : NULL, *was = store->etag ? bare (checking->arena, store->etag) : NULL;
	if (!is || !was)
		return tell (checking, LARDER_NOTE, "etag", "the answer has none", NULL);
	bool equal = strcmp (is, was) == 0;
	return tell (checking, equal || !same (edge, store) ? LARDER_PASS : LARDER_NOTE, "etag", arena_printf (checking->arena, equal ? "%s, the store's" : "%s, and the store's is %s", is, was), NULL);
}

static int
find_tls (struct checking *checking, const struct got *edge)
{
	bool web = strncmp (checking->url, "http", 4) == 0;
	if (edge->viewed.tls)
		return tell (checking, LARDER_PASS, "tls", edge->viewed.tls, NULL);
	return tell (checking, web ? LARDER_WARN : LARDER_NOTE, "tls", web ? "none: whoever is in between reads it" : "none: a file", NULL);
}

/* The same address in clear: led to the other, or refused. */
static int
find_http (struct checking *checking)
{
	struct got got;
	char text[300];
	struct larder_error why = LARDER_ERROR_INIT;
	if (strncmp (checking->url, "https://", 8) != 0)
		return 0;
	int code = view (checking, arena_printf (checking->arena, "http://%s", checking->url + 8), NULL, &got, &why);
	if (code < 0)
		return code == LARDER_E_CANCELLED ? larder_fail_cancelled (checking->error) : tell (checking, LARDER_NOTE, "http", why.message, NULL);
	const char *to = header_of (&got, "location");
	bool led = got.viewed.status / 100 == 3 && to && strncmp (to, "https://", 8) == 0;
	snprintf (text, sizeof text, "%d%s%.200s", got.viewed.status, led ? " to " : "", led ? to : "");
	if (led || got.viewed.status >= 400)
		return tell (checking, LARDER_PASS, "http", text, NULL);
	return tell (checking, LARDER_WARN, "http", arena_printf (checking->arena, "%s: it is served in clear", text), "viewer = redirect-to-https in its [behavior]");
}

static int
find_compression (struct checking *checking)
{
	struct got got;
	struct larder_error why = LARDER_ERROR_INIT;
	const struct larder_pair accepts = { "accept-encoding", "br, gzip" };
	int code = view (checking, checking->url, &accepts, &got, &why);
	const char *by = code < 0 ? NULL : header_of (&got, "content-encoding");
	if (code == LARDER_E_CANCELLED)
		return larder_fail_cancelled (checking->error);
	return tell (checking, LARDER_NOTE, "compression", code < 0 ? why.message : by ? by : "none", NULL);
}

/* ---- scripts of other pages ---- */

/* The [cors] of the store, or of the one whose bucket it shares; NULL: none. */
static const char *
cors_of (const struct checking *checking)
{
	const struct schema_store *own = store_section (checking->store);
	const struct config_section *of = NULL;
	if (!own->cors && own->in && config_find (larder_configuration (store_larder (checking->store)), "store", own->in, &of, NULL) == 0)
		return ((const struct schema_store *) config_struct (of))->cors;
	return own->cors;
}

static bool
is_let_in (const struct checking *checking, const char *name)
{
	const struct config_section *cors = NULL;
	if (!name || config_find (larder_configuration (store_larder (checking->store)), "cors", name, &cors, NULL) < 0)
		return false;
	for (const char *const *one = ((const struct schema_cors *) config_struct (cors))->origins; one && *one; one++)
		if (text_fits_star (*one, checking->asked.origin))
			return true;
	return false;
}

static int
find_cors (struct checking *checking)
{
	struct got got;
	const struct larder_pair origin = { "origin", checking->asked.origin };
	const char *name = cors_of (checking);
	if (!checking->asked.origin)
		return 0;
	int code = view (checking, checking->url, &origin, &got, checking->error);
	if (code < 0)
		return code;
	const char *told = header_of (&got, "access-control-allow-origin");
	bool is = told && (strcmp (told, "*") == 0 || strcmp (told, checking->asked.origin) == 0), should = is_let_in (checking, name);
	const char *text = arena_printf (checking->arena, "%s %s let in%s%s", checking->asked.origin, is ? "is" : "is not", is == should ? ", as its [cors] says" : should ? ", and its [cors] names it" : ", and its [cors] does not name it",
		told && !is ? arena_printf (checking->arena, ": the answer is for %s", told) : "");
	if (is == should)
		return tell (checking, LARDER_PASS, "cors", text, NULL);
	return fail (checking, LARDER_E_CONFLICT, "cors", text, should ? arena_printf (checking->arena, "cors = %s in the [behavior] that serves it, and larder infra apply: edges keep what the first page got, else", name)
		: "larder infra plan tells what the bucket has besides, larder infra apply sets its [cors]; what edges keep larder cdn invalidate has them forget");
}

/* ---- clocks ---- */

/* By how much this machine's clock is ahead of the edge's for sure: its reply began somewhere between the question and the last byte, and one that was kept has been so for its age.
 * False: it does not tell. */
static bool
clock_ahead (const struct got *edge, int64_t *ret)
{
	const char *date = header_of (edge, "date"), *age = header_of (edge, "age");
	int64_t told, kept = 0;
	if (!date || text_time_http (date, &told) < 0 || (age && (text_int (age, &kept) < 0 || kept < 0 || kept > INT32_MAX)))
		return false;
	told += kept * NS_PER_S;
	*ret = told < edge->asked ? edge->asked - told : told > edge->at ? edge->at - told : 0;
	return true;
}

/* Told once. Where addresses are signed they begin and end by this clock, and are looked at by the other. */
static int
find_clock (struct checking *checking, const struct got *edge)
{
	int64_t ahead;
	char by[32];
	if (checking->told_clock || !clock_ahead (edge, &ahead))
		return 0;
	checking->told_clock = true;
	text_from_duration (ahead < 0 ? -ahead : ahead, by);
	if (ahead <= CLOCKS_APART && ahead >= -CLOCKS_APART)
		return tell (checking, LARDER_PASS, "clock", "within a minute of the edge's", NULL);
	const char *text = arena_printf (checking->arena, "this machine's is %s %s the edge's: %s", by, ahead > 0 ? "ahead of" : "behind",
		ahead > 0 ? "what it signs lets in for so much longer than was asked for, and with a beginning so much later" : "what it signs ends so much sooner than was asked for, or has ended already");
	if (!is_signed (checking))
		return tell (checking, LARDER_WARN, "clock", text, "set this machine's clock, as by timedatectl set-ntp yes");
	checking->asked.flags &= ~(uint32_t) LARDER_CDN_WAIT;
	return fail (checking, LARDER_E_CONFLICT, "clock", text, "set this machine's clock, as by timedatectl set-ntp yes");
}

/* ---- until it is so ---- */

static int
rest (struct checking *checking, int code, const struct larder_error *why)
{
	char waited[32], most[32];
	int64_t now = clock_boot (), left = checking->asked.wait - (now - checking->began);
	const char *text = arena_printf (checking->arena, "for %s of %s: %s%s", text_from_duration (now - checking->began, waited), text_from_duration (checking->asked.wait, most),
		code < 0 ? "it cannot be looked at: " : "its edges serve something else", code < 0 ? why->message : "");
	code = text ? tell (checking, LARDER_NOTE, "waiting", text, NULL) : larder_fail_memory (checking->error);
	return code < 0 ? code : larder_rest_longer (store_larder (checking->store), &checking->pause, left, checking->error);
}

/* Signed anew each time, for no longer than one look takes. */
static int
address_of (struct checking *checking, struct larder_error *error)
{
	const struct larder_cdn_sign request = { .size = sizeof request, .key = checking->asked.key, .expires = clock_wall () + SIGNED_FOR };
	if (is_signed (checking))
		return larder_cdn_sign (checking->store, checking->arena, &request, &checking->url, error);
	return larder_url (checking->store, checking->arena, checking->asked.key, &checking->url, error);
}

/* What it served before it does not send again: by a validator that stands for the bytes. */
static int
look_at_edge (struct checking *checking, struct got *ret, struct larder_error *error)
{
	struct got now;
	const char *etag = ret->there ? header_of (ret, "etag") : NULL;
	const struct larder_pair unless = { "if-none-match", etag };
	bool knows = etag && *etag == '"';
	int code = view (checking, checking->url, knows ? &unless : NULL, &now, error);
	if (code == 0)
		code = find_clock (checking, &now);
	if (code == 0 && !(knows && now.viewed.status == 304))
		*ret = now;
	return code;
}

/* The store is looked at again each time: what it has may be another by then. */
static int
look_once (struct checking *checking, struct got *edge, struct got *store, struct larder_error *error)
{
	int code = look_into_store (checking, store, error);
	if (code == 0)
		code = address_of (checking, error);
	return code < 0 ? code : look_at_edge (checking, edge, error);
}

/* Who waits does so also while nothing answers. */
static int
look (struct checking *checking, struct got *edge, struct got *store)
{
	checking->began = clock_boot ();
	for (;;) {
		struct larder_error why = LARDER_ERROR_INIT;
		int code = look_once (checking, edge, store, &why);
		bool waits = checking->asked.flags & LARDER_CDN_WAIT && clock_boot () - checking->began < checking->asked.wait;
		if (code < 0 && !(waits && code == LARDER_E_UNAVAILABLE))
			return why.code ? larder_give (checking->error, &why), code : code;
		if (!waits || (code == 0 && same (edge, store)))
			return 0;
		code = rest (checking, code, &why);
		if (code < 0)
			return code;
	}
}

/* ---- all ---- */

static int
find_all (struct checking *checking)
{
	struct got edge = { .there = false }, store = edge;
	int code = find_key (checking);
	if (code == 0)
		code = look (checking, &edge, &store);
	if (code == 0)
		code = find_status (checking, &edge, &store);
	if (code == 0)
		code = find_bytes (checking, &edge, &store);
	if (code == 0)
		code = find_unsigned (checking);
	if (code == 0 && edge.there)
		code = find_cache (checking, &edge);
	if (code == 0 && edge.there && store.there)
		code = find_etag (checking, &edge, &store);
	if (code == 0)
		code = find_tls (checking, &edge);
	if (code == 0)
		code = find_http (checking);
	if (code == 0 && edge.there)
		code = find_compression (checking);
	if (code == 0 && edge.there)
		code = find_cors (checking);
	return code < 0 ? code : checking->code;
}

static int
find_viewer (struct checking *checking)
{
	const struct schema_cdn *schema = config_struct (checking->cdn);
	if (!schema->backend)
		return larder_fail_next (checking->error, LARDER_E_UNSUPPORTED, "a profile in which it has a backend", "[cdn \"%s\"] of %s has no backend", config_name (checking->cdn),
			config_where (checking->cdn));
	int code = backend_open (store_larder (checking->store), schema->backend, &checking->viewer, checking->error);
	if (code < 0 || checking->viewer->module->driver->view)
		return code;
	return larder_fail (checking->error, LARDER_E_UNSUPPORTED, "the driver %s of [cdn \"%s\"] cannot look as a viewer does", checking->viewer->module->driver->name, config_name (checking->cdn));
}

int
larder_cdn_check (struct larder_store *store, const struct larder_cdn_check *request, larder_checked_fn checked, void *context, struct larder_error *error)
{
	struct larder_error unused = LARDER_ERROR_INIT;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct checking checking = {
		.store = store, .arena = arena, .asked = { .size = sizeof checking.asked }, .cdn = store_cdn (store), .checked = checked, .context = context, .error = error ? error : &unused,
	};
	larder_give (&checking.asked, request);
	checking.asked.wait = checking.asked.wait > 0 ? checking.asked.wait : WAIT_MOST;
	if (!arena)
		return larder_fail_memory (error);
	if (!checking.cdn)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "cdn = NAME in its section", "no [cdn] serves [store \"%s\"]", store_name (store));
	int code = find_viewer (&checking);
	return code < 0 ? code : find_all (&checking);
}
