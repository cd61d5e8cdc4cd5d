/* bad-calls.c: preloaded: calls of the system that go wrong as LARDER_BAD says (going-wrong.h). One that is denied late says ENOENT, a link EEXIST.
 * Names are resolved here too: getaddrinfo knows "store.test", which is this machine. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "going-wrong.h"

#define PUBLIC __attribute__ ((visibility ("default")))
#define REAL(name) (__typeof__ (&name)) (uintptr_t) dlsym (RTLD_NEXT, #name)

static size_t
third (int how, size_t count)
{
	return how == SHORT && count > 3 ? count / 3 : count;
}

#define FAIL(how) if ((how) > 0) return errno = (how), -1

PUBLIC ssize_t
read (int fd, void *into, size_t count)
{
	int how = fd > 2 ? going_wrong ("read") : 0;
	FAIL (how);
	return (REAL (read)) (fd, into, third (how, count));
}

PUBLIC ssize_t
pread (int fd, void *into, size_t count, off_t at)
{
	int how = going_wrong ("pread");
	FAIL (how);
	return (REAL (pread)) (fd, into, third (how, count), at);
}

PUBLIC ssize_t
write (int fd, const void *from, size_t count)
{
	int how = fd > 2 ? going_wrong ("write") : 0;
	FAIL (how);
	return (REAL (write)) (fd, from, third (how, count));
}

PUBLIC ssize_t
pwrite (int fd, const void *from, size_t count, off_t at)
{
	int how = going_wrong ("pwrite");
	FAIL (how);
	return (REAL (pwrite)) (fd, from, third (how, count), at);
}

PUBLIC int
fsync (int fd)
{
	FAIL (going_wrong ("fsync"));
	return (REAL (fsync)) (fd);
}

PUBLIC int
pthread_create (pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*run) (void *), void *restrict context)
{
	int how = going_wrong ("pthread_create");
	return how > 0 ? how : (REAL (pthread_create)) (thread, attributes, run, context);
}

PUBLIC int
getaddrinfo (const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
	if (!node || strcmp (node, "store.test") != 0)
		return (REAL (getaddrinfo)) (node, service, hints, ret);
	int how = going_wrong ("getaddrinfo");
	return how ? how : (REAL (getaddrinfo)) ("127.0.0.1", service, hints, ret);
}

/* ---- names in folders ---- */

#define LATELY(how, done, errnum) if ((how) == LATE && (done) == 0) return errno = (errnum), -1

PUBLIC int
linkat (int from, const char *one, int to, const char *other, int flags)
{
	int how = going_wrong ("linkat");
	FAIL (how);
	int done = (REAL (linkat)) (from, one, to, other, flags);
	LATELY (how, done, EEXIST);
	return done;
}

PUBLIC int
renameat (int from, const char *one, int to, const char *other)
{
	int how = going_wrong ("renameat");
	FAIL (how);
	int done = (REAL (renameat)) (from, one, to, other);
	LATELY (how, done, ENOENT);
	return done;
}

PUBLIC int
symlinkat (const char *target, int folder, const char *name)
{
	FAIL (going_wrong ("symlinkat"));
	return (REAL (symlinkat)) (target, folder, name);
}

PUBLIC int
unlinkat (int folder, const char *name, int flags)
{
	int how = going_wrong ("unlinkat");
	FAIL (how);
	int done = (REAL (unlinkat)) (folder, name, flags);
	LATELY (how, done, ENOENT);
	return done;
}

PUBLIC int
utimensat (int folder, const char *name, const struct timespec times[2], int flags)
{
	FAIL (going_wrong ("utimensat"));
	return (REAL (utimensat)) (folder, name, times, flags);
}

PUBLIC int
mkdirat (int folder, const char *name, mode_t mode)
{
	FAIL (going_wrong ("mkdirat"));
	return (REAL (mkdirat)) (folder, name, mode);
}
