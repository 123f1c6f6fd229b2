"use strict";
// The host of the vscode-jsonrpc contestant: it measures itself. Each line on stdin asks for one measurement, as
// `benchmarks/contestant.py` describes; each is answered by one line of JSON on stdout. The end of stdin is the
// end of it.

const { spawn } = require("node:child_process");
const path = require("node:path");
const readline = require("node:readline");
const rpc = require("vscode-jsonrpc/node");

const SMALL = { id: 7, name: "echo", tags: ["a", "b"], share: 0.5 };
const NOTIFIED = 10_000;

/** Start a child and connect to it. */
function launch() {
  const child = spawn(process.execPath, [path.join(__dirname, "plugin.js")], { stdio: ["pipe", "pipe", "inherit"] });
  const connection = rpc.createMessageConnection(
    new rpc.StreamMessageReader(child.stdout),
    new rpc.StreamMessageWriter(child.stdin),
  );
  connection.onRequest("echo", (params) => params.value);
  connection.listen();
  return {
    pid: child.pid,
    connection,
    echo: (value) => connection.sendRequest("echo", { value }),
    end: () =>
      new Promise((ended) => {
        child.once("exit", ended);
        connection.dispose();
        child.stdin.end();
      }),
  };
}

/** Call, wait, call: p50 and p99 in microseconds. */
async function sequential(standing, seconds) {
  for (const until = performance.now() + seconds * 100; performance.now() < until; ) await standing.echo(SMALL);
  const times = [];
  const until = performance.now() + seconds * 1e3;
  for (let before = performance.now(); before < until; ) {
    await standing.echo(SMALL);
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  times.sort((a, b) => a - b);
  return [0.5, 0.99].map((share) => times[Math.floor(times.length * share)] * 1e3);
}

/** Keep many calls under way: calls per second. */
async function pipelined(standing, seconds, inFlight) {
  const keepBusy = async (until) => {
    let calls = 0;
    const oneAfterTheOther = async () => {
      while (performance.now() < until) {
        await standing.echo(SMALL);
        calls += 1;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, oneAfterTheOther));
    return calls;
  };
  await keepBusy(performance.now() + seconds * 100);
  const began = performance.now();
  const calls = await keepBusy(began + seconds * 1e3);
  return [(calls / (performance.now() - began)) * 1e3];
}

/** So many times a second, at least once. */
async function perSecond(once, seconds) {
  let times = 0;
  const began = performance.now();
  do {
    await once();
    times += 1;
  } while (performance.now() < began + seconds * 1e3);
  return (times / (performance.now() - began)) * 1e3;
}

/** Echo one text after the other: megabytes per second, counted one way. */
async function payload(standing, seconds, size) {
  const text = "x".repeat(size);
  const once = async () => {
    const answer = await standing.echo(text);
    if (answer.length !== size) throw new Error(`${answer.length} bytes came back instead of ${size}`);
  };
  await once();
  return [((await perSecond(once, seconds)) * size) / 1e6];
}

/** Send notifications that are taken: so many per second. */
async function notify(standing, seconds) {
  const once = async () => {
    for (let sent = 0; sent < NOTIFIED; sent++) void standing.connection.sendNotification("happened", SMALL);
    await standing.connection.sendRequest("taken");
  };
  return [(await perSecond(once, seconds)) * NOTIFIED];
}

async function main() {
  const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
  const standing = launch();
  await standing.echo(SMALL);
  let started = [];
  const endAll = async () => {
    await Promise.all(started.map((one) => one.end()));
    started = [];
  };
  const measure = async (name, seconds, count) => {
    switch (name) {
      case "sequential":
        return { figures: await sequential(standing, seconds) };
      case "pipelined":
        return { figures: await pipelined(standing, seconds, count) };
      case "payload":
        return { figures: await payload(standing, seconds, count) };
      case "notify":
        return { figures: await notify(standing, seconds) };
      case "call_back":
        return { figures: [await standing.connection.sendRequest("callBack", { value: SMALL, seconds })] };
      case "start": {
        const began = performance.now();
        started = Array.from({ length: count }, launch);
        await Promise.all(started.map((one) => one.echo(SMALL)));
        return { figures: [performance.now() - began], pids: started.map((one) => one.pid) };
      }
      case "stop":
        await endAll();
        return {};
      default:
        return { absent: "it has nothing of the kind, or not in a way that this suite uses" };
    }
  };
  say({ pids: [standing.pid] });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, seconds, count] = line.split(" ");
    say(await measure(name, Number(seconds), Number(count)).catch((error) => ({ failed: String(error) })));
  }
  await endAll();
  await standing.end();
  process.exit();
}

void main();
