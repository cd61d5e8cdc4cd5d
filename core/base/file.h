/* file.h: files below a held folder, and the one way to publish a file.
 *
 * No path leaves its root: every open goes through openat2 with RESOLVE_BENEATH, NO_SYMLINKS and
 * NO_MAGICLINKS from a descriptor of the root (where the kernel lacks openat2, one component at a time
 * with O_NOFOLLOW). Paths are relative, without leading '/'. */
#ifndef LARDER_BASE_FILE_H
#define LARDER_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <larder/types.h>

/* Open below `root`. flags as of open(2), O_CLOEXEC added. Negative errno on failure (not a LARDER_E_ code). */
int file_open_beneath (int root, const char *path, int flags, mode_t mode);
/* The fallback of the above, for kernels without openat2. */
int file_open_walking (int root, const char *path, int flags, mode_t mode);
/* The same with links followed, as long as none leads out of root (-EXDEV, also where it comes back): for reading what a user
 * chose. -ENOSYS where the kernel cannot see to that. */
int file_open_within (int root, const char *path, int flags);
/* Make the folders of `path` up to its last '/', each beneath root. `durable`: fsync of each parent that changed, or where
 * another process may have died before it did so. */
int file_make_parents (int root, const char *path, mode_t mode, bool durable, struct larder_error *error);
/* mkdir -p of a path that the user named: links in it are his. As durable as the above. */
int file_make_folders (const char *path, mode_t mode, struct larder_error *error);
/* And opens it: the descriptor, or a code. */
int file_open_made (const char *path, mode_t mode, struct larder_error *error);
/* Before something is paid for that is to go there: may files be made in this folder, or it where it is to be? Makes nothing. */
int file_check_folder (const char *path, struct larder_error *error);
/* STATE/KIND, or in it the folder `of` something (NULL: none), made where `make`: the descriptor, or less than 0; `state` NULL is none. */
int file_state_folder (const char *state, const char *kind, const char *of, bool make);
/* Without links and '..', from malloc: of what is not there yet, what of it is, and the rest as it was given. NULL: no memory. */
char *file_absolute (const char *path);
/* chmod; refused is no failure where what is there allows what `mode` does already: of a file to read and to write. 0 or negative errno. */
int file_try_mode (int fd, mode_t mode);
/* 0: it has that mode; 1: it keeps its own, which suffices; or negative errno, also where chmod says that it was done and nothing changed. */
int file_set_mode (int fd, mode_t mode);
/* Remove empty folders above `path`, up to root. Never fails. */
void file_trim_parents (int root, const char *path);
/* What was removed from the folder of `path` stays so: fsync of it, or of the nearest one above that is still there. 0 or negative errno. */
int file_settle_removal (int root, const char *path);
/* Every name in a folder but "." and "..", in any order; none where there is no such folder. A listing that broke off is an error, whatever was told
 * of it. Other than 0 of `each` ends it, and is handed on. */
int file_each_name (int root, const char *path, int (*each) (void *context, const char *name, struct larder_error *error), void *context, struct larder_error *error);
/* Remove a folder with all below it, as far as that goes; no link is followed. Never fails. */
void file_remove_tree (int root, const char *path);
/* Bytes on the disk of a file or folder with all below it; of a file with many names its share. */
uint64_t file_tree_size (int root, const char *path);
int file_unlink_beneath (int root, const char *path);            /* 0 or negative errno */

/* A file being written that nobody sees before it is published. */
enum file_publish_how {
	FILE_REPLACE,        /* rename over what is there */
	FILE_CREATE          /* link: CONFLICT if the name is taken; then nothing changes */
};

struct file_draft {
	int folder;          /* descriptor of the folder it will appear in */
	int fd;              /* write here: write(2) or pwrite(2) */
	char name[64];       /* private name in that folder, ".tmp-…", unique; "" while it has none */
	char last[256];      /* final name */
	bool durable;
};

/* Private file in the folder of `path` (parents are made), mode as given whatever the umask; without a name where that can be, so
 * that nothing is left when the process dies. */
int file_draft_begin (struct file_draft *draft, int root, const char *path, mode_t mode, bool durable, struct larder_error *error);
/* Gives one without a name the private name `name`, of file_private_name, for a file that is to outlive the process. */
int file_draft_name (struct file_draft *draft, const char *name, struct larder_error *error);
void file_private_name (char ret[64]);
/* The private file `name` that an ended process left in that folder: NOTFOUND unless it is ours and nobody else's. */
int file_draft_again (struct file_draft *draft, int root, const char *path, const char *name, mode_t mode, bool durable, struct larder_error *error);
/* Closes it and leaves the private file, for file_draft_again. */
void file_draft_keep (struct file_draft *draft);
int file_draft_write (struct file_draft *draft, const void *bytes, size_t count, struct larder_error *error);
/* fsync, checked close, rename or link, fsync of the folder. On failure the draft is gone and the old
 * content intact; an fsync that failed is never repeated. */
int file_draft_publish (struct file_draft *draft, enum file_publish_how how, struct larder_error *error);
/* One that file_draft_again would open, away. */
void file_draft_discard (int root, const char *path, const char *name);
/* Private files in that folder which processes left that have died: those whose lock nobody holds. Never fails. */
void file_draft_clear (int root, const char *folder);
/* Throw away; harmless after publish and on a zeroed draft with fd = -1. */
void file_draft_abort (struct file_draft *draft);
#define FILE_DRAFT_NONE { .folder = -1, .fd = -1 }
#define CLEANUP_DRAFT __attribute__ ((cleanup (file_draft_abort)))

/* Publish `count` bytes at once. */
int file_publish (int root, const char *path, const void *bytes, size_t count, mode_t mode, enum file_publish_how how,
                  bool durable, struct larder_error *error);

/* To an error of ENOSPC: the bytes that were needed, and how many are free on the disk of `fd`, those of the half-written
 * file itself included, since it goes. */
void file_explain_room (int fd, uint64_t need, struct larder_error *error);

/* To an error of EACCES or EPERM: to whom the nearest thing there belongs on the way from `root` to `path`, its mode, and who we are. */
void file_explain_owner (int root, const char *path, struct larder_error *error);

/* A file without a name in TMPDIR (else /tmp), for what must be read twice and may be larger than memory. The
 * descriptor, or a code. */
int file_temporary (struct larder_error *error);
int file_temporary_stream (FILE **ret, struct larder_error *error);

/* Read a whole small file (up to `most` bytes) into memory from malloc, NUL added. Beneath `root`; with AT_FDCWD a path that the
 * user gave, wherever it leads. */
int file_slurp (int root, const char *path, size_t most, char **ret, size_t *ret_count, struct larder_error *error);
/* The same of one that may be missing: 1, 0 when there is none, of which nothing is said, or a code. */
int file_slurp_if_there (int root, const char *path, size_t most, char **ret, size_t *ret_count, struct larder_error *error);

/* read/pread/write/pwrite that loop over short counts and EINTR; the count, or negative errno. */
int64_t file_read_all (int fd, void *into, size_t count);
int64_t file_pread_all (int fd, void *into, size_t count, uint64_t offset);
int file_write_all (int fd, const void *bytes, size_t count);
int file_pwrite_all (int fd, const void *bytes, size_t count, uint64_t offset);

/* Sources. file_source borrows fd; it compares size, mtime and ctime at the end (file_source_check: INTEGRITY
 * "source changed while being read"). */
struct file_source { int fd; const char *name; struct stat at_start; };
int file_source_begin (struct file_source *file, int fd, const char *name, struct larder_source *ret, struct larder_error *error);
int file_source_check (const struct file_source *file, struct larder_error *error);

struct memory_source { const unsigned char *at; size_t count; };
void memory_source_begin (struct memory_source *memory, const void *at, size_t count, struct larder_source *ret);

/* Read from a source at an offset whichever way it offers (sequential ones only at their own position).
 * Loops over short reads; fewer than count only at the end. */
int64_t source_pread (const struct larder_source *source, void *into, size_t count, uint64_t offset, struct larder_error *error);

#endif
