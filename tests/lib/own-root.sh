#!/bin/bash
# own-root.sh COMMAND…: run it as root of a user namespace with mounts of its own. Of other users' files the owner is not
# known in there, that of / included, and modules below such a folder are refused; so / is made anew around the same folders.
if [ -z "$OWN_ROOT" ]; then
	OWN_ROOT=$(mktemp -d) || exit 99
	export OWN_ROOT
	unshare --user --map-root-user --mount "$BASH" "$0" "$@"
	status=$?
	rmdir "$OWN_ROOT"
	exit $status
fi
mount -t tmpfs -o mode=755 tmpfs "$OWN_ROOT" || exit 99
for entry in /bin /dev /etc /lib /lib32 /lib64 /libx32 /proc /sbin /sys /usr; do
	if [ -L "$entry" ]; then
		cp -P "$entry" "$OWN_ROOT/"
	elif [ -d "$entry" ]; then
		mkdir "$OWN_ROOT$entry" && mount --rbind "$entry" "$OWN_ROOT$entry" || exit 99
	fi
done
mkdir -m 1777 "$OWN_ROOT/tmp"
for folder in "$TOP_SRCDIR" "$TOP_BUILDDIR" "$LARDER_VECTORS"; do
	[ -z "$folder" ] && continue
	mkdir -p "$OWN_ROOT$folder" && mount --rbind "$folder" "$OWN_ROOT$folder" || exit 99
done
exec env PATH="$PATH:/usr/sbin:/sbin" chroot "$OWN_ROOT" env -u TMPDIR HOME=/tmp "$@"
