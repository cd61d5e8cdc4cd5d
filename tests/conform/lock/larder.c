/* larder.c: a store of a configuration, through liblarder, for a provider that needs one. */
#include <larder/larder.h>
#include "suite.h"

#include "error.h"
#include "file.h"

struct slurp { struct larder_call *call; char *text; const char *etag; size_t length, room; };

static int
slurp_begin (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct slurp *slurp = context;
	slurp->room = (size_t) info->length;
	slurp->text = suite_host.arena (slurp->call, slurp->room + 1);
	slurp->etag = info->etag ? call_copy (slurp->call, info->etag) : NULL;
	return slurp->text && slurp->etag ? 0 : larder_fail_memory (error);
}

static int
slurp_write (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct slurp *slurp = context;
	if (count > slurp->room - slurp->length)
		return larder_fail (error, LARDER_E_INTEGRITY, "more bytes than were told");
	memcpy (slurp->text + slurp->length, bytes, count);
	slurp->length += count;
	return 0;
}

static int
store_read (void *context, struct larder_call *call, const char *key, const char **ret_text, const char **ret_etag, struct larder_error *error)
{
	const struct suite_store *store = context;
	struct slurp slurp = { .call = call };
	const struct larder_sink sink = { .size = sizeof sink, .context = &slurp, .begin = slurp_begin, .write = slurp_write };
	const struct larder_get get = { .size = sizeof get, .key = key, .length = UINT64_MAX };
	int code = larder_get (store->at, &get, &sink, error);
	if (code == 0) {
		*ret_text = slurp.text;
		*ret_etag = slurp.etag;
	}
	return code;
}

static int
store_write (void *context, struct larder_call *call, const char *key, const char *text, const char *if_match, const char **ret_etag,
             struct larder_error *error)
{
	const struct suite_store *store = context;
	struct memory_source memory;
	struct larder_source source;
	struct larder_info info = { .size = sizeof info };
	struct larder_arena *arena = larder_arena_new ();
	const struct larder_put put = { .size = sizeof put, .key = key, .attributes = { .size = sizeof put.attributes }, .create_only = !if_match, .if_match = if_match };
	memory_source_begin (&memory, text, strlen (text), &source);
	int code = larder_put (store->at, arena, &put, &source, &info, error);
	if (code == 0)
		*ret_etag = call_copy (call, info.etag);
	larder_arena_free (arena);
	return code;
}

static int
store_written (void *context, struct larder_call *call, const char *key, int64_t *ret_time, struct larder_error *error)
{
	const struct suite_store *store = context;
	struct larder_info info = { .size = sizeof info };
	struct larder_arena *arena = larder_arena_new ();
	(void) call;
	int code = larder_stat (store->at, arena, key, NULL, &info, error);
	larder_arena_free (arena);
	if (code == 0)
		*ret_time = info.mtime;
	return code;
}

int
store_of_larder (const struct suite_flags *flags, struct suite_store *ret)
{
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_settings settings = { .size = sizeof settings, .config = flags->config, .profile = flags->profile };
	if (larder_open (&settings, &ret->larder, &error) < 0 || larder_store_open (ret->larder, flags->store, &ret->at, &error) < 0) {
		store_of_larder_end (ret);
		return suite_say (flags->store, error.message);
	}
	ret->access = (struct larder_lock_store) { sizeof ret->access, ret, store_read, store_write, store_written };
	return 0;
}

void
store_of_larder_end (struct suite_store *store)
{
	larder_store_close (store->at);
	larder_close (store->larder);
	store->at = NULL;
	store->larder = NULL;
}
