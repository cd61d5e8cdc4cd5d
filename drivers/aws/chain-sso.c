/* chain-sso.c: IAM Identity Center: the token that `aws sso login` left, renewed while that goes, and the portal that gives keys for it. */
#include "chain.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "text.h"

#define ATTEMPTS 3
#define AHEAD (15 * 60 * NS_PER_S)     /* as botocore has it */

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

/* The file as it is now. */
struct kept { const char *path, *text; size_t length; struct aws_sso_token token; };

static int
read_kept (struct aws_asking *asking, const char *profile, const char *path, struct kept *ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	ret->path = path;
	int code = aws_file_read (asking->arena, path, &ret->text, &ret->length, &why);
	if (code == LARDER_E_NOTFOUND)
		return log_in (profile, "nobody has logged in to its SSO yet", error);
	if (code == 0)
		code = aws_sso_token_read (ret->text, ret->length, asking->arena, &ret->token, &why);
	if (code == 0)
		return 0;
	char words[400];
	snprintf (words, sizeof words, "its SSO token '%.150s' cannot be used: %.200s", path, why.message);
	return log_in (profile, words, error);
}

/* ---- renewing it ---- */

static bool
can_renew (const struct aws_asking *asking, const struct sso *sso, const struct aws_sso_token *token)
{
	return sso->session && token->refresh && token->client_id && token->client_secret && token->registered > asking->host->wall ();
}

static int
ask_oidc (struct aws_asking *asking, const struct sso *sso, const struct aws_sso_token *token, struct aws_fetched *ret, struct larder_error *error)
{
	struct aws_endpoint endpoint;
	struct aws_request request;
	struct aws_fault fault;
	const char *base;
	int code = aws_asking_endpoint (asking, "oidc", "sso_oidc", AWS_VAR_ENDPOINT_URL_SSO_OIDC, sso->region, &endpoint, &base, error);
	if (code < 0)
		return code;
	bool near = aws_address_of (base) == AWS_ADDRESS_NEAR;
	aws_sso_renew (&request, asking->arena, token);
	code = aws_fetch (asking, near ? asking->near : asking->far, base, &request, ATTEMPTS, ret, error);
	if (code < 0 || ret->status < 300)
		return code;
	aws_fault_read (ret->status, &ret->headers, ret->body, ret->length, &fault);
	return aws_fault_error (&fault, "it cannot be renewed", error);
}

/* For whoever comes next, in place of the old one at once: the service may take the refresh token only once. */
static int
keep (struct aws_asking *asking, const struct kept *kept, const char *text, struct larder_error *error)
{
	const char *name = text_last (kept->path);
	const char *folder = arena_copy_bytes (asking->arena, kept->path, (size_t) (name - kept->path));
	CLEANUP_CLOSE int root = folder ? open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return root < 0 ? larder_fail (error, LARDER_E_NOTFOUND, "its folder cannot be opened")
		: file_publish (root, name, text, strlen (text), 0600, FILE_REPLACE, true, error);
}

static int
renew (struct aws_asking *asking, const struct sso *sso, struct kept *kept, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct aws_fetched fetched;
	const char *text;
	int code = ask_oidc (asking, sso, &kept->token, &fetched, error);
	if (code == 0)
		code = aws_sso_token_renewed (kept->text, kept->length, fetched.body, fetched.length, asking->host->wall (), asking->arena, &text, error);
	if (code == 0)
		code = aws_sso_token_read (text, strlen (text), asking->arena, &kept->token, error);
	if (code == 0 && keep (asking, kept, text, &why) < 0)
		asking->host->log (LARDER_LOG_WARN, "the renewed SSO token cannot be kept in '%s': %s", kept->path, why.message);
	return code;
}

/* Ahead of its end, while it may be; what is left of the old one serves when that fails, or what another process has got meanwhile. */
static int
read_token (struct aws_asking *asking, const char *profile, const struct sso *sso, const char **ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct kept kept;
	const char *path = token_path (asking, sso);
	if (!path)
		return log_in (profile, "no home to look for its SSO token in", error);
	int code = read_kept (asking, profile, path, &kept, error), renewed = 0;
	if (code < 0)
		return code;
	if (kept.token.expires - AHEAD < asking->host->wall () && can_renew (asking, sso, &kept.token)) {
		renewed = renew (asking, sso, &kept, &why);
		if (renewed == LARDER_E_CANCELLED)
			return larder_fail (error, renewed, "cancelled");
		if (renewed < 0 && (code = read_kept (asking, profile, path, &kept, error)) < 0)
			return code;
	}
	*ret = kept.token.access;
	if (kept.token.expires > asking->host->wall ())
		return 0;
	char words[400];
	snprintf (words, sizeof words, "its SSO login has expired%s%.300s", renewed < 0 ? ", and " : "", renewed < 0 ? why.message : "");
	return log_in (profile, words, error);
}

/* ---- keys for it ---- */

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
