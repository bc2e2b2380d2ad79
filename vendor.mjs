// Builds what we took from others into planner/static/planner/vendor (and axe for the tests).
// Run by `make vendor`; the result is committed, so running Hazumi needs no Node.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const OUT = "planner/static/planner/vendor";
const TESTS = "tests/browser/vendor";
const ICONS = [
  "arrow-left", "arrow-right", "badge-check", "bell", "book-open", "calendar", "chart-column",
  "check", "chevron-down", "circle-alert", "circle-help", "circle-x", "clock", "download",
  "external-link", "eye", "eye-off", "file-text", "flag", "languages", "lightbulb", "link",
  "log-out", "menu", "minus", "pause", "pencil", "play", "plus", "presentation", "qr-code",
  "refresh-cw", "scale", "search", "shield-check", "table", "target", "trash-2",
  "triangle-alert", "trophy", "undo-2", "upload", "user", "users", "vote", "wifi-off", "x",
];

await mkdir(OUT, { recursive: true });
await mkdir(TESTS, { recursive: true });

await build({
  entryPoints: ["htmx.org/dist/htmx.esm.js"],
  outfile: `${OUT}/htmx.js`,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
});

const symbols = await Promise.all(
  ICONS.map(async (name) => {
    const svg = await readFile(`node_modules/lucide-static/icons/${name}.svg`, "utf8");
    const inside = svg.replace(/<!--.*?-->/gs, "").match(/<svg[^>]*>(.*)<\/svg>/s)[1];
    return `<symbol id="${name}" viewBox="0 0 24 24">${inside.replace(/\s+/g, " ").trim()}</symbol>`;
  }),
);
const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
await writeFile(`${OUT}/icons.svg`, sprite);

const licences = await Promise.all(
  ["htmx.org", "lucide-static"].map(async (name) => {
    const { version } = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"));
    const text = await readFile(`node_modules/${name}/LICENSE`, "utf8");
    return `${name} ${version}\n\n${text.trim()}\n`;
  }),
);
await writeFile(`${OUT}/LICENSES.txt`, licences.join("\n----\n\n"));
await copyFile("node_modules/axe-core/axe.min.js", `${TESTS}/axe.min.js`);
