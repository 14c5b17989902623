// Opens a page in Chromium and writes what happened as JSON: node browser.cjs MODULES CHROMIUM PAGE FOLDER
// Modes: light, dark, phone, print, and one with scripts off. Screenshots go to FOLDER.
"use strict";
const path = require("path");
const fs = require("fs");
const [, , modules, executablePath, file, folder] = process.argv;
const { chromium } = require(path.join(modules, "playwright-core"));
const axe = fs.readFileSync(path.join(modules, "axe-core", "axe.min.js"), "utf8");

const modes = {
  light: {},
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 } },
  print: {},
  plain: { javaScriptEnabled: false },
};

// What the script is for: zoom by button and key, calls and incidents chosen.
async function use(page) {
  const result = {};
  const width = () => page.evaluate(() => document.querySelector(".lane svg").getBoundingClientRect().width);
  if (await page.locator(".wf .lane").count()) {
    const before = await width();
    await page.locator("[data-zoom='2']").first().click();
    const zoomed = await width();
    await page.locator(".wf").first().focus();
    await page.keyboard.press("+");
    const more = await width();
    await page.keyboard.press("0");
    result.zoom = [zoomed / before, more / before, (await width()) / before];
    await page.locator(".picture input[type=checkbox]").first().check();
    result.wellShown = await page.evaluate(() => [...document.querySelector(".wf").querySelectorAll(".lane[data-kind=call]:not([data-bad])")].filter((l) => l.offsetParent).length);
    result.badShown = await page.evaluate(() => [...document.querySelector(".wf").querySelectorAll(".lane[data-bad]")].filter((l) => l.offsetParent).length);
  }
  if (await page.locator("#choose").count()) {
    const shown = () => page.evaluate(() => [...document.querySelectorAll(".card,#more tbody tr")].filter((l) => l.offsetParent).length);
    result.incidents = [await shown()];
    await page.locator("#choose input").fill("no such incident anywhere");
    result.incidents.push(await shown());
    await page.locator("#choose input").fill("");
    await page.locator("#choose select").selectOption("critical");
    result.incidents.push(await shown());
  }
  // The policy holds: an image from elsewhere is refused before any request.
  result.refused = await page.evaluate(() => new Promise((done) => {
    document.addEventListener("securitypolicyviolation", (e) => done(e.effectiveDirective));
    const image = new Image();
    image.src = "https://example.invalid/x.png";
    document.body.append(image);
    setTimeout(() => done(""), 2000);
  }));
  return result;
}

(async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const results = {};
  for (const [name, options] of Object.entries(modes)) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    const page = await context.newPage();
    const r = { requests: [], console: [], errors: [] };
    page.on("request", (q) => r.requests.push(q.url()));
    page.on("console", (m) => r.console.push(m.text()));
    page.on("pageerror", (e) => r.errors.push(e.message));
    if (name === "print") await page.emulateMedia({ media: "print" });
    await page.goto("file://" + file);
    await page.screenshot({ path: path.join(folder, name + ".png"), fullPage: true });
    if (name === "print") fs.writeFileSync(path.join(folder, "print.pdf"), await page.pdf({ format: "A4" }));
    if (name !== "plain") {
      r.overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (name !== "print")
        r.axe = (await page.evaluate(axe + ";axe.run().then((r) => r.violations.map((v) => ({ impact: v.impact, id: v.id, at: v.nodes[0].html.slice(0, 200), why: v.nodes[0].failureSummary })))"));
      r.requests = r.requests.slice(); // what follows provokes a refusal
      const quiet = { console: r.console.slice(), errors: r.errors.slice(), requests: r.requests.slice() };
      if (name === "light") r.use = await use(page);
      Object.assign(r, quiet);
    }
    r.text = (await page.locator("main").innerText()).length;
    results[name] = r;
    await context.close();
  }
  await browser.close();
  console.log(JSON.stringify(results));
})().catch((e) => { console.error(e); process.exit(1); });
