# Run a program in a root like Lambda's: read-only but for /tmp, by a user without name, home and capabilities.
#
#   unshare --user --map-root-user --mount sh lambda_root.sh ROOT TASK OPT RUNTIME PYTHON PROGRAM...
#
# ROOT is an empty folder. TASK is seen as /var/task, OPT as /opt/python, and RUNTIME, the environment of the runtime
# client, as /var/runtime. PYTHON, the folder of the interpreter, is where it was. Nothing else but the system is there.
set -e
root=$1 task=$2 opt=$3 runtime=$4 python=$5
shift 5

show() {
  mkdir -p "$root$2"
  mount --rbind "$1" "$root$2"
  mount -o remount,bind,ro "$root$2"
}

mount -t tmpfs root "$root"
for name in bin sbin lib lib64; do
  if [ -L "/$name" ]; then cp -P "/$name" "$root"; elif [ -d "/$name" ]; then show "/$name" "/$name"; fi
done
for folder in /usr /etc "$python"; do show "$folder" "$folder"; done
show "$task" /var/task
show "$opt" /opt/python
show "$runtime" /var/runtime
mkdir "$root/dev" "$root/proc" "$root/tmp"
for device in null zero random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount --rbind /proc "$root/proc"
mount -t tmpfs -o size=512m tmp "$root/tmp"
mount -o remount,ro "$root"
exec unshare --user --map-user=993 --map-group=990 --root="$root" --wd=/var/task "$@"
