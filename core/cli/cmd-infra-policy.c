/* cmd-infra-policy.c: larder infra policy: what a role must be allowed. */
#include "line.h"

#include <inttypes.h>

static int
tell_lacking (void *context, const struct larder_infra_change *change, struct larder_error *error)
{
	struct cli *cli = context;
	struct line line;
	(void) error;
	if (!cli->globals.json) {
		say (cli, "nothing of %s '%s' of [%s \"%s\"]: %s", change->type, change->identity, change->kind, change->section, change->why);
		return 0;
	}
	json_line (cli, &line, "unsupported");
	json_member (&line.json, "kind", change->kind);
	json_member (&line.json, "section", change->section);
	json_member (&line.json, "resource", change->type);
	json_member_bytes (&line.json, "identity", change->identity);
	json_member (&line.json, "why", change->why);
	json_line_end (cli, &line);
	return 0;
}

static void
tell (struct cli *cli, const struct larder_infra_document *document, const struct buffer *text)
{
	struct line line;
	if (document->most && document->characters > document->most)
		say (cli, "the policy has %" PRIu64 " characters without blanks, and the service takes %" PRIu64 ": divide its statements among several", document->characters, document->most);
	if (!cli->globals.json) {
		out_bytes (cli, text->at, text->length);
		return;
	}
	json_line (cli, &line, "policy");
	json_member (&line.json, "role", cli->operand[0]);
	json_member_uint (&line.json, "characters", document->characters);
	json_member_uint (&line.json, "most", document->most);
	json_member (&line.json, "text", buffer_text (text));
	json_line_end (cli, &line);
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	struct larder_infra_document document = { .size = sizeof document };
	CLEANUP_BUFFER struct buffer text;
	(void) self;
	buffer_init (&text, 64 << 20);
	const struct larder_sink sink = cli_sink (&text);
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0)
		code = larder_infra_policy (cli->larder, cli->operand[0], &sink, tell_lacking, cli, &document, error);
	if (code < 0)
		return code;
	item_done (cli, text.length);
	tell (cli, &document, &text);
	return 0;
}

const struct larder_cmd cmd_infra_policy = {
	.name = "infra policy", .summary = "print the least rights that a role needs", .operands = "operator|worker|reader",
	.examples = "larder infra policy operator --profile aws|for who runs infra plan, apply and destroy\n"
		"larder infra policy worker --profile aws > worker.json|for who ingests, syncs and fills caches\n"
		"larder infra policy reader --profile aws --json|for who reads, in a line for a program",
	.text = "One policy of IAM, of the sections and the profile, the same each time; asks no service. operator: looks at, makes, changes and removes the resources, and the roles that role = auto makes. "
		"What is protected it does not remove, and what others set (--adopt) it does not take away. worker: puts objects into every store but replicas, removes them as sync --delete does, and takes them out, "
		"with the keys of the buckets. reader: lists and takes them out. An account, or an id that only the service gives, is *. Longer than a managed policy may be, it is told.",
	.least = 1, .most = 1, .run = run,
};
