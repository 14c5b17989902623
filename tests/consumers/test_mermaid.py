"""The diagrams of mcplog report in the real Mermaid, in a real browser: all parse, those of samples are drawn with every call.

MCPLOG_HOSTILE=10000 parses those of more issues with hostile names.
"""
import html
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import consumerlib as c

sys.path.insert(0, str(c.SOURCE / "tests" / "markdown"))
import markdownlib  # noqa: E402

SAMPLES = ["001-sse-drop-silent-hang", "004-parallel-subagents-one-drop", "006-proxy-cuts-sse-every-15s", "050-stdio-crash-respawned", "070-reconnect-gave-up"]
HOSTILE = int(os.environ.get("MCPLOG_HOSTILE", "300"))
PAGE = """<!doctype html><meta charset="utf-8"><div id="here"></div><script src="{script}"></script><script>
const diagrams = {diagrams}, drawn = {drawn};
mermaid.initialize({{startOnLoad: false, securityLevel: "strict"}});
(async () => {{
	const faults = [], svgs = [];
	for (let i = 0; i < diagrams.length; i++) {{
		try {{
			if (i < drawn)
				svgs.push((await mermaid.render("d" + i, diagrams[i])).svg);
			else
				await mermaid.parse(diagrams[i]);
		}} catch (e) {{
			faults.push([i, String(e.message || e)]);
		}}
	}}
	document.body.textContent = "RESULT" + JSON.stringify({{faults, svgs, count: diagrams.length}}) + "RESULT";
}})();
</script>"""


def in_browser(program, script, diagrams, drawn):
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.html"
        page.write_text(PAGE.format(script=script.as_uri(), diagrams=json.dumps(diagrams).replace("<", "\\u003c"), drawn=drawn), encoding="utf-8")
        done = c.run(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={scratch}/profile", "--virtual-time-budget=600000",
                     "--dump-dom", page.as_uri(), home=scratch, timeout=900)
    m = re.search(r"RESULT(\{.*\})RESULT", done.stdout.decode("utf-8", "replace"), re.S)
    if not m:
        print(done.stderr.decode(errors="replace")[-2000:])
        sys.exit("the browser gave no result")
    return json.loads(html.unescape(m.group(1)))


def of_sample(name):
    with tempfile.TemporaryDirectory() as scratch:
        where = c.SOURCE / "samples" / name
        report = json.loads(c.run(c.MCPLOG, "analyze", "--db", ":memory:", "--allow-root", "-f", "json", where, home=scratch).stdout)
        incident = report["incidents"][0]
        body = c.run(c.MCPLOG, "report", incident["id"], "--db", ":memory:", "--allow-root", where, home=scratch).stdout.decode()
    diagrams = [text for language, text in markdownlib.split(body)[1] if language == "mermaid"]
    assert diagrams, f"{name}: no diagram"
    return diagrams, incident


program = c.need_browser()
script = c.need_npm("mermaid", "mermaid@11") / "mermaid" / "dist" / "mermaid.min.js"
faults, drawn, calls = 0, [], []
for name in SAMPLES:
    diagrams, incident = of_sample(name)
    drawn += diagrams
    calls += [len([call for call in incident["calls"] if call["started_at"]]) if text.startswith("gantt") else None for text in diagrams]
hostile = [text for body in markdownlib.bodies(2, HOSTILE) for language, text in markdownlib.split(body.decode())[1] if language == "mermaid"]
result = in_browser(program, script, drawn + hostile, len(drawn))
for index, message in result["faults"]:
    faults += 1
    if faults < 6:
        print(f"diagram {index}: {message}\n{(drawn + hostile)[index]}")
for svg, diagram, count in zip(result["svgs"], drawn, calls):
    if "Syntax error" in svg:
        faults += 1
        print(f"drawn as an error:\n{diagram}")
    if count is not None and len(re.findall(r"<rect[^>]*class=\"task ", svg)) < count:
        faults += 1
        print(f"{count} calls, but not so many bars:\n{diagram}")
print(f"{len(drawn)} diagrams drawn, {len(hostile)} hostile ones parsed, {faults} faults")
sys.exit(1 if faults or len(result["svgs"]) != len(drawn) else 0)
