# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both threads
# Namespaces that end while they are watched: watchq keeps none of them, and no device in them.

load lib
load mounts

setup() {
	needs_mount_ns
	needs_root
}

# skipped REASON: ends the test, from inside of the namespace.
skipped() {
	echo "$1" >"$PWD.skip"
	exit 77
}

# disk OPTION...: a filesystem on a loop device, in the namespace that nsenter(1) enters by these.
disk() {
	mkdir -p a
	truncate -s 16M img
	mke2fs -q -t ext4 -F img 2>/dev/null || skipped "there is no mke2fs here"
	nsenter "$@" mount -o loop "$PWD/img" "$PWD/a" || skipped "no loop device may be used here"
	is_busy
}

# The kernel frees the device when nothing is mounted from it any more.
is_busy() { losetup -nO NAME -j "$PWD/img" | grep -q .; }
is_free() { ! is_busy; }

# The watcher ends by itself, and does not name itself as the cause of what it reports.
ends_alone() {
	local status=0
	await is_free
	await is_gone_or_zombie "$watcher"
	wait "$watcher" || status=$?
	equal "$status" 0
	equal "$(jq -r 'select(.event == "removal") | "\(.object) \(.id)"' json)" '/ 1'
	equal "$(jq -c --argjson own "$watcher" 'select(.pid == $own or .command == "watchq") | [.event, .pid, .command]' json)" ''
	[ "$BACKEND" = mountinfo ] ||
		jq -r 'select(.event == "unmount" and .fstype == "ext4").target' json | grep -qx "$PWD/a"
}
is_gone_or_zombie() { ! kill -0 "$1" || [ "$(cut -d' ' -f3 "/proc/$1/stat")" = Z ]; }

# A process in a namespace of its own, in other.
other() {
	local here
	here=$(readlink /proc/self/ns/mnt)
	unshare -m sleep 10000 3>&- &
	other=$!
	until [ "$(readlink "/proc/$other/ns/mnt")" != "$here" ] && is_sleep "$other"; do sleep 0.01; done
}
is_sleep() { [ "$(cat "/proc/$1/comm")" = sleep ]; }

# A namespace that only a file keeps, in kept/ns.
kept_by_file() {
	mkdir kept
	mount --bind kept kept
	mount --make-private kept
	touch kept/ns
	# Some kernels refuse that now and then: they compare IDs that don't come in order.
	await unshare --mount=kept/ns true
}

ended() {	# BACKEND FUNCTION
	local status=0
	inside "$1" "$2" disk skipped is_busy is_free ends_alone is_gone_or_zombie other is_sleep kept_by_file || status=$?
	[ "$status" != 77 ] || skip "$(cat "$BATS_TEST_TMPDIR.skip")"
	return "$status"
}

by_pid() {
	other
	disk -t "$other" -m
	begin -N "$other" -I
	kill "$other"
	ends_alone
}
@test "the last process ends; its disk is free: fanotify" { ended fanotify by_pid; }
@test "the last process ends; its disk is free: mountinfo" { ended mountinfo by_pid; }

by_proc() {
	other
	disk -t "$other" -m
	begin -N "/proc/$other/ns/mnt" -I
	kill "$other"
	ends_alone
}
@test "named by /proc/PID/ns/mnt: fanotify" { ended fanotify by_proc; }
@test "named by /proc/PID/ns/mnt: mountinfo" { ended mountinfo by_proc; }

by_file() {
	kept_by_file
	disk --mount=kept/ns
	begin -N kept/ns -I
	umount kept/ns
	ends_alone
}
@test "named by a file that is unmounted: fanotify" { ended fanotify by_file; }
@test "named by a file that is unmounted: mountinfo" { ended mountinfo by_file; }

# Its end cannot be seen: changes of options are not looked for, and that is said.
by_descriptor() {
	other
	disk -t "$other" -m
	sleep 10000 3>&- 7<"/proc/$other/ns/mnt" &
	local holder=$!
	await test -e "/proc/$holder/fd/7"
	begin -N "/proc/$holder/fd/7" -I
	grep -q "changes of options are not reported: an open mountinfo would keep the namespace" err
	kill "$other" "$holder"
	ends_alone
}
@test "named by a descriptor of a process: fanotify" { ended fanotify by_descriptor; }

file_goes() {
	mkdir b
	kept_by_file
	nsenter --mount=kept/ns sleep 10000 3>&- &
	local inhabitant=$!
	await is_sleep "$inhabitant"
	begin -N kept/ns
	umount kept/ns
	await grep -q 'the file that names the namespace is gone: changes of options are no longer reported' err
	nsenter -t "$inhabitant" -m mount -t tmpfs one "$PWD/b"
	await grep -q '"one"' json
	told 'new_mount b'
	kill "$inhabitant"
	wait "$watcher"
}
@test "a namespace outlives the file that named it: fanotify" { ended fanotify file_goes; }
