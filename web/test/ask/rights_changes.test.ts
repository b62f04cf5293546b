import assert from "node:assert/strict";
import test from "node:test";

import { mayHaveChanged } from "../../src/ask/rights_changes";
import type { LinkState } from "../../src/live/protocol";

const state = (phase: LinkState["phase"], out: LinkState["out"] = {}): LinkState => ({ phase, since: 0, out });

test("the first connection is no change, coming back is one", () => {
  assert.deepEqual(
    [false, true, true],
    (["connecting", "broken", "refused"] as const).map((phase) => mayHaveChanged(state(phase), state("live"))),
  );
});

test("a refusal is a change, a broken link is none", () => {
  assert.deepEqual(
    [true, false],
    (["refused", "broken"] as const).map((phase) => mayHaveChanged(state("live"), state(phase))),
  );
});

test("the other daemon goes and comes back with the last of its tables", () => {
  const away = state("live", { apps: "away", groups: "away" });
  const half = state("live", { groups: "away" });

  assert.deepEqual(
    [true, false, true],
    [mayHaveChanged(state("live"), away), mayHaveChanged(away, half), mayHaveChanged(half, state("live"))],
  );
});
