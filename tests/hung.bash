# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of things that hang share.
# shellcheck shell=bash disable=SC2034,SC2154

export WATCHQ HELPERS

# beside KIND FUNCTION...: the first function, in a mount namespace of its own with a tmpfs to work
# in, where F is a filesystem that does not answer: mute (fuse), block (fuseblk), or one that answers
# until hang is called, and again after unhang: stops (fuse), disk (ext4, its device is suspended) or
# nfs (its server is cut off). The other functions are for it.
beside() {
	needs_root
	needs_mount_ns
	needs_"$1"
	KIND=$1 timeout -k 5 $((120 * SLOW)) unshare -m bash -c "
		$(declare -f await is_gone has_lines equal serve "serve_$1" serve_fuse hang unhang ends within begin end "${@:2}")
		set -e
		trap end EXIT
		mount -t tmpfs -o mode=755 work '$BATS_TEST_TMPDIR'
		cd '$BATS_TEST_TMPDIR'
		mkdir F other
		serve
		$2"
}

needs_mute()  { [ -w /dev/fuse ] || skip "no /dev/fuse (CONFIG_FUSE_FS)"; }
needs_stops() { needs_mute; }
needs_block() { needs_mute; needs_loop; }
needs_disk() {
	[ -n "${WATCHQ_TEST_KERNEL:-}" ] || skip "only in the test kernel: sync(2) of all others would wait, too"
	needs_loop
	dmsetup targets >/dev/null 2>&1 || skip "no device mapper (CONFIG_BLK_DEV_DM)"
}
needs_nfs() {
	[ -n "${WATCHQ_TEST_KERNEL:-}" ] || skip "only in the test kernel: it takes the network down"
	grep -qw nfs4 /proc/filesystems && grep -qw nfsd /proc/filesystems || skip "no NFS (CONFIG_NFSD_V4, CONFIG_NFS_V4)"
}

serve() { "serve_$KIND"; }
serve_mute()  { serve_fuse mute fuse hung; }
serve_stops() { serve_fuse stops fuse hung; }
serve_block() {
	truncate -s 1M image
	local source
	source=$(losetup -f --show image)
	serve_fuse mute fuseblk "$source"
	losetup -d "$source"	# when it is unmounted
}
serve_fuse() {	# MODE TYPE SOURCE
	"$HELPERS/hung-fuse" "$1" "$PWD/F" "$2" "$3" >served 2>&1 3>&- &
	server=$!
	await grep -q ready served || { cat served >&2; return 1; }
}
serve_disk() {
	local loop
	truncate -s 16M image
	mke2fs -q -t ext4 -F image
	loop=$(losetup -f --show image)
	disk=hung-$$
	dmsetup create --noudevsync "$disk" --table "0 32768 linear $loop 0"
	dmsetup mknodes "$disk"
	losetup -d "$loop"	# when the map is gone
	mount "/dev/mapper/$disk" F
	mkdir F/x
	"$HELPERS/records" 1000 >F/file
	umount F	# so that nothing of it is in memory
	mount "/dev/mapper/$disk" F
}
# What rpc.mountd(8) would answer is written before anybody asks: no daemon is needed.
serve_nfs() {
	local rpc=/proc/net/rpc
	mkdir served
	mount -t tmpfs served served
	mkdir served/x
	mount -t nfsd nfsd /proc/fs/nfsd
	echo "nfsd 127.0.0.1 2147483647 all" >$rpc/auth.unix.ip/channel
	# NFSEXP_FSID, NFSEXP_NOSUBTREECHECK, NFSEXP_INSECURE_PORT: include/uapi/linux/nfsd/export.h.
	echo "all $PWD/served 2147483647 $((0x2402)) 65534 65534 0" >$rpc/nfsd.export/channel
	printf 'all 1 \\x00000000 2147483647 %s\n' "$PWD/served" >$rpc/nfsd.fh/channel
	echo -3 >/proc/fs/nfsd/versions	# it would ask for rpcbind(8)
	echo 'tcp 2049' >/proc/fs/nfsd/portlist
	echo 2 >/proc/fs/nfsd/threads
	mount -i -t nfs4 -o addr=127.0.0.1,clientaddr=127.0.0.1,vers=4.1,timeo=20,retrans=1,noac 127.0.0.1:/ F
	test -d F/x
}

hang() {
	case $KIND in
	stops) kill -USR1 "$server" ;;
	disk) dmsetup suspend --noflush --nolockfs --noudevsync "$disk" ;;
	nfs) ip link set lo down ;;
	esac
}
unhang() {
	case $KIND in
	stops) kill -USR2 "$server" ;;
	disk) dmsetup resume --noudevsync "$disk" ;;
	nfs) ip link set lo up ;;
	esac
}

# The server first: what waits for it goes on then.
end() {
	local job
	unhang 2>/dev/null || :
	[ -z "${server:-}" ] || kill -TERM "$server" 2>/dev/null || :
	for job in $(jobs -p); do kill "$job" 2>/dev/null || :; done
	sleep 0.1
	for job in $(jobs -p); do kill -KILL "$job" 2>/dev/null || :; done
	wait || :
	case $KIND in
	disk | nfs) ! mountpoint -q F || umount F ;;
	esac
	[ -z "${disk:-}" ] || dmsetup remove --noudevsync "$disk"
	if [ "$KIND" = nfs ]; then
		echo 0 >/proc/fs/nfsd/threads
		umount served
	fi
}

# begin ARGUMENT...: watchq in the background; returns when it watches.
begin() {
	rm -f err
	"$WATCHQ" "$@" -v >out 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err || { cat err >&2; return 1; }
}

# within SECONDS STATUS: the process $watcher ends with this status within so many seconds.
within() {
	local status=0
	DEADLINE=$1 await is_gone "$watcher" || { cat err >&2; return 1; }
	wait "$watcher" || status=$?
	equal "$status" "$2"
}

# ---- Every command ----

# A line each: the arguments of a command that looks at F, or beside it.
commands() {
	cat <<-'END'
		keys
		mounts
		mounts F
		mounts F/x
		mounts -I F
		sb
		sb F
		sb F/x
		sb -I F/x
		block
		watch all
		watch mounts:F/x sb:F/x
		wait mounted:F/x
		wait unmounted:F
		wait ro:F/x
		wait device:F/x
		wait --any mounted:F/x mounted:other
		decode F/file
		mounts --namespace F/x
		mounts --output-file F/x
		wait --output-file F/x mounted:other/x
		decode --output-file F/x /dev/stdin
	END
}

# Each is started as it is for as long as --timeout says; then again, and sent SIGTERM. A command
# that ends before with an error of its own, such as a missing privilege, is none that hangs.
deadlines() {
	local line words status
	hang
	while read -r line; do
		case $line in keys | block) [ "$KIND" = mute ] || continue ;; esac
		echo "watchq $line" >>lines
		read -ra words <<<"$line"
		"$WATCHQ" "${words[@]}" -w 1 >out 2>err </dev/zero &
		watcher=$!
		ended 4 || { echo "watchq $line -w 1: it does not end" >&2; return 1; }
		case $status in
		3 | 2) ;;
		1) grep -q 'F/x: .*the filesystem does not answer' err || { cat err >&2; return 1; } ;;
		*) echo "watchq $line -w 1: status $status" >&2; cat err >&2; return 1 ;;
		esac
		"$WATCHQ" "${words[@]}" >out 2>err </dev/zero &
		watcher=$!
		sleep 0.3	# not to wait for, but to have the signal come at another time than the first
		kill -TERM "$watcher" 2>/dev/null || :
		ended 4 || { echo "watchq $line: SIGTERM does not end it" >&2; return 1; }
	done < <(commands)
	equal "$(($(wc -l <lines) > 10))" 1
}
# ended SECONDS: whether $watcher ends so soon. Sets status.
ended() {
	status=0
	DEADLINE=$1 await is_gone "$watcher" 2>/dev/null || { kill -KILL "$watcher" 2>/dev/null || :; return 1; }
	wait "$watcher" || status=$?
}

snapshots() {
	local line words
	hang
	while read -r line; do
		read -ra words <<<"$line"
		"$WATCHQ" "${words[@]}" --initial --once >out 2>err &
		watcher=$!
		within 5 0 || { echo "watchq $line --initial --once" >&2; return 1; }
	done <<-'END'
		mounts
		mounts F
		mounts -t fuse,fuseblk
		sb
		sb F
		block
		watch all
	END
}
