import assert from "node:assert/strict";
import test from "node:test";

import {
  addressesOf,
  historyOf,
  isOver,
  type MasterStatus,
  type MasterTask,
  measuredContainer,
  portLinks,
  sandboxOf,
} from "../../src/tasks/master_task";

const task = (change: Partial<MasterTask> = {}): MasterTask => ({
  id: "web.1",
  name: "web",
  framework_id: "F",
  executor_id: "",
  slave_id: "S",
  state: "TASK_RUNNING",
  role: "*",
  resources: {},
  statuses: [],
  ...change,
});
const status = (timestamp: number, change: Partial<MasterStatus> = {}): MasterStatus => ({
  state: "TASK_RUNNING",
  timestamp,
  ...change,
});
const inContainer = (container_id: { value: string; parent?: { value: string } }) => ({
  container_status: { container_id },
});

test("a command's sandbox is that of the executor of its own name", () => {
  assert.deepEqual({ agent: "S", path: "/frameworks/F/executors/web.1/runs/latest" }, sandboxOf(task()));
});

test("a task of an executor has its files in the executor's sandbox", () => {
  assert.equal("/frameworks/F/executors/E/runs/latest", sandboxOf(task({ executor_id: "E" })).path);
});

test("a task of a pod has a folder of its own within the pod's", () => {
  const nested = task({ executor_id: "E", statuses: [status(1, inContainer({ value: "c", parent: { value: "p" } }))] });

  assert.equal("/frameworks/F/executors/E/runs/latest/tasks/web.1", sandboxOf(nested).path);
  assert.equal("p", measuredContainer(nested));
});

test("a later status that names no container doesn't hide the one it had", () => {
  const ended = task({ statuses: [status(1, inContainer({ value: "c" })), status(2, { state: "TASK_FAILED" })] });

  assert.equal("c", measuredContainer(ended));
  assert.equal(undefined, measuredContainer(task()));
});

test("addresses are those told last, each once", () => {
  const at = (...addresses: string[]) => ({
    container_status: { network_infos: [{ ip_addresses: addresses.map((ip_address) => ({ ip_address })) }] },
  });

  assert.deepEqual(
    ["10.0.0.2"],
    addressesOf(task({ statuses: [status(1, at("10.0.0.1")), status(2, at("10.0.0.2", "10.0.0.2")), status(3)] })),
  );
});

test("ports are addresses for a browser, those of udp are not", () => {
  const named = task({
    discovery: {
      ports: {
        ports: [
          { number: 53, protocol: "udp" },
          { number: 8443, name: "https" },
        ],
      },
    },
  });

  assert.deepEqual(
    [
      { number: 80, name: "", href: "http://h:80" },
      { number: 53, name: "" },
      { number: 8443, name: "https", href: "https://h:8443" },
    ],
    portLinks("h", [80, 53, 8443], named),
  );
  assert.equal("http://[::1]:80", portLinks("::1", [80])[0]?.href);
});

test("the history is told newest first, with how long each state stood", () => {
  const steps = historyOf(task({ statuses: [status(10, { state: "TASK_STAGING" }), status(13)] }));

  assert.deepEqual(
    [
      ["TASK_RUNNING", undefined],
      ["TASK_STAGING", 3],
    ],
    steps.map((step) => [step.status.state, step.lasted]),
  );
});

test("an unreachable task is not over", () => {
  assert.deepEqual([true, false, false], ["TASK_LOST", "TASK_UNREACHABLE", "TASK_KILLING"].map(isOver));
});
