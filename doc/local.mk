dist_man_MANS +=
EXTRA_DIST += doc/dev/architecture.md doc/dev/abi.md doc/dev/testing.md doc/dev/servers.md doc/dev/performance.md doc/dev/cache.md
EXTRA_DIST += doc/examples/pictures/make.py doc/examples/pictures/aurora-16bit.png doc/examples/pictures/dunes.png \
	doc/examples/pictures/lantern-alpha.webp doc/examples/pictures/leaf-alpha.png doc/examples/pictures/moon-grey.png \
	doc/examples/pictures/balloons-progressive.jpg doc/examples/pictures/lake-turned.jpg \
	doc/examples/pictures/pines.webp doc/examples/pictures/waves.webp doc/examples/pictures/window-interlaced.png
EXTRA_DIST += doc/dev/kubernetes.md
dist_man_MANS += doc/man/larder-codec.3 doc/man/larder-lock.3
EXTRA_DIST += doc/examples/worker/README.md doc/examples/worker/worker.py
EXTRA_DIST += doc/dev/python.md
EXTRA_DIST += doc/dev/transfer.md doc/dev/recovery.md
