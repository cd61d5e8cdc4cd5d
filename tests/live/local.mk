# Real servers on loopback. They are found through LARDER_SERVERS; one that is missing fails its tests.
TESTS += %D%/test-live-install.sh %D%/test-live-servers.py %D%/test-live-proxy.py
EXTRA_DIST += %D%/README.md %D%/test-live-install.sh %D%/test-live-servers.py %D%/test-live-proxy.py
EXTRA_DIST += %D%/profiles/versitygw.ini %D%/profiles/minio-tls.ini
