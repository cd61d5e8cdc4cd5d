/* address.c: which addresses credentials may come from, so that no variable sends a token to a stranger. Pure. */
#include "identity.h"

#include <string.h>

/* Of the container agents of ECS and EKS, and of the metadata service. */
static const char *const link_local[] = {
	"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "169.254.169.254", "[fd00:ec2::254]",
};

static bool
is_loopback (const char *host, size_t length)
{
	if ((length == 9 && strncmp (host, "localhost", 9) == 0) || (length == 5 && strncmp (host, "[::1]", 5) == 0))
		return true;
	if (length < 7 || strncmp (host, "127.", 4) != 0 || strspn (host, "0123456789.") < length)
		return false;
	unsigned dots = 0;
	for (size_t i = 0; i < length; i++)
		dots += host[i] == '.';
	return dots == 3 && host[length - 1] != '.';
}

enum aws_address
aws_address_of (const char *url)
{
	bool tls = strncmp (url, "https://", 8) == 0;
	if (!tls && strncmp (url, "http://", 7) != 0)
		return AWS_ADDRESS_FORBIDDEN;
	const char *host = url + (tls ? 8 : 7);
	size_t length = *host == '[' ? strcspn (host, "]/") + 1 : strcspn (host, ":/?#");
	if (memchr (host, '@', strcspn (host, "/?#")) || (host[length] && !strchr (":/?#", host[length])))
		return AWS_ADDRESS_FORBIDDEN;
	if (is_loopback (host, length))
		return AWS_ADDRESS_NEAR;
	for (size_t i = 0; i < sizeof link_local / sizeof *link_local; i++)
		if (strlen (link_local[i]) == length && strncmp (host, link_local[i], length) == 0)
			return AWS_ADDRESS_NEAR;
	return tls ? AWS_ADDRESS_TLS : AWS_ADDRESS_FORBIDDEN;
}
