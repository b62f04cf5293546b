/** Makes the bundle: `node build.mjs [--watch]` into koinon_web/dist, `node build.mjs --tests` into node_modules/.tests.
 *
 * Every file but the page is named by its hash, so that browsers may keep it for good; each lies there gzipped as well.
 * `manifest.json` says what there is. Who decides whether a bundle is needed: chores/web.py.
 */

import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "koinon_web", "dist");
const TESTS = join(HERE, "node_modules", ".tests");
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** How esbuild reads our sources, for the page and for tests alike. */
const READING = { absWorkingDir: HERE, bundle: true, target: "es2022", format: "esm", logLevel: "warning" };

const SHIPPED = {
  ...READING,
  outdir: "out",
  entryNames: "[name]-[hash]",
  write: false,
  minify: true,
  legalComments: "none", // licenses.txt has them whole
  loader: { ".svg": "dataurl" },
  metafile: true,
};

/** What is imported as `import("./x")` becomes a file of its own, which is fetched when it is needed. */
const PAGE = {
  ...SHIPPED,
  entryPoints: { main: "src/main.tsx", style: "src/style/main.css" },
  splitting: true,
  chunkNames: "part-[hash]",
};

/** A script by itself: workers share no files with the page. */
const WORKER = { ...SHIPPED, entryPoints: { worker: "src/live/worker.ts" } };

async function buildPage(watched) {
  const [page, worker] = await Promise.all([esbuild.build(PAGE), esbuild.build(WORKER)]);
  await replaceDist(await layOut([page, worker], watched));
}

/** All files of the bundle by their path in dist. */
async function layOut(results, watched) {
  const assets = new Map();
  for (const result of results) {
    for (const file of result.outputFiles) assets.set(basename(file.path), Buffer.from(file.contents));
  }
  const icon = await readFile(join(HERE, "src", "favicon.svg"));
  assets.set(hashedName("favicon.svg", icon), icon);
  const needs = scriptsNeeded(results);
  const html = fillPage(
    await readFile(join(HERE, "src", "index.html"), "utf8"),
    [...assets.keys()],
    needs["src/main.tsx"],
  );
  const page = Buffer.from(html);
  const files = new Map([["index.html", page]]);
  for (const [name, bytes] of assets) files.set(`assets/${name}`, bytes);
  const described = Object.fromEntries([...assets.keys()].map((name) => [name, TYPES[extname(name)]]));
  for (const [name, bytes] of [...files]) files.set(`${name}.gz`, gzipSync(bytes, { level: 9 }));
  files.set("manifest.json", Buffer.from(`${JSON.stringify({ watched, assets: described, needs }, null, 1)}\n`));
  files.set("licenses.txt", Buffer.from(await licenses(results.flatMap((each) => Object.keys(each.metafile.inputs)))));
  return files;
}

function hashedName(name, bytes) {
  const suffix = extname(name);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return `${basename(name, suffix)}-${hash}${suffix}`;
}

/** What a browser fetches in all, by the source that is shown then: the worker, the page, and each part with those that ask for it. */
function scriptsNeeded(results) {
  const outputs = Object.assign({}, ...results.map((each) => each.metafile.outputs));
  const needs = {};
  const gather = (path, found) => {
    if (found.has(path)) return found;
    found.add(path);
    for (const { path: next, kind } of outputs[path].imports) if (kind === "import-statement") gather(next, found);
    return found;
  };
  const follow = (path, before) => {
    const own = gather(path, new Set(before));
    const { entryPoint } = outputs[path];
    needs[entryPoint] = [...new Set([...(needs[entryPoint] ?? []), ...own])];
    for (const each of [...own].filter((path) => !before.includes(path))) {
      for (const { path: next, kind } of outputs[each].imports) {
        if (kind === "dynamic-import" && !own.has(next)) follow(next, [...own]);
      }
    }
  };
  const roots = Object.keys(outputs).filter((path) => /^out\/(main|worker)-\w+\.js$/.test(path));
  const worker = roots.find((path) => path.includes("worker-"));
  for (const path of roots) follow(path, worker === undefined ? [] : [worker]);
  return Object.fromEntries(
    Object.entries(needs).map(([source, paths]) => [source, paths.map((path) => basename(path))]),
  );
}

/** `{{main.js}}` becomes the path of `main-HASH.js`. The page may lie at any depth (`/ui/apps/...`), so that paths are absolute.
 *
 * What `main` imports is named as well, so that a browser need not read one to ask for the next.
 */
function fillPage(html, names, scripts) {
  const early = scripts.filter((name) => name.startsWith("part-"));
  return html
    .replace("{{early}}", early.map((name) => `<link rel="modulepreload" href="/ui/assets/${name}" />`).join(""))
    .replace(/\{\{(\w+)(\.\w+)\}\}/g, (_, stem, suffix) => {
      const found = names.find((name) => name.startsWith(`${stem}-`) && name.endsWith(suffix));
      if (found === undefined) throw new Error(`src/index.html asks for ${stem}${suffix}, which the bundle has not`);
      return `/ui/assets/${found}`;
    })
    .replace(/>\s+</g, "><");
}

/** The license of each package that got into the bundle, as its author wrote it. */
async function licenses(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found !== null) packages.add(found[1]);
  }
  const parts = [];
  for (const name of [...packages].sort()) {
    const folder = join(HERE, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[sc]e/i.test(each));
    const text = file === undefined ? "" : `\n${await readFile(join(folder, file), "utf8")}`;
    parts.push(`${name} ${version} (${license})\n${text}`);
  }
  return parts.join("\n----\n\n");
}

/** Whoever reads dist finds the old bundle or the new one, never half of one. */
async function replaceDist(files) {
  const fresh = `${DIST}.${process.pid}.new`;
  const old = `${DIST}.${process.pid}.old`;
  await mkdir(join(fresh, "assets"), { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(fresh, name), bytes);
  await rename(DIST, old).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(fresh, DIST);
  await rm(old, { recursive: true, force: true });
}

/** A bundle on every save, until the process is ended. A daemon that began with such a bundle hands out each new one. */
async function watchPage() {
  let timer;
  const bundle = async () => {
    try {
      await buildPage(true);
      process.stderr.write(`bundled at ${new Date().toTimeString().slice(0, 8)}\n`);
    } catch (error) {
      complain(error);
    }
  };
  await bundle();
  watch(join(HERE, "src"), { recursive: true }, () => {
    // One save is several events.
    clearTimeout(timer);
    timer = setTimeout(bundle, 50);
  });
}

/** What esbuild refuses it has said by itself. */
function complain(error) {
  if (error.errors === undefined) process.stderr.write(`${error.stack}\n`);
}

/** Each test file as a bundle of its own, which has its own copy of every module, and one file that runs them all. */
async function buildTests(pattern) {
  const names = await readdir(join(HERE, "test"), { recursive: true });
  const entries = names.filter((name) => name.endsWith(".test.ts") && name.includes(pattern)).sort();
  await rm(TESTS, { recursive: true, force: true });
  await esbuild.build({
    ...READING,
    entryPoints: entries.map((name) => `test/${name}`),
    outdir: TESTS,
    outbase: "test",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    sourcemap: "inline",
  });
  const imports = entries.map((name) => `await import("./${name.replace(/\.ts$/, ".mjs")}");\n`);
  await mkdir(TESTS, { recursive: true });
  await writeFile(join(TESTS, "all.mjs"), imports.join(""));
}

const [verb, argument] = process.argv.slice(2);
try {
  if (verb === "--tests") await buildTests(argument ?? "");
  else if (verb === "--watch") await watchPage();
  else await buildPage(false);
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
