# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine
# Paths on a filesystem that does not answer: wait, mounts and info.

load lib
load hung

# waits ARGUMENT...: watchq wait in the background, until it waits.
waits() {
	rm -f err
	"$WATCHQ" wait -J -v "$@" >out 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err || { cat err >&2; return 1; }
}
met() { equal "$(jq -r '"\(.condition) \(.event)"' out | sort | xargs -d '\n')" "$*"; }

# met_by CONDITION EVENT: by that event, or found where the condition was evaluated before it came.
met_by() { met "$1 $2" 2>/dev/null || met "$1 holds"; }

# ---- wait ----

# In each order: neither what hangs before nor after it keeps another condition.
others() {
	local kind
	for kind in mounted unmounted ro rw device nodevice; do
		"$WATCHQ" wait -J -w 10 --any "$kind:F/x" unmounted:other >out &
		watcher=$!
		within 8 0
		met 'unmounted:other holds'
		"$WATCHQ" wait -J -w 10 --any unmounted:other "$kind:F/x" >out &
		watcher=$!
		within 8 0
		"$WATCHQ" wait -w 1 "$kind:F/x" >out &
		watcher=$!
		within 5 3
		equal "$(cat out)" ''
	done
	# And what is met later.
	waits --any mounted:F/x device:F/y mounted:other
	mount -t tmpfs other other
	within 5 0
	met_by mounted:other new_mount
}
@test "wait: a path that hangs keeps no other condition, and is not met" { beside mute others waits met met_by; }

# More paths than may be asked, and the conditions after them.
many() {
	waits -w 20 --any $(seq -f mounted:F/%g 20) mounted:other
	await grep -q 'F/1: its filesystem does not answer; waiting goes on' err
	grep -q 'F/20: not looked up: other look-ups have no answer' err
	mount -t tmpfs other other
	within 5 0
	met_by mounted:other new_mount
	equal "$(grep -c 'F/20: not looked up' err)" 1
}
@test "wait: twenty paths that hang" { beside mute many waits met met_by; }

# Reported once each, and the condition is evaluated when the answer comes.
answers() {
	waits device:F/file unmounted:F/none	# answered so far
	met 'unmounted:F/none holds'
	kill "$watcher"; wait "$watcher" || :
	hang
	waits --any device:F/null nodevice:F/file
	await grep -q 'F/file: its filesystem does not answer' err
	[ ! -s out ]
	unhang
	within 10 0
	met 'nodevice:F/file holds'
	equal "$(grep -c 'F/file: its filesystem does not answer; waiting goes on' err)" 1
	equal "$(grep -c 'F/file: its filesystem answers again' err)" 1
}
@test "wait: an answer that comes late is used, and reported" { beside stops answers waits met; }

# What hangs is unmounted, though its look-up never returns; and another is mounted in its place.
replaced() {
	waits unmounted:F/x
	umount -l F
	within 5 0
	met_by unmounted:F/x unmount
}
again() {
	waits mounted:F/x
	umount -l F
	mount -t tmpfs new F
	mkdir F/x
	mount -t tmpfs x F/x
	within 5 0
	equal "$(jq -r .condition out)" mounted:F/x	# by an event on the way, or found
}
@test "wait: what hangs is unmounted lazily" { beside mute replaced waits met met_by; }
@test "wait: what hangs is replaced" { beside mute again waits met; }

# The mount itself is asked nothing: it is in the list of mounts.
itself() {
	"$WATCHQ" wait -J -w 5 mounted:F mounted:F/../F/. rw:F >out
	equal "$(jq -r .source out | sort -u)" hung
	waits unmounted:F
	umount -l F
	within 5 0
}
@test "wait: the mount that hangs itself" { beside mute itself waits met; }

# ---- mounts ----

below() {
	begin mounts -J F/sub
	grep -q 'F/sub: its filesystem does not answer' err
	kill "$watcher"; within 5 0
	"$WATCHQ" mounts -w 1 F/x >out 2>err &
	watcher=$!
	within 5 3
	# A path that is a mount is not looked up.
	begin mounts -J F
	! grep -q 'does not answer' err
	kill "$watcher"
	within 5 0
	"$WATCHQ" mounts -I --once -J F >out
	equal "$(jq -r '.source' out)" hung
}
@test "mounts PATH: as it was written" { beside mute below; }

# What is mounted below it is reported, though the look-up never returns.
reported() {
	begin mounts -J F/sub
	umount -l F
	mount -t tmpfs new F
	mkdir F/sub
	mount -t tmpfs sub F/sub
	await grep -q '"new_mount".*"sub"' out
	kill "$watcher"
	within 5 0
}
@test "mounts PATH that hangs: what is mounted below it is reported" { beside mute reported; }

# ---- info ----

info() {
	"$WATCHQ" info -J F/x >out 2>err &
	watcher=$!
	within 5 0
	jq -se '.[0] | .name == "filesystem" and (.detail | test("^fuse.* on .*/F") and test("does not answer"))' out
	jq -se 'any(.name == "sb/error")' out
	"$WATCHQ" info -J other >out
	! grep 'does not answer' out
}
@test "info PATH: what is known of a FUSE without an answer" { beside mute info; }
@test "info PATH: what is known of a fuseblk without an answer" { beside block info; }

# ---- block ----

block() {
	"$WATCHQ" block F/sda >out 2>err &
	watcher=$!
	within 8 1
	grep -q 'F/sda: its filesystem does not answer; name the device by its name or number' err
}
@test "block DEVICE: a path that hangs is an error" { beside mute block; }

# ---- Processes ----

# The processes of watchq in this directory.
watchqs() {
	local p
	for p in $(pgrep -x watchq); do
		[ "$(readlink "/proc/$p/cwd")" != "$PWD" ] || echo "$p"
	done
}
has_none() { [ -z "$(watchqs)" ]; }
has_several() { (($(watchqs | wc -l) > 1)); }

# A server that takes no request: what waits for it can be killed.
children() {
	kill -STOP "$server"
	"$WATCHQ" wait mounted:F/x unmounted:F/y device:F/z >out 2>err &
	watcher=$!
	await has_several
	kill -TERM "$watcher"
	within 5 143
	await has_none
	kill -CONT "$server"
}
@test "what looks up for watchq ends with it" { beside mute children watchqs has_none has_several; }

# ---- The library, in a program that allows no threads ----

refuses() {
	"$HELPERS/no-threads" mounts F/x >out
	grep -q 'F/x: a look-up there may never return; allow threads, or name another path' out
	"$HELPERS/no-threads" block F/x >out
	grep -q 'F/x: a look-up there may never return; allow threads, or name the device' out
	"$HELPERS/no-threads" sb F/x >out
	grep -q 'F/x: a look-up on fuse may never return; allow threads' out
}
@test "without threads, the library refuses a path whose look-up may hang" { beside mute refuses; }
