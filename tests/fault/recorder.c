/* recorder.c: what a process asks of the file system, for the power cut test. Preloaded. Each call that succeeds below the
 * folder LARDER_RECORD_ROOT adds a line to the file LARDER_RECORD:
 *
 *   make INODE PATH | nameless INODE | folder INODE PATH | write INODE OFFSET HEX | cut INODE LENGTH | sync INODE
 *   rename FROM TO | link INODE PATH | unlink PATH | symlink INODE PATH TARGET | mode INODE MODE
 *
 * LARDER_RECORD_STOP=N: the process is killed instead of doing its Nth call of these, counted from 0. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHOWN __attribute__ ((visibility ("default")))
#define PATH_ROOM 8192
/* The function that this one stands before. */
#define REAL(name) __typeof__ (&name) real = (__typeof__ (&name)) (uintptr_t) dlsym (RTLD_NEXT, #name)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;        /* the order of the lines is the order of the calls */
static unsigned long count;

/* ---- names ---- */

static void
path_of (int at, const char *name, char ret[PATH_ROOM])
{
	char self[64], folder[4096];
	snprintf (self, sizeof self, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
	ssize_t length = *name == '/' ? 0 : readlink (self, folder, sizeof folder - 1);
	folder[length > 0 ? length : 0] = '\0';
	snprintf (ret, PATH_ROOM, "%s%s%s", folder, *name && *name != '/' ? "/" : "", name);
}

static bool
is_ours (const char *path)
{
	const char *root = getenv ("LARDER_RECORD_ROOT");
	size_t length = root ? strlen (root) : 0;
	return length && strncmp (path, root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool
is_ours_at (int at, const char *name)
{
	char path[PATH_ROOM];
	path_of (at, name, path);
	return is_ours (path);
}

static unsigned long long
inode_of (int at, const char *name, int flags)
{
	struct stat st;
	return fstatat (at, name, &st, flags) == 0 ? (unsigned long long) st.st_ino : 0;
}

/* ---- lines ---- */

static void
begin (bool ours)
{
	const char *stop = getenv ("LARDER_RECORD_STOP");
	pthread_mutex_lock (&lock);
	if (ours && stop && count++ == strtoul (stop, NULL, 10))
		raise (SIGKILL);
}

static void __attribute__ ((format (printf, 2, 3)))
end (bool tell, const char *format, ...)
{
	int fd = tell ? (int) syscall (SYS_openat, AT_FDCWD, getenv ("LARDER_RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
	if (fd >= 0) {
		va_list arguments;
		va_start (arguments, format);
		vdprintf (fd, format, arguments);
		va_end (arguments);
		close (fd);
	}
	pthread_mutex_unlock (&lock);
}

static void
end_write (bool tell, int fd, long long offset, const void *bytes, ssize_t put)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = calloc (2, put > 0 ? (size_t) put + 1 : 1);
	for (ssize_t i = 0; hex && i < put; i++) {
		hex[2 * i] = digits[((const unsigned char *) bytes)[i] >> 4];
		hex[2 * i + 1] = digits[((const unsigned char *) bytes)[i] & 15];
	}
	end (tell && hex && put >= 0, "write %llu %lld %s\n", inode_of (fd, "", AT_EMPTY_PATH), offset, hex ? hex : "");
	free (hex);
}

/* ---- calls ---- */

static void
end_open (bool ours, int at, const char *name, bool was_there, long fd)
{
	char path[PATH_ROOM];
	path_of (at, name, path);
	end (ours && fd >= 0 && !was_there, "make %llu %s\n", inode_of ((int) fd, "", AT_EMPTY_PATH), path);
}

SHOWN int
openat (int at, const char *name, int flags, ...)
{
	REAL (openat);
	va_list arguments;
	va_start (arguments, flags);
	bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
	mode_t mode = flags & O_CREAT || nameless ? va_arg (arguments, mode_t) : 0;
	va_end (arguments);
	bool there = !nameless && (!(flags & O_CREAT) || inode_of (at, name, AT_SYMLINK_NOFOLLOW)), ours = !there && is_ours_at (at, name);
	begin (ours);
	int fd = real (at, name, flags, mode);
	int kept = errno;
	if (nameless)
		end (ours && fd >= 0, "nameless %llu\n", inode_of (fd, "", AT_EMPTY_PATH));
	else
		end_open (ours, at, name, there, fd);
	errno = kept;
	return fd;
}

/* openat2 has no function of its own. */
SHOWN long
syscall (long number, ...)
{
	REAL (syscall);
	long a[6];
	va_list arguments;
	va_start (arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg (arguments, long);
	va_end (arguments);
	if (number != SYS_openat2)
		return real (number, a[0], a[1], a[2], a[3], a[4], a[5]);
	const char *name = (const char *) a[1];
	const struct open_how *how = (const struct open_how *) a[2];
	bool there = !(how->flags & O_CREAT) || inode_of ((int) a[0], name, AT_SYMLINK_NOFOLLOW), ours = !there && is_ours_at ((int) a[0], name);
	begin (ours);
	long fd = real (number, a[0], a[1], a[2], a[3], a[4], a[5]);
	int kept = errno;
	end_open (ours, (int) a[0], name, there, fd);
	errno = kept;
	return fd;
}

SHOWN ssize_t
write (int fd, const void *bytes, size_t want)
{
	REAL (write);
	bool ours = is_ours_at (fd, "");
	begin (ours);
	long long offset = ours ? (long long) lseek (fd, 0, SEEK_CUR) : 0;
	ssize_t put = real (fd, bytes, want);
	int kept = errno;
	end_write (ours, fd, offset, bytes, ours ? put : 0);
	errno = kept;
	return put;
}

SHOWN ssize_t
pwrite (int fd, const void *bytes, size_t want, off_t offset)
{
	REAL (pwrite);
	bool ours = is_ours_at (fd, "");
	begin (ours);
	ssize_t put = real (fd, bytes, want, offset);
	int kept = errno;
	end_write (ours, fd, (long long) offset, bytes, ours ? put : 0);
	errno = kept;
	return put;
}

SHOWN int
ftruncate (int fd, off_t length)
{
	REAL (ftruncate);
	bool ours = is_ours_at (fd, "");
	begin (ours);
	int status = real (fd, length);
	int kept = errno;
	end (ours && status == 0, "cut %llu %lld\n", inode_of (fd, "", AT_EMPTY_PATH), (long long) length);
	errno = kept;
	return status;
}

SHOWN int
fallocate (int fd, int mode, off_t offset, off_t length)
{
	REAL (fallocate);
	struct stat st = { .st_size = 0 };
	bool ours = is_ours_at (fd, "");
	begin (ours);
	int status = real (fd, mode, offset, length);
	int kept = errno;
	bool told = ours && status == 0 && fstat (fd, &st) == 0;      /* first: arguments have no order */
	end (told, "cut %llu %lld\n", inode_of (fd, "", AT_EMPTY_PATH), (long long) st.st_size);
	errno = kept;
	return status;
}

SHOWN int
fsync (int fd)
{
	REAL (fsync);
	bool ours = is_ours_at (fd, "");
	begin (ours);
	int status = ours ? 0 : real (fd);      /* the disk that matters is the test's model */
	int kept = errno;
	end (ours && status == 0, "sync %llu\n", inode_of (fd, "", AT_EMPTY_PATH));
	errno = kept;
	return status;
}

SHOWN int
mkdirat (int at, const char *name, mode_t mode)
{
	REAL (mkdirat);
	char path[PATH_ROOM];
	path_of (at, name, path);
	bool ours = is_ours (path);
	begin (ours);
	int status = real (at, name, mode);
	int kept = errno;
	end (ours && status == 0, "folder %llu %s\n", inode_of (at, name, 0), path);
	errno = kept;
	return status;
}

SHOWN int
renameat (int from_at, const char *from, int to_at, const char *to)
{
	REAL (renameat);
	char old[PATH_ROOM], new[PATH_ROOM];
	path_of (from_at, from, old);
	path_of (to_at, to, new);
	bool ours = is_ours (new);
	begin (ours);
	int status = real (from_at, from, to_at, to);
	int kept = errno;
	end (ours && status == 0, "rename %s %s\n", old, new);
	errno = kept;
	return status;
}

SHOWN int
linkat (int from_at, const char *from, int to_at, const char *to, int flags)
{
	REAL (linkat);
	char path[PATH_ROOM];
	path_of (to_at, to, path);
	bool ours = is_ours (path);
	begin (ours);
	int status = real (from_at, from, to_at, to, flags);
	int kept = errno;
	end (ours && status == 0, "link %llu %s\n", inode_of (to_at, to, AT_SYMLINK_NOFOLLOW), path);
	errno = kept;
	return status;
}

SHOWN int
symlinkat (const char *target, int at, const char *name)
{
	REAL (symlinkat);
	char path[PATH_ROOM];
	path_of (at, name, path);
	bool ours = is_ours (path);
	begin (ours);
	int status = real (target, at, name);
	int kept = errno;
	end (ours && status == 0, "symlink %llu %s %s\n", inode_of (at, name, AT_SYMLINK_NOFOLLOW), path, target);
	errno = kept;
	return status;
}

SHOWN int
fchmod (int fd, mode_t mode)
{
	REAL (fchmod);
	bool ours = is_ours_at (fd, "");
	begin (ours);
	int status = real (fd, mode);
	int kept = errno;
	end (ours && status == 0, "mode %llu %o\n", inode_of (fd, "", AT_EMPTY_PATH), (unsigned) mode);
	errno = kept;
	return status;
}

SHOWN int
unlinkat (int at, const char *name, int flags)
{
	REAL (unlinkat);
	char path[PATH_ROOM];
	path_of (at, name, path);
	bool ours = is_ours (path);
	begin (ours);
	int status = real (at, name, flags);
	int kept = errno;
	end (ours && status == 0, "unlink %s\n", path);
	errno = kept;
	return status;
}
