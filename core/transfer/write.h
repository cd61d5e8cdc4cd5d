/* write.h: one file being written: private until it is whole, then published. */
#ifndef LARDER_TRANSFER_WRITE_H
#define LARDER_TRANSFER_WRITE_H

#include "transfer.h"

struct writing {
	struct transfer *transfer;
	struct item *item;
	struct file_draft draft;
	uint64_t written, announced;
	int64_t mtime;                /* of the source, for the file; 0: unknown */
	bool begun;
};

int writing_begin (struct writing *writing, mode_t mode, struct larder_error *error);
/* With the private file that a run before has left. */
int writing_again (struct writing *writing, mode_t mode, const char *name, struct larder_error *error);
int writing_reserve (const struct writing *writing, uint64_t length, struct larder_error *error);
int writing_publish (struct writing *writing, struct larder_error *error);

/* ---- download.c ---- */
/* Large enough, and can the store be read in ranges of one version? */
bool download_in_ranges (const struct item *item);
int download_ranges (struct writing *writing, struct larder_error *error);

#endif
