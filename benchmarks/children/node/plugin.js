"use strict";
// The child of the vscode-jsonrpc contestant.

const rpc = require("vscode-jsonrpc/node");

const connection = rpc.createMessageConnection(
  new rpc.StreamMessageReader(process.stdin),
  new rpc.StreamMessageWriter(process.stdout),
);
let taken = 0;

connection.onRequest("echo", (params) => params.value);
connection.onNotification("happened", () => {
  taken += 1;
});
connection.onRequest("taken", () => taken);
connection.onRequest("callBack", async ({ value, seconds }) => {
  const times = [];
  const until = performance.now() + seconds * 1e3;
  for (let before = performance.now(); before < until; ) {
    await connection.sendRequest("echo", { value });
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] * 1e3;
});
connection.onClose(() => process.exit());
connection.listen();
