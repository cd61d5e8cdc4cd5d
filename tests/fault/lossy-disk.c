/* lossy-disk.c: preloaded, a disk that keeps another byte than it was given: the last one of a large write into a file. */
#include <dlfcn.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t
write (int fd, const void *bytes, size_t count)
{
	ssize_t (*next) (int, const void *, size_t);
	void *symbol = dlsym (RTLD_NEXT, "write");
	memcpy (&next, &symbol, sizeof next);
	struct stat st;
	char *changed = count >= 4096 && fstat (fd, &st) == 0 && S_ISREG (st.st_mode) ? malloc (count) : NULL;
	if (!changed)
		return next (fd, bytes, count);
	memcpy (changed, bytes, count);
	changed[count - 1] ^= 1;
	ssize_t written = next (fd, changed, count);
	free (changed);
	return written;
}
