/* commands.c: the list of commands, and finding one by its words. */
#include "cli.h"

#include <string.h>

#include "text.h"

#define COMMAND(name) extern const struct larder_cmd cmd_##name;
#include "commands.def"
#undef COMMAND

const struct larder_cmd *const commands[] = {
#define COMMAND(name) &cmd_##name,
#include "commands.def"
#undef COMMAND
	NULL
};

const struct larder_option global_options[] = {
	{ .key = "config", .type = LARDER_PATH, .at = offsetof (struct globals, config), .argument = "FILE", .help = "pipeline file (default: LARDER_CONFIG, then the usual places)" },
	{ .key = "profile", .type = LARDER_STRING, .at = offsetof (struct globals, profile), .argument = "NAME", .help = "profile beside it, as aws, minio or mock (default: LARDER_PROFILE)" },
	{ .key = "json", .type = LARDER_BOOL, .at = offsetof (struct globals, json), .help = "one JSON value a line, ending in a summary" },
	{ .key = "quiet", .letter = 'q', .type = LARDER_BOOL, .at = offsetof (struct globals, quiet), .help = "say nothing but errors" },
	{ .key = "verbose", .letter = 'v', .type = LARDER_BOOL, .at = offsetof (struct globals, verbose), .help = "say what the library and its modules do" },
	{ .key = "dry-run", .letter = 'n', .type = LARDER_BOOL, .at = offsetof (struct globals, dry_run), .help = "show what would happen and change nothing" },
	{ .key = "color", .type = LARDER_ENUM, .at = offsetof (struct globals, color), .values = "auto|always|never", .def = "auto", .help = "colour on stderr (NO_COLOR is honoured)" },
	{ .key = "progress", .type = LARDER_ENUM, .at = offsetof (struct globals, progress), .values = "auto|always|never", .def = "auto", .help = "progress on stderr" },
	{ .key = "jobs", .type = LARDER_INT, .at = offsetof (struct globals, jobs), .min = 0, .max = 1024, .def = "0", .argument = "N", .help = "how many at once (0: pictures one a core, transfers as many as pay)" },
	{ .key = "memory", .type = LARDER_STRING, .at = offsetof (struct globals, memory), .argument = "SIZE", .help = "budget for buffers and pictures" },
	{ .key = "bandwidth", .type = LARDER_STRING, .at = offsetof (struct globals, bandwidth), .argument = "RATE", .help = "bytes a second at the most, both ways together, as 50MB/s (default: no limit)" },
	{ .key = "requests", .type = LARDER_STRING, .at = offsetof (struct globals, requests), .argument = "N", .help = "requests a second at the most, of whatever kind, each try anew" },
	{ .key = "deadline", .type = LARDER_STRING, .at = offsetof (struct globals, deadline), .argument = "DURATION", .help = "end after so long, as 10m, with exit 8; the same command goes on (default: no limit)" },
	{ .key = "backend", .type = LARDER_STRING, .at = offsetof (struct globals, backend), .argument = "NAME", .help = "the [backend] of addresses like s3://BUCKET/KEY, where several are for them; doctor looks at it alone" },
	{ .key = "replica", .type = LARDER_BOOL, .at = offsetof (struct globals, replica), .help = "read each store's objects from its replica, the first [replication] of its section, by the same keys; nothing is written there" },
	{ .key = "module-dir", .type = LARDER_PATH, .at = offsetof (struct globals, module_dir), .argument = "DIR", .help = "folder of modules (default: LARDER_MODULE_DIR, then the built-in one)" },
	{ .key = "state", .type = LARDER_PATH, .at = offsetof (struct globals, state), .argument = "DIR", .help = "folder for journals of transfers (default: larder below the XDG state folder)" },
	{ .key = "help", .letter = 'h', .type = LARDER_BOOL, .at = offsetof (struct globals, help), .help = "this help" },
	{ 0 }
};

const struct larder_cmd *
command_find (const char *first, const char *second)
{
	char words[128];
	size_t length = strlen (first);
	if (length + (second ? strlen (second) + 1 : 0) >= sizeof words)
		return NULL;
	memcpy (words, first, length + 1);
	if (second) {
		words[length] = ' ';
		memcpy (words + length + 1, second, strlen (second) + 1);
	}
	for (size_t i = 0; commands[i]; i++)
		if (strcmp (commands[i]->name, words) == 0)
			return commands[i];
	return NULL;
}

const char *
command_nearest (const char *name)
{
	const char *nearest = NULL;
	unsigned best = 4;
	for (size_t i = 0; commands[i]; i++) {
		unsigned distance = text_distance (name, commands[i]->name);
		if (distance < best && distance < strlen (name)) {
			best = distance;
			nearest = commands[i]->name;
		}
	}
	return nearest;
}
