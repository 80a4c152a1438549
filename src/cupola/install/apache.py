"""The site with which Apache and mod_wsgi serve the APIs: one port with all services, and a port for each.

Pure text: who installs it writes `apache_script()` to the script's place and `apache_site(…)` to Apache's
sites-available, and enables `modules(…)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cupola.wiring.settings import TRADITIONAL_PORTS

PROCESS_GROUP = "cupola"
LONGEST_LINE = 16384
"""bytes of a request line or a header: as many ids as a query may name"""


@dataclass(frozen=True)
class ApacheSite:
    """What may differ between machines. Times in seconds.

    `bind` is the address to listen on (none: all); `ports` are those of services that have one of their own. `user` and
    `group` are whom the daemon processes run as (none: as Apache itself). `python_home` is a virtual environment;
    `python_path` directories of packages, between colons. `certificate` and `key` are TLS files in PEM; without them
    the site speaks plain HTTP. `answer_within` is how long the application may take until its answer begins (504);
    `queue_within` how long a request may wait for a free thread (504); `connect_within` how long Apache tries to reach
    a daemon process (503); `finish_within` how long a process that is replaced may take to end what it has under way.
    A client that sends more slowly than `slowest` bytes a second is cut off (408), after `header_within` or
    `body_within`. `largest_body` in bytes; 0: the application alone decides.
    """

    script: Path = Path("/etc/cupola/cupola.wsgi")
    config: Path = Path("/etc/cupola/cupola.toml")
    state_dir: Path = Path("/var/lib/cupola")
    server_name: str | None = None
    bind: str | None = None
    port: int = 8780
    ports: Mapping[str, int] = field(default_factory=lambda: TRADITIONAL_PORTS)
    user: str | None = "cupola"
    group: str | None = "cupola"
    python_home: Path | None = None
    python_path: str | None = None
    processes: int = 2
    threads: int = 32
    certificate: Path | None = None
    key: Path | None = None
    log_dir: str = "${APACHE_LOG_DIR}"
    answer_within: int = 120
    queue_within: int = 30
    connect_within: int = 15
    finish_within: int = 300
    slowest: int = 1024
    header_within: int = 20
    body_within: int = 20
    largest_body: int = 0


def modules(site: ApacheSite) -> tuple[str, ...]:
    """What `a2enmod` must enable for the site."""
    return (*_MODULES, *(("ssl",) if site.certificate else ()))


def apache_script() -> str:
    """The file that mod_wsgi loads, and whose time stamp it watches."""
    return (
        '"""Cupola\'s APIs for mod_wsgi. To `touch` this file has the processes that serve them replaced, without a\n'
        'failed request: do so after a change of the settings."""\n\n'
        "from cupola.wsgi import *  # noqa: F403\n"
    )


def apache_site(site: ApacheSite) -> str:
    """The site's text. Raises ValueError for a value that would not stay in its place there."""
    for name, value in vars(site).items():
        if any(character in str(value) for character in '"\n\r\\<>@'):
            raise ValueError(f"{name} cannot be {value!r} in an Apache site")
    return "\n".join([_HEAD, *_listen(site), *_daemon(site), *_host(site), *_uses(site)]) + "\n"


def _listen(site: ApacheSite) -> Iterator[str]:
    address = f"{site.bind}:" if site.bind else ""
    for port in (site.port, *site.ports.values()):
        yield f"Listen {address}{port}"


def _daemon(site: ApacheSite) -> Iterator[str]:
    paths = {"python-home": site.python_home, "python-path": site.python_path, "home": "/"}
    options = {
        "processes": site.processes,
        "threads": site.threads,
        "user": site.user,
        "group": site.group,
        **{name: f'"{path}"' for name, path in paths.items() if path},
        "umask": "0066",
        "lang": "C.UTF-8",
        "locale": "C.UTF-8",
        "display-name": "%{GROUP}",
        "connect-timeout": site.connect_within,
        "queue-timeout": site.queue_within,
        "socket-timeout": site.answer_within,
        "graceful-timeout": site.finish_within,
        "eviction-timeout": site.finish_within,
        "shutdown-timeout": site.finish_within,
    }
    given = [f"{name}={value}" for name, value in options.items() if value]
    yield ""
    yield f"WSGIDaemonProcess {PROCESS_GROUP} " + " \\\n    ".join(given)
    yield "# Python runs in those processes only, never in Apache's own."
    yield "WSGIRestrictEmbedded On"


def _host(site: ApacheSite) -> Iterator[str]:
    """What all ports have in common."""
    yield ""
    yield "<Macro Cupola @address @callable>"
    yield "<VirtualHost @address>"
    if site.server_name and ":" not in site.server_name:  # of an IPv6 address Apache takes the end for a port
        yield f"    ServerName {site.server_name}"
    if site.certificate:
        yield "    SSLEngine On"
        yield f'    SSLCertificateFile "{site.certificate}"'
        yield f'    SSLCertificateKeyFile "{site.key or site.certificate}"'
        yield "    SSLProtocol -all +TLSv1.2 +TLSv1.3"
    yield f'    WSGIScriptAlias / "{site.script}" process-group={PROCESS_GROUP} application-group=%{{GLOBAL}}'
    yield "    WSGICallableObject @callable"
    yield f'    SetEnv CUPOLA_CONFIG "{site.config}"'
    yield f'    SetEnv CUPOLA_STATE_DIR "{site.state_dir}"'
    yield _AS_SENT
    yield f"    LimitRequestLine {LONGEST_LINE}"
    yield f"    LimitRequestFieldSize {LONGEST_LINE}"
    yield f"    LimitRequestBody {site.largest_body}"
    rate = f"MinRate={site.slowest}"
    yield f"    RequestReadTimeout header={site.header_within},{rate} body={site.body_within},{rate}"
    yield _IDS.rstrip()
    yield f'    ErrorLog "{site.log_dir}/cupola-error.log"'
    yield f'    CustomLog "{site.log_dir}/cupola-access.log" "{_ACCESS}"'
    yield "</VirtualHost>"
    yield "</Macro>"


def _uses(site: ApacheSite) -> Iterator[str]:
    yield ""
    yield "# All services under their roots, and each alone where its clients look for it."
    address = site.bind or "*"
    yield f"Use Cupola {address}:{site.port} application"
    for service, port in site.ports.items():
        yield f"Use Cupola {address}:{port} {service}"
    yield "UndefMacro Cupola"


_MODULES = ("authz_core", "env", "headers", "macro", "reqtimeout", "setenvif", "unique_id", "wsgi")

_HEAD = """\
# Cupola's APIs under Apache and mod_wsgi.
#
# A request has one id: in Apache's access and error log, in the application's log, in the header
# x-openstack-request-id of the answer (whoever gave it), and for `cupola trace`.
"""

_AS_SENT = """
    # Requests reach the application as they were sent, and its answers the client.
    WSGIPassAuthorization On
    WSGIChunkedRequest On
    WSGIMapHEADToGET Off
    WSGIErrorOverride Off
    AllowEncodedSlashes NoDecode
    MergeSlashes Off
    TraceEnable Off
    ServerSignature Off
    Protocols http/1.1
    SetEnv no-gzip 1
    <Location "/">
        Require all granted
        # What other parts of the configuration serve for themselves (/server-status) would be everybody's.
        SetHandler none
    </Location>

    # Limits.
    Timeout 60"""

_IDS = r"""
    # The id is a variable of Apache's own: no client can set it, as it could a header.
    <Location "/">
        SetEnvIfExpr "md5(reqenv('UNIQUE_ID')) =~ /^(.{8})(.{4})(.{4})(.{4})(.{12})$/" \
            CUPOLA_REQUEST_ID=req-$1-$2-$3-$4-$5
    </Location>
    Header unset x-openstack-request-id
    Header always set x-openstack-request-id "%{CUPOLA_REQUEST_ID}e" env=CUPOLA_REQUEST_ID
    ErrorLogFormat "[%{cu}t] [%l] [pid %P] [client %a] [%{CUPOLA_REQUEST_ID}e] %M"
"""

_ACCESS = r"%h %t \"%r\" %>s %B bytes %D us %X %{CUPOLA_REQUEST_ID}e \"%{User-Agent}i\""
"""`%X` is X for a client that was gone before it had all of its answer."""
