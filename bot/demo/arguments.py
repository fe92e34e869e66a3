"""The arguments of one Bot API call, whichever of its four ways they came: query, form, multipart or JSON."""

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from bot.demo.refusals import bad_request


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    content: bytes
    mime_type: str


@dataclass(frozen=True, slots=True)
class Arguments:
    values: dict[str, Any]
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return "" if value is None else str(value)

    def whole(self, name: str, default: int = 0) -> int:
        try:
            return int(self.text(name))
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "yes", "1")

    def json(self, name: str, complaint: str) -> Any:
        """A JSON value that came as such or as a string; None where it is absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(complaint) from None

    def upload(self, name: str) -> Upload | None:
        """A file in the field itself, or in the one that `attach://` names."""
        value = self.text(name)
        return self.uploads.get(value.removeprefix("attach://") if value.startswith("attach://") else name)


async def arguments_of(request: Request) -> Arguments:
    values: dict[str, Any] = dict(request.query_params)
    if request.method != "POST":
        return Arguments(values)
    if request.headers.get("content-type", "").startswith("application/json"):
        return Arguments(values | await _json_body(request))
    uploads: dict[str, Upload] = {}
    async with request.form() as form:
        for name, value in form.items():
            if isinstance(value, UploadFile):
                kind = value.content_type or ""
                uploads[name] = Upload(value.filename or name, await value.read(), kind)
            else:
                values[name] = value
    return Arguments(values, uploads)


async def _json_body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request("can't parse request: can't parse JSON object")
    return body
