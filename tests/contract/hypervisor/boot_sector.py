"""The smallest guest that does what hosts ask of an operating system: 512 bytes of real-mode code, no kernel.

It prints a line on the first serial port, powers off when the power button is pressed, and lets go of the PCI devices
it is asked to release. Between timer ticks it idles. The port numbers are those of QEMU's "pc" machine.
"""

GREETING = b"The guest is up.\r\n"

_ASSEMBLED = """
    31 c0        ; xor ax, ax
    8e d8        ; mov ds, ax
    be 3f 7c     ; mov si, greeting
    ac           ; lodsb                  (next)
    84 c0        ; test al, al
    74 06        ; jz ready
    ba f8 03     ; mov dx, 0x3f8          the first serial port
    ee           ; out dx, al
    eb f5        ; jmp next
    ba 02 06     ; mov dx, 0x602          (ready) power management: enable
    b8 00 01     ; mov ax, 0x100          the power button
    ef           ; out dx, ax
    fb           ; sti                    (idle)
    f4           ; hlt                    until the next timer tick
    ba 00 06     ; mov dx, 0x600          power management: status
    ed           ; in ax, dx
    f6 c4 01     ; test ah, 1             was the button pressed?
    74 07        ; jz release
    ba 04 06     ; mov dx, 0x604          power management: control
    b8 00 20     ; mov ax, 0x2000         sleep state S5 (off)
    ef           ; out dx, ax
    ba 10 ae     ; mov dx, 0xae10         (release) PCI hot-plug: select bus
    66 31 c0     ; xor eax, eax
    66 ef        ; out dx, eax
    ba 04 ae     ; mov dx, 0xae04         PCI hot-plug: slots to be released
    66 ed        ; in eax, dx
    ba 08 ae     ; mov dx, 0xae08         PCI hot-plug: release
    66 ef        ; out dx, eax
    eb da        ; jmp idle
"""
_CODE = bytes.fromhex("".join(line.partition(";")[0] for line in _ASSEMBLED.splitlines()))


def disk_image(size: int = 1 << 20) -> bytes:
    """Return a raw disk of `size` bytes that boots this guest."""
    sector = (_CODE + GREETING + b"\0").ljust(510, b"\0") + b"\x55\xaa"
    return sector.ljust(size, b"\0")
