/** Screens of what is shared out and to whom. */

import "../common";

import { AgentScreen } from "../../agents/agent_screen";
import { AgentsScreen } from "../../agents/agents_screen";
import { OfferScreen } from "../../offers/offer_screen";
import { OffersScreen } from "../../offers/offers_screen";
import { RoleScreen } from "../../roles/role_screen";
import { RolesScreen } from "../../roles/roles_screen";
import type { Screens } from "../screens";

export const SCREENS: Screens = {
  agents: (id) => (id === undefined ? <AgentsScreen /> : <AgentScreen key={id} id={id} />),
  offers: (id) => (id === undefined ? <OffersScreen /> : <OfferScreen key={id} id={id} />),
  roles: (role) => (role === undefined ? <RolesScreen /> : <RoleScreen key={role} role={role} />),
};
