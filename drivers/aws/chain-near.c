/* chain-near.c: what the machine or the container is given: the agents of ECS and EKS, and the metadata service of EC2. */
#include "chain.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"

#define ATTEMPTS 3

/* ---- containers ---- */

static int
authorization (struct aws_asking *asking, const char **ret, struct larder_error *error)
{
	const char *const *values = asking->settings->around.values;
	struct larder_error why = LARDER_ERROR_INIT;
	*ret = values[AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN];
	if (values[AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN_FILE]) {     /* read at each renewal: it is rotated */
		int code = aws_token_read (asking->arena, values[AWS_VAR_CONTAINER_AUTHORIZATION_TOKEN_FILE], ret, &why);
		return code < 0 ? larder_fail_next (error, LARDER_E_DENIED, why.next, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: %s", why.message) : 0;
	}
	for (const char *at = *ret; at && *at; at++)
		if ((unsigned char) *at < ' ' || *at == 0x7f)
			return larder_fail_next (error, LARDER_E_DENIED, "look for a line end that came along", "AWS_CONTAINER_AUTHORIZATION_TOKEN holds a control byte");
	return 0;
}

static const char *
container_url (struct aws_asking *asking)
{
	const char *const *values = asking->settings->around.values;
	const char *relative = values[AWS_VAR_CONTAINER_CREDENTIALS_RELATIVE_URI];
	return relative ? arena_printf (asking->arena, "http://169.254.170.2%s%s", *relative == '/' ? "" : "/", relative) : values[AWS_VAR_CONTAINER_CREDENTIALS_FULL_URI];
}

static int
refused (const struct aws_fetched *fetched, const char *what, struct larder_error *error)
{
	struct aws_fault fault;
	aws_fault_read (fetched->status, &fetched->headers, fetched->body, fetched->length, &fault);
	if (!fault.code[0])      /* what a container agent calls it is no code of AWS's */
		return larder_fail_next (error, fetched->status >= 500 ? LARDER_E_UNAVAILABLE : LARDER_E_DENIED, "look at the role that is given to this container or machine",
		                         "%s: it answers %d", what, fetched->status);
	return aws_fault_error (&fault, what, error);
}

static int
ask_container (struct aws_asking *asking, const char *url, const char *token, struct aws_grant *ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct aws_request request;
	struct aws_fetched fetched;
	bool near = aws_address_of (url) == AWS_ADDRESS_NEAR;
	aws_request_begin (&request, asking->arena, "GET", NULL, NULL);
	request.path = "";
	aws_request_header (&request, "accept", "application/json");
	aws_request_header (&request, "authorization", token);
	int code = aws_fetch (asking, near ? asking->near : asking->far, url, &request, ATTEMPTS, &fetched, &why);
	if (code < 0)
		return larder_fail_next (error, code, why.next, "container's credentials: %s", why.message);
	if (fetched.status >= 300)
		return refused (&fetched, "container's credentials", error);
	code = aws_grant_read (AWS_GRANT_METADATA, fetched.body, fetched.length, asking->arena, ret, &why);
	return code < 0 ? larder_fail_next (error, code, why.next, "container's credentials: %s", why.message) : 1;
}

int
aws_from_container (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error)
{
	const char *url = container_url (asking), *token;
	if (!url)
		return aws_nothing (asking, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are not set");
	if (aws_address_of (url) == AWS_ADDRESS_FORBIDDEN)
		return larder_fail_next (error, LARDER_E_DENIED, "without TLS only this machine and AWS's container addresses are asked",
		                         "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to '%.200s', where no credentials come from", url);
	int code = authorization (asking, &token, error);
	if (code == 0)
		code = ask_container (asking, url, token, ret, error);
	if (code > 0) {
		ret->renewable = true;
		ret->source = arena_printf (asking->arena, "container, %.*s", (int) strcspn (url + 8, "/?") + 8, url);
	}
	return code;
}

/* ---- EC2 ---- */

static const char *
metadata_base (struct aws_asking *asking, struct larder_error *error)
{
	const char *const *values = asking->settings->around.values;
	const char *named = values[AWS_VAR_EC2_METADATA_SERVICE_ENDPOINT], *mode = values[AWS_VAR_EC2_METADATA_SERVICE_ENDPOINT_MODE];
	const char *usual = mode && strcasecmp (mode, "ipv6") == 0 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
	const char *base = named ? named : usual;
	size_t length = strlen (base);
	while (length > 0 && base[length - 1] == '/')
		length--;
	if (aws_address_of (base) == AWS_ADDRESS_FORBIDDEN) {
		larder_fail_next (error, LARDER_E_DENIED, "without TLS only this machine and the metadata service's own addresses are asked",
		                  "AWS_EC2_METADATA_SERVICE_ENDPOINT leads to '%.200s', where no credentials come from", base);
		return NULL;
	}
	const char *copy = arena_copy_bytes (asking->arena, base, length);
	if (!copy)
		larder_fail_memory (error);
	return copy;
}

struct metadata { struct aws_asking *asking; const char *base, *token; };

/* 0 with the reply, whatever its status; a code when there was none. One try each: who answers, answers at once. */
static int
ask_metadata (const struct metadata *metadata, const char *method, const char *path, struct aws_fetched *ret, struct larder_error *error)
{
	struct aws_asking *asking = metadata->asking;
	struct aws_request request;
	aws_request_begin (&request, asking->arena, method, NULL, path);
	if (metadata->token)
		aws_request_header (&request, "x-aws-ec2-metadata-token", metadata->token);
	else
		aws_request_header (&request, "x-aws-ec2-metadata-token-ttl-seconds", "21600");
	return aws_fetch (asking, asking->metadata, metadata->base, &request, 1, ret, error);
}

/* Without an answer there is no such service here: the next provider's turn. */
static int
no_answer (struct aws_asking *asking, int code, const struct larder_error *why, struct larder_error *error)
{
	if (code != LARDER_E_UNAVAILABLE) {
		if (error)
			larder_give (error, why);
		return code;
	}
	return aws_nothing (asking, "%s", strstr (why->message, "within") ? "no answer in 1 s" : why->message);
}

static const char *
one_line (struct larder_arena *arena, const struct aws_fetched *fetched)
{
	size_t length = strcspn (fetched->body, "\r\n");
	const char *line = arena_copy_bytes (arena, fetched->body, length);
	return line && *line && length <= 2048 && aws_is_clean (line) ? line : NULL;
}

static int
read_role (const struct metadata *metadata, const char *role, struct aws_grant *ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct aws_fetched fetched;
	const char *path = arena_printf (metadata->asking->arena, "latest/meta-data/iam/security-credentials/%s", role);
	int code = path ? ask_metadata (metadata, "GET", path, &fetched, &why) : larder_fail_memory (&why);
	if (code < 0)
		return larder_fail_next (error, code, why.next, "metadata service: %s", why.message);
	if (fetched.status >= 300)
		return refused (&fetched, "metadata service", error);
	code = aws_grant_read (AWS_GRANT_METADATA, fetched.body, fetched.length, metadata->asking->arena, ret, &why);
	if (code < 0)
		return larder_fail_next (error, code, why.next, "metadata service: %s", why.message);
	ret->renewable = ret->lasting = true;
	ret->source = arena_printf (metadata->asking->arena, "metadata service, role %s", role);
	return 1;
}

int
aws_from_instance (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct metadata metadata = { .asking = asking };
	struct aws_fetched fetched;
	if (aws_surroundings_say (&asking->settings->around, AWS_VAR_EC2_METADATA_DISABLED))
		return aws_nothing (asking, "AWS_EC2_METADATA_DISABLED says not to ask");
	metadata.base = metadata_base (asking, error);
	if (!metadata.base)
		return error ? error->code : LARDER_E_DENIED;
	int code = ask_metadata (&metadata, "PUT", "latest/api/token", &fetched, &why);
	if (code < 0)
		return no_answer (asking, code, &why, error);
	metadata.token = fetched.status == 200 ? one_line (asking->arena, &fetched) : NULL;
	if (!metadata.token)
		return aws_nothing (asking, "it gives no session token (status %d): is it IMDSv2?", fetched.status);
	code = ask_metadata (&metadata, "GET", "latest/meta-data/iam/security-credentials/", &fetched, &why);
	if (code < 0)
		return no_answer (asking, code, &why, error);
	const char *role = fetched.status == 200 ? one_line (asking->arena, &fetched) : NULL;
	if (!role)
		return aws_nothing (asking, "no role is given to this machine (status %d)", fetched.status);
	return read_role (&metadata, role, ret, error);
}
