/* chain-role.c: roles: AssumeRole, AssumeRoleWithWebIdentity, and who one is, by STS of the region. */
#include "chain.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "clock.h"
#include "error.h"

#define ATTEMPTS 3

static int
sign (struct aws_asking *asking, struct aws_request *request, const struct aws_endpoint *endpoint, const struct aws_grant *source, struct larder_error *error)
{
	const struct aws_credentials who = { source->access_key, source->secret_key, source->session_token };
	char hash[65];
	int code = aws_request_check (request, error);
	if (code < 0)
		return code;
	sha256_hex (request->body, request->body_length, hash);
	const struct aws_signing signing = {
		.credentials = &who, .service = "sts", .region = endpoint->region, .time = asking->host->wall (), .payload_hash = hash,
	};
	const char *path = *endpoint->path ? endpoint->path : "/";
	return aws_sign (request, endpoint->host, path, &signing, NULL, error);
}

/* One exchange with STS; `what` begins messages. */
static int
ask_sts (struct aws_asking *asking, struct aws_request *request, const struct aws_grant *source, const char *what, struct aws_fetched *ret,
         struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct aws_endpoint endpoint;
	struct aws_fault fault;
	const char *base;
	int code = aws_asking_endpoint (asking, "sts", "sts", AWS_VAR_ENDPOINT_URL_STS, aws_asking_region (asking), &endpoint, &base, error);
	if (code == 0 && source)
		code = sign (asking, request, &endpoint, source, error);
	if (code < 0)
		return code;
	bool near = aws_address_of (base) == AWS_ADDRESS_NEAR;
	code = aws_fetch (asking, near ? asking->near : asking->far, base, request, ATTEMPTS, ret, &why);
	if (code < 0)
		return larder_fail_next (error, code, *why.next ? why.next : "check that STS of that region can be reached; AWS_ENDPOINT_URL_STS names another one",
		                         "%s: %s", what, why.message);
	if (ret->status < 300)
		return 0;
	aws_fault_read (ret->status, &ret->headers, ret->body, ret->length, &fault);
	return aws_fault_error (&fault, what, error);
}

int
aws_assume (struct aws_asking *asking, const struct aws_role *role, const struct aws_grant *source, struct aws_grant *ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_fetched fetched;
	char what[200], session[48];
	struct aws_role asked = *role;
	if (!asked.session) {
		snprintf (session, sizeof session, "larder-%lld", (long long) (asking->host->wall () / NS_PER_S));
		asked.session = session;
	}
	snprintf (what, sizeof what, "cannot take on role '%.120s'", role->arn);
	aws_sts_assume (&request, asking->arena, &asked);
	int code = ask_sts (asking, &request, source, what, &fetched, error);
	if (code < 0)
		return code;
	struct larder_error why = LARDER_ERROR_INIT;
	code = aws_sts_grant_read (fetched.body, fetched.length, asking->arena, ret, &why);
	if (code < 0)
		return larder_fail_next (error, code, why.next, "%s: %s", what, why.message);
	ret->renewable = true;
	return 1;
}

int
aws_web_identity (struct aws_asking *asking, const char *arn, const char *session, const char *token_file, struct aws_grant *ret,
                  struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct aws_role role = { .arn = arn, .session = session };
	if (!arn)
		return larder_fail_next (error, LARDER_E_DENIED, "set AWS_ROLE_ARN to the role's", "a web identity token is there, '%.200s', but no role to take on with it", token_file);
	int code = aws_token_read (asking->arena, token_file, &role.web_token, &why);
	if (code < 0)
		return larder_fail_next (error, code == LARDER_E_NOTFOUND ? LARDER_E_DENIED : code, why.next, "web identity token: %s", why.message);
	code = aws_assume (asking, &role, NULL, ret, error);
	if (code > 0)
		ret->source = arena_printf (asking->arena, "role %s, by the token in '%s'", arn, token_file);
	return code;
}

int
aws_from_web_identity (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error)
{
	const char *const *values = asking->settings->around.values;
	if (!values[AWS_VAR_WEB_IDENTITY_TOKEN_FILE])
		return aws_nothing (asking, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
	return aws_web_identity (asking, values[AWS_VAR_ROLE_ARN], values[AWS_VAR_ROLE_SESSION_NAME], values[AWS_VAR_WEB_IDENTITY_TOKEN_FILE], ret, error);
}

int
aws_who (struct aws_asking *asking, const struct aws_grant *grant, struct aws_who *ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_fetched fetched;
	aws_sts_who (&request, asking->arena);
	int code = ask_sts (asking, &request, grant, "cannot ask who these credentials are", &fetched, error);
	return code < 0 ? code : aws_sts_who_read (fetched.body, fetched.length, asking->arena, ret, error);
}
