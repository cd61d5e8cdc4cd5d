/* signed.c: what a signature says, and how an address or a browser carries it. Pure: who signs is not here. Sources: the developer guide of
 * CloudFront, "signed URLs" and "signed cookies". */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"
#include "wire.h"

/* Times are whole seconds there. */
#define SECOND INT64_C (1000000000)

static long long
ends (const struct larder_url *request)
{
	return (long long) ((request->now + request->expires_in) / SECOND);
}

bool
cf_is_canned (const struct larder_url *request)
{
	return !request->custom && !request->below && !request->starts && !request->viewer;
}

int
cf_policy_text (const struct larder_url *request, struct buffer *into, struct larder_error *error)
{
	if (request->viewer && strchr (request->viewer, ':'))
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "an address of IPv4, and ipv6 = no in the [cdn], or who comes by IPv6 is not let in", "CloudFront lets nobody in by '%s': its policies name addresses of IPv4 alone", request->viewer);
	buffer_printf (into, "{\"Statement\":[{\"Resource\":\"%s%s\",\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":%lld}", request->base, request->below ? "*" : "", ends (request));
	if (request->viewer)
		buffer_printf (into, ",\"IpAddress\":{\"AWS:SourceIp\":\"%s%s\"}", request->viewer, strchr (request->viewer, '/') ? "" : "/32");
	if (request->starts)
		buffer_printf (into, ",\"DateGreaterThan\":{\"AWS:EpochTime\":%lld}", (long long) (request->starts / SECOND));
	buffer_add_text (into, "}}]}");
	return into->failed ? larder_fail_memory (error) : 0;
}

/* Base64, with what an address has other uses for told otherwise. */
static void
add_bytes (struct buffer *into, const void *bytes, size_t count)
{
	static const char from[] = "+=/", to[] = "-_~";
	char *text = malloc (4 * ((count + 2) / 3) + 1);
	if (!text) {
		into->failed = true;
		return;
	}
	text_base64 (bytes, count, text);
	for (char *at = text + strcspn (text, from); *at; at += strcspn (at, from))
		*at = to[strchr (from, *at) - from];
	buffer_add_text (into, text);
	free (text);
}

int
cf_signed_text (const struct larder_url *request, const struct cf_signature *signature, struct buffer *into, struct larder_error *error)
{
	bool cookies = request->kind == LARDER_URL_COOKIES;
	const char *prefix = cookies ? "CloudFront-" : "", *next = cookies ? "\n" : "&";
	if (!cookies)
		buffer_printf (into, "%s%c", request->base, strchr (request->base, '?') ? '&' : '?');
	if (cf_is_canned (request)) {
		buffer_printf (into, "%sExpires=%lld", prefix, ends (request));
	} else {
		buffer_printf (into, "%sPolicy=", prefix);
		add_bytes (into, signature->policy, strlen (signature->policy));
	}
	buffer_printf (into, "%s%sSignature=", next, prefix);
	add_bytes (into, signature->bytes, signature->length);
	buffer_printf (into, "%s%sKey-Pair-Id=%s", next, prefix, signature->key_id);
	if (!signature->sha1)
		buffer_printf (into, "%s%sHash-Algorithm=SHA256", next, prefix);
	buffer_add_text (into, cookies ? "\n" : "");
	return into->failed ? larder_fail_memory (error) : 0;
}
