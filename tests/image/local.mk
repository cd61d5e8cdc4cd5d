# Registered only where configure was told where the published vectors are.
if HAVE_VECTORS
TESTS += %D%/test-image-vectors.py
endif
EXTRA_DIST += %D%/manifest.py %D%/test-image-vectors.py
