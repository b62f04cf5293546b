/** A state as icon and word. */

import { describeState } from "../model/states";
import { Icon } from "./icon";

/** `state` as the row has it; `why` becomes its tooltip; `word` where another word is wanted than the state's own. */
export function StateWord({ state, why, word }: { state: string; why?: string | undefined; word?: string }) {
  const look = describeState(state);
  return (
    <span class={`state tone-${look.tone}`} title={why}>
      <Icon name={look.icon} />
      <span>{word ?? look.word}</span>
    </span>
  );
}
