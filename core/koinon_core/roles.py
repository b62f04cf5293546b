"""Role names: paths like ``eng/web`` that own resources, quota and a share of the cluster."""

DEFAULT_ROLE = "*"


def find_role_problem(role: str) -> str | None:
    """Say what is wrong with a role name, or None (mesos-semantics 2)."""
    if role == DEFAULT_ROLE:
        return None
    if not role:
        return "must not be empty"
    if role.startswith("-"):
        return "must not start with '-'"
    if any(character.isspace() or character in "\x08\x7f" for character in role):
        return "must not contain white space or control characters"
    for component in role.split("/"):
        if component in ("", ".", "..", "*"):
            return f"must not have the component {component!r}"
    return None


def is_within(role: str, ancestor: str) -> bool:
    """Whether ``role`` is ``ancestor`` or lies beneath it: a reservation serves its role and all descendants."""
    return role == ancestor or role.startswith(f"{ancestor}/")
