/** What the frame or most screens use. Every script of its own imports this, so that it comes once, in one file beside
 * the frame: by itself the bundler makes a file for each set of screens that share something, and twenty crumbs of half
 * a kilobyte weigh half as much again as one file of the same.
 */

import "../apps/task_ids";
import "../ask/barred";
import "../ask/framework_id";
import "../ask/rights";
import "../ask/rights_changes";
import "../model/ages";
import "../model/amounts";
import "../model/links";
import "../model/places";
import "../model/sets";
import "../model/sorting";
import "../model/states";
import "../model/window";
import "../parts/age";
import "../parts/amount";
import "../parts/bar";
import "../parts/bound";
import "../parts/barred";
import "../parts/copy";
import "../parts/empty";
import "../parts/field";
import "../parts/lazy";
import "../parts/link";
import "../parts/panel";
import "../parts/part";
import "../parts/polled";
import "../parts/state_word";
import "../parts/tabs";
import "../parts/window_row";
import "../parts/window_table";
import "../tasks/ending";
import "../tasks/task_columns";
import "./dialog";
import "./keys";
import "./notices";
import "./theme";
