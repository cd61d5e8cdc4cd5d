/* needed.c: private libraries run as the module does, so they are vetted as it is.
 *
 * The loader looks for a needed file in the folders of the RUNPATH, then where the system keeps its own. A private
 * library is one that lies in such a folder, or in the folder `private` beside the modules, where the loader itself would not
 * look: modules that are moved as a whole need no RUNPATH. Folders that depend on where something lies or is started are refused. */
#include "needed.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "dynamic.h"
#include "error.h"
#include "vet.h"

enum { DEPTH_MOST = 16, WHY_MOST = 400 };

#define NEXT_ABSOLUTE "link it with an absolute folder: -Wl,-rpath,/FOLDER"

/* One object whose needs are looked at. */
struct object { struct needed *needed; const char *module, *subject; struct dynamic dynamic; unsigned depth; };

static int visit (struct needed *needed, const char *module, const char *subject, const char *name, int fd, unsigned depth, struct larder_error *error);

static int
check_folder (const char *subject, const char *folder, struct larder_error *error)
{
	char why[WHY_MOST];
	bool there;
	if (strchr (folder, '$')) {
		snprintf (why, sizeof why, "the folder '%s' of its RUNPATH depends on where the file lies", folder);
		return vet_refuse (subject, why, NEXT_ABSOLUTE, error);
	}
	if (*folder != '/') {
		snprintf (why, sizeof why, "the folder '%s' of its RUNPATH is relative: it depends on where larder is started", folder);
		return vet_refuse (subject, why, NEXT_ABSOLUTE, error);
	}
	return vet_way (subject, folder, &there, error);
}

/* The folder that begins at `at`, and where the next one does; NULL at the end. An empty list is none. */
static const char *
next_folder (struct larder_arena *arena, const char **at)
{
	if (!*at)
		return NULL;
	size_t length = strcspn (*at, ":");
	const char *folder = arena_copy_bytes (arena, *at, length);
	*at = (*at)[length] ? *at + length + 1 : NULL;
	return folder;
}

static const char *
runpath_of (const struct dynamic *dynamic)
{
	return dynamic->runpath && *dynamic->runpath ? dynamic->runpath : NULL;
}

/* RPATH goes to the libraries of libraries as well, and before what the user says. */
static int
check_folders (const struct object *object, struct larder_error *error)
{
	if (object->dynamic.rpath && !object->dynamic.runpath)
		return vet_refuse (object->subject, "it has an RPATH", "link it with -Wl,--enable-new-dtags, which makes it a RUNPATH", error);
	int code = 0;
	const char *folder, *at = runpath_of (&object->dynamic);
	while (code == 0 && (folder = next_folder (object->needed->arena, &at)))
		code = check_folder (object->subject, folder, error);
	return code;
}

/* The file is there: vet it and what it needs. */
static int
take (const struct object *object, const char *name, const char *path, struct larder_error *error)
{
	const char *subject = arena_printf (object->needed->arena, "private library '%s' of module '%s'", path, object->module);
	CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (!subject)
		return larder_fail_memory (error);
	if (fd < 0)
		return larder_fail_errno (error, errno, "cannot open %s", subject);
	int code = vet_file (subject, path, fd, error);
	if (code < 0)
		return code;
	int given = fd;
	fd = -1;
	return visit (object->needed, object->module, subject, name, given, object->depth + 1, error);
}

static int
take_if_there (const struct object *object, const char *name, const char *path, bool *ret_there, struct larder_error *error)
{
	int code = path ? vet_way (object->subject, path, ret_there, error) : larder_fail_memory (error);
	return code == 0 && *ret_there ? take (object, name, path, error) : code;
}

static int
find (const struct object *object, const char *name, struct larder_error *error)
{
	char why[WHY_MOST];
	bool there = false;
	bool is_path = strchr (name, '/') != NULL;
	if (strchr (name, '$') || (is_path && *name != '/')) {
		snprintf (why, sizeof why, "it needs '%s', a path that is not absolute", name);
		return vet_refuse (object->subject, why, "give the library a plain name (-Wl,-soname) and link with -Wl,-rpath,/FOLDER", error);
	}
	if (is_path)
		return take_if_there (object, name, name, &there, error);
	int code = 0;
	const char *folder, *at = runpath_of (&object->dynamic);
	while (code == 0 && !there && (folder = next_folder (object->needed->arena, &at)))
		code = take_if_there (object, name, arena_printf (object->needed->arena, "%s/%s", folder, name), &there, error);
	if (code == 0 && !there && object->needed->beside)
		code = take_if_there (object, name, arena_printf (object->needed->arena, "%s/%s", object->needed->beside, name), &there, error);
	return code;
}

/* Under another name the loader would look for the file again, by itself. */
static int
check_soname (const struct object *object, const char *name, struct larder_error *error)
{
	char why[WHY_MOST];
	if (strchr (name, '/') || (object->dynamic.soname && strcmp (object->dynamic.soname, name) == 0))
		return 0;
	snprintf (why, sizeof why, "it is needed as '%s', but calls itself '%s'", name, object->dynamic.soname ? object->dynamic.soname : "");
	return vet_refuse (object->subject, why, "link the library with -Wl,-soname,NAME, then what needs it", error);
}

/* Whether this file is among them already; else it is now, and owns the descriptor. */
static int
remember (struct needed *needed, const char *subject, const char *name, int fd, bool *ret_known, struct larder_error *error)
{
	struct stat st;
	if (fstat (fd, &st) < 0)
		return larder_fail_errno (error, errno, "cannot look at %s", subject);
	for (size_t i = 0; i < needed->count; i++)
		if (needed->at[i].device == st.st_dev && needed->at[i].inode == st.st_ino) {
			*ret_known = true;
			return 0;
		}
	if (needed->count == NEEDED_LIBRARIES_MOST)
		return larder_fail (error, LARDER_E_LIMIT, "%s is one too many: at most %d are taken", subject, NEEDED_LIBRARIES_MOST);
	needed->at[needed->count++] = (struct needed_library) { subject, name, st.st_dev, st.st_ino, fd };
	*ret_known = false;
	return 0;
}

static int
visit_needs (const struct object *object, const char *name, struct larder_error *error)
{
	int code = name ? check_soname (object, name, error) : 0;
	if (code == 0)
		code = check_folders (object, error);
	for (size_t i = 0; code == 0 && i < object->dynamic.count; i++)
		code = find (object, object->dynamic.needed[i], error);
	return code;
}

/* `name` is NULL for the module itself, whose descriptor is not ours. */
static int
visit (struct needed *needed, const char *module, const char *subject, const char *name, int fd, unsigned depth, struct larder_error *error)
{
	struct object object = { .needed = needed, .module = module, .subject = subject, .depth = depth };
	size_t own = needed->count;
	bool known = false;
	int code = name ? remember (needed, subject, name, fd, &known, error) : 0;
	if (name && (code < 0 || known))
		(void) close (fd);
	if (code < 0 || known)
		return code;
	if (depth > DEPTH_MOST)
		return larder_fail (error, LARDER_E_LIMIT, "%s is needed %u libraries deep", subject, depth);
	code = dynamic_read (subject, fd, needed->arena, &object.dynamic, error);
	if (code == 0)
		code = visit_needs (&object, name, error);
	if (code == 0 && name)
		needed->order[needed->ordered++] = own;
	return code;
}

/* The folder `private` beside the module, from the root on; NULL where there is none. */
static const char *
folder_beside (struct larder_arena *arena, const char *path)
{
	const char *slash = strrchr (path, '/');
	const char *folder = slash ? arena_copy_bytes (arena, path, (size_t) (slash - path) + (slash == path)) : ".";
	const char *private = folder ? arena_printf (arena, "%s/private", folder) : NULL;
	CLEANUP_FREE char *whole = private ? realpath (private, NULL) : NULL;
	return whole ? arena_copy (arena, whole) : NULL;
}

int
needed_vet (const char *path, int fd, struct needed *ret, struct larder_error *error)
{
	struct needed needed = { .arena = arena_new () };
	const char *subject = needed.arena ? arena_printf (needed.arena, "module '%s'", path) : NULL;
	if (subject)
		needed.beside = folder_beside (needed.arena, path);
	int code = subject ? visit (&needed, path, subject, NULL, fd, 0, error) : larder_fail_memory (error);
	if (code < 0)
		needed_release (&needed);
	else
		*ret = needed;
	return code;
}

/* What is there under that name the loader takes without a look at any file. */
static int
enter (struct needed_library *library, struct larder_error *error)
{
	if (dlopen (library->name, RTLD_LAZY | RTLD_NOLOAD))
		return 0;
	char path[64];
	snprintf (path, sizeof path, "/proc/self/fd/%d", library->fd);
	library->fd = -1;
	if (dlopen (path, RTLD_NOW | RTLD_LOCAL))
		return 0;
	const char *why = dlerror ();
	return larder_fail (error, LARDER_E_INVALID, "%s cannot be loaded: %s", library->subject, why ? why : "unknown reason");
}

int
needed_enter (struct needed *needed, struct larder_error *error)
{
	int code = 0;
	for (size_t i = 0; i < needed->ordered && code == 0; i++)
		code = enter (&needed->at[needed->order[i]], error);
	return code;
}

void
needed_release (struct needed *needed)
{
	for (size_t i = 0; i < needed->count; i++)
		if (needed->at[i].fd >= 0)
			(void) close (needed->at[i].fd);
	needed->count = needed->ordered = 0;
	arena_free (needed->arena);
	needed->arena = NULL;
}
