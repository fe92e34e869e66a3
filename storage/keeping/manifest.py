"""What a backup says of itself, in a file of its own beside it. A backup without one is not finished, or not ours."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

FORMAT = 1
_END = ".json"
_STAMP = "%Y%m%dT%H%M%S%fZ"


class BadBackup(Exception):
    """It can't be used as it is; the words say why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`database` is "sqlite" or "postgresql", `schema` where PostgreSQL had the tables, `revision` the tables'.

    `heads` are the last digests of the merchants' chains: a later book that does not contain them is another book.
    `audited`: the chains were walked as well; of tables of another version only the file was proved.
    """

    version: str
    taken_at: datetime
    database: str
    file: str
    revision: str = ""
    schema: str = ""
    size: int = 0
    sha256: str = ""
    audited: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    heads: Mapping[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        said = {"format": FORMAT, **asdict(self), "taken_at": self.taken_at.isoformat()}
        path.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Raises BadBackup."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            if said.pop("format") != FORMAT:
                raise BadBackup(f"{path}: written by another version of guichet; restore it with that one")
            said["taken_at"] = datetime.fromisoformat(said["taken_at"])
            return cls(**said)
        except FileNotFoundError:
            raise BadBackup(f"{path} is missing: it is half of the backup") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadBackup(f"{path} can't be read as a backup's manifest ({type(error).__name__})") from None

    def demand_whole(self, data: Path) -> None:
        """Raises BadBackup for a file that is not the one that was written."""
        if not data.is_file():
            raise BadBackup(f"{data} is missing: it is half of the backup")
        if data.stat().st_size != self.size or digest_of(data) != self.sha256:
            raise BadBackup(f"{data} is not what was written: its sha256 differs; take another backup of it")


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_STAMP)


def name_of(at: datetime) -> str:
    """Names in the order of time."""
    return f"guichet-{stamp(at)}"


def beside(data: Path) -> Path:
    return data.with_name(data.name + _END)


def find(source: Path) -> tuple[Manifest, Path]:
    """A backup by either of its files, or the newest of a folder. Raises BadBackup."""
    path = source
    if source.is_dir():
        known = all_in(source)
        if not known:
            raise BadBackup(f"{source} holds no backup")
        path = known[-1]
    elif source.suffix != _END:
        path = beside(source)
    manifest = Manifest.read(path)
    return manifest, path.with_name(manifest.file)


def all_in(folder: Path) -> list[Path]:
    """The manifests, oldest first."""
    return sorted(folder.glob(f"guichet-*{_END}"))


def rotate(folder: Path, keep: int) -> list[Path]:
    """All but the newest go; their manifests first, so that half of one is never taken for a backup."""
    gone = all_in(folder)[:-keep]
    for path in gone:
        path.unlink()
        path.with_name(path.name.removesuffix(_END)).unlink(missing_ok=True)
    return gone
