"""The style that all pages of the service share, and the policy that lets a browser use that and nothing else."""

from base64 import b64encode
from hashlib import sha256

# Each pair of text and ground has a contrast of 4.5 or more, in either scheme.
BASE_CSS = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f6f8fa; --edge: #d0d7de; --text: #1f2328; --muted: #59636e; --bar: #0969da;
  --good: #116329; --good-ground: #dafbe1; --warn: #7d4e00; --warn-ground: #fff3c4;
  --bad: #a40e26; --bad-ground: #ffe3e3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --panel: #161b22; --edge: #30363d; --text: #e6edf3; --muted: #9aa4af; --bar: #4493f8;
    --good: #56d364; --good-ground: #0f2d1a; --warn: #e3b341; --warn-ground: #33260a;
    --bad: #ff8f87; --bad-ground: #3c1114;
  }
}
* { box-sizing: border-box }
body {
  margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
  -webkit-text-size-adjust: 100%; overflow-wrap: anywhere;
}
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; letter-spacing: -.02em }
h2 { font-size: 1.125rem; line-height: 1.3; margin: 2.5rem 0 .75rem }
p { margin: .5rem 0 }
a { color: var(--bar) }
code, .id { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .9375em }
small, .muted { color: var(--muted); font-size: .875rem }
.badge {
  display: inline-block; border: 1px solid var(--edge); border-radius: 1rem; padding: 0 .6rem;
  font-size: .8125rem; line-height: 1.5rem; color: var(--muted); white-space: nowrap;
}
.badge.good { color: var(--good); background: var(--good-ground); border-color: currentColor }
.badge.warn { color: var(--warn); background: var(--warn-ground); border-color: currentColor }
.badge.bad { color: var(--bad); background: var(--bad-ground); border-color: currentColor }
"""
NOSNIFF = ("x-content-type-options", "nosniff")
NO_REFERRER = ("referrer-policy", "no-referrer")


def policy(css: str, script: str = "") -> tuple[str, str]:
    """The header that allows this style sheet and this script, which may ask this host; and nothing more."""
    allowed = f"default-src 'none'; style-src 'sha256-{_digest(css)}'"
    if script:
        allowed += f"; script-src 'sha256-{_digest(script)}'; connect-src 'self'"
    return (
        "content-security-policy",
        f"{allowed}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )


def _digest(content: str) -> str:
    return b64encode(sha256(content.encode()).digest()).decode()
