# SPDX-License-Identifier: GPL-2.0-or-later
# Colours: which rows of a table have them, when, and what terminal-colors.d(5) says.

load lib

setup() {
	unhex "$DATA/every-type-little.hex" >"$BATS_TEST_TMPDIR/c"
	cd "$BATS_TEST_TMPDIR" || return 1
	# A user's directory that is there keeps the system's from being read.
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/xdg HOME=$BATS_TEST_TMPDIR/home TERM=xterm
	colors=$XDG_CONFIG_HOME/terminal-colors.d
	mkdir -p "$colors" "$HOME"
	unset NO_COLOR
}

decode() { watchq decode --endian little -o EVENT "$@" c; }

# ESC as E, one word a line: what stands before it, the event, what stands behind it.
painted() { tr '\033' E | sed 's/  *//g'; }
# The sequence that an event's row begins with.
color_of() { decode --color=always -n | painted | sed -n "s/^\\(.*\\)$1\\(E\\[0m\\)*\$/\\1/p" | head -1; }
plain() { sed 's/\x1b\[[0-9;]*m//g'; }

# What decode with these options shows on a terminal.
on_terminal() {
	type script >/dev/null || skip "no script(1) to make a terminal"
	timeout $((20 * SLOW)) script -qec "'$WATCHQ' decode --endian little -o EVENT $* c" /dev/null </dev/null | tr -d '\r'
}
is_colored() { grep -q $'\033'; }

@test "rows that matter are coloured from the first byte to the last, no others" {
	equal "$(decode --color=always -o TYPE,EVENT | tr '\033' E | grep E | tr -s ' ')" "$(
		cat <<-'END'
			E[1mTYPE EVENTE[0m
			E[33mmeta removalE[0m
			E[33mmeta removalE[0m
			E[1;31mmeta lossE[0m
			E[1;31mmeta ring_lossE[0m
			E[33mkey revokedE[0m
			E[33mkey invalidatedE[0m
			E[33mkey expiredE[0m
			E[33mmount readonlyE[0m
			E[33msb readonlyE[0m
			E[31msb errorE[0m
			E[31msb errorE[0m
			E[33msb edquotE[0m
			E[33msb networkE[0m
			E[33msb shutdownE[0m
			E[33msb unansweredE[0m
			E[31mblock timeoutE[0m
			E[31mblock no_spaceE[0m
			E[31mblock recoverable_transportE[0m
			E[31mblock critical_targetE[0m
			E[31mblock critical_nexusE[0m
			E[31mblock critical_mediumE[0m
			E[31mblock protectionE[0m
			E[31mblock kernel_resourceE[0m
			E[31mblock device_resourceE[0m
			E[31mblock ioE[0m
			E[31musb errorE[0m
		END
	)"
}

@test "types are those of the dialect" {
	unhex "$DATA/dialect-v5-2019-little.hex" >c
	equal "$(watchq decode --endian little --dialect v5-2019 --color=always -n -o TYPE c |
		tr '\033' E | grep -E 'block|usb' | sort -u | xargs)" "E[31mblockE[0m E[31musbE[0m usb"
}

@test "what became writable is no warning" {
	# mount/readonly with and without is-now-ro, and the same of sb.
	unhex >c <<-'END'
		0200000318FF020001000080000000008877665544332211
		0200000318FF000001000080000000008877665544332211
		03000000100901002A00000000000000
		03000000100900002A00000000000000
	END
	equal "$(decode --color=always -n | painted | xargs)" "E[33mreadonlyE[0m readwrite E[33mreadonlyE[0m readwrite"
}

@test "what was found by looking is marked, unless it is an error or a loss" {
	"$HELPERS/varied" 3000 1 >c
	# Type, event, mark; the row's sequence before them.
	decode --color=always -n -o TYPE,EVENT,MARK | tr '\033' E | tr -s ' ' | sed 's/ *E\[0m$//; s/^E\([^m]*m\)/\1 /' >rows
	equal "$(awk '$1 ~ /m$/ && $NF ~ /^(initial|resync)$/ && $3 !~ /^(removal|loss|ring_loss|revoked|invalidated|expired|readonly|error|edquot|network|shutdown|unanswered|timeout|no_space|recoverable_transport|critical_.*|protection|.*_resource|io)$/ { print $1 }' rows | sort -u)" "[2m"
	! grep -E '(initial|resync)$' rows | grep -v '^\[' || return 1
	grep -qE '^\[31m (sb|block) [[:lower:]_]+ (initial|resync)$' rows
	equal "$(awk '$3 ~ /^(ready|quiet)$/ { print $1 }' rows | sort -u)" "[2m"
	equal "$(awk '$2 == "meta" && $3 == "loss" { print $1 }' rows | sort -u)" "[1;31m"
}

@test "without the sequences nothing is different, whoever makes the rows" {
	local options
	"$HELPERS/varied" 1500 7 >c
	export LC_ALL=C.UTF-8
	for options in '' -n -u -0 --output-all '-o DESCRIPTION,EVENT,KEY' '-o EVENT,SEQ' '-o AUX-DESCRIPTION' \
		'-0 -o OBJECT,MARK'; do
		# shellcheck disable=SC2086	# options
		{
			watchq decode --color=always -v $options c >own 2>err
			WATCHQ_DEBUG=smartcols "$WATCHQ" decode --color=always $options c >theirs
			cmp own theirs
			! grep "another way" err || return 1
			is_colored <own
			sed -z 's/\x1b\[[0-9;]*m//g' own | cmp - <(watchq decode $options c)
		}
	done
}

@test "on a terminal, narrow and wide, cells are cut where they are without colour" {
	local width
	type script >/dev/null || skip "no script(1) to make a terminal"
	"$HELPERS/varied" 300 3 >c
	for width in 1 20 40 80 200; do
		script -qec "stty cols $width; '$WATCHQ' decode -v c 2>err" /dev/null >own </dev/null
		script -qec "stty cols $width; WATCHQ_DEBUG=smartcols '$WATCHQ' decode c" /dev/null >theirs </dev/null
		script -qec "stty cols $width; '$WATCHQ' decode --color=never c" /dev/null >never </dev/null
		is_colored <own
		cmp own theirs
		! grep "another way" err || return 1
		plain <own | cmp - never
	done
}

@test "--color: auto by itself and without a value, which is not for pipes" {
	! decode | is_colored || return 1
	! decode --color | is_colored || return 1
	! decode --color=auto | is_colored || return 1
	decode --color=always | is_colored
	! decode --color=always --color=never | is_colored || return 1
	decode --color=always --output-file log
	is_colored <log
	run -1 decode --color=alwais
	[[ $output =~ "--color: expected one of auto, always, never, not 'alwais'; did you mean 'always'?" ]]
}

@test "only tables have colours, whatever is asked" {
	local form
	for form in -J -r -P -B -B=annotated; do
		decode --color=always "$form" | cmp - <(decode --color=never "$form")
	done
	for form in -J -r -P; do
		! on_terminal --color=always "$form" | is_colored || return 1
	done
}

@test "auto: on a terminal, unless NO_COLOR, or TERM says dumb or nothing" {
	on_terminal | is_colored
	on_terminal --color | is_colored
	! on_terminal --color=never | is_colored || return 1
	! NO_COLOR=1 on_terminal | is_colored || return 1
	NO_COLOR='' on_terminal | is_colored
	! TERM=dumb on_terminal | is_colored || return 1
	! (unset TERM; on_terminal) | is_colored || return 1
	! TERM='' on_terminal | is_colored || return 1
	# What was asked for is given.
	NO_COLOR=1 TERM=dumb on_terminal --color=always | is_colored
}

@test "files that turn colours off and on: the most specific wins, enable over disable" {
	touch "$colors/disable"
	! on_terminal | is_colored || return 1
	on_terminal --color=always | is_colored
	touch "$colors/enable"
	on_terminal | is_colored
	touch "$colors/@xterm.disable"
	! on_terminal | is_colored || return 1
	TERM=xterm-256color on_terminal | is_colored
	touch "$colors/watchq.enable"
	on_terminal | is_colored
	touch "$colors/watchq@xterm.disable"
	! on_terminal | is_colored || return 1
	touch "$colors/watchq@xterm.enable"
	on_terminal | is_colored
	rm "$colors"/*
	touch "$colors/watchq.disable"
	! on_terminal | is_colored || return 1
	touch "$colors/watchq@xterm.enable"
	on_terminal | is_colored
	! TERM=vt100 on_terminal | is_colored || return 1
}

@test "files of others, and what is no file, say nothing" {
	touch "$colors/dmesg.disable" "$colors/@vt100.disable" "$colors/watchq" "$colors/watchq@xterm" "$colors/xdisable" \
		"$colors/@xterm.disable.old"
	mkdir "$colors/disable"
	on_terminal | is_colored
	# Of TERM no path is made.
	mkdir -p "$colors/@a"
	touch "$colors/@a/b.disable"
	TERM=a/b on_terminal | is_colored
	TERM=$(printf %0300d 0) on_terminal | is_colored
}

@test "a scheme: colours by name, by code and with escapes" {
	cat >"$colors/watchq.scheme" <<-'END'
		# comment
		  # another
		loss lightblue
			error	01;35
		warning \e[4;32m
		header \#\_\\\^x
	END
	equal "$(color_of loss)" 'E[1;34m'
	equal "$(color_of ring_loss)" 'E[1;34m'
	equal "$(color_of error)" 'E[01;35m'
	equal "$(color_of timeout)" 'E[01;35m'
	equal "$(color_of removal)" 'E[4;32m'
	equal "$(decode --color=always | head -1 | tr '\033' E | sed 's/T *E/TE/')" '# \^xEVENTE[0m'
	# Of a name that stands there twice, the last; what follows the sequence is no part of it.
	echo 'loss blink behind' >>"$colors/watchq.scheme"
	equal "$(color_of loss)" 'E[5m'
}

@test "all names of colours, and all escapes" {
	local name code
	while read -r name code; do
		echo "loss $name" >"$colors/scheme"
		equal "$name $(color_of loss)" "$name E[${code}m"
	done <<-'END'
		black 30
		blink 5
		blue 34
		bold 1
		brown 33
		cyan 36
		darkgray 1;30
		gray 37
		green 32
		halfbright 2
		lightblue 1;34
		lightcyan 1;36
		lightgray 37
		lightgreen 1;32
		lightmagenta 1;35
		lightred 1;31
		magenta 35
		red 31
		reset 0
		reverse 7
		yellow 1;33
	END
	echo 'loss \a\b\e\f\n\r\t\v\?\_\\\^\#' >"$colors/scheme"
	decode --color=always -n -f meta:loss >t
	equal "$(sed -n '/\x07/,$p' t | head -c 13 | basenc --base16)" 07081B0C0A0D090B7F205C5E23
}

@test "the most specific scheme is read, and no other" {
	echo 'loss green' >"$colors/scheme"
	echo 'loss blue' >"$colors/@xterm.scheme"
	equal "$(color_of loss)" 'E[34m'
	echo 'error blue' >"$colors/watchq.scheme"
	equal "$(color_of loss)" 'E[1;31m'
	equal "$(color_of error)" 'E[34m'
	echo 'loss cyan' >"$colors/watchq@xterm.scheme"
	equal "$(color_of loss)" 'E[36m'
	equal "$(TERM=vt100 color_of error)" 'E[34m'
}

@test "lines of a scheme that mean nothing are ignored" {
	{
		printf '%s\n' 'loss' 'loss ' '' ' ' 'nonsense red' 'loss RED' 'loss bluish' 'loss \e[32m\q' 'loss \' \
			'loss ^[' 'loss 1;31x' 'loss #' "loss $(printf '\\e[32m')^" 'Loss red' 'loss: red'
		printf 'loss \033[32m\n'
		printf 'loss \\e[32m\001\n'
		printf 'loss green\0\n'
		printf 'loss \\e[%0100dm\n' 1
		printf 'loss %0100d\n' 1
		head -c 100000 /dev/zero | tr '\0' x
		printf '\nerror \\e[3'
		printf '6m'		# and no newline
	} >"$colors/watchq.scheme"
	equal "$(color_of loss)" 'E[1;31m'
	equal "$(color_of error)" 'E[36m'
	head -c 100000 /dev/urandom >"$colors/watchq.scheme"
	decode --color=always -n | plain | cmp - <(decode -n)
	rm "$colors/watchq.scheme"
	mkfifo "$colors/watchq.scheme"
	timeout -s KILL $((10 * SLOW)) "$WATCHQ" decode --endian little --color=always c | is_colored
}

@test "the user's directory, \$HOME's or the system's" {
	echo 'loss green' >"$colors/scheme"
	mkdir -p "$HOME/.config/terminal-colors.d"
	echo 'loss blue' >"$HOME/.config/terminal-colors.d/scheme"
	equal "$(color_of loss)" 'E[32m'
	equal "$(XDG_CONFIG_HOME='' color_of loss)" 'E[34m'
	unset XDG_CONFIG_HOME
	equal "$(color_of loss)" 'E[34m'
	unshare -m true 2>/dev/null || skip "no mount namespace of its own for another /etc"
	system() {
		set -e
		mount -t tmpfs etc /etc
		mkdir /etc/terminal-colors.d
		echo 'loss cyan' >/etc/terminal-colors.d/watchq.scheme
		touch /etc/terminal-colors.d/disable
		equal "$(color_of loss)" 'E[34m'
		on_terminal | is_colored
		rm -r "$HOME/.config/terminal-colors.d"
		equal "$(color_of loss)" 'E[36m'
		! on_terminal | is_colored || return 1
		unset HOME
		equal "$(color_of loss)" 'E[36m'
	}
	export WATCHQ
	timeout $((60 * SLOW)) unshare -m bash -c "$(declare -f equal watchq decode painted color_of on_terminal is_colored system); system"
}

@test "what data has in it stays without control bytes" {
	"$HELPERS/varied" 1500 5 >c
	equal "$(decode --color=always -o DESCRIPTION,AUX-DESCRIPTION,COMMAND,OBJECT,PATH | plain | LC_ALL=C tr -d '\n\040-\176\200-\377' | wc -c)" 0
}

@test "live: what there is, on a terminal of tmux" {
	[ -z "$EMULATED" ] || skip "an emulator has no mount namespaces"
	type tmux >/dev/null || skip "no tmux"
	[ -r /proc/self/mountinfo ] || skip "no mountinfo"
	tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null new-session -d -x 100 -y 30 \
		"'$WATCHQ' mounts --initial --once --backend mountinfo -o MARK,EVENT; sleep 60" 3>&-
	await pane_has_color
	tmux -S "$BATS_TEST_TMPDIR/tmux" kill-server
}
pane_has_color() { tmux -S "$BATS_TEST_TMPDIR/tmux" capture-pane -pe -S - | tr '\033' E | grep -qE 'E\[(0;)?2m[^ ]*initial *new_mount'; }
