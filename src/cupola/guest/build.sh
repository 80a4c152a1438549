#!/bin/sh
# Build Cupola's guest image: a tiny Linux for first servers and tests, made of Debian packages,
# unprivileged, in seconds.  It answers ssh, takes its keys and user data from the metadata service or a
# config drive, and logs in as cirros, as clients' test suites expect (on the console by the password gocubsgo).
#
#   usage: build.sh OUTDIR        (WORK=dir keeps packages between builds)
#
# Result in OUTDIR:
#   guest.qcow2   ordinary BIOS disk image: MBR, FAT boot partition with
#                 syslinux + kernel + initrd, ext4 root partition (grows)
#   guest.vmlinuz kernel  ("AKI")  \
#   guest.initrd  ramdisk ("ARI")   > direct boot: -append "root=/dev/vda ..."
#   guest.ext4    bare root file system ("AMI", no partition table)
#
# Needs on the build host: apt-get, dpkg-deb, cpio, gzip, mke2fs (e2fsprogs),
# qemu-img.  No root, no loop device, no mount, no compiler.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh OUTDIR}; mkdir -p "$out"; out=$(cd "$out" && pwd)
work=${WORK:-$(mktemp -d)}
BOOT_MB=19 ROOT_MB=${ROOT_MB:-20}
debs=$work/debs; x=$work/x; root=$work/root; ird=$work/initrd
[ -n "${WORK:-}" ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$debs"

# ---- 1. packages -----------------------------------------------------------
die() { echo "guest image: $*" >&2; exit 1; }
for tool in apt-get dpkg-deb cpio gzip mke2fs qemu-img; do command -v $tool > /dev/null || die "needs the program $tool"; done
[ "$(dpkg --print-architecture)" = amd64 ] || die "is made of amd64 packages only"
name_packages() {
    kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends:/{print $2; exit}')
    guest_pkgs="$kernel busybox-static dropbear-bin libtomcrypt1 libtommath1
      libgmp10 zlib1g libcrypt1 libc6 e2fsprogs libext2fs2 libcom-err2 libblkid1 libuuid1"
}
# Only used while building.  Syslinux, not GRUB: under TCG it loads the kernel
# in 0.2 s where GRUB needs 4 s.
tool_pkgs="syslinux syslinux-common mtools"
download() {
    name_packages; [ -n "$kernel" ] || return 1
    rm -rf "$debs"; mkdir -p "$debs"; cd "$debs"
    apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 download $guest_pkgs $tool_pkgs
}
name_packages
mark=$debs/.done-$(echo $guest_pkgs $tool_pkgs | cksum | cut -d' ' -f1)
if ! [ -e "$mark" ]; then
    if ! (download 2>/dev/null); then # the lists of packages are missing or old: root can fetch them
        [ "$(id -u)" = 0 ] || die "its packages could not be downloaded: 'apt-get update' (as root) and a network are needed"
        apt-get -qq -o DPkg::Lock::Timeout=300 update || die "apt-get update failed: is there a network?"
        name_packages
        (download) || die "its packages could not be downloaded: is there a network?"
    fi
    : > "$mark"
fi
rm -rf "$x" "$root" "$ird"; mkdir -p "$x/guest" "$x/tool" "$root" "$ird"
for p in $guest_pkgs; do dpkg-deb --fsys-tarfile "$debs/${p}_"*.deb |
    tar -x -C "$x/guest" --exclude='./usr/share' --exclude='*/gconv/*' \
        --exclude='*/drivers/net/ethernet/*' --exclude='*/drivers/infiniband/*'; done
for p in $tool_pkgs;  do dpkg-deb --fsys-tarfile "$debs/${p}_"*.deb |
    tar -x -C "$x/tool" --exclude='./usr/share/doc'; done
g=$x/guest
kver=$(ls "$g/lib/modules")

# ---- 2. root file system tree ----------------------------------------------
cd "$root"
mkdir -p bin sbin usr/bin usr/sbin lib lib64 etc proc sys dev run tmp mnt root var/log boot home/cirros
chmod 1777 tmp; chmod 700 root
ln -s ../run var/run
cp "$g/bin/busybox" bin/
for a in $("$g/bin/busybox" --list); do
    case $a in busybox|mke2fs|dpkg*|rpm*|init) ;; *) ln -sf /bin/busybox "bin/$a" ;; esac
done
ln -s ../bin/busybox sbin/init
# dropbear and the ext tools are dynamic: take their libraries along.
L=lib/x86_64-linux-gnu
for f in libc.so.6 libcrypt.so.1 libz.so.1 libblkid.so.1 libuuid.so.1 libcom_err.so.2 \
         libext2fs.so.2 libe2p.so.2 libtomcrypt.so.1 libtommath.so.1 libgmp.so.10; do
    cp -L "$(ls "$g/$L/$f" "$g/usr/$L/$f" 2>/dev/null | head -n1)" lib/
done
cp -L "$g/lib64/ld-linux-x86-64.so.2" lib64/
cp "$g/usr/sbin/dropbear" "$g/usr/bin/dropbearkey" "$g/sbin/mke2fs" "$g/sbin/resize2fs" usr/sbin/
ln -s mke2fs usr/sbin/mkfs.ext4; ln -s mke2fs usr/sbin/mkfs.ext3; ln -s mke2fs usr/sbin/mkfs.ext2
# Kernel modules: virtio, SCSI/IDE disks, config-drive file systems, ACPI button.
want="virtio_pci virtio_blk virtio_net virtio_scsi virtio_console virtio-rng virtio_balloon
  sd_mod sr_mod ata_piix isofs vfat nls_ascii nls_cp437 nls_iso8859-1 nls_utf8 evdev button 8021q"
M=lib/modules/$kver
deps() ( # print module files, dependencies first (subshell: recursion)
    f=$(find "$g/$M/kernel" -name "$1.ko" | head -n1); [ -n "$f" ] || exit 0
    for d in $(tr '\0' '\n' < "$f" | sed -n 's/^depends=//p' | tr , ' '); do
        [ -n "$(find "$g/$M/kernel" -name "$d.ko")" ] || d=$(echo "$d" | tr _ -)
        deps "$d"
    done
    echo "${f#"$g/$M/"}"
)
mkdir -p "$M"
for m in $want; do deps "$m"; done | awk '!s[$0]++' > "$work/modules.list"
while read -r f; do mkdir -p "$M/$(dirname "$f")"; cp "$g/$M/$f" "$M/$f"; done < "$work/modules.list"
sed "s,^,/$M/," "$work/modules.list" > etc/modules.list   # load order
for f in modules.order modules.builtin; do cp "$g/$M/$f" "$M/" 2>/dev/null || :; done
cp "$here/guest-init" sbin/guest-init; cp "$here/udhcpc.script" sbin/udhcpc.script
chmod 755 sbin/guest-init sbin/udhcpc.script
cat > etc/inittab <<'I'
::sysinit:/sbin/guest-init
ttyS0::respawn:/bin/getty -L 115200 ttyS0 vt100
tty1::respawn:/bin/getty 38400 tty1
::ctrlaltdel:/bin/reboot
::shutdown:/bin/sync
::shutdown:/bin/umount -a -r
I
# Login: cirros / gocubsgo (uid 0, so that "sudo" may be a plain wrapper).
hash=$("$g/bin/busybox" mkpasswd -m sha256 -S testguest gocubsgo)
printf 'root:*:20000:::::::\ncirros:%s:20000:::::::\n' "$hash" > etc/shadow; chmod 600 etc/shadow
printf 'root:x:0:0:root:/root:/bin/sh\ncirros:x:0:0:cirros:/home/cirros:/bin/sh\n' > etc/passwd
printf 'root:x:0:\n' > etc/group
printf '/bin/sh\n' > etc/shells; printf 'cirros' > etc/hostname
printf '127.0.0.1 localhost\n::1 localhost\n' > etc/hosts
# No NSS modules in the guest: everything from files, names from DNS.
printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\nnetworks: files\n' > etc/nsswitch.conf
printf '\\n login prompt: user "cirros", password "gocubsgo"\n' > etc/issue
mkdir -p etc/acpi/PWRF etc/dropbear
printf '#!/bin/sh\nexec /bin/poweroff\n' > etc/acpi/PWRF/00000080; chmod 755 etc/acpi/PWRF/00000080
printf '#!/bin/sh\nwhile :; do case $1 in -*) shift;; *) break;; esac; done\nexec "$@"\n' > usr/bin/sudo
printf '#!/bin/sh\n# just enough of curl for a metadata query\nfor a; do case $a in http*) u=$a;; esac; done\nexec wget -q -O - "$u"\n' > usr/bin/curl
chmod 755 usr/bin/sudo usr/bin/curl
ln -s sudo usr/bin/doas

# ---- 3. initrd: find the root disk, grow its partition, switch_root ---------
mkdir -p "$ird/bin" "$ird/dev" "$ird/proc" "$ird/sys" "$ird/mnt" "$ird/m"
cp "$g/bin/busybox" "$ird/bin/"; ln -s busybox "$ird/bin/sh"
cp "$here/initrd-init" "$ird/init"; chmod 755 "$ird/init"
: > "$ird/m/list"
for m in virtio_pci virtio_blk virtio_scsi sd_mod ata_piix; do deps "$m"; done | awk '!s[$0]++' |
while read -r f; do cp "$g/$M/$f" "$ird/m/"; basename "$f" >> "$ird/m/list"; done
(cd "$ird" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) | gzip -9n > "$out/guest.initrd"
cp "$g/boot/vmlinuz-$kver" "$out/guest.vmlinuz"

# ---- 4. root file system (mke2fs -d: no mount), owned by root ----------------
# No journal: fastest under emulation.  resize= leaves room to grow online.
fs=$out/guest.ext4; rm -f "$fs"
mke2fs -q -t ext4 -L guest-root -b 4096 -m 0 -O ^has_journal,^metadata_csum,^64bit,resize_inode \
    -E root_owner=0:0,resize=5242880,lazy_itable_init=1 -d "$root" "$fs" "${ROOT_MB}M" >/dev/null
[ "$(id -u)" = 0 ] || (cd "$root" && find . -exec printf 'sif "%s" uid 0\nsif "%s" gid 0\n' '{}' '{}' ';') |
    debugfs -w -f - "$fs" >/dev/null 2>&1

# ---- 5. disk: MBR | FAT boot partition at 1 MiB | root partition -------------
disk=$work/disk.raw; rm -f "$disk"; truncate -s $((1+BOOT_MB+ROOT_MB))M "$disk"
PATH=$x/tool/usr/bin:$PATH; export MTOOLS_SKIP_CHECK=1 MTOOLSRC=/dev/null
fat=$work/boot.fat; rm -f "$fat"; truncate -s ${BOOT_MB}M "$fat"
mformat -i "$fat" -H 2048 -h 64 -s 32 -T $((BOOT_MB*2048)) -c 8 -v BOOT ::
cat > "$work/syslinux.cfg" <<'C'
PROMPT 0
DEFAULT guest
LABEL guest
 LINUX vmlinuz
 INITRD initrd
 APPEND root=LABEL=guest-root console=tty0 console=ttyS0,115200n8 loglevel=4 nokaslr mitigations=off no_timer_check tsc=reliable
C
mcopy -i "$fat" "$out/guest.vmlinuz" ::vmlinuz; mcopy -i "$fat" "$out/guest.initrd" ::initrd
mcopy -i "$fat" "$work/syslinux.cfg" ::syslinux.cfg
syslinux --install "$fat"
le32() { printf "\\$(printf %o $(($1&255)))\\$(printf %o $(($1>>8&255)))\\$(printf %o $(($1>>16&255)))\\$(printf %o $(($1>>24&255)))"; }
part() { # part BOOTFLAG TYPE START_MB SIZE_MB: one MBR entry (LBA only)
    printf "\\$1\376\377\377\\$2\376\377\377"; le32 $(($3*2048)); le32 $(($4*2048)); }
put() { dd of="$disk" conv=notrunc bs=1 status=none "$@"; }
put if="$x/tool/usr/lib/SYSLINUX/mbr.bin" count=440
{ part 200 016 1 "$BOOT_MB"; part 000 203 $((1+BOOT_MB)) "$ROOT_MB"; } | put seek=446
printf '\125\252' | put seek=510
dd if="$fat" of="$disk" conv=notrunc,sparse bs=1M seek=1 status=none
dd if="$fs" of="$disk" conv=notrunc,sparse bs=1M seek=$((1+BOOT_MB)) status=none
qemu-img convert -c -O qcow2 "$disk" "$out/guest.qcow2"
