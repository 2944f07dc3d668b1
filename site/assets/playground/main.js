// The page of the playground: what the reader gives, and what the worker finds.
import { copy, make, save } from "../page.js";
import { showDiff } from "./diff.js";
import { Editor } from "./editor.js";
import { chosen, dropped } from "./files.js";
import { packed, unpacked } from "./link.js";

const PAUSE = 500; // milliseconds after the last key before a check
const MOST = 200; // findings that are shown at once
const ORDER = ["error", "warning", "advice"];
const at = (id) => document.getElementById(id);
const decoder = new TextDecoder();

const state = { files: new Map(), name: "", options: [], findings: [], diff: "", run: 0, isNew: true };
const editor = new Editor(at("pg-text"), at("pg-gutter"), (text) => {
  state.files.set(state.name, text);
  later();
});
const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
let waiting = 0;

const textOf = (content) => (typeof content === "string" ? content : decoder.decode(content));
const bytesOf = (content) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;
const many = (count, thing) => (count === 1 ? `1 ${thing}` : `${count} ${thing}s`);
const say = (text) => (at("pg-status").textContent = text);

function open({ files, options = [] }) {
  state.files = files;
  state.options = options;
  state.findings = [];
  state.isNew = true;
  show([...files.keys()].find((name) => /(^|\/)test_[^/]*\.py$/.test(name)) ?? [...files.keys()][0]);
  check();
}

function show(name) {
  state.name = name;
  at("pg-name").value = name;
  editor.show(textOf(state.files.get(name) ?? ""));
  list();
  findings();
}

function list() {
  const counts = new Map();
  for (const { file } of state.findings) counts.set(file, (counts.get(file) ?? 0) + 1);
  const options = [...state.files.keys()].map((name) => {
    const count = counts.get(name);
    return make("option", { value: name }, count ? `${name} (${count})` : name);
  });
  at("pg-file").replaceChildren(...options);
  at("pg-file").value = state.name;
  at("pg-remove").disabled = state.files.size < 2;
}

function findings() {
  const here = state.findings.filter((finding) => finding.file === state.name);
  editor.mark(here);
  const others = state.findings.filter((finding) => finding.file !== state.name);
  at("pg-findings").replaceChildren(...[...here, ...others].slice(0, MOST).map(finding));
  at("pg-more").textContent =
    state.findings.length > MOST ? `${state.findings.length - MOST} more are not shown.` : "";
}

function finding({ code, name, message, file, line, severity, tier, hint, why }) {
  const place = make("button", { type: "button", className: "place" }, `${file}:${line}`);
  place.onclick = () => {
    if (file !== state.name && state.files.has(file)) show(file);
    editor.goTo(line);
  };
  const page = make("a", { href: `../rules/${code.toLowerCase()}/` }, `${code} ${name}`);
  const tags = make("span", { className: "tags" }, tag(severity, severity), tag(tier, `fix: ${tier}`));
  const head = make("div", { className: "head" }, place, page, tags);
  const text = make("p", {}, hint ? `${message}. What to do: ${hint}.` : `${message}.`);
  return make("li", {}, head, text, make("p", { className: "why" }, why));
}

const tag = (kind, text) => make("span", { className: `tag ${kind}` }, text);

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(check, PAUSE);
}

function check() {
  clearTimeout(waiting);
  state.run += 1;
  at("pg-diff").setAttribute("aria-busy", "true");
  say(ready ? "Checking…" : "Loading Python: 16 MB, from this site, once.");
  const files = [...state.files].map(([name, content]) => [name, bytesOf(content)]);
  const tier = document.querySelector("input[name=pg-tier]:checked").value;
  worker.postMessage({ id: state.run, files, options: state.options, tier });
}

let ready = false;
worker.onmessage = ({ data }) => {
  if (data.kind === "ready") {
    ready = true;
    say("Checking…");
  } else if (data.kind === "broken" || data.kind === "failed") {
    say(`This does not work here: ${data.text}`);
  } else if (data.id === state.run) {
    (data.kind === "checked" ? checked : fixed)(data);
  }
};
worker.onerror = (event) => say(`Python cannot be loaded here: ${event.message ?? "no module workers"}`);

function checked({ report, said, seconds }) {
  state.findings = (report?.findings ?? []).sort(
    (one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity),
  );
  if (state.isNew && state.files.has(state.findings[0]?.file)) show(state.findings[0].file);
  state.isNew = false;
  const unread = (report?.unreadable ?? []).map(({ file, line, message }) => `${file}:${line} ${message}`);
  const found = state.findings.length ? many(state.findings.length, "finding") : "Nothing found";
  const trouble = report === null ? said : unread.join(" ");
  say(trouble || `${found} in ${many(state.files.size, "file")}, in ${seconds.toFixed(1)} s.`);
  list();
  findings();
}

function fixed({ diff, tier }) {
  state.diff = diff;
  showDiff(at("pg-diff"), diff, tier);
  at("pg-diff").setAttribute("aria-busy", "false");
  at("pg-patch").disabled = !diff;
}

function add(files) {
  if (!files.size) {
    say("No file that the command reads is among these.");
    return;
  }
  open({ files });
}

at("pg-file").onchange = () => show(at("pg-file").value);
at("pg-name").onchange = () => {
  const name = at("pg-name").value.trim().replace(/^[./]+/, "");
  if (!name || name.split("/").includes("..") || (name !== state.name && state.files.has(name))) {
    at("pg-name").value = state.name;
    say("A file needs a name of its own, below the folder.");
    return;
  }
  const renamed = [...state.files].map(([old, content]) => [old === state.name ? name : old, content]);
  state.files = new Map(renamed);
  show(name);
  check();
};
at("pg-new").onclick = () => {
  let number = 1;
  while (state.files.has(`test_${number}.py`)) number += 1;
  state.files.set(`test_${number}.py`, "");
  show(`test_${number}.py`);
  at("pg-name").select();
};
at("pg-remove").onclick = () => {
  state.files.delete(state.name);
  show([...state.files.keys()][0]);
  check();
};
at("pg-check").onclick = check;
for (const id of ["pg-files", "pg-folder"]) {
  at(id).onchange = async () => {
    add(await chosen(at(id)));
    at(id).value = "";
  };
}
for (const tier of document.querySelectorAll("input[name=pg-tier]")) tier.onchange = check;
at("pg-patch").onclick = () => save("async-tests.patch", state.diff, "text/x-diff");
at("pg-share").onclick = async () => {
  const texts = [...state.files].map(([name, content]) => [name, textOf(content)]);
  const hash = await packed(texts, state.options);
  if (hash === null) {
    say("This is too much for a link. Keep the files that matter.");
    return;
  }
  history.replaceState(null, "", location.pathname + hash);
  await copy(location.href, at("pg-share"));
};
const page = at("playground");
page.ondragover = (event) => {
  event.preventDefault();
  page.classList.add("over");
};
page.ondragleave = () => page.classList.remove("over");
page.ondrop = async (event) => {
  event.preventDefault();
  page.classList.remove("over");
  add(await dropped(event.dataTransfer));
};

async function given() {
  const carried = await unpacked(location.hash).catch(() => null);
  if (carried) return carried;
  const [, code, number] = /^\?example=(AT\d{3})\.(\d+)$/.exec(location.search) ?? [];
  const answer = await fetch(`../examples/${code ?? "start"}.json`);
  const examples = answer.ok ? await answer.json() : [];
  const example = examples[number ?? 0] ?? { files: { "test_it.py": "" } };
  return { files: new Map(Object.entries(example.files)), options: example.options };
}

open(await given());
