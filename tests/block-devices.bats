# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine user
# Block devices that come, go and change; who may hear of it, and captures.

load lib
load block

setup() { setup_block; }
teardown() { teardown_block; }

# ---- Devices that come, go and change ----

@test "a file is attached, grows, and is detached" {
	needs uevent
	start out block -J
	new_loop
	await has_told 1 out "\"$name\".*\"size\":8388608"
	truncate -s 10M file
	losetup -c "$loop"
	await has_told 1 out "\"$name\".*\"size\":10485760"
	losetup -d "$loop"
	await has_told 1 out "\"media\".*\"$name\""
	stop out
	equal "$(changes out "$name" | grep -v "^change" | uniq | head -n 2)" "$(printf 'resize %s %s\n' "$name" 8388608 "$name" 10485760)"
	changes out "$name" | grep -qx "media $name 0"
	equal "$(jq -r --arg name "$name" 'select(.device == $name) | "\(.devtype) \(.sector) \(.object) \(.id)"' out | sort -u)" "disk 0 all 1"
}

@test "partitions come and go; that one grows no uevent says, --sweep does" {
	needs uevent
	new_loop -P
	start out block -J --sweep 200ms
	addpart "$loop" 1 2048 2048
	await has_told 1 out "add.*${name}p1"
	resizepart "$loop" 1 4096
	await has_told 1 out "resize.*${name}p1.*resync"
	delpart "$loop" 1
	await has_told 1 out "remove.*${name}p1"
	stop out
	equal "$(changes out "$name" | grep -v ^change | xargs)" "add ${name}p1 1048576 resize ${name}p1 2097152 remove ${name}p1 -"
	equal "$(jq -r --arg name "${name}p1" 'select(.partition == $name) | "\(.devtype) \(.sector) \(.device)"' out | sort -u)" "partition 2048 $name"
}

@test "a change that a program asks for is told, coming and going are not" {
	needs uevent
	new_loop
	start out block -J "$name"
	echo add >"/sys/block/$name/uevent"
	echo remove >"/sys/block/$name/uevent"
	echo change >"/sys/block/$name/uevent"
	await has_told 1 out '"change"'
	stop out
	equal "$(changes out "$name")" "change $name 8388608"
}

@test "a disk comes and goes, once each" {
	needs uevent
	dmsetup version >/dev/null 2>&1 || skip "no device mapper"
	start out block -J
	maps=("watchq-test-$$")
	dmsetup create "${maps[0]}" --noudevsync --table "0 2048 error"
	dm=$(dm_name "${maps[0]}")
	await has_told 1 out "\"add\".*$dm"
	dmsetup remove --noudevsync "${maps[0]}"
	await has_told 1 out "\"remove\".*$dm"
	maps=()
	new_loop
	echo change >"/sys/block/$name/uevent"
	await has_told 1 out "$name"
	stop out
	# It has no size before it has a table.
	equal "$(changes out "$dm" | grep -v '^change\|^resize' | cut -d' ' -f1,2 | xargs)" "add $dm remove $dm"
}

# ---- What there is ----

@test "--initial --once lists what lsblk does" {
	needs uevent
	new_loop -P
	addpart "$loop" 1 2048 2048
	# Others may attach and detach some meanwhile.
	await lists_all
}
lists_all() {
	watchq block -I --once -J >has
	equal "$(jq -r 'select(.type == "block") | [.partition // .device, ."maj:min", .devtype, .size] | map(tostring) | join(" ")' has | sort)" \
		"$(for one in /sys/class/block/*; do
			type=disk
			[ ! -e "$one/partition" ] || type=partition
			echo "${one##*/} $(cat "$one/dev") $type $(($(cat "$one/size") * 512))"
		done | sort)" && equal "$(jq -r '"\(.event) \(.mark)"' has | sort -u)" "add initial" &&
		grep -q "${name}p1" has
}

@test "--initial: each once, also what comes and goes meanwhile" {
	needs uevent
	new_loop -P
	churn &
	local churner=$! i
	for ((i = 0; i < 20; i++)); do
		start "out$i" block -J -I --marks "$name"
		# Some of what comes later, too.
		await has_told 3 "out$i" '"event":"remove"'
		kill "$pid"
		wait "$pid"
	done
	kill "$churner"
	wait "$churner" || true
	for ((i = 0; i < 20; i++)); do
		grep -q '"loss"' "out$i" && return 1
		# Of each partition in turns, with an add first; one that comes at once may have another number.
		jq -r 'select(.event == "add" or .event == "remove") | select(.partition) | "\(.partition)/\(."maj:min") \(.event)"' "out$i" | sort -s -k1,1 >turns
		awk '$1 != last { last = $1; want = "add" }
		     $2 != want { print "line " NR ": " $0; bad = 1 }
		     { want = want == "add" ? "remove" : "add" }
		     END { exit bad }' turns || { cat turns; return 1; }
		equal "$(jq -r 'select(.event == "add" and (has("partition") | not)) | .mark' "out$i")" initial
	done
}
churn() {
	trap exit TERM
	while :; do
		addpart "$loop" 1 2048 1000 && addpart "$loop" 2 4096 1000 && delpart "$loop" 1 && delpart "$loop" 2
	done 2>/dev/null 3>&-
}

# ---- Losses ----

@test "uevents that had no room: a loss, and what has become of the devices" {
	needs uevent
	be_nobody
	new_loop -P
	two_partitions
	start out block -J -e add,remove,change,resize,media "$name"
	kill -STOP "$pid_out"
	await is_stopped "$pid_out"
	many_changes 15000
	# Its number is not to be the one that becomes free.
	addpart "$loop" 3 5000 100
	delpart "$loop" 1
	resizepart "$loop" 2 8192
	kill -CONT "$pid_out"
	await has_told 1 out "\"add\".*${name}p3"
	stop out
	equal "$(grep -c '"loss"' out)" 1
	(($(grep -c '"change"' out) < 15000))
	equal "$(jq -r 'select(.mark == "resync") | "\(.event) \(.partition) \(.size)"' out | sort)" \
		"$(printf '%s\n' "add ${name}p3 51200" "remove ${name}p1 null" "resize ${name}p2 4194304")"
}

takes_number() {
	addpart "$other" 1 2048 2048
	[ "$(cat "/sys/block/${other#/dev/}/${other#/dev/}p1/dev")" = "$1" ] || { delpart "$other" 1; return 1; }
}
# No uevent waits for it: NETLINK_KOBJECT_UEVENT is 15, and the fifth column is bytes.
has_read_all() { awk -v pid="$1" '$2 == 15 && $3 == pid { found = 1; if ($5) exit 1 } END { if (!found) exit 1 }' /proc/net/netlink; }
@test "what had no room is counted, and what has become of the devices is told" {
	needs uevent
	needs_loop
	truncate -s 8M other
	other=$(losetup -f --show -P other)
	loops=("$other")
	new_loop -P
	two_partitions
	mkfifo unread
	exec 7<>unread
	"$WATCHQ" block -J -v --buffer 64K "$name" >unread 2>unread.err 3>&- 7>&- &
	pid=$! pid_unread=$!
	await is_ready unread
	many_changes 20000
	# Its number is another disk's at once, which nobody asks for.
	local nr
	nr=$(cat "/sys/block/$name/${name}p1/dev")
	delpart "$loop" 1
	await takes_number "$nr"
	addpart "$loop" 3 5000 100
	many_changes 10
	DEADLINE=60 await has_read_all "$pid"
	exec 8<unread 7>&-
	cat <&8 >out 3>&- &
	local reader=$!
	exec 8<&-
	await has_told 1 out "\"add\".*${name}p3"
	stop unread
	wait "$reader"
	equal "$(jq -r 'select(.mark == "resync") | "\(.event) \(.partition)"' out | sort | xargs)" "add ${name}p3 remove ${name}p1"
	cat unread.err out | grep -v '"change"' >&2; wc -l out >&2
	# All that was said, and all that was not.
	(($(grep -c '"change"' out) + $(jq -s 'map(select(.event == "ring_loss").lost) | add' out) >= 20010))
}

# ---- Users, kernels, captures ----

@test "an ordinary user hears of devices, and is told what is not heard" {
	needs uevent
	new_loop -P
	be_nobody
	start out block -J "$name"
	addpart "$loop" 1 2048 2048
	await has_told 1 out "add.*${name}p1"
	stop out
	grep -q 'tracefs.*not heard: timeout, no_space' out.err
	start out block -J -e add "$name"
	stop out
	grep -q 'not heard' out.err && return 1
	run -2 watchq block -e io "$name"
	[[ $output =~ tracefs.*"run watchq as root" ]]
	run -2 watchq block --backend trace "$name"
}

@test "a network namespace that no uevents come to" {
	needs uevent
	unshare -Urn true 2>/dev/null || skip "no user namespaces"
	run unshare -Urn "$WATCHQ" info --raw -n
	[[ $output =~ block/uevent\ no\ +no.x20uevents ]]
	be_nobody
	run "${ORDINARY[@]}" unshare -Ur "${WATCHQ_AS_ROOT}" info --raw -n
	[[ $output =~ block/uevent\ no\ +libudev ]]
}

@test "--events: only what is wanted is opened; nothing stays" {
	needs_mount_ns
	needs trace
	needs uevent
	new_loop
	start errors block -J -e io "$loop"
	grep -q 'backend trace' errors.err
	grep -q 'backend uevent' errors.err && return 1
	has_instance "$pid"
	start changes block -J -e change,media "$loop"
	grep -q 'backend trace' changes.err && return 1
	has_no_instance "$pid"
	cut_loop
	read_at "$loop" 4096
	echo change >"/sys/block/$name/uevent"
	await has_told 1 errors '"io"'
	await has_told 1 changes '"change"'
	stop errors
	stop changes
	equal "$(jq -r .event errors changes | xargs)" "io change"
	has_no_instance "$pid_errors"
	run -1 watchq block -e nosuch
}

@test "a capture shows the same again" {
	needs trace
	new_loop -P
	addpart "$loop" 1 4096 50
	start live block -J --coalesce $((2 * SLOW))s "$loop"
	start bin block -B=annotated --coalesce $((2 * SLOW))s "$loop"
	cut_loop
	read_at "$loop" 4090 100
	read_at "$loop" 9000
	await has_told 4 live '"io"'
	await eval '[ "$(watchq decode -J bin | grep -c "\"io\"")" -ge 4 ]'
	delpart "$loop" 1
	await has_told 1 live '"remove"'
	stop live
	stop bin
	watchq decode -J bin >again
	strip() { jq -cS 'select(.type == "block") | del(.time, .boottime, .seq, .ktime)' "$1"; }
	equal "$(strip again)" "$(strip live)"
	equal "$(errors again .count | xargs)" "6 50 44 1"
}

@test "it ends when told, though uevents come faster than they are read" {
	needs uevent
	new_loop
	# A smaller queue, which overflows sooner: what is in it by then is to be read.
	printf '#!/bin/sh\nexec setpriv --bounding-set=-net_admin "%s" "$@"\n' "$WATCHQ" >small
	chmod +x small
	WATCHQ=$PWD/small start out block -J "$name"
	local i
	for i in 1 2 3; do
		bash -c 'for ((i = 0; i < 20000000; i++)); do echo change >"/sys/block/$1/uevent"; done' - "$name" 3>&- &
		eval "pid_storm$i=$!"	# ended with the test
	done
	await has_told 100 out '"change"'
	kill -TERM "$pid"
	# By then thousands may be waiting.
	DEADLINE=60 await is_gone "$pid"
	wait "$pid"
}

@test "it ends: --first-only, --count, --timeout" {
	needs trace
	new_loop
	cut_loop
	run -0 watchq block -1 -J -e io "$loop" -C "'$HELPERS/read-errors' $loop 4096 1 >/dev/null; sleep 10"
	equal "$(jq -r .event <<<"$output")" io
	run -3 watchq block -w 100ms "$loop"
}
