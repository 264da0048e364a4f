// The module and its vectors, in any runtime: nothing here belongs to one.

/** The module's own `call`: text and bytes in, text out. */
export function callOf(module) {
  const { alloc, call, free, memory } = new WebAssembly.Instance(module).exports;
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
  const ask = (text, body) => {
    const head = encoder.encode(text);
    const length = head.length + body.length;
    const place = alloc(length);
    const room = new Uint8Array(memory.buffer, place, length);
    room.set(head);
    room.set(body, head.length);
    const said = call(place, head.length, length);
    const size = new DataView(memory.buffer).getUint32(said, true);
    const answer = decoder.decode(new Uint8Array(memory.buffer, said + 4, size));
    free(said);
    return answer;
  };
  ask.memory = memory;
  return ask;
}

/** What a vector is about. */
export function bytesOf({ body, body_hex: hex }) {
  if (hex === undefined) return new TextEncoder().encode(body ?? "");
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** How many vectors of a file there are; the first whose answer is another is thrown. */
export function held(module, vectors) {
  // Handles of definitions are counted from the module's beginning.
  const call = callOf(module);
  for (const vector of vectors) {
    const told = call(vector.request, bytesOf(vector));
    if (told !== vector.answer) throw new Error(`${vector.request}\n${told}\n${vector.answer}`);
  }
  return vectors.length;
}
