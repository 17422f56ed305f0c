# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both threads user
# Other namespaces and other users; and more events than there is room for.

load lib
load mounts

AS_USER='setpriv --reuid 1000 --regid 1000 --clear-groups'
export AS_USER

setup() {
	needs_mount_ns
	BEST=$(watchq info --raw -n | sed -n 's/^mounts\/\([[:lower:]]*\) yes.*/\1/p' | head -n 1)
}

# ---- Other namespaces ----

# A process in a namespace of its own, in other.
other() {
	unshare -m sleep 10000 &
	other=$!
	until [ "$(cat "/proc/$other/comm")" = sleep ]; do sleep 0.01; done
}

of_process() {
	mkdir a b
	other
	begin -N "$other"
	nsenter -t "$other" -m mount -t tmpfs one "$PWD/a"
	await grep -q '"one"' json
	mount -t tmpfs here b
	nsenter -t "$other" -m mount -o remount,bind,ro "$PWD/a"
	await grep -q '"readonly"' json
	told 'new_mount a' 'readonly a: rw,relatime > ro,relatime'
	equal "mnt:[$(jq -r 'select(.event == "new_mount") | .namespace' json)]" "$(readlink "/proc/$other/ns/mnt")"
	"$WATCHQ" mounts -N "$other" -I --once -J "$PWD" >list
	equal "$(jq -r .source list | xargs)" 'work one'
}
@test "--namespace PID: fanotify" { inside fanotify of_process other; }
@test "--namespace PID: mountinfo" { inside mountinfo of_process other; }

of_file() {
	mkdir a
	mkdir kept
	mount --bind kept kept
	mount --make-private kept
	touch kept/ns
	# Some kernels refuse that now and then: they compare IDs that don't come in order.
	await unshare --mount=kept/ns true
	begin -N kept/ns
	nsenter --mount=kept/ns mount -t tmpfs one "$PWD/a"
	await grep -q '"one"' json
	nsenter --mount=kept/ns mount -o remount,bind,ro "$PWD/a"
	await grep -q '"readonly"' json
	told 'new_mount a' 'readonly a: rw,relatime > ro,relatime'
}
@test "--namespace FILE: fanotify" { inside fanotify of_file; }
@test "--namespace FILE: mountinfo" { inside mountinfo of_file; }

dies() {
	local status=0
	mkdir a
	other
	nsenter -t "$other" -m mount -t tmpfs one "$PWD/a"
	begin -N "$other" -I
	kill "$other"
	wait "$watcher" || status=$?
	equal "$status" 0
	equal "$(jq -r 'select(.event == "removal") | "\(.object) \(.id) \(.key)"' json)" '/ 1 null'
	# What ends with the namespace is not watchq's doing, even if watchq kept it to the last.
	equal "$(jq -r 'select(.event == "unmount" and (.pid != null or .command != null)) | "\(.pid) \(.command)"' json | sort -u)" ""
	# All that was there, and nothing else.
	[ "$BACKEND" = mountinfo ] ||
		diff <(jq -r 'select(.event == "new_mount").mount' json | sort) <(jq -r 'select(.event == "unmount").mount' json | sort)
}
@test "a namespace that ends: fanotify" { inside fanotify dies other; }
@test "a process that ends, whose namespace was read: mountinfo" { inside mountinfo dies other; }

lives_on() {
	mkdir a
	other
	nsenter -t "$other" -m sleep 10000 &
	local second=$!
	until [ "$(cat "/proc/$second/comm")" = sleep ]; do sleep 0.01; done
	begin -N "$other"
	kill "$other"
	await grep -q 'the process that names the namespace is gone' err
	nsenter -t "$second" -m mount -t tmpfs one "$PWD/a"
	await grep -q '"one"' json
	told 'new_mount a'
	kill "$second"
	wait "$watcher"
}
@test "a namespace outlives the process that was named: fanotify" { inside fanotify lives_on other; }

no_such() {
	local status=0
	"$WATCHQ" mounts -N 4194305 2>err || status=$?
	equal "$status: $(cat err)" '1: watchq: mounts: there is no process 4194305'
	status=0
	"$WATCHQ" mounts -N /etc/passwd 2>err || status=$?
	equal "$status: $(cat err)" '1: watchq: mounts: /etc/passwd is no mount namespace'
	status=0
	"$WATCHQ" mounts -N /proc/self/ns/net 2>err || status=$?
	equal "$status: $(cat err)" '1: watchq: mounts: /proc/self/ns/net is no mount namespace'
	status=0
	"$WATCHQ" mounts -N "$$" a 2>err || status=$?
	equal "$status: $(cat err)" '1: watchq: mounts: a: in another namespace paths begin with /'
}
@test "no such namespace, and a path that says nothing there" { inside "$BEST" no_such; }

# ---- Other users ----

ordinary() {
	local status=0
	chmod 755 .
	mkdir a
	# shellcheck disable=SC2086
	$AS_USER "$WATCHQ" mounts -J -v -c 1 >told 2>err &
	local pid=$!
	await grep -q ': ready$' err
	grep -q 'CAP_SYS_ADMIN in the user namespace .*; using --backend mountinfo' err
	(until [ -s told ]; do mount -t tmpfs one a; sleep 0.1; umount a; done) &
	wait "$pid"
	equal "$(jq -r '"\(.event) \(.source)"' told)" 'new_mount one'
	# shellcheck disable=SC2086
	$AS_USER "$WATCHQ" mounts --backend fanotify 2>err || status=$?
	equal "$status" 2
	grep -q 'CAP_SYS_ADMIN in the user namespace that the mount namespace belongs to; run watchq as root' err
}
@test "an ordinary user: by mountinfo, and says what the other takes" {
	needs_root
	$AS_USER test -x "$WATCHQ" || skip "$WATCHQ can't be run by others"
	inside "$BEST" ordinary
}

in_user_namespace() {
	mkdir a
	begin
	step mount -t tmpfs one a
	step umount a
	told 'new_mount a' 'unmount a'
}
@test "in a user namespace of one's own: fanotify" {
	unshare -Urm "$WATCHQ" info --raw -n | grep -q '^mounts/fanotify yes' || skip "no mount events in a user namespace (before Linux 6.16)"
	ENTER='unshare -Urm' inside fanotify in_user_namespace
}

# ---- More than there is room for ----

overflow() {
	mkdir a b
	begin --strict
	halt
	"$MOUNTER" pairs "$PAIRS" "$PWD/a" >/dev/null
	mount -t tmpfs stays b
	kill -CONT "$watcher"
	DEADLINE=60 settle
	equal "$(jq -r 'select(.event == "loss") | "\(.lost) \(.id)"' json)" 'null 0'
	equal "$(jq -r 'select(.source == "stays") | "\(.event) \(.mark)"' json)" 'new_mount resync'
	local status=0
	kill "$watcher"
	wait "$watcher" || status=$?
	equal "$status" 4
	# What was told once is over is over: nothing is mounted on a.
	jq -es --arg a "$PWD/a" 'map(select(.type == "mount" and .source != "stays")) | group_by(.mount) |
		map(select(.[0].source == null or (.[0].source | startswith("mark") | not))) | all(.[-1].event == "unmount")' json
}
@test "the queue overflows: a loss, and what there is by then" {
	local queue=/proc/sys/fs/fanotify/max_queued_events was
	unshare -Urm "$WATCHQ" info --raw -n | grep -q '^mounts/fanotify yes' || skip "only in a user namespace has the queue an end: no mount events there"
	was=$(cat "$queue")
	# Elsewhere it is everybody's.
	! grep -q 'User Mode' /proc/cpuinfo || echo 100 >"$queue"
	export PAIRS=$(($(cat "$queue") / 2 + 100))
	local status=0
	ENTER='unshare -Urm' inside fanotify overflow || status=$?
	! grep -q 'User Mode' /proc/cpuinfo || echo "$was" >"$queue"
	return "$status"
}

backlog() {
	local lost told again
	mkdir a b end
	mkfifo pipe
	"$WATCHQ" mounts -J --buffer 64K --marks -v --backend "$BACKEND" >pipe 2>err &
	watcher=$!
	exec 4<pipe		# and nobody reads
	await grep -q ': ready$' err
	"$MOUNTER" pairs 2000 "$PWD/a" >/dev/null
	mount -t tmpfs stays b
	# It has read all, and found no room, before anybody reads.
	await is_idle "$watcher"
	cat <&4 >json &
	exec 4<&-
	DEADLINE=60 settle
	kill "$watcher"
	wait
	lost=$(jq -s 'map(select(.event == "ring_loss").lost) | add' json)
	told=$(jq -s --arg a "$PWD/a" 'map(select(.type == "mount" and .mark == null and (.source == null or (.source | startswith("mark") | not)))) | length' json)
	# The mark may have been lost, too, at first.
	again=$(jq -s 'map(select(.mark == "resync" and .source != null and (.source | startswith("mark")))) | length' json)
	((lost > 100))
	# "stays" among them, whether it was told or lost at first.
	equal $((lost + told - again)) 4001
	equal "$(jq -r 'select(.source == "stays") | .event' json)" new_mount
	jq -es 'map(select(.type == "mount" and .source != "stays" and (.source == null or (.source | startswith("mark") | not)))) |
		group_by(.mount) | all(.[-1].event == "unmount")' json
}
@test "nobody reads the output: what is lost is counted, what there is is told later" { inside fanotify backlog is_idle switches; }

# ---- The end ----

endless() {
	local i
	begin
	taskset -p -c 0 "$watcher" >/dev/null
	for i in 1 2 3; do
		mkdir "a$i" "b$i"
		mount -t tmpfs "storm$i" "a$i"
		taskset -c 0 "$MOUNTER" moves 1000000000 "$PWD/a$i" "$PWD/b$i" 3>&- &
	done
	DEADLINE=40 await has_told 100 '"move_to"'
	kill -TERM "$watcher"
	DEADLINE=60 await is_gone "$watcher"
	wait "$watcher"
}
@test "it ends when told, though mounts are moved faster than that is read" { inside fanotify endless; }

enough() {
	local status=0
	mkdir a b
	mount -t tmpfs one a
	begin
	halt
	"$MOUNTER" moves 50000 "$PWD/a" "$PWD/b"
	kill -TERM "$watcher"
	kill -CONT "$watcher"
	await has_told 1 '"move_to"'
	kill -TERM "$watcher"
	wait "$watcher" || status=$?
	equal "$status" 1
	grep -qE 'stopped while what had happened was still being read: the output is not complete|ended at once by a second signal' err
	(($(grep -c '"move_to"' json) < 50000))
}
@test "what was posted before the end is read; a second signal ends that" { inside fanotify enough; }

all_of_it() {
	mkdir a b
	mount -t tmpfs one a
	begin -e move_to
	halt
	"$MOUNTER" moves 10001 "$PWD/a" "$PWD/b"
	kill -TERM "$watcher"
	kill -CONT "$watcher"
	wait "$watcher"
	equal "$(grep -c '"move_to"' json)" 10001
}
@test "what was posted before the end is read, however much it is" { inside fanotify all_of_it; }
