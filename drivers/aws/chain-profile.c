/* chain-profile.c: what a profile of AWS's files says: a role by another profile or source, a web identity, SSO, keys, a program. */
#include "chain.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"

#define SOURCES_MOST 8                 /* profiles that one role may be taken on through */
#define PROCESS_LIMIT (60 * NS_PER_S)

/* Profiles on the way, so that a circle is seen. */
struct way { const char *names[SOURCES_MOST]; unsigned count; };

static int profile_role (struct aws_asking *asking, const char *name, struct way *way, struct aws_grant *ret, struct larder_error *error);

static const char *
find (const struct aws_asking *asking, const char *name, const char *key)
{
	return aws_profiles_find (&asking->profiles, name, key);
}

static bool
has_role (const struct aws_asking *asking, const char *name)
{
	return find (asking, name, "role_arn") && !find (asking, name, "web_identity_token_file");
}

static bool
has_keys (const struct aws_asking *asking, const char *name)
{
	return find (asking, name, "aws_access_key_id") || find (asking, name, "aws_secret_access_key");
}

/* ---- keys and programs ---- */

/* Of one file, whole. */
static int
keys_of (struct aws_asking *asking, const struct aws_line *lines, const char *path, const char *name, struct aws_grant *ret, struct larder_error *error)
{
	static const char *const which[3] = { "aws_access_key_id", "aws_secret_access_key", "aws_session_token" };
	const char *texts[3];
	char who[150];
	for (size_t i = 0; i < 3; i++) {
		texts[i] = aws_line_find (lines, AWS_SECTION_PROFILE, name, NULL, which[i]);
		texts[i] = texts[i] && *texts[i] ? texts[i] : NULL;
	}
	if (!texts[2])
		texts[2] = aws_line_find (lines, AWS_SECTION_PROFILE, name, NULL, "aws_security_token");
	if (!texts[0] && !texts[1])
		return 0;
	const struct aws_credentials from = { texts[0], texts[1], texts[2] };
	snprintf (who, sizeof who, "profile '%.100s'", name);
	int code = aws_take_pair (who, LARDER_E_DENIED, &from, which, ret, error);
	if (code > 0) {
		ret->renewable = true;            /* other tools write fresh ones into the file */
		ret->source = arena_printf (asking->arena, "profile '%s' of %s", name, path);
	}
	return code;
}

static int
from_process (struct aws_asking *asking, const char *name, const char *command, struct aws_grant *ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	const char *text = NULL;
	size_t length = 0;
	char **words;
	int code = aws_command_words (asking->arena, command, &words, &why);
	if (code == 0)
		code = aws_process_run (asking->host, asking->call, asking->arena, words, PROCESS_LIMIT, &text, &length, &why);
	if (code == 0)
		code = aws_grant_read (AWS_GRANT_PROCESS, text, length, asking->arena, ret, &why);
	if (code < 0)
		return larder_fail_next (error, code, code == LARDER_E_INTEGRITY ? "run that command by hand: it must print the JSON that credential_process wants" : why.next,
		                         "credential_process of profile '%.100s': %s", name, why.message);
	ret->renewable = true;
	ret->source = arena_printf (asking->arena, "profile '%s', credential_process", name);
	return 1;
}

/* ---- one profile ---- */

static int
wrong (const char *name, const char *next, const char *why, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INVALID, next, "profile '%.100s' %s", name, why);
}

/* What `aws login` left is its own affair: it is renewed by keys of a kind that this does not have. */
static int
wants_login (const char *name, struct larder_error *error)
{
	char next[256];
	snprintf (next, sizeof next, "credential_process = aws configure export-credentials --profile %.80s, in a profile of its own", name);
	return wrong (name, next, "has login_session, which larder does not read", error);
}

static int
web_identity_of (struct aws_asking *asking, const char *name, struct aws_grant *ret, struct larder_error *error)
{
	int code = aws_web_identity (asking, find (asking, name, "role_arn"), find (asking, name, "role_session_name"),
	                             find (asking, name, "web_identity_token_file"), ret, error);
	if (code > 0)
		ret->source = arena_printf (asking->arena, "profile '%s', web identity", name);
	return code;
}

/* All but a role by a source. 0: nothing. */
static int
profile_own (struct aws_asking *asking, const char *name, struct aws_grant *ret, struct larder_error *error)
{
	const struct aws_profiles *profiles = &asking->profiles;
	if (find (asking, name, "web_identity_token_file"))
		return web_identity_of (asking, name, ret, error);
	if (find (asking, name, "sso_account_id") || find (asking, name, "sso_role_name"))
		return aws_from_sso (asking, name, ret, error);
	int code = keys_of (asking, profiles->credentials, profiles->credentials_path, name, ret, error);
	if (code == 0 && find (asking, name, "login_session"))      /* its place in botocore's order */
		return wants_login (name, error);
	const char *command = find (asking, name, "credential_process");
	if (code == 0 && command)
		code = from_process (asking, name, command, ret, error);
	return code ? code : keys_of (asking, profiles->config, profiles->config_path, name, ret, error);
}

/* ---- roles ---- */

/* Nobody is there to be asked for it: the AWS CLI asks, and what it gets is taken from the environment. */
static int
wants_code (const char *name, struct larder_error *error)
{
	char next[256];
	snprintf (next, sizeof next, "eval \"$(aws configure export-credentials --profile %.80s --format env)\" asks for the code; then leave AWS_PROFILE and profile out",
	          name);
	return wrong (name, next, "wants a code of mfa_serial, and larder asks nobody", error);
}

static int
from_source (struct aws_asking *asking, const char *name, const char *source, struct aws_grant *ret, struct larder_error *error)
{
	static const struct { const char *name; aws_provider_fn ask; } sources[] = {
		{ "Environment", aws_from_environment }, { "Ec2InstanceMetadata", aws_from_instance }, { "EcsContainer", aws_from_container },
	};
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		if (strcasecmp (source, sources[i].name) != 0)
			continue;
		int code = sources[i].ask (asking, ret, error);
		return code ? code : larder_fail_next (error, LARDER_E_DENIED, "correct credential_source, or make it give credentials",
		                                       "credential_source %s of profile '%.100s': %s", sources[i].name, name, asking->why);
	}
	return wrong (name, "it may be Environment, Ec2InstanceMetadata or EcsContainer", "has a credential_source that there is not", error);
}

static int
from_source_profile (struct aws_asking *asking, const char *name, const char *source, struct way *way, struct aws_grant *ret, struct larder_error *error)
{
	bool itself = strcmp (name, source) == 0;
	if (!aws_profiles_have (&asking->profiles, source))
		return wrong (name, "correct source_profile; 'aws configure list-profiles' shows what there is", "names a source_profile that is not there", error);
	for (unsigned i = 0; i < way->count && !itself; i++)
		if (strcmp (way->names[i], source) == 0)
			return wrong (name, "let the first of them have keys", "leads back to itself by source_profile", error);
	if (!has_keys (asking, source) && has_role (asking, source))
		return itself ? wrong (name, "give it keys, or name another source_profile", "is its own source_profile and has no keys", error)
		              : profile_role (asking, source, way, ret, error);
	int code = profile_own (asking, source, ret, error);
	return code ? code : wrong (source, "give it keys, sso or credential_process", "is a source_profile without credentials", error);
}

static int
profile_role (struct aws_asking *asking, const char *name, struct way *way, struct aws_grant *ret, struct larder_error *error)
{
	const char *profile = find (asking, name, "source_profile"), *source = find (asking, name, "credential_source");
	const struct aws_role role = {
		.arn = find (asking, name, "role_arn"), .session = find (asking, name, "role_session_name"), .external_id = find (asking, name, "external_id"),
		.seconds = find (asking, name, "duration_seconds"),
	};
	struct aws_grant from;
	if (!profile == !source)
		return wrong (name, "a role is taken on with the credentials of source_profile or of credential_source",
		              profile ? "has both source_profile and credential_source" : "has role_arn, but neither source_profile nor credential_source", error);
	if (find (asking, name, "mfa_serial"))
		return wants_code (name, error);
	if (way->count == SOURCES_MOST)
		return wrong (name, "let one of them have keys", "leads through too many profiles", error);
	way->names[way->count++] = name;
	int code = source ? from_source (asking, name, source, &from, error) : from_source_profile (asking, name, profile, way, &from, error);
	if (code > 0)
		code = aws_assume (asking, &role, &from, ret, error);
	if (code > 0)
		ret->source = arena_printf (asking->arena, "profile '%s', role %s", name, role.arn);
	return code;
}

int
aws_from_profile (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error)
{
	const struct aws_identity_settings *settings = asking->settings;
	int code = aws_asking_profiles (asking, error);
	if (code < 0)
		return code;
	const char *name = asking->profiles.name;
	if (!aws_profiles_have (&asking->profiles, name))
		return aws_nothing (asking, "no profile '%.60s' in AWS's config and credentials files", name);
	if (has_role (asking, name)) {
		struct way way = { .count = 0 };
		return profile_role (asking, name, &way, ret, error);
	}
	/* as the SDKs have it: a pod's web identity goes before what a file says, unless the profile was written for this backend */
	bool later = false;
	for (unsigned i = 0; i < settings->count; i++)
		later |= settings->order[i] == AWS_WEB_IDENTITY;
	if (later && !settings->profile && settings->around.values[AWS_VAR_WEB_IDENTITY_TOKEN_FILE])
		return aws_nothing (asking, "AWS_WEB_IDENTITY_TOKEN_FILE goes before it");
	code = profile_own (asking, name, ret, error);
	return code ? code : aws_nothing (asking, "profile '%.60s' has no credentials", name);
}
