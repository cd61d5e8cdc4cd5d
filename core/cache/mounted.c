/* mounted.c: see mounted.h. */
#include "mounted.h"

#include <stdio.h>
#include <string.h>

bool
mounted_line (const char *line, const char *device, struct mounted *ret)
{
	char number[32], options[512], type[64], super[512];
	const char *rest = strstr (line, " - ");
	if (!rest || sscanf (line, "%*s %*s %31s %*s %*s %511s", number, options) != 2 || strcmp (number, device) != 0 || sscanf (rest, " - %63s %*s %511s", type, super) != 2)
		return false;
	snprintf (ret->type, sizeof ret->type, "%s", type);
	snprintf (ret->options, sizeof ret->options, ",%s,%s,", options, super);
	return true;
}

/* The kernel writes vers for nfsvers. */
static bool
has_option (const struct mounted *mounted, const char *option)
{
	char text[80];
	bool version = strncmp (option, "nfsvers=", 8) == 0;
	snprintf (text, sizeof text, ",%s%s,", version ? "vers=" : "", version ? option + 8 : option);
	return strstr (mounted->options, text) != NULL;
}

unsigned
mounted_lacks (const struct mounted *mounted, char ret[sizeof MOUNTED_WANTED])
{
	char wanted[] = MOUNTED_WANTED, *save = NULL;
	unsigned count = 0;
	*ret = '\0';
	for (const char *option = strtok_r (wanted, ",", &save); option; option = strtok_r (NULL, ",", &save)) {
		if (has_option (mounted, option))
			continue;
		size_t length = strlen (ret);
		snprintf (ret + length, sizeof wanted - length, "%s%s", count++ ? "," : "", option);
	}
	return count;
}
