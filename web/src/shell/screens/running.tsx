/** Screens of frameworks and what they run. */

import "../common";

import { FrameworkScreen } from "../../frameworks/framework_screen";
import { FrameworksScreen } from "../../frameworks/frameworks_screen";
import { TaskScreen } from "../../tasks/task_screen";
import { TasksScreen } from "../../tasks/tasks_screen";
import type { Screens } from "../screens";

export const SCREENS: Screens = {
  frameworks: (id) => (id === undefined ? <FrameworksScreen /> : <FrameworkScreen key={id} id={id} />),
  tasks: (framework, id) =>
    framework === undefined || id === undefined ? (
      <TasksScreen />
    ) : (
      <TaskScreen key={`${framework}/${id}`} framework={framework} id={id} />
    ),
};
