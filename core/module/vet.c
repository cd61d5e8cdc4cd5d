/* vet.c: whether a module file may be run at all, decided before any of its code does. */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "vet.h"

/* The linker's name for our own ELF header: what a module must be built for. */
extern const ElfW (Ehdr) __ehdr_start LARDER_HIDDEN;

enum { LINKS_MOST = 40 };

int
vet_refuse (const char *subject, const char *why, const char *next, struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_DENIED, "%s is refused: %s", subject, why);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

/* Whoever else may write there: by its mode a file, or what is in a folder. */
static const char *
other_writer (const struct stat *st)
{
	gid_t own_group = st->st_uid == 0 ? 0 : getegid ();
	return st->st_mode & S_IWOTH ? "everyone" : st->st_mode & S_IWGRP && st->st_gid != own_group ? "a foreign group" : NULL;
}

/* Owned by root or the caller; nobody else may write. In a sticky folder nobody can take away what is not his. */
static int
check_owner (const char *subject, const struct stat *st, const char *path, bool sticky_passes, struct larder_error *error)
{
	char why[PATH_MAX + 100];
	const char *what = S_ISDIR (st->st_mode) ? "folder" : S_ISLNK (st->st_mode) ? "link" : "file";
	if (st->st_uid != 0 && st->st_uid != geteuid ()) {
		snprintf (why, sizeof why, "%s '%s' belongs to another user (%u)", what, path, (unsigned) st->st_uid);
		return vet_refuse (subject, why, "give it to root or to the user who runs larder (chown)", error);
	}
	const char *writer = S_ISLNK (st->st_mode) ? NULL : other_writer (st);
	bool sticky = S_ISDIR (st->st_mode) && (st->st_mode & S_ISVTX) && st->st_uid == 0;
	if (!writer || (sticky && sticky_passes))
		return 0;
	snprintf (why, sizeof why, "%s '%s' is writable by %s (mode %04o)", what, path, writer, (unsigned) st->st_mode & 07777);
	return vet_refuse (subject, why, st->st_mode & S_IWOTH ? "take the permission away: chmod o-w" : "take the permission away: chmod g-w", error);
}

static int
check_folders (const char *subject, const char *folder, struct larder_error *error)
{
	char name[PATH_MAX];
	snprintf (name, sizeof name, "%s", folder);
	for (;;) {
		struct stat st;
		if (stat (name, &st) < 0)
			return larder_fail_errno (error, errno, "cannot look at the folder '%s' of %s", name, subject);
		int code = check_owner (subject, &st, name, true, error);
		if (code < 0 || strcmp (name, "/") == 0)
			return code;
		char *slash = strrchr (name, '/');
		slash[slash == name] = '\0';
	}
}

/* Put what a link holds in its place: `path` up to `end` is the link. Relative targets go from its folder. */
static int
follow (const char *subject, char path[PATH_MAX], size_t end, struct larder_error *error)
{
	char target[PATH_MAX], whole[2 * PATH_MAX];
	char after = path[end];
	path[end] = '\0';
	ssize_t length = readlink (path, target, sizeof target - 1);
	if (length < 0)
		return larder_fail_errno (error, errno, "cannot read the link '%s' of %s", path, subject);
	target[length] = '\0';
	path[end] = after;
	size_t folder = end;
	while (folder > 0 && path[folder - 1] != '/')
		folder--;
	int written = snprintf (whole, sizeof whole, "%.*s%s%s", *target == '/' ? 0 : (int) folder, path, target, path + end);
	if (written >= PATH_MAX)
		return larder_fail (error, LARDER_E_INVALID, "the path of the link '%s' of %s is too long", path, subject);
	memcpy (path, whole, (size_t) written + 1);
	return 0;
}

/* One step further: the end of the component that begins behind the slashes at `at`. */
static size_t
step (const char *path, size_t at)
{
	at += strspn (path + at, "/");
	return at + strcspn (path + at, "/");
}

struct way { size_t end; struct stat last; char last_path[PATH_MAX]; };

/* Look at one component; 1: it is a link, and was followed. What we may not look at is not there for the loader either. */
static int
walk_one (const char *subject, char path[PATH_MAX], struct way *way, bool *ret_there, struct larder_error *error)
{
	struct stat st;
	char name[PATH_MAX];
	snprintf (name, sizeof name, "%.*s", (int) way->end, path);
	if (lstat (name, &st) < 0) {
		*ret_there = false;
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : larder_fail_errno (error, errno, "cannot look at '%s' of %s", name, subject);
	}
	int code = check_owner (subject, &st, name, true, error);
	if (code == 0 && S_ISLNK (st.st_mode)) {
		code = follow (subject, path, way->end, error);
		return code < 0 ? code : 1;
	}
	way->last = st;
	memcpy (way->last_path, name, sizeof name);
	return code;
}

int
vet_way (const char *subject, const char *given, bool *ret_there, struct larder_error *error)
{
	char path[PATH_MAX];
	struct way way = { .end = 1 };
	unsigned links = 0;
	*ret_there = true;
	if (snprintf (path, sizeof path, "%s", given) >= PATH_MAX)
		return larder_fail (error, LARDER_E_INVALID, "the path '%s' of %s is too long", given, subject);
	for (;;) {
		int code = walk_one (subject, path, &way, ret_there, error);
		if (code < 0)
			return code;
		if (code == 1 && ++links > LINKS_MOST)
			return larder_fail (error, LARDER_E_INVALID, "the path '%s' of %s has too many links", given, subject);
		if (!*ret_there || (code == 0 && !path[way.end + strspn (path + way.end, "/")]))
			break;
		way.end = code == 1 ? 1 : step (path, way.end);
	}
	return check_owner (subject, &way.last, way.last_path, false, error);
}

/* A file cut short would be mapped all the same, and kill the process where its bytes are missing. */
static int
check_whole (const char *subject, int fd, const ElfW (Ehdr) *head, uint64_t size, struct larder_error *error)
{
	bool whole = head->e_phentsize == sizeof (ElfW (Phdr)) && head->e_phnum > 0 && head->e_phnum < 256
		&& head->e_shoff <= size && (uint64_t) head->e_shnum * head->e_shentsize <= size - head->e_shoff;
	for (unsigned i = 0; whole && i < head->e_phnum; i++) {
		ElfW (Phdr) part;
		whole = file_pread_all (fd, &part, sizeof part, head->e_phoff + i * sizeof part) == (int64_t) sizeof part
			&& part.p_offset <= size && part.p_filesz <= size - part.p_offset;
	}
	if (whole)
		return 0;
	int code = larder_fail (error, LARDER_E_INVALID, "%s is cut short", subject);
	larder_explain (error, LARDER_DETAIL_NEXT, "install it again");
	return code;
}

int
vet_file (const char *subject, const char *path, int fd, struct larder_error *error)
{
	struct stat st;
	ElfW (Ehdr) head;
	if (fstat (fd, &st) < 0)
		return larder_fail_errno (error, errno, "cannot look at %s", subject);
	if (!S_ISREG (st.st_mode))
		return vet_refuse (subject, "it is not a regular file", "put the file itself into the folder", error);
	int code = check_owner (subject, &st, path, false, error);
	if (code < 0)
		return code;
	if (file_pread_all (fd, &head, sizeof head, 0) < (int64_t) sizeof head || memcmp (head.e_ident, ELFMAG, SELFMAG) != 0)
		return larder_fail (error, LARDER_E_INVALID, "%s is not an ELF file", subject);
	if (head.e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS])
		return larder_fail (error, LARDER_E_INVALID, "%s is built for another word size", subject);
	if (head.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] || head.e_machine != __ehdr_start.e_machine)
		return larder_fail (error, LARDER_E_INVALID, "%s is built for another kind of machine (%u, ours is %u)", subject,
		                    head.e_machine, __ehdr_start.e_machine);
	if (head.e_type != ET_DYN)
		return larder_fail (error, LARDER_E_INVALID, "%s is an ELF file, but not a shared object", subject);
	return check_whole (subject, fd, &head, (uint64_t) st.st_size, error);
}

int
module_vet (const char *path, int *ret_fd, struct larder_error *error)
{
	const char *slash = strrchr (path, '/');
	CLEANUP_FREE char *given = slash ? strndup (path, slash == path ? 1 : (size_t) (slash - path)) : strdup (".");
	CLEANUP_FREE char *folder = given ? realpath (given, NULL) : NULL;
	if (!folder)
		return larder_fail_errno (error, errno, "cannot find the folder of module '%s'", path);
	CLEANUP_FREE char *subject = NULL;
	if (asprintf (&subject, "module '%s'", path) < 0)
		return larder_fail_memory (error);
	int code = check_folders (subject, folder, error);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int in = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int fd = in < 0 ? -1 : openat (in, slash ? slash + 1 : path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP)
		return vet_refuse (subject, "it is a symbolic link", "put the file itself into the folder", error);
	if (fd < 0 && errno == ENOENT) {
		code = larder_fail (error, LARDER_E_NOTFOUND, "no module file '%s'", path);
		larder_explain (error, LARDER_DETAIL_NEXT, "`larder module list` shows what is installed");
		return code;
	}
	if (fd < 0)
		return larder_fail_errno (error, errno, "cannot open module '%s'", path);
	code = vet_file (subject, path, fd, error);
	if (code < 0)
		return code;
	*ret_fd = fd;
	fd = -1;
	return 0;
}
