import assert from "node:assert/strict";
import { test } from "node:test";

import { agoText, spanText } from "../../src/model/ages";
import {
  amountsText,
  amountText,
  briefly,
  numberText,
  percentText,
  plainly,
  resourceNames,
  share,
  sumAmounts,
} from "../../src/model/amounts";
import { parseSpan } from "../../src/model/durations";
import { safeHref } from "../../src/model/links";
import { describeState } from "../../src/model/states";

test("numbers have the digits that say something", () => {
  assert.deepEqual(["0.25", "12.3", "480", "0"], [0.25, 12.34, 480.2, 0].map(numberText));
});

test("memory and disk are told in the unit that fits", () => {
  assert.equal("512 MiB mem", amountText("mem", 512));
  assert.equal("1.5 GiB disk", amountText("disk", 1536));
  assert.equal("2 TiB disk", amountText("disk", 2 * 1024 * 1024));
});

test("what the master says is told with units, without numbers of ports and ids that nobody knows", () => {
  const held = "cpus:0.2; mem:2048; ports:[1-3, 5-5] to framework 41fa6d7e-4a49-0000 (role *), disk:64 to framework b";

  assert.equal("0.2 cpus; 2 GiB mem to role *, 64 MiB disk to framework b", plainly(held));
  assert.equal("everything is allocated: 1 cpu", plainly("for example, everything is allocated: cpus:1"));
  assert.equal(
    "up to 3.5 cpus, 4 GiB disk, 64 MiB mem (1 cpu is free)",
    plainly("up to cpus:3.5 disk:4096 mem:64 (cpus:1 is free)"),
  );
  assert.equal("tasks are text: cpu:1", plainly("tasks are text: cpu:1"));
});

test("a long reason is told by its beginning, with the rest apart; a short one as it is", () => {
  const rest = "1 cpu to framework marathon (role *), which has an offer";

  assert.deepEqual(
    ["On 3 agents: everything is allocated", rest],
    briefly(`On 3 agents: everything is allocated: ${rest}`),
  );
  assert.deepEqual(["it was refused for a while", rest], briefly(`it was refused for a while; for example, ${rest}`));
  assert.deepEqual(["nothing is allocated now: paused", ""], briefly("nothing is allocated now: paused"));
});

test("one of a resource is told in the singular", () => {
  assert.equal("1 cpu", amountText("cpus", 1));
  assert.equal("0.5 cpus", amountText("cpus", 0.5));
});

test("amounts are told in the order everybody knows, without those that are zero", () => {
  assert.equal("2 cpus, 1 GiB mem, 3 bits", amountsText({ bits: 3, mem: 1024, cpus: 2, disk: 0 }));
  assert.equal("nothing", amountsText({}));
  assert.deepEqual(["cpus", "mem", "apples"], resourceNames({ apples: 1, mem: 1 }, { cpus: 1 }));
});

test("a share of nothing is none, and a small one is not told as none, nor almost all as all", () => {
  assert.equal(0, share(1, 0));
  assert.deepEqual(["0%", "<1%", "37%", "99%", "100%"], [0, 0.004, 0.368, 0.998, 1].map(percentText));
});

test("spans have a second part only while the first is small", () => {
  assert.deepEqual(["0s", "59s", "3m 5s", "12m", "2h 10m", "4d 3h"], [0, 59, 185, 725, 7800, 356_400].map(spanText));
});

test("moments are told from either side of now", () => {
  assert.deepEqual(
    ["3m ago", "in 2h", "now"],
    [820, 8200, 1000].map((at) => agoText(at, 1000)),
  );
});

test("spans are read as people type them, and nothing else is", () => {
  assert.deepEqual([90, 300, 5400, 172_800, 0], ["90", "5m", "1h 30m", "2days", "0s"].map(parseSpan));
  assert.deepEqual([undefined, undefined, undefined, undefined], ["", "soon", "5x", "-3s"].map(parseSpan));
});

test("only absolute http and https addresses are followed", () => {
  assert.equal("https://example.org/a", safeHref("https://example.org/a"));
  for (const bad of [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "//example.org",
    "/ui/",
    "http://",
    "",
  ]) {
    assert.equal(undefined, safeHref(bad), bad);
  }
});

test("states have a tone and a word, and one that nobody knows is shown as it is", () => {
  assert.deepEqual({ word: "gone by operator", tone: "idle", icon: "stop" }, describeState("TASK_GONE_BY_OPERATOR"));
  assert.deepEqual({ word: "Waiting", tone: "warn", icon: "clock" }, describeState("Waiting"));
  assert.deepEqual({ word: "Odd", tone: "idle", icon: "question" }, describeState("Odd"));
});

test("a resource called as what every object has is passed over, as amounts without it seem to have it", () => {
  assert.deepEqual(["cpus"], resourceNames({ cpus: 1, constructor: 2, toString: 3 }));
  assert.deepEqual({ cpus: 2 }, sumAmounts([{ cpus: 1, valueOf: 2 }, { cpus: 1 }]));
});
