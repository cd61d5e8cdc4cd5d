/* bad-calls.c: preloaded: calls of the system that go wrong as LARDER_BAD says: CALL:HOW[:FROM[:TIMES]], comma between.
 * HOW is the name of an error, "short" (a third of what was asked for), "kill" (the process ends there as by kill -9), or "late": it is done, and
 * said to have failed with ENOENT (EEXIST of a link), as an NFS client says whose first reply was lost. FROM counts the calls of that name from 1, TIMES 0 is for ever.
 * Names are resolved here too: getaddrinfo knows "store.test", which is this machine. */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define PUBLIC __attribute__ ((visibility ("default")))
#define REAL(name) (__typeof__ (&name)) (uintptr_t) dlsym (RTLD_NEXT, #name)

enum call { READ, PREAD, WRITE, PWRITE, FSYNC, THREAD, NAMES, LINK, RENAME, SYMLINK, UNLINK, MKDIR, CALLS };
static const char *const names[CALLS] = {
	"read", "pread", "write", "pwrite", "fsync", "pthread_create", "getaddrinfo", "linkat", "renameat", "symlinkat", "unlinkat", "mkdirat",
};
static atomic_uint counts[CALLS];

#define SHORT (-1)
#define KILL (-2)
#define LATE (-3)
static const struct { const char *name; int number; } hows[] = {
	{ "short", SHORT }, { "kill", KILL }, { "late", LATE }, { "ESTALE", ESTALE }, { "EDQUOT", EDQUOT }, { "EIO", EIO }, { "EINTR", EINTR }, { "ENOSPC", ENOSPC }, { "EAGAIN", EAGAIN }, { "EAI_AGAIN", EAI_AGAIN },
};

/* 0: it goes well. */
static int
wrong (enum call call)
{
	unsigned number = atomic_fetch_add (&counts[call], 1) + 1, from = 1, times = 0;
	size_t length = strlen (names[call]);
	char how[16] = "";
	for (const char *at = getenv ("LARDER_BAD"); at && *at; at += strcspn (at, ","), at += *at == ',')
		if (strncmp (at, names[call], length) == 0 && at[length] == ':' && sscanf (at + length + 1, "%15[A-Za-z_]:%u:%u", how, &from, &times) >= 1) {
			if (number < from || (times > 0 && number >= from + times))
				continue;
			for (size_t i = 0; i < sizeof hows / sizeof *hows; i++)
				if (strcmp (how, hows[i].name) == 0 && hows[i].number == KILL)
					kill (getpid (), SIGKILL);
				else if (strcmp (how, hows[i].name) == 0)
					return hows[i].number;
		}
	return 0;
}

static size_t
third (int how, size_t count)
{
	return how == SHORT && count > 3 ? count / 3 : count;
}

#define FAIL(how) if ((how) > 0) return errno = (how), -1

PUBLIC ssize_t
read (int fd, void *into, size_t count)
{
	int how = fd > 2 ? wrong (READ) : 0;
	FAIL (how);
	return (REAL (read)) (fd, into, third (how, count));
}

PUBLIC ssize_t
pread (int fd, void *into, size_t count, off_t at)
{
	int how = wrong (PREAD);
	FAIL (how);
	return (REAL (pread)) (fd, into, third (how, count), at);
}

PUBLIC ssize_t
write (int fd, const void *from, size_t count)
{
	int how = fd > 2 ? wrong (WRITE) : 0;
	FAIL (how);
	return (REAL (write)) (fd, from, third (how, count));
}

PUBLIC ssize_t
pwrite (int fd, const void *from, size_t count, off_t at)
{
	int how = wrong (PWRITE);
	FAIL (how);
	return (REAL (pwrite)) (fd, from, third (how, count), at);
}

PUBLIC int
fsync (int fd)
{
	FAIL (wrong (FSYNC));
	return (REAL (fsync)) (fd);
}

PUBLIC int
pthread_create (pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*run) (void *), void *restrict context)
{
	int how = wrong (THREAD);
	return how > 0 ? how : (REAL (pthread_create)) (thread, attributes, run, context);
}

PUBLIC int
getaddrinfo (const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
	if (!node || strcmp (node, "store.test") != 0)
		return (REAL (getaddrinfo)) (node, service, hints, ret);
	int how = wrong (NAMES);
	return how ? how : (REAL (getaddrinfo)) ("127.0.0.1", service, hints, ret);
}

/* ---- names in folders ---- */

#define LATELY(how, done, errnum) if ((how) == LATE && (done) == 0) return errno = (errnum), -1

PUBLIC int
linkat (int from, const char *one, int to, const char *other, int flags)
{
	int how = wrong (LINK);
	FAIL (how);
	int done = (REAL (linkat)) (from, one, to, other, flags);
	LATELY (how, done, EEXIST);
	return done;
}

PUBLIC int
renameat (int from, const char *one, int to, const char *other)
{
	int how = wrong (RENAME);
	FAIL (how);
	int done = (REAL (renameat)) (from, one, to, other);
	LATELY (how, done, ENOENT);
	return done;
}

PUBLIC int
symlinkat (const char *target, int folder, const char *name)
{
	FAIL (wrong (SYMLINK));
	return (REAL (symlinkat)) (target, folder, name);
}

PUBLIC int
unlinkat (int folder, const char *name, int flags)
{
	int how = wrong (UNLINK);
	FAIL (how);
	int done = (REAL (unlinkat)) (folder, name, flags);
	LATELY (how, done, ENOENT);
	return done;
}

PUBLIC int
mkdirat (int folder, const char *name, mode_t mode)
{
	FAIL (wrong (MKDIR));
	return (REAL (mkdirat)) (folder, name, mode);
}
