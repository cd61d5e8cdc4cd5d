/* client.c: settings and environment resolved once; what all requests of a backend have in common. */
#include "chain.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "build-config.h"
#include "checksum.h"
#include "clock.h"
#include "error.h"
#include "text.h"

#define IDLE 256                 /* connections kept for the next request: one for each thread that core may have */
#define REGIONS 16               /* buckets of other regions that are remembered */

/* A bucket that its owner made elsewhere. */
struct region { char bucket[64], name[64]; };

struct aws_client {
	const struct larder_host *host;
	struct larder_arena *arena;       /* all texts below */
	const char *name, *service, *endpoint, *region;
	struct aws_settings settings;
	struct aws_identity_settings who;
	bool s3, signs_payload, dual_stack, fips;
	char identity_key[96], common_key[96], http_key[96];
	struct aws_identity *identity;
	struct aws_common *common;
	struct http *http;
	pthread_mutex_t mutex;            /* of the regions */
	struct region regions[REGIONS];
	unsigned next_region;
	atomic_bool answered;
	_Atomic int64_t lost;             /* since when nobody takes a connection; 0: somebody did */
};

/* ---- shared parts ------------------------------------------------------------------------------- */

static int
common_create (void *argument, void **ret, struct larder_error *error)
{
	(void) argument;
	struct aws_common *common = calloc (1, sizeof *common);
	if (!common)
		return larder_fail_memory (error);
	aws_bucket_fill (&common->bucket);
	*ret = common;
	return 0;
}

static int
http_create (void *argument, void **ret, struct larder_error *error)
{
	const struct aws_client *client = argument;
	const struct http_options options = {
		.connect = client->settings.connect, .first_byte = client->settings.first_byte, .stall = client->settings.stall,
		.whole = client->settings.whole, .ca_file = client->settings.ca_file, .agent = "larder/" PACKAGE_VERSION, .idle = IDLE,
	};
	struct http *http;
	int code = http_open (client->host, &options, &http, error);
	if (code == 0)
		*ret = http;
	return code;
}

static void
http_destroy (void *http)
{
	http_close (http);
}

static void
add (struct sha256 *sha, const char *text)
{
	sha256_add (sha, text ? text : "", (text ? strlen (text) : 0) + 1);
}

/* Keys of what is shared name it by digest: they may be logged. */
static void
key_of (struct sha256 *sha, const char *kind, char ret[96])
{
	char hex[65];
	sha256_end_hex (sha, hex);
	snprintf (ret, 96, "aws/%s/%s", kind, hex);
}

static int
share (struct aws_client *client, struct larder_error *error)
{
	struct sha256 sha;
	char who[65];
	void *object;
	int code = aws_identity_share (client->host, &client->who, client->identity_key, &client->identity, error);
	if (code)
		return code;
	aws_identity_digest (&client->who, who);
	sha256_begin (&sha);
	add (&sha, who);
	add (&sha, client->endpoint);
	key_of (&sha, "common", client->common_key);
	code = client->host->share (client->common_key, common_create, free, client, &object, error);
	if (code)
		return code;
	client->common = object;
	const int64_t times[] = { client->settings.connect, client->settings.first_byte, client->settings.stall, client->settings.whole };
	sha256_begin (&sha);
	sha256_add (&sha, times, sizeof times);
	add (&sha, client->settings.ca_file);
	key_of (&sha, "http", client->http_key);
	code = client->host->share (client->http_key, http_create, http_destroy, client, &object, error);
	if (code == 0)
		client->http = object;
	return code;
}

/* ---- opening ------------------------------------------------------------------------------------ */

static const char *
given (const char *value)
{
	return value && *value ? value : NULL;
}

static const char *
first_of (const char *a, const char *b, const char *c)
{
	return a ? a : b ? b : c;
}

/* Who we shall be. Half a pair and sources that there are not are told now; nobody is asked yet. */
static int
resolve_who (struct aws_client *client, const char *service, struct larder_error *error)
{
	static const char *const keys[3] = { "access-key", "secret-key", "session-token" };
	const struct aws_settings *settings = &client->settings;
	struct aws_identity_settings *who = &client->who;
	struct aws_grant unused;
	char name[120];
	*who = (struct aws_identity_settings) {
		.name = client->name, .access_key = arena_copy (client->arena, given (settings->access_key)),
		.secret_key = arena_copy (client->arena, given (settings->secret_key)), .session_token = arena_copy (client->arena, given (settings->session_token)),
		.profile = arena_copy (client->arena, given (settings->profile)), .anonymous = settings->anonymous,
	};
	const struct aws_credentials written = { who->access_key, who->secret_key, who->session_token };
	snprintf (name, sizeof name, "backend '%.80s'", client->name);
	int code = aws_take_pair (name, LARDER_E_INVALID, &written, keys, &unused, error);
	if (code >= 0 && who->anonymous && (code > 0 || who->profile || settings->credentials))
		return larder_fail_next (error, LARDER_E_INVALID, "take one of them away", "%s is anonymous, and has credentials", name);
	if (code >= 0)
		code = aws_chain_order (settings->credentials, who, error);
	return code < 0 ? code : aws_surroundings_read (client->arena, service, &who->around, error);
}

/* Keys that are written in the section, or none at all, need nothing of AWS's files; else those say where to, too. */
static bool
wants_profile (const struct aws_identity_settings *who)
{
	bool in_chain = false;
	for (unsigned i = 0; i < who->count; i++)
		in_chain |= who->order[i] == AWS_PROFILE;
	return who->profile || (in_chain && !who->anonymous && !who->access_key);
}

static const char *
endpoint_of (const struct aws_client *client, const struct aws_profiles *profiles, const char *service)
{
	const struct aws_surroundings *around = &client->who.around;
	if (given (client->settings.endpoint) || aws_endpoints_ignored (around, profiles))
		return given (client->settings.endpoint);
	const char *id = strcmp (service, "elasticfilesystem") == 0 ? "efs" : service;
	return first_of (around->own_endpoint, around->values[AWS_VAR_ENDPOINT_URL],
	                 profiles->name ? aws_profiles_endpoint (profiles, profiles->name, id) : NULL);
}

/* What is written; else, for AWS's own endpoints, what the environment or the profile says. */
static bool
switch_of (const struct aws_client *client, uint32_t written, enum aws_variable variable, const char *profile)
{
	bool yes = false;
	if (written != AWS_SWITCH_AUTO)
		return written == AWS_SWITCH_YES;
	if (client->endpoint)
		return false;
	if (client->who.around.values[variable])
		return aws_surroundings_say (&client->who.around, variable);
	return profile && text_bool (profile, &yes) == 0 && yes;
}

/* Everything is copied: the environment may change while we run. */
static int
resolve_where (struct aws_client *client, const char *service, struct larder_error *error)
{
	struct larder_arena *arena = client->arena;
	const struct aws_settings *settings = &client->settings;
	const char *const *values = client->who.around.values;
	struct aws_profiles profiles = { .name = NULL };
	int code = wants_profile (&client->who) ? aws_profiles_read (arena, &client->who.around, client->who.profile, &profiles, error) : 0;
	if (code < 0)
		return code;
	const char *of_profile[] = { "region", "use_dualstack_endpoint", "use_fips_endpoint", "ca_bundle" };
	for (size_t i = 0; i < sizeof of_profile / sizeof *of_profile; i++)
		of_profile[i] = profiles.name ? aws_profiles_find (&profiles, profiles.name, of_profile[i]) : NULL;
	client->endpoint = arena_copy (arena, endpoint_of (client, &profiles, service));
	const char *region = first_of (given (settings->region), values[AWS_VAR_REGION], values[AWS_VAR_DEFAULT_REGION]);
	client->region = arena_copy (arena, first_of (region, of_profile[0], client->endpoint ? "us-east-1" : NULL));
	client->settings.ca_file = arena_copy (arena, first_of (given (settings->ca_file), values[AWS_VAR_CA_BUNDLE], of_profile[3]));
	client->dual_stack = switch_of (client, settings->dual_stack, AWS_VAR_USE_DUALSTACK_ENDPOINT, of_profile[1]);
	client->fips = switch_of (client, settings->fips, AWS_VAR_USE_FIPS_ENDPOINT, of_profile[2]);
	client->who.region = client->region;
	client->who.ca_file = client->settings.ca_file;
	return 0;
}

static int
resolve (struct aws_client *client, const char *name, const char *service, const struct aws_settings *settings, struct larder_error *error)
{
	client->settings = *settings;
	client->name = arena_copy (client->arena, name);
	client->service = arena_copy (client->arena, service);
	client->s3 = strcmp (service, "s3") == 0;
	if (!client->name || !client->service)
		return larder_fail_memory (error);
	int code = resolve_who (client, service, error);
	return code < 0 ? code : resolve_where (client, service, error);
}

static struct aws_endpoint_options
endpoint_options (const struct aws_client *client, const char *region)
{
	return (struct aws_endpoint_options) {
		.service = client->service, .region = region, .endpoint = client->endpoint, .addressing = client->settings.addressing,
		.dual_stack = client->dual_stack, .fips = client->fips,
	};
}

static int
check (struct aws_client *client, struct larder_error *error)
{
	struct aws_endpoint endpoint;
	const struct aws_endpoint_options options = endpoint_options (client, client->region);
	int code = aws_endpoint_find (&options, NULL, client->arena, &endpoint, error);
	if (code)
		return code;
	bool plain = strcmp (endpoint.scheme, "http") == 0;
	client->signs_payload = !client->s3 || client->settings.payload_signing == AWS_PAYLOAD_YES ||
	                        (client->settings.payload_signing == AWS_PAYLOAD_AUTO && plain);
	return 0;
}

int
aws_server_has_all (const char *server, struct larder_error *error)
{
	if (!server || strcmp (server, "aws") == 0 || strcmp (server, "moto") == 0)
		return 0;
	return larder_fail (error, LARDER_E_UNSUPPORTED, "not supported by %s", server);
}

struct aws_settings
aws_settings_on (const char *server, const struct aws_settings *settings)
{
	struct aws_settings on = *settings;
	if (aws_server_has_all (server, NULL) < 0 && (!on.region || !*on.region))
		on.region = "us-east-1";
	return on;
}

int
aws_client_open (const struct larder_host *host, const char *name, const char *service, const struct aws_settings *settings,
                 struct aws_client **ret, struct larder_error *error)
{
	struct aws_client *client = calloc (1, sizeof *client);
	if (!client)
		return larder_fail_memory (error);
	client->host = host;
	pthread_mutex_init (&client->mutex, NULL);
	client->arena = arena_new ();
	int code = client->arena ? resolve (client, name, service, settings, error) : larder_fail_memory (error);
	if (code == 0)
		code = check (client, error);
	if (code == 0)
		code = share (client, error);
	if (code) {
		aws_client_close (client);
		return code;
	}
	*ret = client;
	return 0;
}

void
aws_client_close (struct aws_client *client)
{
	if (!client)
		return;
	if (client->http)
		client->host->unshare (client->http_key);
	if (client->common)
		client->host->unshare (client->common_key);
	if (client->identity)
		client->host->unshare (client->identity_key);
	if (client->who.secret_key)
		explicit_bzero ((char *) (uintptr_t) client->who.secret_key, strlen (client->who.secret_key));
	arena_free (client->arena);
	pthread_mutex_destroy (&client->mutex);
	free (client);
}

/* ---- facts -------------------------------------------------------------------------------------- */

const char *aws_client_endpoint (const struct aws_client *client) { return client->endpoint; }
const char *aws_client_region (const struct aws_client *client) { return client->region; }
bool aws_client_signs_payload (const struct aws_client *client) { return client->signs_payload; }
const char *aws_client_name (const struct aws_client *client) { return client->name; }
const struct larder_host *aws_client_host (const struct aws_client *client) { return client->host; }
struct http *aws_client_http (struct aws_client *client) { return client->http; }
struct aws_identity *aws_client_identity (struct aws_client *client) { return client->identity; }
struct aws_common *aws_client_common (struct aws_client *client) { return client->common; }
bool aws_client_is_s3 (const struct aws_client *client) { return client->s3; }

unsigned
aws_client_attempts (const struct aws_client *client)
{
	return client->settings.attempts > 0 ? (unsigned) client->settings.attempts : 1;
}

int64_t aws_client_connect_timeout (const struct aws_client *client) { return client->settings.connect; }

void
aws_client_answered (struct aws_client *client)
{
	atomic_store (&client->answered, true);
	atomic_store (&client->lost, 0);
}

void
aws_client_silent (struct aws_client *client)
{
	int64_t since = 0;
	if (atomic_load (&client->answered))
		(void) atomic_compare_exchange_strong (&client->lost, &since, client->host->boot () - client->settings.connect);
}

int64_t
aws_client_patience (struct aws_client *client)
{
	int64_t connect = client->settings.connect, lost = atomic_load (&client->lost);
	return lost && client->host->boot () - lost >= connect ? connect / 4 : connect;
}

int64_t
aws_client_lost (struct aws_client *client)
{
	int64_t now = client->host->boot (), since = 0;
	if (!atomic_load (&client->answered))
		return -1;
	return atomic_compare_exchange_strong (&client->lost, &since, now) ? 0 : now - since;
}

/* ---- where requests go -------------------------------------------------------------------------- */

bool
aws_client_learn_region (struct aws_client *client, const char *bucket, const char *region)
{
	struct region fresh;
	if (!bucket || strlen (bucket) >= sizeof fresh.bucket || strlen (region) >= sizeof fresh.name)
		return false;
	snprintf (fresh.bucket, sizeof fresh.bucket, "%s", bucket);
	snprintf (fresh.name, sizeof fresh.name, "%s", region);
	pthread_mutex_lock (&client->mutex);
	unsigned at = client->next_region;
	for (unsigned i = 0; i < REGIONS; i++)
		if (strcmp (client->regions[i].bucket, bucket) == 0)
			at = i;
	bool news = strcmp (client->regions[at].bucket, bucket) != 0 || strcmp (client->regions[at].name, region) != 0;
	client->regions[at] = fresh;
	if (at == client->next_region)
		client->next_region = (at + 1) % REGIONS;
	pthread_mutex_unlock (&client->mutex);
	return news;
}

static const char *
region_of (struct aws_client *client, const char *bucket, struct larder_arena *arena)
{
	const char *found = client->region;
	pthread_mutex_lock (&client->mutex);
	for (unsigned i = 0; bucket && i < REGIONS; i++)
		if (strcmp (client->regions[i].bucket, bucket) == 0 && *bucket)
			found = arena_copy (arena, client->regions[i].name);
	pthread_mutex_unlock (&client->mutex);
	return found;
}

int
aws_target_url (struct aws_request *request, struct aws_target *target, struct larder_error *error)
{
	const char *query;
	int code = aws_query_text (request, &query, error);
	if (code)
		return code;
	target->url = arena_printf (request->arena, "%s://%s%s%s%s", target->endpoint.scheme, target->endpoint.host, target->path,
	                            *query ? "?" : "", query);
	return target->url ? 0 : larder_fail_memory (error);
}

int
aws_client_target (struct aws_client *client, struct aws_request *request, struct aws_target *ret, struct larder_error *error)
{
	struct aws_target target;
	int code = aws_request_check (request, error);
	if (code)
		return code;
	const struct aws_endpoint_options options = endpoint_options (client, region_of (client, request->bucket, request->arena));
	code = aws_endpoint_find (&options, request->bucket, request->arena, &target.endpoint, error);
	if (code)
		return code;
	bool bare = strcmp (request->path, "/") == 0 && *target.endpoint.path;
	target.path = bare ? target.endpoint.path : arena_printf (request->arena, "%s%s", target.endpoint.path, request->path);
	if (!target.path)
		return larder_fail_memory (error);
	code = aws_target_url (request, &target, error);
	if (code == 0)
		*ret = target;
	return code;
}

static struct aws_signing
signing_for (const struct aws_client *client, const struct aws_target *target, const struct aws_credentials *who, int64_t time,
             const char *payload_hash)
{
	return (struct aws_signing) {
		.credentials = who, .service = target->endpoint.service, .region = target->endpoint.region, .time = time,
		.payload_hash = payload_hash, .plain_path = client->s3, .content_sha256 = client->s3,
	};
}

int
aws_client_sign (struct aws_client *client, struct aws_request *request, const struct aws_target *target, const struct aws_credentials *who,
                 int64_t time, const char *payload_hash, struct aws_signature *ret, struct larder_error *error)
{
	if (!who->access_key) {
		*ret = (struct aws_signature) { "", "", "" };
		return 0;
	}
	const struct aws_signing signing = signing_for (client, target, who, time, payload_hash);
	return aws_sign (request, target->endpoint.host, target->path, &signing, ret, error);
}

int
aws_client_presign (struct aws_client *client, struct larder_call *call, struct aws_request *request, int64_t now, int64_t expires,
                    const char **ret_url, struct larder_error *error)
{
	struct aws_target target;
	struct aws_credentials who;
	int code = aws_client_target (client, request, &target, error);
	if (code == 0)
		code = aws_identity_get (client->identity, call, request->arena, &who, error);
	if (code)
		return code;
	if (!who.access_key) {
		*ret_url = target.url;
		return 0;
	}
	int64_t skew = atomic_load (&client->common->skew);
	const struct aws_signing signing = signing_for (client, &target, &who, now + skew, client->s3 ? AWS_UNSIGNED_PAYLOAD : AWS_EMPTY_SHA256);
	code = aws_presign (request, target.endpoint.host, target.path, &signing, expires / NS_PER_S, NULL, error);
	if (code == 0)
		code = aws_target_url (request, &target, error);
	if (code == 0)
		*ret_url = target.url;
	return code;
}

int
aws_client_url (struct aws_client *client, struct aws_request *request, const char **ret_url, struct larder_error *error)
{
	struct aws_target target;
	int code = aws_client_target (client, request, &target, error);
	if (code == 0)
		*ret_url = target.url;
	return code;
}

const char *
aws_reply_header (const struct aws_reply *reply, const char *name)
{
	return aws_pair_find (&reply->headers, name);
}
