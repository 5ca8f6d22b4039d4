"""One database URL, read once, validated, and rendered for each driver."""

from db.contract.url.hosts import Host
from db.contract.url.model import DatabaseUrl
from db.contract.url.places import find_url

__all__ = ["DatabaseUrl", "Host", "find_url"]
