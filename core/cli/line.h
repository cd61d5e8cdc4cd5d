/* line.h: one line of --json. */
#ifndef LARDER_CLI_LINE_H
#define LARDER_CLI_LINE_H

#include "cli.h"
#include "json.h"

struct line { struct json json; struct buffer text; };
/* json_line opens {"type":…}, after the version line when it is the first; json_line_end closes it. */
void json_line (struct cli *cli, struct line *line, const char *type);
void json_line_end (struct cli *cli, struct line *line);

/* One finding of a check: as JSON, and for people below its heading, with its next step where its failure is not told beside. */
void json_checked (struct cli *cli, const struct larder_checked *checked);
void out_checked (struct cli *cli, const struct larder_checked *checked);

#endif
