# Prints every second what the machine goes through, as the kernel's own lines: /proc/uptime first, then
# pressure, memory, load, the disks below $root and the RAID arrays; now and then the tasks that wait
# for the kernel without a way out (state D).
# stdin: one byte "b" at least every $idle seconds; anything else, or its end, or $limit seconds, means stop.
proc=${proc:-/proc} sys=${sys:-/sys}
# A device and what it is made of: arrays and volumes with their members, the disk behind a partition.
below() {
  d=$(readlink -f "$sys/class/block/$1") && [ -d "$d" ] || return 0
  if [ "$2" = 0 ] || [ ! -e "$d/partition" ]; then printf '%s\n' "$1"; fi
  if [ -e "$d/partition" ]; then
    d=${d%/*}
    printf '%s\n' "${d##*/}"
  fi
  [ "$2" -lt 4 ] || return 0
  for s in "$d"/slaves/*; do
    # In a shell of its own, where the names here stay as they are.
    [ -e "$s" ] && (below "${s##*/}" $(($2 + 1)))
  done
}
[ -d "$root" ] || root=/
number=$(findmnt -n -o MAJ:MIN --target "$root" 2>/dev/null | head -n 1 | tr -d ' ')
own=$(readlink -f "$sys/dev/block/$number" 2>/dev/null)
# Some file systems have a number of their own that no disk has.
[ -d "$own" ] || own=$(readlink -f "$(df -P "$root" 2>/dev/null | sed -n '2s/ .*//p')" 2>/dev/null)
disks=$(below "${own##*/}" 0 | awk '!seen[$0]++' | head -n 16)
printf 'disks %s\n' "$(printf %s "$disks" | tr '\n' ' ')"
lines="^[0-9.]+ [0-9.]+( |\$)|^(some|full) |^MemAvailable:|^md[^ ]* :|(resync|recovery|reshape|check|repair) *="
[ -z "$disks" ] || lines="$lines|^ *[0-9]+ +[0-9]+ ($(printf %s "$disks" | tr '\n' '|')) "
# Looking at every thread costs more than all the rest: seldom where there are many, and only when
# something has waited for I/O since.
blocked() {
  read -r _ _ _ tasks _ <"$proc/loadavg" || return 0
  tasks=${tasks#*/} seen=$stalled
  read -r _ _ _ _ stalled 2>/dev/null <"$proc/pressure/io" || seen=
  [ "$stalled" != "$seen" ] || return 0
  every=$((5 + tasks / 100))
  if [ "$tasks" -lt 20000 ]; then set -- "$proc"/[0-9]*/task/[0-9]*/stat; else set -- "$proc"/[0-9]*/stat; fi
  found=$(grep -lsE '^[0-9]+ \(.*\) D ' "$@" | head -n 20)
  for t in $found; do
    t=${t%/stat} comm= wchan= cgroup=
    read -r comm 2>/dev/null <"$t/comm"
    read -r wchan 2>/dev/null <"$t/wchan"
    read -r cgroup 2>/dev/null <"$t/cgroup"
    printf 'blocked %s %s %s\n' "${wchan:-0}" "${cgroup:--}" "$comm"
  done
}
end=
trap 'end=1' TERM HUP INT PIPE
exec 3<&0 </dev/null
{
  while b=$(timeout "$idle" head -c 1) && [ "$b" = b ]; do :; done
  kill "$$"
} <&3 3<&- >/dev/null 2>&1 &
watcher=$!
exec 3<&-
n=0 every=5 stalled=
while [ -z "$end" ] && [ "$n" -lt "$limit" ]; do
  grep -hsE "$lines" "$proc/uptime" "$proc/pressure/io" "$proc/meminfo" "$proc/loadavg" "$proc/diskstats" "$proc/mdstat"
  [ $((n % every)) != 0 ] || blocked
  sleep 1
  n=$((n + 1))
done
kill "$watcher" 2>/dev/null
finish 0
