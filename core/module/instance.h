/* instance.h: what host.c and instance.c share. */
#ifndef LARDER_MODULE_INSTANCE_H
#define LARDER_MODULE_INSTANCE_H

/* host->option: the instance's memory knows its options. */
const char *instance_option (const void *self, const char *key);

#endif
