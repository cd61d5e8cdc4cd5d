/* url.c: where a URL leads. It goes out as it came, so it must be whole and encoded. */
#include "exchange.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "error.h"

static bool
is_encoded (const char *url)
{
	for (; *url; url++)
		if (*url <= ' ' || *url > '~' || *url == '#')
			return false;
	return true;
}

int
place_find (const char *url, struct place *ret, struct larder_error *error)
{
	bool tls = strncasecmp (url, "https://", 8) == 0;
	if (!tls && strncasecmp (url, "http://", 7) != 0)
		return larder_fail (error, LARDER_E_INVALID, "a URL must begin with http:// or https://, not as '%.20s'", url);
	const char *host = url + (tls ? 8 : 7);
	int length = (int) strcspn (host, "/?#");
	if (!is_encoded (url))
		return larder_fail (error, LARDER_E_INVALID, "a URL for '%.*s' is not percent-encoded", length, host);
	if (memchr (host, '@', (size_t) length))
		return larder_fail (error, LARDER_E_INVALID, "a URL must not hold a user's name");
	const char *bracket = memchr (host, ']', (size_t) length), *from = bracket ? bracket : host;
	bool port = memchr (from, ':', (size_t) (host + length - from)) != NULL;
	int scheme = tls ? 8 : 7;
	int wrote = snprintf (ret->text, sizeof ret->text, "%s%.*s%s", tls ? "https://" : "http://", length, host,
	                      port ? "" : tls ? ":443" : ":80");
	if (length == 0 || wrote >= (int) sizeof ret->text)
		return larder_fail (error, LARDER_E_INVALID, "a URL names no host, or one that is too long: '%.*s'", length, host);
	ret->host = ret->text + scheme;
	ret->tls = tls;
	return 0;
}
