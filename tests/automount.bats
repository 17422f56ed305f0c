# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine
# Beside an automounter: what is watched may expire, and nothing is mounted by looking.

load lib

export WATCHQ HELPERS

# inside FUNCTION: in a mount namespace of its own, with a tmpfs to work in, where A/x is an ext4 as
# soon as it is used, and until it was not used for a second.
inside() {
	needs_root
	needs_mount_ns
	needs_loop
	grep -q autofs /proc/filesystems || skip "no autofs (CONFIG_AUTOFS_FS)"
	timeout -k 5 $((60 * SLOW)) unshare -m bash -c "
		$(declare -f await is_gone equal begin end is_mounted is_unmounted within "$1")
		set -e
		trap end EXIT
		mount -t tmpfs -o mode=755 work '$BATS_TEST_TMPDIR'
		cd '$BATS_TEST_TMPDIR'
		mkdir A
		truncate -s 16M image
		mke2fs -q -t ext4 -F image
		device=\$(losetup -f --show image)
		\"\$HELPERS/automount\" \"\$PWD/A\" \"\$device\" ext4 1 >served 2>&1 3>&- &
		server=\$!
		await grep -q ready served || { cat served >&2; exit 1; }
		$1"
}
end() {
	local job
	for job in $(jobs -p); do [ "$job" = "$server" ] || kill "$job" 2>/dev/null || :; done
	kill -KILL -- "-$server" 2>/dev/null || :
	wait || :
	umount -R A 2>/dev/null || umount -lR A || :
	losetup -d "$device"
}
is_mounted() { grep -q " $PWD/A/x " /proc/self/mountinfo; }
is_unmounted() { ! is_mounted; }

begin() {
	rm -f err
	"$WATCHQ" "$@" -v >out 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err || { cat err >&2; return 1; }
}
within() {	# SECONDS STATUS
	local status=0
	DEADLINE=$1 await is_gone "$watcher" || { cat err >&2; return 1; }
	wait "$watcher" || status=$?
	equal "$status" "$2"
}

expires() {
	ls A/x >/dev/null
	is_mounted
	begin sb -J --sweep 200ms
	DEADLINE=10 await is_unmounted
	await grep -q '"unmounted".*"ext4"' out
	ls A/x >/dev/null
	await grep -q '"mounted".*"ext4"' out
	DEADLINE=10 await is_unmounted
	kill -TERM "$watcher"
	within 3 0
}
@test "sb: an automounted filesystem expires" { inside expires; }

expires_beside_all() {
	ls A/x >/dev/null
	begin watch all -J --sweep 200ms
	DEADLINE=10 await is_unmounted
	kill -TERM "$watcher"
	within 3 0
}
@test "watch all: an automounted filesystem expires" { inside expires_beside_all; }

# Each command has handled an event of a mount when that is reported.
untouched() {
	local kind
	mkdir t
	for kind in mounted unmounted ro rw device nodevice; do
		begin wait -J --all "$kind:A/x/y" "$kind:A/x/y/." mounted:t key:%user:none
		is_unmounted
		mount -t tmpfs t t
		await grep -q '"mounted:t"' out
		umount t
		is_unmounted
		kill "$watcher"
		wait "$watcher" || :
	done
	"$WATCHQ" wait -w 0 unmounted:A/x/y nodevice:A/x/y >out
	begin mounts -J A/x/y t
	! grep -q 'no such path' err
	mount -t tmpfs t t
	await grep -q '"new_mount"' out
	is_unmounted
	kill "$watcher"
	within 3 0
}
@test "wait, mounts: a look-up of a path mounts nothing" { inside untouched; }

expires_beside_wait() {
	mkdir t
	ls A/x >/dev/null
	begin wait -J mounted:A/x/y mounted:t key:%user:none
	DEADLINE=10 await is_unmounted
	mount -t tmpfs t t
	await grep -q '"mounted:t"' out
	is_unmounted
	# What is mounted by others counts.
	ls A/x >/dev/null
	"$WATCHQ" wait -w 5 mounted:A/x >out
	DEADLINE=10 await is_unmounted
	kill "$watcher"
	wait "$watcher" || :
	begin wait -w 20 -J mounted:A/x
	ls A/x >/dev/null
	within 10 0
	begin wait -w 20 -J unmounted:A/x
	within 15 0
}
@test "wait: an automounted filesystem expires, and is noticed" { inside expires_beside_wait; }
