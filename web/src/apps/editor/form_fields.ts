/** The fields of an app's form: which paths of its JSON they read and change. What stands nowhere here stays as it is. */

import { type Field, type Kind, nameOf } from "./document";
import { fieldFor } from "./json_places";
import type { Path } from "./json_text";

export interface FormField extends Field {
  /** What holds where it is left empty, or an example. */
  readonly hint?: string;
  /** The first is what holds where nothing is said. */
  readonly choices?: readonly string[];
  /** Whence words are suggested: attributes of agents, ids of apps. */
  readonly suggest?: "attributes" | "apps";
  readonly isWide?: boolean;
}

/** Rows of one list; columns' paths begin at the row. */
export interface ListField {
  readonly kind: "list";
  readonly path: Path;
  readonly label: string;
  /** A row to begin with. */
  readonly fresh: string;
  readonly columns: readonly FormField[];
}

/** Names and values. */
export interface MapField {
  readonly kind: "map";
  readonly path: Path;
  readonly label: string;
}

export interface Section {
  readonly title: string;
  readonly fields: readonly (FormField | ListField | MapField)[];
}

const PORT_COLUMNS = [choice("protocol", "Protocol", ["tcp", "udp", "udp,tcp"]), text("name", "Name")];

const CONTAINER: Section = {
  title: "Container",
  fields: [
    choice("container/type", "Runs in", ["", "DOCKER", "MESOS"]),
    text("container/docker/image", "Image", { hint: "koinon/busybox", isWide: true }),
    flag("container/docker/forcePullImage", "Pull the image at every start"),
    flag("container/docker/privileged", "Privileged"),
    list("container/docker/parameters", "Docker parameters", '{"key": "", "value": ""}', [
      text("key", "Name", { keepsEmpty: true }),
      text("value", "Value", { keepsEmpty: true }),
    ]),
    list("container/volumes", "Volumes", '{"containerPath": "", "mode": "RW"}', [
      text("containerPath", "In the container", { keepsEmpty: true }),
      text("hostPath", "On the agent"),
      choice("mode", "Mode", ["RW", "RO"]),
      number("persistent/size", "Persistent, MiB"),
    ]),
  ],
};

const NETWORK: Section = {
  title: "Network and ports",
  fields: [
    list("networks", "Networks", '{"mode": "container"}', [
      choice("mode", "Mode", ["container", "container/bridge", "host"]),
      text("name", "Name"),
    ]),
    list("container/portMappings", "Port mappings", '{"containerPort": 0}', [
      number("containerPort", "In the container"),
      number("hostPort", "On the agent"),
      number("servicePort", "Service"),
      ...PORT_COLUMNS,
    ]),
    list("portDefinitions", "Ports on the agent's own network", '{"port": 0}', [
      number("port", "Port"),
      ...PORT_COLUMNS,
    ]),
    flag("requirePorts", "The agent must have exactly these ports free"),
  ],
};

const HEALTH: Section = {
  title: "Health checks",
  fields: [
    list("healthChecks", "Checks", '{"protocol": "MESOS_HTTP", "path": "/", "portIndex": 0}', [
      choice("protocol", "Kind", ["HTTP", "HTTPS", "TCP", "COMMAND", "MESOS_HTTP", "MESOS_HTTPS", "MESOS_TCP"]),
      text("path", "Path"),
      number("portIndex", "Port index"),
      text("command/value", "Command"),
      number("delaySeconds", "First after, s", "15"),
      number("gracePeriodSeconds", "Grace, s", "300"),
      number("intervalSeconds", "Every, s", "60"),
      number("timeoutSeconds", "Timeout, s", "20"),
      number("maxConsecutiveFailures", "Failures", "3"),
    ]),
  ],
};

const PLACEMENT: Section = {
  title: "Placement",
  fields: [
    list("constraints", "Constraints", '["hostname", "UNIQUE"]', [
      { path: [0], label: "Attribute", kind: "text", keepsEmpty: true, suggest: "attributes" },
      {
        path: [1],
        label: "Operator",
        kind: "choice",
        choices: "UNIQUE CLUSTER GROUP_BY LIKE UNLIKE MAX_PER IS".split(" "),
      },
      { path: [2], label: "Value", kind: "text" },
    ]),
    text("role", "Role"),
    lines("acceptedResourceRoles", "Takes resources of roles", "one a line"),
  ],
};

const UPGRADE: Section = {
  title: "Upgrades and failures",
  fields: [
    number("upgradeStrategy/minimumHealthCapacity", "Least healthy share in an upgrade", "1"),
    number("upgradeStrategy/maximumOverCapacity", "Most extra share in an upgrade", "1"),
    number("backoffSeconds", "First delay after a failure, s", "1"),
    number("backoffFactor", "Each next delay is longer by", "1.15"),
    number("maxLaunchDelaySeconds", "Longest delay, s", "300"),
    { ...lines("dependencies", "Starts after", "ids of apps or groups, one a line"), suggest: "apps" },
  ],
};

export const SECTIONS: readonly Section[] = [
  {
    title: "The app",
    fields: [
      text("id", "Id", { hint: "/shop/web", isWide: true }),
      number("instances", "Instances", "1"),
      number("cpus", "CPUs", "1"),
      number("mem", "Memory, MiB", "128"),
      number("disk", "Disk, MiB", "0"),
      number("gpus", "GPUs", "0"),
      { ...lines("cmd", "Command", "sleep 1000"), kind: "text" },
      lines("args", "Arguments, in place of a command", "one a line"),
    ],
  },
  CONTAINER,
  NETWORK,
  { title: "Environment and labels", fields: [map("env", "Environment"), map("labels", "Labels")] },
  HEALTH,
  PLACEMENT,
  UPGRADE,
];

/** Every path that has a field or list of its own, in the order of the form. */
export const FIELD_PATHS: readonly Path[] = SECTIONS.flatMap(({ fields }) => fields.map(({ path }) => path));

/** The name of the form's element that shows a complaint about a path: the field itself, or the list or map around it. */
export function elementFor(problem: Path): string | undefined {
  const path = fieldFor(problem, FIELD_PATHS);
  const found = SECTIONS.flatMap(({ fields }) => [...fields]).find((each) => each.path === path);
  if (path === undefined || found === undefined) return undefined;
  const inner = problem.slice(path.length);
  if (found.kind === "map" && inner.length > 0) return nameOf(problem.slice(0, path.length + 1));
  const column =
    found.kind === "list" &&
    inner.length > 1 &&
    fieldFor(
      inner.slice(1),
      found.columns.map((each) => each.path),
    );
  return column ? nameOf([...problem.slice(0, path.length + 1), ...column]) : nameOf(path);
}

function field(path: string, label: string, kind: Kind, more: Partial<FormField> = {}): FormField {
  return { path: path.split("/"), label, kind, ...more };
}

function text(path: string, label: string, more?: Partial<FormField>): FormField {
  return field(path, label, "text", more);
}

function number(path: string, label: string, hint = ""): FormField {
  return field(path, label, "number", { hint });
}

function flag(path: string, label: string): FormField {
  return field(path, label, "flag");
}

function lines(path: string, label: string, hint: string): FormField {
  return field(path, label, "lines", { hint, isWide: true });
}

function choice(path: string, label: string, choices: readonly string[]): FormField {
  return field(path, label, "choice", { choices });
}

function list(path: string, label: string, fresh: string, columns: readonly FormField[]): ListField {
  return { kind: "list", path: path.split("/"), label, fresh, columns };
}

function map(path: string, label: string): MapField {
  return { kind: "map", path: [path], label };
}
