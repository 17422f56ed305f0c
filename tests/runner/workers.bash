# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Running many test files at once, on this machine and in test kernels. The workers say
# through descriptor 5 which file has ended; only the main process prints.

# One for all runs of this user: two runs at once do not disturb each other.
machine_lock=${WATCHQ_TESTS_LOCK:-${XDG_RUNTIME_DIR:-/tmp}/watchq-tests-$(id -u).lock}

run_host() {	# NAME FILE
	run_file host "$1" "$2"
	printf 'host %s\n' "$1" >&5
}
run_machine() {	# NAME FILE NAME FILE...: one after the other
	while [ $# -ge 2 ]; do
		{ flock 6; run_host "$1" "$2" 6>&-; } 6>>"$machine_lock"
		shift 2
	done
}

# The files of the array "machine" beside those of the array named.
host_worker() {	# ARRAY JOBS
	local -n list=$1
	local children=() i
	trap '[ ${#children[@]} = 0 ] || kill -TERM "${children[@]}" 2>/dev/null; exit 143' TERM
	if [ "$1" = host ] && [ ${#machine[@]} -gt 0 ]; then
		run_machine "${machine[@]}" &
		children+=($!)
	fi
	for ((i = 0; i < ${#list[@]}; i += 2)); do
		while [ "$(jobs -pr | wc -l)" -ge "$2" ]; do wait -n || :; done
		run_host "${list[i]}" "${list[i + 1]}" &
		children+=($!)
	done
	wait
	echo end >&5
}

kernel_worker() {	# NUMBER NAME FILE...
	local number=$1 options=() name folder child i
	shift
	# Programs under test may lie below /tmp, where only named folders are seen.
	for ((i = 2; i <= $#; i += 2)); do
		options+=(--show "$(dirname -- "${!i}")")
	done
	for folder in "${WATCHQ:-}" "$(command -v bats)" ${LOCPATH:+"$LOCPATH/."}; do
		case $folder in */*) options+=(--show "$(dirname -- "$folder")") ;; esac
	done
	for name in WATCHQ top_srcdir top_builddir BATS_TEST_TIMEOUT WATCHQ_FILE_TIMEOUT LD_LIBRARY_PATH \
		    LC_ALL LOCPATH WATCHQ_TEST_LONG ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS LSAN_OPTIONS MALLOC_PERTURB_; do
		[ -z "${!name:-}" ] || options+=(--env "$name=${!name}")
	done
	cd "$top_builddir" || return
	"$here/kernel/run" --kernel "$binary" --timeout "${WATCHQ_KERNEL_TIMEOUT:-2700}" \
		--log "$results/kernel-$number.log" --processor "$number" \
		--rw "$top_builddir" --show "$top_srcdir" --show "$here" \
		"${options[@]}" -- "$here/run" --inside "$@" \
		>&5 &
	child=$!
	trap 'kill -TERM "$child" 2>/dev/null; wait "$child"; exit 143' TERM
	i=0
	wait "$child" || i=$?
	[ "$i" = 0 ] || printf '%d %d\n' "$number" "$i" >>"$work/kernel-status"
	echo end >&5
}

place_name() {	# PLACE
	case $1 in
	kernel) printf 'kernel %s' "$release" ;;
	*)      printf 'host %s' "$(uname -r)" ;;
	esac
}

show() {	# PLACE NAME
	local file
	file=$(awk -v p="$1" -v n="$2" '$1 == p && $2 == n { $1 = $2 = ""; print substr($0, 3) }' "$work/list")
	printf '# == %s (%s)\n' "${file##*/}" "$(place_name "$1")"
	[ ! -e "$results/$1/$2.tap" ] || cat "$results/$1/$2.tap"
}

any_worker() {
	local pid
	for pid in "${workers[@]}"; do
		! kill -0 "$pid" 2>/dev/null || return 0
	done
	return 1
}

# Prints each file that has ended, until the workers have.
attend() {
	local ended=0 event name
	while [ "$ended" -lt ${#workers[@]} ]; do
		if read -r -t 1 -u 5 event name; then
			case $event in
			host | kernel) show "$event" "$name" ;;
			end) ended=$((ended + 1)) ;;
			esac
		elif ! any_worker; then
			break	# killed from outside
		fi
	done
	wait
	workers=()
}

