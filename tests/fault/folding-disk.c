/* folding-disk.c: preloaded, a disk that does not tell upper from lower case: a name that is there in another spelling is taken
 * for that one. It says that it is an exfat. */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NEXT(name, next) do { void *symbol = dlsym (RTLD_NEXT, name); memcpy (&(next), &symbol, sizeof symbol); } while (0)

/* The name as the folder has it. */
static const char *
fold (int folder, const char *name, char into[256])
{
	int (*next) (int, const char *, int, ...);
	NEXT ("openat", next);
	int fd = folder >= 0 && !strchr (name, '/') && *name ? next (folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *names = fd >= 0 ? fdopendir (fd) : NULL;
	for (const struct dirent *entry; names && (entry = readdir (names)); )
		if (strcasecmp (entry->d_name, name) == 0) {
			snprintf (into, 256, "%s", entry->d_name);
			name = into;
			break;
		}
	if (names)
		closedir (names);
	return name;
}

int
fstatat (int folder, const char *name, struct stat *ret, int flags)
{
	int (*next) (int, const char *, struct stat *, int);
	char into[256];
	NEXT ("fstatat", next);
	return next (folder, fold (folder, name, into), ret, flags);
}

int
linkat (int from, const char *old, int folder, const char *name, int flags)
{
	int (*next) (int, const char *, int, const char *, int);
	char into[256];
	NEXT ("linkat", next);
	return next (from, old, folder, fold (folder, name, into), flags);
}

int
renameat (int from, const char *old, int folder, const char *name)
{
	int (*next) (int, const char *, int, const char *);
	char into[256];
	NEXT ("renameat", next);
	return next (from, old, folder, fold (folder, name, into));
}

int
fstatfs (int fd, struct statfs *ret)
{
	int (*next) (int, struct statfs *);
	NEXT ("fstatfs", next);
	int status = next (fd, ret);
	ret->f_type = 0x2011bab0;
	return status;
}
