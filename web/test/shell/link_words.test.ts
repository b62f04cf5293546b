import assert from "node:assert/strict";
import test from "node:test";

import { linkWords } from "../../src/shell/link_words";

const since = 1_000_000;
const at = (seconds: number) => since / 1000 + seconds;

test("a link that stands is not spoken of", () => {
  assert.equal("", linkWords({ phase: "live", since, out: {} }, at(100)));
});

test("a link that is broken says why, once it has been for two seconds", () => {
  const broken = { phase: "broken", since, why: "nobody answers", out: {} } as const;

  assert.deepEqual(["", "Not up to date: nobody answers"], [linkWords(broken, at(1)), linkWords(broken, at(3))]);
});

test("a refusal is told at once", () => {
  assert.equal(
    "Not allowed to read: who are you?",
    linkWords({ phase: "refused", since, why: "who are you?", out: {} }, at(0)),
  );
});
