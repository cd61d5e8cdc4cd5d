/* counted-calls.c: preloaded: each call that asks the file system about something below the folder LARDER_COUNT_ROOT adds its name and that path to the file
 * LARDER_COUNT, a line a call. On a mount over the network each of them may be a round trip. */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PUBLIC __attribute__ ((visibility ("default")))
#define REAL(name) __typeof__ (&name) real = (__typeof__ (&name)) (uintptr_t) dlsym (RTLD_NEXT, #name)

static void
count (const char *call, int at, const char *name)
{
	char self[64], folder[4096] = "", path[8192];
	const char *root = getenv ("LARDER_COUNT_ROOT"), *log = getenv ("LARDER_COUNT");
	REAL (syscall);
	snprintf (self, sizeof self, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
	long length = *name == '/' ? 0 : real (SYS_readlinkat, AT_FDCWD, self, folder, sizeof folder - 1);
	folder[length > 0 ? length : 0] = '\0';
	snprintf (path, sizeof path, "%s%s%s", folder, *name && *name != '/' ? "/" : "", name);
	if (!root || !log || strncmp (path, root, strlen (root)) != 0)
		return;
	long fd = real (SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		abort ();
	dprintf ((int) fd, "%s %s\n", call, path + strlen (root));
	real (SYS_close, fd);
}

static mode_t
mode_of (int flags, va_list arguments)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg (arguments, mode_t) : 0;
}

PUBLIC int
openat (int at, const char *name, int flags, ...)
{
	REAL (openat);
	va_list arguments;
	va_start (arguments, flags);
	mode_t mode = mode_of (flags, arguments);
	va_end (arguments);
	count ("open", at, name);
	return real (at, name, flags, mode);
}

PUBLIC int
open (const char *name, int flags, ...)
{
	REAL (open);
	va_list arguments;
	va_start (arguments, flags);
	mode_t mode = mode_of (flags, arguments);
	va_end (arguments);
	count ("open", AT_FDCWD, name);
	return real (name, flags, mode);
}

/* openat2 has no function of its own. */
PUBLIC long
syscall (long number, ...)
{
	REAL (syscall);
	long a[6];
	va_list arguments;
	va_start (arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg (arguments, long);
	va_end (arguments);
	if (number == SYS_openat2)
		count ("open", (int) a[0], (const char *) a[1]);
	return real (number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

PUBLIC ssize_t
readlinkat (int at, const char *name, char *into, size_t room)
{
	REAL (readlinkat);
	count ("readlink", at, name);
	return real (at, name, into, room);
}

PUBLIC int
fstatat (int at, const char *name, struct stat *ret, int flags)
{
	REAL (fstatat);
	count ("stat", at, name);
	return real (at, name, ret, flags);
}

PUBLIC ssize_t
read (int fd, void *into, size_t want)
{
	REAL (read);
	count ("read", fd, "");
	return real (fd, into, want);
}

PUBLIC ssize_t
pread (int fd, void *into, size_t want, off_t at)
{
	REAL (pread);
	count ("read", fd, "");
	return real (fd, into, want, at);
}

PUBLIC DIR *
fdopendir (int fd)
{
	REAL (fdopendir);
	count ("list", fd, "");
	return real (fd);
}

PUBLIC int
utimensat (int at, const char *name, const struct timespec times[2], int flags)
{
	REAL (utimensat);
	count ("touch", at, name);
	return real (at, name, times, flags);
}

PUBLIC int
futimens (int fd, const struct timespec times[2])
{
	REAL (futimens);
	count ("touch", fd, "");
	return real (fd, times);
}

PUBLIC ssize_t
write (int fd, const void *bytes, size_t want)
{
	REAL (write);
	count ("write", fd, "");
	return real (fd, bytes, want);
}

PUBLIC int
faccessat (int at, const char *name, int mode, int flags)
{
	REAL (faccessat);
	count ("access", at, name);
	return real (at, name, mode, flags);
}
