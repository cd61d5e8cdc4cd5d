/* test-cache-mounted.c: lines of /proc/self/mountinfo, as kernels write them, and which of the options wanted of an NFS mount each has not. */
#include "mounted.h"

#include <string.h>

#include "unit.h"

#define LINE(rest) "1032 911 0:152 / /models rw,noatime shared:512 - nfs4 fs-0a1b2c.efs.eu-central-1.amazonaws.com:/ " rest
static const struct { const char *line, *device, *type, *lacks; } all[] = {
	/* as recommended */
	{ LINE ("rw,vers=4.1,rsize=1048576,wsize=1048576,namlen=255,hard,noresvport,proto=tcp,timeo=600,retrans=2,sec=sys,clientaddr=10.0.1.7,local_lock=none,addr=10.0.1.9\n"),
	  "0:152", "nfs4", "" },
	/* through amazon-efs-utils: a tunnel on this machine */
	{ "77 25 0:52 / /mnt/efs rw,relatime - nfs4 127.0.0.1:/ rw,vers=4.1,rsize=1048576,wsize=1048576,namlen=255,hard,noresvport,proto=tcp,port=20049,timeo=600,retrans=2\n",
	  "0:52", "nfs4", "" },
	/* options of the mount come before, more than one optional field, a point with a blank */
	{ "77 25 0:52 /a /mnt/my\\040efs rw,relatime shared:1 master:2 - nfs4 h:/a rw,vers=4.1,rsize=1048576,wsize=1048576,hard,noresvport,timeo=600,retrans=2\n", "0:52", "nfs4", "" },
	{ LINE ("rw,vers=4.2,rsize=262144,wsize=1048576,soft,proto=tcp,timeo=600,retrans=2\n"), "0:152", "nfs4", "nfsvers=4.1,rsize=1048576,hard,noresvport" },
	{ LINE ("rw,vers=4.10,rsize=10485760,wsize=104857,hardly,noresvport,timeo=6000,retrans=20\n"), "0:152", "nfs4",
	  "nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2" },
	{ "1 2 0:9 / /m rw - nfs h:/ rw\n", "0:9", "nfs", "nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport" },
	{ "25 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw,errors=remount-ro\n", "8:1", "ext4", "nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport" },
	/* another device, no line at all */
	{ LINE ("rw,vers=4.1\n"), "0:15", NULL, NULL }, { LINE ("rw,vers=4.1\n"), "0:1522", NULL, NULL }, { "", "0:1", NULL, NULL },
	{ "1 2 0:9 / /m rw\n", "0:9", NULL, NULL }, { "1 2 0:9 / /m rw - nfs\n", "0:9", NULL, NULL },
};

START_TEST (lines)
{
	for (size_t i = 0; i < COUNT_OF (all); i++) {
		struct mounted mounted = { .type = "" };
		char lacks[sizeof MOUNTED_WANTED];
		ck_assert_msg (mounted_line (all[i].line, all[i].device, &mounted) == (all[i].type != NULL), "row %zu", i);
		if (!all[i].type)
			continue;
		ck_assert_str_eq (mounted.type, all[i].type);
		unsigned count = mounted_lacks (&mounted, lacks);
		ck_assert_str_eq (lacks, all[i].lacks);
		ck_assert_msg ((count == 0) == (*lacks == '\0'), "row %zu", i);
	}
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = { { "test-cache-mounted-lines", lines, 0 } };
	return unit_run ("cache-mounted", cases, COUNT_OF (cases));
}
