/* tell.c: who we are and where that comes from, in words, for the doctor. Never a secret. */
#include "chain.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "text.h"

struct telling { aws_told_fn told; void *context; int stopped; };

static int
tell (struct telling *telling, enum aws_told told, const char *what, const char *detail, const char *next)
{
	if (!telling->stopped)
		telling->stopped = telling->told (telling->context, told, what, detail, next);
	return telling->stopped;
}

static void
on_provider (void *context, uint32_t provider, bool gave, const char *text)
{
	bool silent = provider == AWS_INSTANCE && strncmp (text, "no answer", 9) == 0;
	(void) tell (context, gave ? AWS_TOLD_GAVE : AWS_TOLD_NOTHING, aws_provider_name (provider), text,
	             silent ? "in a container on EC2: the instance's metadata options need a hop limit of 2" : NULL);
}

/* The last four letters are enough to know a key by. */
static int
tell_key (struct telling *telling, const struct aws_grant *grant)
{
	char detail[120], until[32];
	size_t length = strlen (grant->access_key), shown = length > 8 ? 4 : 0;
	snprintf (detail, sizeof detail, "…%s%s%s", grant->access_key + length - shown, grant->expires == AWS_NEVER ? "" : ", until ",
	          grant->expires == AWS_NEVER ? "" : text_from_time (grant->expires, until));
	return tell (telling, AWS_TOLD_GAVE, "access key", detail, NULL);
}

static int
tell_who (struct telling *telling, struct aws_asking *asking, const struct aws_grant *grant, bool own_endpoint, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct aws_who who;
	char detail[400];
	if (own_endpoint && !aws_sts_is_named (asking))
		return tell (telling, AWS_TOLD_NOTHING, "identity", "no STS goes with an endpoint of one's own; AWS_ENDPOINT_URL_STS names one", NULL);
	int code = aws_who (asking, grant, &who, &why);
	if (code == LARDER_E_CANCELLED)
		return larder_fail (error, code, "cancelled");
	if (code < 0)
		return tell (telling, AWS_TOLD_FAILED, "identity", why.message, why.next);
	snprintf (detail, sizeof detail, "%.300s, account %.60s", who.arn, who.account);
	return tell (telling, AWS_TOLD_GAVE, "identity", detail, NULL);
}

int
aws_client_tell (struct aws_client *client, struct larder_call *call, aws_told_fn told, void *context, struct larder_error *error)
{
	struct telling telling = { told, context, 0 };
	struct aws_asking asking;
	struct aws_grant grant;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	if (!arena)
		return larder_fail_memory (error);
	aws_identity_ask (aws_client_identity (client), call, arena, &asking);
	if (asking.settings->anonymous)
		return tell (&telling, AWS_TOLD_GAVE, "identity", "anonymous: nothing is signed", NULL);
	asking.note = on_provider;
	asking.context = &telling;
	int code = aws_chain_walk (&asking, &grant, error);
	if (telling.stopped || code < 0)
		return telling.stopped ? telling.stopped : code;
	code = tell_key (&telling, &grant);
	return code ? code : tell_who (&telling, &asking, &grant, aws_client_endpoint (client) != NULL, error);
}
