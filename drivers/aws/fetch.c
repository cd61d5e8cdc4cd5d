/* fetch.c: the small requests that credentials come by: to STS, the SSO portal, container agents, the metadata service. */
#include "chain.h"

#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "random.h"

#define REPLY_MOST (256 << 10)

struct reply { struct buffer text; bool long_one; };

static int
on_body (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct reply *reply = context;
	if (buffer_add (&reply->text, bytes, count) == 0)
		return 0;
	return larder_fail (error, LARDER_E_LIMIT, "the reply is longer than %d KiB", REPLY_MOST >> 10);
}

static const char *
url_of (struct aws_request *request, const char *base, struct larder_error *error)
{
	const char *query;
	if (aws_request_check (request, error) < 0 || aws_query_text (request, &query, error) < 0)
		return NULL;
	const char *url = arena_printf (request->arena, "%s%s%s%s", base, strcmp (request->path, "/") == 0 && strchr (base + 8, '/') ? "" : request->path,
	                                *query ? "?" : "", query);
	if (!url)
		larder_fail_memory (error);
	return url;
}

static int
fetch_once (struct aws_asking *asking, struct http *http, const char *url, const struct aws_request *request, struct aws_fetched *ret,
            struct larder_error *error)
{
	struct memory_source memory;
	struct larder_source source;
	struct http_reply head;
	struct reply reply;
	const struct http_receiver receiver = { .context = &reply, .body = on_body };
	const struct http_request message = {
		.method = request->method, .url = url, .headers = { request->headers, request->header_count, sizeof *request->headers },
		.body = request->body ? &source : NULL,
	};
	buffer_init (&reply.text, REPLY_MOST);
	reply.text.secret = true;
	if (request->body)
		memory_source_begin (&memory, request->body, request->body_length, &source);
	int code = http_perform (http, asking->call, asking->arena, &message, &receiver, &head, error);
	if (code == 0) {
		*ret = (struct aws_fetched) { head.status, arena_copy_bytes (asking->arena, buffer_text (&reply.text), reply.text.length), reply.text.length, head.headers };
		code = ret->body ? 0 : larder_fail_memory (error);
	}
	buffer_free (&reply.text);
	return code;
}

int
aws_fetch (struct aws_asking *asking, struct http *http, const char *base, struct aws_request *request, unsigned attempts,
           struct aws_fetched *ret, struct larder_error *error)
{
	const char *url = url_of (request, base, error);
	if (!url)
		return LARDER_E_LIMIT;
	for (unsigned tried = 1; ; tried++) {
		struct larder_error why = LARDER_ERROR_INIT;
		struct aws_fault fault = { .status = 503 };
		uint32_t random;
		int code = fetch_once (asking, http, url, request, ret, &why);
		if (code == 0 && ret->status < 400)
			return 0;
		if (code == 0)
			aws_fault_read (ret->status, &ret->headers, ret->body, ret->length, &fault);
		enum aws_retry kind = code == 0 ? aws_fault_retry (&fault) : code == LARDER_E_UNAVAILABLE ? AWS_RETRY_TRANSIENT : AWS_RETRY_NEVER;
		if (tried >= attempts || kind == AWS_RETRY_NEVER) {
			if (code < 0 && error)
				larder_give (error, &why);
			return code;
		}
		const struct aws_retry_after none = { NULL, NULL };
		random_bytes (&random, sizeof random);
		code = aws_rest (asking->host, asking->call, aws_retry_wait (kind, tried + 1, random, &none), "credentials", error);
		if (code < 0)
			return code;
	}
}

int
aws_asking_profiles (struct aws_asking *asking, struct larder_error *error)
{
	if (asking->profiles_read)
		return 0;
	int code = aws_profiles_read (asking->arena, &asking->settings->around, asking->settings->profile, &asking->profiles, error);
	asking->profiles_read = code == 0;
	return code;
}

const char *
aws_asking_region (struct aws_asking *asking)
{
	const struct aws_identity_settings *settings = asking->settings;
	const char *region = settings->region;
	if (!region && aws_asking_profiles (asking, NULL) == 0)
		region = aws_profiles_find (&asking->profiles, asking->profiles.name, "region");
	return region ? region : "us-east-1";
}

/* Endpoints of one's own: the service's variable, the common one, the profile. */
static const char *
named_endpoint (struct aws_asking *asking, const char *id, enum aws_variable own)
{
	const struct aws_surroundings *around = &asking->settings->around;
	struct aws_profiles none = { .name = NULL };
	if (aws_endpoints_ignored (around, aws_asking_profiles (asking, NULL) == 0 ? &asking->profiles : &none))
		return NULL;
	if (around->values[own] || around->values[AWS_VAR_ENDPOINT_URL])
		return around->values[own] ? around->values[own] : around->values[AWS_VAR_ENDPOINT_URL];
	return aws_asking_profiles (asking, NULL) == 0 ? aws_profiles_endpoint (&asking->profiles, asking->profiles.name, id) : NULL;
}

bool
aws_sts_is_named (struct aws_asking *asking)
{
	return named_endpoint (asking, "sts", AWS_VAR_ENDPOINT_URL_STS) != NULL;
}

int
aws_asking_endpoint (struct aws_asking *asking, const char *service, const char *id, enum aws_variable own, const char *region,
                     struct aws_endpoint *ret, const char **ret_base, struct larder_error *error)
{
	const struct aws_surroundings *around = &asking->settings->around;
	const char *endpoint = named_endpoint (asking, id, own);
	const struct aws_endpoint_options options = {
		.service = service, .region = region, .endpoint = endpoint,
		.dual_stack = !endpoint && aws_surroundings_say (around, AWS_VAR_USE_DUALSTACK_ENDPOINT),
		.fips = !endpoint && aws_surroundings_say (around, AWS_VAR_USE_FIPS_ENDPOINT),
	};
	int code = aws_endpoint_find (&options, NULL, asking->arena, ret, error);
	if (code < 0)
		return code;
	*ret_base = arena_printf (asking->arena, "%s://%s%s", ret->scheme, ret->host, ret->path);
	if (!*ret_base)
		return larder_fail_memory (error);
	if (aws_address_of (*ret_base) == AWS_ADDRESS_FORBIDDEN)
		return larder_fail_next (error, LARDER_E_INVALID, "name one that begins with https://", "credentials do not go to '%.200s' in clear", *ret_base);
	return 0;
}
