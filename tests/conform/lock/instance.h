/* instance.h: from an instance to its options. */
#ifndef CONFORM_LOCK_INSTANCE_H
#define CONFORM_LOCK_INSTANCE_H

const char *instance_option (const void *self, const char *key);

#endif
