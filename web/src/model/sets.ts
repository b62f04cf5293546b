/** Sets that signals hold: changed by making another. Pure. */

/** With the member, or without it where it was there. */
export function toggled<Member>(set: ReadonlySet<Member>, member: Member): ReadonlySet<Member> {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}
