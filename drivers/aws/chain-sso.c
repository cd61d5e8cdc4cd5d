/* chain-sso.c: IAM Identity Center: the token that `aws sso login` left, and the portal that gives keys for it. */
#include "chain.h"

#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>

#include "arena.h"
#include "error.h"
#include "text.h"

#define ATTEMPTS 3

/* What a profile and its sso-session say. */
struct sso { const char *session, *start_url, *region, *account, *role; };

static int
incomplete (const char *profile, const char *lacks, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INVALID, "'aws configure sso' writes all of it", "profile '%.100s' is set up for SSO, but %s is missing", profile, lacks);
}

static int
read_settings (struct aws_asking *asking, const char *profile, struct sso *ret, struct larder_error *error)
{
	const struct aws_profiles *profiles = &asking->profiles;
	struct sso sso = {
		.session = aws_profiles_find (profiles, profile, "sso_session"), .account = aws_profiles_find (profiles, profile, "sso_account_id"),
		.role = aws_profiles_find (profiles, profile, "sso_role_name"),
	};
	if (sso.session && !aws_section_exists (profiles->config, AWS_SECTION_SSO, sso.session))
		return larder_fail_next (error, LARDER_E_INVALID, "'aws configure sso-session' writes one", "profile '%.100s' names sso-session '%.100s', which is not there", profile, sso.session);
	sso.start_url = sso.session ? aws_line_find (profiles->config, AWS_SECTION_SSO, sso.session, NULL, "sso_start_url") : aws_profiles_find (profiles, profile, "sso_start_url");
	sso.region = sso.session ? aws_line_find (profiles->config, AWS_SECTION_SSO, sso.session, NULL, "sso_region") : aws_profiles_find (profiles, profile, "sso_region");
	const char *lacks = !sso.account ? "sso_account_id" : !sso.role ? "sso_role_name" : !sso.start_url ? "sso_start_url" : !sso.region ? "sso_region" : NULL;
	if (lacks)
		return incomplete (profile, lacks, error);
	*ret = sso;
	return 0;
}

/* ~/.aws/sso/cache/ and the SHA-1 of the session's name, or of the start URL. */
static const char *
token_path (struct aws_asking *asking, const struct sso *sso)
{
	const char *key = sso->session ? sso->session : sso->start_url;
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned length = 0;
	if (!asking->settings->around.home || EVP_Digest (key, strlen (key), digest, &length, EVP_sha1 (), NULL) != 1)
		return NULL;
	text_hex (digest, length, hex);
	return arena_printf (asking->arena, "%s/.aws/sso/cache/%s.json", asking->settings->around.home, hex);
}

static int
log_in (const char *profile, const char *why, struct larder_error *error)
{
	char next[256];
	snprintf (next, sizeof next, "aws sso login --profile %.100s", profile);
	return larder_fail_next (error, LARDER_E_DENIED, next, "profile '%.100s': %s", profile, why);
}

static int
read_token (struct aws_asking *asking, const char *profile, const struct sso *sso, const char **ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	const char *path = token_path (asking, sso), *text;
	size_t length;
	int64_t expires;
	if (!path)
		return log_in (profile, "no home to look for its SSO token in", error);
	int code = aws_file_read (asking->arena, path, &text, &length, &why);
	if (code == LARDER_E_NOTFOUND)
		return log_in (profile, "nobody has logged in to its SSO yet", error);
	if (code == 0)
		code = aws_sso_token_read (text, length, asking->arena, ret, &expires, &why);
	if (code < 0) {
		char words[400];
		snprintf (words, sizeof words, "its SSO token '%.150s' cannot be used: %.200s", path, why.message);
		return log_in (profile, words, error);
	}
	return expires > asking->host->wall () ? 0 : log_in (profile, "its SSO login has expired", error);
}

static int
ask_portal (struct aws_asking *asking, const char *profile, const struct sso *sso, const char *token, struct aws_grant *ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct aws_endpoint endpoint;
	struct aws_request request;
	struct aws_fetched fetched;
	struct aws_fault fault;
	const char *base;
	int code = aws_asking_endpoint (asking, "portal.sso", "sso", AWS_VAR_ENDPOINT_URL_SSO, sso->region, &endpoint, &base, error);
	if (code < 0)
		return code;
	bool near = aws_address_of (base) == AWS_ADDRESS_NEAR;
	aws_sso_request (&request, asking->arena, sso->account, sso->role, token);
	code = aws_fetch (asking, near ? asking->near : asking->far, base, &request, ATTEMPTS, &fetched, &why);
	if (code < 0)
		return larder_fail_next (error, code, why.next, "profile '%.100s': the SSO portal: %s", profile, why.message);
	if (fetched.status == 401)
		return log_in (profile, "the SSO portal no longer takes its login", error);
	if (fetched.status >= 300) {
		char what[200];
		snprintf (what, sizeof what, "profile '%.100s': the SSO portal gives no keys", profile);
		aws_fault_read (fetched.status, &fetched.headers, fetched.body, fetched.length, &fault);
		return aws_fault_error (&fault, what, error);
	}
	code = aws_grant_read (AWS_GRANT_SSO, fetched.body, fetched.length, asking->arena, ret, &why);
	return code < 0 ? larder_fail_next (error, code, why.next, "profile '%.100s': the SSO portal's reply: %s", profile, why.message) : 1;
}

int
aws_from_sso (struct aws_asking *asking, const char *profile, struct aws_grant *ret, struct larder_error *error)
{
	struct sso sso;
	const char *token;
	int code = read_settings (asking, profile, &sso, error);
	if (code == 0)
		code = read_token (asking, profile, &sso, &token, error);
	if (code == 0)
		code = ask_portal (asking, profile, &sso, token, ret, error);
	if (code > 0) {
		ret->renewable = true;
		ret->source = arena_printf (asking->arena, "profile '%s', sso", profile);
	}
	return code;
}
