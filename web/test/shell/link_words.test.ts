import assert from "node:assert/strict";
import test from "node:test";

import { linkWords, outWords } from "../../src/shell/link_words";

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

test("tables of the other daemon that can't be had are told with the reason, once", () => {
  const out = { apps: "Marathon is away", groups: "Marathon is away" };

  assert.deepEqual(
    ["Not up to date: Marathon is away", "", ""],
    [
      outWords({ phase: "live", since, out }),
      outWords({ phase: "live", since, out: {} }),
      outWords({ phase: "broken", since, out }),
    ],
  );
});
