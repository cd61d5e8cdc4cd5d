/* sign.c: addresses and cookies that let a viewer in for a while: what is asked for, checked; the driver of the [cdn] signs. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>
#include <larder/driver.h>

#include <arpa/inet.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "clock.h"
#include "error.h"
#include "store.h"
#include "text.h"

/* "192.0.2.0/24", "2001:db8::/32" */
static bool
is_network (const char *text)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	int64_t bits = 0;
	size_t length = strcspn (text, "/");
	if (length >= sizeof address || (text[length] && (text_int (text + length + 1, &bits) < 0 || bits < 0)))
		return false;
	memcpy (address, text, length);
	address[length] = '\0';
	bool four = inet_pton (AF_INET, address, bytes) == 1;
	return (four || inet_pton (AF_INET6, address, bytes) == 1) && bits <= (four ? 32 : 128);
}

static int
check_times (const struct larder_cdn_sign *asked, const struct config_section *cdn, int64_t now, struct larder_error *error)
{
	char ends[32], most[32], is[32];
	const struct schema_cdn *schema = config_struct (cdn);
	if (asked->expires <= now)
		return larder_fail_next (error, LARDER_E_INVALID, "a time to come, as in 1h; or set this machine's clock, if that is wrong", "it would end at %s, which is past: it is %s by this machine's clock",
			text_from_time (asked->expires, ends), text_from_time (now, is));
	if (asked->expires - now > schema->sign_most)
		return larder_fail_next (error, LARDER_E_INVALID, "a shorter time, or sign-most = TIME in that section", "it would end at %s, and [cdn \"%s\"] signs for %s at the most",
			text_from_time (asked->expires, ends), config_name (cdn), text_from_duration (schema->sign_most, most));
	if (asked->starts && asked->starts >= asked->expires)
		return larder_fail_next (error, LARDER_E_INVALID, "a beginning before its end, or a later end", "it would begin at %s, when it ended already", text_from_time (asked->starts, ends));
	return 0;
}

static int
check (const struct larder_cdn_sign *asked, const struct config_section *cdn, int64_t now, struct larder_error *error)
{
	if (asked->viewer && !is_network (asked->viewer))
		return larder_fail_next (error, LARDER_E_INVALID, "as in 192.0.2.7 or 192.0.2.0/24", "'%s' is no network address", asked->viewer);
	if (asked->flags & LARDER_CDN_BELOW && !(asked->flags & LARDER_CDN_COOKIES))
		return larder_fail_next (error, LARDER_E_INVALID, "ask for cookies", "an address is of one object: only cookies open all below a prefix");
	return check_times (asked, cdn, now, error);
}

/* As a browser will send it, encoded once. */
static int
base_of (struct larder_store *store, struct larder_arena *arena, const struct larder_cdn_sign *asked, const char **ret, struct larder_error *error)
{
	const char *address;
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, (size_t) 64 << 10);
	int code = larder_url (store, arena, asked->key, &address, error);
	if (code < 0)
		return code;
	buffer_add_text (&text, address);
	for (size_t i = 0; i < asked->query.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&asked->query, i);
		buffer_add_char (&text, i ? '&' : '?');
		text_percent (&text, pair->name);
		buffer_add_char (&text, '=');
		text_percent (&text, pair->value);
	}
	*ret = text.failed ? NULL : arena_copy (arena, text.at);
	return *ret ? 0 : larder_fail_memory (error);
}

/* A [cdn] without a domain is signed for by who serves its store as well: there a viewer goes to the file itself. */
static int
find_signer (struct larder_store *store, const struct config_section *cdn, struct instance **ret, struct larder_error *error)
{
	const struct schema_cdn *schema = config_struct (cdn);
	int code = schema->backend ? backend_open (store_larder (store), schema->backend, ret, error) : 0;
	if (code < 0)
		return code;
	if (!schema->backend || (!schema->domain && (*ret)->module != store_instance (store)->module))
		return larder_fail_next (error, LARDER_E_INVALID, schema->backend ? "domain = HOST; larder infra show tells what it is" : "backend = NAME of the [backend] with the key",
			"[cdn \"%s\"] of %s has no %s", config_name (cdn), config_where (cdn), schema->backend ? "domain" : "backend");
	if ((*ret)->module->driver->url)
		return 0;
	return larder_fail (error, LARDER_E_UNSUPPORTED, "the driver %s of [cdn \"%s\"] signs nothing", (*ret)->module->driver->name, config_name (cdn));
}

/* Edges that were given no keys look at no signature. */
static int
warn (const struct larder_cdn_sign *asked, struct larder_arena *arena, const struct config_section *cdn, struct larder_error *error)
{
	const char *text = NULL;
	if (!asked->ret_warning)
		return 0;
	if (!((const struct schema_cdn *) config_struct (cdn))->key_group) {
		text = arena_printf (arena, "[cdn \"%s\"] of %s has no key-group: its edges serve the address without a signature to anyone, so this keeps nobody out; key-group = ID of the group with the public half, and larder infra apply, do", config_name (cdn), config_where (cdn));
		if (!text)
			return larder_fail_memory (error);
	}
	*asked->ret_warning = text;
	return 0;
}

int
larder_cdn_sign (struct larder_store *store, struct larder_arena *arena, const struct larder_cdn_sign *request, const char **ret, struct larder_error *error)
{
	struct larder_cdn_sign asked = { .size = sizeof asked };
	const struct config_section *cdn = store_cdn (store);
	struct instance *signer = NULL;
	larder_give (&asked, request);
	struct larder_url url = {
		.size = sizeof url, .object = { sizeof url.object, store_bucket (store), asked.key, NULL }, .kind = asked.flags & LARDER_CDN_COOKIES ? LARDER_URL_COOKIES : LARDER_URL_SIGNED,
		.method = "GET", .now = clock_wall (), .below = asked.flags & LARDER_CDN_BELOW, .custom = asked.flags & LARDER_CDN_CUSTOM, .starts = asked.starts, .viewer = asked.viewer,
	};
	if (!cdn)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "cdn = NAME in its section", "no [cdn] serves [store \"%s\"]", store_name (store));
	int code = check (&asked, cdn, url.now, error);
	if (code == 0)
		code = base_of (store, arena, &asked, &url.base, error);
	if (code == 0)
		code = find_signer (store, cdn, &signer, error);
	if (code < 0)
		return code;
	url.expires_in = asked.expires - url.now;
	struct larder_call call = larder_call_begin (store_larder (store), arena);
	instance_enter (signer);
	code = signer->module->driver->url (signer->self, &call, &url, ret, error);
	instance_leave (signer);
	return code < 0 ? code : warn (&asked, arena, cdn, error);
}
