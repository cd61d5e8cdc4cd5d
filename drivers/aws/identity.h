/* identity.h: who we are: what the files on credentials share, and drivers do not see. */
#ifndef LARDER_AWS_IDENTITY_H
#define LARDER_AWS_IDENTITY_H

#include "inner.h"

/* ---- surroundings.c: the environment, read once when a backend is opened -------------------------- */

/* Those of AWS's variables that have a say, without AWS_. */
#define AWS_VARIABLES(V)                                                                                              \
	V (ACCESS_KEY_ID) V (SECRET_ACCESS_KEY) V (SESSION_TOKEN)                                                             \
	V (PROFILE) V (DEFAULT_PROFILE) V (CONFIG_FILE) V (SHARED_CREDENTIALS_FILE)                                           \
	V (ROLE_ARN) V (ROLE_SESSION_NAME) V (WEB_IDENTITY_TOKEN_FILE)                                                        \
	V (CONTAINER_CREDENTIALS_RELATIVE_URI) V (CONTAINER_CREDENTIALS_FULL_URI)                                             \
	V (CONTAINER_AUTHORIZATION_TOKEN) V (CONTAINER_AUTHORIZATION_TOKEN_FILE)                                              \
	V (EC2_METADATA_DISABLED) V (EC2_METADATA_SERVICE_ENDPOINT) V (EC2_METADATA_SERVICE_ENDPOINT_MODE)                    \
	V (REGION) V (DEFAULT_REGION) V (CA_BUNDLE) V (USE_DUALSTACK_ENDPOINT) V (USE_FIPS_ENDPOINT)                          \
	V (IGNORE_CONFIGURED_ENDPOINT_URLS) V (ENDPOINT_URL) V (ENDPOINT_URL_STS) V (ENDPOINT_URL_SSO) V (ENDPOINT_URL_SSO_OIDC)

#define AWS_VARIABLE_ENUM(name) AWS_VAR_##name,
enum aws_variable { AWS_VARIABLES (AWS_VARIABLE_ENUM) AWS_VARIABLE_COUNT };

struct aws_surroundings {
	const char *values[AWS_VARIABLE_COUNT];   /* NULL: not set, or empty */
	const char *home;
	const char *own_endpoint;                 /* AWS_ENDPOINT_URL_… of the service that the backend is for */
};

/* Copies to the arena: the environment may change while we run. Nothing is taken in a set-uid process. */
int aws_surroundings_read (struct larder_arena *arena, const char *service, struct aws_surroundings *ret, struct larder_error *error);
bool aws_surroundings_say (const struct aws_surroundings *around, enum aws_variable which);   /* "true", "yes", "1" */

/* ---- small-file.c ----------------------------------------------------------------------------------- */

/* A file of one token: without blanks and line ends around it; INVALID for any inside it, or an empty one. */
int aws_token_read (struct larder_arena *arena, const char *path, const char **ret, struct larder_error *error);

/* ---- profile-file.c: AWS's own configuration files (pure) ------------------------------------------ */

enum aws_section { AWS_SECTION_PROFILE, AWS_SECTION_SSO, AWS_SECTION_SERVICES, AWS_SECTION_OTHER };

/* One line of a file; the section's own line has no key. */
struct aws_line {
	struct aws_line *next;
	uint32_t section;                         /* enum aws_section */
	const char *name;                         /* of the section */
	const char *key, *value;                  /* key in lower case */
	const char *under;                        /* key of the line above that this one is indented below, or NULL */
	unsigned line;
};

/* `config`: the file in which profiles are written [profile NAME]; else the one in which they are [NAME]. INVALID with file
 * and line for what botocore would refuse too: no section, no '=', a section or key twice. */
int aws_profile_file_read (struct larder_arena *arena, const char *file, bool config, const char *text, size_t length,
                           struct aws_line **ret, struct larder_error *error);
const char *aws_line_find (const struct aws_line *lines, uint32_t section, const char *name, const char *under, const char *key);
bool aws_section_exists (const struct aws_line *lines, uint32_t section, const char *name);
/* A command line in words, as a shell would, with nothing expanded: blanks, '…', "…" and \. NULL-terminated. INVALID when a
 * quote stays open. */
int aws_command_words (struct larder_arena *arena, const char *text, char ***ret, struct larder_error *error);

/* ---- profiles.c: both files, as one ------------------------------------------------------------------ */

struct aws_profiles {
	const char *config_path, *credentials_path;     /* as they are looked for; NULL: no home to look in */
	struct aws_line *config, *credentials;          /* NULL: no such file */
	const char *name;                               /* of the profile in use */
	bool named;                                     /* somebody named it: it must exist */
};

/* Reads what is there. INVALID for a file that cannot be read or is malformed, and for a named profile in neither of them. */
int aws_profiles_read (struct larder_arena *arena, const struct aws_surroundings *around, const char *written, struct aws_profiles *ret,
                       struct larder_error *error);
bool aws_profiles_have (const struct aws_profiles *profiles, const char *name);
/* The credentials file wins where both have the key. */
const char *aws_profiles_find (const struct aws_profiles *profiles, const char *name, const char *key);
/* What a profile says of endpoints: of its `services` section, else its own. `id` as the AWS CLI spells services: "s3", "sts". */
bool aws_endpoints_ignored (const struct aws_surroundings *around, const struct aws_profiles *profiles);   /* none but those of our own sections */
const char *aws_profiles_endpoint (const struct aws_profiles *profiles, const char *name, const char *id);

/* ---- what a provider gives --------------------------------------------------------------------------- */

#define AWS_NEVER INT64_MAX

/* Texts are in the arena of whoever asked. */
struct aws_grant {
	const char *access_key, *secret_key, *session_token;
	int64_t expires;                          /* ns, UTC, or AWS_NEVER */
	bool renewable;                           /* asking again may give others */
	bool lasting;                             /* expired ones go on being tried: the metadata service may be late itself */
	const char *provider;                     /* "environment"; static */
	const char *source;                       /* for people: "profile 'work', sso" */
};

/* ---- grant.c: JSON replies (pure) --------------------------------------------------------------------- */

enum aws_grant_form { AWS_GRANT_PROCESS, AWS_GRANT_METADATA, AWS_GRANT_SSO };

/* Fills keys and expiry. INTEGRITY for what is not whole, DENIED for what says that there are none. */
int aws_grant_read (enum aws_grant_form form, const char *text, size_t length, struct larder_arena *arena, struct aws_grant *ret,
                    struct larder_error *error);
/* What `aws sso login` left. */
struct aws_sso_token {
	const char *access;
	int64_t expires;
	const char *refresh, *client_id, *client_secret;   /* NULL: it cannot be renewed */
	int64_t registered;                       /* until when the client is; 0 unknown */
};
int aws_sso_token_read (const char *text, size_t length, struct larder_arena *arena, struct aws_sso_token *ret, struct larder_error *error);
/* The same file with what CreateToken answered in it, all its other members kept. */
int aws_sso_token_renewed (const char *text, size_t length, const char *reply, size_t reply_length, int64_t now, struct larder_arena *arena,
                           const char **ret_text, struct larder_error *error);
/* Does this stand in a header? A line end that came along from a file would begin another. */
bool aws_is_clean (const char *text);

/* ---- sts.c: STS and the SSO portal (pure) --------------------------------------------------------------- */

struct aws_role {
	const char *arn, *session, *external_id;
	const char *web_token;                    /* AssumeRoleWithWebIdentity instead of AssumeRole */
	const char *seconds;                      /* or NULL */
};
struct aws_who { const char *account, *arn, *user; };

void aws_sts_assume (struct aws_request *request, struct larder_arena *arena, const struct aws_role *role);
void aws_sts_who (struct aws_request *request, struct larder_arena *arena);
int aws_sts_grant_read (const char *text, size_t length, struct larder_arena *arena, struct aws_grant *ret, struct larder_error *error);
int aws_sts_who_read (const char *text, size_t length, struct larder_arena *arena, struct aws_who *ret, struct larder_error *error);
void aws_sso_request (struct aws_request *request, struct larder_arena *arena, const char *account, const char *role, const char *token);
void aws_sso_renew (struct aws_request *request, struct larder_arena *arena, const struct aws_sso_token *token);   /* OIDC's CreateToken */

/* ---- address.c: where credentials may come from (pure) --------------------------------------------------- */

enum aws_address { AWS_ADDRESS_FORBIDDEN, AWS_ADDRESS_TLS, AWS_ADDRESS_NEAR };   /* near: this machine and its link, no proxy */
/* Over TLS anywhere; else loopback and the link-local addresses that AWS has for this alone. */
enum aws_address aws_address_of (const char *url);

#endif
