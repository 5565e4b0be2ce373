# Prints what a build left in $dir.
p() { printf '%s=%s\n' "$1" "$2"; }
p times "$(head -c 100 "$dir/times" 2>/dev/null)"
p image "$(head -c 100 "$dir/image" 2>/dev/null)"
p free "$(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
# The build's own line in the builder's history, which buildx can take away from 0.20 on.
reference=$(sed -n 's/.*"buildx.build.ref": *"[^"]*\/\([a-z0-9]\{8,64\}\)".*/\1/p' "$dir/metadata" 2>/dev/null | head -n 1)
if [ -n "$reference" ]; then
  docker buildx history rm "$reference" >/dev/null 2>&1
  rm -f "${BUILDX_CONFIG:-${DOCKER_CONFIG:-$HOME/.docker}/buildx}"/refs/*/*/"$reference"
fi
rm -f "$dir/times" "$dir/image" "$dir/metadata"
finish 0
