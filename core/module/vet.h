/* vet.h: the parts of the vetting that modules and their private libraries share. `subject` is what a message
 * begins with: "module '/usr/lib/larder/driver-x.so'". */
#ifndef LARDER_MODULE_VET_H
#define LARDER_MODULE_VET_H

#include <stdbool.h>
#include <sys/stat.h>
#include <larder/types.h>

/* DENIED, with a reason and a next step (or NULL). */
int vet_refuse (const char *subject, const char *why, const char *next, struct larder_error *error);
/* Is this file sound: regular, its owner and mode, ELF of our machine, whole? */
int vet_file (const char *subject, const char *path, int fd, struct larder_error *error);
/* Everything on the way to an absolute path, symbolic links and what they lead to included, belongs to root or the caller,
 * and nobody else can put something in its place, nor at its end, nor where it is missing. */
int vet_way (const char *subject, const char *path, bool *ret_there, struct larder_error *error);

#endif
