/* cmd-export-terraform.c: larder export terraform. */
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"

#define NAME "larder.tf.json"
#define OURS "{\n  \"//\": \"Written by larder export terraform"

struct export { const char *only; bool overwrite; };
#define AT(field) .at = offsetof (struct export, field)
static const struct larder_option options[] = {
	{ .key = "only", .type = LARDER_STRING, AT (only), .argument = "KIND/NAME", .help = "one section, with what it needs: store/images" },
	{ .key = "overwrite", .type = LARDER_BOOL, AT (overwrite), .help = "replace a " NAME " that somebody else wrote" },
	{ 0 }
};

/* CONFLICT unless it is not there, or is ours. */
static int
check_there (const char *path, struct larder_error *error)
{
	char head[sizeof OURS] = "";
	CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : larder_fail_errno (error, errno, "cannot read '%s'", path);
	if (file_read_all (fd, head, sizeof head - 1) >= 0 && strcmp (head, OURS) == 0)
		return 0;
	return larder_fail_next (error, LARDER_E_CONFLICT, "another folder, or --overwrite", "'%s' is there, and larder did not write it", path);
}

static int
run (struct cli *cli, const void *self, struct larder_error *error)
{
	const struct export *flags = self;
	const char *folder = cli->operand[0];
	const struct larder_exporting request = { .size = sizeof request, .format = "terraform", .only = flags->only };
	CLEANUP_BUFFER struct buffer path, text;
	buffer_init (&path, 1 << 16);
	buffer_init (&text, 64 << 20);
	const struct larder_sink sink = cli_sink (&text);
	buffer_printf (&path, "%s/" NAME, folder);
	int code = path.failed ? larder_fail_memory (error) : cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0 && !flags->overwrite)
		code = check_there (buffer_text (&path), error);
	if (code == 0)
		code = larder_export (cli->larder, &request, &sink, error);
	if (code == 0 && !cli->globals.dry_run)
		code = file_make_folders (folder, 0777, error);
	if (code == 0 && !cli->globals.dry_run)
		code = cli_write_file (buffer_text (&path), &text, 0644, error);
	if (code < 0)
		return code;
	item_done (cli, text.length);
	if (cli->globals.json) {
		struct line line;
		json_line (cli, &line, "export");
		json_member (&line.json, "format", "terraform");
		json_member_bytes (&line.json, "path", buffer_text (&path));
		json_line_end (cli, &line);
	}
	return 0;
}

const struct larder_cmd cmd_export_terraform = {
	.name = "export terraform", .summary = "write what is there as configuration for Terraform, with its imports", .operands = "DIR",
	.examples = "larder export terraform --profile aws infra/|infra/" NAME ": then terraform init, plan, apply there\n"
		"larder export terraform --profile aws --only store/images images/|a bucket with what it needs",
	.text = "Asks the services what is there, as infra plan does, and writes DIR/" NAME ": a resource and an import block for all that the sections stand for. After larder infra apply, "
		"terraform plan there has imports and nothing to add, change or destroy. Settings that larder does not know of stay out of it: terraform plan shows them as going before anything is done. "
		"What is not there yet is an error; what a backend lacks is left out. For the AWS provider 5.100, and Terraform 1.5 or later. The other way needs nothing: larder infra plan "
		"knows by their names and tags what Terraform made.",
	.options = options, .self_size = sizeof (struct export), .least = 1, .most = 1, .run = run,
};
