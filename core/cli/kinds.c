/* kinds.c: of failures that differ in nothing but the name, people read the first ones and how many more there were. */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

#include "checksum.h"
#include "error.h"

enum { TOLD_MOST = 10 };

/* Without what stands in quotes: that is the name. */
static uint64_t
add_words (uint64_t sum, const char *text)
{
	bool quoted = false;
	for (const char *at = text; *at; quoted = !quoted) {
		size_t length = strcspn (at, "'");
		sum = quoted ? sum : crc64nvme (sum, at, length);
		at += length + (at[length] == '\'');
	}
	return sum;
}

static struct kind *
find (struct kinds *kinds, uint64_t sum)
{
	for (size_t i = 0; i < kinds->count; i++)
		if (kinds->at[i].sum == sum)
			return &kinds->at[i];
	if (kinds->count == KINDS_MOST)
		return NULL;
	struct kind *kind = &kinds->at[kinds->count++];
	*kind = (struct kind) { .sum = sum };
	return kind;
}

bool
kind_is_told (struct cli *cli, const struct larder_error *error)
{
	if (cli->globals.verbose || (cli->cmd && cli->cmd->verdict))
		return true;
	uint64_t sum = add_words (add_words (add_words (crc64nvme (0, &error->code, sizeof error->code), error->message), error->next), error->provider);
	struct kind *kind = find (&cli->kinds, sum);
	if (!kind || kind->told < TOLD_MOST) {
		if (kind)
			kind->told++;
		return true;
	}
	kind->more++;
	kind->last = *error;
	return false;
}

static void
tell_rest (struct cli *cli, const struct kind *kind)
{
	struct larder_error rest = LARDER_ERROR_INIT;
	const char *last = kind->last.message[0] ? kind->last.message : larder_code_name (kind->last.code);
	larder_fail_next (&rest, kind->last.code, "--verbose tells each of them; --json has all, as has the file of sync --failed-to",
		"… and %" PRIu64 " more of this kind, the last: %s", kind->more, last);
	talk_people (cli, &rest, NULL);
}

void
kinds_rest (struct cli *cli)
{
	for (size_t i = 0; i < cli->kinds.count; i++) {
		if (cli->kinds.at[i].more)
			tell_rest (cli, &cli->kinds.at[i]);
		cli->kinds.at[i].more = 0;
	}
}
