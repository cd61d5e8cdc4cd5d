# The model cache: scripts against the built program, on the mock and behind disks that misbehave.
TESTS += %D%/test-cache-job.py %D%/test-cache-kill.py %D%/test-cache-load.py %D%/test-cache-room.py %D%/test-cache-steps.py
EXTRA_DIST += %D%/caches.py %D%/disks.py %D%/test-cache-job.py %D%/test-cache-kill.py %D%/test-cache-load.py %D%/test-cache-room.py %D%/test-cache-steps.py
TESTS += %D%/test-cache-hit.py %D%/test-cache-lease.py %D%/test-cache-progress.py %D%/test-cache-readers.py
EXTRA_DIST += %D%/test-cache-hit.py %D%/test-cache-lease.py %D%/test-cache-progress.py %D%/test-cache-readers.py
if HAVE_FUSE
TESTS += %D%/test-cache-damaged.py %D%/test-cache-doctor.py %D%/test-cache-errors.py %D%/test-cache-modes.py
TESTS += %D%/test-cache-left.py %D%/test-cache-listing.py %D%/test-cache-nfs.py
endif
EXTRA_DIST += %D%/test-cache-damaged.py %D%/test-cache-doctor.py %D%/test-cache-errors.py %D%/test-cache-modes.py
EXTRA_DIST += %D%/test-cache-left.py %D%/test-cache-listing.py %D%/test-cache-nfs.py
