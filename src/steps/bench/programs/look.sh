# Prints what the checkouts at $paths (one a line) are, and what the host has for building them.
p() { printf '%s=%s\n' "$1" "$2"; }
p processors "$(grep -c '^processor' /proc/cpuinfo 2>/dev/null)"
p free "$(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
p here "$(df -Pk /var/tmp 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
for tool in git tar awk setpriv; do
  command -v "$tool" >/dev/null 2>&1 || p lacks "$tool"
done
at=0
printf '%s\n' "$paths" | while IFS= read -r path; do
  state=ready
  if [ ! -d "$path" ]; then state=absent
  elif ! inside=$(repository "$path" rev-parse --is-inside-work-tree 2>&1); then
    state=foreign
    case $inside in *'not a git repository'*) state=nogit ;; esac
  elif ! repository "$path" rev-parse -q --verify 'HEAD^{commit}' >/dev/null 2>&1; then state=empty
  fi
  p "state.$at" "$state"
  if [ "$state" = ready ]; then
    p "commit.$at" "$(repository "$path" rev-parse HEAD)"
    [ -z "$(repository "$path" status --porcelain 2>/dev/null | head -c 1)" ] || p "dirty.$at" 1
    p "bytes.$at" "$(repository "$path" ls-tree -r -l HEAD . | awk '{ n += $4 } END { printf "%.0f", n }')"
    repository "$path" cat-file -e HEAD:./Dockerfile 2>/dev/null && p "dockerfile.$at" 1
  fi
  at=$((at + 1))
done
finish 0
