import assert from "node:assert/strict";
import { test } from "node:test";

import {
  drainCall,
  type Schedule,
  scheduledMachine,
  standsOn,
  withAbsence,
  withoutMachine,
} from "../../src/agents/agent_orders";
import { readVolumes } from "../../src/agents/volumes";
import type { AgentRow } from "../../src/model/rows";

const agent = { id: "S1", hostname: "Node1", ip: "10.0.0.1" } as AgentRow;
const window = (...machine_ids: { hostname?: string; ip?: string }[]) => ({
  machine_ids,
  unavailability: { start: { nanoseconds: 1 } },
});

test("a drain says the grace period only where one is wanted", () => {
  assert.deepEqual(
    { type: "DRAIN_AGENT", drain_agent: { agent_id: { value: "S1" }, mark_gone: false } },
    drainCall("S1", undefined, false),
  );
  assert.deepEqual(
    { agent_id: { value: "S1" }, mark_gone: true, max_grace_period: { seconds: 1, nanos: 500_000_000 } },
    drainCall("S1", 1.5, true)["drain_agent"],
  );
});

test("an agent stands on a machine when all that names it is true", () => {
  assert.ok(standsOn(agent, { hostname: "node1" }));
  assert.ok(standsOn(agent, { ip: "10.0.0.1" }));
  assert.ok(!standsOn(agent, { hostname: "node1", ip: "10.0.0.2" }));
  assert.ok(!standsOn(agent, {}));
});

test("the fullest of the scheduled names that fit is the agent's machine", () => {
  const schedule: Schedule = { windows: [window({ ip: "10.0.0.1" }), window({ hostname: "node1", ip: "10.0.0.1" })] };

  assert.deepEqual({ hostname: "node1", ip: "10.0.0.1" }, scheduledMachine(schedule, agent));
  assert.equal(undefined, scheduledMachine({}, agent));
});

test("a new absence replaces the one the machine had, under its name there, and leaves others alone", () => {
  const before: Schedule = { windows: [window({ hostname: "node1" }, { hostname: "other" })] };
  const after = withAbsence(before, agent, 100, 60);

  assert.deepEqual(
    [[{ hostname: "other" }], [{ hostname: "node1" }]],
    after.windows?.map((each) => each.machine_ids),
  );
  assert.deepEqual(
    { start: { nanoseconds: 100e9 }, duration: { nanoseconds: 60e9 } },
    after.windows?.[1]?.unavailability,
  );
});

test("an absence without a length has no end", () => {
  assert.ok(!Object.hasOwn(withAbsence({}, agent, 100, undefined).windows?.[0]?.unavailability ?? {}, "duration"));
});

test("a window that is left without machines goes", () => {
  assert.deepEqual(
    { windows: [] },
    withoutMachine({ windows: [window({ hostname: "NODE1" })] }, { hostname: "node1" }),
  );
});

test("volumes are the reserved resources that have a name on disk", () => {
  const full = { db: [{ scalar: { value: 5 } }, { disk: { persistence: { id: "v1" } }, scalar: { value: 64 } }] };

  assert.deepEqual([{ id: "v1", role: "db", size: 64 }], readVolumes({ slaves: [{ reserved_resources_full: full }] }));
  assert.deepEqual([], readVolumes(null));
});
