/* value.h: one value of the INI: comment, quotes, list items, ${…}. */
#ifndef LARDER_CONFIG_VALUE_H
#define LARDER_CONFIG_VALUE_H

#include "reader.h"

enum { VALUE_MOST = 64 << 10 };

struct value_parser {
	struct larder_arena *arena;
	ini_lookup_fn lookup;
	void *context;
	char problem[400];
};

/* Does the text so far end in a backslash outside quotes and comments? */
bool value_continues (const char *text);
/* NULL, or what is wrong (static, or in the parser). */
const char *value_parse (struct value_parser *parser, const char *text, struct ini_value *ret);

#endif
