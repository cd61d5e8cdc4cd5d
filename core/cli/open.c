/* open.c: the library's handle for one run, and addresses. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "error.h"

/* --state, else where the XDG rules put it; NULL in a pod that has neither. */
static const char *
state_folder (const struct cli *cli, char *into, size_t room)
{
	const char *xdg = secure_getenv ("XDG_STATE_HOME"), *home = secure_getenv ("HOME");
	int length = xdg && *xdg == '/' ? snprintf (into, room, "%s/larder", xdg)
		: home && *home == '/' ? snprintf (into, room, "%s/.local/state/larder", home) : -1;
	return cli->globals.state ? cli->globals.state : length > 0 && (size_t) length < room ? into : NULL;
}

static int
open_handle (struct cli *cli, enum open_how how, struct larder_error *error)
{
	char jobs[32], state[4096];
	struct larder_pair keys[5];
	size_t count = 0;
	if (cli->globals.jobs > 0) {
		snprintf (jobs, sizeof jobs, "%lld", (long long) cli->globals.jobs);
		keys[count++] = (struct larder_pair) { "jobs", jobs };
	}
	if (cli->globals.memory)
		keys[count++] = (struct larder_pair) { "memory", cli->globals.memory };
	if (cli->globals.bandwidth)
		keys[count++] = (struct larder_pair) { "bandwidth", cli->globals.bandwidth };
	if (cli->globals.requests)
		keys[count++] = (struct larder_pair) { "requests", cli->globals.requests };
	if (cli->globals.deadline)
		keys[count++] = (struct larder_pair) { "deadline", cli->globals.deadline };
	struct larder_settings settings = {
		.size = sizeof settings, .flags = (how == OPEN_MODULES_ONLY ? LARDER_NO_CONFIG : 0u) | (cli->globals.replica ? LARDER_REPLICA : 0u),
		.config = cli->globals.config, .profile = cli->globals.profile, .module_dir = cli->globals.module_dir,
		.larder_keys = { keys, count, sizeof *keys },
		.log = talk_log, .log_context = cli, .log_level = cli->globals.verbose ? LARDER_LOG_DEBUG : LARDER_LOG_WARN,
		.problem = cli->problem, .problem_context = cli, .state = state_folder (cli, state, sizeof state), .backend = cli->globals.backend,
	};
	struct larder *opened = NULL;
	int code = larder_open (&settings, &opened, error);
	__atomic_store_n (&cli->larder, opened, __ATOMIC_SEQ_CST);       /* the watching thread cancels it */
	return code;
}

int
cli_open (struct cli *cli, enum open_how how, struct larder_error *error)
{
	cli->arena = larder_arena_new ();
	if (!cli->arena)
		return larder_fail_memory (error);
	int code = watch_begin (cli, error);
	if (code < 0)
		return code;
	code = open_handle (cli, how, error);
	if (code < 0)
		return code;
	if (cli->signal_seen)
		larder_cancel (cli->larder);
	if (how == OPEN_CONFIGURED)
		say (cli, "profile %s, %s", larder_profile (cli->larder), larder_config_path (cli->larder));
	return 0;
}

void
cli_close (struct cli *cli)
{
	watch_end (cli);
	larder_close (cli->larder);
	larder_arena_free (cli->arena);
	cli->larder = NULL;
	cli->arena = NULL;
}

struct found { struct larder_arena *arena; const char *value; bool whole; };

static int
take_winner (void *context, const struct larder_setting *setting)
{
	struct found *found = context;
	if (setting->winner && setting->value)
		found->whole = (found->value = arena_copy (found->arena, setting->value));
	return 0;
}

int
cli_setting (struct cli *cli, const char *key, const char **ret, struct larder_error *error)
{
	struct found found = { cli->arena, "", true };
	int code = larder_config_explain (cli->larder, key, take_winner, &found, error);
	if (code == 0 && !found.whole)
		code = larder_fail_memory (error);
	if (code == 0)
		*ret = found.value;
	return code;
}

int
cli_store_address (struct cli *cli, const char *text, struct larder_address *ret, struct larder_error *error)
{
	*ret = (struct larder_address) { .size = sizeof *ret };
	int code = larder_address_parse (cli->larder, cli->arena, text, ret, error);
	if (code < 0 || ret->store)
		return code;
	code = larder_fail (error, LARDER_E_INVALID, "'%s' is not in a store", text);
	larder_explain (error, LARDER_DETAIL_NEXT, "write STORE:KEY; 'larder store list' names the stores");
	return code;
}

int
cli_store (struct cli *cli, const char *text, struct larder_address *ret, struct larder_store **ret_store, struct larder_error *error)
{
	int code = cli_store_address (cli, text, ret, error);
	return code < 0 ? code : larder_store_open (cli->larder, ret->store, ret_store, error);
}
