// A unified diff, with a colour for each kind of line.
import { make } from "../page.js";

const KINDS = [
  [/^(---|\+\+\+) /, "file"],
  [/^@@/, "hunk"],
  [/^\+/, "added"],
  [/^-/, "dropped"],
];

export function showDiff(element, diff, tier) {
  if (!diff) {
    const which = tier === "unsafe" ? "safe or unsafe fix" : "safe fix";
    element.replaceChildren(make("p", {}, `There is no ${which} to make.`));
    return;
  }
  const lines = diff.replace(/\n$/, "").split("\n").map((line) => {
    const kind = KINDS.find(([pattern]) => pattern.test(line))?.[1] ?? "same";
    return make("span", { className: kind }, `${line}\n`);
  });
  const block = make("pre", { tabIndex: 0 }, make("code", {}, ...lines));
  block.setAttribute("aria-label", "Diff");
  block.setAttribute("role", "region");
  element.replaceChildren(block);
}
