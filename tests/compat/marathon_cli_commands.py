"""PyPI's marathon-cli, run by the interpreter of its own environment: its commands, one after the other.

`MARATHON_URL` says where; the argument is the app to work on. Its `put-app` gives bytes to a template, which no
Python 3 takes, so the app is there before.
"""

import json
import re
import sys
import time

from click.testing import CliRunner
from marathon_cli import main
from requests.structures import CaseInsensitiveDict

APP = sys.argv[1]
CaseInsensitiveDict.iteritems = CaseInsensitiveDict.items  # as Python 2 names it: the client was written for that


def call(*words):
    """The JSON that a command prints, without its colours and what it logs before."""
    result = CliRunner(mix_stderr=False).invoke(main, words, catch_exceptions=False)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)
    assert result.exit_code == 0, result.output
    return json.loads(plain[re.search(r'^[\[{"]', plain, re.M).start() :])


def wait(look):
    """The first true value of ``look`` within half a minute."""
    for _ in range(600):
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise SystemExit("nothing came of it")


tasks = wait(lambda: call("app-tasks", APP)["app_tasks"])
print("tasks", len(tasks), tasks[0]["appId"], call("tasks")["tasks"][0]["id"] == tasks[0]["id"])
wait(lambda: call("deployments") == [])
print("apps", call("apps", APP)["app"]["cmd"], call("app-ids"), len(call("app-versions", APP)["app_versions"]))
print("restarted", sorted(call("restart-app", "--force", APP)))
wait(lambda: call("deployments") == [])
print("about", "leader" in call("leader"), call("info")["name"], call("queue"), call("plugins"))
print("groups", call("groups")["id"], call("metrics")["version"], call("raw", "info")["elected"])
print("killed", call("delete-tasks", call("app-tasks", APP)["app_tasks"][0]["id"])["tasks"][0]["appId"])
print("deleted", sorted(call("delete-app", APP)))
