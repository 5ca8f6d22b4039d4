"""What the processes of the tour are told: two roles, two sets of settings, one lease, whichever the release."""

from collections.abc import Mapping

from scripts.tour.place import AUDIENCE, ISSUER, SERVICE, Place, Ports
from scripts.tour.release import FIRST, Release

# As short as a lease can be on a machine with something else to do.
SHARED = {
    "CALCIO_LEASE_S": "8",
    "CALCIO_MARGIN_S": "4",
    "CALCIO_HEARTBEAT_S": "0.5",
    "CALCIO_REQUEST_DEADLINE_S": "3",
    "CALCIO_IDLE_TIMEOUT_S": "1",
    "CALCIO_CLOCK_STEP_S": "0",
}


def of_the_job(place: Place, release: Release = FIRST) -> Mapping[str, str]:
    return {
        **SHARED,
        "CALCIO_RELEASE": release.name,
        "DATABASE_URL_FILE": str(place.owner_url_file),
        "CALCIO_APP_ROLE": SERVICE,
        "CALCIO_POD_NAME": f"migrate-{release.name}",
    }


def of_the_service(place: Place, ports: Ports, release: Release, name: str) -> Mapping[str, str]:
    return {
        **SHARED,
        "CALCIO_RELEASE": release.name,
        "DATABASE_URL_FILE": str(place.service_url_file),
        "CALCIO_POD_NAME": name,
        "CALCIO_HTTP_PORT": str(ports.http),
        "CALCIO_MANAGEMENT_PORT": str(ports.management),
        "CALCIO_PUBLIC_READS": "on",
        "CALCIO_DRAIN_S": "1",  # the switch sees within a tenth of it that this one leaves
        "CALCIO_AUTH_SECRET_FILE": str(place.auth_secret_file),
        "CALCIO_AUTH_ISSUER": ISSUER,
        "CALCIO_AUTH_AUDIENCE": AUDIENCE,
    }
