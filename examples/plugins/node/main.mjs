// A plugin in JavaScript, on Node's standard library alone. It serves calls concurrently, produces a stream
// under the reader's credit, and stops what is cancelled. docs/protocol.md describes the wire.

import { setTimeout as sleep } from "node:timers/promises";

const PROTOCOL_VERSION = 1;
const MAX_UNACKNOWLEDGED_BYTES = 1024 * 1024;

const PARSE_ERROR = -32700;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
const CANCELLED = -32002;
const WRONG_SHAPE = -32005;
const VERSION_MISMATCH = -32009;

class CallFailed extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// --- The plugin's own methods. An async function is a call, an async generator a stream. -------------------

const own = {
  async echo(params) {
    return params;
  },

  async nap({ ms = 0 }, signal) {
    await sleep(ms, undefined, { signal });
    return ms;
  },

  async *count({ upto }) {
    if (!Number.isInteger(upto)) throw new CallFailed(INVALID_PARAMS, "parameter 'upto': expected an integer");
    for (let i = 0; i < upto; i++) yield i;
  },
};

const isStream = (method) => own[method].constructor.name === "AsyncGeneratorFunction";

// --- What every plugin answers. ----------------------------------------------------------------------------

const life = {
  async "plugin.initialize"({ protocol_versions }) {
    if (!protocol_versions.includes(PROTOCOL_VERSION)) {
      throw new CallFailed(VERSION_MISMATCH, `this plugin speaks protocol ${PROTOCOL_VERSION} only`);
    }
    return {
      protocol_version: PROTOCOL_VERSION,
      capabilities: { meta: true },
      methods: Object.keys(own).map((name) => ({ name, stream: isStream(name) })),
    };
  },

  async "plugin.load"() {
    send({ method: "log.write", params: { level: "info", message: "node-echo is ready", data: { node: process.version } } });
    return {};
  },

  async "plugin.unload"() {
    return {};
  },

  async "plugin.ping"() {
    return {};
  },
};

// --- Streams: at most `credit` items, and not over a mebibyte, may be unacknowledged. ----------------------

class Window {
  #sizes = [];
  #unacknowledged = 0;
  #wake = () => {};

  constructor(credit, signal) {
    this.credit = credit;
    signal.addEventListener("abort", () => this.#wake());
  }

  async opened(signal) {
    while (this.credit <= 0 || this.#unacknowledged >= MAX_UNACKNOWLEDGED_BYTES) {
      signal.throwIfAborted();
      await new Promise((resolve) => (this.#wake = resolve));
    }
    signal.throwIfAborted();
  }

  sent(bytes) {
    this.credit -= 1;
    this.#sizes.push(bytes);
    this.#unacknowledged += bytes;
  }

  acknowledge(items) {
    if (!(items > 0 && items <= this.#sizes.length)) return; // never more than is outstanding
    this.credit += items;
    for (const bytes of this.#sizes.splice(0, items)) this.#unacknowledged -= bytes;
    this.#wake();
  }
}

async function produce(call, items) {
  let seq = 0;
  for await (const item of items) {
    await call.window.opened(call.abort.signal);
    call.window.sent(Buffer.byteLength(JSON.stringify(item)));
    send({ method: "$/stream", params: { id: call.id, seq: seq++, item } });
    // A generator that never waits would keep the loop from reading `$/cancel`.
    if (seq % 16 === 0) await new Promise(setImmediate);
  }
  return null;
}

// --- The wire. ---------------------------------------------------------------------------------------------

const calls = new Map(); // request id -> {id, abort, window}

function send(message) {
  process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
}

function run(call, method, { _meta: meta, ...params }) {
  if (Object.hasOwn(life, method)) return life[method](params);
  if (!Object.hasOwn(own, method)) throw new CallFailed(METHOD_NOT_FOUND, `there is no method '${method}'`);
  if (isStream(method) !== (meta?.stream !== undefined)) {
    throw new CallFailed(WRONG_SHAPE, `${method} is ${isStream(method) ? "a" : "no"} stream`);
  }
  if (!isStream(method)) return own[method](params, call.abort.signal);
  call.window = new Window(meta.stream.credit, call.abort.signal);
  return produce(call, own[method](params, call.abort.signal));
}

// Answers exactly once, whatever happens: a result, an error, or `cancelled`.
async function serve({ id, method, params = {} }) {
  const call = { id, abort: new AbortController(), window: null };
  calls.set(id, call);
  let answer;
  try {
    answer = { result: (await run(call, method, params)) ?? null };
  } catch (error) {
    if (call.abort.signal.aborted) answer = { error: { code: CANCELLED, message: "the caller cancelled it" } };
    else if (error instanceof CallFailed) answer = { error: { code: error.code, message: error.message } };
    else {
      console.error(`${method} failed:`, error); // stderr is the log
      answer = { error: { code: INTERNAL_ERROR, message: "the method failed" } };
    }
  }
  calls.delete(id);
  send({ id, ...answer });
}

function take(line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    send({ id: null, error: { code: PARSE_ERROR, message: "the line is not JSON" } });
    return;
  }
  const { id, method, params } = message;
  if (method === undefined) return; // this plugin asks the host nothing, so no answer is for it
  if (id !== undefined) void serve(message);
  else if (method === "$/cancel") calls.get(params.id)?.abort.abort();
  else if (method === "$/credit") calls.get(params.id)?.window?.acknowledge(params.n);
}

// Lines end at byte 10 only. Node's readline would also split at U+2028, which JSON texts may hold as it is.
let chunks = [];
process.stdin.on("data", (data) => {
  let start = 0;
  for (let end; (end = data.indexOf(10, start)) >= 0; start = end + 1) {
    chunks.push(data.subarray(start, end));
    take(Buffer.concat(chunks).toString("utf8"));
    chunks = [];
  }
  if (start < data.length) chunks.push(data.subarray(start));
});

// The host closed its end: leave, whatever is still at work.
process.stdin.on("end", () => process.exit(0));
