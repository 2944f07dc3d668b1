// A plain text field with line numbers; lines with findings have a mark.
import { make } from "../page.js";

const ORDER = ["advice", "warning", "error"];

export class Editor {
  constructor(field, gutter, changed) {
    this.field = field;
    this.gutter = gutter;
    this.marks = new Map();
    field.oninput = () => {
      this.number();
      changed(field.value);
    };
    field.onscroll = () => (gutter.scrollTop = field.scrollTop);
  }

  show(text) {
    this.field.value = text;
    this.field.scrollTop = 0;
    this.marks.clear();
    this.number();
  }

  mark(findings) {
    this.marks.clear();
    for (const { line, severity, code } of findings) {
      const { severity: old, codes = [] } = this.marks.get(line) ?? {};
      const worst = ORDER.indexOf(severity) > ORDER.indexOf(old) ? severity : old;
      this.marks.set(line, { severity: worst, codes: [...codes, code] });
    }
    this.number();
  }

  number() {
    const count = this.field.value.split("\n").length;
    const lines = Array.from({ length: count }, (_, index) => {
      const mark = this.marks.get(index + 1);
      const title = mark ? mark.codes.join(", ") : "";
      return make("div", { className: mark?.severity ?? "", title }, String(index + 1));
    });
    this.gutter.replaceChildren(...lines);
    this.gutter.scrollTop = this.field.scrollTop;
  }

  goTo(line) {
    const lines = this.field.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    this.field.focus();
    this.field.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    const height = this.field.scrollHeight / Math.max(lines.length, 1);
    this.field.scrollTop = Math.max(0, (line - 4) * height);
  }
}
