"""`python -m service settings`: what the service was told, by whom, and what each word of it means."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence

from db.contract.refusal import ExitCode, Refusal
from db.contract.settings import Explained, describe, unknown
from db.contract.url import find_url
from db.contract.value import as_dict
from service.settings import ServiceSettings

URLS = {
    "DATABASE_URL": "the database that requests ask",
    "DATABASE_URL_DIRECT": "the database that the gate asks",
}


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Print the settings; 0, or 64 where something else was asked for."""
    parser = argparse.ArgumentParser(prog="python -m service", description=__doc__, exit_on_error=False)
    parser.add_argument("command", choices=["settings"])
    parser.add_argument("--json", action="store_true", help="as one JSON document")
    try:
        options = parser.parse_args(arguments)
    except argparse.ArgumentError as error:
        print(
            f"{error}. The service itself is started by gunicorn -c service/gunicorn_conf.py", file=sys.stderr
        )
        return ExitCode.USAGE
    explained = [*_urls(environ), *describe(ServiceSettings, environ)]
    if options.json:
        print(json.dumps([as_dict(setting) for setting in explained]))
    else:
        for setting in explained:
            print(f"{setting.name}={setting.value}  ({setting.source}) {setting.meaning}")
    for warning in unknown(ServiceSettings, environ):
        print(warning, file=sys.stderr)
    return ExitCode.DONE


def _urls(environ: Mapping[str, str]) -> list[Explained]:
    explained = []
    for direct, (name, meaning) in enumerate(URLS.items()):
        try:
            url = find_url(environ, direct=bool(direct))
            explained.append(Explained(name, meaning, url.address, url.source))
        except Refusal as refusal:
            explained.append(Explained(name, meaning, str(refusal), "not found"))
    return explained


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
