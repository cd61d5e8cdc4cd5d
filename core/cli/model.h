/* model.h: flags that commands of models share. */
#ifndef LARDER_CLI_MODEL_H
#define LARDER_CLI_MODEL_H

#define CACHE_OPTION(self, member)                                                                                           \
	{ .key = "cache", .type = LARDER_STRING, .at = offsetof (self, member), .argument = "NAME", .help = "[cache] section (default: the only one)" }
#define BASE_OPTION(self, member)                                                                                            \
	{ .key = "base", .type = LARDER_STRING, .at = offsetof (self, member), .argument = "BASE", .help = "base model: {base} of the cache's pattern" }

#endif
