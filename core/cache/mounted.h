/* mounted.h: how a folder is mounted, by a line of /proc/self/mountinfo. No I/O. */
#ifndef LARDER_CACHE_MOUNTED_H
#define LARDER_CACHE_MOUNTED_H

#include <stdbool.h>
#include <stddef.h>

#define MOUNTED_WANTED "nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport"

struct mounted { char type[64], options[1100]; };   /* options: all of them, each between two commas */

/* Is it a line of this device ("0:52")? ID PARENT MAJ:MIN ROOT POINT OPTIONS … - TYPE SOURCE SUPER-OPTIONS. */
bool mounted_line (const char *line, const char *device, struct mounted *ret);
/* How many of the wanted options of an NFS mount it has not, and which, a comma between. */
unsigned mounted_lacks (const struct mounted *mounted, char ret[sizeof MOUNTED_WANTED]);

#endif
