"""For a container's health check: leaves with 0 when the server in this container answers that it is well.

It looks where the server listens by the same variables. It proves nothing to anybody, so no certificate is asked for.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys

ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
SECONDS = 4


def connection() -> http.client.HTTPConnection:
    """To the server, which may not listen yet. No proxy's variable counts."""
    host = os.environ.get("LLM_API_HOST", "127.0.0.1")
    where, port = ANYWHERE.get(host, host), int(os.environ.get("LLM_API_PORT", "8080"))
    if os.environ.get("LLM_API_TLS", "").lower() not in ("true", "t", "yes", "y", "on", "1"):
        return http.client.HTTPConnection(where, port, timeout=SECONDS)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(where, port, timeout=SECONDS, context=context)


def main() -> None:
    try:
        asked = connection()
        asked.request("GET", "/health")
        status = asked.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"no answer: {error}")
    if status != 200:
        sys.exit(f"/health answers {status}")


if __name__ == "__main__":
    main()
