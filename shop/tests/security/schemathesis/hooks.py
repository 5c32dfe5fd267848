"""Each request that Schemathesis makes gets a session of its own: some end their session, or close their account."""

import os
from urllib.request import urlopen

import schemathesis


@schemathesis.auth(refresh_interval=None)
class SessionOfTheCase:
    def get(self, case, context):
        operation = context.operation.definition.raw.get("operationId", "none")
        with urlopen(f"{os.environ['SHOP_TOKENS']}/{operation}", timeout=30) as answer:
            return answer.read().decode()

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"
