# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both
# Block devices: real ones, that fail. Loop devices of files that were cut short, the
# device mapper's, and scsi_debug's where the kernel has them.

load lib

needs() {	# BACKEND
	local why
	why=$(watchq info --raw -n | sed -n "s/^block\\/$1 no //p")
	[ -z "$why" ] || skip "block/$1: $(printf '%b' "$why")"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	[ -e /dev/loop-control ] || skip "no loop devices here"
	loops=()
	maps=()
}
teardown() {
	local one
	for one in ${!pid_*}; do kill -CONT "${!one}" 2>/dev/null && kill -TERM "${!one}" && await is_gone "${!one}" || true; done
	for one in "${maps[@]}"; do dmsetup remove --noudevsync "$one" 2>/dev/null || true; done
	for one in "${loops[@]}"; do losetup -d "$one" 2>/dev/null || true; done
	[ -z "${scsi_opts:-}" ] || echo "$scsi_opts" >"$SCSI/opts"
}

# A loop device of 8 MiB: in loop and name.
new_loop() {	# [OPTION...]
	truncate -s 8M file
	loop=$(losetup -f --show "$@" file)
	loops+=("$loop")
	name=${loop#/dev/}
}
# What is behind the first 1 MiB, sector 2048, can't be read any more.
cut_loop() { truncate -s 1M file; }
two_partitions() {
	addpart "$loop" 1 2048 2048
	addpart "$loop" 2 8192 4096
}
read_at() { "$HELPERS/read-errors" "$1" "$2" "${3:-1}" >/dev/null; }	# DEVICE SECTOR [COUNT]

# In a shell of its own, whose commands bats does not look at one by one.
many_changes() { bash -c 'for ((i = 0; i < $1; i++)); do echo change >"/sys/block/$2/uevent"; done' - "$1" "$name"; }

has_told() { (($(grep -c "$3" "$2") >= $1)); }	# NUMBER NAME PATTERN
# What was told of I/O errors.
errors() {	# NAME [FIELD...]
	local fields=${2:-.event,.device,.partition,.operation,.sector,.sectors,.errno,.count}
	jq -r "select(.type == \"block\" and .event_nr < 128) | [$fields] | map(. // \"-\" | tostring) | join(\" \")" "$1"
}
# What was told of a device; its numbers of sectors aside.
changes() {	# NAME DEVICE
	jq -r --arg device "$2" 'select(.type == "block" and .event_nr >= 128 and .device == $device) |
		[.event, .partition // .device, .size // "-"] | map(tostring) | join(" ")' "$1"
}

# ---- I/O errors ----

@test "an error of a request: what it was, and where; once" {
	needs trace
	new_loop
	start out block -J "$loop"
	cut_loop
	read_at "$loop" 4096
	read_at "$loop" 0
	read_at "$loop" 9999
	await has_told 2 out '"io"'
	stop out
	equal "$(errors out)" "$(printf 'io %s - read %s 1 EIO -\n' "$name" 4096 "$name" 9999)"
	equal "$(jq -r 'select(.event == "io") | "\(."maj:min") \(.object) \(.id) \(has("partition")) \(has("count")) \(has("pid")) \(.mark)"' out | sort -u)" \
		"$(lsblk -dno MAJ:MIN "$loop" | xargs) $loop 1 false false false null"
}

@test "the table" {
	needs trace
	new_loop
	start out block "$loop"
	cut_loop
	read_at "$loop" 4096
	await has_told 1 out ' io '
	stop out
	equal "$(sed 's/^[^ ]* *//; s/ *$//; s/  */ /g' out)" "$(printf '%s\n' 'EVENT DEVICE PARTITION OPERATION SECTOR SECTORS ERRNO COUNT' "io $name read 4096 1 EIO")"
}

@test "an error of a write that has no space" {
	needs trace
	unshare -m true || skip "no mount namespaces"
	mkdir full
	mount -t tmpfs -o size=1M full full
	cd full
	truncate -s 8M file
	loop=$(losetup -f --show file)
	cd ..
	loops+=("$loop")
	start out block -J "$loop"
	dd if=/dev/zero of="$loop" bs=4k seek=256 count=300 oflag=direct 2>/dev/null && return 1
	await has_told 1 out 'no_space\|"io"'
	stop out
	losetup -d "$loop"
	umount -l full
	[[ $(errors out .event,.operation,.errno | sort -u) =~ ^(no_space write ENOSPC|io write EIO)$ ]]
}

@test "the partition that it lies in" {
	needs trace
	new_loop -P
	two_partitions
	start out block -J "$loop"
	cut_loop
	read_at "$loop" 2048
	read_at "$loop" 4095
	read_at "$loop" 4096
	read_at "${loop}p2" 5
	await has_told 4 out '"io"'
	stop out
	equal "$(errors out .partition,.sector)" "$(printf '%s\n' "${name}p1 2048" "${name}p1 4095" "- 4096" "${name}p2 8197")"
	equal "$(jq -c 'select(.sector == 4096) | has("partition")' out)" true
}

@test "partitions that come while it watches are known" {
	needs trace
	new_loop -P
	start out block -J "$loop"
	cut_loop
	read_at "$loop" 4096
	await has_told 1 out '"io"'
	addpart "$loop" 3 4000 1000
	# What it knew, it may go on knowing for a tenth of a second.
	await in_partition
	stop out
	equal "$(errors out .partition | sed -n '1p;$p' | xargs)" "- ${name}p3"
}
in_partition() {
	read_at "$loop" 4096
	grep -q "\"partition\":\"${name}p3\",.*\"io\"\|\"io\".*\"partition\":\"${name}p3\"" out
}

@test "the device mapper's: of bios, each once; what is below has its own" {
	needs trace
	dmsetup version >/dev/null 2>&1 || skip "no device mapper"
	new_loop
	map=watchq-test-$$
	maps=("$map-linear" "$map-error")
	dmsetup create "$map-error" --noudevsync --table "0 2048 error"
	dmsetup create "$map-linear" --noudevsync --table "0 16384 linear $loop 0"
	err=$(dm_name "$map-error") lin=$(dm_name "$map-linear")
	start out block -J
	cut_loop
	read_at "/dev/$err" 7
	dd if=/dev/zero of="/dev/$err" bs=4k count=1 seek=2 oflag=direct 2>/dev/null && return 1
	read_at "/dev/$lin" 5000
	await has_told 2 out "\"io\".*\"$err\""
	await has_told 1 out "\"io\".*\"$lin\""
	await has_told 1 out "\"io\".*\"$name\""
	stop out
	equal "$(errors out | grep "$err\|$lin\|$name" | sort)" "$(printf '%s\n' "io $err - read 7 1 EIO -" \
		"io $err - write 16 8 EIO -" "io $lin - read 5000 1 EIO -" "io $name - read 5000 1 EIO -" | sort)"
}
dm_name() { echo "dm-$(dmsetup info -c --noheadings -o minor "$1" | xargs)"; }

SCSI=/sys/bus/pseudo/drivers/scsi_debug
@test "a medium that is bad" {
	needs trace
	[ -w $SCSI/opts ] || skip "no scsi_debug"
	scsi_opts=$(cat $SCSI/opts)
	disk=$(basename "$(ls -d /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*:*/block/*)")
	start out block -J "$disk"
	echo 2 >$SCSI/opts
	read_at "/dev/$disk" $((0x1234))
	await has_told 1 out critical_medium
	stop out
	equal "$(errors out)" "critical_medium $disk - read 4660 1 ENODATA -"
}

# ---- Which devices ----

@test "DEVICE: a path, a name, a number, a link" {
	needs trace
	new_loop
	ln -s "$loop" link
	ln -s link "$name-link"
	cut_loop
	for device in "$loop" "$name" "$(lsblk -dno MAJ:MIN "$loop" | xargs)" "$PWD/link" link "./$name-link" "../${PWD##*/}/link"; do
		start out block -J "$device"
		read_at "$loop" 4096
		await has_told 1 out '"io"'
		stop out
		equal "$(errors out .device,.object)" "$name $device"
	done
}

@test "DEVICE: a disk with its partitions, or one partition alone" {
	needs trace
	new_loop -P
	two_partitions
	start disk block -J "$name"
	start second block -J "/dev/${name}p2"
	start both block -J "${name}p2" "$loop" --id 7
	cut_loop
	read_at "$loop" 2048
	read_at "$loop" 5000
	read_at "$loop" 8192
	delpart "$loop" 1
	delpart "$loop" 2
	for one in disk second both; do
		await has_told 1 $one "remove.*${name}p2"
		stop $one
	done
	equal "$(errors disk .sector | xargs)" "2048 5000 8192"
	equal "$(changes disk "$name" | xargs)" "remove ${name}p1 - remove ${name}p2 -"
	equal "$(errors second .sector,.partition)" "8192 ${name}p2"
	equal "$(changes second "$name")" "remove ${name}p2 -"
	equal "$(errors both .sector,.id | xargs)" "2048 8 5000 8 8192 7"
	equal "$(jq -r 'select(.event == "remove") | .id' both | xargs)" "8 7"
}

@test "what is no block device is told before anything is watched" {
	run -1 watchq block no/such
	equal "$output" "watchq: block: no/such: no such block device"
	run -1 watchq block nosuch
	equal "$output" "watchq: block: nosuch: no such block device"
	run -1 watchq block 4095:1
	equal "$output" "watchq: block: 4095:1: no such block device"
	run -1 watchq block ""
	equal "$output" "watchq: block: : no such block device"
	run -1 watchq block /etc/passwd
	equal "$output" "watchq: block: /etc/passwd: not a block device"
	run -1 watchq block .
	equal "$output" "watchq: block: .: not a block device"
	run -1 watchq block /dev/null
	equal "$output" "watchq: block: /dev/null: not a block device"
	run -1 watchq block "$(basename "$(ls -d /sys/block/*/ | head -n 1)")" ../nosuch
	equal "$output" "watchq: block: ../nosuch: no such block device"
}

# ---- Devices that come, go and change ----

@test "a file is attached, grows, and is detached" {
	needs uevent
	new_loop
	losetup -d "$loop"
	start out block -J "$name"
	new_loop_at "$loop"
	await has_told 1 out '"size":8388608'
	truncate -s 10M file
	losetup -c "$loop"
	await has_told 1 out '"size":10485760'
	losetup -d "$loop"
	await has_told 1 out '"media"'
	stop out
	equal "$(changes out "$name" | grep -v "^change" | uniq | head -n 2)" "$(printf 'resize %s %s\n' "$name" 8388608 "$name" 10485760)"
	changes out "$name" | grep -qx "media $name 0"
	equal "$(jq -r 'select(.type == "block") | "\(.devtype) \(.sector) \(.object) \(.id)"' out | sort -u)" "disk 0 $name 1"
}
new_loop_at() { losetup "$1" file; }

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
		# Of each partition in turns, with an add first.
		jq -r 'select(.event == "add" or .event == "remove") | select(.partition) | "\(.partition) \(.event)"' "out$i" | sort -s -k1,1 >turns
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

# ---- Merging ----

@test "--coalesce: errors next to each other are one, with their count" {
	needs trace
	new_loop
	start out block -J --coalesce 300ms "$loop"
	cut_loop
	read_at "$loop" 4096 100
	read_at "$loop" 9000
	read_at "$loop" 4096
	await has_told 2 out '"io"'
	# And what begins after its time is another one.
	read_at "$loop" 4196
	await has_told 3 out '"io"'
	read_at "$loop" 4196
	stop out
	equal "$(errors out .sector,.sectors,.count)" "$(printf '%s\n' '4096 100 101' '9000 1 1' '4196 1 1' '4196 1 1')"
	equal "$(jq -r 'select(.event == "io") | .time' out | sort -c; echo $?)" 0
}

@test "--coalesce: not over the end of a partition" {
	needs trace
	new_loop -P
	addpart "$loop" 1 4096 50
	start out block -J --coalesce 10s "$loop"
	cut_loop
	read_at "$loop" 4090 100
	stop out
	equal "$(errors out .sector,.sectors,.count,.partition)" "$(printf '%s\n' '4090 6 6 -' "4096 50 50 ${name}p1" '4146 44 44 -')"
}

# ---- Many ----

@test "a storm: each error is told, none is lost" {
	needs trace
	new_loop
	start out block -J -e 'io,meta/*' "$loop"
	cut_loop
	read -r failed seconds < <("$HELPERS/read-errors" "$loop" 2048 20000 10000)
	equal "$failed" 20000
	await has_told 20000 out '"io"'
	stop out
	echo "# 20000 errors in $seconds s" >&3
	grep -q '"loss"\|ring_loss' out && return 1
	equal "$(errors out .sector | md5sum)" "$(for i in 1 2; do seq 2048 12047; done | md5sum)"
}

@test "a storm, merged" {
	needs trace
	new_loop
	start out block -J --coalesce 10s "$loop"
	cut_loop
	"$HELPERS/read-errors" "$loop" 2048 20000 10000 >/dev/null
	stop out
	equal "$(errors out .sector,.sectors,.count)" "2048 10000 20000"
}

@test "more than the buffer holds: a loss is told, and what comes then" {
	needs trace
	[ -z "$SANITIZED" ] || skip "too slow with sanitizers"
	new_loop
	start out block -J "$loop"
	cut_loop
	kill -STOP "$pid_out"
	await is_stopped "$pid_out"
	"$HELPERS/read-errors" "$loop" 2048 60000 10000 >/dev/null
	kill -CONT "$pid_out"
	await has_told 1 out '"loss"'
	read_at "$loop" 15000
	await has_told 1 out '"sector":15000'
	stop out
	(($(errors out .sector | wc -l) < 60000))
}

as_nobody() { echo setpriv --reuid 65534 --regid 65534 --clear-groups; }
# A command like watchq, of an ordinary user.
be_nobody() {
	chmod 755 "$BATS_TEST_TMPDIR"
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$(as_nobody)" "$WATCHQ" >nobody
	chmod 755 nobody
	$(as_nobody) "$WATCHQ" --version >/dev/null 2>&1 || skip "an ordinary user may not run $WATCHQ"
	WATCHQ_AS_ROOT=$WATCHQ WATCHQ=$PWD/nobody
}

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
	await has_read_all "$pid"
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
	run $(as_nobody) unshare -Ur "${WATCHQ_AS_ROOT}" info --raw -n
	[[ $output =~ block/uevent\ no\ +libudev ]]
}

instances() {
	unshare -m bash -c 'mountpoint -q /sys/kernel/tracing || mount -t tracefs nodev /sys/kernel/tracing
		ls /sys/kernel/tracing/instances'
}
@test "--events: only what is wanted is opened; nothing stays" {
	needs trace
	needs uevent
	new_loop
	start errors block -J -e io "$loop"
	grep -q 'backend trace' errors.err
	grep -q 'backend uevent' errors.err && return 1
	instances | grep -q "^watchq-$pid-"
	start changes block -J -e change,media "$loop"
	grep -q 'backend trace' changes.err && return 1
	instances | grep -q "^watchq-$pid-" && return 1
	cut_loop
	read_at "$loop" 4096
	echo change >"/sys/block/$name/uevent"
	await has_told 1 errors '"io"'
	await has_told 1 changes '"change"'
	stop errors
	stop changes
	equal "$(jq -r .event errors changes | xargs)" "io change"
	instances | grep -q "^watchq-$pid_errors-" && return 1
	run -1 watchq block -e nosuch
}

@test "a capture shows the same again" {
	needs trace
	new_loop -P
	addpart "$loop" 1 4096 50
	start live block -J --coalesce 50ms "$loop"
	start bin block -B=annotated --coalesce 50ms "$loop"
	cut_loop
	read_at "$loop" 4090 100
	read_at "$loop" 9000
	await has_told 4 live '"io"'
	delpart "$loop" 1
	await has_told 1 live '"remove"'
	stop live
	stop bin
	watchq decode -J bin >again
	strip() { jq -cS 'select(.type == "block") | del(.time, .boottime, .seq)' "$1"; }
	equal "$(strip again)" "$(strip live)"
	equal "$(errors again .count | xargs)" "6 50 44 1"
}

@test "it ends: --first-only, --count, --timeout" {
	needs trace
	new_loop
	cut_loop
	run -0 watchq block -1 -J -e io "$loop" -C "'$HELPERS/read-errors' $loop 4096 1 >/dev/null; sleep 10"
	equal "$(jq -r .event <<<"$output")" io
	run -3 watchq block -w 100ms "$loop"
}
