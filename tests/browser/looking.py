"""What a browser shows: its width, its colours, what it complains about."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
# Each text that is shown, with the colour that it has and the first opaque ground behind it.
TEXTS = """() => {
  const shown = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
  };
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() && element.checkVisibility())
      shown.push([walker.currentNode.data.trim(), getComputedStyle(element).color, ground(element)]);
  }
  return shown;
}"""


@contextmanager
def looking(
    browser: Browser, address: str, viewport: dict[str, int] = DESKTOP, **options: Any
) -> Iterator[tuple[Page, list[str]]]:
    """The page, and a list of all that the browser complains about."""
    complaints: list[str] = []
    with browser.new_context(viewport=viewport, **options) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(address)
        yield page, complaints


def is_as_wide_as_its_window(page: Page) -> bool:
    """Whether nothing has to be scrolled to the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def headings(page: Page) -> list[int]:
    """The levels of the headings, from the top."""
    found: list[int] = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map(one => +one.tagName[1])"
    )
    return found


def faint(page: Page) -> list[tuple[str, float]]:
    """The texts whose contrast is below 4.5, which WCAG AA asks of text of this size."""
    contrasts = [(text, contrast(colour, ground)) for text, colour, ground in page.evaluate(TEXTS)]
    assert contrasts
    return [(text, found) for text, found in contrasts if found < 4.5]


def contrast(colour: str, ground: str) -> float:
    """WCAG's contrast of two opaque colours as a browser writes them."""
    lighter, darker = sorted((luminance(colour), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour)[:3])
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
