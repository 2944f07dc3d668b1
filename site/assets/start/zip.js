// A zip without compression, so that no library is needed (PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5).

const table = Uint32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function checksum(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

// Write numbers of two or four bytes, the lowest first.
function record(...fields) {
  const bytes = [];
  for (const [size, value] of fields) {
    for (let place = 0; place < size; place += 1) bytes.push((value >>> (8 * place)) & 0xff);
  }
  return Uint8Array.from(bytes);
}

const UTF8 = 0x0800;
const MIDNIGHT = 0x0021; // the first of January 1980: the same files make the same zip

// Return the bytes of a zip with these files: pairs of path and text.
export function zip(files) {
  const parts = [];
  const entries = [];
  let place = 0;
  const encoder = new TextEncoder();
  for (const [path, text] of files) {
    const name = encoder.encode(path);
    const bytes = encoder.encode(text);
    const common = [
      [2, 20],
      [2, UTF8],
      [2, 0],
      [2, 0],
      [2, MIDNIGHT],
      [4, checksum(bytes)],
      [4, bytes.length],
      [4, bytes.length],
      [2, name.length],
      [2, 0],
    ];
    const head = record([4, 0x04034b50], ...common);
    parts.push(head, name, bytes);
    entries.push(
      record([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, place]),
      name,
    );
    place += head.length + name.length + bytes.length;
  }
  const size = entries.reduce((sum, entry) => sum + entry.length, 0);
  const count = entries.length / 2;
  const end = record(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, size],
    [4, place],
    [2, 0],
  );
  return new Blob([...parts, ...entries, end], { type: "application/zip" });
}
