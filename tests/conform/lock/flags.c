/* flags.c: what stands before the module on the command line. */
#include "suite.h"

int
flags_parse (int argc, char **argv, struct suite_flags *flags)
{
	const struct { const char *flag; const char **into; } known[] = {
		{ "--config", &flags->config }, { "--profile", &flags->profile }, { "--store", &flags->store }, { "--folder", &flags->folder },
		{ "--try", &flags->try },
	};
	int at = 1;
	while (at + 1 < argc && argv[at][0] == '-') {
		size_t i = 0, count = sizeof known / sizeof *known;
		while (i < count && strcmp (known[i].flag, argv[at]) != 0)
			i++;
		if (i == count)
			return -1;
		*known[i].into = argv[at + 1];
		at += 2;
	}
	return at < argc && argv[at][0] != '-' ? at : -1;
}
