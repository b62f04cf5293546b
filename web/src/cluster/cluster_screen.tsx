/** The first screen: how the cluster stands, and what needs attention. */

import { NotYet } from "../parts/empty";
import { Screen } from "../parts/panel";
import { useRow } from "../live/live";

export function ClusterScreen() {
  const cluster = useRow("cluster", "cluster");
  return <Screen title="Cluster">{cluster === undefined ? <NotYet table="cluster" /> : cluster.name}</Screen>;
}
