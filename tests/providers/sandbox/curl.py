"""As much of curl as the sandbox's README uses. Every call and its answer go into the file $TRANSCRIPT as well."""

import http.client
import json
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from urllib.parse import urlsplit


def main() -> int:
    given = options()
    url = urlsplit(given.url)
    headers = dict(line.split(": ", 1) for line in given.header)
    body = sys.stdin.read() if given.data == "@-" else given.data
    connection = http.client.HTTPConnection(url.netloc, timeout=given.max_time)
    target = url.path + (f"?{url.query}" if url.query else "")
    connection.request(given.request or ("GET" if body is None else "POST"), target, body, headers)
    answer = connection.getresponse()
    content = b""
    try:
        while part := answer.read1():
            content += part
    except TimeoutError:  # of a stream, which has no end
        pass
    sys.stdout.write(content.decode())
    told = [given.request or ("GET" if body is None else "POST"), url.path, body or "", answer.status, content.decode()]
    with Path(os.environ["TRANSCRIPT"]).open("a", encoding="utf-8") as transcript:
        transcript.write(json.dumps(told) + "\n")
    return 0


def options() -> Namespace:
    known = ArgumentParser()
    known.add_argument("-s", action="store_true")
    known.add_argument("-N", action="store_true")
    known.add_argument("-X", dest="request")
    known.add_argument("-H", dest="header", action="append", default=[])
    known.add_argument("-d", dest="data")
    known.add_argument("--max-time", type=float, default=10.0)
    known.add_argument("url")
    return known.parse_args()


if __name__ == "__main__":
    sys.exit(main())
