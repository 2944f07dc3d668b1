// Which lines of a text were not in the one before: the longest common subsequence, line by line.

export function changedLines(before, after) {
  const [old, now] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let [a, b] = [old.length, now.length];
  while (a > start && b > start && old[a - 1] === now[b - 1]) [a, b] = [a - 1, b - 1];
  const [left, right] = [old.slice(start, a), now.slice(start, b)];
  const lengths = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      lengths[i][j] =
        left[i] === right[j]
          ? lengths[i + 1][j + 1] + 1
          : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const changed = new Set();
  for (let i = 0, j = 0; j < right.length; ) {
    if (i < left.length && left[i] === right[j]) [i, j] = [i + 1, j + 1];
    else if (i < left.length && lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else changed.add(start + j++);
  }
  return changed;
}
