"""Whether a disk is known to be encrypted, on machines that are folders of a test."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipelines.at_rest import Machine, at_rest, plain_swaps, this_machine

HEADER = "Filename\tType\tSize\tUsed\tPriority\n"


@dataclass(frozen=True)
class Bench:
    """A machine under construction: devices are folders below `sys`, mounts are lines."""

    sys: Path
    home: Path

    def device(self, number: str, *, uuid: str = "", slaves: tuple[str, ...] = (), name: str = "") -> None:
        folder = self.sys / "devices" / (name or f"device-{number}")
        (folder / "slaves").mkdir(parents=True)
        (folder / "dev").write_text(number + "\n")
        if uuid:
            (folder / "dm").mkdir()
            (folder / "dm" / "uuid").write_text(uuid + "\n")
        for slave in slaves:
            (folder / "slaves" / slave.replace(":", "-")).symlink_to(self.link(slave))
        self.link(number).parent.mkdir(parents=True, exist_ok=True)
        self.link(number).symlink_to(folder)

    def link(self, number: str) -> Path:
        return self.sys / "dev" / "block" / number

    def machine(self, *mounts: str, swaps: str = "") -> Machine:
        lines = [f"{30 + number} 1 {mount}" for number, mount in enumerate(mounts)]
        return Machine(
            mountinfo="\n".join(lines) + "\n",
            swaps=HEADER + swaps,
            sys=self.sys,
            device_number={"/dev/mapper/home": "253:0", "/dev/sda3": "8:3", "/dev/sda2": "8:2"}.get,
            is_folder_encrypted=lambda _: False,
            zfs_encryption=lambda _: "",
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    home = tmp_path / "srv" / "stepcare"
    home.mkdir(parents=True)
    bench = Bench(tmp_path / "sys", home.resolve())
    bench.device("8:1")
    bench.device("8:2")
    bench.device("8:3", uuid="")
    bench.device("253:0", uuid="CRYPT-LUKS2-0123-home", slaves=("8:2",))
    return bench


def _mount(number: str, kind: str, source: str, point: str = "/") -> str:
    return f"{number} / {point} rw,relatime shared:1 - {kind} {source} rw"


def test_a_plain_partition_is_plain(bench: Bench) -> None:
    """R-P7: fails closed."""
    found = at_rest(bench.home, bench.machine(_mount("8:1", "ext4", "/dev/sda1")))
    assert not found.is_safe
    assert "/dev/sda1 (ext4), which nothing shows to be encrypted" in found.how


def test_luks_is_encrypted(bench: Bench) -> None:
    found = at_rest(bench.home, bench.machine(_mount("253:0", "xfs", "/dev/mapper/home")))
    assert found.is_safe
    assert "dm-crypt (LUKS2)" in found.how


@pytest.mark.parametrize("uuid", ["CRYPT-VERITY-0123-root", "CRYPT-INTEGRITY-0123-root", "LVM-0123", "mpath-0123"])
def test_what_device_mapper_does_besides_encryption_is_plain(bench: Bench, uuid: str) -> None:
    bench.device("253:5", uuid=uuid, slaves=("8:1",))
    assert not at_rest(bench.home, bench.machine(_mount("253:5", "ext4", "/dev/mapper/root"))).is_safe


def test_a_logical_volume_is_encrypted_when_every_disk_beneath_is(bench: Bench) -> None:
    bench.device("253:1", uuid="LVM-0123", slaves=("253:0",))
    bench.device("253:2", uuid="LVM-4567", slaves=("253:0", "8:1"))
    assert at_rest(bench.home, bench.machine(_mount("253:1", "ext4", "/dev/vg/a"))).is_safe
    assert not at_rest(bench.home, bench.machine(_mount("253:2", "ext4", "/dev/vg/b"))).is_safe


def test_a_partition_of_an_encrypted_array_is_encrypted(bench: Bench) -> None:
    bench.device("9:0", slaves=("253:0",), name="md0")
    bench.device("259:0", name="md0/md0p1")
    (bench.link("259:0").resolve() / "partition").write_text("1\n")
    assert at_rest(bench.home, bench.machine(_mount("259:0", "ext4", "/dev/md0p1"))).is_safe


def test_a_loop_device_is_what_its_file_lies_on(bench: Bench) -> None:
    bench.device("7:0")
    (bench.link("7:0").resolve() / "loop").mkdir()
    (bench.link("7:0").resolve() / "loop" / "backing_file").write_text(f"{bench.home.parent}/image\n")
    inner = _mount("7:0", "ext4", "/dev/loop0", str(bench.home))
    for number, is_safe in (("253:0", True), ("8:1", False)):
        found = at_rest(bench.home, bench.machine(_mount(number, "ext4", "/dev/outer"), inner))
        assert found.is_safe is is_safe


def test_btrfs_is_encrypted_when_every_disk_of_it_is(bench: Bench) -> None:
    machine = bench.machine(_mount("0:42", "btrfs", "/dev/mapper/home"))
    assert at_rest(bench.home, machine).is_safe
    members = bench.sys / "fs" / "btrfs" / "0123" / "devices"
    members.mkdir(parents=True)
    (members / "dm-0").symlink_to(bench.link("253:0"))
    assert at_rest(bench.home, machine).is_safe
    (members / "sda1").symlink_to(bench.link("8:1"))
    assert not at_rest(bench.home, machine).is_safe


@pytest.mark.parametrize(("said", "is_safe"), [("aes-256-gcm", True), ("off", False), ("", False), ("-", False)])
def test_zfs_is_asked(bench: Bench, said: str, is_safe: bool) -> None:
    machine = replace(bench.machine(_mount("0:50", "zfs", "tank/home")), zfs_encryption=lambda name: said)
    assert at_rest(bench.home, machine).is_safe is is_safe


@pytest.mark.parametrize(
    ("kind", "is_safe"),
    [("fuse.gocryptfs", True), ("ecryptfs", True), ("tmpfs", True), ("nfs4", False), ("cifs", False), ("overlay", False),
     ("9p", False), ("virtiofs", False), ("fuse.sshfs", False)],
)  # fmt: skip
def test_only_what_is_known_to_encrypt_counts(bench: Bench, kind: str, is_safe: bool) -> None:
    assert at_rest(bench.home, bench.machine(_mount("0:60", kind, "something"))).is_safe is is_safe


def test_fscrypt_is_asked_of_the_folder(bench: Bench) -> None:
    machine = bench.machine(_mount("8:1", "ext4", "/dev/sda1"))
    machine = replace(machine, is_folder_encrypted=lambda folder: folder == bench.home)
    assert at_rest(bench.home, machine).is_safe
    assert not at_rest(bench.home.parent, machine).is_safe


def test_the_innermost_and_the_last_mount_decide(bench: Bench) -> None:
    outer, inner = (
        _mount("8:1", "ext4", "/dev/sda1"),
        _mount("253:0", "ext4", "/dev/mapper/home", str(bench.home.parent)),
    )
    over = _mount("8:1", "ext4", "/dev/sda1", str(bench.home.parent))
    sibling = _mount("253:0", "ext4", "/dev/mapper/home", str(bench.home) + "-other")
    assert at_rest(bench.home, bench.machine(inner, outer)).is_safe
    assert not at_rest(bench.home, bench.machine(outer, inner, over)).is_safe
    assert not at_rest(bench.home, bench.machine(outer, sibling)).is_safe


def test_a_mount_point_with_a_blank_in_its_name_is_found(bench: Bench) -> None:
    home = bench.home / "patient records"
    home.mkdir()
    escaped = str(home).replace(" ", "\\040")
    machine = bench.machine(_mount("8:1", "ext4", "/dev/sda1"), _mount("253:0", "ext4", "/dev/mapper/home", escaped))
    assert at_rest(home, machine).is_safe


def test_a_home_that_is_not_there_yet_lies_where_it_will_be_made(bench: Bench) -> None:
    machine = bench.machine(_mount("253:0", "ext4", "/dev/mapper/home"))
    assert at_rest(bench.home / "not" / "yet", machine).is_safe


def test_a_machine_that_tells_nothing_is_plain(bench: Bench) -> None:
    assert not at_rest(bench.home, replace(bench.machine(), mountinfo="")).is_safe
    assert not at_rest(bench.home, bench.machine(_mount("99:9", "ext4", "/dev/unknown"))).is_safe


def test_plain_swap_is_named_and_encrypted_swap_is_not(bench: Bench) -> None:
    bench.device("254:0", name="zram0")
    swap_file = bench.home / "swap"
    swap_file.touch()
    mounts = (_mount("8:1", "ext4", "/dev/sda1"),)
    swaps = f"/dev/mapper/home partition 1 0 -2\n/dev/sda3 partition 1 0 -3\n{swap_file} file 1 0 -4\n"
    assert plain_swaps(bench.machine(*mounts, swaps=swaps)) == ["/dev/sda3", str(swap_file)]
    assert (
        plain_swaps(bench.machine(_mount("253:0", "ext4", "/dev/mapper/home"), swaps=f"{swap_file} file 1 0 -4\n"))
        == []
    )
    compressed = replace(bench.machine(swaps="/dev/zram0 partition 1 0 100\n"), device_number=lambda _: "254:0")
    assert plain_swaps(compressed) == []


def test_this_machine_answers(tmp_path: Path) -> None:
    found = at_rest(tmp_path, this_machine())
    assert found.how
    assert isinstance(plain_swaps(this_machine()), list)
