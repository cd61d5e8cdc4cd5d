/* chain.c: the order in which providers of credentials are asked, and what is said when none has any. */
#include "chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "text.h"

/* ---- pairs ---- */

static int
unclean (const char *name, const char *which, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INVALID, "look for a line end or quotes that were copied along",
	                         "%s of %s holds blanks, line ends or other characters that no key has", which, name);
}

static int
half (const char *name, int code, const char *have, const char *lacks, struct larder_error *error)
{
	char next[200];
	snprintf (next, sizeof next, "give %s too, or take %s away", lacks, have);
	return larder_fail_next (error, code, next, "%s has %s, but %s is missing", name, have, lacks);
}

int
aws_take_pair (const char *name, int code, const struct aws_credentials *from, const char *const which[3], struct aws_grant *ret,
               struct larder_error *error)
{
	const char *const texts[3] = { from->access_key, from->secret_key, from->session_token };
	if (!texts[0] && !texts[1] && !texts[2])
		return 0;
	const char *have = which[texts[0] ? 0 : texts[1] ? 1 : 2];
	if (!texts[0] || !texts[1])
		return half (name, code, have, which[texts[0] ? 1 : 0], error);
	for (size_t i = 0; i < 3; i++)
		if (!aws_is_clean (texts[i]))
			return unclean (name, which[i], error);
	*ret = (struct aws_grant) { .access_key = texts[0], .secret_key = texts[1], .session_token = texts[2], .expires = AWS_NEVER };
	return 1;
}

int
aws_nothing (struct aws_asking *asking, const char *format, ...)
{
	va_list arguments;
	va_start (arguments, format);
	vsnprintf (asking->why, sizeof asking->why, format, arguments);
	va_end (arguments);
	return 0;
}

/* ---- the two that ask nobody ---- */

static int
from_static (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error)
{
	static const char *const keys[3] = { "access-key", "secret-key", "session-token" };
	const struct aws_identity_settings *settings = asking->settings;
	const struct aws_credentials written = { settings->access_key, settings->secret_key, settings->session_token };
	char who[120];
	snprintf (who, sizeof who, "backend '%.80s'", settings->name);
	int code = aws_take_pair (who, LARDER_E_INVALID, &written, keys, ret, error);
	if (code > 0)
		ret->source = "access-key and secret-key of the [backend] section";
	return code ? code : aws_nothing (asking, "no access-key in the [backend] section");
}

int
aws_from_environment (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error)
{
	static const char *const variables[3] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN" };
	const char *const *values = asking->settings->around.values;
	const struct aws_credentials around = { values[AWS_VAR_ACCESS_KEY_ID], values[AWS_VAR_SECRET_ACCESS_KEY], values[AWS_VAR_SESSION_TOKEN] };
	char who[120];
	if (!around.access_key && !around.secret_key)      /* a token alone is left over from somewhere */
		return aws_nothing (asking, "AWS_ACCESS_KEY_ID is not set");
	snprintf (who, sizeof who, "the environment of backend '%.80s'", asking->settings->name);
	int code = aws_take_pair (who, LARDER_E_DENIED, &around, variables, ret, error);
	if (code > 0)
		ret->source = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
	return code;
}

/* ---- the order ---- */

static const struct { const char *name, *title; aws_provider_fn ask; } providers[AWS_PROVIDER_COUNT] = {
	[AWS_STATIC] = { "static", "configuration", from_static },
	[AWS_ENVIRONMENT] = { "environment", "environment", aws_from_environment },
	[AWS_PROFILE] = { "profile", "profile", aws_from_profile },
	[AWS_WEB_IDENTITY] = { "web-identity", "web identity", aws_from_web_identity },
	[AWS_CONTAINER] = { "container", "container", aws_from_container },
	[AWS_INSTANCE] = { "instance", "metadata service", aws_from_instance },
};

const char *
aws_provider_name (uint32_t provider)
{
	return provider < AWS_PROVIDER_COUNT ? providers[provider].title : "unknown";
}

static uint32_t
provider_of (const char *name)
{
	uint32_t at = 0;
	while (at < AWS_PROVIDER_COUNT && strcmp (providers[at].name, name) != 0)
		at++;
	return at;
}

static int
unknown_provider (const char *item, struct larder_error *error)
{
	const char *words[AWS_PROVIDER_COUNT];
	char next[200];
	for (size_t i = 0; i < AWS_PROVIDER_COUNT; i++)
		words[i] = providers[i].name;
	const char *near = text_nearest (item, words, AWS_PROVIDER_COUNT);
	snprintf (next, sizeof next, "%s%s%slist some of static, environment, profile, web-identity, container, instance; or no-NAME to leave one out",
	          near ? "did you mean '" : "", near ? near : "", near ? "'? " : "");
	return larder_fail_next (error, LARDER_E_INVALID, next, "credentials: '%.60s' names no source of credentials", item);
}

int
aws_chain_order (const char *const *items, struct aws_identity_settings *settings, struct larder_error *error)
{
	bool out[AWS_PROVIDER_COUNT] = { false };
	settings->count = 0;
	for (const char *const *at = items; at && *at; at++) {
		bool leave = strncmp (*at, "no-", 3) == 0;
		uint32_t provider = provider_of (leave ? *at + 3 : *at);
		if (provider == AWS_PROVIDER_COUNT)
			return unknown_provider (*at, error);
		if (!leave && !out[provider])
			settings->order[settings->count++] = provider;
		out[provider] = true;                       /* no provider twice */
	}
	if (settings->count == 0)
		for (uint32_t i = 0; i < AWS_PROVIDER_COUNT; i++)
			if (!out[i] && !(i == AWS_ENVIRONMENT && settings->profile))    /* a profile that was written goes before variables */
				settings->order[settings->count++] = i;
	return 0;
}

/* ---- the walk ---- */

static void
note (const struct aws_asking *asking, uint32_t provider, bool gave, const char *text)
{
	if (asking->note)
		asking->note (asking->context, provider, gave, text);
}

static int
none (const struct aws_asking *asking, const struct buffer *said, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_DENIED,
	                         "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or access-key and secret-key in its [backend] section; 'larder doctor --identity' shows each source",
	                         "no credentials for backend '%.60s': %s", asking->settings->name, buffer_text (said));
}

int
aws_chain_walk (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer said;
	buffer_init (&said, 4096);
	for (unsigned i = 0; i < asking->settings->count; i++) {
		uint32_t provider = asking->settings->order[i];
		struct larder_error why = LARDER_ERROR_INIT;
		struct aws_grant grant = { .expires = AWS_NEVER };
		int code = providers[provider].ask (asking, &grant, &why);
		if (code > 0) {
			grant.provider = providers[provider].title;
			note (asking, provider, true, grant.source ? grant.source : grant.provider);
			*ret = grant;
			return 0;
		}
		if (code < 0) {
			note (asking, provider, false, why.message);
			if (error)
				larder_give (error, &why);
			return code;
		}
		note (asking, provider, false, asking->why);
		buffer_printf (&said, "%s%s: %s", said.length ? "; " : "", providers[provider].title, asking->why);
	}
	return none (asking, &said, error);
}
