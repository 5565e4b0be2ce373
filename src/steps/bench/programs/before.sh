# Prints what the host is like before a build.
p() { printf '%s=%s\n' "$1" "$2"; }
p clock "$(date +%s)"
p free "$(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
read -r load rest </proc/loadavg && p load "$load"
finish 0
