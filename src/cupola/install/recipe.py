"""What makes a machine a part of the cloud: the actions, in their order."""

from __future__ import annotations

import dataclasses
import secrets
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from cupola.base.errors import ConfigurationError
from cupola.base.settings import load_file
from cupola.install import conditions, texts
from cupola.install.actions import Action, Command, Condition, Directory, File, Gone, Root, User
from cupola.install.apache import ApacheSite, apache_script, apache_site, modules
from cupola.install.checks.ports import SITE
from cupola.install.machine import Machine
from cupola.install.texts import Answers
from cupola.wiring.settings import settings_of

PACKAGED = Path("/usr/lib/cupola")
"""Where the Debian package has the program; the units are its own then."""
UNITS = Path("/etc/systemd/system")
CONFIG, STATE = Path("/etc/cupola/cupola.toml"), Path("/var/lib/cupola")
DATABASE = STATE / "database"
"""Of SQLite, where no other was named: the directory above it is root's."""
CACHE = Path("/var/cache/cupola")
CREDENTIAL = STATE / "agent" / "credential"
USER = "cupola"
_TOGETHER = ("cupola.target", "cupola.slice", "cupola-guests.slice")
"""Units of all parts."""
_SITE, _SCRIPT = Path("/etc/apache2/sites-available/cupola.conf"), Path("/etc/cupola/cupola.wsgi")
_OURS = "Documentation=file:///usr/share/doc/cupola/"
_TMPFILES = Path("/etc/tmpfiles.d/cupola.conf")
_SYSCTL, _MODULES = Path("/etc/sysctl.d/60-cupola.conf"), Path("/etc/modules-load.d/cupola.conf")

Clouds = Callable[[str, str, str], dict[str, Any]]
"""The entries of clouds.yaml for an URL, the demo user's and the administrator's password."""


@dataclass(frozen=True)
class Recipe:
    """An installation: what was answered, where the program is, and whether Apache serves the APIs."""

    answers: Answers
    clouds: Clouds
    prefix: Path = Path(sys.prefix)
    apache: bool = True
    image: bool = True
    """Whether the cloud is to have the guest image, which is built from Debian's packages."""
    machine: Machine = field(default_factory=Machine)
    asked: Answers | None = None
    """What was answered, before the settings that are there had the better of it."""

    @property
    def serves(self) -> bool:
        return self.answers.role in ("controller", "all")

    @property
    def hosts(self) -> bool:
        return self.answers.role in ("compute", "all")

    @property
    def program(self) -> str:
        return "/usr/bin/cupola" if self.prefix == PACKAGED else str(self.prefix / "bin" / "cupola")

    def plan(self, root: Root) -> list[Action]:
        """All of it, whatever is there already; settings that are there have the better of the answers.

        Raises ConfigurationError when nobody said where the broker is, or an answer is none that could be taken.
        """
        recipe = dataclasses.replace(self, answers=_settled(self.answers, root.place(CONFIG)), asked=self.answers)
        parts = (
            recipe._conditions(root),
            recipe._places(),
            recipe._files(root),
            recipe._web_files(),
            recipe._commands(root),
        )
        return [action for part in parts for action in part]

    def _conditions(self, root: Root) -> Iterator[Action]:
        if not root.place(CONFIG).exists():  # else it is an installed cloud's by now, which a purge refuses to delete
            yield Condition(lambda: conditions.another_cloud(root.place(STATE)))
        if self.serves and not root.place(_SITE if self.apache else CONFIG).exists():
            yield Condition(lambda: conditions.misled(self.answers, self._url, self._site.port, self.apache))
        if self.serves and root.is_machine:
            yield Condition(lambda: conditions.hidden(self.prefix, USER))
        if self.serves and self.apache and root.is_machine:
            yield Condition(lambda: conditions.ports_taken(self.machine, self._site))

    def _places(self) -> Iterator[Action]:
        yield User(USER, STATE)
        yield Directory(CONFIG.parent, 0o755)  # Apache's own processes look for the script in it
        # Guests pass through it. Only root puts anything there, and trusts what it finds; but where an operator's
        # settings name no database, an SQLite file lies there: then root's own is at least not moved away (sticky).
        shared = self.serves and self.answers.database_url is None
        yield Directory(STATE, 0o1771 if shared else 0o711, group=USER if shared else "root")
        if self.serves:
            yield Directory(STATE / "keys", 0o700, USER, USER)
            yield Directory(DATABASE, 0o700, USER, USER)
            yield Directory(STATE / "images", 0o700, USER, USER)
            yield Directory(CACHE, 0o755, USER, USER)
        if self.hosts:
            yield Directory(STATE / "agent", 0o700)
            yield Directory(STATE / "hypervisor", 0o711)
            yield Directory(STATE / "network", 0o711)

    def _files(self, root: Root) -> Iterator[Action]:
        asked = self._asked
        hidden = tuple(texts.escaped(url) for url in (asked.database_url, asked.transport_url) if url)
        own = self.serves and not self.apache and asked.public_url is not None
        text = texts.settings(dataclasses.replace(asked, bind="0.0.0.0" if own else None))
        if not root.place(CONFIG).exists():
            settings_of(tomllib.loads(text), STATE, {})  # what is wrong with it is said before it is written
        yield File(CONFIG, text, 0o640, group=USER, kept=True, hidden=hidden)
        if self.serves:
            admin, demo = (_password(root.place(STATE / f"{name}_password")) for name in ("admin", "demo"))
            yield File(STATE / "admin_password", f"{admin}\n", 0o600, kept=True, hidden=(admin,))
            yield File(STATE / "demo_password", f"{demo}\n", 0o600, kept=True, hidden=(demo,))
            entries = {"clouds": self.clouds(f"{self._url}/identity", demo, admin)}
            text = yaml.safe_dump(entries, sort_keys=False)
            yield File(STATE / "clouds.yaml", text, 0o600, hidden=(admin, demo))
        if self.hosts:
            yield File(_MODULES, texts.MODULES_LOAD)
            yield File(_SYSCTL, texts.SYSCTL)
        if self.prefix == PACKAGED:
            yield from self._shadows()
        else:
            for name in (*_TOGETHER, *self._services()):
                text = (Path(__file__).parent / "units" / name).read_text()
                yield File(UNITS / name, text.replace("/usr/bin/cupola", self.program))

    def _shadows(self) -> Iterator[Gone]:
        """Units of an installation from a virtual environment: they would go before the package's own."""
        for unit in (Path(__file__).parent / "units").iterdir():
            yield Gone(UNITS / unit.name, _OURS)

    @property
    def _asked(self) -> Answers:
        """What the settings would be if nobody had changed them, as far as that is known."""
        names = ("database_url", "transport_url", "public_url", "hypervisor")
        given = {name: value for name in names if (value := getattr(self.asked, name, None)) is not None}
        return dataclasses.replace(self.answers, **given)

    @property
    def _url(self) -> str:
        return (self.answers.public_url or "http://127.0.0.1:8780").rstrip("/")

    def _services(self) -> list[str]:
        names = ["cupola-conductor.service"] if self.serves else []
        names += ["cupola-api.service"] if self.serves and not self.apache else []
        return names + (["cupola-agent.service"] if self.hosts else [])

    @property
    def _site(self) -> ApacheSite:
        """Reached from this machine only, as long as nobody said how others reach it."""
        bind = None if self.answers.public_url else "127.0.0.1"
        return ApacheSite(
            server_name=urlsplit(self._url).hostname,
            bind=bind,
            python_home=self.prefix,
            certificate=self.answers.certificate,
            key=self.answers.key,
        )

    def _web_files(self) -> Iterator[Action]:
        if self.serves and self.apache:
            yield File(_SCRIPT, apache_script())
            yield File(_SITE, apache_site(self._site), kept=True)
            yield File(_TMPFILES, texts.TMPFILES)

    def _commands(self, root: Root) -> Iterator[Action]:
        passwords = {f"CUPOLA_{name.upper()}_PASSWORD": STATE / f"{name}_password" for name in ("admin", "demo")}
        if self.serves:
            yield self._as_cupola("makes the tables, or brings them up to date", {}, "db", "sync")
            yield self._as_cupola("makes users, catalog, flavors, networks", passwords, "bootstrap", "--no-image")
        there = root.place(CREDENTIAL).exists
        if self.answers.role == "all":
            words = ("host", "credential", self.answers.host, "--output", str(CREDENTIAL), *_where())
            yield Command((self.program, *words), "lets the agent of this machine in", unless=there)
        if self.serves and self.apache:
            yield Command(("a2enmod", "--quiet", *modules(self._site)), "what the site needs of Apache")
            own = root.place(UNITS / "cupola.target.wants/cupola-api.service")
            words = ("systemctl", "disable", "--now", "cupola-api.service")
            yield Command(words, "Apache serves instead", unless=lambda: not own.is_symlink(), by="systemd")
            yield from self._enabled_site(root)
        if self.answers.role == "compute":
            why = f"having written there what `cupola host credential {self.answers.host}` says on the controller"
            yield Command(("chmod", "600", str(CREDENTIAL)), why, unless=there, by="operator")
        if self.hosts:
            yield _systemctl("loads and sets it now", "restart", "systemd-modules-load", "systemd-sysctl")
        if self.serves and self.apache:
            words = ("systemd-tmpfiles", "--create", str(_TMPFILES))
            yield Command(words, "where Apache's processes keep figures, as at boot", by="systemd")
            yield _systemctl("serves the APIs", "reload-or-restart", "apache2")
        yield _systemctl("reads the units", "daemon-reload")
        yield _systemctl("starts them, now and at boot", "enable", "--now", "cupola.target", *self._services())
        if self.prefix == PACKAGED and any(shadow.pending(root) for shadow in self._shadows()):
            yield _systemctl("has them run the package's program", "try-restart", *self._services())
        if self.serves and self.image:  # last: where its packages cannot be fetched, all else is there
            yield self._as_cupola("builds the guest image and brings it", passwords, "bootstrap")

    def _enabled_site(self, root: Root) -> Iterator[Action]:
        """A site with which Apache could not start is not left enabled."""
        there = root.place(Path(SITE)).exists
        undo = () if there() else ("a2dissite", "--quiet", "cupola")
        yield Command(("a2ensite", "--quiet", "cupola"), "the site", unless=there)
        yield Command(("apache2ctl", "configtest"), "whether Apache can start with it", otherwise=undo)

    def _as_cupola(self, why: str, variables: dict[str, Path], *words: str) -> Command:
        as_cupola = ("runuser", "-u", USER, "--", "env", f"HOME={STATE}", f"CUPOLA_CACHE={CACHE}")
        return Command((*as_cupola, self.program, *words, *_where()), why, secrets=variables)


def _where() -> tuple[str, ...]:
    return ("--config", str(CONFIG), "--state-dir", str(STATE))


def _systemctl(why: str, *words: str) -> Command:
    return Command(("systemctl", *words), why, by="systemd")


def _settled(answers: Answers, config: Path) -> Answers:
    """The answers, where settings that are there already do not say otherwise. Raises ConfigurationError."""
    there: dict[str, Any] = load_file(config) if config.exists() else {}
    main = there.get("DEFAULT", {})
    known = {name: main[name] for name in ("host", "public_url", "transport_url", "hypervisor") if name in main}
    settled = dataclasses.replace(answers, **known)
    if settled.transport_url is None:
        raise ConfigurationError(
            "The parts of an installed cloud need a broker to reach each other: give it with --transport-url-file, "
            f"or write it into {config}. (`cupola up` runs a whole cloud in one process, without one.)"
        )
    if config.exists():
        settled = dataclasses.replace(settled, database_url=there.get("database", {}).get("connection"))
    elif settled.database_url is None and answers.role != "compute":
        settled = dataclasses.replace(settled, database_url=f"sqlite:///{DATABASE / 'cupola.db'}")
    if answers.role == "compute" and not config.exists() and answers.control_url is None:
        raise ConfigurationError("A compute host needs to know where the APIs are: give --control-url.")
    return settled


def _password(file: Path) -> str:
    """The one that is there, or a new one."""
    return file.read_text().strip() if file.exists() else secrets.token_urlsafe(18)
