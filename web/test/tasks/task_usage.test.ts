import assert from "node:assert/strict";
import test from "node:test";

import { usageOf, usageWarning } from "../../src/tasks/task_usage";

const MIB = 1024 * 1024;

test("one sample tells memory, not processors: their time only grows", () => {
  const usage = usageOf({ timestamp: 1, cpus_user_time_secs: 5, mem_total_bytes: 3 * MIB, mem_limit_bytes: 4 * MIB });

  assert.deepEqual([undefined, 3, 4], [usage.cpus, usage.mem, usage.memLimit]);
});

test("two samples tell how many processors worked between them, in user mode and in the kernel", () => {
  const before = { timestamp: 10, cpus_user_time_secs: 1, cpus_system_time_secs: 1 };

  assert.equal(1.5, usageOf({ timestamp: 12, cpus_user_time_secs: 3, cpus_system_time_secs: 2 }, before).cpus);
});

test("a container that is another now doesn't use less than nothing", () => {
  const before = { timestamp: 10, cpus_user_time_secs: 100 };

  assert.equal(0, usageOf({ timestamp: 11, cpus_user_time_secs: 1 }, before).cpus);
});

test("being held back is told by the periods between the samples", () => {
  const before = { timestamp: 1, cpus_nr_periods: 100, cpus_nr_throttled: 0 };
  const usage = usageOf({ timestamp: 2, cpus_nr_periods: 110, cpus_nr_throttled: 5 }, before);

  assert.equal(0.5, usage.throttled);
  assert.match(usageWarning(usage) ?? "", /held back in 50%/);
});

test("near the memory limit one is warned, further away not", () => {
  assert.match(
    usageWarning(usageOf({ timestamp: 1, mem_rss_bytes: 95 * MIB, mem_limit_bytes: 100 * MIB })) ?? "",
    /memory limit/,
  );
  assert.equal(undefined, usageWarning(usageOf({ timestamp: 1, mem_rss_bytes: 50 * MIB, mem_limit_bytes: 100 * MIB })));
});
