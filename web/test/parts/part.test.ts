import assert from "node:assert/strict";
import { test } from "node:test";

import { part } from "../../src/parts/part";

test("a part is fetched once, however many want it", async () => {
  let asked = 0;
  const made = part(async () => {
    asked += 1;
    return "there";
  });

  await Promise.all([made.fetch(), made.fetch()]);
  await made.fetch();

  assert.deepEqual([1, "there", false], [asked, made.value, made.failed]);
});

test("a failed fetch is told, and made again when somebody asks again", async () => {
  const answers = [Promise.reject(new Error("404")), Promise.resolve("there")];
  const made = part(() => answers.shift() as Promise<string>);

  await made.fetch();
  assert.deepEqual([undefined, true], [made.value, made.failed]);
  await made.fetch();

  assert.deepEqual(["there", false], [made.value, made.failed]);
});
