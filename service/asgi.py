"""The composition root: what a server imports, and the only module here that does something by it."""

import os

from db.contract import lockfile
from db.contract.settings import read, unknown
from db.contract.url import find_url
from service.app import create_app
from service.settings import ServiceSettings

settings = read(ServiceSettings, os.environ)
url = find_url(os.environ)
app = create_app(
    settings,
    url,
    gate_url=find_url(os.environ, direct=True),
    image=lockfile.read(settings.lockfile),
    warnings=(*url.warnings, *unknown(ServiceSettings, os.environ)),
)
