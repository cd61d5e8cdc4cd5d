/* credentials.c: who we are: the settings, else the environment. A pair is taken whole from one place, so
 * that a key of one account never meets the secret of another. */
#include "inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

/* Empty counts as unset; nothing is taken from the environment of a set-uid process. */
static const char *
from_environment (const char *name)
{
	const char *value = secure_getenv (name);
	return value && *value ? value : NULL;
}

static const char *
given (const char *value)
{
	return value && *value ? value : NULL;
}

/* A line end that came along from a file or a paste would end up in a header. */
static bool
is_clean (const char *text)
{
	for (const unsigned char *at = (const unsigned char *) (text ? text : ""); *at; at++)
		if (*at <= 0x20 || *at >= 0x7f)
			return false;
	return true;
}

static int
unclean (const char *name, const char *which, struct larder_error *error)
{
	larder_fail (error, LARDER_E_INVALID, "%s of backend '%s' holds blanks, line ends or other characters that no key has", which, name);
	larder_explain (error, LARDER_DETAIL_NEXT, "look for a line end or quotes that were copied along");
	return LARDER_E_INVALID;
}

static int
half (const char *name, int code, const char *have, const char *lacks, struct larder_error *error)
{
	char next[200];
	larder_fail (error, code, "backend '%s' has %s, but %s is missing", name, have, lacks);
	snprintf (next, sizeof next, "give %s too, or take %s away", lacks, have);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

static int
check (const char *name, const struct aws_credentials *found, const char *const which[3], struct larder_error *error)
{
	if (!is_clean (found->access_key))
		return unclean (name, which[0], error);
	if (!is_clean (found->secret_key))
		return unclean (name, which[1], error);
	if (!is_clean (found->session_token))
		return unclean (name, which[2], error);
	return 0;
}

/* 1: a pair is there; 0: nothing is. */
static int
take (const char *name, int code, const struct aws_credentials *from, const char *const which[3], struct aws_credentials *ret,
      struct larder_error *error)
{
	if (!from->access_key && !from->secret_key && !from->session_token)
		return 0;
	const char *have = which[from->access_key ? 0 : from->secret_key ? 1 : 2];
	if (!from->access_key)
		return half (name, code, have, which[0], error);
	if (!from->secret_key)
		return half (name, code, have, which[1], error);
	int bad = check (name, from, which, error);
	if (bad)
		return bad;
	*ret = *from;
	return 1;
}

int
aws_credentials_find (const char *name, const struct aws_settings *settings, struct aws_credentials *ret,
                      struct larder_error *error)
{
	static const char *const keys[3] = { "access-key", "secret-key", "session-token" };
	static const char *const variables[3] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN" };
	const struct aws_credentials written = { given (settings->access_key), given (settings->secret_key),
	                                         given (settings->session_token) };
	int code = take (name, LARDER_E_INVALID, &written, keys, ret, error);
	if (code == 0) {
		const struct aws_credentials around = { from_environment (variables[0]), from_environment (variables[1]),
		                                        from_environment (variables[2]) };
		code = around.access_key || around.secret_key ? take (name, LARDER_E_DENIED, &around, variables, ret, error) : 0;
	}
	if (code)
		return code < 0 ? code : 0;
	larder_fail (error, LARDER_E_DENIED, "no credentials for backend '%s'", name);
	larder_explain (error, LARDER_DETAIL_NEXT,
	                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or access-key and secret-key in its [backend] section");
	return LARDER_E_DENIED;
}
