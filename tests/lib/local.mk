# lib/local.mk: what tests share: pictures, tables, TAP, and real servers with a proxy in front.
EXTRA_DIST += %D%/make-checksum-tables.py %D%/world.py %D%/answers.py %D%/clock.py %D%/crc.py %D%/folders.py %D%/tap.py %D%/terminal.py
EXTRA_DIST += %D%/install-servers %D%/servers.list %D%/requirements.txt %D%/servers.py %D%/redis_talk.py %D%/keeper.py %D%/certificates.py %D%/signing_edge.py
EXTRA_DIST += %D%/stopped.py %D%/loading.py %D%/nginx_edge.py %D%/containerfile.py %D%/own-root.sh %D%/public.py %D%/with-server %D%/moto_keeping.py %D%/proxy.py %D%/scene.py %D%/identity_services.py %D%/service_model.py %D%/stand_in.py %D%/backup_service.py %D%/network.py %D%/iam_roles.py %D%/iam_guard.py %D%/cloudfront_service.py %D%/terraform.py
