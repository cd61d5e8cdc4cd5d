/* yaml.h: YAML a line at a time. A depth is two blanks; an item of a list begins with a key "- name", its further keys stand one deeper.
 * Texts are quoted whatever they look like, so that none turns into a number, a truth or nothing. */
#ifndef LARDER_INFRA_YAML_H
#define LARDER_INFRA_YAML_H

#include <stdbool.h>
#include <stdint.h>
#include "buffer.h"

void yaml_open (struct buffer *into, unsigned depth, const char *key);                    /* key: */
void yaml_text (struct buffer *into, unsigned depth, const char *key, const char *value); /* key: "value" */
void yaml_uint (struct buffer *into, unsigned depth, const char *key, uint64_t value);
void yaml_bool (struct buffer *into, unsigned depth, const char *key, bool value);
void yaml_item (struct buffer *into, unsigned depth, const char *value);                  /* - "value" */
/* Whole lines of somebody else's, moved to that depth. */
void yaml_lines (struct buffer *into, unsigned depth, const char *lines);

#endif
