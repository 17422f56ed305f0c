# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host user
# --output-file in a directory in which others may have put something.

load lib

setup() { cd "$BATS_TEST_TMPDIR" || return; }
list() { watchq mounts -I --once -n -r -o FSTYPE /proc --output-file "$1"; }

@test "in a sticky directory: FIFOs, links and others' files are not written" {
	mkdir -m 1777 shared
	mkfifo shared/fifo
	ln -s ../target shared/link
	ln -s nothing shared/dangling
	run -1 list shared/fifo
	equal "$output" "watchq: mounts: shared/fifo: not written: a FIFO in a directory of all users; name another file"
	run -1 list shared/link
	[[ $output =~ "shared/link: not written: a symbolic link in a directory of all users" ]]
	run -1 list shared/dangling
	[ ! -e target ] && [ ! -e shared/nothing ]
	echo kept >own
	ln own shared/hard
	run -1 list shared/hard
	[[ $output =~ "shared/hard: not written: a file with other names, in a directory of all users" ]]
	equal "$(cat own)" kept
	# One's own file, and a new one with the umask's mode.
	(umask 027; list shared/new)
	equal "$(stat -c %a shared/new)" 640
	list shared/new
	equal "$(xargs <shared/new)" "proc proc"
	if is_root; then
		touch shared/theirs
		chown 65534 shared/theirs
		run -1 list shared/theirs
		[[ $output =~ "shared/theirs: not written: somebody else's file in a directory of all users" ]]
		[ ! -s shared/theirs ]
	fi
}

@test "elsewhere, a link is followed and a FIFO is written" {
	ln -s target link
	list link
	equal "$(cat target)" proc
	mkfifo fifo
	cat fifo >read 3>&- &
	list fifo
	wait $!
	equal "$(cat read)" proc
	run -1 list no/such
	[[ $output =~ "no/such: can't open for writing: No such file or directory" ]]
}

@test "decode says what a file looks like that is no capture" {
	watchq mounts -I --once -J /proc >json
	run -1 watchq decode json
	equal "$output" "watchq: decode: json: no capture: it looks like JSON; what --binary writes can be decoded"
	watchq mounts -I --once /proc >table
	run -1 watchq decode table
	[[ $output =~ "table: no capture: it looks like text" ]]
	run -1 watchq decode <table
	[[ $output =~ "no capture: it looks like text" ]]
}
