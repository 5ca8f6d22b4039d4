"""Times as people read them: how long something took, and when it was."""

from datetime import datetime

from service.markup import Html, fill


def duration(milliseconds: float) -> str:
    """A time as people say it: 12 ms, 3.4 s, 5 min 6 s, 2 h 3 min; never 60 of one unit, or 1000."""
    seconds = milliseconds / 1000
    if round(milliseconds) < 1000:
        return f"{milliseconds:.0f} ms"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def moment(at: datetime) -> Html:
    return fill(
        '<time datetime="{iso}">{text}</time>', iso=at.isoformat(), text=f"{at:%Y-%m-%d %H:%M:%S} UTC"
    )
