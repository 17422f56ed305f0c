# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine threads user
# What happens to filesystems: real ones, on loop devices and in memory.

load lib
load sb

setup() {
	[ "$(id -u)" = 0 ] || skip "mounting takes root"
	needs_mount_ns
	command -v mke2fs >/dev/null || skip "mke2fs is not there"
}

# ---- Errors ----

error() {
	ext4 m errors=continue
	begin m -1
	echo x >"$(knob m trigger_fs_error)"
	ends 0
	told 'error m EUCLEAN'
	jq -e --arg dev "$(device_of m)" '.type == "sb" and .id == 1 and .object == "m" and .error == 117 and .count == 1 and
		.cookie == 1 and .inode == 0 and .source == $dev and .fstype == "ext4" and (.fsid | test("^[0-9a-f]{16}$")) and
		(has("path") | not) and (has("pid") | not)' json
	jq -e '."maj:min" as $d | ($d | split(":") | map(tonumber)) as $n | .sb_id == $n[0] * 1048576 + $n[1]' json
}
@test "an error: the filesystem itself, where, which" { inside fanotify error; }

inode() {
	needs "debugfs is not there" command -v debugfs
	image m.img
	mkdir m
	mount -o loop m.img m
	echo >m/broken
	number=$(stat -c %i m/broken)
	umount m
	debugfs -w -R "sif <$number> mode 0170755" m.img 2>/dev/null
	mount -o loop,errors=continue m.img m
	begin
	! stat m/broken 2>/dev/null || return 1
	until_told error
	equal "$(jq -r 'select(.event == "error") | [.errno, .inode, (has("path") and .path == null)] | @json' json)" "[\"EUCLEAN\",$number,true]"
	# Looking for its path would be one more, before this one.
	mount -o remount,ro m
	until_told readonly
	sed -i '/"readonly"/d' json
	told 'error m EUCLEAN'
	jq -e '.function == null or (.function | test("ext4|iget"))' json
}
@test "an error: an inode that is broken, once, without looking for its path" { inside fanotify inode; }

remount_ro() {
	ext4 m errors=remount-ro
	begin m -c 2 --sweep 0
	echo x >"$(knob m trigger_fs_error)"
	ends 0
	told 'error m EUCLEAN' 'readonly m'
	jq -se '.[1] | .flags == "is-now-ro" and (.fs_options | test("emergency_ro|^ro"))' json
}
@test "errors=remount-ro: read-only, which mountinfo does not tell of" {
	kernel_is 6 16 || skip "before Linux 6.16 nothing shows that ext4 has become read-only"
	inside fanotify remount_ro
}
kernel_is() { [ "$(printf '%s\n' "$1.$2" "$(uname -r)" | sort -V | head -n 1)" = "$1.$2" ]; }

again() {
	ext4 m errors=continue
	hold m
	begin m
	umount m
	until_told unmounted
	mount -o errors=continue "$held" m
	until_told mounted
	echo x >"$(knob m trigger_fs_error)"
	until_told error
	told 'unmounted m' 'mounted m' 'error m EUCLEAN'
}
@test "unmounted and mounted again: heard again" { inside fanotify again; }

at_the_end() {
	needs "dumpe2fs is not there" command -v dumpe2fs
	image m.img
	size=$(dumpe2fs -h m.img 2>/dev/null | sed -n 's/^Block size: *//p')
	for block in $(dumpe2fs m.img 2>/dev/null | grep -oE 'Block bitmap at [0-9]+' | grep -oE '[0-9]+'); do
		dd if=/dev/zero of=m.img bs="$size" seek="$block" count=1 conv=notrunc 2>/dev/null
	done
	mkdir m
	mount -o loop,errors=continue,no_prefetch_block_bitmaps m.img m
	begin
	echo hi >m/file
	umount m
	until_told unmounted
	until_told error
	equal "$(jq -r --arg pwd "$PWD/" 'select(.event == "error") | .target | ltrimstr($pwd)' json | sort -u)" m
}
@test "an error of what is written while it is unmounted" {
	! kernel_is 7 0 || skip "Linux 7 reports no error of what is written then"
	inside fanotify at_the_end
}

exchanged() {
	ext4 m errors=continue
	image other.img
	begin m
	hold m
	kill -STOP "$watcher"
	await is_stopped "$watcher"
	umount m
	exec 9<&-
	await eval '! losetup "$held" 2>/dev/null'
	losetup "$held" other.img 2>/dev/null || { echo "another has taken $held" >"$PWD.skip"; exit 77; }
	mount -o errors=continue "$held" m
	losetup -d "$held"
	kill -CONT "$watcher"
	mount -o remount,ro m
	until_told readonly
	mount -o remount,rw m
	until_told readwrite
	echo x >"$(knob m trigger_fs_error)"
	until_told error
}
@test "another filesystem on the same device, which comes between two looks" { inside fanotify exchanged; }

copies() {
	ext4 a errors=continue
	umount a
	cp a.img b.img
	mkdir b
	mount -o loop,errors=continue a.img a
	mount -o loop,errors=continue b.img b
	begin
	echo x >"$(knob b trigger_fs_error)"
	until_told error 1
	echo x >"$(knob a trigger_fs_error)"
	until_told error 2
	equal "$(jq -r 'select(.event == "error") | .fsid' json | sort -u | wc -l)" 1
	equal "$(jq -r --arg pwd "$PWD/" 'select(.event == "error").target | ltrimstr($pwd)' json | head -n 1)" b
}
@test "two copies of a filesystem, that have the same ID: the one whose errors became more" {
	BATS_TEST_RETRIES=2	# ext4 posts an error before it counts it: fs/ext4/super.c, __ext4_error()
	inside fanotify copies
}

covered() {
	ext4 m errors=continue
	mkdir other
	mount --bind m other
	mount -t tmpfs over m
	begin -1
	device=$(findmnt -no SOURCE --mountpoint "$PWD/other" | sed 's/\[.*//')
	echo x >"/sys/fs/ext4/${device##*/}/trigger_fs_error"
	ends 0
	equal "$(jq -r .targets json | sed "s,$PWD/,," | xargs)" 'm other'
	equal "$(jq -r .errno json)" EUCLEAN
}
@test "what is mounted over it does not hide it; TARGETS has all places" { inside fanotify covered; }

io_error() {
	needs "no device mapper here" dmsetup targets
	truncate -s 32M d.img
	mke2fs -q -t ext4 -F d.img
	loop=$(losetup -f --show d.img)
	name=watchq-test-$$
	table() { echo "0 65536 $1"; }
	table "linear $loop 0" | dmsetup create "$name"
	trap 'umount m 2>/dev/null || umount -l m; dmsetup remove "$name"; losetup -d "$loop"; end' EXIT
	dmsetup mknodes "$name" || :
	mkdir m
	mount "/dev/mapper/$name" m
	dd if=/dev/zero of=m/file bs=64k count=4 2>/dev/null
	sync
	begin m
	dmsetup suspend "$name"
	table error | dmsetup load "$name"
	dmsetup resume "$name"
	! dd if=m/file of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null || return 1
	until_told error
	jq -se --arg path "$PWD/m/file" 'any(.inode != 0 and .errno == "EIO" and .path == $path)' json
}
@test "a direct read that fails: the inode, and its path" {
	kernel_is 7 0 || skip "before Linux 7.0 ext4 reports no reads that fail"
	inside fanotify io_error
}

copy_of() {
	ext4 m errors=continue
	"$WATCHQ" sb m -B=annotated --output-file cap -v -c 2 2>cap.err &
	copier=$!
	begin m -c 2
	await grep -q ': ready$' cap.err
	echo x >"$(knob m trigger_fs_error)"
	until_told error
	mount -o remount,ro m
	ends 0
	wait "$copier"
	# Two watchers: ext4 may have noted down where, for the one and not yet for the other.
	pick='del(.time, .boottime, .seq, .function, .line)'
	equal "$("$WATCHQ" decode -J cap | jq -c "$pick")" "$(jq -c "$pick" json)"
	equal "$("$WATCHQ" decode -o EVENT,TARGET,ERRNO --raw -n cap | head -n 1)" "error $PWD/m EUCLEAN"
}
@test "an annotated capture says all of it" { inside fanotify copy_of; }

# ---- Read-only, and coming and going ----

states() {
	ext4 m
	hold m
	begin m
	mount -o remount,ro m
	until_told readonly
	mount -o remount,rw m
	until_told readwrite
	mkdir n
	mount --bind m n
	mount -o remount,bind,ro n	# of the mount, not of the filesystem
	umount n
	umount m
	until_told unmounted
	told 'readonly m' 'readwrite m' 'unmounted m'
	mount -o ro "$held" m
	until_told mounted
	equal "$(jq -r 'select(.event == "mounted").flags' json)" is-now-ro
}
@test "read-only, writable, unmounted, mounted, by fanotify" { inside fanotify states; }
@test "read-only, writable, unmounted, mounted, by mountinfo" { inside mountinfo states; }

silent() {
	ext4 m
	begin m --sweep 100ms
	"$MOUNTER" reconfigure m ro
	until_told readonly
	"$MOUNTER" reconfigure m rw
	until_told readwrite
	told 'readonly m' 'readwrite m'
}
@test "what wakes nobody is found by the sweep" { inside mountinfo silent; }

crowded() {
	local i
	ext4 m
	doubled 11
	begin --marks --sweep 100ms
	for i in {1..10}; do
		mount -o remount,ro m
		until_told readonly "$i"
		mount -o remount,rw m
		until_told readwrite "$i"
		await eval '[[ $(tail -n 1 json) =~ quiet ]]'
	done
	umount -l many	# not one by one
}
@test "sweeps that come close, and it is quiet all the same" { inside mountinfo crowded; }

shut() {
	ext4 m
	begin m --sweep 100ms
	"$MOUNTER" shutdown m
	until_told shutdown
	jq -se 'any(.event == "shutdown" and (.fs_options | test("shutdown")))' json
}
@test "a filesystem is shut down" { kernel_is 6 16 || skip "before Linux 6.16 ext4 does not show it"; inside mountinfo shut; }

gone() {
	add=/sys/bus/pseudo/drivers/scsi_debug/add_host
	needs "scsi_debug is not there" test -w $add
	before=$(lsblk -dno NAME)
	echo 1 >$add
	new() { comm -13 <(sort <<<"$before") <(lsblk -dno NAME | sort) | head -n 1; }
	await eval '[ -n "$(new)" ]'
	disk=$(new)
	await test -b "/dev/$disk"
	mke2fs -q -t ext4 -F "/dev/$disk"
	mkdir m
	mount "/dev/$disk" m
	begin m
	echo 1 >"/sys/block/$disk/device/delete"
	until_told shutdown
	umount m
	until_told unmounted
	echo -1 >$add
	equal "$(jq -r 'select(.event != "error").event' json | xargs)" 'shutdown unmounted'
}
@test "its device goes away" {
	kernel_is 7 0 || skip "before Linux 7.0 ext4 is not told that its device is gone"
	inside fanotify gone
}

idle() {
	ext4 m
	begin m --sweep 0
	await eval '[ "$(switches "$watcher" | md5sum)" = "$(sleep 1; switches "$watcher" | md5sum)" ]'
}
@test "idle, without a sweep: no wake-ups" {
	[ -z "$SANITIZED" ] || skip "a sanitizer has threads of its own"
	inside fanotify idle
}

default() {
	mkdir t n
	begin
	ext4 m
	until_told mounted
	mount -t tmpfs x t
	mount -o remount,ro t
	ext4 n
	until_told mounted 2
	told 'mounted m' 'mounted n'
	jq -se 'all(.id == 1 and .object == "all")' json
}
@test "without PATH: all that have a device, also those mounted later; and no others" { inside mountinfo default; }

initial() {
	ext4 m
	ext4 n ro
	"$WATCHQ" sb -I --once -J --backend "$BACKEND" >json
	equal "$(jq -r --arg pwd "$PWD/" 'select(.target | startswith($pwd)) | "\(.event) \(.target | ltrimstr($pwd)) \(.mark) \(.flags)"' json)" \
		$'mounted m initial null\nmounted n initial is-now-ro'
	"$WATCHQ" sb -I --once -J --backend "$BACKEND" n -e mounted >json
	told 'mounted n'
}
@test "--initial: what there is, by fanotify" { inside fanotify initial; }
@test "--initial: what there is, by mountinfo" { inside mountinfo initial; }

# ---- Quotas ----

quota() {
	mkdir q
	needs "no quotas on tmpfs (CONFIG_TMPFS_QUOTA)" mount -t tmpfs -o usrquota,usrquota_block_hardlimit=1M q q
	chmod 777 q
	begin -c 2
	! setpriv --reuid 65534 --clear-groups dd if=/dev/zero of=q/x bs=64k count=32 2>/dev/null || return 1
	until_told edquot
	setpriv --reuid 65534 --clear-groups rm q/x
	ends 0
	equal "$(jq -r .limit json | head -n 1)" 'blocks hard'
	jq -se --arg pwd "$PWD" 'all(.event == "edquot" and .quota == "user" and .quota_id == 65534 and .quota_name == "nobody" and .target == $pwd + "/q" and .fstype == "tmpfs")' json
	equal "$(jq -r .limit json | tail -n 1 | sed 's/.* //')" below
}
@test "a quota is exceeded by another user, and not any more" { inside quota quota; }

# The name service reads a FIFO, into which nobody writes for now.
asleep() {
	local exceed='touch q/1 q/2 q/3 q/4 2>/dev/null; rm -f q/*'
	needs "names of users are not in /etc/passwd" grep -Eq '^passwd:[[:space:]]*files' /etc/nsswitch.conf
	mkdir q
	needs "no quotas on tmpfs (CONFIG_TMPFS_QUOTA)" mount -t tmpfs -o usrquota,usrquota_inode_hardlimit=3 q q
	chmod 777 q
	ext4 m
	cp /etc/passwd users
	mkfifo passwd commands
	# setpriv(1) looks the user up, too: before.
	setpriv --reuid 65534 --clear-groups sh <commands &
	user=$!
	exec 8>commands
	await grep -qx sh "/proc/$user/comm"
	mount --bind passwd /etc/passwd
	begin --backend auto
	echo "$exceed" >&8
	until_told edquot
	umount m
	until_told unmounted
	equal "$(jq -c 'select(.event == "edquot") | [.quota_id, .quota_name]' json | head -n 1)" '[65534,null]'
	# It answers; what comes from then on has the name.
	timeout 10 cp users passwd || :	# SIGPIPE, where it closes the file as soon as it has found the name
	named() { echo "$exceed" >&8; grep -q '"quota_name":"nobody"' json; }
	await named
	kill -TERM "$watcher"
	ends 0
	# Where QUOTA-NAME is not shown, nothing is looked up: the FIFO has no reader.
	"$WATCHQ" sb -v -n -1 -e edquot -o LIMIT >out 2>err 8>&- &
	watcher=$!
	await grep -q ': ready$' err
	reported() { echo "$exceed" >&8; [ -s out ]; }
	await reported
	ends 0
	! timeout 0.5 sh -c 'exec 3>passwd' || return 1
	exec 8>&-
}
@test "a quota is exceeded while the name service does not answer" { inside quota asleep; }

others_quota() {
	mkdir q r
	needs "no quotas on tmpfs (CONFIG_TMPFS_QUOTA)" mount -t tmpfs -o grpquota,grpquota_inode_hardlimit=3 q q
	mount -t tmpfs -o grpquota,grpquota_inode_hardlimit=3 r r
	chmod 777 q r
	begin r -1
	for dir in q r; do
		! setpriv --reuid 65534 --regid 65534 --clear-groups touch $dir/1 $dir/2 $dir/3 $dir/4 2>/dev/null || return 1
	done
	ends 0
	told "edquot r inodes hard"
	jq -e '.quota == "group" and .quota_id == 65534 and .id == 1' json
}
@test "PATH: quotas of that filesystem alone; of a group, and of inodes" { inside quota others_quota; }

# ---- Who may, and what is wrong ----

@test "an ordinary user is told what isn't heard, and hears the rest" {
	local nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	run -3 $nobody "$WATCHQ" sb -w 50ms
	[[ $output == *"CAP_SYS_ADMIN"*"; run watchq as root; using --backend mountinfo; not heard: error" ]]
	run -3 $nobody "$WATCHQ" sb -w 50ms -e readonly
	[[ $output != *"not heard"* ]]
	run -2 $nobody "$WATCHQ" sb -w 50ms -e error
	[[ $output == *"run watchq as root"* ]]
	run -2 $nobody "$WATCHQ" sb -w 50ms --backend fanotify
	run -3 $nobody "$WATCHQ" sb -q -w 50ms
	equal "$output" ""
}

@test "in another network namespace: no quotas, and that is said" {
	unshare -n true 2>/dev/null || skip "no network namespace may be made here"
	run -3 unshare -n "$WATCHQ" sb -w 50ms
	[[ $output == *"initial network namespace; not heard: edquot" ]]
	run -2 unshare -n "$WATCHQ" sb -w 50ms -e edquot
}

@test "a path that isn't there: before anything starts" {
	run -1 watchq sb / /no/such -w 50ms
	equal "$output" "watchq: sb: /no/such: No such file or directory"
}

@test "a backend that reports nothing of what is wanted" {
	run -1 watchq sb --backend mountinfo -e error -w 50ms
	equal "$output" "watchq: sb: backend mountinfo of sb reports none of these events"
}

node() {
	ext4 m
	begin "$(device_of m)" -I
	until_told mounted
	told 'mounted m'
	umount m
	until_told unmounted
	image n.img
	loop=$(losetup -f --show n.img)
	trap 'losetup -d "$loop"; end' EXIT
	! "$WATCHQ" sb "$loop" -w 50ms 2>err || return 1
	equal "$(cat err)" "watchq: sb: $loop: no filesystem of that device is mounted in this mount namespace; name it when it is"
}
@test "a block device stands for the filesystem on it" { inside mountinfo node; }

reused() {
	mkdir t u
	mount -t tmpfs t t
	begin t
	umount t
	until_told unmounted
	mount -t tmpfs t u
	mount -o remount,ro u
	umount u
	ext4 m
	kill "$watcher"
	wait "$watcher"
	told 'unmounted t'
}
@test "what has no device is no more when it is unmounted, whoever has its number next" { inside mountinfo reused; }

many_places() {
	mkdir m
	ext4 m
	for ((i = 0; i < 120; i++)); do
		mkdir "$i"
		d=$(printf '%0180d' "$i")
		mkdir "$i/$d"
		mount --bind m "$i/$d"
	done
	"$WATCHQ" sb m -I --once -B=annotated >cap
	"$WATCHQ" sb m -I --once -J >json
	equal "$("$WATCHQ" decode -J cap | jq -c 'del(.time, .boottime)')" "$(jq -c 'del(.time, .boottime)' json)"
	jq -e '(.targets | length) as $n | $n > 16000 and $n < 20000 and .fstype == "ext4"' json
}
@test "very many places: the first of them, and all else" { inside mountinfo many_places; }

@test "what reports no errors is said to be so" {
	run -3 watchq sb /dev/shm -w 50ms
	[[ $output == "watchq: sb: /dev/shm: its errors can't be heard: filesystems of its type report none on this kernel" ]]
	run -3 watchq sb /dev/shm -w 50ms -e readonly
	equal "$output" ""
}

tells() {
	ext4 m
	"$WATCHQ" info m -J >json
	jq -se 'map({(.name): .works}) | add | .filesystem == null and ."sb/error" == true and ."sb/readonly" == true and ."sb/edquot" == false' json
	jq -se 'any(.name == "filesystem" and (.detail | startswith("ext4 /dev/loop")))' json
	mkdir b
	mount -t tmpfs "$(printf 'bad\xff')" b
	"$WATCHQ" info -J b | jq -se 'any(.detail | startswith("tmpfs bad? on"))'
	"$WATCHQ" info -J . | jq -se 'any(.name == "sb/error" and .works == false and (.remedy | length > 10))'
}
@test "info PATH: what can be heard of its filesystem" { inside fanotify tells; }

@test "info PATH: a path that isn't there, and one too many" {
	run -1 watchq info /no/such
	equal "$output" "watchq: info: /no/such: No such file or directory"
	run -1 watchq info / /
	[[ $output == *"takes one PATH at most"* ]]
}
