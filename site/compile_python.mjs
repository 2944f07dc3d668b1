// Run compile_python.py in Pyodide, on a folder with the site: node compile_python.mjs FOLDER
import { readFileSync } from "node:fs";
import { loadPyodide } from "./node_modules/pyodide/pyodide.mjs";

const [, , folder] = process.argv;
// Without the columns of tracebacks, bytecode has two thirds of the size.
const env = { PYTHONNODEBUGRANGES: "1" };
const python = await loadPyodide({ env });
python.FS.mkdirTree("/html");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/html");
python.runPython(readFileSync(new URL("compile_python.py", import.meta.url), "utf-8"));
// Pyodide's event loop would keep Node alive.
process.exit(0);
