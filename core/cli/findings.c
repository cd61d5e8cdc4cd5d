/* findings.c: a finding of a check, as doctor and cdn check tell it. */
#include "line.h"

#include <string.h>

void
json_checked (struct cli *cli, const struct larder_checked *checked)
{
	static const char *const verdicts[] = { "pass", "warn", "fail", "note" };
	struct line line;
	json_line (cli, &line, "finding");
	json_member (&line.json, "backend", checked->backend);
	json_member (&line.json, "store", checked->store);
	json_member (&line.json, "verdict", checked->verdict < 4 ? verdicts[checked->verdict] : "note");
	json_member (&line.json, "what", checked->what);
	json_member (&line.json, "detail", checked->detail);
	json_member (&line.json, "next", checked->next);
	json_line_end (cli, &line);
}

void
out_checked (struct cli *cli, const struct larder_checked *checked)
{
	static const char *const marks[] = { "ok", "warning", "FAILED", "-" };
	out_printf (cli, "  %-8s ", checked->verdict < 4 ? marks[checked->verdict] : "-");
	out_name (cli, checked->what);
	out_printf (cli, "%*s ", (int) (strlen (checked->what) < 16 ? 16 - strlen (checked->what) : 0), "");
	out_name (cli, checked->detail);
	out_text (cli, "\n");
	if (checked->next && checked->verdict != LARDER_FAIL) {
		out_text (cli, "           next: ");
		out_name (cli, checked->next);
		out_text (cli, "\n");
	}
}
