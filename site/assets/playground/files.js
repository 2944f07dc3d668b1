// Files of the reader: those that are dropped or chosen, as far as the command reads them.

const READ = /(^|\/)(.*\.(py|pyi|toml|cfg|ini|txt|in|ya?ml|lock|json)|Pipfile|Makefile|justfile)$/;
const SKIPPED = /(^|\/)(\.git|\.hg|node_modules|\.venv|venv|__pycache__|\.tox|\.nox|site-packages)\//;
const LARGEST = 2_000_000;

const isRead = (name) => READ.test(name) && !SKIPPED.test(name);

async function readAll(found) {
  const read = found
    .filter(([name, file]) => isRead(name) && file.size <= LARGEST)
    .map(async ([name, file]) => [name, new Uint8Array(await file.arrayBuffer())]);
  return new Map((await Promise.all(read)).sort(([one], [other]) => (one < other ? -1 : 1)));
}

// Without the name of the folder that was chosen, if there is one for all.
function inside(found) {
  const [first] = found.map(([name]) => name.split("/")[0]);
  const isOne = found.every(([name]) => name.startsWith(`${first}/`));
  return isOne ? found.map(([name, file]) => [name.slice(first.length + 1), file]) : found;
}

// Return the files of an input, by their path.
export function chosen(input) {
  const found = [...input.files].map((file) => [file.webkitRelativePath || file.name, file]);
  return readAll(inside(found));
}

// Return the files that were dropped, with those in folders.
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return readAll(entries.length === 1 && entries[0].isDirectory ? inside(found) : found);
}

async function walk(entry, found) {
  const name = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    found.push([name, await new Promise((done, failed) => entry.file(done, failed))]);
  } else if (!SKIPPED.test(`${name}/`)) {
    const reader = entry.createReader();
    const next = () => new Promise((done, failed) => reader.readEntries(done, failed));
    // A reader gives a hundred at a time.
    for (let part = await next(); part.length; part = await next()) {
      for (const each of part) await walk(each, found);
    }
  }
}
