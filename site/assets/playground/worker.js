// Python and the command, beside the page, so that the page stays alive.
import { loadPyodide } from "../../pyodide/pyodide.mjs";

const here = new URL("../../pyodide/", import.meta.url);

const load = async (name) => (await fetch(new URL(name, here))).arrayBuffer();

// The wheels, and their bytecode, which an import finds beside the source.
async function loadAll() {
  const names = await (await fetch(new URL("archives.json", here))).json();
  return Promise.all(names.map(load));
}

async function start() {
  const [python, bridge, archives] = await Promise.all([
    loadPyodide({ indexURL: here.href }),
    fetch(new URL("bridge.py", import.meta.url)).then((answer) => answer.text()),
    loadAll(),
  ]);
  const folder = python.runPython("import site; site.getsitepackages()[0]");
  for (const archive of archives) python.unpackArchive(archive, "zip", { extractDir: folder });
  python.FS.writeFile(`${folder}/bridge.py`, bridge);
  python.runPython("import importlib; importlib.invalidate_caches()");
  return { python, bridge: python.pyimport("bridge") };
}

const started = start();
started.then(
  () => postMessage({ kind: "ready" }),
  (error) => postMessage({ kind: "broken", text: String(error) }),
);

function write(python, files) {
  for (const [name, bytes] of files) {
    const path = `/project/${name}`;
    python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    python.FS.writeFile(path, bytes);
  }
}

onmessage = async ({ data: { id, files, options, tier } }) => {
  try {
    const { python, bridge } = await started;
    bridge.empty();
    write(python, files);
    const begun = performance.now();
    const checked = JSON.parse(bridge.check(JSON.stringify(options)));
    const seconds = (performance.now() - begun) / 1000;
    postMessage({ kind: "checked", id, seconds, ...checked });
    const wanted = tier === "unsafe" ? [...options, "--unsafe"] : options;
    const fixed = JSON.parse(bridge.fix(JSON.stringify(wanted)));
    postMessage({ kind: "fixed", id, tier, ...fixed });
  } catch (error) {
    postMessage({ kind: "failed", id, text: String(error) });
  }
};
