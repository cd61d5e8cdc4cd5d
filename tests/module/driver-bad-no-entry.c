/* driver-bad-no-entry.c: a shared object that is no module. */
__attribute__ ((visibility ("default"))) int larder_another_entry (void);

int
larder_another_entry (void)
{
	return 0;
}
