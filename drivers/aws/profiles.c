/* profiles.c: AWS's config and credentials files, read when a backend is opened and at each renewal. */
#include "identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "text.h"

/* "~/" is the home of the environment. */
static const char *
path_of (struct larder_arena *arena, const struct aws_surroundings *around, enum aws_variable which, const char *usual)
{
	const char *path = around->values[which] ? around->values[which] : usual;
	if (strncmp (path, "~/", 2) != 0)
		return arena_copy (arena, path);
	return around->home ? arena_printf (arena, "%s%s", around->home, path + 1) : NULL;
}

static int
read_file (struct larder_arena *arena, const char *path, bool config, struct aws_line **ret, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	const char *text = NULL;
	size_t length = 0;
	*ret = NULL;
	if (!path)
		return 0;
	int code = aws_file_read (arena, path, &text, &length, &why);
	if (code == LARDER_E_NOTFOUND || why.errnum == ENOTDIR)
		return 0;
	if (code < 0 && error)
		larder_give (error, &why);
	return code < 0 ? code : aws_profile_file_read (arena, path, config, text, length, ret, error);
}

static int
unknown (const struct aws_profiles *profiles, struct larder_error *error)
{
	char next[256];
	larder_fail (error, LARDER_E_INVALID, "no profile '%.100s' in '%.120s' and '%.120s'", profiles->name,
	             profiles->config_path ? profiles->config_path : "~/.aws/config",
	             profiles->credentials_path ? profiles->credentials_path : "~/.aws/credentials");
	if (aws_section_exists (profiles->config, AWS_SECTION_OTHER, profiles->name))
		snprintf (next, sizeof next, "the config file has [%.80s]; there it must be [profile %.80s]", profiles->name, profiles->name);
	else
		snprintf (next, sizeof next, "correct AWS_PROFILE or profile in the [backend] section; 'aws configure list-profiles' shows what there is");
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return LARDER_E_INVALID;
}

int
aws_profiles_read (struct larder_arena *arena, const struct aws_surroundings *around, const char *written, struct aws_profiles *ret,
                   struct larder_error *error)
{
	const char *named = written && *written ? written : around->values[AWS_VAR_PROFILE] ? around->values[AWS_VAR_PROFILE]
	                                                                                : around->values[AWS_VAR_DEFAULT_PROFILE];
	struct aws_profiles profiles = {
		.config_path = path_of (arena, around, AWS_VAR_CONFIG_FILE, "~/.aws/config"),
		.credentials_path = path_of (arena, around, AWS_VAR_SHARED_CREDENTIALS_FILE, "~/.aws/credentials"),
		.name = named ? named : "default", .named = named != NULL,
	};
	int code = read_file (arena, profiles.config_path, true, &profiles.config, error);
	if (code == 0)
		code = read_file (arena, profiles.credentials_path, false, &profiles.credentials, error);
	if (code == 0 && profiles.named && !aws_profiles_have (&profiles, profiles.name))
		code = unknown (&profiles, error);
	if (code == 0)
		*ret = profiles;
	return code;
}

bool
aws_profiles_have (const struct aws_profiles *profiles, const char *name)
{
	return aws_section_exists (profiles->config, AWS_SECTION_PROFILE, name) ||
	       aws_section_exists (profiles->credentials, AWS_SECTION_PROFILE, name);
}

const char *
aws_profiles_find (const struct aws_profiles *profiles, const char *name, const char *key)
{
	const char *value = aws_line_find (profiles->credentials, AWS_SECTION_PROFILE, name, NULL, key);
	if (!value || !*value)
		value = aws_line_find (profiles->config, AWS_SECTION_PROFILE, name, NULL, key);
	return value && *value ? value : NULL;
}

/* The variable decides, else the profile. */
bool
aws_endpoints_ignored (const struct aws_surroundings *around, const struct aws_profiles *profiles)
{
	bool yes = false;
	if (around->values[AWS_VAR_IGNORE_CONFIGURED_ENDPOINT_URLS])
		return aws_surroundings_say (around, AWS_VAR_IGNORE_CONFIGURED_ENDPOINT_URLS);
	const char *written = profiles->name ? aws_profiles_find (profiles, profiles->name, "ignore_configured_endpoint_urls") : NULL;
	return written && text_bool (written, &yes) == 0 && yes;
}

const char *
aws_profiles_endpoint (const struct aws_profiles *profiles, const char *name, const char *id)
{
	const char *services = aws_profiles_find (profiles, name, "services");
	const char *own = services ? aws_line_find (profiles->config, AWS_SECTION_SERVICES, services, id, "endpoint_url") : NULL;
	return own && *own ? own : aws_profiles_find (profiles, name, "endpoint_url");
}
