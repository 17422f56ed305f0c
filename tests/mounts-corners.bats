# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both user
# Mounts: what is easily got wrong.

load lib
load mounts

# ---- The tree ----

file_bound() {
	touch from to
	begin
	step mount --bind from to
	told 'new_mount to'
	equal "$(jq -r 'select(.event == "new_mount" and .source == "work") | .root | endswith("/from")' json)" true
}
@test "fanotify: a bind of a file" { inside fanotify file_bound; }
@test "mountinfo: a bind of a file" { inside mountinfo file_bound; }

# Into what is moved itself, and back. Before all is looked at again when it is quiet, only
# what is known of the tree says where what is on it has gone.
moved_twice() {
	tree
	mkdir d e
	mount -t tmpfs four d
	mkdir d/in
	begin
	mount --move a d/in
	so_far 2
	mount --move d e
	so_far 4
	umount e/in/b/c
	so_far 5
	mount --move e/in a
	so_far 7
	umount a/b
	settle
	told 'move_from a from a' 'move_to d/in from a' 'move_from d from d' 'move_to e from d' \
		'unmount e/in/b/c' 'move_from e/in from e/in' 'move_to a from e/in' 'unmount a/b'
}
so_far() { await has_told "$1" '"type":"mount"'; }
@test "fanotify: moved into what is moved, and back" { inside fanotify moved_twice so_far; }
@test "mountinfo: moved into what is moved, and back" { inside mountinfo moved_twice so_far; }

# The kernel shows mountinfo in pieces: a move between two of them gives the root of a tree
# and what is on it at places that do not belong together. The number of moves is odd: the
# tree ends at another place, so at least one move is reported even if every scan before the
# last one was torn.
moved_amid() {
	mkdir a c many
	mount -t tmpfs one a
	mkdir a/b
	"$MOUNTER" many 300 "$PWD/many"
	mount -t tmpfs two a/b
	begin
	"$MOUNTER" moves "$1" "$PWD/a" "$PWD/c" "$2"
	settle
	await has_told 2 '"source":"one"'
	equal "$(grep '"source":"two"' json | head -n 5)" ""
}
moved_now_and_then() { moved_amid 1001 700; }
moved_all_the_time() { moved_amid 20001 0; }
@test "mountinfo: a tree that is moved while mountinfo is read" { inside mountinfo moved_now_and_then moved_amid; }
@test "mountinfo: a tree that is moved faster than mountinfo is read" { inside mountinfo moved_all_the_time moved_amid; }

# Removing a directory in one namespace unmounts what others have on it.
removed() {
	mkdir a
	mount -t tmpfs one a
	begin
	step unshare -m --propagation private sh -c 'umount a && rmdir a'
	told 'unmount a'
}
@test "fanotify: the directory of a mount is removed in another namespace" { inside fanotify removed; }
@test "mountinfo: the directory of a mount is removed in another namespace" { inside mountinfo removed; }

slave() {
	mkdir from to
	mount -t tmpfs one from
	mount --make-shared from
	mount --bind from to
	mount --make-slave to
	mkdir from/x
	begin
	step mount -t tmpfs two from/x
	step umount from/x
	equal "$(jq -r --arg pwd "$PWD/" 'select(.source == "two") | "\(.event) \(.target | ltrimstr($pwd)) \(.propagation) \(.peer_group | type)"' json | sort)" \
		"new_mount from/x shared number
new_mount to/x private,slave null
unmount from/x shared number
unmount to/x private,slave null"
	equal "$(jq 'select(.event == "new_mount" and .propagation == "shared" and .source == "two").peer_group' json)" \
		"$(jq 'select(.event == "unmount" and .propagation == "shared").peer_group' json)"
}
@test "fanotify: propagated to a slave" { inside fanotify slave; }
@test "mountinfo: propagated to a slave" { inside mountinfo slave; }

# What was open before it shows paths from the old root.
pivoted() {
	mkdir root
	mount --rbind / root
	mount -t tmpfs put root/mnt
	mkdir root/mnt/old root/mnt/new
	begin
	# The kernel moves the mounts first and the roots of processes then: who reads in between
	# sees what is neither.
	halt
	"$MOUNTER" pivot "$PWD/root" "$PWD/root/mnt/old" true
	kill -CONT "$watcher"
	await has_told 2 '"move_to'
	mount -t tmpfs below /mnt/new
	await grep -q below json
	umount /mnt/new
	# Also other mounts may go: where a directory is removed in another namespace.
	await grep -q '"unmount".*"source":"below"' json
	equal "$(jq -r 'select(.event == "move_to").target' json | sort | xargs)" '/ /mnt/old'
	equal "$(jq -r 'select(.source == "below") | "\(.event) \(.target)"' json | xargs)" 'new_mount /mnt/new unmount /mnt/new'
}
@test "mountinfo: pivot_root, and what comes after it" { inside mountinfo pivoted; }

# Both its ID and its device are those of the one before, which was somewhere else.
used_again() {
	mkdir a b
	mount -t tmpfs one a
	begin
	halt
	umount a
	mount -t tmpfs two b
	kill -CONT "$watcher"
	settle
	told 'unmount a' 'new_mount b'
	equal "$(jq -r 'select(.source == "one" or .source == "two") | "\(.event) \(.source)"' json | xargs)" 'unmount one new_mount two'
}
@test "fanotify: one instead of another while nobody looked" { inside fanotify used_again; }
@test "mountinfo: one instead of another while nobody looked" { inside mountinfo used_again; }

# ---- What changes where it is ----

of_filesystem() {
	mkdir a
	mount -t tmpfs one a
	begin
	step mount -o remount,size=64k a
	told 'setattr a: rw,relatime > rw,relatime,size=64k'
}
@test "fanotify: an option of the filesystem" { inside fanotify of_filesystem; }
@test "mountinfo: an option of the filesystem" { inside mountinfo of_filesystem; }

whole_tree() {
	tree
	begin
	step "$MOUNTER" setattr "$PWD/a" noexec recursive
	told 'setattr a: rw,relatime > rw,noexec,relatime' 'setattr a/b: rw,relatime > rw,noexec,relatime' \
		'setattr a/b/c: rw,relatime > rw,noexec,relatime'
}
@test "fanotify: mount_setattr of a tree" { inside fanotify whole_tree; }
@test "mountinfo: mount_setattr of a tree" { inside mountinfo whole_tree; }

undone() {
	mkdir a
	mount -t tmpfs one a
	begin
	halt
	"$MOUNTER" setattr "$PWD/a" ro
	"$MOUNTER" setattr "$PWD/a" rw
	kill -CONT "$watcher"
	settle
	told
}
@test "fanotify: a change that is undone before anybody can look" { inside fanotify undone; }
@test "mountinfo: a change that is undone before anybody can look" { inside mountinfo undone; }

# Who waits for quiet would never look.
amid() {
	mkdir a busy
	mount -t tmpfs one a
	begin
	"$MOUNTER" pairs 100000 "$PWD/busy" 1000 >/dev/null &
	local pairs=$!
	await grep -q pairs json
	"$MOUNTER" setattr "$PWD/a" ro
	await grep -q '"readonly".*"source":"one"' json
	kill "$pairs"
}
@test "fanotify: a change among mounts and umounts that never end" { inside fanotify amid; }
@test "mountinfo: a change among mounts and umounts that never end" { inside mountinfo amid; }

# Linux 6.18 wakes nobody then; 7.3 does.
made_shared() {
	mkdir a
	mount -t tmpfs one a
	mount --make-private a
	begin
	step mount --make-shared a
	step mount --make-private a
	told 'setattr a: rw,relatime > rw,relatime' 'setattr a: rw,relatime > rw,relatime'
	equal "$(jq -r 'select(.event == "setattr").propagation' json | xargs)" 'shared private'
}
@test "fanotify: mount --make-shared is told with the next change at the latest" { inside fanotify made_shared; }
@test "mountinfo: mount --make-shared is told with the next change at the latest" { inside mountinfo made_shared; }

thousand() {
	local i
	mkdir many
	"$MOUNTER" many 1000 "$PWD/many"
	begin
	mount -o remount,noatime,size=1g .
	DEADLINE=60 settle
	equal "$(jq -r --arg pwd "$PWD/" 'select(.event == "setattr").target | ltrimstr($pwd)' json | tail -n +2)" \
		"$(for ((i = 0; i < 1000; i++)); do echo "many/$i"; done)"
	equal "$(jq -c 'select(.event == "setattr").fs_options' json | sort | uniq -c | xargs)" '1001 rw,size=1048576k'
}
@test "fanotify: a filesystem that is mounted a thousand times" { inside fanotify thousand; }
@test "mountinfo: a filesystem that is mounted a thousand times" { inside mountinfo thousand; }

# The kernel writes \040 for a blank in them.
blanks() {
	mkdir 'l o' 'l,2' m
	mount -t overlay 'o v' -o "lowerdir=$PWD/l o:$PWD/l\\,2" m
	"$WATCHQ" mounts -I --once -J --backend "$BACKEND" m >json
	equal "$(jq -r '.source, .options, .fs_options' json)" \
		"$(findmnt -J -o SOURCE,OPTIONS,FS-OPTIONS m | jq -r '.filesystems[] | .source, .options, ."fs-options"')"
	grep -q 'l o:' json
}
has_overlay() { needs_mount_ns; unshare -m sh -c 'mount -t tmpfs t /mnt && cd /mnt && mkdir l o m && mount -t overlay o -o lowerdir=l:o m' 2>/dev/null || skip "this kernel has no overlayfs"; }
@test "fanotify: options with blanks and commas in them" { has_overlay; inside fanotify blanks; }
@test "mountinfo: options with blanks and commas in them" { has_overlay; inside mountinfo blanks; }

# ---- PATHs and names ----

spelt() {
	local name
	mkdir -p a/in
	ln -s a link
	for name in a ./a a/ "/$PWD//a//" "$PWD/a/../a" link link/; do
		"$WATCHQ" mounts -q -J -1 -w 10s "$name" -C 'mount -t tmpfs one a/in' >json
		umount a/in
		equal "$(jq -r .target json)" "$PWD/a/in"
	done
	"$WATCHQ" mounts -q -J -1 -w 10s / -C 'mount -t tmpfs one a/in' >json
	equal "$(jq -r .target json)" "$PWD/a/in"
}
@test "PATH: relative, with slashes and dots, by a link" { inside fanotify spelt; }

several() {
	mkdir -p a/b c
	begin -i 7 a/b a "$PWD/c/" end
	step mount -t tmpfs one a/b
	step mount -t tmpfs two c
	step mount -t tmpfs three a
	equal "$(jq -r --arg pwd "$PWD" 'select(.type == "mount" and .object != "end") | "\(.source) \(.id) \(.object | sub($pwd; ""))"' json)" \
		"one 7 a/b
two 9 /c/
three 8 a"
}
@test "PATH: each has its ID, and the first that fits is told" { inside fanotify several; }

# Nobody who watches d has heard of what is on it.
coming() {
	tree
	mkdir d
	begin "$PWD/d" "$PWD/end"
	step mount --move a d
	step mount --move d a
	told 'move_to d from a' 'move_to d/b from a/b' 'move_to d/b/c from a/b/c' 'move_from d from d'
}
@test "PATH: a tree that is moved there is told whole: fanotify" { inside fanotify coming; }

# However a cell is written, and whatever the locale.
escaped() {
	local how name names=('sp ace' 'q"uote' 'back\slash' $'new\nline' $'t\tab' $'es\e[31mc' $'c1\xc2\x9b31m' $'del\x7f' '\040' 'ünï' $'inv\xff' 'x (deleted)')
	for name in "${names[@]}"; do
		mkdir "$name"
		mount -t tmpfs "s$name" "$name"
	done
	for how in -u -r -P; do
		for name in C C.UTF-8; do
			LC_ALL=$name "$WATCHQ" mounts -q -I --once -n $how -o TARGET,SOURCE --backend "$BACKEND" "$PWD" | tail -n 12 >out
			equal "$(wc -l <out)" 12
			equal "$(tr -d '\n' <out | LC_ALL=C grep -caP '[\x01-\x1f\x7f\xff]|\xc2[\x80-\x9f]' || :)" 0
			# Each is another one still.
			equal "$(sort -u out | wc -l)" 12
			[ "$how" != -r ] || equal "$(awk 'NF != 2' out)" ""
		done
	done
	"$WATCHQ" mounts -q -I --once -J --backend "$BACKEND" "$PWD" | tail -n 12 >json
	for name in "${names[@]:0:10}" "${names[11]}"; do
		jq -es --arg name "$name" --arg dir "$PWD/" 'any(.target == $dir + $name and .source == "s" + $name)' json >/dev/null ||
			{ printf 'not there: %q\n' "$name" >&2; return 1; }
	done
}
@test "fanotify: control characters never come as they are" { inside fanotify escaped; }
@test "mountinfo: control characters never come as they are" { inside mountinfo escaped; }

# ---- Another root ----

moved_out() {
	mkdir -p root out
	mount --rbind / root
	mount -t tmpfs in root/mnt
	mkdir root/mnt/in
	chroot root "$WATCHQ" mounts -J -v --backend "$BACKEND" >json 2>err &
	await grep -q ': ready$' err
	mount -t tmpfs one root/mnt/in
	await has_lines 1 json
	mount --move root/mnt/in out
	await has_lines 3 json
	umount out
	await has_lines 4 json
	equal "$(jq -r '"\(.event) \(.target) \(.old_target)"' json)" "new_mount /mnt/in null
move_from /mnt/in /mnt/in
move_to null /mnt/in
unmount null null"
}
@test "fanotify: in a chroot, moved to where it can't be reached" { inside fanotify moved_out; }

# Though all that it ever saw there is unmounted.
emptied() {
	local file
	mkdir -p root/proc root/m
	while read -r file; do
		mkdir -p "root${file%/*}"
		cp -L "$file" "root$file"
	done < <(echo "$WATCHQ"; ldd "$WATCHQ" | grep -o '/[^ ]*')
	mount -t proc proc root/proc
	chroot root "$WATCHQ" mounts -J -v --backend "$BACKEND" >json 2>err &
	watcher=$!
	await grep -q ': ready$' err
	umount -l root/proc
	await has_lines 1 json
	mount -t tmpfs one root/m
	await has_lines 2 json
	equal "$(jq -r '"\(.event) \(.target)"' json)" "unmount /proc
new_mount /m"
	kill "$watcher"
	wait "$watcher"
}
@test "fanotify: in a chroot, without any mounts left" {
	[ -z "$SANITIZED" ] || skip "a sanitizer reads /proc at the end"
	inside fanotify emptied
}
