"""Files that were sent either way: bytes, names and the two identifiers."""

import mimetypes
import struct
from dataclasses import dataclass
from hashlib import sha256
from itertools import count

from bot.demo.people import Json

# https://core.telegram.org/bots/api#getfile: bots download files of up to 20 MB.
LARGEST_DOWNLOAD = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    file_id: str
    path: str
    name: str
    mime_type: str
    content: bytes

    @property
    def unique_id(self) -> str:
        return sha256(self.content).hexdigest()[:16]

    def as_json(self) -> Json:
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": len(self.content)}

    def as_document(self) -> Json:
        return self.as_json() | {"file_name": self.name, "mime_type": self.mime_type}

    def as_photo(self) -> list[Json]:
        width, height = picture_size(self.content) or (0, 0)
        return [self.as_json() | {"width": width, "height": height}]


class Files:
    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._numbers = count()

    def add(self, name: str, content: bytes, mime_type: str = "", folder: str = "documents") -> StoredFile:
        number = next(self._numbers)
        suffix = "." + name.rpartition(".")[2] if "." in name else ""
        guessed = mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        file_id = f"BQACAgQAAxkD{sha256(f'{number}:{name}'.encode()).hexdigest()[:40]}"
        file = StoredFile(file_id, f"{folder}/file_{number}{suffix}", name, guessed, content)
        self._by_id[file_id] = file
        return file

    def get(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        return next((file for file in self._by_id.values() if file.path == path), None)


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF or JPEG; None for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return width, height
    return _jpeg_size(content) if content.startswith(b"\xff\xd8") else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None
