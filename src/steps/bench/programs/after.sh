# Prints what a build left in $dir.
p() { printf '%s=%s\n' "$1" "$2"; }
p times "$(head -c 100 "$dir/times" 2>/dev/null)"
p image "$(head -c 100 "$dir/image" 2>/dev/null)"
p free "$(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
# What buildx wrote down of the build beside its configuration. The builder's own history keeps a
# line too, until newer ones take its place: taking it away can end an engine before 29.5 when its
# builds are listed next (moby/buildkit#6598).
reference=$(sed -n 's/.*"buildx.build.ref": *"[^"]*\/\([a-z0-9]\{8,64\}\)".*/\1/p' "$dir/metadata" 2>/dev/null | head -n 1)
[ -z "$reference" ] || rm -f "${BUILDX_CONFIG:-${DOCKER_CONFIG:-$HOME/.docker}/buildx}"/refs/*/*/"$reference"
rm -f "$dir/times" "$dir/image" "$dir/metadata"
finish 0
