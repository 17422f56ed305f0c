# SPDX-License-Identifier: GPL-2.0-or-later
# Rows that watchq puts together itself are those that libsmartcols prints.

load lib

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	"$HELPERS/varied" 1500 "$BATS_TEST_NUMBER" >c
}

# What libsmartcols alone makes of it.
all_smartcols() { WATCHQ_DEBUG=smartcols "$WATCHQ" decode "$@"; }

# compare OPTION...: byte for byte the same, and rows of watchq's own among them.
compare() {
	watchq decode -v "$@" c >own 2>err
	all_smartcols "$@" c >theirs
	cmp own theirs || { echo "differ with: $* (LC_ALL=$LC_ALL)" >&2; return 1; }
	! grep "another way" err || { echo "not its own: $*" >&2; return 1; }
}

# In a form ('' is the table) with every option and many columns, in a locale.
compare_all() {
	local form=$1 option columns
	export LC_ALL=$2
	for option in '' -n -0 -u; do
		# shellcheck disable=SC2086	# options, and none where they are empty
		{
			compare $form $option
			compare $form $option --output-all
			for columns in SEQ EVENT,SEQ DESCRIPTION AUX,AUX-DESCRIPTION KEY,OBJECT,LOST \
				NAME,DATA,NAME,V MARK,FLAGS,MAJ:MIN,SECTOR,BLOCK,INODE,DETAIL TIME,BOOTTIME,PERM,INFO OBJECT,MARK \
				EXPIRES,PID,PATH,COMMAND,SEQ COMMAND,PID PATH,EXPIRES \
				TARGETS,ERRNO,COUNT,QUOTA-ID,TARGET DEVICE,SECTORS,SIZE,OPERATION,LIMIT; do
				compare $form $option -o "$columns"
			done
		}
	done
}

@test "tables, LC_ALL=C" { compare_all "" C; }
@test "tables, LC_ALL=C.UTF-8" { compare_all "" C.UTF-8; }
@test "raw columns, LC_ALL=C" { compare_all -r C; }
@test "raw columns, LC_ALL=C.UTF-8" { compare_all -r C.UTF-8; }
@test "pairs, LC_ALL=C" { compare_all -P C; }
@test "pairs, LC_ALL=C.UTF-8" { compare_all -P C.UTF-8; }

@test "every column alone, in every form" {
	local column form
	export LC_ALL=C.UTF-8
	for column in $(watchq decode --list-columns --raw | sed 1d | cut -d' ' -f1); do
		for form in -n -r -P; do
			compare $form -o "$column"
		done
	done
}

@test "times in every format" {
	local format
	for format in short iso delta monotonic raw; do
		compare --time-format $format -o TIME,SEQ
		compare --time-format $format -o EXPIRES,TIME,EXPIRES
		TZ=Asia/Kathmandu compare -r --time-format $format -o TIME,TIME
	done
}

@test "on terminals, wide and narrow" {
	local width options
	type script || skip "no script(1) to make a terminal"
	for width in 1 20 40 79 80 81 120 400 0; do
		for options in '' -u --output-all '-o SEQ,DESCRIPTION,AUX-TYPE' '-n -o EVENT,KEY,AUX' '-o OBJECT,KEY-TYPE,MARK' -r -P; do
			script -qec "stty cols $width; $WATCHQ decode -v $options c 2>err" /dev/null >own
			script -qec "stty cols $width; WATCHQ_DEBUG=smartcols $WATCHQ decode $options c" /dev/null >theirs
			cmp own theirs || { echo "differ at $width: $options" >&2; return 1; }
			! grep "another way" err || { echo "not its own: $options" >&2; return 1; }
		done
	done
}

@test "most rows are watchq's own: much faster than libsmartcols" {
	[ -z "$SANITIZED" ] || skip "a sanitizer's time is not watchq's"
	"$HELPERS/records" 100000 >many
	# Time on the processor: a machine that is busy gives less of it, not other ratios.
	local TIMEFORMAT=%U own theirs
	own=$({ time watchq decode many >own; } 2>&1)
	theirs=$({ time all_smartcols many >theirs; } 2>&1)
	cmp own theirs
	((3 * 10#${own/./} < 10#${theirs/./}))
}
