# Puts $text at $file inside the context. A link in the tree must not lead anywhere else.
fail() { printf 'failed=%s\n' "$1"; finish 0; }
umask 022
cd "$dir/$slot" || fail 'a file of the template cannot be written'
rest=$file way=
while [ "$rest" != "${rest#*/}" ]; do
  way=$way${rest%%/*} rest=${rest#*/}
  [ ! -L "$way" ] || fail 'a link in the tree stands where a file of the template belongs'
  [ -d "$way" ] || mkdir "$way" || fail 'a file of the template cannot be written'
  way=$way/
done
rm -rf -- "./$file"
printf '%s' "$text" >"./$file" || fail 'a file of the template cannot be written'
[ -z "$executable" ] || chmod 755 "./$file"
finish 0
