# Real servers on loopback. They are found through LARDER_SERVERS; one that is missing fails its tests.
TESTS += %D%/test-live-install.sh %D%/test-live-servers.py %D%/test-live-proxy.py
if WITH_AWS
TESTS += %D%/test-live-conform.py %D%/test-live-class.py
TESTS += %D%/test-live-ingest-kill.py
endif
EXTRA_DIST += %D%/test-live-ingest-kill.py
EXTRA_DIST += %D%/test-live-conform.py %D%/test-live-class.py %D%/README.md %D%/test-live-install.sh %D%/test-live-servers.py %D%/test-live-proxy.py
EXTRA_DIST += %D%/profiles/versitygw.ini %D%/profiles/minio-tls.ini
