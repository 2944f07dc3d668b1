// The input in a link: behind the #, which a browser sends to no server.

const LONGEST = 60_000;

async function through(stream, bytes) {
  const piped = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}

// Return the part of an address that carries files and options, null if it would be too long.
export async function packed(files, options) {
  const content = JSON.stringify({ files: Object.fromEntries(files), options });
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(content));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  const coded = btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return coded.length > LONGEST ? null : `#input=${coded}`;
}

// Return the files and options that an address carries, null if it carries none.
export async function unpacked(hash) {
  const coded = /^#input=([\w-]+)$/.exec(hash)?.[1];
  if (!coded) return null;
  const text = atob(coded.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const content = await through(new DecompressionStream("deflate-raw"), bytes);
  const { files, options } = JSON.parse(new TextDecoder().decode(content));
  return { files: new Map(Object.entries(files)), options };
}
