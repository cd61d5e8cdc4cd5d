/* owed.c: what edges are to forget once a run is over. Each address is kept below the state folder before what it names is changed, so that neither a kill nor a CDN that refuses
 * loses it: the same command finds nothing to do by then. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "random.h"
#include "store.h"
#include "text.h"

enum {
	KEYS_MOST = 10000,               /* so that memory does not grow with their number: of more all below is told */
	FILE_MOST = 32 << 20, NAME_ROOM = 40
};

/* A file is texts that end in NUL, each with a letter in front. */
enum { BELOW = 'b', KEY = 'k' };

/* Of one run. */
struct list {
	const char **below, **keys;
	size_t below_count, below_room, count, room;
	bool all;                        /* more than KEYS_MOST: what is below */
	int fd;                          /* its file, locked, or -1 */
	char name[NAME_ROOM];
	struct list *next;
};

struct larder_owed {
	struct larder *larder;
	struct larder_arena *arena;
	uint32_t flags;
	int folder;                      /* -1: there is none, or not yet */
	struct list own, *others;
	bool lost;                       /* the file has not all of it */
	bool told;
	int stuck;                       /* why what an earlier run left cannot be told at all */
	struct larder_error why;
};

/* ---- one list ---- */

static bool
add_text (struct larder_owed *owed, const char ***at, size_t *count, size_t *room, const char *text)
{
	const char **more = arena_more (owed->arena, *at, *count, room, sizeof *more);
	const char *copy = more ? arena_copy (owed->arena, text) : NULL;
	*at = more ? more : *at;
	if (copy)
		(*at)[(*count)++] = copy;
	return copy;
}

static bool
take (struct larder_owed *owed, struct list *list, char kind, const char *text)
{
	if (kind == BELOW)
		return add_text (owed, &list->below, &list->below_count, &list->below_room, text);
	list->all |= list->count >= KEYS_MOST;
	return list->all || add_text (owed, &list->keys, &list->count, &list->room, text);
}

static const char **
texts_of (const struct list *list, size_t *ret_count)
{
	*ret_count = list->all ? list->below_count : list->count;
	return list->all ? list->below : list->keys;
}

/* ---- its file ---- */

/* One folder a pipeline file and profile: another's addresses are of other stores. */
static int
open_folder (const struct larder_owed *owed, bool make)
{
	CLEANUP_FREE char *whole = file_absolute (larder_config_path (owed->larder));
	const char *profile = larder_profile (owed->larder), *of = whole ? arena_printf (owed->arena, "%s\n%s", whole, profile ? profile : "") : NULL;
	return of ? file_state_folder (larder_state (owed->larder), "invalidations", of, make) : -1;
}

static bool
put_down (const struct list *list, char kind, const char *text)
{
	CLEANUP_FREE char *line = NULL;
	int length = asprintf (&line, "%c%s", kind, text);
	return length > 0 && file_write_all (list->fd, line, (size_t) length + 1) >= 0;
}

static void
forget_file (const struct larder_owed *owed, struct list *list)
{
	if (list->fd < 0)
		return;
	(void) file_unlink_beneath (owed->folder, list->name);
	close (list->fd);
	list->fd = -1;
}

/* Another run may look at it before it is locked, and takes away what has nothing in it. */
static int
make_file (int folder, char name[NAME_ROOM])
{
	unsigned char bytes[8];
	char hex[2 * sizeof bytes + 1];
	for (;;) {
		struct stat facts;
		random_bytes (bytes, sizeof bytes);
		text_hex (bytes, sizeof bytes, hex);
		snprintf (name, NAME_ROOM, "%s.owed", hex);
		int fd = openat (folder, name, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
		bool failed = fd < 0 || flock (fd, LOCK_EX) < 0 || fstat (fd, &facts) < 0;
		if (!failed && facts.st_nlink)
			return fd;
		if (fd >= 0)
			close (fd);
		if (failed)
			return -1;
	}
}

/* Not before there is something to keep. */
static bool
begin_file (struct larder_owed *owed)
{
	struct list *own = &owed->own;
	if (owed->folder < 0)
		owed->folder = open_folder (owed, true);
	own->fd = owed->folder < 0 ? -1 : make_file (owed->folder, own->name);
	bool done = own->fd >= 0;
	for (size_t n = 0; done && n < own->below_count; n++)
		done = put_down (own, BELOW, own->below[n]);
	return done;
}

/* What a kill left in the middle of a line was not changed yet. */
static int
read_list (struct larder_owed *owed, struct list *list, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	size_t count = 0;
	int code = file_slurp (owed->folder, list->name, FILE_MOST, &text, &count, error);
	for (char *at = text, *end; code == 0 && (end = memchr (at, '\0', (size_t) (text + count - at))); at = end + 1)
		if (*at && !take (owed, list, *at, at + 1))
			return larder_fail_memory (error);
	return code;
}

/* ---- what earlier runs left ---- */

/* What the file names may be gone from the configuration by now: it keeps nobody else from being told. */
static int
can_be_told (struct larder_owed *owed, const struct list *list, struct larder_error *error)
{
	char next[200];
	struct larder_error why = LARDER_ERROR_INIT;
	struct larder_cdn_invalidate request = { .size = sizeof request, .flags = LARDER_CDN_PLAN | LARDER_CDN_ABOUT };
	request.addresses = texts_of (list, &request.count);
	int code = larder_cdn_invalidate (owed->larder, &request, NULL, NULL, &why);
	if (code == 0)
		return 0;
	snprintf (next, sizeof next, "put that right, or remove '%s' below '%s/invalidations', and edges keep what they hold", list->name, larder_state (owed->larder));
	return larder_fail_next (error, code, next, "what an earlier run changed cannot be told to the edges: %s", why.message);
}

/* 0: it is in the list; 1: it is another process's matter, or nobody's. */
static int
open_other (struct larder_owed *owed, struct list *list, struct larder_error *error)
{
	list->fd = file_open_beneath (owed->folder, list->name, O_RDONLY | O_NOCTTY, 0);
	struct stat facts;
	if (list->fd < 0 || flock (list->fd, LOCK_EX | LOCK_NB) < 0 || fstat (list->fd, &facts) < 0 || facts.st_nlink == 0)
		return 1;
	int code = read_list (owed, list, error);
	bool nothing = code == 0 && list->count == 0 && !list->all;      /* it was killed before it changed anything */
	if (nothing && !(owed->flags & LARDER_CDN_PLAN))
		forget_file (owed, list);
	return nothing ? 1 : code;
}

static int
take_other (void *context, const char *name, struct larder_error *error)
{
	struct larder_owed *owed = context;
	struct larder_error why = LARDER_ERROR_INIT;
	if (!text_ends (name, ".owed") || strlen (name) >= NAME_ROOM || strcmp (name, owed->own.name) == 0)
		return 0;
	struct list *list = arena_alloc (owed->arena, sizeof *list);
	if (!list)
		return larder_fail_memory (error);
	*list = (struct list) { .fd = -1 };
	snprintf (list->name, sizeof list->name, "%s", name);
	int code = open_other (owed, list, &why);
	if (code == 0)
		code = can_be_told (owed, list, &why);
	if (code == 0) {
		list->next = owed->others, owed->others = list;
		return 0;
	}
	if (list->fd >= 0)
		close (list->fd);
	if (code < 0)
		owed->stuck = code, owed->why = why;
	return 0;
}

/* ---- the whole ---- */

static int
invalidate (struct larder_owed *owed, const char *const *addresses, size_t count, uint32_t flags, larder_cdn_fn event, void *context, struct larder_error *error)
{
	const struct larder_cdn_invalidate request = { .size = sizeof request, .addresses = addresses, .count = count, .flags = flags | LARDER_CDN_ABOUT };
	return count ? larder_cdn_invalidate (owed->larder, &request, event, context, error) : 0;
}

static int
begin (struct larder_owed *owed, const char *const *addresses, size_t count, struct larder_error *error)
{
	for (size_t n = 0; n < count; n++) {
		const char *below = arena_printf (owed->arena, "%s*", addresses[n]);
		if (!below || !take (owed, &owed->own, BELOW, below))
			return larder_fail_memory (error);
	}
	owed->folder = open_folder (owed, false);
	return invalidate (owed, owed->own.below, owed->own.below_count, LARDER_CDN_PLAN, NULL, NULL, error);
}

int
larder_owed_begin (struct larder *larder, const char *const *addresses, size_t count, uint32_t flags, struct larder_owed **ret, struct larder_error *error)
{
	struct larder_owed *owed = calloc (1, sizeof *owed);
	if (!owed)
		return larder_fail_memory (error);
	*owed = (struct larder_owed) { .larder = larder, .flags = flags, .arena = arena_new (), .folder = -1, .own = { .fd = -1 }, .why = LARDER_ERROR_INIT };
	int code = owed->arena ? begin (owed, addresses, count, error) : larder_fail_memory (error);
	if (code < 0)
		larder_owed_free (owed);
	else
		*ret = owed;
	return code;
}

void
larder_owed_add (struct larder_owed *owed, const char *address)
{
	struct list *own = &owed->own;
	bool keeps = !(owed->flags & LARDER_CDN_PLAN) && !owed->lost;
	if (own->all)
		return;
	if (keeps && own->fd < 0)
		owed->lost = !begin_file (owed);
	if (keeps && !owed->lost)
		owed->lost = !address || !put_down (own, KEY, address);
	if (!address || !take (owed, own, KEY, address))
		own->all = true;
}

struct telling { larder_cdn_fn event; void *context; size_t cdns; bool again; };

static int
on_event (void *context, const struct larder_cdn_event *event, struct larder_error *error)
{
	struct telling *telling = context;
	bool planned = event->step == LARDER_CDN_PLANNED;
	telling->cdns += planned;
	return telling->event && !(planned && telling->again) ? telling->event (telling->context, event, error) : 0;
}

/* Each path once, whoever left it. */
static int
tell_all (struct larder_owed *owed, struct telling *telling, struct larder_error *error)
{
	size_t count, whole = 0;
	(void) texts_of (&owed->own, &whole);
	for (const struct list *at = owed->others; at; at = at->next) {
		(void) texts_of (at, &count);
		whole += count;
	}
	const char **addresses = arena_alloc (owed->arena, (whole + 1) * sizeof *addresses);
	if (!addresses)
		return larder_fail_memory (error);
	owed->own.next = owed->others;
	whole = 0;
	for (const struct list *at = &owed->own; at; at = at->next) {
		const char **texts = texts_of (at, &count);
		for (size_t n = 0; n < count; n++)
			addresses[whole++] = texts[n];
	}
	return invalidate (owed, addresses, whole, owed->flags, on_event, telling, error);
}

/* A CDN that refuses keeps nothing from being told to another: list by list, each forgotten when it is told. How it ends is decided already. */
static void
tell_apart (struct larder_owed *owed, struct telling *telling)
{
	telling->again = true;
	for (struct list *at = &owed->own; at; at = at->next) {
		size_t count;
		const char **texts = texts_of (at, &count);
		int code = invalidate (owed, texts, count, owed->flags, on_event, telling, NULL);
		if (code == 0)
			forget_file (owed, at);
		if (code == 0 && at == &owed->own)
			owed->told = true;
		if (code == LARDER_E_CANCELLED)
			return;
	}
}

int
larder_owed_end (struct larder_owed *owed, larder_cdn_fn event, void *context, struct larder_error *error)
{
	struct telling telling = { .event = event, .context = context };
	int code = owed->folder < 0 ? 0 : file_each_name (owed->folder, ".", take_other, owed, error);
	if (code == 0)
		code = tell_all (owed, &telling, error);
	owed->told = code == 0;
	if (code < 0 && code != LARDER_E_CANCELLED && code != LARDER_E_NOTREADY && telling.cdns > 1 && owed->others && !(owed->flags & LARDER_CDN_PLAN))
		tell_apart (owed, &telling);
	for (struct list *at = &owed->own; code == 0 && !(owed->flags & LARDER_CDN_PLAN) && at; at = at->next)
		forget_file (owed, at);
	if (code == 0 && owed->stuck && error)
		larder_give (error, &owed->why);
	return code < 0 ? code : owed->stuck;
}

bool
larder_owed_is_kept (const struct larder_owed *owed)
{
	return owed->told || (!owed->lost && (owed->own.fd >= 0 || !owed->own.count));
}

void
larder_owed_free (struct larder_owed *owed)
{
	if (!owed)
		return;
	owed->own.next = owed->others;
	for (struct list *at = &owed->own; at; at = at->next)
		if (at->fd >= 0)
			close (at->fd);
	if (owed->folder >= 0)
		close (owed->folder);
	arena_free (owed->arena);
	free (owed);
}
