"""The style sheet and the script of the schema's page."""

from service.page_style import BASE_CSS

CSS = (
    BASE_CSS
    + """
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center }
.over { flex-basis: 100%; margin: 0; letter-spacing: .06em; text-transform: uppercase; font-size: .75rem }
.reason { font-size: 1.0625rem; max-width: 48rem }
.reason::first-letter { text-transform: uppercase }
.facts {
  display: grid; grid-template-columns: repeat(2, 1fr); gap: 1px; margin: 1.25rem 0 0;
  background: var(--edge); border: 1px solid var(--edge); border-radius: .5rem; overflow: hidden;
}
.facts div { background: var(--panel); padding: .625rem .875rem }
dt { color: var(--muted); font-size: .8125rem }
dd { margin: 0 }
ol { list-style: none; margin: 0; padding: 0 }
.panel { border: 1px solid var(--edge); border-radius: .5rem; background: var(--panel); padding: .75rem .875rem }
.panel + .panel { margin-top: .5rem }
.running { border-left: .25rem solid var(--bar) }
.row { display: flex; flex-wrap: wrap; gap: .125rem .75rem; align-items: baseline }
.row > .end { margin-left: auto; font-variant-numeric: tabular-nums; white-space: nowrap }
.bar {
  display: block; width: 100%; height: .375rem; border-radius: .1875rem; background: var(--edge);
  margin-top: .375rem;
}
.bar rect { fill: var(--bar) }
.steps li { position: relative; padding: 0 0 1.25rem 2rem }
.steps li::before {
  content: ""; position: absolute; left: .4375rem; top: .625rem; bottom: -.625rem; border-left: 2px solid var(--edge);
}
.steps li:last-child::before { display: none }
.steps li::after {
  content: ""; position: absolute; left: 0; top: .3125rem; width: 1rem; height: 1rem; border-radius: 50%;
  border: 3px solid var(--good); background: var(--good);
}
.steps .pending::after { border-color: var(--muted); background: var(--ground) }
.steps .moving::after { border-color: var(--bar); background: var(--ground) }
.steps .moving .bar { display: none }
.steps strong { font-size: 1.0625rem }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: 400; font-size: .8125rem; color: var(--muted) }
th, td { padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--edge); vertical-align: baseline }
th { white-space: nowrap }
td + td + td { overflow-wrap: normal }
th + th + th, td + td + td { text-align: right }
th:last-child, td:last-child { padding-right: 0 }
summary { cursor: pointer; font-size: 1.125rem; font-weight: 600; margin: 2.5rem 0 .75rem }
.events li { padding: .5rem 0; border-top: 1px solid var(--edge) }
section > p { margin: 0 }
footer { margin-top: 2.5rem }
@media (max-width: 30rem) {
  h1 { font-size: 1.75rem }
  th, td { padding-right: .5rem }
  td, td.id { font-size: .8125rem }
}
@media (min-width: 45rem) { .facts { grid-template-columns: 1fr 1fr auto 1fr } .facts time { white-space: nowrap } }
"""
)

# Asks for this very page again and puts its main part in place of the old one; a page that nobody sees waits.
SCRIPT = """
"use strict";
const every = () => document.querySelector("main").dataset.moving ? 1000 : 5000;
async function look() {
  const state = document.getElementById("live");
  try {
    const answer = await fetch(location.pathname, {cache: "no-store", headers: {accept: "text/html"}});
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = next.querySelector("main");
    // Fails where the answer is not this page, before anything of it is shown.
    main.querySelector("details").open = document.querySelector("details").open;
    document.querySelector("main").replaceWith(main);
    document.title = next.title;
  } catch {
    state.textContent = "This page gets no answer any more; it shows what was known last.";
    setTimeout(look, 5000);
    return;
  }
  live();
}
function live() {
  document.getElementById("live").textContent = "This page follows what happens by itself.";
  setTimeout(() => document.hidden
    ? document.addEventListener("visibilitychange", look, {once: true}) : look(), every());
}
live();
"""
