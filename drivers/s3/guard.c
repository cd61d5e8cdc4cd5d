/* guard.c: keys beside prefixes. MinIO takes 'a' beside 'a/b' and then leaves 'a/b' out of every listing, so that a sync,
 * a count or a clean-up misses it. Neither is written where the other is. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "error.h"

#define S3_CLEAR_FOR 1000000000                /* ns */

static int
refuse (struct s3 *s3, const char *key, const char *other, struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_CONFLICT, "%s would hide one of '%.150s' and '%.150s' from its listings", s3->server->title, key, other);
	larder_explain (error, LARDER_DETAIL_NEXT, "choose a key that is no folder of another, or set guard-keys = no for this backend");
	return code;
}

/* ---- folders that were found clear: whoever writes an object in their place later looks below it, and finds what was
 * written here. Unless that is gone by then: so a finding ends with a removal of ours, and soon for those of others. ---- */

static uint64_t
folder_hash (const char *bucket, const char *key, size_t length)
{
	return crc64nvme (crc64nvme (0, bucket, strlen (bucket) + 1), key, length);
}

static bool
is_clear (struct s3 *s3, uint64_t hash)
{
	pthread_mutex_lock (&s3->mutex);
	bool clear = s3->clear[hash % S3_CLEAR_MOST].hash == hash && larder_host->boot () < s3->clear[hash % S3_CLEAR_MOST].until;
	pthread_mutex_unlock (&s3->mutex);
	return clear;
}

static void
note_clear (struct s3 *s3, uint64_t hash, int64_t until)
{
	pthread_mutex_lock (&s3->mutex);
	s3->clear[hash % S3_CLEAR_MOST].hash = hash;
	s3->clear[hash % S3_CLEAR_MOST].until = until;
	pthread_mutex_unlock (&s3->mutex);
}

static bool
is_guarded (const struct s3 *s3)
{
	return s3->guard_keys && s3->server->state[S3_KEY_BESIDE_PREFIX] == S3_IGNORED;
}

void
s3_guard_forget (struct s3 *s3, const char *bucket, const char *key)
{
	if (!is_guarded (s3))
		return;
	for (const char *slash = strchr (key, '/'); slash; slash = strchr (slash + 1, '/')) {
		uint64_t hash = folder_hash (bucket, key, (size_t) (slash - key));
		if (is_clear (s3, hash))
			note_clear (s3, hash, 0);
	}
}

/* ---- looking ---- */

static int
check_folder (struct s3 *s3, struct larder_call *call, const char *bucket, const char *key, size_t length, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	uint64_t hash = folder_hash (bucket, key, length);
	int64_t began = larder_host->boot ();
	if (is_clear (s3, hash))
		return 0;
	int code = s3_exchange_begin (&exchange, error);
	char *above = code == 0 ? arena_copy_bytes (exchange.arena, key, length) : NULL;
	if (!above)
		return code < 0 ? code : larder_fail_memory (error);
	const struct larder_object object = { .size = sizeof object, .bucket = bucket, .key = above };
	code = s3_head (s3, call, &exchange, &object, &info, error);
	if (code == LARDER_E_NOTFOUND) {
		note_clear (s3, hash, began + S3_CLEAR_FOR);
		return 0;
	}
	return code == 0 ? refuse (s3, key, above, error) : code;
}

/* Does an object stand where `key` has a folder? */
static int
check_above (struct s3 *s3, struct larder_call *call, const char *bucket, const char *key, struct larder_error *error)
{
	int code = 0;
	for (const char *slash = strchr (key, '/'); slash && slash[1] && code == 0; slash = strchr (slash + 1, '/'))
		code = check_folder (s3, call, bucket, key, (size_t) (slash - key), error);
	return code;
}

/* The first key below. */
struct found { char key[1025]; };

static int
note_below (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct found *found = context;
	(void) error;
	if (!*found->key)
		snprintf (found->key, sizeof found->key, "%s", info->key);
	return 0;
}

/* Does `key` name a folder in which objects stand? */
static int
check_below (struct s3 *s3, struct larder_call *call, const char *bucket, const char *key, struct larder_error *error)
{
	struct found found = { "" };
	struct larder_page page = { .size = sizeof page };
	struct larder_arena *arena = arena_new ();
	char *prefix = arena ? arena_printf (arena, "%s/", key) : NULL;
	const struct larder_list list = { .size = sizeof list, .bucket = bucket, .prefix = prefix, .delimiter = "", .most = 1 };
	int code = prefix ? s3_list (s3, call, &list, note_below, &found, &page, error) : larder_fail_memory (error);
	if (code == LARDER_E_NOTFOUND)
		code = 0;                                 /* no bucket yet: the write will tell */
	if (code == 0 && *found.key)
		code = refuse (s3, key, found.key, error);
	arena_free (arena);
	return code;
}

/* Whoever may not look cannot be kept from writing what he may. Said once. */
static int
pass_blind (struct s3 *s3, const char *bucket)
{
	pthread_mutex_lock (&s3->mutex);
	bool said = s3->blind;
	s3->blind = true;
	pthread_mutex_unlock (&s3->mutex);
	if (!said)
		larder_host->log (LARDER_LOG_WARN, "these credentials may not look into bucket '%s': whether a key would hide another from its listings is not checked "
		                  "(guard-keys = no says so for good)", bucket);
	return 0;
}

int
s3_guard (struct s3 *s3, struct larder_call *call, const char *bucket, const char *key, struct larder_error *error)
{
	if (!is_guarded (s3))
		return 0;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = check_above (s3, call, bucket, key, &why);
	if (code == 0 && key[strlen (key) - 1] != '/')
		code = check_below (s3, call, bucket, key, &why);
	if (code == LARDER_E_DENIED && strcmp (why.provider, "AccessDenied") == 0)
		return pass_blind (s3, bucket);
	if (code < 0 && error)
		larder_give (error, &why);
	return code;
}
