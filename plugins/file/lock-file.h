/* lock-file.h: what the files of this provider share. */
#ifndef PLUGINS_FILE_LOCK_FILE_H
#define PLUGINS_FILE_LOCK_FILE_H

#include "lease.h"

struct locks {
	const char *root, *mode_text;    /* options */
	int folder;                      /* descriptor of root */
	unsigned mode;                   /* of a lock's file */
	const char *machine;             /* option of the tests: to be another machine */
	char boot[LEASE_BOOT_ROOM];
};

/* The file of one lock, held alone (or with other readers) until lock_file_close. */
struct lock_file {
	const char *name;                /* of the lock */
	int fd;
	struct lease_record record;
	int slot;                        /* where the record stands */
};
#define LOCK_FILE_NONE { .fd = -1 }
void lock_file_close (struct lock_file *file);

/* place.c: opens the root, making it where it is missing. */
int place_open (struct locks *locks, struct larder_error *error);
/* The file of a lock, locked: made first when it is missing. With `look`, one that is missing is NOTFOUND, and it is only read. */
int place_take (const struct locks *locks, struct larder_call *call, const char *name, bool look, struct lock_file *ret, struct larder_error *error);

/* slots.c: the file of a lock never taken, under its name at once and whole; 0 also when it is there. */
int slots_first (const struct locks *locks, const char *path, const char *name, struct larder_error *error);
int slots_read (const struct locks *locks, struct larder_call *call, struct lock_file *file, struct larder_error *error);
/* Durable when it returns 0; until then, whatever happens, the one before is what is read. */
int slots_write (const struct locks *locks, struct lock_file *file, const struct lease_record *record, struct larder_error *error);
/* Now, by the clock of who serves the files; writes a byte to it. Negative errno. */
int64_t slots_served (const struct lock_file *file);

/* times.c */
/* What is left of a lease, 0 when nobody holds it. Negative errno. `look`: nothing may be written. */
int64_t times_left (const struct locks *locks, struct lock_file *file, bool look);
/* Let it end `length` from now. Negative errno. */
int times_set (const struct locks *locks, const struct lock_file *file, struct lease_record *record, int64_t length);

#endif
