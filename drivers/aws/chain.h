/* chain.h: asking the providers of credentials, one after the other: what the files that do so share. */
#ifndef LARDER_AWS_CHAIN_H
#define LARDER_AWS_CHAIN_H

#include "http.h"
#include "identity.h"

enum aws_provider { AWS_STATIC, AWS_ENVIRONMENT, AWS_PROFILE, AWS_WEB_IDENTITY, AWS_CONTAINER, AWS_INSTANCE, AWS_PROVIDER_COUNT };

/* What decides who we are; all of it. */
struct aws_identity_settings {
	const char *name;                         /* of the backend, for messages */
	const char *access_key, *secret_key, *session_token;
	const char *profile;                      /* written in the [backend] section, or NULL */
	const char *region, *ca_file;
	struct aws_surroundings around;
	uint32_t order[AWS_PROVIDER_COUNT];       /* enum aws_provider */
	unsigned count;
	bool anonymous;
};

/* The names of the option `credentials`, in the order of the chain. */
const char *aws_provider_name (uint32_t provider);
/* From the option's items: names in the order wanted, or "no-NAME" to leave some out; NULL: all. INVALID for an unknown one. */
int aws_chain_order (const char *const *items, struct aws_identity_settings *settings, struct larder_error *error);

/* What each provider said, in order: `gave` false with why there was nothing. */
typedef void (*aws_note_fn) (void *context, uint32_t provider, bool gave, const char *text);

#define AWS_WHY_MOST 200

/* One walk along the chain. */
struct aws_asking {
	const struct larder_host *host;
	struct larder_call *call;
	struct larder_arena *arena;               /* of what is given */
	const struct aws_identity_settings *settings;
	struct http *far, *near, *metadata;       /* as the environment's proxies say; never through one; and with its one second */
	aws_note_fn note;                         /* or NULL */
	void *context;
	struct aws_profiles profiles;
	bool profiles_read;
	char why[AWS_WHY_MOST];                   /* the provider under way has nothing, because */
};

/* Until one gives. DENIED, naming each source and why it gave nothing, when none does; a source that is configured and fails
 * ends the walk with its failure: nobody else's credentials are taken instead. */
int aws_chain_walk (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error);

/* Providers: 1: given; 0: nothing, `why` says so; else a code. */
typedef int (*aws_provider_fn) (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error);
int aws_from_environment (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error);
int aws_from_profile (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error);            /* chain-profile.c */
int aws_from_web_identity (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error);       /* chain-role.c */
int aws_from_container (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error);          /* chain-near.c */
int aws_from_instance (struct aws_asking *asking, struct aws_grant *ret, struct larder_error *error);
__attribute__ ((format (printf, 2, 3))) int aws_nothing (struct aws_asking *asking, const char *format, ...);   /* 0 */
/* A pair is taken whole from one place. `which` names its three parts, for messages. */
int aws_take_pair (const char *name, int code, const struct aws_credentials *from, const char *const which[3], struct aws_grant *ret,
                   struct larder_error *error);

/* chain-role.c: STS. `source` signs; NULL for a web identity. `profile`: whose settings apply, or NULL. */
int aws_assume (struct aws_asking *asking, const struct aws_role *role, const struct aws_grant *source, struct aws_grant *ret,
                struct larder_error *error);
int aws_web_identity (struct aws_asking *asking, const char *arn, const char *session, const char *token_file, struct aws_grant *ret,
                      struct larder_error *error);
/* Who these credentials are, as STS says. */
int aws_who (struct aws_asking *asking, const struct aws_grant *grant, struct aws_who *ret, struct larder_error *error);
/* Is STS configured apart, so that it may be asked about credentials of an endpoint of one's own? */
bool aws_sts_is_named (struct aws_asking *asking);
/* chain-sso.c */
int aws_from_sso (struct aws_asking *asking, const char *profile, struct aws_grant *ret, struct larder_error *error);

/* process.c: a program's standard output, whole. Its standard error, cut, goes into the message of a failure. */
int aws_process_run (const struct larder_host *host, struct larder_call *call, struct larder_arena *arena, char *const *words, int64_t limit,
                     const char **ret, size_t *ret_length, struct larder_error *error);

/* fetch.c: a request to `base` and its small reply. Tried again as often as `attempts` says when the network or the service fails. */
struct aws_fetched { int status; const char *body; size_t length; struct larder_pairs headers; };
int aws_fetch (struct aws_asking *asking, struct http *http, const char *base, struct aws_request *request, unsigned attempts,
               struct aws_fetched *ret, struct larder_error *error);

/* ---- identity.c: one object a configuration of credentials, through host->share ------------------------ */

struct aws_identity;
int aws_identity_share (const struct larder_host *host, const struct aws_identity_settings *settings, char ret_key[96], struct aws_identity **ret,
                        struct larder_error *error);
void aws_identity_digest (const struct aws_identity_settings *settings, char ret[65]);
/* Those in force now, copied; found or renewed first where that is due, by one thread for all. access_key NULL: anonymous. */
int aws_identity_get (struct aws_identity *identity, struct larder_call *call, struct larder_arena *arena, struct aws_credentials *ret,
                      struct larder_error *error);
/* The service says that these have expired. True: asking again may give others. */
bool aws_identity_refused (struct aws_identity *identity, const struct aws_credentials *used);

/* A walk of the doctor's own: nothing of it is kept. */
void aws_identity_ask (struct aws_identity *identity, struct larder_call *call, struct larder_arena *arena, struct aws_asking *ret);

/* The settings' profile files, read once a walk. */
int aws_asking_profiles (struct aws_asking *asking, struct larder_error *error);
/* Where a service of ours answers: environment, then profile, then AWS's own. INVALID unless credentials may go there. */
int aws_asking_endpoint (struct aws_asking *asking, const char *service, const char *id, enum aws_variable own, const char *region,
                         struct aws_endpoint *ret, const char **ret_base, struct larder_error *error);
const char *aws_asking_region (struct aws_asking *asking);

#endif
