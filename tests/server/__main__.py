"""`python -m tests.server COMMAND …`: runs a command whose DATABASE_URL is an empty database of its own."""

import os
import subprocess
import sys

from db.contract.refusal import Refusal
from tests.server.embedded import running

if __name__ == "__main__":
    try:
        with running() as server:
            url = server.url
            assert url.password
            text = f"postgresql://{url.user}:{url.password.reveal()}@{url.address}"
            sys.exit(
                subprocess.run(sys.argv[1:], env=os.environ | {"DATABASE_URL": text}, check=False).returncode
            )
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(refusal.code)
