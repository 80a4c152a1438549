"""`cupola install` into a tree: what it writes, what it leaves alone, what it shows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.install.machines import SaidMachine

from cupola.base.errors import ConfigurationError
from cupola.cli.clouds import entries
from cupola.cli.main import main
from cupola.install.actions import Command, Condition, Directory, File, Root, carry_out
from cupola.install.machine import Listener
from cupola.install.recipe import PACKAGED, Recipe
from cupola.install.texts import Answers
from cupola.wiring.settings import load_settings

APACHE = "/usr/sbin/apache2 -k start"
BROKER = "amqp://cupola:ge%2Fheim@mq/"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CUPOLA_DATABASE_CONNECTION", "CUPOLA_DEFAULT_TRANSPORT_URL"):
        monkeypatch.delenv(name, raising=False)


def install(tree: Path, *words: str, role: str = "all", env: dict[str, str] | None = None) -> Result:
    variables = {"CUPOLA_DEFAULT_TRANSPORT_URL": BROKER} if env is None else env
    return CliRunner().invoke(main, ["install", "--role", role, "--root", str(tree), *words], env=variables)


def configured(tree: Path, text: str) -> Path:
    """The settings of an operator who wrote them before."""
    config = tree / "etc/cupola/cupola.toml"
    config.parent.mkdir(parents=True)
    config.write_text(text)
    return config


def files(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def test_a_dry_run_shows_everything_and_does_nothing(tmp_path: Path) -> None:
    said = install(tmp_path, "--dry-run")
    assert said.exit_code == 0, said.output
    assert list(tmp_path.iterdir()) == []
    for shown in (
        "+host = ",
        "cupola.toml (mode 640, root:cupola)",
        "Listen 127.0.0.1:8780",
        "db sync",
        "enable --now",
    ):
        assert shown in said.output
    assert "ge%2Fheim" not in said.output


def test_done_twice_it_changes_nothing(tmp_path: Path) -> None:
    assert install(tmp_path).exit_code == 0
    before = files(tmp_path)
    again = install(tmp_path)
    assert "All files are as they should be." in again.output
    assert files(tmp_path) == before


def test_the_settings_of_an_operator_stay_and_are_followed(tmp_path: Path) -> None:
    config = configured(
        tmp_path, '[DEFAULT]\ntransport_url = "amqp://other/"\npublic_url = "http://cloud.example.org:8780"\n'
    )
    said = install(tmp_path, env={})
    assert said.exit_code == 0, said.output
    assert "amqp://other/" in config.read_text()
    assert "ServerName cloud.example.org" in (tmp_path / "etc/apache2/sites-available/cupola.conf").read_text()
    assert "http://cloud.example.org:8780/identity" in (tmp_path / "var/lib/cupola/clouds.yaml").read_text()


@pytest.mark.parametrize(
    ("role", "there", "not_there"),
    [
        ("controller", {"etc/apache2/sites-available/cupola.conf"}, {"etc/sysctl.d/60-cupola.conf"}),
        ("compute", {"etc/sysctl.d/60-cupola.conf"}, {"etc/cupola/cupola.wsgi", "var/lib/cupola/admin_password"}),
    ],
)
def test_a_role_gets_what_it_needs(role: str, there: set[str], not_there: set[str], tmp_path: Path) -> None:
    assert install(tmp_path, "--control-url", "http://c:8780", role=role).exit_code == 0
    written = set(files(tmp_path))
    assert there <= written
    assert not written & not_there


def test_settings_that_are_written_are_settings_that_can_be_read(tmp_path: Path) -> None:
    database = tmp_path / "url"
    database.write_text('postgresql://cupola:a\\b"c@db/cupola\n')
    words = ("--database-url-file", str(database), "--public-url", "http://c:8780", "--host", "c1")
    assert install(tmp_path / "tree", *words).exit_code == 0
    read = load_settings(tmp_path / "tree/etc/cupola/cupola.toml", tmp_path, {})
    assert read.database.connection == 'postgresql://cupola:a\\b"c@db/cupola'
    assert (read.main.host, read.main.transport_url, read.main.url) == ("c1", BROKER, "http://c:8780")


def test_every_comment_that_sets_something_could_be_taken_as_it_is(tmp_path: Path) -> None:
    for role in ("controller", "compute", "all"):
        tree = tmp_path / role
        assert install(tree, "--control-url", "http://c", role=role).exit_code == 0
        text = (tree / "etc/cupola/cupola.toml").read_text().replace("# hypervisor", "hypervisor")
        for name in ("public_url", "connection", "control_url", "host_network"):
            text = text.replace(f"# {name} =", f"{name} =")
        (tree / "all.toml").write_text(text)
        tomllib.loads(text)
        load_settings(tree / "all.toml", tree, {})


def test_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    assert install(tmp_path).exit_code == 0
    state = tmp_path / "var/lib/cupola"
    for name in ("admin_password", "demo_password", "clouds.yaml"):
        assert (state / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "etc/cupola/cupola.toml").stat().st_mode & 0o777 == 0o640
    assert (state / "keys").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("role", "env", "says"),
    [
        ("all", {}, "--transport-url-file"),
        ("compute", {"CUPOLA_DEFAULT_TRANSPORT_URL": BROKER}, "give --control-url"),
    ],
)
def test_what_must_be_known_is_asked_for_by_name(role: str, env: dict[str, str], says: str, tmp_path: Path) -> None:
    said = install(tmp_path, role=role, env=env)
    assert (said.exit_code, says in said.output) == (1, True), said.output


def test_what_comes_after_a_step_of_the_operators_is_left_to_them(tmp_path: Path) -> None:
    made = tmp_path / "made"
    plan = [
        Command(("true",), "first"),
        Command(("operator",), "who knows more", by="operator"),
        Command(("touch", str(made)), "after that"),
    ]
    said = list(carry_out(plan, Root(), dry=False))
    assert said[-2:] == ["    operator    # who knows more", f"    touch {made}    # after that"]
    assert not made.exists()


def test_a_command_that_fails_names_its_cause_and_what_was_done_stays(tmp_path: Path) -> None:
    kept = File(tmp_path / "there", "text")
    with pytest.raises(ConfigurationError, match=r"`sh -c 'echo no room >&2; exit 3'` failed: no room"):
        list(carry_out([kept, Command(("sh", "-c", "echo no room >&2; exit 3"), "why")], Root(), dry=False))
    assert not kept.pending(Root())


def test_a_file_with_another_text_or_mode_is_written_again(tmp_path: Path) -> None:
    file = File(tmp_path / "f", "right\n", 0o640)
    file.do(Root())
    assert not file.pending(Root())
    (tmp_path / "f").chmod(0o644)
    assert file.pending(Root())
    (tmp_path / "f").write_text("wrong\n")
    assert any("-wrong" in line for line in file.lines(Root()))
    file.do(Root())
    assert (tmp_path / "f").read_text() == "right\n"


def test_a_directory_gets_its_mode_back(tmp_path: Path) -> None:
    directory = Directory(tmp_path / "d", 0o700)
    directory.do(Root(tmp_path / "tree"))
    assert (tmp_path / "tree" / (tmp_path / "d").relative_to("/")).is_dir()
    (tmp_path / "d").mkdir(mode=0o755)
    assert directory.pending(Root())


def test_without_a_database_there_is_one_in_a_directory_that_only_the_apis_user_may_enter(tmp_path: Path) -> None:
    said = install(tmp_path)
    assert said.exit_code == 0, said.output
    settings = load_settings(tmp_path / "etc/cupola/cupola.toml", tmp_path, {})
    assert settings.database_url == "sqlite:////var/lib/cupola/database/cupola.db"
    assert (tmp_path / "var/lib/cupola/database").stat().st_mode & 0o7777 == 0o700


def test_what_a_link_leads_to_is_given_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "images").symlink_to("elsewhere")
    directory = Directory(tmp_path / "images", 0o700)
    assert directory.pending(Root())
    with pytest.raises(ConfigurationError, match="is a link"):
        directory.do(Root())
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o755


def test_only_root_puts_anything_into_the_state_directory(tmp_path: Path) -> None:
    assert install(tmp_path).exit_code == 0
    state = tmp_path / "var/lib/cupola"
    assert state.stat().st_mode & 0o7777 == 0o711
    assert (state / "hypervisor").stat().st_mode & 0o7777 == (state / "network").stat().st_mode & 0o7777 == 0o711


def test_the_apis_may_write_there_where_their_database_is_in_it(tmp_path: Path) -> None:
    configured(tmp_path, '[DEFAULT]\ntransport_url = "amqp://other/"\n')
    said = install(tmp_path, env={})
    assert said.exit_code == 0, said.output
    assert (tmp_path / "var/lib/cupola").stat().st_mode & 0o7777 == 0o1771


def test_a_port_that_another_program_has_stops_it_before_anything_is_done() -> None:
    registry = SaidMachine(listening=[Listener("tcp", "0.0.0.0", 5000, "registry"), Listener("tcp", "::", 80, APACHE)])
    recipe = Recipe(Answers("all", "h", transport_url=BROKER), entries, machine=registry)
    *_, condition = (each for each in recipe.plan(Root()) if isinstance(each, Condition))
    assert condition.pending(Root())
    with pytest.raises(ConfigurationError, match="port 5000 is taken by registry"):
        condition.do(Root())


def test_a_site_with_which_apache_could_not_start_is_disabled_again(tmp_path: Path) -> None:
    undone = tmp_path / "undone"
    with pytest.raises(ConfigurationError, match="no such file"):
        Command(("sh", "-c", "echo no such file; exit 1"), "why", otherwise=("touch", str(undone))).do(Root())
    assert undone.exists()
    plan = Recipe(Answers("all", "h", transport_url=BROKER), entries).plan(Root(tmp_path))
    words = [action.words for action in plan if isinstance(action, Command)]
    (at,) = (at for at, each in enumerate(words) if each[0] == "a2ensite")
    assert words[at - 1] == ("systemctl", "disable", "--now", "cupola-api.service")
    assert words[at + 1] == ("apache2ctl", "configtest")


def test_a_host_forwards_ipv4_and_nothing_else_of_the_machine_is_changed(tmp_path: Path) -> None:
    assert install(tmp_path).exit_code == 0
    lines = (tmp_path / "etc/sysctl.d/60-cupola.conf").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["net.ipv4.ip_forward = 1"]
    assert "br_netfilter" not in (tmp_path / "etc/modules-load.d/cupola.conf").read_text()


def test_the_directory_of_another_kind_of_cloud_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "var/lib/cupola").mkdir(parents=True)
    (tmp_path / "var/lib/cupola/started.json").write_text("{}")
    said = install(tmp_path)
    assert (said.exit_code, "cupola down --purge" in said.output) == (1, True)
    assert not (tmp_path / "etc").exists()


def test_what_was_answered_too_late_is_said(tmp_path: Path) -> None:
    assert install(tmp_path).exit_code == 0
    said = install(tmp_path, "--public-url", "https://cloud.example.org:8780", env={}).output
    assert "All files are as they should be" not in said
    assert 'cupola.toml stays as it is. It has not, and you may want to write there:\n    public_url = "https' in said
    assert "sites-available/cupola.conf stays as it is." in said
    assert "    ServerName cloud.example.org\n" in said


def test_another_broker_than_that_of_the_settings_is_named_without_its_password(tmp_path: Path) -> None:
    assert install(tmp_path).exit_code == 0
    said = install(tmp_path, env={"CUPOLA_DEFAULT_TRANSPORT_URL": "amqp://cupola:se8cret@mq2/"}).output
    assert '    transport_url = "***"' in said
    assert "se8cret" not in said


@pytest.mark.parametrize("name", ["database-url", "transport-url"])
def test_of_a_url_that_is_handed_over_nothing_is_shown(name: str, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(
        'amqp://a:fi"rst@mq1,b:seco\\nd@mq2/\n' if "transport" in name else "postgresql:///c?password=x1y2\n"
    )
    said = install(tmp_path / "tree", f"--{name}-file", str(file), "--dry-run")
    assert said.exit_code == 0, said.output
    assert '= "***"' in said.output
    assert not any(secret in said.output for secret in ('fi\\\\"rst', "seco", "x1y2"))


def test_an_answer_that_nothing_could_start_with_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    said = install(tmp_path, "--hypervisor", "qemmu")
    assert (said.exit_code, "qemmu" in said.output) == (1, True), said.output
    assert list(tmp_path.iterdir()) == []


def test_libvirt_gets_the_network_that_it_needs(tmp_path: Path) -> None:
    assert install(tmp_path, "--hypervisor", "libvirt").exit_code == 0
    assert load_settings(tmp_path / "etc/cupola/cupola.toml", tmp_path, {}).main.host_network


def test_a_certificate_is_found_wherever_apache_looks_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cloud.pem").touch()
    monkeypatch.chdir(tmp_path)
    url = "https://[2001:db8::1]:8780/"
    assert install(tmp_path / "tree", "--certificate", "cloud.pem", "--public-url", url).exit_code == 0
    site = (tmp_path / "tree/etc/apache2/sites-available/cupola.conf").read_text()
    assert f'SSLCertificateFile "{tmp_path}/cloud.pem"' in site
    assert "ServerName" not in site


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--public-url", "http://c"), "http://c:8780"),
        (("--public-url", "https://[2001:db8::1]:443"), "https://[2001:db8::1]:8780"),
        (("--public-url", "https://c:8780"), "do not fit"),
        (("--public-url", "http://c:8780", "--certificate", "PEM"), "do not fit"),
        (("--public-url", "http://c:8780", "--certificate", "PEM", "--web", "own"), "speaks plain HTTP"),
    ],
)
def test_a_url_that_does_not_lead_to_the_apis_is_refused(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    (tmp_path / "pem").touch()
    said = install(tmp_path / "tree", *(str(tmp_path / "pem") if word == "PEM" else word for word in words))
    assert (said.exit_code, says in said.output) == (1, True), said.output
    assert not (tmp_path / "tree").exists()


def test_behind_a_proxy_the_url_is_the_proxys(tmp_path: Path) -> None:
    words = ("--public-url", "https://cloud.example.org", "--behind-proxy")
    assert install(tmp_path, *words).exit_code == 0
    assert "Listen 8780" in (tmp_path / "etc/apache2/sites-available/cupola.conf").read_text()
    assert install(tmp_path, env={}).exit_code == 0


def test_without_apache_the_apis_are_reached_from_where_the_url_is_for(tmp_path: Path) -> None:
    for tree, words in (("a", ("--public-url", "http://c:8780")), ("b", ())):
        assert install(tmp_path / tree, "--web", "own", *words).exit_code == 0
    binds = [load_settings(tmp_path / tree / "etc/cupola/cupola.toml", tmp_path, {}).main.bind for tree in "ab"]
    assert binds == ["0.0.0.0", "127.0.0.1"]


def test_figures_have_their_place_before_apache_starts(tmp_path: Path) -> None:
    assert install(tmp_path).exit_code == 0
    assert "d /run/cupola/metrics 0750 cupola cupola\n" in (tmp_path / "etc/tmpfiles.d/cupola.conf").read_text()
    plan = Recipe(Answers("all", "h", transport_url=BROKER), entries).plan(Root(tmp_path))
    words = [action.words[:2] for action in plan if isinstance(action, Command)]
    assert words.index(("systemd-tmpfiles", "--create")) < words.index(("systemctl", "reload-or-restart"))


def test_the_guest_image_which_needs_a_network_comes_last_and_only_if_it_is_wanted(tmp_path: Path) -> None:
    def bootstraps(image: bool) -> list[tuple[int, bool]]:
        plan = Recipe(Answers("all", "h", transport_url=BROKER), entries, image=image).plan(Root(tmp_path))
        words = [action.words for action in plan if isinstance(action, Command)]
        return [(len(words) - at, "--no-image" in each) for at, each in enumerate(words) if "bootstrap" in each]

    assert bootstraps(image=True)[1:] == [(1, False)]
    assert [without for _, without in bootstraps(image=False)] == [True]


def test_the_package_takes_away_the_units_that_an_installation_from_elsewhere_left(tmp_path: Path) -> None:
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    (units / "cupola-api.service").write_text("[Unit]\nDescription=an operator's own\n")
    answers = Answers("all", "h", transport_url=BROKER)
    list(carry_out(Recipe(answers, entries, Path("/opt/cupola")).plan(Root(tmp_path)), Root(tmp_path), dry=False))
    assert "/opt/cupola/bin/cupola agent" in (units / "cupola-agent.service").read_text()
    plan = Recipe(answers, entries, PACKAGED).plan(Root(tmp_path))
    said = list(carry_out(plan, Root(tmp_path), dry=False))
    assert any("try-restart cupola-conductor.service cupola-agent.service" in line for line in said)
    assert [unit.name for unit in units.iterdir()] == ["cupola-api.service"]


def test_a_program_that_the_user_cupola_could_not_run_is_named_at_once(tmp_path: Path) -> None:
    prefix = tmp_path / "closed/venv"
    prefix.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    recipe = Recipe(Answers("all", "h", transport_url=BROKER), entries, prefix, apache=False)
    *_, condition = (each for each in recipe.plan(Root()) if isinstance(each, Condition))
    with pytest.raises(ConfigurationError, match="cannot be reached by the user cupola"):
        condition.do(Root())
