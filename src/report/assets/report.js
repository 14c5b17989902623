"use strict";
(() => {
  const all = (root, query) => [...root.querySelectorAll(query)];
  // Pictures: zoom, and lanes chosen by server or by what went wrong.
  for (const figure of all(document, "figure.picture")) {
    const tools = figure.querySelector(".tools"), view = figure.querySelector(".wf");
    if (!tools || !view) continue;
    let zoom = 1;
    const setZoom = (to) => {
      const middle = (view.scrollLeft + view.clientWidth / 2) / view.scrollWidth;
      zoom = Math.min(64, Math.max(1, to));
      view.style.setProperty("--zoom", zoom);
      view.scrollLeft = middle * view.scrollWidth - view.clientWidth / 2;
      tools.querySelector("output").textContent = zoom + "×";
    };
    const lanes = all(view, ".lane"), server = tools.querySelector("select"), bad = tools.querySelector("input[type=checkbox]");
    const names = [...new Set(lanes.map((l) => l.dataset.server).filter(Boolean))].sort();
    for (const name of names) server.append(new Option(name, name));
    server.closest("label").hidden = names.length < 2;
    const choose = () => {
      for (const lane of lanes)
        lane.style.display = (server.value && lane.dataset.server && lane.dataset.server !== server.value) ||
          (bad.checked && lane.dataset.kind === "call" && !lane.dataset.bad) ? "none" : "";
    };
    tools.addEventListener("click", (e) => {
      const step = e.target.dataset && e.target.dataset.zoom;
      if (step) setZoom(step === "0" ? 1 : zoom * Number(step));
    });
    server.addEventListener("change", choose);
    bad.addEventListener("change", choose);
    view.addEventListener("keydown", (e) => {
      const step = {"+": 2, "=": 2, "-": 0.5, "0": 0}[e.key];
      if (step === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
      setZoom(step ? zoom * step : 1);
      e.preventDefault();
    });
    tools.hidden = false;
  }
  // Incidents: chosen by severity and by words.
  const tools = document.querySelector("#choose"), found = document.querySelector("#found");
  if (tools) {
    const words = tools.querySelector("input"), severity = tools.querySelector("select");
    const rows = all(document, ".card,#more tbody tr");
    const text = new Map(rows.map((r) => [r, r.textContent.toLowerCase()]));
    const choose = () => {
      const want = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      for (const row of rows) {
        const show = (!severity.value || row.dataset.severity === severity.value) && want.every((w) => text.get(row).includes(w));
        row.style.display = show ? "" : "none";
        n += show;
      }
      found.textContent = n === rows.length ? "" : n + " of " + rows.length + " shown";
    };
    words.addEventListener("input", choose);
    severity.addEventListener("change", choose);
    tools.hidden = false;
  }
})();
