/** What a container uses beside what it may, out of two samples of the agent's. Pure. */

/** The figures of `/containers` that are shown; times are seconds, all else bytes and counts. */
export interface Statistics {
  readonly timestamp: number;
  readonly cpus_user_time_secs?: number;
  readonly cpus_system_time_secs?: number;
  readonly cpus_limit?: number;
  readonly cpus_soft_limit?: number;
  readonly cpus_nr_periods?: number;
  readonly cpus_nr_throttled?: number;
  readonly cpus_throttled_time_secs?: number;
  readonly mem_total_bytes?: number;
  readonly mem_rss_bytes?: number;
  readonly mem_limit_bytes?: number;
  readonly mem_soft_limit_bytes?: number;
  readonly disk_used_bytes?: number;
  readonly disk_limit_bytes?: number;
  readonly processes?: number;
  readonly threads?: number;
  readonly net_rx_bytes?: number;
  readonly net_tx_bytes?: number;
}

export interface MeasuredContainer {
  readonly container_id?: string;
  readonly executor_id: string;
  readonly framework_id: string;
  readonly statistics?: Statistics;
}

/** Between two samples, or since the container began where there is one. Memory in MiB. */
export interface Usage {
  /** Processors used; undefined until there are two samples. */
  readonly cpus?: number;
  readonly cpusLimit?: number;
  /** The part of periods in which it was held back. */
  readonly throttled?: number;
  readonly mem?: number;
  readonly memLimit?: number;
  readonly disk?: number;
  readonly diskLimit?: number;
  readonly facts: readonly (readonly [string, string])[];
}

const MIB = 1024 * 1024;

/** What is used now. `before` is an earlier sample of the same container. */
export function usageOf(now: Statistics, before?: Statistics): Usage {
  const seconds = before === undefined ? 0 : now.timestamp - before.timestamp;
  const grown = (value: (one: Statistics) => number | undefined) => {
    const [later, earlier] = [value(now), before && value(before)];
    return later === undefined || earlier === undefined ? undefined : Math.max(0, later - earlier);
  };
  const worked = grown((one) => (one.cpus_user_time_secs ?? 0) + (one.cpus_system_time_secs ?? 0));
  const periods = grown((one) => one.cpus_nr_periods);
  const held = grown((one) => one.cpus_nr_throttled);
  return defined({
    cpus: seconds > 0 && now.cpus_user_time_secs !== undefined && worked !== undefined ? worked / seconds : undefined,
    cpusLimit: now.cpus_limit,
    throttled: periods && held !== undefined ? held / periods : undefined,
    mem: mebibytes(now.mem_total_bytes ?? now.mem_rss_bytes),
    memLimit: mebibytes(now.mem_limit_bytes),
    disk: mebibytes(now.disk_used_bytes),
    diskLimit: mebibytes(now.disk_limit_bytes),
    facts: factsOf(now),
  });
}

function factsOf(now: Statistics): (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = [];
  if (now.processes !== undefined) {
    facts.push(["processes", `${now.processes}${now.threads === undefined ? "" : `, ${now.threads} threads`}`]);
  }
  if (now.cpus_throttled_time_secs) facts.push(["held back", `${now.cpus_throttled_time_secs.toFixed(1)} s in all`]);
  return facts;
}

/** Something that a person should know about what it uses: one sentence, or nothing. */
export function usageWarning(usage: Usage): string | undefined {
  if (usage.throttled !== undefined && usage.throttled > 0.1) {
    const percent = Math.round(usage.throttled * 100);
    return `It is held back in ${percent}% of its periods: it would use more cpus than it may.`;
  }
  if (usage.mem !== undefined && usage.memLimit && usage.mem / usage.memLimit > 0.9) {
    return "It is near its memory limit: beyond it, it is killed.";
  }
  return undefined;
}

function mebibytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / MIB;
}

/** Without what is undefined. */
function defined<Value extends object>(value: { [Name in keyof Value]: Value[Name] | undefined }): Value {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value;
}
