/* private.h: functions of the private libraries. */
#ifndef TEST_MODULE_PRIVATE_H
#define TEST_MODULE_PRIVATE_H

LARDER_EXPORT int private_answer (void);
LARDER_EXPORT int private_deepest (void);

#endif
