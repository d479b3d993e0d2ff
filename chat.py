"""Requests to an OpenAI-compatible chat endpoint: the transport that judge and agents share.

Protocol: ``POST {base_url}/chat/completions``, as vLLM, llama.cpp, Ollama and OpenAI speak it. One
request, bounded in time and in bytes; what a status means, and whether to ask again, is up to who
asks. A key is read from the environment for each request, and is in nothing that is said.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

# Of what a server says, so much is told.
_TOLD = 200


class NoReplyError(Exception):
    """There is no reply to a request; the message says what the server did."""


class UnreachableError(NoReplyError):
    """No connection, or one that broke."""


class LateError(NoReplyError):
    """The reply did not begin, or was not whole, in time."""


class OversizeError(NoReplyError):
    """The reply is longer than any that is meant."""


class KeyUnusableError(ValueError):
    """The variable for the key holds what can be none; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """The seconds that it asks to be left alone for (RFC 9110, 10.2.3), None where it does
        not."""
        value = self.headers.get("Retry-After")
        if value is None:
            return None
        if value.isascii() and value.isdigit():
            return float(value)
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        if date.tzinfo is None:  # "-0000"
            date = date.replace(tzinfo=timezone.utc)
        return max(0.0, (date - datetime.now(timezone.utc)).total_seconds())


def is_plain_address(url: str) -> bool:
    """Whether `url` is that of an API and nothing more: http(s), a host, no user, query or
    fragment. What stands there may be a secret, and addresses are logged."""
    try:
        parts = urlsplit(url)
        found = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return found and "@" not in parts.netloc and not parts.query and not parts.fragment


class ChatClient:
    """Makes requests; may be used by several threads at a time.

    `base_url`: of the API, up to ``/v1``. `key_env`: the environment variable that holds the key;
    not set, none is sent. `timeout_s`: until a reply begins, and until it is whole; `connect_s`:
    until there is a connection (None: as long). `max_bytes`: of a reply. `connections`: at a time.

    Raises `ModuleNotFoundError` without httpx, `ValueError` for what is no address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key_env: str,
        timeout_s: float,
        max_bytes: int,
        connections: int,
        connect_s: float | None = None,
    ) -> None:
        import httpx

        self.url = f"{base_url.rstrip('/')}/chat/completions"
        try:
            httpx.URL(self.url)
        except httpx.InvalidURL as error:
            raise ValueError(str(error)) from None
        self._key_env, self._timeout_s, self._max_bytes = key_env, timeout_s, max_bytes
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_s, connect=connect_s or timeout_s),
            limits=httpx.Limits(max_connections=connections),
        )
        # A refused connection, a broken answer; and of them, what a reply that is late raises.
        self._errors = httpx.HTTPError
        self._late = (httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout)

    def post(self, document: Mapping[str, Any]) -> Reply:
        """The reply to one request, whatever its status. Raises `NoReplyError` where there is none,
        `KeyUnusableError` before anything is sent."""
        headers = {"Content-Type": "application/json"}
        if key := self.key():
            headers["Authorization"] = f"Bearer {key}"
        # httpx bounds each wait for a byte; a server that drips bytes is bounded here.
        deadline = time.monotonic() + self._timeout_s
        body = b""
        try:
            with self._client.stream(
                "POST", self.url, content=json.dumps(document).encode(), headers=headers
            ) as response:
                for chunk in response.iter_bytes():
                    body += chunk
                    if time.monotonic() > deadline:
                        raise LateError(f"took longer than {self._timeout_s:g} seconds")
                    if len(body) > self._max_bytes:
                        raise OversizeError(f"sent more than {self._max_bytes} bytes")
                return Reply(response.status_code, response.headers, body)
        except self._errors as error:
            told = self.told(f"{type(error).__name__}: {error}".encode())
            kind = LateError if isinstance(error, self._late) else UnreachableError
            raise kind(f"did not answer at {self.url} ({told})") from None

    def key(self) -> str:
        """The key, empty where there is none. Raises `KeyUnusableError`."""
        key = os.environ.get(self._key_env, "").strip()
        # Said here because the HTTP library would quote it.
        if not key.isascii() or not (key or "-").isprintable() or " " in key:
            raise KeyUnusableError(
                f"{self._key_env} holds no API key: a key has no blanks and ASCII only"
            )
        return key

    def told(self, text: bytes) -> str:
        """The beginning of what a server said, on one line and without the key."""
        said = text.decode(errors="replace")
        if key := self.key():
            said = said.replace(key, "[key]")
        said = " ".join("".join(c if c.isprintable() else " " for c in said[:4096]).split())
        return said if len(said) <= _TOLD else said[: _TOLD - 4] + " ..."

    def close(self) -> None:
        """Closes the connections. May be called twice."""
        self._client.close()
