/** In place of orders that may not be given: that they are not ours to give, so that nobody looks for their buttons. */

import { barredText } from "../ask/barred";
import { me, type Right, type Rights } from "../ask/rights";
import { Icon } from "./icon";

interface Props {
  readonly rights: readonly Right[];
  /** What the orders are about: "this agent". */
  readonly what: string;
  /** The rights to that one thing, where they differ from the general. */
  readonly to?: Rights | undefined;
  /** For the control that it explains. */
  readonly id?: string;
}

/** Nothing where all of it may be done. */
export function Barred({ rights, what, to, id }: Props) {
  const text = barredText(me.value, rights, what, to);
  if (text === "") return null;
  return (
    <p class="barred" id={id}>
      <Icon name="lock" />
      <span class="wrap">
        {text}.
        {me.value?.principal === null && me.value.may_sign_in && (
          <>
            {" "}
            <a href="/ui/api/sign_in" target="_self">
              Sign in
            </a>
          </>
        )}
      </span>
    </p>
  );
}
