/* required.h: operations a module must have, and what those it has add up to. */
#ifndef LARDER_MODULE_REQUIRED_H
#define LARDER_MODULE_REQUIRED_H

#include "module.h"

/* All missing ones are named at once. */
int required_check (const struct module *module, const char *file, struct larder_error *error);

/* One operation of a kind: its name, where its pointer stands, whether it must be there. */
struct operation { const char *name; size_t at; bool required; };
const struct operation *operations_of (uint32_t kind);  /* ends with a NULL name */
bool operation_there (const struct module *module, const struct operation *operation);

#endif
