/* spelling.c: folders that do not tell upper from lower case. There 'A' would replace 'a' without a word; the one that is there
 * keeps its name, and the other is refused. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "transfer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "error.h"

#ifndef FS_CASEFOLD_FL
#define FS_CASEFOLD_FL 0x40000000
#endif

bool
spelling_folds (int folder)
{
	static const long kinds[] = {          /* statfs(2): vfat, exfat, ntfs, ntfs3, cifs, smb2, hfs+ */
		0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, (long) 0xff534d42, (long) 0xfe534d42, 0x482b,
	};
	struct statfs disk;
	int flags = 0;
	if (ioctl (folder, FS_IOC_GETFLAGS, &flags) == 0 && flags & FS_CASEFOLD_FL)
		return true;
	bool folds = false;
	if (fstatfs (folder, &disk) == 0)
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			folds |= (long) disk.f_type == kinds[i];
	return folds;
}

/* Does the folder list this very name? */
static bool
is_listed (int folder, const char *name)
{
	int fd = openat (folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fd >= 0 ? fdopendir (fd) : NULL;
	const struct dirent *entry = NULL;
	if (!names) {
		if (fd >= 0)
			close (fd);
		return false;
	}
	while ((entry = readdir (names)) && strcmp (entry->d_name, name) != 0)
		;
	closedir (names);
	return entry != NULL;
}

int
spelling_check (int folder, const char *name, const char *shown, struct larder_error *error)
{
	struct stat there;
	if (fstatat (folder, name, &there, AT_SYMLINK_NOFOLLOW) < 0 || is_listed (folder, name))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "copy it alone, to a name of your choice, or into a folder that tells upper from lower case",
		"'%s' differs only in case from a file that is there, and this folder does not tell them apart", shown);
}
