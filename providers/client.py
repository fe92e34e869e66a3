"""The one HTTP client of all gateways."""

import httpx


class Client:
    def __init__(self, name: str, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.name = name
        self.http = httpx.AsyncClient(base_url=base_url, transport=transport)

    async def close(self) -> None:
        await self.http.aclose()
