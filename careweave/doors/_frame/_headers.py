"""The headers of every page: what a browser may do with it. Source: `reference/interface.md` 3."""

import gzip

from flask import Response, request

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
COMMON = {
    "Content-Security-Policy": POLICY,
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SANDBOX = "sandbox; default-src 'none'"
_SMALLEST = 600
"""Shorter answers are not worth the compressing."""
_COMPRESSED = ("text/", "application/json", "image/svg+xml")


def harden(response: Response) -> Response:
    """Returns the answer with the headers of every page; one that sets its own keeps it."""
    for name, value in COMMON.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    for name in ("HX-Request", "Accept-Encoding", "Cookie"):
        response.vary.add(name)
    return response


def compress(response: Response) -> Response:
    """Returns the answer compressed, where that is asked for and worth it."""
    if not _may_compress(response):
        return response
    body = response.get_data()
    if len(body) < _SMALLEST:
        return response
    response.set_data(gzip.compress(body, compresslevel=6, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response


def _may_compress(response: Response) -> bool:
    return (
        "gzip" in request.headers.get("Accept-Encoding", "")
        and not response.direct_passthrough
        and "Content-Encoding" not in response.headers
        and (response.mimetype or "").startswith(_COMPRESSED)
    )


def as_download(response: Response, name: str) -> Response:
    """Returns what was received as a file to save, never as part of our pages."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
