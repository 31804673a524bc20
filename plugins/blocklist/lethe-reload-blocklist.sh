#!/bin/sh
# Brings an exported blocklist to the program that reads it, without the bans that are over. Run it every minute, from
# cron or a timer, on the machine of that program: each ban ends in time then, also while Lethe is down.
#
# usage: lethe-reload-blocklist.sh EXPORT COPY CHECK RELOAD
#   EXPORT  the file as Lethe writes it; one that is cut, changed or not Lethe's is not taken
#   COPY    where the program reads it; COPY.lock, .new, .old and .unloaded beside it are the script's
#   CHECK   the command that checks COPY, such as 'nginx -t'; what it refuses is not left in COPY
#   RELOAD  the command that makes the program read COPY, such as 'nginx -s reload'
set -eu
umask 027
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # cron knows none of them
export LC_ALL PATH

[ $# -eq 4 ] || { sed -n '5s/^# //p' "$0" >&2; exit 2; }
from=$1 copy=$2 check=$3 reload=$4
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

fail() { echo "$1" >&2; exit 1; }

is_whole() { # Lethe's last line is a sum of all before it.
    said=$(tail -n 1 <"$1") && sum=$(sed '$d' <"$1" | sha256sum) && [ "$said" = "# end, sha256 ${sum%% *}" ]
}

still_banned() { # Each line with an instant is a ban; the sum is of the whole list.
    awk -v now="$now" '
        /^# end, / { next }
        !/^# / && match($0, /[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:]*Z/) {
            if (substr($0, RSTART, RLENGTH) <= now) next
        }
        { print }' <"$1"
}

take_back() { # The list before is another name of its file, so that nothing is written on the way back.
    mv -f "$copy.old" "$copy" && rm -f "$copy.old"
}

use() { # What is not loaded yet is marked, so that a load that failed is tried again.
    [ ! -e "$copy" ] || cp -p "$copy" "$copy.new" || return 1 # Its owner and mode stay.
    still_banned "$1" >"$copy.new" || return 1
    if cmp -s "$copy.new" "$copy" && [ ! -e "$copy.unloaded" ]; then
        return 0
    fi
    [ -e "$copy" ] || : >"$copy" || return 1
    loaded=yes
    [ ! -e "$copy.unloaded" ] || loaded=
    ln -f "$copy" "$copy.old" && : >"$copy.unloaded" && mv -f "$copy.new" "$copy" || return 1
    if ! sh -c "$check" 9>&-; then
        take_back
        [ -z "$loaded" ] || rm -f "$copy.unloaded"
        echo "$copy: the check refuses the new list; the one before stays" >&2
        return 1
    fi
    rm -f "$copy.old"
    sh -c "$reload" 9>&- || { echo "$copy: the new list is not loaded; the next run tries again" >&2; return 1; }
    rm -f "$copy.unloaded"
}

for tool in flock sha256sum; do
    command -v "$tool" >/dev/null || fail "$tool is missing; install util-linux and coreutils"
done
[ ! -L "$copy" ] || copy=$(readlink -f "$copy")
case $copy in /*) ;; *) copy=./$copy ;; esac
[ ! -e "$copy" ] || [ -f "$copy" ] || fail "$copy is no file; say where the program reads the list"
exec 9>>"$copy.lock"
flock -n 9 || fail "$copy: another run is at work; run the script from cron or from a timer, not from both"
trap 'rm -f "$copy.new" "$copy.read"' EXIT
rm -f "$copy.new" "$copy.read"
[ ! -e "$copy.old" ] || take_back # The run before was ended amid its check.

if [ -f "$from" ] && cat <"$from" >"$copy.read" && is_whole "$copy.read"; then
    use "$copy.read" && exit 0
else
    echo "$from cannot be read or is no whole list of Lethe's; the last goes on, each ban until its end" >&2
fi
[ -e "$copy" ] && use "$copy"
exit 1
