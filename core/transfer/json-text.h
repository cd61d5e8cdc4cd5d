/* json-text.h: reading what json_member_bytes wrote. */
#ifndef LARDER_TRANSFER_JSON_TEXT_H
#define LARDER_TRANSFER_JSON_TEXT_H

#include <jansson.h>

struct larder_arena;

/* A text, by its bytes where they are no UTF-8, in the arena; NULL: none, or no memory. */
const char *json_text (struct larder_arena *arena, const json_t *line, const char *name);

#endif
