# Makes the context $dir/$slot from the commit that is checked out at $path.
# Prints the file that an edit changes.
fail() { printf 'failed=%s\n' "$1"; finish 0; }
umask 022
mkdir "$dir/$slot" || fail 'the folder for the context cannot be made'
{ repository "$path" -c tar.umask=0022 archive --format=tar HEAD . || printf 'git\n' >"$dir/failed"; } |
  tar -x -f - --no-same-owner -C "$dir/$slot" || fail 'tar could not unpack the tree'
[ ! -e "$dir/failed" ] || fail 'git archive failed'
cd "$dir/$slot" || fail 'the folder for the context cannot be made'
for file in app/controllers/application_controller.rb config/routes.rb config/application.rb; do
  [ -f "$file" ] && [ "$(readlink -f "$file")" = "$(pwd -P)/$file" ] && break
  file=
done
[ -n "$file" ] || file=$(find . -type f -name '*.rb' ! -path './vendor/*' | LC_ALL=C sort | head -n 1)
[ -n "$file" ] || file=$(find . -type f ! -name 'Dockerfile*' ! -name '.*' | LC_ALL=C sort | head -n 1)
printf 'edit=%s\n' "${file#./}"
finish 0
