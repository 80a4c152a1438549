"""The XML of domains: what libvirt is told of a server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cupola.compute.host.drivers.guest import Guest
from cupola.compute.host.drivers.libvirt.domain import NAMESPACE, Surroundings, disk_xml, domain_xml, nic_xml, targets
from cupola.compute.host.drivers.libvirt.settings import is_local
from cupola.compute.model.machine import DiskSpec, ImageRef, MachineSpec, NicSpec

ID = "7d9a5c3e-0000-4000-8000-000000000001"
IMAGE = ImageRef("i", "raw", 1, "sha256:00")
NICS = (NicSpec("port-1", "fa:16:3e:00:00:01", "tap1", 1450), NicSpec("port-2", "fa:16:3e:00:00:02", "tap2", 1400))
VOLUMES = (DiskSpec("volume-1", "/volumes/1"), DiskSpec("volume-2", "/volumes/2", "qcow2", read_only=True))
SPEC = MachineSpec(
    ID, "web", "web", 1, 2, 512, 1, IMAGE, NICS, VOLUMES, created_request_id="req-1", project_id="project-1"
)
AROUND = Surroundings(Path("/state"), "qemu", (64055, 109), Path("/state/images/i"))


def domain(spec: MachineSpec = SPEC, around: Surroundings = AROUND) -> ElementTree.Element:
    return ElementTree.fromstring(domain_xml(spec, Guest(Path("/state/guests"), spec.server_id), around))


def values(xml: ElementTree.Element, path: str, attribute: str) -> list[str | None]:
    return [element.get(attribute) for element in xml.iterfind(path)]


def test_it_is_called_by_the_servers_id_and_titled_by_its_name() -> None:
    xml = domain()
    assert (xml.findtext("name"), xml.findtext("uuid"), xml.findtext("title")) == (ID, ID, "web")


def test_its_metadata_says_whose_it_is_and_which_request_made_it() -> None:
    said = domain().find(f"metadata/{{{NAMESPACE}}}server")
    assert said is not None
    assert {child.tag.partition("}")[2]: child.text for child in said} == {
        "id": ID,
        "name": "web",
        "project": "project-1",
        "request": "req-1",
        "directory": "/state",
    }


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("<b>&'\"", "<b>&'\""),
        ("two\nlines", "two lines"),
        ("bell\x07", "bell\ufffd"),
        ("  ", ID),
        ("müller ☂", "müller ☂"),
    ],
)
def test_any_name_makes_a_document(name: str, title: str) -> None:
    assert domain(replace(SPEC, name=name)).findtext("title") == title


def test_disks_are_in_order_with_their_files_and_formats() -> None:
    disks = domain().findall("devices/disk")
    assert [disk.find("source").get("file") for disk in disks] == [  # type: ignore[union-attr]
        f"/state/guests/{ID}/disk.qcow2",
        "/volumes/1",
        "/volumes/2",
    ]
    assert values(domain(), "devices/disk/driver", "type") == ["qcow2", "raw", "qcow2"]
    assert values(domain(), "devices/disk/target", "dev") == ["vda", "vdb", "vdc"]
    assert [disk.find("readonly") is not None for disk in disks] == [False, False, True]


def test_the_root_disk_lies_on_its_image_and_on_nothing_else() -> None:
    backing = domain().find("devices/disk/backingStore")
    assert backing is not None
    assert values(backing, "source", "file") == ["/state/images/i"]
    assert values(backing, "format", "type") == ["raw"]
    nothing = backing.find("backingStore")
    assert nothing is not None
    assert len(nothing) == 0


def test_a_server_without_an_image_starts_from_its_first_volume() -> None:
    xml = domain(replace(SPEC, image=None), replace(AROUND, image=None))
    booted = [disk.find("boot") is not None for disk in xml.iterfind("devices/disk")]
    assert (booted, values(xml, "devices/disk/target", "dev")) == ([True, False], ["vda", "vdb"])


def test_interfaces_keep_their_order_and_their_taps_stay() -> None:
    xml = domain()
    assert values(xml, "devices/interface/target", "dev") == ["tap1", "tap2"]
    assert set(values(xml, "devices/interface/target", "managed")) == {"no"}
    assert values(xml, "devices/interface/mtu", "size") == ["1450", "1400"]


def test_a_config_drive_is_a_disc() -> None:
    xml = domain(replace(SPEC, config_drive={"openstack/latest/meta_data.json": b"{}"}))
    disc = xml.find("devices/disk[@device='cdrom']/source")
    assert disc is not None
    assert disc.get("file") == f"/state/guests/{ID}/config.iso"


def test_it_runs_as_its_own_user_and_libvirt_leaves_its_files_alone() -> None:
    label = domain().find("seclabel")
    assert label is not None
    assert (label.findtext("label"), label.get("relabel"), label.get("model")) == ("+64055:+109", "no", "dac")


@pytest.mark.parametrize(
    ("accelerator", "cpu", "bounded"), [("kvm", "host-passthrough", False), ("qemu", "maximum", True)]
)
def test_the_processor_is_the_accelerators_best(accelerator: str, cpu: str, bounded: bool) -> None:
    xml = domain(around=replace(AROUND, accelerator=accelerator))
    assert (xml.get("type"), values(xml, "cpu", "mode")) == (accelerator, [cpu])
    assert (xml.find("features/tcg/tb-cache") is not None) == bounded


def test_devices_that_are_plugged_later_are_the_same() -> None:
    assert 'name="ua-nic-port-1"' in nic_xml(NICS[0])
    assert 'dev="vdd"' in disk_xml(VOLUMES[0], "vdd")
    assert "<boot" not in disk_xml(VOLUMES[0], "vdd")


def test_names_of_disks_go_on_after_z() -> None:
    assert targets(28)[25:] == ["vdz", "vdaa", "vdab"]
    assert targets(2, frozenset({"vda", "vdc"})) == ["vdb", "vdd"]


@pytest.mark.parametrize(
    ("uri", "local"),
    [
        ("qemu:///system", True),
        ("qemu:///system?socket=/run/x", True),
        ("qemu:///session", False),
        ("qemu+ssh://host/system", False),
        ("qemu://host/system", False),
        ("test:///default", False),
    ],
)
def test_only_this_machines_libvirtd_is_taken(uri: str, local: bool) -> None:
    assert is_local(uri) == local
