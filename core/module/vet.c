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

/* The linker's name for our own ELF header: what a module must be built for. */
extern const ElfW (Ehdr) __ehdr_start LARDER_HIDDEN;

static int
refuse (struct larder_error *error, const char *path, const char *why, const char *next)
{
	int code = larder_fail (error, LARDER_E_DENIED, "module '%s' is refused: %s", path, why);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

/* Owned by root or the caller; nobody else may write. */
static int
check_owner (const char *path, const struct stat *st, const char *subject, const char *what, struct larder_error *error)
{
	char why[PATH_MAX + 100];
	bool sticky = S_ISDIR (st->st_mode) && (st->st_mode & S_ISVTX) && st->st_uid == 0;
	if (st->st_uid != 0 && st->st_uid != geteuid ()) {
		snprintf (why, sizeof why, "%s '%s' belongs to another user (%u)", what, subject, (unsigned) st->st_uid);
		return refuse (error, path, why, "give it to root or to the user who runs larder (chown)");
	}
	if ((st->st_mode & S_IWOTH) && !sticky) {
		snprintf (why, sizeof why, "%s '%s' is writable by everyone (mode %04o)", what, subject, (unsigned) st->st_mode & 07777);
		return refuse (error, path, why, "take the permission away: chmod o-w");
	}
	gid_t own_group = st->st_uid == 0 ? 0 : getegid ();
	if ((st->st_mode & S_IWGRP) && !sticky && st->st_gid != own_group) {
		snprintf (why, sizeof why, "%s '%s' is writable by a foreign group (mode %04o)", what, subject, (unsigned) st->st_mode & 07777);
		return refuse (error, path, why, "take the permission away: chmod g-w");
	}
	return 0;
}

static int
check_folders (const char *path, const char *folder, struct larder_error *error)
{
	char name[PATH_MAX];
	snprintf (name, sizeof name, "%s", folder);
	for (;;) {
		struct stat st;
		if (stat (name, &st) < 0)
			return larder_fail_errno (error, errno, "cannot look at the folder '%s' of module '%s'", name, path);
		int code = check_owner (path, &st, name, "folder", error);
		if (code < 0 || strcmp (name, "/") == 0)
			return code;
		char *slash = strrchr (name, '/');
		slash[slash == name] = '\0';
	}
}

/* A file cut short would be mapped all the same, and kill the process where its bytes are missing. */
static int
check_whole (const char *path, int fd, const ElfW (Ehdr) *head, uint64_t size, struct larder_error *error)
{
	bool whole = head->e_phentsize == sizeof (ElfW (Phdr)) && head->e_phnum > 0 && head->e_phnum < 256
		&& head->e_shoff <= size && (uint64_t) head->e_shnum * head->e_shentsize <= size - head->e_shoff;
	for (unsigned i = 0; whole && i < head->e_phnum; i++) {
		ElfW (Phdr) part;
		whole = pread (fd, &part, sizeof part, (off_t) (head->e_phoff + i * sizeof part)) == (ssize_t) sizeof part
			&& part.p_offset <= size && part.p_filesz <= size - part.p_offset;
	}
	if (whole)
		return 0;
	int code = larder_fail (error, LARDER_E_INVALID, "module '%s' is cut short", path);
	larder_explain (error, LARDER_DETAIL_NEXT, "install it again");
	return code;
}

static int
check_file (const char *path, int fd, struct larder_error *error)
{
	struct stat st;
	ElfW (Ehdr) head;
	if (fstat (fd, &st) < 0)
		return larder_fail_errno (error, errno, "cannot look at module '%s'", path);
	if (!S_ISREG (st.st_mode))
		return refuse (error, path, "it is not a regular file", NULL);
	int code = check_owner (path, &st, path, "file", error);
	if (code < 0)
		return code;
	if (pread (fd, &head, sizeof head, 0) < (ssize_t) sizeof head || memcmp (head.e_ident, ELFMAG, SELFMAG) != 0)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' is not an ELF file", path);
	if (head.e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS])
		return larder_fail (error, LARDER_E_INVALID, "module '%s' is built for another word size", path);
	if (head.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] || head.e_machine != __ehdr_start.e_machine)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' is built for another kind of machine (%u, ours is %u)", path,
		                    head.e_machine, __ehdr_start.e_machine);
	if (head.e_type != ET_DYN)
		return larder_fail (error, LARDER_E_INVALID, "module '%s' is an ELF file, but not a shared object", path);
	return check_whole (path, fd, &head, (uint64_t) st.st_size, error);
}

int
module_vet (const char *path, int *ret_fd, struct larder_error *error)
{
	const char *slash = strrchr (path, '/');
	CLEANUP_FREE char *given = slash ? strndup (path, slash == path ? 1 : (size_t) (slash - path)) : strdup (".");
	CLEANUP_FREE char *folder = given ? realpath (given, NULL) : NULL;
	if (!folder)
		return larder_fail_errno (error, errno, "cannot find the folder of module '%s'", path);
	int code = check_folders (path, folder, error);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int in = open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int fd = in < 0 ? -1 : openat (in, slash ? slash + 1 : path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP)
		return refuse (error, path, "it is a symbolic link", "put the file itself into the folder");
	if (fd < 0 && errno == ENOENT) {
		code = larder_fail (error, LARDER_E_NOTFOUND, "no module file '%s'", path);
		larder_explain (error, LARDER_DETAIL_NEXT, "`larder module list` shows what is installed");
		return code;
	}
	if (fd < 0)
		return larder_fail_errno (error, errno, "cannot open module '%s'", path);
	code = check_file (path, fd, error);
	if (code < 0)
		return code;
	*ret_fd = fd;
	fd = -1;
	return 0;
}
