# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host user
# The command line: commands, links, help, wrong use.

load lib

@test "--help and --version" {
	run -0 watchq --help
	[[ $output =~ "watchq COMMAND [options] [OBJECT...]" ]]
	local command
	for command in $(watchq --list-commands | cut -d' ' -f1); do
		[[ $output =~ \ $command\  ]]
		run -0 watchq "$command" --help
		[[ $output =~ "watchq $command" ]]
		run -0 watchq "$command" -V
		[[ $output =~ ^watchq\ [0-9] ]]
		run -0 watchq --help
	done
	run -0 watchq --version
	[[ $output =~ ^watchq\ [0-9]+\.[0-9]+ ]]
	run -0 watchq -V
}

@test "help fits into 100 columns" {
	local command
	for command in $(watchq --list-commands | cut -d' ' -f1); do
		(($(watchq "$command" --help | awk '{ if (length($0) > m) m = length($0) } END { print m }') <= 100))
	done
}

@test "no command, an unknown one, one that is nearly right" {
	run -1 watchq
	[[ $output =~ "which command?" ]]
	[[ $output =~ "Try 'watchq --help'" ]]
	run -1 watchq frobnicate
	[[ ${lines[0]} = "watchq: unknown command 'frobnicate'" ]]
	run -1 watchq kyes
	[[ $output =~ "unknown command 'kyes'; did you mean 'keys'?" ]]
	run -1 watchq -J keys
	[[ $output =~ "options of a command stand behind its name" ]]
}

@test "unknown options offer the nearest; missing and superfluous values are said" {
	run -1 watchq decode --jsno
	[[ $output =~ "unknown or ambiguous option '--jsno'; did you mean 'json'?" ]]
	[[ $output =~ "Try 'watchq decode --help'" ]]
	run -1 watchq decode -X
	[[ $output =~ "unknown option '-X'" ]]
	run -1 watchq decode -JX
	[[ $output =~ "unknown option '-X'" ]]
	run -1 watchq decode --json=yes
	[[ $output =~ "option '--json' takes no value" ]]
	run -1 watchq decode -c
	[[ $output =~ "option '-c' needs a value" ]]
	run -1 watchq decode --binary=annotatd /dev/null
	[[ $output =~ "--binary: expected nothing or 'annotated'" ]]
	run -1 watchq info -c 3
	[[ $output =~ "unknown option '-c'" ]]
}

@test "unknown events offer the nearest" {
	run -1 watchq decode -e linkt /dev/null
	[[ $output =~ "--events: unknown event 'linkt'; did you mean 'linked'?" ]]
	run -1 watchq keys -e readonly
	[[ $output =~ "unknown event 'readonly'" ]]
	# Notes are meant only if they are named.
	run -1 watchq decode -e header /dev/null
	run -0 watchq decode -e note/header /dev/null
	run -1 watchq decode -e kay/linked /dev/null
	[[ $output =~ "unknown type of event 'kay'; did you mean 'key'?" ]]
}

@test "a link called watchq-COMMAND is that command" {
	ln -s "$(realpath "$WATCHQ")" "$BATS_TEST_TMPDIR/watchq-decode"
	ln -s "$(realpath "$WATCHQ")" "$BATS_TEST_TMPDIR/watchq-nothing"
	run -0 "$BATS_TEST_TMPDIR/watchq-decode" --help
	[[ $output =~ "watchq decode" ]]
	run -1 "$BATS_TEST_TMPDIR/watchq-nothing"
	[[ $output =~ "unknown command 'nothing'" ]]
}

@test "control bytes in arguments don't reach the terminal" {
	run -1 watchq decode $'/no\e[31mwhere\n'
	[[ $output =~ '/no\x1b[31mwhere\x0a' ]]
}

@test "lists: columns, events, options; raw and as JSON Lines" {
	equal "$(watchq keys --list-columns --raw | head -2 | tail -1 | cut -d' ' -f1)" SEQ
	equal "$(watchq keys -H --raw -n | head -1 | cut -d' ' -f1)" SEQ
	equal "$(watchq keys -H -J | jq -r .column | head -3 | xargs)" "SEQ TIME BOOTTIME"
	equal "$(watchq keys --list-events -J | jq -r 'select(.number == 128) | "\(.type)/\(.event)"' | xargs)" \
		"meta/ring_loss key/expired"
	equal "$(watchq info --list-options -J | jq -r .option | grep -c -- --json)" 1
	equal "$(watchq decode --list-events -J | jq -s 'map(.type) | unique | join(" ")')" \
		'"block key meta mount note sb usb"'
}

# ---- --command: what fails before it runs ----

@test "where nothing can be watched the command does not run: status 125" {
	cd "$BATS_TEST_TMPDIR"
	run -125 watchq keys -C 'touch ran' 999999999
	[[ $output =~ "watchq: keys: 999999999: " ]]
	run -125 watchq keys -C 'touch ran' --output-file no/such @s
	[[ $output =~ "no/such: can't open for writing" ]]
	[ ! -e ran ]
}

@test "wrong use is 125 as well, wherever the command stands; 1 without one" {
	cd "$BATS_TEST_TMPDIR"
	for wrong in --jsno -c '-c x' --once '-I --once' '-e nosuch'; do
		# shellcheck disable=SC2086
		run -125 watchq keys -C 'touch ran' $wrong
		[[ $output =~ "Try 'watchq keys --help'" ]]
		# shellcheck disable=SC2086
		[ "$wrong" = -c ] || run -125 watchq keys $wrong --command='touch ran' @s
	done
	run -125 watchq keys -C 'touch ran' -I --once
	[[ $output =~ "--once and --command exclude each other" ]]
	[ ! -e ran ]
	run -1 watchq keys --session mine
	[[ $output =~ "--session goes with --command" ]]
	run -1 watchq keys -C
	[[ $output =~ "option '-C' needs a value" ]]
	run -1 watchq decode -C true
	[[ $output =~ "unknown option '-C'" ]]
	run -0 watchq keys -C 'touch ran' --help
}

@test "a session keyring that can't be joined: status 125, and why" {
	[ -z "$EMULATED" ] || skip "an emulator has no keys"
	cd "$BATS_TEST_TMPDIR"
	if "$HELPERS/deny" keyctl true 2>/dev/null; then
		run -125 "$HELPERS/deny" keyctl "$WATCHQ" keys --session mine -C 'touch ran'
		[[ $output =~ "can't join a session keyring: keyctl(2) is not permitted" ]]
	fi
	[ ! -e ran ]
	keyctl session - true 2>/dev/null || skip "no session keyrings here"
	run -125 watchq keys --session .mine -C 'touch ran'
	[[ $output =~ "'.mine': names with a dot in front are the kernel's own" ]]
	run -125 watchq keys --session "$(printf 'a%.0s' {1..4096})" -C 'touch ran'
	[[ $output =~ "a name has at most 4095 bytes" ]]
	[ ! -e ran ]
}

@test "a filter that can deliver nothing is an error; losses alone can be asked for" {
	[ -z "$EMULATED" ] || skip "an emulator has no mount namespaces"
	for args in "mounts -e expiry" "keys -f mount @u" "keys -f key:200 @u" "sb -f key" "block -f usb"; do
		# shellcheck disable=SC2086
		run -1 watchq $args -w 50ms
		[[ $output =~ reports\ (these|none\ of\ these)\ events ]]
	done
	run -1 watchq keys -e updated --backend poll -w 50ms
	[[ $output =~ "backend poll of keys reports none of these events" ]]
	run -3 watchq mounts -e loss -w 50ms
	run -3 watchq sb -e loss -w 50ms
}

@test "watch: an option of a source that is not watched is an error" {
	for args in "--coalesce:1s:mounts" "-R:.:mounts" "--all:.:sb" "--types:ext4:sb" "--options:ro:block" "-d:3:mounts"; do
		IFS=: read -r option value source <<<"$args"
		[ "$value" != . ] || value=
		# shellcheck disable=SC2086
		run -1 watchq watch $option $value "$source" -w 50ms
		[[ $output =~ --[[:lower:]]+\ goes\ with\ (keys|mounts|block),\ which\ is\ not\ watched ]]
	done
}

@test "JSON has each name once, whatever columns are asked for" {
	[ -z "$EMULATED" ] || skip "an emulator has no mount namespaces"
	equal "$(watchq mounts -I --once -J -o TARGET,SOURCE,target,TARGET /proc | head -n 1 | tr -d ' ' | grep -o '"target"' | wc -l)" 1
	equal "$(watchq mounts -I --once -J --output-all -o +TARGET /proc | head -n 1 | grep -o '"target"' | wc -l)" 1
	# Tables have what was asked for.
	equal "$(watchq mounts -I --once -n -r -o FSTYPE,FSTYPE /proc | head -n 1)" "proc proc"
}

@test "--output-file -: standard output" {
	[ -z "$EMULATED" ] || skip "an emulator has no mount namespaces"
	cd "$BATS_TEST_TMPDIR"
	equal "$(watchq mounts -I --once -n -r -o FSTYPE --output-file - /proc | head -n 1)" proc
	[ ! -e ./- ]
}

@test "a time that is too long is out of range" {
	run -1 watchq mounts -w 99999999999999d
	[[ $output =~ "--timeout: 99999999999999d is out of range: a time is 285 years at most" ]]
	run -1 watchq mounts --sweep 99999999999999d
	[[ $output =~ "--sweep: 99999999999999d is out of range" ]]
	run -1 watchq mounts -w 1x
	[[ $output =~ "--timeout: expected a time such as" ]]
}

@test "a long name is cut in its middle: the reason stays" {
	local long args
	run -1 watchq decode "/$(printf '%09999d' 0)"
	[[ $output == *...*': can'\''t open: File name too long' ]]
	printf -v long '/%0250dé' 0 0 0 0 0 0 0 0 0 0 0
	for args in sb block decode info "mounts -N" "keys --output-file"; do
		# shellcheck disable=SC2086
		run -1 watchq $args "$long"
		[[ $output == "watchq: ${args%% *}: "* && $output == *0...* ]]
		[[ $output =~ (No such file or directory|no such block device)$ ]]
		iconv -f UTF-8 -t UTF-8 <<<"$output" >/dev/null
		[ ${#output} -lt 1100 ]
	done
}

@test "lists and names that are empty; --types where nothing is of mounts" {
	cd "$BATS_TEST_TMPDIR"
	run -1 watchq wait -t , mounted:/
	[[ $output =~ "--types: expected a list such as ext4,xfs, not ','" ]]
	run -1 watchq wait -t ext4 device:/dev/null
	[[ $output =~ "--types goes with mounted, unmounted, ro and rw" ]]
	run -1 watchq decode --output-file '' /dev/null
	[[ $output =~ "--output-file: expected the name of a file" ]]
	mkdir d
	run -1 watchq decode --output-file d/ /dev/null
	[[ $output =~ "d/: can't open for writing: Is a directory" ]]
}
