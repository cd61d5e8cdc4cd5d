#!/bin/bash
# How install-servers behaves when things go wrong, with a `go` of the test's own: it writes down how it was called,
# and builds, fails or hangs as told. What a real build makes is shown by every other test of this folder.
set -u
here=$(mktemp -d); trap 'rm -rf "$here"' EXIT
install=$TOP_SRCDIR/tests/lib/install-servers
mkdir "$here/bin"
export LARDER_SERVERS="$here/a folder" PATH="$here/bin:$PATH" CALLS=$here/calls GO_DOES=build
minio=$LARDER_SERVERS/minio-$(awk '$1 == "minio" { print $2 }' "$TOP_SRCDIR/tests/lib/servers.list")
cat >"$here/bin/go" <<'GO'
#!/bin/bash
[ "$1" != env ] || { echo "go${GO_VERSION:-1.99.1}"; exit; }
{ echo "call $*"; env; } >>"$CALLS"
echo half >"$GOBIN/minio"
case $GO_DOES in
fail) exit 1 ;;
hang) echo >"$CALLS.hangs"; exec sleep 600 ;;
wait) read -r _ <"$CALLS.gate" ;;
esac
printf '#!/bin/sh\necho whole\n' >"$GOBIN/minio"
chmod +x "$GOBIN/minio"
GO
chmod +x "$here/bin/go"

count=0 failed=0
check () { # NAME STATUS: a line of TAP, and what the last run said where it is not ok
	count=$((count + 1))
	if [ "$2" = 0 ]; then echo "ok $count - $1"; else failed=1; sed 's/^/# /' "$here/out"; echo "not ok $count - $1"; fi
}
run () { "$install" minio >"$here/out" 2>&1; }
calls () { grep -c '^call' "$CALLS" 2>/dev/null; }
fresh () { rm -rf "$LARDER_SERVERS" "$CALLS"*; }
builds_alone () { for word in GOTOOLCHAIN=local GOWORK=off "GOBIN=$LARDER_SERVERS/work/bin" "GOPATH=$LARDER_SERVERS/work/path" "GOCACHE=$LARDER_SERVERS/work/cache"; do grep -qxF "$word" "$CALLS" || return 1; done; ! grep -q 'GOFLAGS=.*vendor\|^GOROOT=' "$CALLS"; }

echo 1..8

fresh
run && [ "$("$minio")" = whole ] && [ "$(calls)" = 1 ] && [ ! -e "$LARDER_SERVERS/work" ] && run && [ "$(calls)" = 1 ]
check test-live-install-second-run-builds-nothing $?

fresh
GOFLAGS=-mod=vendor GOROOT=/nowhere GOWORK=/nowhere/go.work run && builds_alone && [ -z "$(cd "$TOP_SRCDIR" && find . -name minio -newer "$here/bin/go" | head -n 1)" ]
check test-live-install-builds-apart $?

fresh
GO_DOES=fail run; [ $? = 2 ] && [ ! -e "$minio" ] && grep -q 'next:' "$here/out" && run && [ "$("$minio")" = whole ]
check test-live-install-failed-build-leaves-nothing $?

fresh
GO_DOES=hang setsid "$install" minio >"$here/out" 2>&1 & pid=$!
until [ -e "$CALLS.hangs" ]; do kill -0 $pid || break; done
kill -KILL -- -$pid; wait $pid 2>/dev/null
[ ! -e "$minio" ] && run && [ "$("$minio")" = whole ]
check test-live-install-killed-build-leaves-nothing $?

fresh
mkfifo "$CALLS.gate"
GO_DOES=wait "$install" minio >"$here/first" 2>&1 & first=$!
until [ "$(calls)" = 1 ]; do kill -0 $first || break; done
"$install" minio >"$here/out" 2>&1 & second=$!
until grep -q 'waiting for it' "$here/out"; do kill -0 $second || break; done
echo >"$CALLS.gate"
wait $first && wait $second && [ "$(calls)" = 1 ] && [ "$("$minio")" = whole ]
check test-live-install-two-at-once-build-once $?

fresh
(unset LARDER_SERVERS XDG_CACHE_HOME; HOME="$here/odd \$home" run) && [ -x "$here/odd \$home/.cache/larder/servers/${minio##*/}" ]
check test-live-install-odd-home $?

echo >"$here/file"
LARDER_SERVERS=$here/file/x run; [ $? = 2 ] && grep -q 'LARDER_SERVERS=FOLDER' "$here/out"
check test-live-install-no-place $?

"$install" ceph >"$here/out" 2>&1; [ $? = 2 ] && grep -q "unknown server 'ceph'" "$here/out"
check test-live-install-unknown $?

exit $failed
