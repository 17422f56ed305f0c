# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of things that hang share.
# shellcheck shell=bash disable=SC2034,SC2154

export WATCHQ HELPERS

# beside KIND FUNCTION...: the first function, in a mount namespace of its own with a tmpfs to work
# in, where F is a filesystem that does not answer: mute (fuse), block (fuseblk) or stops (fuse,
# which answers until hang is called, and again after unhang). The other functions are for it.
beside() {
	needs_root
	needs_mount_ns
	[ -w /dev/fuse ] || skip "no /dev/fuse (CONFIG_FUSE_FS)"
	[ "$1" != block ] || needs_loop
	KIND=$1 timeout -k 5 $((60 * SLOW)) unshare -m bash -c "
		$(declare -f await is_gone has_lines equal serve hang unhang ends within begin end "${@:2}")
		set -e
		trap end EXIT
		mount -t tmpfs -o mode=755 work '$BATS_TEST_TMPDIR'
		cd '$BATS_TEST_TMPDIR'
		mkdir F other
		serve
		$2"
}

serve() {
	local source=hung type=fuse mode=mute
	case $KIND in
	block) truncate -s 1M image; source=$(losetup -f --show image); type=fuseblk ;;
	stops) mode=stops ;;
	esac
	"$HELPERS/hung-fuse" "$mode" "$PWD/F" "$type" "$source" >served 2>&1 3>&- &
	server=$!
	await grep -q ready served || { cat served >&2; return 1; }
	[ "$KIND" != block ] || losetup -d "$source"	# when it is unmounted
}
hang() { kill -USR1 "$server"; }
unhang() { kill -USR2 "$server"; }

# The server first: what waits for it goes on then.
end() {
	kill -TERM "$server" 2>/dev/null || :
	local job
	for job in $(jobs -p); do kill "$job" 2>/dev/null || :; done
	sleep 0.1
	for job in $(jobs -p); do kill -KILL "$job" 2>/dev/null || :; done
	wait || :
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
