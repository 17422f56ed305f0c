# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads what tests/run printed. Prints again each failed test with its messages, each
# report of a sanitizer, and the list "Failed:". Exit status: 1 if there is none of these.
#
# Variable: most, how many lines of messages to print for each.

/^not ok / || /^# .*\/report\.[0-9]+$/ { shown = any = 1; left = most; print; next }
shown && /^#/ { if (left-- > 0) print; next }
{ shown = 0 }
/^[^ ]/ { listed = 0 }
listed
/^Failed:$/ { listed = any = 1; print }
END { exit !any }
