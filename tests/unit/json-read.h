/* json-read.h: jansson behind other names, as it and core/base/json.h cannot meet in one file. */
#ifndef LARDER_TESTS_JSON_READ_H
#define LARDER_TESTS_JSON_READ_H

struct json_t;

struct json_t *read_json (const char *text);   /* NULL unless the whole text is one JSON value */
void read_free (struct json_t *root);
const struct json_t *read_member (const struct json_t *object, const char *name); /* or NULL */
const char *read_text (const struct json_t *value);
double read_real (const struct json_t *value);

#endif
