# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine threads user
# I/O errors of real devices: loop devices of files that were cut short, the device
# mapper's, and scsi_debug's where the kernel has them.

load lib
load block

setup() { setup_block; }
teardown() { teardown_block; }

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
	jq -se '[.[] | select(.event == "io")] | all(.ktime > 0 and .ktime <= .boottime and .boottime - .ktime < 1)' out
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
	run -1 watchq block -q no/such
	equal "$output" "watchq: block: no/such: no such block device"
	run -1 watchq block -q nosuch
	equal "$output" "watchq: block: nosuch: no such block device"
	run -1 watchq block -q 4095:1
	equal "$output" "watchq: block: 4095:1: no such block device"
	run -1 watchq block -q ""
	equal "$output" "watchq: block: : no such block device"
	run -1 watchq block -q /etc/passwd
	equal "$output" "watchq: block: /etc/passwd: not a block device"
	run -1 watchq block -q .
	equal "$output" "watchq: block: .: not a block device"
	run -1 watchq block -q /dev/null
	equal "$output" "watchq: block: /dev/null: not a block device"
	run -1 watchq block -q "$(basename "$(ls -d /sys/block/*/ | head -n 1)")" ../nosuch
	equal "$output" "watchq: block: ../nosuch: no such block device"
}

# ---- Merging ----

@test "--coalesce: errors next to each other are one, with their count" {
	needs trace
	new_loop
	start out block -J --coalesce 1s "$loop"
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
	start out block -J --coalesce 10m "$loop"
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
