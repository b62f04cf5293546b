/** The state of anything as an icon, a tone and a word. Pure. Tones are tokens; the word always stands beside. */

export type Tone = "good" | "warn" | "bad" | "move" | "idle";
export type IconName = "check" | "dot" | "clock" | "alert" | "cross" | "pause" | "arrow" | "question" | "stop" | "play";

export interface StateLook {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: IconName;
}

const LOOKS: readonly (readonly [Tone, IconName, string])[] = [
  ["good", "play", "running active healthy live"],
  ["good", "check", "finished accepted drained_ok good up"],
  [
    "move",
    "arrow",
    "staging starting deploying provisioned created scheduled draining recovering recovered killing reserved",
  ],
  ["warn", "clock", "waiting delayed starves unreachable deactivated expired drained overdue"],
  ["bad", "cross", "failed error lost dropped unhealthy bad"],
  ["bad", "alert", "disconnected unreachableinactive broken out down"],
  ["idle", "stop", "killed gone gone_by_operator completed rescinded withdrawn terminal"],
  ["idle", "pause", "suspended inactive declined plain"],
];

const BY_STATE = new Map(
  LOOKS.flatMap(([tone, icon, states]) => states.split(" ").map((state) => [state, { tone, icon }])),
);

/** How a state looks: `TASK_RUNNING`, `Waiting`, `draining`, `declined`; one that nobody knows is shown as it is. */
export function describeState(state: string): StateLook {
  const bare = state.replace(/^TASK_/, "");
  const look = BY_STATE.get(bare.toLowerCase()) ?? { tone: "idle", icon: "question" };
  const spaced = bare.replace(/_/g, " ").toLowerCase();
  return { ...look, word: bare === state ? state.replace(/_/g, " ") : spaced } as StateLook;
}
