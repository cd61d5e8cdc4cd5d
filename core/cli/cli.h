/* cli.h: the frame every command works in: its table, its output, its talk, its end. */
#ifndef LARDER_CLI_CLI_H
#define LARDER_CLI_CLI_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <larder/larder.h>

#include "buffer.h"

#define SCHEMA_VERSION "1.0"      /* of --json; minor versions only add */
#define LARDER_E_USAGE LARDER_E_INVALID

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

/* Flags that every command has, before or after its name. */
struct globals {
	const char *config, *profile, *module_dir, *state, *backend;
	const char *memory, *bandwidth, *requests, *deadline;   /* as written: they go to [larder] */
	int64_t jobs;
	uint32_t color, progress;     /* enum when */
	bool json, quiet, verbose, dry_run, replica, help;
};
extern const struct larder_option global_options[];

struct cli;

/* One command. help, larder(1) and the completions are made from this table alone. */
struct larder_cmd {
	const char *name;             /* "ls", "image ingest" */
	const char *summary;          /* one line */
	const char *operands;         /* "FILE… ADDRESS", or NULL for none */
	const char *examples;         /* lines "command|what it does", one or more */
	const char *text;             /* paragraphs for help and manual, or NULL */
	const struct larder_option *options; /* or NULL */
	size_t self_size;
	int least, most;              /* operands; most -1: any number */
	const char *done_word;        /* of the summary: "copied"; NULL: "done" alone */
	const char *would_word;       /* the same with --dry-run, as a name of --json: "would_copy" */
	bool both_ways;               /* it removes as well: counted apart from the done word, as "removed" or "would_remove" */
	bool verdict;                 /* one that fails is the exit status, whatever went well beside it */
	bool replica;                 /* it reads objects: --replica can be given */
	int (*run) (struct cli *cli, const void *self, struct larder_error *error);
};
extern const struct larder_cmd *const commands[];  /* ends with NULL */

/* Failures of items that differ in their names alone. */
enum { KINDS_MOST = 16 };
struct kind { uint64_t sum, told, more; struct larder_error last; };
struct kinds { struct kind at[KINDS_MOST]; size_t count; };

/* What is changed, where edges are to forget it. */
struct edges { struct larder_owed *owed; const char *const *addresses; size_t count; uint64_t created; };

/* One run of the tool. */
struct cli {
	struct globals globals;
	const struct larder_cmd *cmd; /* NULL before it is known */
	int operands;
	char **operand;
	const struct larder_values *values;

	struct larder *larder;        /* after cli_open */
	struct larder_arena *arena;
	larder_finding_cb problem;    /* before cli_open: told every problem of the configuration */

	struct larder_summary summary;
	uint64_t removed;             /* of the done, by events */
	uint64_t differ, missing;     /* of the failed, by events */
	bool failures_differ;
	int first_failure;
	struct kinds kinds;
	struct edges edges;
	struct larder_early *early;   /* NULL, or told of all that is removed */
	int status_when_well;         /* of a run without failures */

	/* standard output */
	struct buffer out;
	bool json_begun, out_pollable, out_broken;
	int out_errno;                /* why it broke, or 0 */
	int64_t out_flushed;          /* when */

	/* standard error, shared with the watching thread */
	pthread_mutex_t talk;
	bool bar_drawn, talk_terminal;
	uint64_t moved, items;        /* atomically: bytes and items so far */
	uint64_t total;               /* atomically: bytes that are known to move; 0: not known */
	bool growing;                 /* atomically: more may come to it */
	uint64_t moved_before;        /* by operands that are done: `total` is of this one alone */
	int64_t began;
	int64_t waited_at;            /* when a line last said that it waits; 0: none did */
	struct { int64_t at; uint64_t moved; } older, newer;   /* of the watching thread: a pace of the last ten seconds and more */

	/* signals */
	pthread_t watcher;
	bool watching;
	atomic_bool progress_on;
	int stop_fd;                  /* readable once a signal came */
	int wake_fd;                  /* ends the watcher */
	atomic_int signal_seen;
	sigset_t watched;
};

/* ---- open.c: the handle ---- */
enum open_how { OPEN_CONFIGURED, OPEN_MODULES_ONLY };
/* Opens the library, starts watching signals, and names the profile on stderr. */
int cli_open (struct cli *cli, enum open_how how, struct larder_error *error);
void cli_close (struct cli *cli);
/* The value in force of one key, "larder.environment", for as long as the run; "" where nothing says it. */
int cli_setting (struct cli *cli, const char *key, const char **ret, struct larder_error *error);
/* Parse an address that must be in a store. */
int cli_store_address (struct cli *cli, const char *text, struct larder_address *ret, struct larder_error *error);
/* The same, opened; close the store. */
int cli_store (struct cli *cli, const char *text, struct larder_address *ret, struct larder_store **ret_store, struct larder_error *error);
#define CLEANUP_STORE __attribute__ ((cleanup (cli_store_close_at)))
static inline void cli_store_close_at (struct larder_store **at) { larder_store_close (*at); }

/* ---- watch.c: signals and progress, on a thread of their own ---- */
/* Draws when it is time: five times a second on a terminal, else a plain line every 30 s. ms until it is to be asked again. */
int watch_step (struct cli *cli, int64_t *next, int64_t now);
int watch_begin (struct cli *cli, struct larder_error *error);
void watch_end (struct cli *cli);
bool cli_stopped (const struct cli *cli);

/* ---- output.c: data ---- */
void out_text (struct cli *cli, const char *text);
void out_bytes (struct cli *cli, const void *bytes, size_t count);
void out_printf (struct cli *cli, const char *format, ...) LARDER_PRINTF (2, 3);
void out_pad (struct cli *cli, size_t count);           /* blanks */
void out_name (struct cli *cli, const char *name);      /* escaped for a terminal */
void out_flush (struct cli *cli);
/* Lines of many items leave together, but none waits for longer than a twentieth of a second while others are done. */
void out_flush_soon (struct cli *cli);
/* The last line of --json; line.h has the others. */
void json_summary (struct cli *cli, int exit_status);
/* Aligned columns; the last one is not padded. Cells are copied, escaped. */
struct table { size_t columns; struct buffer cells; size_t count; bool right[8]; };
void table_begin (struct table *table, size_t columns);
/* The same, under a line of heads; with --json no line comes. */
void table_begin_heads (struct cli *cli, struct table *table, const char *const *heads, size_t columns);
void table_cell (struct table *table, const char *text);
void table_end (struct cli *cli, struct table *table);  /* prints and frees */
void out_fact (struct cli *cli, const char *name, const char *value);  /* "  name   value"; nothing for NULL or "" */

/* ---- talk.c: what people read ---- */
void say (struct cli *cli, const char *format, ...) LARDER_PRINTF (2, 3);
void talk_error (struct cli *cli, const struct larder_error *error, const char *what);
void talk_people (struct cli *cli, const struct larder_error *error, const char *what);   /* without a line of --json */
/* Of one of many items: people read no more than the first ones of a kind. */
void talk_item_error (struct cli *cli, const struct larder_error *error, const char *what);
void talk_progress (struct cli *cli, bool live, int64_t now);
bool talk_shows_progress (const struct cli *cli);
/* What is waited for: in place on a terminal, elsewhere a line when it is due. */
void talk_waiting (struct cli *cli, const char *text, bool due);
/* The same for whoever tells it at each look: due every half minute. */
void talk_waiting_on (struct cli *cli, const char *text);
void talk_clear_bar (struct cli *cli);
void talk_log (void *context, int level, const char *text);

/* ---- kinds.c: is it one of the first of its kind? And how many more there were, once. ---- */
bool kind_is_told (struct cli *cli, const struct larder_error *error);
void kinds_rest (struct cli *cli);

/* ---- items: counting what happened ---- */
void item_done (struct cli *cli, uint64_t bytes);
/* Counts and tells a failure of one of several items. */
void item_failed (struct cli *cli, const char *what, const struct larder_error *error, int code, bool refused);
/* Exit status from the summary: 0, the one reason, or 1. */
int items_exit (const struct cli *cli);
/* For commands that hand their items to larder_transfer and larder_transfer_remove. */
int transfer_run (struct cli *cli, const struct larder_transfer *request, struct larder_error *error);
int transfer_finish (struct cli *cli, int code, const struct larder_summary *summary, struct larder_error *error);
/* Of two runs that are one command, which ended with `before` and `code`: one summary, and the code of both. */
int summary_add (struct larder_summary *sum, const struct larder_summary *more, int before, int code);
/* early.c: one line for what goes before it was paid for long enough: between the two all events of a removal, or a move, are looked at. */
void early_begin (struct cli *cli);
void early_end (struct cli *cli);
int transfer_event (void *context, const struct larder_event *event);
void moved_event (struct cli *cli, const struct larder_event *event);   /* of progress */

/* For commands that do the same with each operand: opens the handle, and counts and tells each failure. */
typedef int (*operand_fn) (struct cli *cli, const void *self, const char *operand, struct larder_error *error);
int operands_each (struct cli *cli, enum open_how how, operand_fn each, const void *self, struct larder_error *error);

/* ---- below.c: the object of that very name, and with `recursive` all below it ---- */
struct below { const char *path; bool recursive, versions; };
int below_each (struct cli *cli, struct larder_store *store, const struct below *below, larder_info_fn info, void *context, struct larder_error *error);

/* ---- copies.c: attributes and flags on a command line, shared by put, cp and mv ---- */
struct attribute_flags {
	const char *content_type, *content_encoding, *cache_control, *content_disposition, *storage_class;
	const char *const *metadata;
	bool recursive, create_only;
	const char *version;          /* of the source; cp alone has it */
	uint64_t expected_size;       /* of standard input; put alone has it */
	bool invalidate;              /* put alone has it */
};
#define ATTRIBUTE_AT(field) .at = offsetof (struct attribute_flags, field)
#define ATTRIBUTE_OPTIONS                                                                                                   \
	{ .key = "recursive", .letter = 'r', .type = LARDER_BOOL, ATTRIBUTE_AT (recursive), .help = "folders and prefixes with all below them" }, \
	{ .key = "create-only", .type = LARDER_BOOL, ATTRIBUTE_AT (create_only), .help = "fail where something is there already" }, \
	{ .key = "content-type", .type = LARDER_STRING, ATTRIBUTE_AT (content_type), .argument = "TYPE", .help = "content type (default: by the name)" }, \
	{ .key = "content-encoding", .type = LARDER_STRING, ATTRIBUTE_AT (content_encoding), .argument = "NAME", .help = "content encoding, kept as an attribute" }, \
	{ .key = "cache-control", .type = LARDER_STRING, ATTRIBUTE_AT (cache_control), .argument = "TEXT", .help = "cache-control header" }, \
	{ .key = "content-disposition", .type = LARDER_STRING, ATTRIBUTE_AT (content_disposition), .argument = "TEXT", .help = "content-disposition header" }, \
	{ .key = "class", .type = LARDER_STRING, ATTRIBUTE_AT (storage_class), .argument = "CLASS", .help = "storage class" },     \
	{ .key = "metadata", .type = LARDER_LIST, ATTRIBUTE_AT (metadata), .argument = "NAME=VALUE", .help = "user metadata; may be repeated" }
extern const struct larder_option attribute_options[];
/* All operands but the last go to the last; `more` are flags of struct larder_transfer beside those given. */
int copies_run (struct cli *cli, const struct attribute_flags *flags, uint32_t more, bool into_store, struct larder_error *error);
struct larder_pairs pairs_from_list (const char *const *list, struct larder_pair **ret_pairs, struct larder_error *error, int *ret_code);

/* What a command says that leaves a manifest. */
#define MANIFEST_TEXT "With [larder] manifests = STORE:PREFIX each run that writes to a store leaves a manifest there of what it wrote, also one that was interrupted, for 'larder verify --manifest'. One that " \
	"cannot be put there fails the run, though all else is done, and the next run puts it; without the key none is left."

/* ---- select.c: which keys of two trees take part, shared by sync and verify ---- */
struct select_flags { const char *const *include, *const *exclude; const char *shard; };
#define SELECT_OPTIONS(self, member)                                                                                        \
	{ .key = "include", .type = LARDER_LIST, .at = offsetof (self, member.include), .argument = "GLOB", .help = "only keys like this; may be repeated" }, \
	{ .key = "exclude", .type = LARDER_LIST, .at = offsetof (self, member.exclude), .argument = "GLOB", .help = "no keys like this, on either side; may be repeated" }, \
	{ .key = "shard", .type = LARDER_STRING, .at = offsetof (self, member.shard), .argument = "I/N", .help = "the I-th of N shards of the keys, from 0; /N: as JOB_COMPLETION_INDEX says" }
int select_keys (const struct select_flags *flags, struct larder_sync *request, struct larder_error *error);
/* Digits up to `end`. */
bool number_from_text (const char *text, int base, const char *end, uint64_t most, uint64_t *ret);

/* ---- write-file.c ---- */
/* Whatever is written to it goes to the buffer, which lives as long. */
struct larder_sink cli_sink (struct buffer *buffer);
int cli_write_file (const char *path, const struct buffer *text, unsigned mode, struct larder_error *error);

/* ---- help.c, manual.c ---- */
void help_short (struct cli *cli);
void help_all (struct buffer *into);
void help_command (struct buffer *into, const struct larder_cmd *cmd);
size_t example_bar (const char *line, size_t length);         /* where an example's command ends: a command may hold a pipe */
int help_area (struct buffer *into, const char *area);        /* -1: no such area */
void manual (struct buffer *into);
const struct larder_cmd *command_find (const char *first, const char *second);
const char *command_nearest (const char *name);
/* Word for an option's value in help, or NULL for a switch. */
const char *option_argument (const struct larder_option *option);
bool option_is_shown (const struct larder_option *option);
/* The global options that make sense for help and completions, then the command's: calls back for each. */
typedef void (*option_fn) (void *context, const struct larder_option *option);
void options_each (const struct larder_option *options, option_fn each, void *context);

/* Fails with usage, naming what to read. */
int fail_usage (struct cli *cli, struct larder_error *error, const char *format, ...) LARDER_PRINTF (3, 4);

#endif
