/* lock-redis.c: leases in Redis. What Redis does is in scripts.c; a lease ends by Redis's own clock, which counts what is left of a
 * key, and by the boot clock of its holder, who counts from before he asked. */
#include "lock-redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "cleanup.h"
#include "error.h"

static const struct larder_option options[] = {
	{ .key = "address", .type = LARDER_STRING, .def = "127.0.0.1:6379", .argument = "HOST:PORT", .at = offsetof (struct locks, address),
	  .help = "where Redis is, or the path of its socket" },
	{ .key = "user", .type = LARDER_STRING, .at = offsetof (struct locks, user), .help = "name of its user, where it has several" },
	{ .key = "password", .type = LARDER_SECRET, .at = offsetof (struct locks, password), .help = "what it wants to hear" },
	{ .key = "database", .type = LARDER_INT, .def = "0", .min = 0, .max = 1 << 20, .at = offsetof (struct locks, database), .help = "number of the database" },
	{ .key = "timeout", .type = LARDER_DURATION, .def = "5s", .min = NS_PER_S / 10, .max = 60 * NS_PER_S, .at = offsetof (struct locks, timeout),
	  .help = "how long one operation may take, connecting included" },
	{ .key = "tls", .type = LARDER_BOOL, .def = "no", .at = offsetof (struct locks, tls), .help = "encrypted, where the hiredis of the build can" },
	{ .key = "ca-file", .type = LARDER_PATH, .at = offsetof (struct locks, ca_file), .help = "certificates to trust, instead of the system's" },
	{ .key = NULL }
};

static int
redis_open (void *self, struct larder_call *call, const struct larder_lock_open *request, struct larder_error *error)
{
	struct locks *locks = self;
	(void) call, (void) request;
	if (locks->password && !*locks->password)     /* a variable that is not set */
		locks->password = NULL;
	if (locks->user && !*locks->user)
		locks->user = NULL;
	int code = reach_parse (locks, error);
	if (code == 0 && locks->tls)
		code = tls_open (locks, error);
	if (code < 0)
		return code;
	pthread_mutex_init (&locks->mutex, NULL);
	locks->process = getpid ();
	return 0;
}

static void
redis_close (void *self)
{
	struct locks *locks = self;
	link_close_idle (locks);
	tls_close (locks);
	pthread_mutex_destroy (&locks->mutex);
}

/* ---- operations -------------------------------------------------------------------------------- */

static struct asking
begin (struct locks *locks, struct larder_call *call, struct larder_error *error)
{
	return (struct asking) { locks, call, larder_host->boot () + locks->timeout, error };
}

/* Redis counts in ms: not more than was asked for. */
static void
put_ms (int64_t length, char ret[24])
{
	(void) snprintf (ret, 24, "%lld", (long long) (length > 1000000 ? length / 1000000 : 1));
}

static void free_reply (redisReply **at) { if (*at) freeReplyObject (*at); }
#define CLEANUP_REPLY CLEANUP (free_reply)

/* Our scripts answer so, and nothing else does. */
static int
fail_answer (const struct locks *locks, struct larder_error *error)
{
	return larder_fail (error, LARDER_E_UNAVAILABLE, "'%s' does not answer as Redis does", locks->address);
}

/* {held, ms left, "FENCE NOTE"}: what TELL tells. */
static int
read_told (const struct locks *locks, const redisReply *reply, long long *ret_held, int64_t *ret_left, struct lease_record *record, struct larder_error *error)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 || reply->element[0]->type != REDIS_REPLY_INTEGER
	    || reply->element[1]->type != REDIS_REPLY_INTEGER || reply->element[2]->type != REDIS_REPLY_STRING)
		return fail_answer (locks, error);
	char *end = reply->element[2]->str;
	long long left = reply->element[1]->integer;
	record->fence = strtoull (end, &end, 10);
	record->note = *end == ' ' ? end + 1 : "";
	*ret_held = reply->element[0]->integer;
	*ret_left = left < 0 ? LEASE_ENDLESS : left * 1000000;
	return 0;
}

static int
redis_try_acquire (void *self, struct larder_call *call, const char *name, int64_t length, const char *note, struct larder_lease *ret_lease,
                   struct larder_error *error)
{
	struct locks *locks = self;
	struct asking asking = begin (locks, call, error);
	struct lease_record record = { .name = name, .boot_end = larder_host->boot () + length };
	struct words words, undo;
	struct keys keys;
	char token[TOKEN_ROOM], owner[OWNER_ROOM], ms[24], floor[24];
	CLEANUP_REPLY redisReply *reply = NULL;
	int code = lease_check (name, length, note, error);
	if (code == 0 && larder_host->cancelled (call))
		code = lease_fail_cancelled (name, error);
	if (code == 0)
		code = scripts_keys (call, name, &keys, error);
	if (code < 0)
		return code;
	lease_token (token);
	lease_owner (token, owner);
	put_ms (length, ms);
	(void) snprintf (floor, sizeof floor, "%lld", (long long) (larder_host->wall () / 1000000));
	scripts_acquire (&words, name, &keys, owner, ms, note ? note : "", floor);
	scripts_release (&undo, name, &keys, owner);
	long long held = 0;
	int64_t left = 0;
	code = link_ask (&asking, &words, &undo, &reply);
	if (code == 0)
		code = read_told (locks, reply, &held, &left, &record, error);
	if (code == 0 && !held)
		code = lease_fail_held (name, record.note, left, error);
	return code < 0 ? code : lease_tell_taken (call, &record, token, ret_lease, error);
}

/* renew and release: 1 or 0. */
static int
ask_number (struct asking *asking, const struct words *words, long long *ret)
{
	CLEANUP_REPLY redisReply *reply = NULL;
	int code = link_ask (asking, words, NULL, &reply);
	if (code < 0)
		return code;
	*ret = reply->integer;
	return reply->type == REDIS_REPLY_INTEGER ? 0 : fail_answer (asking->locks, asking->error);
}

static int
redis_renew (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)
{
	struct asking asking = begin (self, call, error);
	struct words words;
	struct keys keys;
	char owner[OWNER_ROOM], ms[24], fence[24];
	long long ours = 0;
	int code = lease_check (lease->name, lease->length, lease->note, error);
	if (code == 0)
		code = scripts_keys (call, lease->name, &keys, error);
	if (code < 0)
		return code;
	lease_owner (lease->token, owner);
	put_ms (lease->length, ms);
	(void) snprintf (fence, sizeof fence, "%llu", (unsigned long long) lease->fence);
	scripts_renew (&words, lease->name, &keys, owner, ms, lease->note ? lease->note : "", fence);
	code = ask_number (&asking, &words, &ours);
	return code == 0 && !ours ? lease_fail_lost (lease->name, error) : code;
}

static int
redis_release (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)
{
	struct asking asking = begin (self, call, error);
	struct words words;
	struct keys keys;
	char owner[OWNER_ROOM];
	long long ours;
	int code = lease_check (lease->name, 1, NULL, error);
	if (code == 0)
		code = scripts_keys (call, lease->name, &keys, error);
	if (code < 0)
		return code;
	lease_owner (lease->token, owner);
	scripts_release (&words, lease->name, &keys, owner);
	return ask_number (&asking, &words, &ours);
}

static int
redis_holder (void *self, struct larder_call *call, const char *name, struct larder_lease *ret_lease, struct larder_error *error)
{
	struct locks *locks = self;
	struct asking asking = begin (locks, call, error);
	struct lease_record record = { .name = name };
	struct words words;
	struct keys keys;
	CLEANUP_REPLY redisReply *reply = NULL;
	long long held = 0;
	int64_t left = 0;
	int code = lease_check (name, 1, NULL, error);
	if (code == 0)
		code = scripts_keys (call, name, &keys, error);
	if (code < 0)
		return code;
	scripts_holder (&words, name, &keys);
	code = link_ask (&asking, &words, NULL, &reply);
	if (code == 0)
		code = read_told (locks, reply, &held, &left, &record, error);
	if (code == 0 && !held)
		code = lease_fail_free (name, error);
	return code < 0 ? code : lease_tell (call, &record, left, ret_lease, error);
}

static const struct larder_lock lock = {
	.head = LARDER_LOCK_HEAD, .name = "redis", .version = "0.1.0", .summary = "leases in Redis",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct locks),
	.open = redis_open, .close = redis_close, .try_acquire = redis_try_acquire, .renew = redis_renew,
	.release = redis_release, .holder = redis_holder,
};
LARDER_LOCK (lock)
