/* needed.h: the private libraries of a module: those its RUNPATH leads to or that lie in `private` beside it, and theirs. */
#ifndef LARDER_MODULE_NEEDED_H
#define LARDER_MODULE_NEEDED_H

#include <stddef.h>
#include <sys/types.h>
#include <larder/types.h>

enum { NEEDED_LIBRARIES_MOST = 64 };

struct needed {
	size_t count, ordered;
	struct needed_library {
		const char *subject, *name;      /* for messages; as it is needed */
		dev_t device;
		ino_t inode;
		int fd;                          /* -1 once the loader has seen it: from then on it stays open */
	} at[NEEDED_LIBRARIES_MOST];
	size_t order[NEEDED_LIBRARIES_MOST];     /* each after those it needs */
	const char *beside;                      /* folder of private libraries beside the modules, or NULL */
	struct larder_arena *arena;
};

/* Find and vet them all; nothing of them runs. */
int needed_vet (const char *path, int fd, struct needed *ret, struct larder_error *error);
/* Load what was vetted, through the held descriptors, so that the loader has no file left to look for. */
int needed_enter (struct needed *needed, struct larder_error *error);
/* Close what the loader has not seen. */
void needed_release (struct needed *needed);

#endif
