# Prints what a build left in $dir.
p() { printf '%s=%s\n' "$1" "$2"; }
p times "$(head -c 100 "$dir/times" 2>/dev/null)"
p image "$(head -c 100 "$dir/image" 2>/dev/null)"
p reference "$(sed -n 's/.*"buildx.build.ref": *"[^"]*\/\([a-z0-9]*\)".*/\1/p' "$dir/metadata" 2>/dev/null | head -n 1)"
p free "$(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
rm -f "$dir/times" "$dir/image" "$dir/metadata"
finish 0
