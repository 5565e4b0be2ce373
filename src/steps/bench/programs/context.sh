# Makes the context $dir/$slot from the commit that is checked out at $path.
# Prints the file that an edit changes.
fail() { printf 'failed=%s\n' "$1"; finish 0; }
umask 022
mkdir "$dir/$slot" || fail 'the folder for the context cannot be made'
{ repository "$path" -c tar.umask=0022 archive --format=tar "$commit" . || printf 'git\n' >"$dir/failed"; } |
  tar -x -f - --no-same-owner -C "$dir/$slot" || fail 'tar could not unpack the tree'
[ ! -e "$dir/failed" ] || fail 'git archive failed'
cd "$dir/$slot" || fail 'the folder for the context cannot be made'
for file in app/controllers/application_controller.rb config/routes.rb config/application.rb; do
  [ -f "$file" ] && [ "$(readlink -f "$file")" = "$(pwd -P)/$file" ] && break
  file=
done
for name in '*.rb' '*.py' '*.js' '*.ts' '*'; do
  [ -n "$file" ] || file=$(find . -type f -name "$name" ! -path './.*' ! -path './vendor/*' ! -path './node_modules/*' \
    ! -name 'Dockerfile*' | LC_ALL=C sort | head -n 1)
done
printf 'edit=%s\n' "${file#./}"
finish 0
