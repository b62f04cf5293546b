/** The persistent volumes of an agent, out of what `/slaves` says of it. Pure. */

export interface Volume {
  readonly id: string;
  readonly role: string;
  /** MiB. */
  readonly size: number;
}

interface Told {
  readonly slaves?: readonly {
    readonly reserved_resources_full?: Readonly<
      Record<string, readonly { disk?: { persistence?: { id?: string } }; scalar?: { value?: number } }[]>
    >;
  }[];
}

/** All volumes by role; what has none of the wanted fields is no volume. */
export function readVolumes(body: unknown): Volume[] {
  const full = (body as Told | null)?.slaves?.[0]?.reserved_resources_full ?? {};
  return Object.entries(full).flatMap(([role, resources]) =>
    resources.flatMap((resource) => {
      const id = resource.disk?.persistence?.id;
      return id === undefined ? [] : [{ id, role, size: resource.scalar?.value ?? 0 }];
    }),
  );
}
