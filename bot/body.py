"""The body of a call from outside, no longer than it may be, and in time."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

_PATIENCE = 10.0


async def read_body(request: Request, most: int) -> bytes:
    """Raises HTTPException: 413 for one that is too long, 408 for one that does not end."""
    body = b""
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise HTTPException(413)
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408) from None
    return body
