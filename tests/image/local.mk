# Registered only where LARDER_VECTORS names the published vectors.
TESTS += $(if $(LARDER_VECTORS),%D%/test-image-vectors.py)
EXTRA_DIST += %D%/manifest.py %D%/test-image-vectors.py
