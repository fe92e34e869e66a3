"""python -m providers.sandbox: the payment systems on this machine."""

import asyncio
import ipaddress
import signal
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from providers.sandbox.server import Sandbox, serve
from providers.sandbox.settings import Settings

cli = typer.Typer(add_completion=False, help="Four payment systems on this machine, with phones and faults.")


@cli.command()
def run(
    host: Annotated[str, typer.Option(help="Nothing guards the control interface: leave it on this machine.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8801,
    ledger: Annotated[Path | None, typer.Option(help="File that keeps everything; default: memory.")] = None,
    token: Annotated[str | None, typer.Option(help="CamPay's permanent token.")] = None,
    username: Annotated[str | None, typer.Option()] = None,
    password: Annotated[str | None, typer.Option()] = None,
    app_name: Annotated[str | None, typer.Option(help="Who asks, on the customer's phone.")] = None,
    webhook_key: Annotated[str | None, typer.Option(help="Signs callbacks.")] = None,
    callback_url: Annotated[str | None, typer.Option(help="Told of every end; default: nobody is.")] = None,
    callback_method: Annotated[str | None, typer.Option(help="GET or POST.")] = None,
    demo_limit: Annotated[int | None, typer.Option(help="Most that one collection may ask; 0: no limit.")] = None,
    duplicates: Annotated[str | None, typer.Option(help="replay or reject an external_reference used twice.")] = None,
    withdrawals: Annotated[bool | None, typer.Option(help="Whether payouts through the API are allowed.")] = None,
    local_redirects: Annotated[bool | None, typer.Option(help="Accept localhost as a link's return page.")] = None,
    show_test_amounts: Annotated[bool | None, typer.Option(help="No 0.00 for test numbers that succeed.")] = None,
    test_numbers: Annotated[str | None, typer.Option(help="auto or ask: whether the good ones want a PIN.")] = None,
    test_delay: Annotated[float | None, typer.Option(help="Seconds until a test number has its outcome.")] = None,
    payout_delay: Annotated[float | None, typer.Option(help="Seconds until a payout arrives.")] = None,
    prompt_timeout: Annotated[float | None, typer.Option(help="Seconds until an unanswered prompt fails.")] = None,
    pin: Annotated[str | None, typer.Option(help="The PIN of every phone.")] = None,
    kpay_callback_url: Annotated[str | None, typer.Option(help="KPay's webhooks; default: nobody is told.")] = None,
    nkapsmart_callback_url: Annotated[
        str | None, typer.Option(help="Told of every paid charge; put a secret into its query.")
    ] = None,
) -> None:
    campay = _given(
        token=token, username=username, password=password, app_name=app_name, webhook_key=webhook_key,
        callback_url=callback_url,
        callback_method=callback_method, demo_limit=demo_limit, duplicates=duplicates, withdrawals=withdrawals,
        local_redirects=local_redirects, show_test_amounts=show_test_amounts,
    )  # fmt: skip
    general = _given(
        test_numbers=test_numbers, test_delay=test_delay, payout_delay=payout_delay, prompt_timeout=prompt_timeout,
        pin=pin,
    )  # fmt: skip
    kpay = _given(callback_url=kpay_callback_url)
    nkapsmart = _given(callback_url=nkapsmart_callback_url)
    try:
        settings = Settings.model_validate({**general, "campay": campay, "kpay": kpay, "nkapsmart": nkapsmart})
    except ValidationError as error:
        raise typer.BadParameter(str(error)) from None
    asyncio.run(_run(settings, ledger, host, port))


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


async def _run(settings: Settings, ledger: Path | None, host: str, port: int) -> None:
    try:
        async with serve(settings, ledger=ledger, host=host, port=port) as sandbox:
            _introduce(sandbox, ledger, host)
            await _told_to_stop()
    except OSError as error:
        typer.echo(f"{host}:{port} cannot be used: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    except sqlite3.Error as error:
        typer.echo(f"{ledger} cannot be used: {error}", err=True)
        raise typer.Exit(1) from None


def _introduce(sandbox: Sandbox, ledger: Path | None, host: str) -> None:
    campay, sauripay = sandbox.settings.campay, sandbox.settings.sauripay
    kept = f"kept in {ledger}" if ledger else "in memory"
    if not _loopback(host):
        typer.echo(f"CAREFUL      {host} can be reached from elsewhere and nothing guards /control/")
    lines = [
        f"CamPay       {sandbox.url}   (help in a browser; the API under /api/)",
        f"token        {campay.token}",
        f"or           {campay.username} / {campay.password}",
        f"webhook key  {campay.webhook_key}",
        f"callbacks    {campay.callback_method} {campay.callback_url or 'to nobody (--callback-url)'}",
        *_kpay(sandbox),
        *_nkapsmart(sandbox),
        f"SauriPay     {sandbox.url}/{sauripay.public_id}/",
        f"merchant     {sauripay.merchant_id}, key {sauripay.secret_key}",
        f"phones       PIN {sandbox.settings.pin}, test numbers {sandbox.settings.test_numbers}",
        f"control      {sandbox.url}/control/state",
        f"ledger       {kept}",
    ]
    typer.echo("\n".join(lines))


def _kpay(sandbox: Sandbox) -> list[str]:
    kpay = sandbox.settings.kpay
    return [
        f"KPay         {sandbox.url}   (the API under /api/v1/payments/, pages under /gateway/)",
        f"keys         {kpay.api_key} / {kpay.secret_key}",
        f"secrets      {kpay.webhook_secret} (webhooks), {kpay.gateway_secret} (the way back from a page)",
        f"callbacks    POST {kpay.callback_url or 'to nobody (--kpay-callback-url)'}",
    ]


def _nkapsmart(sandbox: Sandbox) -> list[str]:
    nkapsmart = sandbox.settings.nkapsmart
    return [
        f"Nkapsmart    {sandbox.url}   (the API under /api/auth/, /api/v2/ and /api/Transaction/)",
        f"keys         {nkapsmart.api_key} / {nkapsmart.secret_key}",
        f"callbacks    POST {nkapsmart.callback_url or 'to nobody (--nkapsmart-callback-url)'}",
    ]


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    with suppress(NotImplementedError):  # Windows: Ctrl+C then cancels this instead
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


if __name__ == "__main__":
    cli()
