// The start page: switches on one side, the files that Copier has made for them on the other.
import { copy, make, save } from "../page.js";
import { changedLines } from "./changes.js";
import { zip } from "./zip.js";

const at = (id) => document.getElementById(id);
const { questions, copies, refused, contents, name, template } = await (
  await fetch("../copies.json")
).json();
const answers = new Map(questions.map(({ key, default: value }) => [key, value]));
const keyOf = (values) => values.map((value) => String(value).toLowerCase()).join("|");
const filesOf = () => copies[keyOf([...answers.values()])];

let before = null; // the files of the answers before the last switch
let shown = "pyproject.toml";

// Why a choice is impossible after the answers above it, undefined if it is not.
function reason(place, value) {
  const above = questions.slice(0, place).map(({ key }) => answers.get(key));
  return refused[keyOf([...above, value])];
}

function drawSwitches() {
  const groups = questions.map(({ key, help, choices }, place) => {
    const rows = choices.map(({ label, value }) => {
      const why = reason(place, value);
      const [title, ...rest] = label.split(/ - |: /);
      const input = make("input", {
        type: "radio",
        name: key,
        value: String(value),
        checked: answers.get(key) === value,
        disabled: why !== undefined,
        onchange: () => choose(key, value),
      });
      const note = why ?? rest.join(": ");
      const text = make("span", {}, make("b", {}, title));
      if (note) text.append(make("small", {}, note));
      return make("label", { className: why ? "off" : "" }, input, text);
    });
    return make("fieldset", {}, make("legend", {}, help), ...rows);
  });
  at("st-switches").replaceChildren(...groups);
}

function choose(key, value) {
  before = filesOf();
  answers.set(key, value);
  const fallen = [];
  questions.forEach((question, place) => {
    if (reason(place, answers.get(question.key)) === undefined) return;
    answers.set(question.key, question.default);
    fallen.push(question.key);
  });
  draw();
  document.querySelector(`input[name="${key}"][value="${value}"]`)?.focus();
  const now = filesOf();
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  const changed = [...names].filter((file) => before[file] !== now[file]);
  const again = fallen.length ? ` ${fallen.join(" and ")} went back to the default.` : "";
  at("st-status").textContent = `${changed.length} of ${names.size} files are different.${again}`;
}

function draw() {
  drawSwitches();
  drawCommand();
  drawFiles();
}

function drawCommand() {
  const given = questions
    .filter(({ key, default: value }) => answers.get(key) !== value)
    .map(({ key }) => `--data ${key}=${answers.get(key)} `);
  at("st-command").textContent = `uvx copier copy --defaults ${given.join("")}${template} ${name}`;
}

function drawFiles() {
  const now = filesOf();
  const names = [...new Set([...Object.keys(now), ...Object.keys(before ?? {})])].sort();
  if (!(shown in now)) shown = "pyproject.toml";
  const rows = names.map((file) => {
    const kind = !before || before[file] === now[file] ? "" : stateOf(file, now);
    const button = make("button", { type: "button", className: kind, disabled: !(file in now) }, ...breakable(file));
    if (kind) button.append(make("small", {}, ` ${kind}`));
    if (file === shown) button.setAttribute("aria-current", "true");
    button.onclick = () => {
      shown = file;
      drawFiles();
      [...at("st-files").querySelectorAll("button")].find((b) => b.ariaCurrent)?.focus();
    };
    return make("li", {}, button);
  });
  at("st-files").replaceChildren(...rows);
  drawContent(now);
}

// Where a path does not fit on a line, it goes on after a slash.
function breakable(path) {
  return path.split(/(?<=\/)/).flatMap((part, place) => (place ? [make("wbr"), part] : [part]));
}

function stateOf(file, now) {
  if (!(file in now)) return "gone";
  return file in before ? "changed" : "new";
}

function drawContent(now) {
  const text = contents[now[shown]];
  const old = before && shown in before ? contents[before[shown]] : null;
  const changed = old === null || old === text ? new Set() : changedLines(old, text);
  const lines = text.replace(/\n$/, "").split("\n");
  const spans = lines.map((line, place) =>
    make("span", { className: changed.has(place) ? "added" : "" }, `${line}\n`),
  );
  at("st-name").textContent = shown;
  at("st-content").replaceChildren(...spans);
  const first = at("st-content").querySelector(".added");
  const box = at("st-content").parentElement;
  box.scrollTop = 0;
  if (first) {
    const down = first.getBoundingClientRect().top - box.getBoundingClientRect().top;
    box.scrollTop = down - box.clientHeight / 3;
  }
}

at("st-copy").onclick = () => copy(at("st-command").textContent, at("st-copy"));
at("st-zip").onclick = () => {
  const files = Object.entries(filesOf()).map(([path, number]) => [
    `${name}/${path}`,
    contents[number],
  ]);
  save(`${name}.zip`, zip(files), "application/zip");
};
draw();
at("st-status").textContent = `${Object.keys(filesOf()).length} files.`;
