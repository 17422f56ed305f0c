# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both user
# What a user asks of watchq mounts, and how it is shown.

load lib
load mounts

setup() {
	needs_mount_ns
	BEST=$(watchq info --raw -n | sed -n 's/^mounts\/\([[:lower:]]*\) yes.*/\1/p' | head -n 1)
}

# ---- Which mounts ----

below() {
	mkdir -p a ab
	begin a "$PWD/end"
	step mount -t tmpfs one a
	mkdir a/b
	step mount -t tmpfs two a/b
	step mount -t tmpfs three ab
	step umount a/b
	told 'new_mount a' 'new_mount a/b' 'unmount a/b'
	equal "$(jq -r 'select(.source == "two") | "\(.id) \(.object)"' json | sort -u)" '1 a'
	equal "$(jq -r 'select(.source == "mark1") | "\(.id) \(.object)"' json | sort -u)" "2 $PWD/end"
}
@test "PATH: itself and what is below it, not what only begins like it" { inside "$BEST" below; }

later() {
	ln -s real link
	mkdir real
	begin "$PWD/to/come/" link//x "$PWD/end"
	mkdir -p to/come real/x
	step mount -t tmpfs one to/come
	step mount -t tmpfs two real/x
	told 'new_mount to/come' 'new_mount real/x'
	grep -q "/to/come/: there is no such path; waiting for mounts there" err
	equal "$(jq -r 'select(.source == "two") | "\(.id) \(.object)"' json)" '2 link//x'
}
@test "PATH: one that isn't there yet is waited for, with a warning; links are followed" { inside "$BEST" later; }

crossing() {
	mkdir a in out
	mount -t tmpfs one a
	mount -t tmpfs in in
	mkdir in/d
	begin in "$PWD/end"
	step mount --move a in/d
	step mount --move in/d out
	told 'move_to in/d from a' 'move_from in/d from in/d'
}
@test "PATH: what is moved there has a move_to, what is moved away a move_from" { inside "$BEST" crossing; }

part() {
	tree
	mkdir d
	begin "$PWD/a/b" "$PWD/d/b/c" "$PWD/end"
	step mount --move a d
	step mount --move d/b a
	told 'move_from a/b from a/b' 'move_from a/b/c from a/b/c' 'move_to d/b/c from a/b/c' 'move_from d/b/c from d/b/c'
}
@test "PATH: what comes and goes with the tree that it is in: fanotify" { inside fanotify part; }

by_event() {
	mkdir a b
	begin -e "mount,umount,meta/*"
	step mount -t tmpfs one a
	step mount --move a b
	step mount -o remount,ro b
	step umount b
	told 'new_mount a' 'unmount b'
}
@test "--events: mount and umount are what they are called by others, too" { inside "$BEST" by_event; }

aliases() {
	mkdir a b
	mount -t tmpfs one a
	"$WATCHQ" mounts -J -v -e mount/move -c 2 >moves 2>moves.err &
	local moves=$!
	"$WATCHQ" mounts -J -v -e remount -c 2 >remounts 2>remounts.err &
	local remounts=$!
	await grep -q ': ready$' moves.err
	await grep -q ': ready$' remounts.err
	mount --move a b
	mount -o remount,bind,ro,nodev b
	wait "$moves" "$remounts"
	equal "$(jq -r .event moves remounts | xargs)" 'move_from move_to readonly setattr'
}
@test "--events: move and remount are two events each" { inside "$BEST" aliases; }

by_type() {
	mkdir a b
	begin -t notmpfs,ramfs
	"$WATCHQ" mounts -J -t ramfs -c 1 -v >ram 2>ram.err &
	local ram=$!
	await grep -q ': ready$' ram.err
	mount -t tmpfs one a
	mount -t ramfs two b
	mount -t proc three b
	await grep -q three json
	told 'new_mount b'
	equal "$(jq -r .source json | grep -v null | xargs)" three
	wait "$ram"
	equal "$(jq -r .source ram)" two
}
@test "--types, and all but some" { inside "$BEST" by_type; }

by_options() {
	mkdir a b c
	begin -O +nosuid,+noexec
	"$WATCHQ" mounts -J -v -O ro -c 3 >ro 2>ro.err &
	local ro=$!
	await grep -q ': ready$' ro.err
	mount -t tmpfs -o nosuid one a
	mount -t tmpfs -o nosuid,noexec,nodev two b
	await grep -q two json
	# Who asks for read-only ones is told of when it is one, and when it is so no more.
	mount -o remount,bind,ro a
	await has_lines 1 ro
	mount -o remount,bind,rw a
	await has_lines 2 ro
	mount -t tmpfs -o ro three c
	wait "$ro"
	equal "$(jq -r 'select(.type == "mount") | .source' json)" two
	equal "$(jq -r '"\(.event) \(.options)"' ro | cut -d, -f1 | xargs)" 'readonly ro readwrite rw new_mount ro'
}
@test "--options: those that match, or did before" { inside "$BEST" by_options; }

# ---- When it ends ----

snapshot() {
	tree
	mkdir "sp ace"
	mount -t tmpfs -o size=1M,noexec two "sp ace"
	"$WATCHQ" mounts -I --once -J --backend "$BACKEND" >json
	jq -r '[.target, .source, .fstype, .options, .propagation] | @tsv' json | sort >has
	# libmount takes away from a source what was behind it: "udev[/x]" is the root.
	findmnt -J -l -o TARGET,SOURCE,FSTYPE,OPTIONS,PROPAGATION -v |
		jq -r '.filesystems[] | [.target, .source, .fstype, .options, .propagation] | @tsv' | sort >is
	diff is has
	equal "$(jq -r '"\(.event) \(.mark)"' json | sort -u)" 'new_mount initial'
}
@test "--initial --once lists what findmnt does: fanotify" { inside fanotify snapshot; }
@test "--initial --once lists what findmnt does: mountinfo" { inside mountinfo snapshot; }

initial() {
	mkdir a b
	mount -t tmpfs one a
	begin -I "$PWD/a" "$PWD/b" "$PWD/end"
	step mount -t tmpfs two b
	equal "$(jq -r 'select(.source == "one" or .source == "two") | "\(.source) \(.mark)"' json | xargs)" 'one initial two null'
}
@test "--initial: what there is, then what comes" { inside "$BEST" initial; }

ends() {
	local status=0
	mkdir a
	"$WATCHQ" mounts -q -w 200ms "$PWD/a" || status=$?
	equal "$status" 3
	equal "$("$WATCHQ" mounts -q -J a -1 -C "mount -t tmpfs one a; until [ -s first ]; do sleep 0.02; done; umount a; exit 7" | tee first | jq -r .event; echo "${PIPESTATUS[0]}")" "$(printf 'new_mount\n7')"
	# As the first page has it.
	"$WATCHQ" mounts -J -v -c 2 a >out 2>err &
	local pid=$!
	await grep -q ': ready$' err
	mount -t tmpfs t a
	await has_lines 1 out
	umount a
	wait "$pid"
	equal "$(jq -r .event out | xargs)" 'new_mount unmount'
}
@test "--timeout, --first-only, --count, --command" { inside "$BEST" ends; }

quickly() {
	mkdir a
	"$WATCHQ" mounts -v 2>err > >(head -n 1 >first) &
	local pid=$! status=0
	await grep -q ': ready$' err
	"$MOUNTER" pairs 20 "$PWD/a" >/dev/null
	DEADLINE=5 await is_gone "$pid"
	wait "$pid" || status=$?
	equal "$status" 0
	equal "$(grep -v ': ' err)" ''
	status=0
	timeout 10 "$WATCHQ" mounts -q -I --once >/dev/full 2>err || status=$?
	equal "$status" 1
	grep -q 'No space left on device' err
}
@test "into head -1, and onto a full disk" { inside "$BEST" quickly; }

# ---- Names ----

odd_names() {
	local name
	begin
	for name in $'new\nline' $'ta\tb' 'quo"te\back' $'bad\xff\xc3' $'esc\e[31m' 'a  b#c'; do
		mkdir "$name"
		mount -t tmpfs "s$name" "$name"
		printf '%s\0' "$PWD/$name"
	done >names
	settle
	# Bytes that are no UTF-8 are an array of numbers.
	jq -r 'select(.event == "new_mount" and .source != "mark1") | .target // (.target_raw | implode)' json >shown
	jq -es 'map(select(.target_raw)) | length == 1 and (.[0].target_raw[-2:] == [255, 195])' json
	equal "$(jq -es 'map(select(.type == "mount") | .target // empty | select(endswith("new\nline") or endswith("ta\tb") or endswith("quo\"te\\back") or endswith("a  b#c"))) | length' json)" 4
	! LC_ALL=C grep -q "[$(printf '\001-\010\013-\037\177')]" json || return 1
	"$WATCHQ" mounts -I --once -n "$PWD" >table
	! LC_ALL=C grep -q "[$(printf '\001-\010\013-\037\177')]" table || return 1
	equal "$(wc -l <table)" "$("$WATCHQ" mounts -I --once -J "$PWD" | wc -l)"
}
@test "names with newlines, tabs, quotes, escapes and no UTF-8: fanotify" { inside fanotify odd_names; }
@test "names with newlines, tabs, quotes, escapes and no UTF-8: mountinfo" { inside mountinfo odd_names; }

deep() {
	local name i dir
	name=$(printf 'n%.0s' {1..240})
	begin
	dir=$PWD
	cd -P .
	# One mount on the other, until the whole path is longer than any may be.
	for ((i = 0; i < 18; i++)); do
		mkdir "$name"
		mount -t tmpfs "deep$i" "./$name"
		cd "$name"
	done
	i=$(pwd -P 2>/dev/null | wc -c) || true
	(cd "$dir" && settle)
	cd "$dir"
	equal "$(jq -r 'select(.source == "deep15") | .target | length' json)" $((${#dir} + 16 * 241))
	equal "$(jq -r 'select(.source != null) | select(.source | startswith("deep")) | .source' json | wc -l)" 18
	equal "$(jq -rs '(map(select(.source == "deep17"))[0].parent) == (map(select(.source == "deep16"))[0].mount)' json)" true
}
@test "paths of nearly 4,096 bytes, and longer ones" { inside "$BEST" deep; }

forms() {
	mkdir "a b"
	mount -t tmpfs one "a b"
	"$WATCHQ" mounts -I --once -P -o EVENT,TARGET,FSTYPE "$PWD/a b" >pairs
	equal "$(cat pairs)" "EVENT=\"new_mount\" TARGET=\"$PWD/a b\" FSTYPE=\"tmpfs\""
	"$WATCHQ" mounts -I --once -r -n -o TARGET "$PWD/a b" >raw
	equal "$(cat raw)" "$PWD/a\\x20b"
	equal "$("$WATCHQ" mounts -I --once -0 -r -o SOURCE "$PWD/a b" | od -An -c | tr -s ' ')" ' o n e \0'
	equal "$("$WATCHQ" mounts -I --once -n -o SOURCE -m "TARGET=$PWD/a b")" one
}
@test "pairs, raw columns, NULs, --match" { inside "$BEST" forms; }

chrooted() {
	mkdir -p root/proc root/tmp out
	mount --rbind / root/tmp
	mount --make-rslave root/tmp
	mount --bind / root/tmp/mnt
	mount -t proc proc root/tmp/mnt/proc
	chroot root/tmp/mnt "$WATCHQ" mounts -J -v >json 2>err &
	await grep -q ': ready$' err
	mount -t tmpfs unreachable out
	await grep -q unreachable json
	equal "$(jq -c 'select(.source == "unreachable") | [.target, .fstype, has("target")]' json)" '[null,"tmpfs",true]'
	kill %1
}
@test "in a chroot: what can't be reached from there has no target" { inside fanotify chrooted; }

last() {
	local i
	mkdir a
	mount -t tmpfs one a
	for i in 1 2 3 4 5; do
		"$WATCHQ" mounts a -J -C 'mount -o remount,ro a' >json
		equal "$(jq -r .event json)" readonly
		"$WATCHQ" mounts a -J -C 'mount -o remount,rw a' >json
		equal "$(jq -r '.event' json)" readwrite
	done
}
@test "--command: what it does last is told" { inside fanotify last; }
@test "--command: what it does last is told, by mountinfo" { inside mountinfo last; }

wrong() {
	local status=0
	"$WATCHQ" mounts -d 5 2>err || status=$?
	equal "$status" 1
	grep -q "unknown option '-d'" err
	status=0
	"$WATCHQ" mounts '' 2>err || status=$?
	equal "$status" 1
	grep -q 'an empty path' err
	status=0
	"$WATCHQ" mounts --backend poll 2>err || status=$?
	equal "$status" 1
	grep -q "mounts has no backend 'poll'; it has auto, fanotify, mountinfo" err
}
@test "wrong use" { inside "$BEST" wrong; }

# ---- Paths ----

# The same place, however it is written: also where nothing is there yet, and in another namespace.
written() {
	local path
	mkdir m b
	for path in "$PWD//m" "$PWD/./m" "$PWD/m//" "$PWD/b/../m" // /; do
		"$WATCHQ" mounts -J -e mount -N $$ "$path" -c 1 -C 'mount -t tmpfs one m' >json
		umount m
		equal "$path $(jq -r .target json)" "$path $PWD/m"
	done
	for path in n/./x n/../n/x b/../n/x ./n//x/ "$PWD/n/../n/x"; do
		"$WATCHQ" mounts -q -J -e mount "$path" -c 1 -C 'mkdir -p n/x; mount -t tmpfs two n/x' >json
		umount n/x
		rm -r n
		equal "$path $(jq -r .target json)" "$path $PWD/n/x"
		rm -f err
		"$WATCHQ" wait -v -J -w 20 "mounted:$path" >json 2>err &
		waiter=$!
		await grep -q ': ready$' err
		mkdir -p n/x
		mount -t tmpfs three n/x
		wait $waiter
		umount n/x
		rm -r n
	done
}
@test "PATH is normalized: slashes, dots, and what is not there yet" { inside "$BEST" written; }

# ---- Gone before it could be asked about ----

# gone ARGUMENT...: watchq is stopped while something is mounted and unmounted; its status is in status.
gone() {
	rm -f err
	"$WATCHQ" mounts -J -v --backend fanotify --strict -S -e mount,umount -c 3 "$@" >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err
	kill -STOP "$watcher"
	await is_stopped "$watcher"
	mount -t tmpfs quick "$place"
	umount "$place"
	kill -CONT "$watcher"
	mount -t tmpfs last a
	status=0
	wait "$watcher" || status=$?
	umount a
}
by_selection() {
	local place status args
	mkdir a b
	for args in a "-t tmpfs" "-O rw" "a -t tmpfs"; do
		for place in a b; do
			# shellcheck disable=SC2086
			gone $args
			equal "$args $place $(jq -c '[.event, .id, .target, .source, .object]' json | xargs -d '\n')" \
				"$args $place [\"new_mount\",0,null,null,null] [\"unmount\",0,null,null,null] $(jq -c 'select(.source == "last") | [.event, .id, .target, .source, .object]' json)"
			equal "$status" 4
			grep -q '"event":"new_mount","id":0,.*"count":1' err
		done
	done
	# Without a selection all are wanted: nothing is in doubt.
	gone
	equal "$status $(jq -r '"\(.event) \(.id)"' json | xargs)" "0 new_mount 1 unmount 1 new_mount 1"
}
@test "what was gone before it could be asked about is reported where PATH, -t or -O is given, and counted" { inside fanotify by_selection gone; }
