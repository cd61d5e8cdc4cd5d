/* target.c: what things are called on the other side. A key is bytes; a local name has rules. */
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"
#include "text.h"

#define NAME_MOST 255
#define PATH_MOST 4000

const char *
target_join (struct larder_arena *arena, const char *a, const char *b)
{
	size_t length = strlen (a);
	const char *between = length == 0 || *b == '\0' || a[length - 1] == '/' ? "" : "/";
	return arena_printf (arena, "%s%s%s", a, between, b);
}

int
target_check_local (const char *path, struct larder_error *error)
{
	const char *why = NULL;
	if (strlen (path) > PATH_MOST)
		why = "is longer than a path may be";
	for (const char *at = path; !why; ) {
		size_t length = strcspn (at, "/");
		if (length == 0)
			why = "has an empty part";
		else if ((length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.'))
			why = "has a part that means another folder";
		else if (length > NAME_MOST)
			why = "has a part longer than 255 bytes";
		at += length;
		if (*at == '\0')
			break;
		at++;
	}
	if (!why)
		return 0;
	int code = larder_fail (error, LARDER_E_INVALID, "no file can be called '%s': the key %s", path, why);
	larder_explain (error, LARDER_DETAIL_NEXT, "copy it alone, to a name of your choice");
	return code;
}

const char *
kind_of_file (mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK: return "a link; links are not followed";
	case S_IFIFO: return "a FIFO";
	case S_IFSOCK: return "a socket";
	case S_IFCHR:
	case S_IFBLK: return "a device";
	case S_IFDIR: return "a folder";
	default: return "not a regular file";
	}
}

int
target_check_there (int folder, const char *name, const char *shown, struct larder_error *error)
{
	struct stat there;
	if (fstatat (folder, name, &there, AT_SYMLINK_NOFOLLOW) < 0 || S_ISREG (there.st_mode))
		return 0;
	if (S_ISDIR (there.st_mode))
		return larder_fail_next (error, LARDER_E_CONFLICT, "copy it alone, to a name of your choice",
			"'%s' is a folder here; a key and a folder cannot have one name", shown);
	int code = larder_fail (error, LARDER_E_INVALID, "'%s' stays: it is %s", shown, kind_of_file (there.st_mode));
	larder_explain (error, LARDER_DETAIL_NEXT, "name a file, or remove it first; 'larder cat' writes into pipes and devices");
	return code;
}

int
target_draft (struct file_draft *draft, const char *path, bool durable, struct larder_error *error)
{
	const char *last = text_last (path);
	CLEANUP_FREE char *folder = last == path ? strdup (".") : strndup (path, (size_t) (last - path));
	if (!folder)
		return larder_fail_memory (error);
	CLEANUP_CLOSE int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return larder_fail_errno (error, errno, "cannot open the folder of '%s'", path);
	int code = target_check_there (fd, last, path, error);
	return code < 0 ? code : file_draft_begin (draft, fd, last, 0600, durable, error);
}

/* The umask without changing it: there is no other way that other threads do not see. */
static mode_t
read_umask (void)
{
	char text[4096];
	CLEANUP_CLOSE int status = open ("/proc/self/status", O_RDONLY | O_CLOEXEC);
	int64_t got = status >= 0 ? file_read_all (status, text, sizeof text - 1) : 0;
	text[got > 0 ? got : 0] = '\0';
	const char *at = strstr (text, "\nUmask:");
	unsigned long mask = at ? strtoul (at + 7, NULL, 8) : 077;
	return (mode_t) mask;
}

static int
begin_local (struct transfer *transfer, struct larder_error *error)
{
	struct stat facts;
	size_t length = strlen (transfer->to);
	if (strcmp (transfer->to, "-") == 0)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "'larder cat' writes to standard output",
			"a transfer cannot go to standard output");
	if (length == 0)
		return larder_fail_next (error, LARDER_E_INVALID, "name a file, a folder or STORE:KEY; '.' is this folder",
			"the destination is empty");
	transfer->into = transfer->to[length - 1] == '/' || (stat (transfer->to, &facts) == 0 && S_ISDIR (facts.st_mode));
	transfer->umask = read_umask ();
	transfer->folder = transfer->to;
	return 0;
}

int
target_begin (struct transfer *transfer, const char *address, struct larder_error *error)
{
	const struct larder_transfer *request = transfer->request;
	struct larder_address to = { .size = sizeof to };
	transfer->root = -1;
	int code = larder_address_parse (transfer->larder, transfer->arena, address, &to, error);
	if (code < 0)
		return code;
	transfer->to = to.path;
	if (to.store) {
		size_t length = strlen (to.path);
		transfer->into = length == 0 || to.path[length - 1] == '/';
		code = larder_store_open (transfer->larder, to.store, &transfer->store, error);
	} else {
		code = begin_local (transfer, error);
	}
	if (code == 0 && transfer->store && transfer->leaves)
		code = store_writable (transfer->store, error);
	if (code == 0 && transfer->store && transfer->leaves)
		code = manifest_new (&transfer->manifest, transfer->larder, transfer->store, transfer->leaves, error);
	if (code == 0 && request->count > 1 && !transfer->into) {
		code = larder_fail (error, LARDER_E_INVALID, "%zu sources cannot all become '%s'", request->count, address);
		larder_explain (error, LARDER_DETAIL_NEXT, "end the destination in '/'");
	}
	return code;
}

void
target_end (struct transfer *transfer)
{
	larder_store_close (transfer->store);
	if (transfer->root >= 0)
		close (transfer->root);
}

char *
target_whole_path (const char *path)
{
	char *whole = realpath (path, NULL);
	if (whole || errno != ENOENT || strcmp (path, "/") == 0)
		return whole;
	const char *slash = strrchr (path, '/');
	CLEANUP_FREE char *folder = !slash ? strdup (".") : strndup (path, slash == path ? 1 : (size_t) (slash - path));
	CLEANUP_FREE char *there = folder ? target_whole_path (folder) : NULL;
	if (!there || asprintf (&whole, "%s/%s", strcmp (there, "/") == 0 ? "" : there, slash ? slash + 1 : path) < 0)
		return NULL;
	return whole;
}

/* One that is there is asked for too: who made it may have died before its name was durable. */
static int
open_root (struct transfer *transfer, struct larder_error *error)
{
	CLEANUP_CLOSE int there = open (transfer->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (there < 0 && errno != ENOENT)
		return larder_fail_errno (error, errno, "cannot open the folder '%s'", transfer->folder);
	int root = file_open_made (transfer->folder, 0777, error);
	if (root < 0)
		return root;
	transfer->root = root;
	return 0;
}

int
target_root (struct transfer *transfer, struct larder_error *error)
{
	pthread_mutex_lock (&transfer->mutex);
	int code = transfer->root >= 0 ? 0 : open_root (transfer, error);
	pthread_mutex_unlock (&transfer->mutex);
	return code;
}

/* A single file whose whole name was given: its folder is the root. */
static int
split_last (struct transfer *transfer, struct item *item, struct larder_error *error)
{
	const char *slash = strrchr (transfer->to, '/');
	item->path = slash ? slash + 1 : transfer->to;
	transfer->folder = !slash ? "." : slash == transfer->to ? "/" : arena_copy_bytes (transfer->arena, transfer->to, (size_t) (slash - transfer->to));
	item->to = transfer->to;
	return transfer->folder ? 0 : larder_fail_memory (error);
}

int
target_name (struct transfer *transfer, const char *last, const char *rel, struct item *item, struct larder_error *error)
{
	struct larder_arena *arena = item->arena;
	const char *below = target_join (arena, transfer->into ? last : "", rel);
	if (!below)
		return larder_fail_memory (error);
	if (transfer->store) {
		item->path = target_join (arena, transfer->to, below);
		item->to = item->path ? arena_printf (arena, "%s%s", store_prefix (transfer->store), item->path) : NULL;
		return item->to ? 0 : larder_fail_memory (error);
	}
	if (*below == '\0')
		return split_last (transfer, item, error);
	item->path = below;
	item->to = target_join (arena, transfer->to, below);
	return item->to ? 0 : larder_fail_memory (error);
}
