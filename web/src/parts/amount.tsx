/** Amounts of resources in words. */

import { amountsText, amountText, resourceNames } from "../model/amounts";
import type { Amounts } from "../model/rows";

/** All of some amounts on one line: "2 cpus · 1 GiB mem"; `only` names the resources that are told. */
export function AmountsLine({ amounts, only }: { amounts: Amounts; only?: readonly string[] }) {
  const names = (only ?? resourceNames(amounts)).filter((name) => amounts[name]);
  return (
    <span class="num" title={amountsText(amounts)}>
      {names.map((name) => amountText(name, amounts[name] ?? 0)).join(" · ") || <span class="muted">nothing</span>}
    </span>
  );
}
