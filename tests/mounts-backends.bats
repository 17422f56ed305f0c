# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both user
# What is told of each operation on mounts, by each backend: these events, in this order,
# and no others.

load lib
load mounts

mounted() {
	mkdir a
	begin
	step mount -t tmpfs -o size=1M,nosuid one a
	step umount a
	told 'new_mount a' 'unmount a'
	equal "$(jq -cs 'map(select(.source == "one")) | map([.mount, .parent, .fstype, .options, .vfs_options, .fs_options, .root]) | unique | map(.[2:])' json)" \
		'[["tmpfs","rw,nosuid,relatime,size=1024k","rw,nosuid,relatime","rw,size=1024k","/"]]'
}
@test "fanotify: mount and umount" { inside fanotify mounted; }
@test "mountinfo: mount and umount" { inside mountinfo mounted; }

bound() {
	mkdir -p a/x b
	mount -t tmpfs one a
	mkdir a/x
	begin
	step mount --bind a/x b
	told 'new_mount b'
	equal "$(jq -r 'select(.event == "new_mount" and .root == "/x") | .source' json)" one
	equal "$(jq -r 'select(.root == "/x") | .["maj:min"]' json)" "$(mountpoint -d b)"
}
@test "fanotify: a bind of a directory" { inside fanotify bound; }
@test "mountinfo: a bind of a directory" { inside mountinfo bound; }

rbound() {
	tree
	mkdir d
	begin
	step "$MOUNTER" rbind "$PWD/a" "$PWD/d"
	told 'new_mount d' 'new_mount d/b' 'new_mount d/b/c'
}
@test "fanotify: a tree of three is bound" { inside fanotify rbound; }
@test "mountinfo: a tree of three is bound" { inside mountinfo rbound; }

attached() {
	mkdir a
	begin
	step "$MOUNTER" detached
	step "$MOUNTER" fsmount "$PWD/a"
	told 'new_mount a'
	equal "$(jq -r 'select(.source == "fsm") | .fstype' json)" tmpfs
}
@test "fanotify: fsmount and move_mount, and what is never attached" { inside fanotify attached; }
@test "mountinfo: fsmount and move_mount, and what is never attached" { inside mountinfo attached; }

moved() {
	tree
	mkdir d
	begin
	step mount --move a d
	step umount d/b/c
	told 'move_from a from a' 'move_to d from a' 'unmount d/b/c'
}
@test "fanotify: a tree is moved: its root is told, and all below it has moved" { inside fanotify moved; }
@test "mountinfo: a tree is moved: its root is told, and all below it has moved" { inside mountinfo moved; }

busy() {
	tree
	begin
	! umount a 2>/dev/null || return 1
	settle
	told
}
@test "fanotify: a umount that fails" { inside fanotify busy; }
@test "mountinfo: a umount that fails" { inside mountinfo busy; }

lazy() {
	tree
	(cd a/b/c && exec sleep 100) &
	local sleeper=$!
	until [ "$(readlink "/proc/$sleeper/cwd")" = "$PWD/a/b/c" ]; do sleep 0.01; done
	begin
	step umount -l a
	kill "$sleeper"
	settle
	equal "$(jq -r 'select(.event == "unmount").target' json | sort | sed "s|$PWD/||" | xargs)" 'a a/b a/b/c'
}
@test "fanotify: a lazy umount of a busy tree: all of it, at once" { inside fanotify lazy; }
@test "mountinfo: a lazy umount of a busy tree: all of it, at once" { inside mountinfo lazy; }

over() {
	mkdir a
	begin
	step mount -t tmpfs one a
	step mount -t tmpfs two a
	step umount a
	told 'new_mount a' 'new_mount a' 'unmount a'
	equal "$(jq -r 'select(.source == "one" or .source == "two") | "\(.event) \(.source)"' json | xargs)" 'new_mount one new_mount two unmount two'
	equal "$(jq -s 'map(select(.event == "new_mount" and (.source == "one" or .source == "two"))) | .[1].parent == .[0].mount' json)" true
}
@test "fanotify: one over the other" { inside fanotify over; }
@test "mountinfo: one over the other" { inside mountinfo over; }

beneath() {
	tree
	umount a/b/c
	"$MOUNTER" beneath "$PWD/a/b" 2>/dev/null || exit 77
	umount a/b
	begin
	step "$MOUNTER" beneath "$PWD/a"
	told 'new_mount a' 'move_from a from a' 'move_to a from a'
	equal "$(jq -s 'map(select(.event == "new_mount" and .source != null and (.source | startswith("mark") | not)))[0].mount ==
		map(select(.event == "move_to"))[0].parent' json)" true
}
@test "fanotify: mounted beneath: what was there stands on it now" { inside fanotify beneath; }
@test "mountinfo: mounted beneath: what was there stands on it now" { inside mountinfo beneath; }

pivoted() {
	mkdir root
	mount --bind / root
	mkdir -p root"$PWD"
	mount -t tmpfs put root/mnt
	mkdir root/mnt/old
	begin
	# The kernel moves the mounts first, and then the roots of processes: a reader in between
	# sees a path of neither root.
	halt
	"$MOUNTER" pivot "$PWD/root" "$PWD/root/mnt/old" true
	kill -CONT "$watcher"
	# Paths are those of watchq, which has the new root, too.
	await has_told 4 '"move_'
	equal "$(jq -r 'select(.event == "move_to" and .mark == null).target' json | sort | xargs)" '/ /mnt/old'
}
@test "fanotify: pivot_root" { inside fanotify pivoted; }

propagated() {
	mkdir a
	mount --make-shared .
	unshare -m --propagation unchanged sleep 100 &
	local other=$!
	until [ "$(readlink "/proc/$other/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] && [ "$(cat "/proc/$other/comm")" = sleep ]; do sleep 0.01; done
	begin
	step nsenter -t "$other" -m mount -t tmpfs one "$PWD/a"
	kill "$other"
	settle
	told 'new_mount a'
}
@test "fanotify: from another namespace, by propagation" { inside fanotify propagated; }
@test "mountinfo: from another namespace, by propagation" { inside mountinfo propagated; }

unshared() {
	mkdir a
	begin
	step unshare -m mount -t tmpfs one a
	told
}
@test "fanotify: a child has a namespace of its own" { inside fanotify unshared; }
@test "mountinfo: a child has a namespace of its own" { inside mountinfo unshared; }

remounted() {
	mkdir a b
	mount -t tmpfs one a
	mount --bind a b
	begin
	step mount -o remount,ro a
	step mount -o remount,rw a
	told 'readonly a: rw,relatime > ro,relatime' 'readonly b: rw,relatime > ro,relatime' \
		'readwrite a: ro,relatime > rw,relatime' 'readwrite b: ro,relatime > rw,relatime'
	equal "$(jq -r 'select(.type == "mount" and (.event | startswith("read"))) | "\(.event_nr) \(.flags)"' json | xargs)" '3 is-now-ro 3 is-now-ro 3 null 3 null'
	equal "$(jq -r 'select(.event == "readonly" and .flags) | "\(.vfs_options)|\(.fs_options)"' json | xargs)" 'ro,relatime|ro rw,relatime|ro'
}
@test "fanotify: remounted read-only: each mount of the filesystem" { inside fanotify remounted; }
@test "mountinfo: remounted read-only: each mount of the filesystem" { inside mountinfo remounted; }

bind_remounted() {
	mkdir a b
	mount -t tmpfs one a
	mount --bind a b
	begin
	step mount -o remount,bind,ro b
	step mount -o remount,bind,rw,nodev b
	told 'readonly b: rw,relatime > ro,relatime' 'readwrite b: ro,relatime > rw,nodev,relatime' \
		'setattr b: ro,relatime > rw,nodev,relatime'
}
@test "fanotify: a bind remount: that mount alone, and both that it is read-only and the rest" { inside fanotify bind_remounted; }
@test "mountinfo: a bind remount: that mount alone, and both that it is read-only and the rest" { inside mountinfo bind_remounted; }

attributes() {
	local flag
	mkdir a
	mount -t tmpfs one a
	begin
	for flag in nosuid nodev noexec; do step "$MOUNTER" setattr "$PWD/a" "$flag"; done
	step "$MOUNTER" setattr "$PWD/a" noatime
	step "$MOUNTER" setattr "$PWD/a" ro
	told 'setattr a: rw,relatime > rw,nosuid,relatime' 'setattr a: rw,nosuid,relatime > rw,nosuid,nodev,relatime' \
		'setattr a: rw,nosuid,nodev,relatime > rw,nosuid,nodev,noexec,relatime' \
		'setattr a: rw,nosuid,nodev,noexec,relatime > rw,nosuid,nodev,noexec,noatime' \
		'readonly a: rw,nosuid,nodev,noexec,noatime > ro,nosuid,nodev,noexec,noatime'
}
@test "fanotify: each attribute by mount_setattr" { inside fanotify attributes; }
@test "mountinfo: each attribute by mount_setattr" { inside mountinfo attributes; }

shared() {
	mkdir a
	mount -t tmpfs one a
	mount --make-private a
	begin
	step "$MOUNTER" propagation "$PWD/a" shared
	step "$MOUNTER" propagation "$PWD/a" unbindable
	told 'setattr a: rw,relatime > rw,relatime' 'setattr a: rw,relatime > rw,relatime'
	equal "$(jq -r 'select(.event == "setattr") | "\(.propagation) \(.peer_group | type)"' json | xargs)" 'shared number private,unbindable null'
}
@test "fanotify: propagation by mount_setattr" { inside fanotify shared; }
@test "mountinfo: propagation by mount_setattr" { inside mountinfo shared; }

silent() {
	mkdir a
	mount -t tmpfs one a
	begin
	"$MOUNTER" reconfigure "$PWD/a" size=1M
	sleep 0.5	# nothing can be waited for: nothing comes
	told
}
@test "fanotify: what wakes nobody is not heard" { inside fanotify silent; }
@test "mountinfo: what wakes nobody is not heard" { inside mountinfo silent; }

swept() {
	mkdir a
	mount -t tmpfs one a
	begin --sweep 100ms
	"$MOUNTER" oldpropagation "$PWD/a" shared
	await grep -q '"setattr"' json
	"$MOUNTER" reconfigure "$PWD/a" size=1M
	await eval '[ "$(grep -c "\"setattr\"" json)" = 2 ]'
	told 'setattr a: rw,relatime > rw,relatime' 'setattr a: rw,relatime > rw,relatime,size=1024k'
}
@test "fanotify: what wakes nobody is found by --sweep" { inside fanotify swept; }
@test "mountinfo: what wakes nobody is found by --sweep" { inside mountinfo swept; }

crowded() {
	local i
	mkdir a
	doubled 13
	begin --sweep 200ms
	for i in {1..10}; do
		step mount -t tmpfs one a
		umount a
	done
}
@test "fanotify: sweeps that come close, and it is quiet all the same" { inside fanotify crowded doubled; }
@test "mountinfo: sweeps that come close, and it is quiet all the same" { inside mountinfo crowded doubled; }

renamed() {
	mkdir -p a/b
	mount -t tmpfs one a/b
	mkdir a/b/c
	mount -t tmpfs two a/b/c
	begin --sweep 100ms
	mv a z
	await grep -q '"move_to"' json
	step umount z/b/c
	told 'move_from a/b from a/b' 'move_to z/b from a/b' 'unmount z/b/c'
}
@test "fanotify: a directory above a mount is renamed: found by --sweep, told as a move" { inside fanotify renamed; }
@test "mountinfo: a directory above a mount is renamed: found by --sweep, told as a move" { inside mountinfo renamed; }

# ---- What the columns say ----

ids() {
	mkdir a
	begin
	step mount -t tmpfs one a
	equal "$(jq -r 'select(.source == "one") | .mount_id' json)" "$(findmnt -no ID a)"
	equal "mnt:[$(jq -r 'select(.source == "one") | .namespace' json)]" "$(readlink /proc/self/ns/mnt)"
}
@test "fanotify: IDs are those of mountinfo, the namespace is that of lsns" { inside fanotify ids; }
@test "mountinfo: IDs are those of mountinfo, the namespace is that of lsns" { inside mountinfo ids; }

unique() {
	mkdir -p a
	begin
	step mount -t tmpfs one a
	mkdir a/b
	step mount -t tmpfs two a/b
	step umount a/b
	step mount -t tmpfs two a/b
	jq -es 'map(select(.source == "two")) as $two | map(select(.source == "one")) as $one |
		($two | map(.mount) | (.[0] == .[1] and .[1] != .[2] and .[0] > 2147483647)) and
		($two | all(.parent == $one[0].mount))' json
}
@test "fanotify: an ID is one mount's alone, and its parent's is what that has" { inside fanotify unique; }

by() {
	mkdir a
	begin
	bash -c 'echo $$ >pid; exec "$0" pairs 1 "$1" 1000000' "$MOUNTER" "$PWD/a" >/dev/null
	settle
	equal "$(jq -c --argjson pid "$(cat pid)" 'select(.pid == $pid) | [.event, .pid, .command]' json | xargs)" \
		"[new_mount,$(cat pid),mounter] [unmount,$(cat pid),mounter]"
}
@test "fanotify: who did it" { inside fanotify by; }

unknown_by() {
	mkdir a
	begin
	step mount -t tmpfs one a
	equal "$(jq -c 'select(.source == "one") | [.pid, .command, has("pid")]' json)" '[null,null,true]'
}
@test "mountinfo: who did it is not known" { inside mountinfo unknown_by; }

pairs() {
	mkdir a
	begin
	"$MOUNTER" pairs 1000 "$PWD/a" >/dev/null
	DEADLINE=30 settle
	equal "$(jq -r 'select(.source == null or (.source | startswith("mark") | not)) | select(.type == "mount").event' json | sort | uniq -c | xargs)" '1000 new_mount 1000 unmount'
	# Each ID twice, mounted first.
	jq -es 'map(select(.type == "mount" and (.source == null or (.source | startswith("mark") | not)))) | group_by(.mount) |
		all(map(.event) == ["new_mount", "unmount"])' json
}
@test "fanotify: each of 1,000 that are undone at once" { inside fanotify pairs; }
