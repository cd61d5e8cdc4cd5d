/* listing.c: all pages of a listing, in flat memory, and whether the pages can be true. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"

struct listing {
	const struct larder_store *store;
	const struct larder_listing *request;
	larder_info_fn info;
	void *context;
	char last[1026];                 /* key before, "" at the start */
	bool any, any_order;
	unsigned page;
	bool named;                      /* the failure names its page */
	int stop;                        /* what the caller's function returned */
};

static int
fail_page (struct listing *listing, const char *what, struct larder_error *error)
{
	listing->named = true;
	return larder_fail_next (error, LARDER_E_UNAVAILABLE, "nothing was done with it; try again, and report it to whoever runs that service",
		"listing of '%s%s' cannot be trusted: page %u %s", store_prefix (listing->store),
	                    listing->request->prefix ? listing->request->prefix : "", listing->page, what);
}

/* A driver sees single pages. What the network or a service says of a request needs no number. */
static int
name_page (const struct listing *listing, int code, struct larder_error *error)
{
	bool judged = error && !error->status && !error->errnum && (code == LARDER_E_UNAVAILABLE || code == LARDER_E_INTEGRITY);
	size_t length = judged ? strlen (error->message) : 0;
	if (length && !listing->named)
		snprintf (error->message + length, sizeof error->message - length, " (page %u of '%s%s')", listing->page, store_prefix (listing->store),
		          listing->request->prefix ? listing->request->prefix : "");
	return code;
}

static int
take_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct listing *listing = context;
	if (!info->key || strlen (info->key) >= sizeof listing->last)
		return fail_page (listing, "has an item without a proper key", error);
	int order = listing->any && !listing->any_order ? strcmp (listing->last, info->key) : -1;
	if (order > 0 || (order == 0 && !listing->request->versions))
		return fail_page (listing, "is out of order", error);
	memcpy (listing->last, info->key, strlen (info->key) + 1);
	listing->any = true;
	listing->stop = listing->info (listing->context, info);
	return listing->stop;
}

static int
one_page (struct larder_store *store, struct listing *listing, struct larder_arena *arena, const char *token, struct larder_page *ret_page,
          struct larder_error *error)
{
	const struct larder_listing *request = listing->request;
	struct larder_list list = {
		.size = sizeof list, .bucket = store->bucket, .prefix = request->prefix ? request->prefix : "",
		.delimiter = request->delimiter ? request->delimiter : "", .start_after = request->start_after, .token = token, .versions = request->versions,
	};
	struct larder_call call = larder_call_begin (store->larder, arena);
	listing->page++;
	instance_enter (store->instance);
	int code = store->driver->list (store->instance->self, &call, &list, take_item, listing, ret_page, error);
	instance_leave (store->instance);
	return code;
}

static int
judge_page (struct listing *listing, const struct larder_page *page, const char *token, struct larder_error *error)
{
	if (page->complete)
		return page->token ? fail_page (listing, "says it is the last and names a next one", error) : 0;
	if (!page->token)
		return fail_page (listing, "is not the last, but names no next one", error);
	return token && strcmp (token, page->token) == 0 ? fail_page (listing, "names itself as the next one", error) : 0;
}

static int
list_pages (struct listing *listing, struct larder_store *store, store_page_fn page_end, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_FREE char *token = NULL;
	if (!arena)
		return larder_fail_memory (error);
	for (;;) {
		struct larder_page page = { .size = sizeof page };
		int code = larder_is_cancelled (store->larder) ? larder_fail_cancelled (error) : one_page (store, listing, arena, token, &page, error);
		if (code)
			return listing->stop ? listing->stop : name_page (listing, code, error);
		code = judge_page (listing, &page, token, error);
		if (code == 0 && page_end)
			code = page_end (listing->context, page.complete, error);
		if (code || page.complete)
			return code;
		char *next = strdup (page.token);
		free (token);
		token = next;
		arena_clear (arena);
		if (!token)
			return larder_fail_memory (error);
	}
}

bool
store_is_unsorted (const struct larder_store *store, const struct larder_listing *request)
{
	return store_caps (store) & LARDER_CAP_ANY_ORDER && !request->versions;
}

int
store_list_unsorted (struct larder_store *store, const struct larder_listing *request, larder_info_fn info, void *context, struct larder_error *error)
{
	struct listing listing = { .store = store, .request = request, .info = info, .context = context, .any_order = true };
	return list_pages (&listing, store, NULL, error);
}

int
store_list (struct larder_store *store, const struct larder_listing *request, larder_info_fn info, store_page_fn page_end, void *context,
            struct larder_error *error)
{
	struct listing listing = { .store = store, .request = request, .info = info, .context = context };
	if (!store_is_unsorted (store, request))
		return list_pages (&listing, store, page_end, error);
	int code = store_list_sorted (store, request, info, context, error);
	return code == 0 && page_end ? page_end (context, true, error) : code;
}

int
larder_list (struct larder_store *store, const struct larder_listing *request, larder_info_fn info, void *context, struct larder_error *error)
{
	return store_list (store, request, info, NULL, context, error);
}
