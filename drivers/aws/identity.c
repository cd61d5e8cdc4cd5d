/* identity.c: the credentials in use: found at the first need, renewed ahead of their end, by one thread for all.
 *
 * One object for each configuration of credentials, through host->share. A request takes a copy; so every request, and every
 * part of a long transfer, is signed with what is in force then. */
#include "chain.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "arena.h"
#include "build-config.h"
#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "text.h"

#define MINUTE (60 * NS_PER_S)
#define ADVISORY (15 * MINUTE)         /* before the end: one thread renews, the others go on */
#define MANDATORY (10 * MINUTE)        /* before the end: all wait for the new ones */
#define AGAIN (30 * NS_PER_S)          /* after a renewal that failed while the old ones still serve */
#define NONE_AGAIN (10 * NS_PER_S)     /* after a walk on which nobody had any */
#define STRETCH (10 * MINUTE)          /* what a late metadata service's expired ones are tried for */

/* One walk under way, and those who wait for it: `done` is readable from its end on. */
struct flight { unsigned users; int done, code; struct larder_error error; };

struct aws_identity {
	const struct larder_host *host;
	struct larder_arena *settings_arena;
	struct aws_identity_settings settings;
	struct http *far, *near, *metadata;
	pthread_mutex_t mutex;             /* of all below */
	struct larder_arena *arena;        /* of the grant; NULL: none yet */
	struct aws_grant grant;
	int64_t obtained, rest_until;      /* wall; boot: no renewal before that */
	bool refused;                      /* the service says that they have expired */
	struct flight *flight;
	int64_t none_until;                /* boot: `none` is still true */
	struct larder_error none;
};

/* ---- making and ending ---- */

static int
open_http (struct aws_identity *identity, int64_t connect, int64_t answer, bool direct, struct http **ret, struct larder_error *error)
{
	const struct http_options options = {
		.connect = connect, .first_byte = answer, .stall = answer, .whole = connect + answer, .ca_file = identity->settings.ca_file,
		.agent = "larder/" PACKAGE_VERSION, .idle = 1, .direct = direct,
	};
	return http_open (identity->host, &options, ret, error);
}

static void
destroy (void *object)
{
	struct aws_identity *identity = object;
	http_close (identity->far);
	http_close (identity->near);
	http_close (identity->metadata);
	if (identity->arena)
		explicit_bzero ((char *) (uintptr_t) identity->grant.secret_key, strlen (identity->grant.secret_key));
	arena_free (identity->arena);
	arena_free (identity->settings_arena);
	pthread_mutex_destroy (&identity->mutex);
	free (identity);
}

static int
copy_settings (struct aws_identity *identity, const struct aws_identity_settings *from)
{
	struct aws_identity_settings *to = &identity->settings;
	*to = *from;
	const char **const texts[] = { &to->name, &to->access_key, &to->secret_key, &to->session_token, &to->profile, &to->region, &to->ca_file,
	                               &to->around.home, &to->around.own_endpoint };
	bool failed = false;
	for (size_t i = 0; i < sizeof texts / sizeof *texts + AWS_VARIABLE_COUNT; i++) {
		const char **text = i < AWS_VARIABLE_COUNT ? &to->around.values[i] : texts[i - AWS_VARIABLE_COUNT];
		const char *copy = arena_copy (identity->settings_arena, *text);
		failed |= *text && !copy;
		*text = copy;
	}
	return failed ? -1 : 0;
}

struct making { const struct larder_host *host; const struct aws_identity_settings *settings; };

static int
create (void *argument, void **ret, struct larder_error *error)
{
	const struct making *making = argument;
	struct aws_identity *identity = calloc (1, sizeof *identity);
	if (!identity)
		return larder_fail_memory (error);
	identity->host = making->host;
	pthread_mutex_init (&identity->mutex, NULL);
	identity->settings_arena = arena_new ();
	int code = identity->settings_arena && copy_settings (identity, making->settings) == 0 ? 0 : larder_fail_memory (error);
	if (code == 0)
		code = open_http (identity, 5 * NS_PER_S, 10 * NS_PER_S, false, &identity->far, error);
	if (code == 0)
		code = open_http (identity, 2 * NS_PER_S, 5 * NS_PER_S, true, &identity->near, error);
	if (code == 0)
		code = open_http (identity, NS_PER_S, NS_PER_S, true, &identity->metadata, error);
	if (code < 0)
		destroy (identity);
	else
		*ret = identity;
	return code;
}

static void
add (struct sha256 *sha, const char *text)
{
	sha256_add (sha, text ? "+" : "-", 1);
	sha256_add (sha, text ? text : "", text ? strlen (text) + 1 : 0);
}

/* By digest: a key may be logged. */
void
aws_identity_digest (const struct aws_identity_settings *settings, char ret[65])
{
	struct sha256 sha;
	const char *const texts[] = { settings->access_key, settings->secret_key, settings->session_token, settings->profile, settings->region,
	                              settings->ca_file, settings->around.home };
	sha256_begin (&sha);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		add (&sha, texts[i]);
	for (size_t i = 0; i < AWS_VARIABLE_COUNT; i++)
		add (&sha, settings->around.values[i]);
	sha256_add (&sha, settings->order, settings->count * sizeof *settings->order);
	add (&sha, settings->anonymous ? "anonymous" : NULL);
	sha256_end_hex (&sha, ret);
}

int
aws_identity_share (const struct larder_host *host, const struct aws_identity_settings *settings, char ret_key[96], struct aws_identity **ret,
                    struct larder_error *error)
{
	struct making making = { host, settings };
	char digest[65];
	void *object;
	aws_identity_digest (settings, digest);
	snprintf (ret_key, 96, "aws/identity/%s", digest);
	int code = host->share (ret_key, create, destroy, &making, &object, error);
	if (code == 0)
		*ret = object;
	return code;
}

/* ---- how urgent is it ---- */

enum need { NEED_NOTHING, NEED_SOON, NEED_NOW };

static int64_t
least (int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Short-lived ones are renewed in the last part of their life, not all the time. */
static enum need
need_of (const struct aws_identity *identity)
{
	const struct aws_grant *grant = &identity->grant;
	if (!identity->arena || identity->refused)
		return NEED_NOW;
	if (grant->expires == AWS_NEVER)
		return NEED_NOTHING;
	int64_t left = grant->expires - identity->host->wall (), life = grant->expires - identity->obtained;
	if (left > 0 && identity->host->boot () < identity->rest_until)
		return NEED_NOTHING;
	if (left <= least (MANDATORY, life / 5))
		return NEED_NOW;
	return left <= least (ADVISORY, life / 10 * 3) ? NEED_SOON : NEED_NOTHING;
}

/* ---- a walk ---- */

static struct aws_asking
asking_for (const struct aws_identity *identity, struct larder_call *call, struct larder_arena *arena)
{
	return (struct aws_asking) {
		.host = identity->host, .call = call, .arena = arena, .settings = &identity->settings,
		.far = identity->far, .near = identity->near, .metadata = identity->metadata,
	};
}

static int
late (const struct aws_grant *grant, struct larder_error *error)
{
	char time[32];
	return larder_fail_next (error, LARDER_E_DENIED, "get fresh ones; or this machine's clock is wrong (timedatectl)",
	                         "the credentials of %s have expired already, at %s", grant->source, text_from_time (grant->expires, time));
}

static int
walk (struct aws_identity *identity, struct larder_call *call, struct larder_arena *arena, struct aws_grant *ret, struct larder_error *error)
{
	struct aws_asking asking = asking_for (identity, call, arena);
	int code = aws_chain_walk (&asking, ret, error);
	if (code < 0)
		return code;
	int64_t now = identity->host->wall ();
	if (ret->expires != AWS_NEVER && ret->expires <= now) {
		if (!ret->lasting)
			return late (ret, error);
		ret->expires = now + STRETCH;
	}
	char until[32];
	identity->host->log (LARDER_LOG_DEBUG, "aws: credentials of backend '%s': %s%s%s", identity->settings.name, ret->source,
	                     ret->expires == AWS_NEVER ? "" : ", until ", ret->expires == AWS_NEVER ? "" : text_from_time (ret->expires, until));
	return 0;
}

/* Under the mutex: what came of a walk. The old ones serve on while they live. */
static void
settle (struct aws_identity *identity, int code, const struct larder_error *error, struct larder_arena *arena, const struct aws_grant *grant)
{
	int64_t boot = identity->host->boot ();
	if (code == 0) {
		if (identity->arena)
			explicit_bzero ((char *) (uintptr_t) identity->grant.secret_key, strlen (identity->grant.secret_key));
		arena_free (identity->arena);
		identity->arena = arena;
		identity->grant = *grant;
		identity->obtained = identity->host->wall ();
		identity->refused = false;
		identity->rest_until = 0;
		return;
	}
	arena_free (arena);
	if (code != LARDER_E_CANCELLED && identity->arena) {
		identity->rest_until = boot + AGAIN;
		identity->host->log (LARDER_LOG_WARN, "the credentials of backend '%s' cannot be renewed: %s", identity->settings.name, error->message);
	} else if (code == LARDER_E_DENIED) {
		identity->none_until = boot + NONE_AGAIN;
		identity->none = *error;
	}
}

/* Under the mutex. */
static void
flight_drop (struct flight *flight)
{
	if (--flight->users > 0)
		return;
	close (flight->done);
	free (flight);
}

/* Under the mutex, which is let go meanwhile. */
static int
fly (struct aws_identity *identity, struct larder_call *call, struct larder_error *error)
{
	struct flight *flight = calloc (1, sizeof *flight);
	struct larder_arena *arena = arena_new ();
	struct aws_grant grant = { .expires = AWS_NEVER };
	int done = flight && arena ? eventfd (0, EFD_CLOEXEC) : -1;
	if (done < 0) {
		free (flight);
		arena_free (arena);
		return larder_fail_memory (error);
	}
	*flight = (struct flight) { .users = 1, .done = done, .error = LARDER_ERROR_INIT };
	identity->flight = flight;
	pthread_mutex_unlock (&identity->mutex);
	int code = walk (identity, call, arena, &grant, &flight->error);
	pthread_mutex_lock (&identity->mutex);
	flight->code = code;
	settle (identity, code, &flight->error, arena, &grant);
	identity->flight = NULL;
	(void) eventfd_write (flight->done, 1);
	if (code < 0 && error)
		larder_give (error, &flight->error);
	flight_drop (flight);
	return code;
}

/* Under the mutex, which is let go meanwhile. What the other's walk came to; CANCELLED is our own. 1: the other one was cancelled. */
static int
follow (struct aws_identity *identity, struct larder_call *call, struct larder_error *error)
{
	struct flight *flight = identity->flight;
	struct pollfd polled[] = { { flight->done, POLLIN, 0 }, { call ? identity->host->cancel_fd (call) : -1, POLLIN, 0 } };
	flight->users++;
	pthread_mutex_unlock (&identity->mutex);
	while (poll (polled, 2, -1) < 0 && errno == EINTR)
		;
	pthread_mutex_lock (&identity->mutex);
	int code = polled[0].revents ? flight->code : LARDER_E_CANCELLED;
	if (!polled[0].revents)
		larder_fail (error, code, "stopped while waiting for credentials");
	else if (code == LARDER_E_CANCELLED)
		code = 1;
	else if (code < 0 && error)
		larder_give (error, &flight->error);
	flight_drop (flight);
	return code;
}

/* ---- taking ---- */

/* Under the mutex. */
static int
give (const struct aws_identity *identity, struct larder_arena *arena, struct aws_credentials *ret, struct larder_error *error)
{
	const struct aws_grant *grant = &identity->grant;
	struct aws_credentials copy = { arena_copy (arena, grant->access_key), arena_copy (arena, grant->secret_key), arena_copy (arena, grant->session_token) };
	if (!copy.access_key || !copy.secret_key || (grant->session_token && !copy.session_token))
		return larder_fail_memory (error);
	*ret = copy;
	return 0;
}

/* Do those that we have still serve, though they could not be renewed? */
static bool
still_serves (const struct aws_identity *identity)
{
	return identity->arena && !identity->refused && (identity->grant.expires == AWS_NEVER || identity->grant.expires > identity->host->wall ());
}

/* Under the mutex. */
static int
renew (struct aws_identity *identity, struct larder_call *call, struct larder_error *error)
{
	for (;;) {
		enum need need = need_of (identity);
		if (need == NEED_NOTHING || (need == NEED_SOON && identity->flight))
			return 0;
		if (!identity->arena && identity->host->boot () < identity->none_until) {
			if (error)
				larder_give (error, &identity->none);
			return identity->none.code;
		}
		struct larder_error why = LARDER_ERROR_INIT;
		int code = identity->flight ? follow (identity, call, &why) : fly (identity, call, &why);
		if (code == 1)
			continue;
		if (code == 0 || (code != LARDER_E_CANCELLED && still_serves (identity)))
			return 0;
		if (error)
			larder_give (error, &why);
		return code;
	}
}

int
aws_identity_get (struct aws_identity *identity, struct larder_call *call, struct larder_arena *arena, struct aws_credentials *ret,
                  struct larder_error *error)
{
	if (identity->settings.anonymous) {
		*ret = (struct aws_credentials) { .access_key = NULL };
		return 0;
	}
	pthread_mutex_lock (&identity->mutex);
	int code = renew (identity, call, error);
	if (code == 0)
		code = give (identity, arena, ret, error);
	pthread_mutex_unlock (&identity->mutex);
	return code;
}

bool
aws_identity_refused (struct aws_identity *identity, const struct aws_credentials *used)
{
	pthread_mutex_lock (&identity->mutex);
	const struct aws_grant *grant = &identity->grant;
	bool known = identity->arena && used->access_key;
	bool same = known && strcmp (grant->access_key, used->access_key) == 0 &&
	            strcmp (grant->session_token ? grant->session_token : "", used->session_token ? used->session_token : "") == 0;
	if (same && grant->renewable)
		identity->refused = true;
	bool again = known && (!same || grant->renewable);
	pthread_mutex_unlock (&identity->mutex);
	return again;
}

/* ---- for the doctor ---- */

void
aws_identity_ask (struct aws_identity *identity, struct larder_call *call, struct larder_arena *arena, struct aws_asking *ret)
{
	*ret = asking_for (identity, call, arena);
}
