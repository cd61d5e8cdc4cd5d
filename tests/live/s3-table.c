/* s3-table.c: the capability table as lines: "names" and the rows, then a line a feature: name, states, meaning, what is done
 * where a server cannot (or nothing), split by tabs. */
#include <stdio.h>

#include "server.h"

int
main (void)
{
	static const char *const states[] = { [S3_REFUSED] = "refused", [S3_SUPPORTED] = "supported", [S3_IGNORED] = "ignored", [S3_DESTRUCTIVE] = "destructive" };
	const struct s3_server *row;
	printf ("names");
	for (size_t i = 0; (row = s3_server_at (i)); i++)
		printf ("\t%s", row->name);
	for (int feature = 0; feature < S3_FEATURES; feature++) {
		printf ("\n%s", s3_feature_name (feature));
		for (size_t i = 0; (row = s3_server_at (i)); i++)
			printf ("\t%s", row->assumed && row->state[feature] == S3_REFUSED ? "not known" : states[row->state[feature]]);
		const char *instead = s3_feature_instead (feature);
		printf ("\t%s\t%s", s3_feature_meaning (feature), instead ? instead : "");
	}
	puts ("");
	return 0;
}
